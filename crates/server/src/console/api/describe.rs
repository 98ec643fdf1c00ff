//! What the description of the calls says of each.

use std::sync::LazyLock;

use foldmark_wire::CallName;
use serde_json::Value;

use super::form::{self, Field};
use crate::console::language::Language;
use crate::openapi;

static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(openapi::json()).expect("the description of the calls is JSON"));

/// A call in the description.
#[derive(Clone, Copy, Debug)]
pub(super) struct Described {
    pub(super) call: CallName,
    operation: &'static Value,
}

impl Described {
    pub(super) fn of(call: CallName) -> Described {
        Described { call, operation: &DOCUMENT["paths"][call.path()]["post"] }
    }

    /// The call of this command.
    pub(super) fn find(command: &str) -> Option<Described> {
        CallName::ALL.into_iter().find(|call| call.command() == command).map(Described::of)
    }

    pub(super) fn summary(&self) -> &'static str {
        self.operation["summary"].as_str().unwrap_or_default()
    }

    /// Its first paragraph; behind it stand tables of codes, which are told with each answer.
    pub(super) fn description(&self) -> Vec<(bool, &'static str)> {
        let text = self.operation["description"].as_str().unwrap_or_default();
        form::prose(text.split("\n\n").next().unwrap_or_default())
    }

    /// The fields of its request.
    pub(super) fn fields(&self, language: Language) -> Vec<Field> {
        let schema = &self.operation["requestBody"]["content"]["application/json"]["schema"];
        let name = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next());
        form::fields(&DOCUMENT, name.unwrap_or_default(), language)
    }
}

/// The services with what is said of them, in the order of the description.
pub(super) fn services() -> Vec<(&'static str, &'static str)> {
    let tags = DOCUMENT["tags"].as_array().into_iter().flatten();
    let text = |value: &'static Value| value.as_str().unwrap_or_default();
    tags.map(|tag| (text(&tag["name"]), text(&tag["description"]))).collect()
}

/// The document, with these addresses of the calls' listeners.
pub(in crate::console) fn with_servers(addresses: &[String]) -> String {
    let mut document = DOCUMENT.clone();
    document["servers"] = addresses.iter().map(|address| serde_json::json!({ "url": address })).collect();
    document.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_is_described_and_belongs_to_a_service() {
        let services: Vec<&str> = services().iter().map(|(name, _)| *name).collect();
        assert_eq!(services.len(), 4);
        for call in CallName::ALL {
            let described = Described::find(call.command()).unwrap();
            assert_eq!(described.call, call);
            assert!(!described.summary().is_empty() && !described.description().is_empty(), "{call:?}");
            assert!(!described.fields(Language::English).is_empty(), "{call:?}");
            assert!(services.contains(&call.service()), "{call:?}");
        }
        assert!(Described::find("get_list").is_none());
    }

    #[test]
    fn the_document_names_the_listeners_of_the_calls() {
        let document = with_servers(&["http://127.0.0.1:1".to_owned()]);
        let document: Value = serde_json::from_str(&document).unwrap();
        assert_eq!(document["servers"], serde_json::json!([{ "url": "http://127.0.0.1:1" }]));
        assert_eq!(document["paths"], DOCUMENT["paths"]);
    }
}
