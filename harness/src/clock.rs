//! The one place of the harnesses that reads clocks.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A stopwatch.
#[derive(Clone, Copy, Debug)]
pub struct Watch(Instant);

impl Watch {
    /// Starts at zero.
    #[expect(clippy::disallowed_methods, reason = "this file is where clocks are read")]
    pub fn start() -> Watch {
        Watch(Instant::now())
    }

    /// The time since the start.
    pub fn time(&self) -> Duration {
        self.0.elapsed()
    }

    /// The time since the start in seconds.
    pub fn seconds(&self) -> f64 {
        self.time().as_secs_f64()
    }
}

/// Unix seconds.
#[expect(clippy::disallowed_methods, reason = "this file is where clocks are read")]
pub fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

/// Asks `done` again and again until it says yes or `limit` has passed. Gives what it said last.
pub fn wait_until(limit: Duration, mut done: impl FnMut() -> bool) -> bool {
    let watch = Watch::start();
    loop {
        if done() {
            return true;
        }
        if watch.time() > limit {
            return false;
        }
        std::thread::sleep(PAUSE);
    }
}

/// Between two questions.
const PAUSE: Duration = Duration::from_millis(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_asked_until_it_says_yes_or_the_time_is_over() {
        let mut asked = 0;
        assert!(wait_until(Duration::from_secs(60), || {
            asked += 1;
            asked == 3
        }));
        assert_eq!(asked, 3);
        let watch = Watch::start();
        assert!(!wait_until(Duration::from_millis(20), || false));
        assert!(watch.time() >= Duration::from_millis(20));
        assert!(wait_until(Duration::ZERO, || true), "asked once in any case");
    }
}
