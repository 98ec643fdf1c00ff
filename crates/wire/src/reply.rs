//! The frame around every reply: status, code and text after the payload.
//!
//! The server writes a payload and its frame in one pass over one buffer. The client reads the frame first, so that
//! a refusal is told from a payload that it does not understand.

use std::borrow::Cow;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};

use crate::code::Code;
use crate::fault::Fault;

/// The payload of a successful reply: a structure that is written as a JSON object.
pub trait Reply: Serialize {
    /// What is written after the payload.
    const TAIL: Tail = Tail::Plain;

    /// Writes the payload. Long ones do so by hand, to the same bytes.
    fn write(&self, body: &mut Vec<u8>) {
        serde_json::to_writer(body, self).expect("writing plain structures to memory cannot fail");
    }
}

/// The fields after the payload of a successful reply, as the newest known sample of the call has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tail {
    /// `ActionStatus`, `ErrorCode`, `ErrorInfo`.
    Plain,
    /// The same with an empty `ErrorDisplay` at the end (decision 43).
    WithErrorDisplay,
    /// `ActionStatus`, `ErrorInfo`, `ErrorCode`.
    InfoFirst,
}

impl Tail {
    const fn text(self) -> &'static str {
        match self {
            Self::Plain => r#""ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}"#,
            Self::WithErrorDisplay => {
                r#""ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","ErrorDisplay":""}"#
            }
            Self::InfoFirst => r#""ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}"#,
        }
    }
}

/// The body of a successful reply.
pub fn write_ok<T: Reply>(payload: &T) -> Vec<u8> {
    let mut body = Vec::with_capacity(REPLY_BYTES_FIRST);
    payload.write(&mut body);
    let end = body.pop();
    debug_assert_eq!(end, Some(b'}'), "a payload is an object");
    if body.len() > 1 {
        body.push(b',');
    }
    body.extend_from_slice(T::TAIL.text().as_bytes());
    body
}

/// Bytes that a reply's buffer starts with; most replies fit.
const REPLY_BYTES_FIRST: usize = 512;

/// The body of a refusal.
pub fn write_fault(fault: &Fault) -> Vec<u8> {
    let frame = Frame { status: "FAIL".into(), code: fault.code.number(), info: fault.info.as_ref().into() };
    serde_json::to_vec(&frame).expect("writing plain structures to memory cannot fail")
}

/// Why a reply holds no payload.
#[derive(Debug, thiserror::Error)]
pub enum ReplyError {
    /// The server refused the call.
    #[error("{info} ({code})")]
    Refused {
        /// `ErrorCode` as sent.
        code: i32,
        /// The same code, if it is a documented one.
        code_known: Option<Code>,
        /// `ErrorInfo` as sent.
        info: String,
    },
    /// The body is not a reply of this call.
    #[error("the reply cannot be understood: {0}")]
    Malformed(#[source] serde_json::Error),
}

/// Reads the body of a reply. Everything that is not `OK` with code 0 is a refusal.
pub fn read_reply<T: DeserializeOwned>(body: &[u8]) -> Result<T, ReplyError> {
    let frame: Frame<'_> = serde_json::from_slice(body).map_err(ReplyError::Malformed)?;
    if frame.code != 0 || frame.status != "OK" {
        return Err(ReplyError::Refused {
            code: frame.code,
            code_known: Code::from_number(frame.code),
            info: frame.info.into_owned(),
        });
    }
    serde_json::from_slice(body).map_err(ReplyError::Malformed)
}

#[derive(Serialize, Deserialize)]
struct Frame<'a> {
    #[serde(rename = "ActionStatus")]
    status: Cow<'a, str>,
    #[serde(rename = "ErrorCode")]
    code: i32,
    #[serde(rename = "ErrorInfo", default, deserialize_with = "null_as_default")]
    info: Cow<'a, str>,
}

/// For fields that another server may send as `null` where it has nothing to say.
pub(crate) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Code and text of a result: 0 and the empty string for a success.
pub(crate) fn code_and_info(refusal: Option<Fault>) -> (i32, Cow<'static, str>) {
    match refusal {
        Some(fault) => (fault.code.number(), fault.info),
        None => (0, Cow::Borrowed("")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact_groups_reply::{DeleteContactGroupReply, GroupItem};

    type Deleted = DeleteContactGroupReply<'static>;

    #[derive(Serialize)]
    struct Nothing {}

    impl Reply for Nothing {}

    #[test]
    fn the_frame_comes_after_the_payload() {
        let payload = DeleteContactGroupReply { groups: vec![GroupItem { name: "a\"b".into(), id: 7 }] };
        let body = String::from_utf8(write_ok(&payload)).unwrap();
        let expected = r#"{"GroupItem":[{"GroupName":"a\"b","GroupId":7}],"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}"#;
        assert_eq!(body, expected);
        assert_eq!(read_reply::<Deleted>(body.as_bytes()).unwrap(), payload);
        let empty = String::from_utf8(write_ok(&Nothing {})).unwrap();
        assert_eq!(empty, r#"{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}"#);
    }

    #[test]
    fn a_refusal_is_read_back() {
        let body = write_fault(&Fault::new(Code::NoSuchContactGroup, "no \"such\" group"));
        let text = std::str::from_utf8(&body).unwrap();
        let expected = r#"{"ActionStatus":"FAIL","ErrorCode":51009,"ErrorInfo":"no \"such\" group"}"#;
        assert_eq!(text, expected);
        let error = read_reply::<Deleted>(&body).unwrap_err();
        assert_eq!(error.to_string(), "no \"such\" group (51009)");
        assert!(matches!(error, ReplyError::Refused { code_known: Some(Code::NoSuchContactGroup), .. }));
    }

    #[test]
    fn unknown_codes_and_odd_frames_are_refusals() {
        let refused = |body: &str| match read_reply::<Deleted>(body.as_bytes()).unwrap_err() {
            ReplyError::Refused { code, code_known, .. } => (code, code_known),
            ReplyError::Malformed(error) => panic!("{error}"),
        };
        assert_eq!(refused(r#"{"ActionStatus":"FAIL","ErrorCode":70346}"#), (70346, None));
        assert_eq!(refused(r#"{"ActionStatus":"FAIL","ErrorCode":0,"ErrorInfo":null}"#), (0, None));
        assert_eq!(refused(r#"{"ActionStatus":"OK","ErrorCode":50004}"#), (50004, Some(Code::Internal)));
    }

    #[test]
    fn what_is_no_reply_is_malformed() {
        for body in
            ["", "<html>", "[]", "{}", r#"{"ActionStatus":"OK"}"#, r#"{"ActionStatus":"OK","ErrorCode":"0"}"#]
        {
            let error = read_reply::<Deleted>(body.as_bytes()).unwrap_err();
            assert!(matches!(error, ReplyError::Malformed(_)), "{body}");
        }
    }

    #[test]
    fn unknown_fields_and_missing_lists_are_tolerated() {
        let body =
            r#"{"RequestId":"x","ActionStatus":"OK","ErrorCode":0,"GroupItem":null,"ErrorDisplay":""}"#;
        assert_eq!(read_reply::<Deleted>(body.as_bytes()).unwrap().groups, []);
    }
}
