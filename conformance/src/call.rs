//! Calls by plain HTTP, and comparing their replies.

use serde_json::Value;

use crate::Failure;
use crate::server::{ADMINISTRATOR, APP, World};

/// The URL of a call, as clients make it.
pub(crate) fn url(world: &World, call: &str, app: u32, identifier: &str, signature: &str) -> String {
    let identifier = percent_encoded(identifier);
    format!(
        "https://{}/v4/{call}?sdkappid={app}&identifier={identifier}&usersig={signature}&random=4294967295&contenttype=json",
        world.host()
    )
}

/// Makes a call as the administrator, and gives the reply.
pub(crate) async fn call(world: &World, call: &str, body: String) -> Result<Value, Failure> {
    let request = world.http.post(url(world, call, APP, ADMINISTRATOR, &world.signature)).body(body);
    reply(request).await
}

/// Sends a request, and gives the reply, which has to come with status 200.
pub(crate) async fn reply(request: reqwest::RequestBuilder) -> Result<Value, Failure> {
    let response = request.send().await.map_err(|error| error.to_string())?;
    if response.status() != 200 {
        return Err(format!("status {}", response.status()));
    }
    let text = response.text().await.map_err(|error| error.to_string())?;
    serde_json::from_str(&text).map_err(|error| format!("{error}: {text}"))
}

/// The reply's `ErrorCode`.
pub(crate) fn code(reply: &Value) -> Option<i64> {
    reply.get("ErrorCode").and_then(Value::as_i64)
}

/// Whether a reply is the expected one: the same fields in the same order, with the same values, but for moments and
/// the wording of refusals.
pub(crate) fn compare(reply: &Value, expected: &Value) -> Result<(), Failure> {
    // As texts, because the order of fields counts.
    let (reply, expected) = (masked(reply).to_string(), masked(expected).to_string());
    if reply == expected {
        return Ok(());
    }
    Err(format!("answered {reply}\n    in place of {expected}"))
}

/// As [`compare`], for replies that came through a client's own types, which have an order of their own.
pub(crate) fn compare_fields(reply: &Value, expected: &Value) -> Result<(), Failure> {
    let (reply, expected) = (masked(reply), masked(expected));
    match reply == expected {
        true => Ok(()),
        false => Err(format!("read {reply}\n    in place of {expected}")),
    }
}

/// The value with every moment replaced by 0, and every text about a refusal by "…".
fn masked(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(masked).collect()),
        Value::Object(fields) => Value::Object(
            fields.iter().map(|(name, value)| (name.clone(), masked_field(name, value))).collect(),
        ),
        other => other.clone(),
    }
}

fn masked_field(name: &str, value: &Value) -> Value {
    match (name, value) {
        // A moment in seconds that 32 bits hold.
        ("Timestamp" | "CreateTime", Value::Number(number))
            if number.as_i64().is_some_and(|seconds| (0..1 << 31).contains(&seconds)) =>
        {
            Value::from(0)
        }
        ("ErrorInfo" | "ResultInfo", Value::String(text)) if !text.is_empty() => Value::from("…"),
        (_, other) => masked(other),
    }
}

fn percent_encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => encoded.push(char::from(byte)),
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn moments_and_wordings_are_not_compared_but_types_and_order_are() {
        let same = |left: Value, right: Value| compare(&left, &right).is_ok();
        assert!(same(json!({"Timestamp": 7, "ErrorInfo": "no"}), json!({"Timestamp": 1, "ErrorInfo": "…"})));
        assert!(!same(json!({"Timestamp": "7"}), json!({"Timestamp": 7})));
        assert!(!same(json!({"ErrorInfo": ""}), json!({"ErrorInfo": "…"})));
        assert!(!same(json!({"a": 1, "b": 2}), json!({"b": 2, "a": 1})));
    }

    #[test]
    fn identifiers_are_encoded() {
        assert_eq!(percent_encoded("a b+ü"), "a%20b%2B%C3%BC");
    }
}
