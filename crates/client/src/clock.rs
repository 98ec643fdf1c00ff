//! The one place that reads the clock, for the time that a UserSig carries.

use std::time::{SystemTime, UNIX_EPOCH};

/// Unix seconds. A clock before 1970 is taken for 1970.
#[expect(clippy::disallowed_methods, reason = "this file is where the clock is read")]
pub(crate) fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
