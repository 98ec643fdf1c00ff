//! The documented sample of `search_contact_group`: its request, its answer, and whether another answer is the same.

use serde_json::Value;

/// The sample request.
pub(super) const REQUEST: &str = r#"{"From_Account": "user_0001","ContactItem": [{"Type": 1,"To_Account": "user_0002"},{"Type": 2,"ToGroupId": "@TGS#1B2AUI7RZ"}]}"#;

/// The sample answer.
pub(super) const ANSWER: &str = r#"{"ContactResultItem": [{"Type": 1,"To_Account": "user_0002","StandardMark": "11111110","CustomMark": "abcde","ContactGroupId": [1,2],"Timestamp": 1775217000},{"Type": 2,"ToGroupId": "@TGS#1B2AUI7RZ","StandardMark": "","ContactGroupId": [1],"Timestamp": 1775186067}],"GroupItem": [{"GroupName": "group_0001","GroupId": 1},{"GroupName": "group_0002","GroupId": 2}],"ActionStatus": "OK","ErrorCode": 0,"ErrorInfo": ""}"#;

/// Whether `answer` has the fields of the sample, in its order and with its values, apart from the timestamps.
pub(super) fn is_documented(answer: &[u8]) -> bool {
    let expected = without_timestamps(ANSWER.as_bytes()).expect("the sample is an answer");
    without_timestamps(answer) == Some(expected)
}

/// The text of a body with every `Timestamp` set to 0. Fields keep their order, which comparing values would not see.
fn without_timestamps(body: &[u8]) -> Option<String> {
    let mut value: Value = serde_json::from_slice(body).ok()?;
    for record in value.get_mut("ContactResultItem")?.as_array_mut()? {
        let timestamp = record.get_mut("Timestamp")?;
        timestamp.as_u64().filter(|seconds| *seconds > 0)?;
        *timestamp = Value::from(0);
    }
    Some(value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_timestamps_may_differ() {
        assert!(is_documented(ANSWER.as_bytes()));
        assert!(is_documented(ANSWER.replace("1775217000", "1").as_bytes()));
        for (from, to) in [
            ("1775217000", "0"),
            ("1775217000", "\"1775217000\""),
            ("11111110", "011111110"),
            ("[1,2]", "[2,1]"),
            (r#""StandardMark": "","#, ""),
            (r#""Type": 1,"To_Account": "user_0002""#, r#""To_Account": "user_0002","Type": 1"#),
            (r#""ErrorInfo": """#, r#""ErrorInfo": "","ErrorDisplay": """#),
            ("}", ""),
        ] {
            let other = ANSWER.replace(from, to);
            assert_ne!(other, ANSWER);
            assert!(!is_documented(other.as_bytes()), "{from} -> {to}");
        }
    }
}
