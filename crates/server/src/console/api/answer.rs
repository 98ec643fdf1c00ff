//! What came back, for people: the headers, the body indented, and every code in it explained.

use foldmark_wire::{CallName, Code};
use serde_json::Value;

use crate::codes;
use crate::console::operate::Answered;
use crate::limits;

/// An answer to be shown.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) status: u16,
    pub(super) milliseconds: u64,
    /// Names and values: first those that tell something of this call.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
    pub(super) codes: Vec<Explained>,
}

/// A code of an answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Explained {
    pub(super) number: i64,
    /// Where it stands, some of the places.
    pub(super) places: Vec<String>,
    /// How many places more there are.
    pub(super) more: usize,
    /// What it means; empty if it is no documented code.
    pub(super) text: &'static str,
    pub(super) is_retryable: bool,
    pub(super) has_no_side_effects: bool,
    /// Whether it is documented for this call.
    pub(super) is_documented: bool,
}

/// Makes an answer ready to be shown.
pub(super) fn shown(call: CallName, answered: &Answered, milliseconds: u64) -> Shown {
    let mut headers: Vec<(String, String)> = answered
        .headers
        .iter()
        .map(|(name, value)| (spelled(name.as_str()), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    headers.sort_by_key(|(name, _)| FIRST.iter().position(|first| first == name).unwrap_or(FIRST.len()));
    let body = match &answered.json {
        Value::Null => answered.text.clone(),
        json => format!("{json:#}"),
    };
    let codes = explain(call, &answered.json);
    Shown { status: answered.status.as_u16(), milliseconds, headers, body, codes }
}

const FIRST: [&str; 2] = ["Foldmark-Revision", "X-Request-Id"];

/// A header's name as documentation writes it.
fn spelled(name: &str) -> String {
    let mut spelled = String::with_capacity(name.len());
    let mut starts = true;
    for letter in name.chars() {
        spelled.push(if starts { letter.to_ascii_uppercase() } else { letter });
        starts = letter == '-';
    }
    spelled
}

/// Every code of a body once, in the order in which they come.
fn explain(call: CallName, body: &Value) -> Vec<Explained> {
    let mut found = Vec::new();
    find(body, "", &mut found);
    let documented = codes::documented(Some(call));
    let mut explained: Vec<Explained> = Vec::new();
    for (number, place) in found {
        if let Some(known) = explained.iter_mut().find(|known| known.number == number) {
            if known.places.len() < limits::CONSOLE_CODE_PLACES {
                known.places.push(place);
            } else {
                known.more += 1;
            }
            continue;
        }
        let code = i32::try_from(number).ok().and_then(Code::from_number);
        explained.push(Explained {
            number,
            places: vec![place],
            more: 0,
            text: code.map_or("", Code::text),
            is_retryable: code.is_some_and(Code::is_retryable),
            has_no_side_effects: code.is_some_and(Code::has_no_side_effects),
            is_documented: number == 0 || code.is_some_and(|code| documented.contains(&code)),
        });
    }
    explained
}

/// Codes and where they stand.
fn find(value: &Value, place: &str, found: &mut Vec<(i64, String)>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let dot = if place.is_empty() { "" } else { "." };
                let place = format!("{place}{dot}{name}");
                match value.as_i64() {
                    Some(number) if name == "ErrorCode" || name == "ResultCode" => {
                        found.push((number, place))
                    }
                    _ => find(value, &place, found),
                }
            }
        }
        Value::Array(elements) => {
            for (at, element) in elements.iter().enumerate() {
                find(element, &format!("{place}[{at}]"), found);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, StatusCode};
    use serde_json::json;

    use super::*;

    #[test]
    fn every_code_is_explained_once_with_its_places() {
        let items: Vec<Value> =
            (0..8).map(|n| json!({ "ResultCode": if n == 1 { 51007 } else { 0 } })).collect();
        let body = json!({ "ResultItem": items, "ErrorCode": 0, "Other": { "ErrorCode": 77 } });
        let explained = explain(CallName::MarkContact, &body);
        let numbers: Vec<i64> = explained.iter().map(|code| code.number).collect();
        assert_eq!(numbers, [0, 51007, 77]);
        assert_eq!(explained[0].places[1], "ResultItem[2].ResultCode");
        assert_eq!((explained[0].places.len(), explained[0].more), (5, 3));
        assert_eq!(explained[1].text, Code::ChatGroupUnresolved.text());
        assert!(explained[1].is_documented);
        assert_eq!((explained[2].text, explained[2].is_documented), ("", false));
        assert_eq!(explained[2].places, ["Other.ErrorCode"]);
    }

    #[test]
    fn an_answer_is_indented_and_tells_its_own_headers_first() {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        headers.insert("x-request-id", HeaderValue::from_static("r"));
        headers.insert("foldmark-revision", HeaderValue::from_static("7"));
        let text = "{\"ErrorCode\":0,\"A\":\"<\"}".to_owned();
        let json = serde_json::from_str(&text).unwrap();
        let answered = Answered { status: StatusCode::OK, headers, text, json };
        let shown = shown(CallName::MarkContact, &answered, 3);
        let names: Vec<&str> = shown.headers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["Foldmark-Revision", "X-Request-Id", "Content-Type"]);
        assert_eq!(shown.body, "{\n  \"ErrorCode\": 0,\n  \"A\": \"<\"\n}");
    }
}
