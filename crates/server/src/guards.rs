//! What a caller asks for beside a call: that the user still has a revision, and that the call is carried out once.
//!
//! Both stand in the URL; the key may stand in a header instead. Calls that do not change one user refuse both, so that
//! nobody believes himself guarded who is not.

use foldmark_core::command::{Guard, KeyedCall};
use foldmark_core::subject::{RequestKey, Revision};
use foldmark_wire::query::Query;
use foldmark_wire::{CallName, Code, Fault};
use http::{HeaderMap, HeaderName};
use sha2::{Digest, Sha256};

/// What a caller calls a request.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The guard of a call with this body.
pub(crate) fn guard<'a>(
    call: CallName,
    query: &'a Query<'_>,
    headers: &'a HeaderMap,
    body: &[u8],
) -> Result<Guard<'a>, Fault> {
    let key = key(query, headers)?;
    if key.is_none() && query.if_revision.is_none() {
        return Ok(Guard::default());
    }
    if !call.is_guarded() {
        return Err(not_possible(call.command(), key.is_some()));
    }
    let call = key.map(|key| KeyedCall { key, hash: hash(call, body) });
    Ok(Guard { if_revision: query.if_revision.map(Revision::new), call })
}

/// Refuses both with what is no call, but called like one.
pub(crate) fn no_guard(what: &str, query: &Query<'_>, headers: &HeaderMap) -> Result<(), Fault> {
    match key(query, headers)? {
        None if query.if_revision.is_none() => Ok(()),
        key => Err(not_possible(what, key.is_some())),
    }
}

fn not_possible(command: &str, is_key: bool) -> Fault {
    let name = if is_key { "idempotency_key" } else { "if_revision" };
    let text = format!("{name} is not possible with {command}, which does not change one user");
    Fault::new(Code::UrlParameter, text)
}

fn key<'a>(query: &'a Query<'_>, headers: &'a HeaderMap) -> Result<Option<RequestKey<'a>>, Fault> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let in_header = match values.next() {
        None => None,
        Some(value) if values.any(|other| other != value) => {
            let text = "the header Idempotency-Key is there twice, with different keys";
            return Err(Fault::new(Code::UrlParameter, text));
        }
        Some(value) => Some(value.to_str().map_err(|_| malformed())?),
    };
    let text = match (query.idempotency_key.as_deref(), in_header) {
        (None, None) => return Ok(None),
        (Some(in_url), Some(in_header)) if in_url != in_header => {
            let text = "idempotency_key in the URL is another one than the header Idempotency-Key";
            return Err(Fault::new(Code::UrlParameter, text));
        }
        (Some(text), _) | (None, Some(text)) => text,
    };
    RequestKey::parse(text).map(Some).ok_or_else(malformed)
}

fn malformed() -> Fault {
    Fault::new(Code::UrlParameter, "idempotency_key must be 1 to 64 visible ASCII characters")
}

fn hash(call: CallName, body: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(call.command());
    hash.update([0]);
    hash.update(body);
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn made(call: CallName, query: &str, header: Option<&'static [u8]>) -> Result<(u64, String), String> {
        let raw = format!("sdkappid=1&identifier=a{query}");
        let query = Query::parse(&raw).map_err(|fault| fault.to_string())?;
        let mut headers = HeaderMap::new();
        if let Some(value) = header {
            headers.insert(IDEMPOTENCY_KEY, HeaderValue::from_bytes(value).unwrap());
        }
        let guard = guard(call, &query, &headers, b"{}").map_err(|fault| fault.to_string())?;
        let key = guard.call.map_or(String::new(), |call| call.key.as_str().to_owned());
        Ok((guard.if_revision.map_or(0, Revision::get), key))
    }

    #[test]
    fn guards_come_from_url_and_header() {
        let mark = CallName::MarkContact;
        assert_eq!(made(mark, "", None), Ok((0, String::new())));
        assert_eq!(made(mark, "&if_revision=7&idempotency_key=k%2Fa", None), Ok((7, "k/a".to_owned())));
        assert_eq!(made(mark, "", Some(b"k")), Ok((0, "k".to_owned())));
        assert_eq!(made(mark, "&idempotency_key=k", Some(b"k")), Ok((0, "k".to_owned())));
    }

    #[test]
    fn two_headers_are_one_key_or_none() {
        let query = Query::parse("sdkappid=1&identifier=a").unwrap();
        let key_of = |values: [&'static str; 2]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(IDEMPOTENCY_KEY, HeaderValue::from_static(value));
            }
            match key(&query, &headers) {
                Ok(key) => key.map_or(String::new(), |key| key.as_str().to_owned()),
                Err(fault) => fault.to_string(),
            }
        };
        assert_eq!(key_of(["k", "k"]), "k");
        assert_eq!(
            key_of(["k", "l"]),
            "the header Idempotency-Key is there twice, with different keys (60025)"
        );
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let mark = CallName::MarkContact;
        let long = format!("&idempotency_key={}", "k".repeat(65));
        let malformed = "idempotency_key must be 1 to 64 visible ASCII characters (60025)";
        for query in ["&idempotency_key=", "&idempotency_key=a%20b", "&idempotency_key=%C3%A9", &long] {
            assert_eq!(made(mark, query, None).unwrap_err(), malformed);
        }
        for header in [&b"a b"[..], b"\xff", b""] {
            assert_eq!(made(mark, "", Some(header)).unwrap_err(), malformed);
        }
        assert_eq!(
            made(mark, "&idempotency_key=k", Some(b"l")).unwrap_err(),
            "idempotency_key in the URL is another one than the header Idempotency-Key (60025)"
        );
        assert_eq!(
            made(CallName::GetChanges, "&if_revision=0", None).unwrap_err(),
            "if_revision is not possible with get_changes, which does not change one user (60025)"
        );
        assert_eq!(
            made(CallName::AccountDelete, "", Some(b"k")).unwrap_err(),
            "idempotency_key is not possible with account_delete, which does not change one user (60025)"
        );
    }

    #[test]
    fn another_call_or_body_has_another_hash() {
        let mark = hash(CallName::MarkContact, b"{}");
        assert_ne!(mark, hash(CallName::DelContactGroup, b"{}"));
        assert_ne!(mark, hash(CallName::MarkContact, b"{ }"));
        assert_eq!(mark, hash(CallName::MarkContact, b"{}"));
    }
}
