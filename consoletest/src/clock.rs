//! The one place of the harness that reads clocks.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A stopwatch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watch(Instant);

impl Watch {
    /// Starts at zero.
    #[expect(clippy::disallowed_methods, reason = "this file is where clocks are read")]
    pub(crate) fn start() -> Watch {
        Watch(Instant::now())
    }

    /// The time since the start.
    pub(crate) fn time(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Unix seconds.
#[expect(clippy::disallowed_methods, reason = "this file is where clocks are read")]
pub(crate) fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

/// Asks `done` again and again until it says yes or `limit` has passed. Gives what it said last.
pub(crate) fn wait_until(limit: Duration, mut done: impl FnMut() -> bool) -> bool {
    let watch = Watch::start();
    loop {
        if done() {
            return true;
        }
        if watch.time() > limit {
            return false;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
