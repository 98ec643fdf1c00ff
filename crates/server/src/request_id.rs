//! The name of a request in the log and in its answer: the caller's own, or one that is made.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::{limits, random};

/// The header in which a caller names his request, and is told its name.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Makes names: the same beginning for one run of a server, then a number.
#[derive(Debug)]
pub(crate) struct RequestIds {
    run: u32,
    next: AtomicU64,
}

impl RequestIds {
    pub(crate) fn new() -> RequestIds {
        RequestIds { run: random::number() as u32, next: AtomicU64::new(1) }
    }

    /// The name of the request with these headers. A caller's own is taken if it is visible ASCII and not too long.
    pub(crate) fn name(&self, headers: &HeaderMap) -> HeaderValue {
        usable(headers).cloned().unwrap_or_else(|| self.make())
    }

    fn make(&self) -> HeaderValue {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let mut text = String::with_capacity(24);
        let _ = write!(text, "{:08x}-{number:x}", self.run);
        HeaderValue::try_from(text).expect("hex digits are visible ASCII")
    }
}

/// The caller's own name of the request with these headers, if it is one that is taken.
pub(crate) fn given(headers: &HeaderMap) -> Option<&str> {
    usable(headers).map(text)
}

/// Such a name as text.
pub(crate) fn text(name: &HeaderValue) -> &str {
    name.to_str().unwrap_or_default()
}

fn usable(headers: &HeaderMap) -> Option<&HeaderValue> {
    let is_usable = |given: &&HeaderValue| {
        (1..=limits::REQUEST_ID_BYTES).contains(&given.len())
            && given.as_bytes().iter().all(u8::is_ascii_graphic)
    };
    headers.get(REQUEST_ID).filter(is_usable)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(given: Option<&[u8]>) -> String {
        let mut headers = HeaderMap::new();
        if let Some(given) = given {
            headers.insert(REQUEST_ID, HeaderValue::from_bytes(given).unwrap());
        }
        text(&RequestIds::new().name(&headers)).to_owned()
    }

    #[test]
    fn a_callers_own_name_is_taken() {
        assert_eq!(name(Some(b"order-17/a")), "order-17/a");
        assert_eq!(name(Some(&[b'x'; limits::REQUEST_ID_BYTES])), "x".repeat(limits::REQUEST_ID_BYTES));
    }

    #[test]
    fn a_name_is_made_in_place_of_none_and_of_an_odd_one() {
        for given in [None, Some(&b""[..]), Some(b"a b"), Some("ä".as_bytes()), Some(&[b'x'; 129])] {
            let made = name(given);
            let (run, number) = made.split_once('-').unwrap();
            assert_eq!((run.len(), number), (8, "1"), "{made}");
        }
    }

    #[test]
    fn made_names_differ() {
        let ids = RequestIds::new();
        let none = HeaderMap::new();
        assert_ne!(ids.name(&none), ids.name(&none));
    }
}
