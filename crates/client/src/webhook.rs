//! What the server tells a back end by itself: checking that a request is from it, and reading the event.
//!
//! Requests are signed as the specification "Standard Webhooks" 1.0 has it. This module does no HTTP: whatever serves
//! the receiver's address gives it three headers and the body.
//!
//! ```
//! use foldmark_client::webhook::{Event, Signed, Webhook};
//!
//! # fn example(id: &str, timestamp: &str, signature: &str, body: &[u8]) -> Result<(), foldmark_client::webhook::WebhookError> {
//! let webhook = Webhook::new("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")?;
//! // The headers `webhook-id`, `webhook-timestamp`, `webhook-signature`, empty if missing, and the body as it came.
//! match webhook.verify(&Signed { id, timestamp, signature, body })? {
//!     Event::Changed { user, changes, .. } => println!("{user} is at {}", changes.revision),
//!     Event::Deleted { user, .. } => println!("{user} is no more"),
//!     Event::Unknown { .. } => {} // of a newer server: answered with 200 all the same
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Invariants: nothing of an event is read before its signature is found right; how long comparing takes says nothing
//! about the right signature; secrets are not shown by `Debug`; nothing panics.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha2::Sha256;

use crate::clock;
use crate::watch::Changes;

/// Seconds that a timestamp may be away from now, in either direction.
const TOLERANCE_SECONDS: u64 = 5 * 60;

/// What every secret begins with.
const PREFIX: &str = "whsec_";

/// Checks requests with the secrets of a receiver.
#[derive(Clone)]
pub struct Webhook {
    /// Those that a signature may be made with; at least one.
    keys: Vec<Vec<u8>>,
}

/// A request as it came.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    /// The header `webhook-id`: the same whenever the same is told.
    pub id: &'a str,
    /// The header `webhook-timestamp`.
    pub timestamp: &'a str,
    /// The header `webhook-signature`.
    pub signature: &'a str,
    /// The body, byte for byte: signatures are over bytes, not over what they mean.
    pub body: &'a [u8],
}

/// What is told.
///
/// A receiver keeps of each user the incarnation, the last revision, the ids ([`Signed::id`]) of the events that it took at
/// this revision, and up to where it was told *wholly*: the revision of the last event without `more`. In one transaction
/// with what it applies, and for one user one event after the other, it drops what it has already or what came late: an
/// event of an incarnation that was followed by another one, and of the same incarnation one whose revision is lower than
/// the last one, one whose id it took at this revision, and one with `reset` at the revision up to which it was told wholly.
/// It applies all others; with `reset`, and at a deletion, it forgets everything of the user first, and was told wholly up
/// to `since`. An event may be on its way twice, so that without this a late `reset` could take away what came after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A user was changed.
    Changed {
        /// The application.
        app: u32,
        /// The user.
        user: String,
        /// Revisions of two incarnations do not compare.
        incarnation: String,
        /// The revision after which it tells what changed. If it is greater than that up to which everything was told, or
        /// it is not 0 and the incarnation is another one, and the page has no `reset`, something was not told: read the
        /// user by [`Client::get_changes`](crate::Client::get_changes).
        since: u64,
        /// What changed, and the user's revision, as a watch tells it.
        changes: Changes,
    },
    /// A user was deleted: everything kept of him can go.
    Deleted {
        /// The application.
        app: u32,
        /// The user.
        user: String,
        /// Revisions of two incarnations do not compare.
        incarnation: String,
        /// The revision that was told before.
        since: u64,
        /// The revision at which there is no such user.
        revision: u64,
    },
    /// Something of which this version knows nothing, to be passed over.
    Unknown {
        /// The event's `type`.
        kind: String,
    },
}

/// Why an event is not to be believed, or a secret is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// A secret is not as servers have it.
    #[error("the secret must be whsec_ followed by 24 to 64 bytes in Base64")]
    Secret,
    /// The header `webhook-timestamp` is missing, no number, or too far from now: it may be an old request again.
    #[error("webhook-timestamp is not within 300 seconds of now")]
    Timestamp,
    /// No signature was made with one of the secrets over this id, timestamp and body.
    #[error("webhook-signature has no signature by the secret over this request")]
    Signature,
    /// The signature is right, but the body is no event.
    #[error("the body is no event: {reason}")]
    Malformed {
        /// What is wrong with it.
        reason: String,
    },
}

impl Webhook {
    /// Checks with this secret: `whsec_` and 24 to 64 bytes in Base64, as the server's configuration has it.
    pub fn new(secret: &str) -> Result<Self, WebhookError> {
        Ok(Self { keys: vec![key(secret)?] })
    }

    /// Takes what is signed with this secret, too: while a secret is changed, or for another application.
    pub fn also(mut self, secret: &str) -> Result<Self, WebhookError> {
        self.keys.push(key(secret)?);
        Ok(self)
    }

    /// The event, if the request is from who has the secret and was made at most five minutes ago by the system's clock.
    pub fn verify(&self, request: &Signed<'_>) -> Result<Event, WebhookError> {
        self.verify_at(request, clock::unix_seconds())
    }

    /// The same with `now` in Unix seconds.
    pub fn verify_at(&self, request: &Signed<'_>, now: u64) -> Result<Event, WebhookError> {
        self.check(request, now)?;
        read(request.body)
    }

    fn check(&self, request: &Signed<'_>, now: u64) -> Result<(), WebhookError> {
        let timestamp: u64 = request.timestamp.parse().map_err(|_| WebhookError::Timestamp)?;
        if now.abs_diff(timestamp) > TOLERANCE_SECONDS {
            return Err(WebhookError::Timestamp);
        }
        // Signatures of other versions may stand beside those of the first.
        for signature in request.signature.split(' ').filter_map(|one| one.strip_prefix("v1,")) {
            let Ok(signature) = STANDARD.decode(signature) else { continue };
            if self.keys.iter().any(|key| mac(key, request).verify_slice(&signature).is_ok()) {
                return Ok(());
            }
        }
        Err(WebhookError::Signature)
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").finish_non_exhaustive()
    }
}

fn key(secret: &str) -> Result<Vec<u8>, WebhookError> {
    let bytes = secret.strip_prefix(PREFIX).and_then(|text| STANDARD.decode(text).ok());
    bytes.filter(|bytes| (24..=64).contains(&bytes.len())).ok_or(WebhookError::Secret)
}

fn mac(key: &[u8], request: &Signed<'_>) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("an HMAC takes keys of any length");
    for part in [request.id.as_bytes(), b".", request.timestamp.as_bytes(), b".", request.body] {
        mac.update(part);
    }
    mac
}

fn read(body: &[u8]) -> Result<Event, WebhookError> {
    #[derive(Deserialize)]
    struct Kind {
        #[serde(rename = "type")]
        kind: String,
    }
    #[derive(Deserialize)]
    struct Body<T> {
        data: T,
    }
    #[derive(Deserialize)]
    struct Whose {
        #[serde(rename = "SdkAppid")]
        app: u32,
        #[serde(rename = "From_Account")]
        user: String,
        #[serde(rename = "Incarnation")]
        incarnation: String,
        #[serde(rename = "Since")]
        since: u64,
        #[serde(rename = "Revision")]
        revision: u64,
    }
    let malformed = |error: serde_json::Error| WebhookError::Malformed { reason: error.to_string() };
    let Kind { kind } = serde_json::from_slice(body).map_err(malformed)?;
    if !matches!(kind.as_str(), "user.changed" | "user.deleted") {
        return Ok(Event::Unknown { kind });
    }
    let Body { data: Whose { app, user, incarnation, since, revision } } =
        serde_json::from_slice(body).map_err(malformed)?;
    if kind == "user.deleted" {
        return Ok(Event::Deleted { app, user, incarnation, since, revision });
    }
    let Body { data: changes } = serde_json::from_slice(body).map_err(malformed)?;
    Ok(Event::Changed { app, user, incarnation, since, changes })
}

#[cfg(test)]
mod tests {
    use foldmark_wire::samples::{USER_CHANGED, USER_DELETED};

    use super::*;

    /// The example that the authors of the specification publish with their libraries.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const OTHER: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    const NOW: u64 = 1_614_265_330;
    const EXAMPLE: Signed<'static> = Signed {
        id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp: "1614265330",
        signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        body: br#"{"test": 2432232314}"#,
    };

    fn webhook() -> Webhook {
        Webhook::new(SECRET).unwrap()
    }

    /// What is read of a body that is signed rightly.
    fn told(body: &[u8]) -> Result<Event, WebhookError> {
        let unsigned = Signed { body, signature: "", ..EXAMPLE };
        let signature = mac(&webhook().keys[0], &unsigned).finalize().into_bytes();
        let signature = format!("v1,{}", STANDARD.encode(signature));
        webhook().verify_at(&Signed { signature: &signature, ..unsigned }, NOW)
    }

    #[test]
    fn the_published_example_is_right_and_nothing_near_it_is() {
        assert_eq!(webhook().check(&EXAMPLE, NOW), Ok(()));
        let wrong = [
            Signed { id: "msg_p5jXN8AQM9LWM0D4loKWxJel", ..EXAMPLE },
            Signed { timestamp: "1614265331", ..EXAMPLE },
            Signed { body: br#"{"test": 2432232315}"#, ..EXAMPLE },
            Signed { signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OA=", ..EXAMPLE },
            Signed { signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ", ..EXAMPLE },
            Signed { signature: "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", ..EXAMPLE },
            Signed { signature: "v1,", ..EXAMPLE },
            Signed { signature: "", ..EXAMPLE },
        ];
        for request in wrong {
            assert_eq!(webhook().verify_at(&request, NOW), Err(WebhookError::Signature), "{request:?}");
        }
        let other = Webhook::new(OTHER).unwrap();
        assert_eq!(other.verify_at(&EXAMPLE, NOW), Err(WebhookError::Signature));
    }

    #[test]
    fn one_signature_by_one_secret_is_enough() {
        let both = Webhook::new(OTHER).unwrap().also(SECRET).unwrap();
        assert_eq!(both.check(&EXAMPLE, NOW), Ok(()));
        let several = format!("v1,AAAA v2,x v1,? {}", EXAMPLE.signature);
        assert_eq!(webhook().check(&Signed { signature: &several, ..EXAMPLE }, NOW), Ok(()));
    }

    #[test]
    fn old_requests_and_those_of_the_future_are_refused() {
        for now in [NOW - 300, NOW + 300] {
            assert_eq!(webhook().check(&EXAMPLE, now), Ok(()));
        }
        for now in [0, NOW - 301, NOW + 301, u64::MAX] {
            assert_eq!(webhook().verify_at(&EXAMPLE, now), Err(WebhookError::Timestamp), "{now}");
        }
        assert_eq!(webhook().verify(&EXAMPLE), Err(WebhookError::Timestamp), "by the system's clock");
        for timestamp in ["", "-1", "1614265330.0", "99999999999999999999"] {
            let request = Signed { timestamp, ..EXAMPLE };
            assert_eq!(webhook().verify_at(&request, NOW), Err(WebhookError::Timestamp), "{timestamp}");
        }
    }

    #[test]
    fn secrets_are_those_that_servers_take_and_are_not_shown() {
        let secret = |bytes: usize| format!("whsec_{}", STANDARD.encode(vec![7; bytes]));
        for bytes in [24, 64] {
            assert!(Webhook::new(&secret(bytes)).is_ok(), "{bytes}");
        }
        for secret in [secret(23), secret(65), SECRET[6..].to_owned(), "whsec_?".to_owned(), String::new()] {
            assert_eq!(Webhook::new(&secret).unwrap_err(), WebhookError::Secret, "{secret}");
            assert_eq!(webhook().also(&secret).unwrap_err(), WebhookError::Secret, "{secret}");
        }
        assert_eq!(format!("{:?}", webhook()), "Webhook { .. }");
    }

    #[test]
    fn the_golden_events_are_read() {
        let Ok(Event::Changed { app, user, incarnation, since, changes }) =
            told(USER_CHANGED.text.as_bytes())
        else {
            panic!("it is a change")
        };
        assert_eq!(incarnation, "8f3c09d2a1b4e677");
        assert_eq!((app, user.as_str(), since, changes.revision), (1_400_000_000, "user_0001", 5, 8));
        let page = changes.page;
        assert_eq!((page.contacts[0].contact.peer(), page.contacts[0].standard_mark.0), ("user_0002", 14));
        assert_eq!((page.removed.len(), page.groups[0].order, page.removed_groups), (1, 2, vec![2]));
        assert_eq!((page.cursor.as_ref(), page.more, page.reset), ("AQ0123456789", false, false));
        let user = "user_0001".to_owned();
        let deleted = Event::Deleted { app: 1_400_000_000, user, incarnation, since: 8, revision: 9 };
        assert_eq!(told(USER_DELETED.text.as_bytes()), Ok(deleted));
    }

    #[test]
    fn unknown_events_are_told_as_such_and_what_is_none_is_an_error() {
        let unknown = Event::Unknown { kind: "user.merged".to_owned() };
        assert_eq!(told(br#"{"type":"user.merged","data":[]}"#), Ok(unknown));
        for body in ["", "[]", "{}", r#"{"type":"user.changed"}"#, r#"{"type":"user.deleted","data":{}}"#] {
            assert!(matches!(told(body.as_bytes()), Err(WebhookError::Malformed { .. })), "{body}");
        }
    }
}
