//! A form for the body of a call, made by walking the schema of its request in the description of the calls.
//!
//! The form has no values: the script of the page fills it from the JSON text beside it, and writes that text anew when
//! something in the form is changed. What is sent is the text alone, so that everything can be sent without the script.

use askama::Template;
use serde_json::Value;

use crate::console::language::Language;

/// A field of a form, with everything within it.
#[derive(Debug, Template)]
#[template(path = "console/api_field.html")]
pub(super) struct Field {
    language: Language,
    /// Empty for an element of a list.
    name: String,
    description: String,
    limits: String,
    is_optional: bool,
    shape: Shape,
}

#[derive(Debug)]
enum Shape {
    Text,
    Number,
    /// Values, as JSON, and their names.
    Choice(Vec<(String, String)>),
    List(Box<Field>),
    Object(Vec<Field>),
}

/// The fields of the object that the schema of this name describes, in a document's order.
pub(super) fn fields(document: &Value, schema: &str, language: Language) -> Vec<Field> {
    object(document, &document["components"]["schemas"][schema], language)
}

fn object(document: &Value, schema: &Value, language: Language) -> Vec<Field> {
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let properties = schema["properties"].as_object().into_iter().flatten();
    properties
        .map(|(name, schema)| field(document, schema, name, !required.contains(&name.as_str()), language))
        .collect()
}

fn field(document: &Value, here: &Value, name: &str, is_optional: bool, language: Language) -> Field {
    let schema = resolve(document, here);
    let said: Vec<&str> = said(here, schema).into_iter().map(|text| language.t(text)).collect();
    let shape = match (schema["enum"].as_array(), schema["type"].as_str()) {
        (Some(values), _) => Shape::Choice(choices(schema, values)),
        (None, Some("integer" | "number")) => Shape::Number,
        (None, Some("array")) => {
            Shape::List(Box::new(field(document, &schema["items"], "", false, language)))
        }
        (None, Some("object")) => Shape::Object(object(document, schema, language)),
        _ => Shape::Text,
    };
    Field {
        language,
        name: name.to_owned(),
        description: said.join(language.between_sentences()),
        limits: limits(schema, language),
        is_optional,
        shape,
    }
}

/// What is said of a field: where its schema is used, and then by the schema itself.
fn said<'a>(here: &'a Value, schema: &'a Value) -> Vec<&'a str> {
    let mut said: Vec<&str> = here["description"].as_str().into_iter().collect();
    if let Some(general) = schema["description"].as_str()
        && !said.contains(&general)
    {
        said.push(general);
    }
    said
}

/// The schema itself, wherever it stands.
fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str().and_then(|path| path.strip_prefix('#')) {
        Some(path) => document.pointer(path).unwrap_or(schema),
        None => schema,
    }
}

fn choices(schema: &Value, values: &[Value]) -> Vec<(String, String)> {
    let choice = |(at, value): (usize, &Value)| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let label = match schema["x-enum-varnames"][at].as_str() {
            Some(name) => format!("{text} – {name}"),
            None => text,
        };
        (value.to_string(), label)
    };
    values.iter().enumerate().map(choice).collect()
}

/// What the schema limits, in words.
fn limits(schema: &Value, language: Language) -> String {
    let number = |name: &str| schema[name].as_i64();
    let mut parts = Vec::new();
    match (number("minLength"), number("maxLength")) {
        (Some(least), Some(most)) => parts.push(language.fill("{} to {} characters", &[&least, &most])),
        (None, Some(most)) => parts.push(language.fill("at most {} characters", &[&most])),
        _ => {}
    }
    match (number("minimum"), number("maximum")) {
        (Some(least), Some(most)) => parts.push(language.fill("{} to {}", &[&least, &most])),
        (Some(least), None) => parts.push(language.fill("at least {}", &[&least])),
        _ => {}
    }
    match (number("minItems"), number("maxItems")) {
        (Some(least), Some(most)) => parts.push(language.fill("{} to {} elements", &[&least, &most])),
        (None, Some(most)) => parts.push(language.fill("at most {} elements", &[&most])),
        _ => {}
    }
    if !schema["default"].is_null() {
        parts.push(language.fill("{} if left out", &[&schema["default"]]));
    }
    parts.join(", ")
}

/// All that is said of the fields of the object that the schema of this name describes.
#[cfg(test)]
pub(super) fn texts<'a>(document: &'a Value, schema: &str, texts: &mut Vec<&'a str>) {
    fn of<'a>(document: &'a Value, here: &'a Value, texts: &mut Vec<&'a str>) {
        let schema = resolve(document, here);
        texts.extend(said(here, schema));
        of_properties(document, schema, texts);
        if schema["items"].is_object() {
            of(document, &schema["items"], texts);
        }
    }
    fn of_properties<'a>(document: &'a Value, schema: &'a Value, texts: &mut Vec<&'a str>) {
        for (_, property) in schema["properties"].as_object().into_iter().flatten() {
            of(document, property, texts);
        }
    }
    of_properties(document, &document["components"]["schemas"][schema], texts);
}

impl Field {
    /// What the script does with it.
    fn kind(&self) -> &'static str {
        match self.shape {
            Shape::Text => "text",
            Shape::Number => "number",
            Shape::Choice(_) => "choice",
            Shape::List(_) => "list",
            Shape::Object(_) => "object",
        }
    }

    fn is_leaf(&self) -> bool {
        matches!(self.shape, Shape::Text | Shape::Number | Shape::Choice(_))
    }

    fn pieces(&self) -> Vec<(bool, &str)> {
        prose(&self.description)
    }

    fn t(&self, english: &'static str) -> &'static str {
        self.language.t(english)
    }
}

/// A text whose parts in backquotes are names: each part, and whether it is one.
pub(super) fn prose(text: &str) -> Vec<(bool, &str)> {
    let pieces = text.split('`').enumerate().map(|(at, piece)| (at % 2 == 1, piece));
    pieces.filter(|(_, piece)| !piece.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use foldmark_wire::{CallName, samples};
    use serde_json::json;

    use super::*;
    use crate::console::api::describe::Described;

    /// Whether a form of these fields can show this object whole.
    fn shows(fields: &[Field], object: &Value) -> bool {
        object.as_object().is_some_and(|object| {
            object.iter().all(|(name, value)| {
                fields.iter().find(|field| field.name == *name).is_some_and(|field| shows_value(field, value))
            })
        })
    }

    fn shows_value(field: &Field, value: &Value) -> bool {
        match &field.shape {
            Shape::Text => value.is_string(),
            Shape::Number => value.is_i64(),
            Shape::Choice(choices) => {
                let value = value.to_string();
                choices.iter().any(|(choice, _)| *choice == value)
            }
            Shape::List(item) => {
                value.as_array().is_some_and(|list| list.iter().all(|value| shows_value(item, value)))
            }
            Shape::Object(fields) => shows(fields, value),
        }
    }

    #[test]
    fn every_sample_can_be_shown_by_the_form_of_its_call() {
        for call in CallName::ALL {
            let fields = Described::of(call, Language::English).fields();
            for sample in samples::requests(call) {
                let value: Value = serde_json::from_str(sample.text).unwrap();
                assert!(shows(&fields, &value), "{call:?} {}", sample.name);
                assert!(!shows(&fields, &json!({ "Unknown": 1 })));
            }
        }
    }

    #[test]
    fn fields_tell_what_they_take() {
        let fields = Described::of(CallName::MarkContact, Language::English).fields();
        assert_eq!((fields[0].name.as_str(), fields[0].is_optional), ("From_Account", false));
        assert_eq!(fields[0].limits, "1 to 32 characters");
        assert!(
            fields[0].description.starts_with("The user whose groups and marks are meant. The id of a user")
        );
        assert_eq!(fields[1].limits, "1 to 100 elements");
        let Shape::List(change) = &fields[1].shape else { panic!("{:?}", fields[1]) };
        let Shape::Object(change) = &change.shape else { panic!("{change:?}") };
        let Shape::Choice(kinds) = &change[0].shape else { panic!("{:?}", change[0]) };
        assert_eq!(kinds[2], ("3".to_owned(), "3 – Both".to_owned()));
        assert!(change[2].is_optional, "ClearMark");
        let html = fields[1].render().unwrap();
        assert!(html.contains("<template>"), "{html}");
        let listed = Described::of(CallName::GetAppidGroupList, Language::Chinese).fields();
        assert_eq!(listed[0].limits, "1 到 10000, 省略时为 10000");
        let said = "仅此类型的群聊。群聊类型。`Private` 和 `ChatRoom` 是 `Work` 和 `Meeting` 的旧名称；按发送的名称保存。";
        assert_eq!(listed[2].description, said);
        let Shape::Choice(types) = &listed[2].shape else { panic!("{:?}", listed[2]) };
        assert!(types.contains(&("\"Public\"".to_owned(), "Public".to_owned())), "{types:?}");
    }

    #[test]
    fn names_in_texts_are_told_apart() {
        assert_eq!(prose("with `Type` 1"), [(false, "with "), (true, "Type"), (false, " 1")]);
        assert_eq!(prose("`a`"), [(true, "a")]);
    }
}
