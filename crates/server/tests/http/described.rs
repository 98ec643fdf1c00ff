//! What is answered against `docs/openapi.json`, for every answer that any test of the calls is given.

use std::path::Path;
use std::sync::LazyLock;

use serde_json::Value;

use crate::support::Answer;

/// Fails if a call answered with a code, a field or a header that its description does not have.
pub(crate) fn check(path: &str, answer: &Answer) {
    let operation = &DOCUMENT["paths"][path]["post"];
    let (true, Ok(body)) = (operation.is_object(), serde_json::from_str::<Value>(&answer.text)) else {
        return;
    };
    let response = &operation["responses"]["200"];
    let description = operation["description"].as_str().unwrap();
    let (whole, items) = description.split_once("Codes for an item").unwrap_or((description, ""));
    let code = &body["ErrorCode"];
    assert!(code == 0 || whole.contains(&format!("\n| {code} |")), "{path} does not describe {code}");
    let has_revision = answer.headers.contains_key("foldmark-revision");
    let is_described = response["headers"].get("Foldmark-Revision").is_some();
    assert!(is_described || !has_revision, "{path} does not describe its revision");
    assert!(has_revision || code != 0 || !is_described, "{path} describes a revision that is not there");
    assert!(answer.headers.contains_key("x-request-id"));
    fields(path, items, &response["content"]["application/json"]["schema"], &body);
}

/// What is referred to, or the schema itself.
pub(crate) fn target(schema: &Value) -> &Value {
    match schema["$ref"].as_str() {
        Some(reference) => DOCUMENT.pointer(reference.strip_prefix('#').unwrap()).unwrap(),
        None => schema,
    }
}

/// The kept description.
pub(crate) static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    serde_json::from_str(&std::fs::read_to_string(kept).unwrap()).unwrap()
});

/// Every field below is described, and what is always there is; `codes` are those of items.
pub(crate) fn fields(place: &str, codes: &str, schema: &Value, value: &Value) {
    let schema = target(schema);
    for item in value.as_array().into_iter().flatten() {
        fields(place, codes, &schema["items"], item);
        let code = item.get("ResultCode").or_else(|| item.get("ErrorCode"));
        if let Some(code) = code.filter(|code| **code != 0) {
            assert!(codes.contains(&format!("\n| {code} |")), "{place} does not describe {code} of an item");
        }
    }
    for (name, value) in value.as_object().into_iter().flatten() {
        let schema = schema["properties"].get(name);
        assert!(schema.is_some(), "{place} does not describe {name}");
        fields(&format!("{place} {name}"), codes, schema.unwrap(), value);
    }
    for name in schema["required"].as_array().into_iter().flatten() {
        assert!(value.get(name.as_str().unwrap()).is_some(), "{place} has no {name}");
    }
}
