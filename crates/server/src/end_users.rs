//! Users who act for themselves: which bodies an identifier that is no administrator may send, and how often.
//!
//! Every call that is open to them names one user, as `From_Account` at the top of its body; the parsers refuse bodies
//! with two of them, and nothing else in these bodies says whose data is meant. So it is enough that it is the caller,
//! byte for byte.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use foldmark_wire::json::{Object, Value};
use quick_cache::sync::Cache;

use crate::clock::Clock;
use crate::limits;

/// Whether `body` is about `identifier` alone.
pub(crate) fn is_about(body: &Object<'_>, identifier: &str) -> bool {
    matches!(body.get("From_Account"), Some(Value::String(user)) if **user == *identifier)
}

/// Counts the calls of each end user of an application, a second at a time.
#[derive(Debug)]
pub(crate) struct EndUserRates {
    pub(crate) per_second: u32,
    clock: Clock,
    hasher: RandomState,
    /// By hash of the user. A bounded cache: under a flood of users the oldest begin anew.
    windows: Cache<u64, Arc<Mutex<Window>>>,
}

#[derive(Debug)]
struct Window {
    start: Duration,
    count: u32,
}

impl EndUserRates {
    /// `per_second` 0: no limit.
    pub(crate) fn new(per_second: u32, clock: &Clock) -> EndUserRates {
        let windows = Cache::new(limits::END_USERS_COUNTED);
        EndUserRates { per_second, clock: clock.clone(), hasher: RandomState::new(), windows }
    }

    /// Counts one call of `identifier`, and says whether it is within his rate.
    pub(crate) fn admits(&self, identifier: &str) -> bool {
        if self.per_second == 0 {
            return true;
        }
        let now = self.clock.monotonic();
        let user = self.hasher.hash_one(identifier);
        let begin =
            || Ok::<_, std::convert::Infallible>(Arc::new(Mutex::new(Window { start: now, count: 0 })));
        let Ok(window) = self.windows.get_or_insert_with(&user, begin);
        let mut window = window.lock().expect("no holder of this lock panics");
        if now.saturating_sub(window.start) >= Duration::from_secs(1) {
            *window = Window { start: now, count: 0 };
        }
        window.count = window.count.saturating_add(1);
        window.count <= self.per_second
    }
}

#[cfg(test)]
mod tests {
    use foldmark_wire::json::parse_body;

    use super::*;

    #[test]
    fn a_body_is_about_the_caller_byte_for_byte() {
        let about = |body: &str| is_about(&parse_body(body.as_bytes()).unwrap(), "ann");
        assert!(about(r#"{"From_Account":"ann"}"#));
        assert!(about(r#"{"From_Account":"\u0061nn"}"#));
        for other in [
            r#"{}"#,
            r#"{"From_Account":null}"#,
            r#"{"From_Account":["ann"]}"#,
            r#"{"From_Account":7}"#,
            r#"{"From_Account":"Ann"}"#,
            r#"{"From_Account":"ann "}"#,
            r#"{"From_Account":"ann\u0000"}"#,
            r#"{"from_account":"ann"}"#,
            r#"{"X":{"From_Account":"ann"}}"#,
        ] {
            assert!(!about(other), "{other}");
        }
        assert!(parse_body(br#"{"From_Account":"ann","From_Account":"bob"}"#).is_err());
    }

    #[test]
    fn each_user_has_a_rate_of_his_own() {
        let clock = Clock::manual(0);
        let rates = EndUserRates::new(2, &clock);
        let admitted = |user: &str| rates.admits(user);
        assert_eq!([admitted("a"), admitted("a"), admitted("a"), admitted("b")], [true, true, false, true]);
        clock.advance(Duration::from_secs(1));
        assert!(admitted("a"));
        let unlimited = EndUserRates::new(0, &clock);
        assert!((0..1_000).all(|_| unlimited.admits("a")));
    }
}
