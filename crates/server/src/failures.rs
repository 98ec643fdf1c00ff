//! How many failures of an application's calls are logged. When a store is away every call fails, and the log must not
//! grow as fast as the calls come.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};

use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use crate::clock::Clock;
use crate::limits;

/// Counts failures: the first ones get a line each, and later ones now and then.
#[derive(Debug)]
pub(crate) struct Failures {
    lines: RateLimiter<NotKeyed, InMemoryState, Clock, NoOpMiddleware<std::time::Duration>>,
    /// Failures since the last line.
    left_out: AtomicU64,
}

impl Failures {
    pub(crate) fn new(clock: &Clock) -> Failures {
        let quota = Quota::with_period(limits::FAILURE_LINE_EVERY).expect("the period is not zero");
        let burst = NonZeroU32::new(limits::FAILURE_LINES).expect("some lines are let through");
        Failures {
            lines: RateLimiter::direct_with_clock(quota.allow_burst(burst), clock.clone()),
            left_out: AtomicU64::new(0),
        }
    }

    /// Counts a failure. `Some`: it is to be logged, with the number of those since the last line that were not.
    pub(crate) fn line(&self) -> Option<u64> {
        if self.lines.check().is_err() {
            self.left_out.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        Some(self.left_out.swap(0, Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_failures_are_logged_and_then_one_now_and_then() {
        let clock = Clock::manual(1_700_000_000);
        let failures = Failures::new(&clock);
        for _ in 0..limits::FAILURE_LINES {
            assert_eq!(failures.line(), Some(0));
        }
        for _ in 0..990 {
            assert_eq!(failures.line(), None);
        }
        clock.advance(limits::FAILURE_LINE_EVERY);
        assert_eq!(failures.line(), Some(990));
        assert_eq!(failures.line(), None);
        clock.advance(limits::FAILURE_LINE_EVERY);
        assert_eq!(failures.line(), Some(1));
    }
}
