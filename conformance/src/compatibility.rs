//! That `docs/COMPATIBILITY.md` leaves nothing out: every field and every code of the OpenAPI document is in it.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::home;

#[test]
fn every_field_and_code_of_the_calls_is_compared() {
    let read = |name: &str| fs::read_to_string(home().join("../docs").join(name)).unwrap();
    let document: Value = serde_json::from_str(&read("openapi.json")).unwrap();
    let mut named = BTreeSet::new();
    for schema in document["components"]["schemas"].as_object().unwrap().values() {
        fields(schema, &mut named);
    }
    for path in document["paths"].as_object().unwrap().values() {
        for operation in path.as_object().unwrap().values() {
            codes(operation["description"].as_str().unwrap(), &mut named);
        }
    }
    assert!(named.contains("StandardMark") && named.contains("51007") && named.len() > 100, "{named:?}");

    let page = read("COMPATIBILITY.md");
    let words: BTreeSet<&str> = page.split(|c: char| !(c.is_alphanumeric() || c == '_')).collect();
    let missing: Vec<&String> = named.iter().filter(|name| !words.contains(name.as_str())).collect();
    assert!(missing.is_empty(), "COMPATIBILITY.md does not speak of {missing:?}");
}

/// The names of all properties of a schema and of those within it.
fn fields(schema: &Value, named: &mut BTreeSet<String>) {
    match schema {
        Value::Object(parts) => {
            if let Some(Value::Object(properties)) = parts.get("properties") {
                named.extend(properties.keys().cloned());
            }
            parts.values().for_each(|part| fields(part, named));
        }
        Value::Array(parts) => parts.iter().for_each(|part| fields(part, named)),
        _ => {}
    }
}

/// Every number of five digits.
fn codes(text: &str, named: &mut BTreeSet<String>) {
    let numbers = text.split(|c: char| !c.is_ascii_digit()).filter(|word| word.len() == 5);
    named.extend(numbers.map(str::to_owned));
}
