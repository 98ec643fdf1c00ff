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
    language: Language,
}

impl Described {
    pub(super) fn of(call: CallName, language: Language) -> Described {
        Described { call, operation: &DOCUMENT["paths"][call.path()]["post"], language }
    }

    /// The call of this command.
    pub(super) fn find(command: &str, language: Language) -> Option<Described> {
        let found = CallName::ALL.into_iter().find(|call| call.command() == command);
        found.map(|call| Described::of(call, language))
    }

    pub(super) fn summary(&self) -> &'static str {
        self.language.t(summary(self.operation))
    }

    /// What it does, in a paragraph.
    pub(super) fn description(&self) -> Vec<(bool, &'static str)> {
        form::prose(self.language.t(first_paragraph(self.operation)))
    }

    /// The fields of its request.
    pub(super) fn fields(&self) -> Vec<Field> {
        form::fields(&DOCUMENT, self.schema(), self.language)
    }

    /// The name of its request's schema.
    fn schema(&self) -> &'static str {
        let schema = &self.operation["requestBody"]["content"]["application/json"]["schema"];
        let name = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next());
        name.unwrap_or_default()
    }
}

/// What the description says of the watch: its summary, and its first paragraph.
pub(super) fn of_watch(language: Language) -> (&'static str, Vec<(bool, &'static str)>) {
    let watch = watch();
    (language.t(summary(watch)), form::prose(language.t(first_paragraph(watch))))
}

/// The services with what is said of them, in the order of the description.
pub(super) fn services(language: Language) -> Vec<(&'static str, &'static str)> {
    let tags = DOCUMENT["tags"].as_array().into_iter().flatten();
    let text = |value: &'static Value| value.as_str().unwrap_or_default();
    tags.map(|tag| (text(&tag["name"]), language.t(text(&tag["description"])))).collect()
}

fn watch() -> &'static Value {
    &DOCUMENT["paths"][crate::watch::PATH]["get"]
}

fn summary(operation: &Value) -> &str {
    operation["summary"].as_str().unwrap_or_default()
}

/// Behind it stand tables of codes, which are told with each answer.
fn first_paragraph(operation: &Value) -> &str {
    operation["description"].as_str().unwrap_or_default().split("\n\n").next().unwrap_or_default()
}

/// The document, with these addresses of the calls' listeners.
pub(in crate::console) fn with_servers(addresses: &[String]) -> String {
    let mut document = DOCUMENT.clone();
    document["servers"] = addresses.iter().map(|address| serde_json::json!({ "url": address })).collect();
    document.to_string()
}

/// All that is shown of the description, in English.
#[cfg(test)]
pub(in crate::console) fn texts_of_the_description() -> std::collections::BTreeSet<&'static str> {
    let described = CallName::ALL.map(|call| Described::of(call, Language::English));
    let mut operations: Vec<&Value> = described.iter().map(|described| described.operation).collect();
    operations.push(watch());
    let mut texts: Vec<&str> = services(Language::English).iter().map(|(_, text)| *text).collect();
    for operation in operations {
        texts.extend([summary(operation), first_paragraph(operation)]);
    }
    for described in described {
        form::texts(&DOCUMENT, described.schema(), &mut texts);
    }
    texts.into_iter().filter(|text| !text.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_is_described_and_belongs_to_a_service() {
        let services: Vec<&str> = services(Language::English).iter().map(|(name, _)| *name).collect();
        assert_eq!(services.len(), 4);
        for call in CallName::ALL {
            let described = Described::find(call.command(), Language::English).unwrap();
            assert_eq!(described.call, call);
            assert!(!described.summary().is_empty() && !described.description().is_empty(), "{call:?}");
            assert!(!described.fields().is_empty(), "{call:?}");
            assert!(services.contains(&call.service()), "{call:?}");
        }
        assert!(Described::find("get_list", Language::English).is_none());
    }

    #[test]
    fn the_document_names_the_listeners_of_the_calls() {
        let document = with_servers(&["http://127.0.0.1:1".to_owned()]);
        let document: Value = serde_json::from_str(&document).unwrap();
        assert_eq!(document["servers"], serde_json::json!([{ "url": "http://127.0.0.1:1" }]));
        assert_eq!(document["paths"], DOCUMENT["paths"]);
    }
}
