//! The one place that reads clocks: for the time that a UserSig carries, and for how long a call has taken.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Unix seconds. A clock before 1970 is taken for 1970.
#[expect(clippy::disallowed_methods, reason = "this file is where the clock is read")]
pub(crate) fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// A moment to count from.
#[expect(clippy::disallowed_methods, reason = "this file is where the clock is read")]
pub(crate) fn monotonic() -> Instant {
    Instant::now()
}
