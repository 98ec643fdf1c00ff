//! Values against schemas: of JSON Schema what the document uses and no more, so that a keyword which is not looked at
//! here is an error and not a promise that nobody tests. Stricter than JSON Schema in one point: a field that is not
//! described is a fault, since the samples are all that servers send.

use std::collections::BTreeSet;

use serde_json::Value;

/// Finds what is wrong with values.
pub(super) struct Checker<'a> {
    document: &'a Value,
    /// `Schema.Field` of every field that a value had.
    pub(super) seen: BTreeSet<String>,
    pub(super) faults: Vec<String>,
}

impl<'a> Checker<'a> {
    pub(super) fn new(document: &'a Value) -> Checker<'a> {
        Checker { document, seen: BTreeSet::new(), faults: Vec::new() }
    }

    /// Whether `value` is as `schema` wants it; what is wrong is added to the faults.
    pub(super) fn check(&mut self, schema: &Value, value: &Value) -> bool {
        let before = self.faults.len();
        self.walk("body", "", schema, value);
        self.faults.len() == before
    }

    fn walk(&mut self, place: &str, name: &str, schema: &Value, value: &Value) {
        if let Some(reference) = schema.get("$ref") {
            let (name, schema) = resolve(self.document, reference);
            return self.walk(place, name, schema, value);
        }
        for (keyword, wanted) in schema.as_object().unwrap() {
            if !self.holds(place, name, keyword, wanted, schema, value) {
                self.faults.push(format!("{place}: {keyword} {wanted} against {value}"));
            }
        }
    }

    fn holds(
        &mut self,
        place: &str,
        name: &str,
        keyword: &str,
        wanted: &Value,
        schema: &Value,
        value: &Value,
    ) -> bool {
        let number = || wanted.as_i64().unwrap();
        let size = || usize::try_from(number()).unwrap();
        match keyword {
            "description" | "default" | "readOnly" | "format" | "x-enum-varnames" => true,
            "type" => match wanted.as_str().unwrap() {
                "object" => value.is_object(),
                "array" => value.is_array(),
                "string" => value.is_string(),
                "boolean" => value.is_boolean(),
                "integer" => value.is_i64() || value.is_u64(),
                other => panic!("type {other} is not looked at"),
            },
            "enum" => wanted.as_array().unwrap().contains(value),
            "minimum" => value.as_i64().is_none_or(|value| value >= number()),
            "maximum" => value.as_i64().is_none_or(|value| value <= number()),
            "minLength" => value.as_str().is_none_or(|value| value.chars().count() >= size()),
            "maxLength" => value.as_str().is_none_or(|value| value.chars().count() <= size()),
            "minItems" => value.as_array().is_none_or(|value| value.len() >= size()),
            "maxItems" => value.as_array().is_none_or(|value| value.len() <= size()),
            "pattern" => {
                assert_eq!(wanted, "^(1[01]*)?$", "the one pattern that is looked at");
                let is_binary = |text: &str| text.bytes().all(|byte| matches!(byte, b'0' | b'1'));
                value.as_str().is_none_or(|value| is_binary(value) && !value.starts_with('0'))
            }
            "required" => value.as_object().is_none_or(|value| {
                wanted.as_array().unwrap().iter().all(|field| value.contains_key(field.as_str().unwrap()))
            }),
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    self.walk(&format!("{place}[{index}]"), name, &schema["items"], item);
                }
                true
            }
            "properties" => {
                for (field, item) in value.as_object().into_iter().flatten() {
                    let place = format!("{place}.{field}");
                    match wanted.get(field) {
                        Some(schema) => self.walk(&place, "", schema, item),
                        None => self.faults.push(format!("{place} is not described")),
                    }
                    self.seen.insert(format!("{name}.{field}"));
                }
                true
            }
            other => panic!("{place}: the keyword {other} is not looked at"),
        }
    }
}

/// The name and the schema that a reference leads to.
pub(super) fn resolve<'a>(document: &'a Value, reference: &'a Value) -> (&'a str, &'a Value) {
    let name = reference.as_str().unwrap().strip_prefix("#/components/schemas/").unwrap();
    (name, &document["components"]["schemas"][name])
}
