//! When the next request may be sent: requests are evenly spaced, whoever makes them, so that no second ever has more
//! than its share.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use foldmark_server::clock::Clock;

/// A rate that all requests of a run share.
pub(super) struct Pace {
    clock: Clock,
    gap: Duration,
    /// The earliest moment of the next request.
    next: Mutex<Duration>,
}

impl Pace {
    pub(super) fn new(clock: Clock, per_second: u32) -> Pace {
        Pace { clock, gap: Duration::from_secs(1) / per_second, next: Mutex::new(Duration::ZERO) }
    }

    /// Resolves when it is the caller's turn.
    pub(super) async fn turn(&self) {
        let wait = self.reserve();
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }

    /// Takes the next place, and says how far away it is.
    fn reserve(&self) -> Duration {
        // Whoever panicked with the lock held has left a whole value behind.
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.monotonic();
        let at = now.max(*next);
        *next = at + self.gap;
        at - now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_evenly_spaced_and_time_that_passed_is_not_saved_up() {
        let clock = Clock::manual(1_700_000_000);
        let pace = Pace::new(clock.clone(), 50);
        let waits: Vec<u128> = (0..4).map(|_| pace.reserve().as_millis()).collect();
        assert_eq!(waits, [0, 20, 40, 60]);
        clock.advance(Duration::from_secs(10));
        assert_eq!((pace.reserve().as_millis(), pace.reserve().as_millis()), (0, 20));
    }
}
