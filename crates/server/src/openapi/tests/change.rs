//! Requests that are a little wrong, or just right: every field of a sample left out, of another type, at its limits
//! and one over.

use serde_json::{Value, json};

use super::check::resolve;

/// A changed request, and what was done to it.
pub(super) struct Changed {
    pub(super) what: String,
    pub(super) body: Value,
}

/// Every change of one sample.
pub(super) fn changes(document: &Value, schema: &Value, sample: &Value) -> Vec<Changed> {
    let mut changes = Changes { document, sample, found: Vec::new() };
    changes.walk("", schema, sample);
    changes.found
}

struct Changes<'a> {
    document: &'a Value,
    sample: &'a Value,
    found: Vec<Changed>,
}

impl Changes<'_> {
    /// `pointer` is where `value` stands in the sample.
    fn walk(&mut self, pointer: &str, schema: &Value, value: &Value) {
        let schema = match schema.get("$ref") {
            Some(reference) => resolve(self.document, reference).1,
            None => schema,
        };
        if !pointer.is_empty() {
            self.replace(pointer, "of another type", json!(true));
            self.limits(pointer, schema, value);
        }
        for (field, item) in value.as_object().into_iter().flatten() {
            let place = format!("{pointer}/{field}");
            let mut body = self.sample.clone();
            body.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(field);
            self.found.push(Changed { what: format!("{place} left out"), body });
            self.walk(&place, &schema["properties"][field], item);
        }
        for (index, item) in value.as_array().into_iter().flatten().enumerate() {
            self.walk(&format!("{pointer}/{index}"), &schema["items"], item);
        }
    }

    fn limits(&mut self, pointer: &str, schema: &Value, value: &Value) {
        let limit = |keyword: &str| schema.get(keyword).and_then(Value::as_i64);
        let size = |keyword: &str| limit(keyword).map(|limit| usize::try_from(limit).unwrap());
        if let Some(least) = limit("minimum") {
            self.replace(pointer, "the least", json!(least));
            self.replace(pointer, "below the least", json!(least - 1));
        }
        if let Some(most) = limit("maximum") {
            self.replace(pointer, "the most", json!(most));
            self.replace(pointer, "over the most", json!(most + 1));
        }
        for allowed in schema.get("enum").and_then(Value::as_array).into_iter().flatten() {
            self.replace(pointer, &format!("{allowed}"), allowed.clone());
            let (low, high) = match allowed.as_i64() {
                Some(number) => (json!(number - 1), json!(number + 1)),
                None => (json!("?"), json!("")),
            };
            self.replace(pointer, &format!("{low}"), low);
            self.replace(pointer, &format!("{high}"), high);
        }
        if let Some(least) = size("minLength") {
            self.replace(pointer, "too short", json!("x".repeat(least - 1)));
        }
        if let Some(most) = size("maxLength") {
            self.replace(pointer, "as long as may be", json!("x".repeat(most)));
            self.replace(pointer, "too long", json!("x".repeat(most + 1)));
        }
        let first = || value[0].clone();
        if let Some(least) = size("minItems") {
            self.replace(pointer, "of too few", json!(vec![first(); least - 1]));
        }
        if let Some(most) = size("maxItems") {
            self.replace(pointer, "of as many as may be", json!(vec![first(); most]));
            self.replace(pointer, "of too many", json!(vec![first(); most + 1]));
        }
    }

    fn replace(&mut self, pointer: &str, what: &str, with: Value) {
        let mut body = self.sample.clone();
        *body.pointer_mut(pointer).unwrap() = with;
        self.found.push(Changed { what: format!("{pointer} {what}"), body });
    }
}
