//! The one place that reads clocks. Everything else is handed a [`Clock`], so that tests can turn the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Wall time and monotonic time. Clones share the same time.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System { start: Instant },
    Manual { milliseconds: Arc<AtomicU64> },
}

impl Clock {
    /// The machine's clocks.
    #[expect(clippy::disallowed_methods, reason = "this file is where clocks are read")]
    pub fn system() -> Clock {
        Clock(Source::System { start: Instant::now() })
    }

    /// A clock that stands at `unix_seconds` until it is moved.
    pub fn manual(unix_seconds: u64) -> Clock {
        Clock(Source::Manual { milliseconds: Arc::new(AtomicU64::new(unix_seconds * 1_000)) })
    }

    /// Moves a manual clock forward.
    ///
    /// # Panics
    /// If this is the machine's clock.
    pub fn advance(&self, by: Duration) {
        match &self.0 {
            Source::System { .. } => panic!("the machine's clock cannot be moved"),
            Source::Manual { milliseconds } => {
                milliseconds.fetch_add(by.as_millis() as u64, Ordering::SeqCst);
            }
        }
    }

    /// Unix seconds. May step back when the machine's clock is set.
    #[expect(clippy::disallowed_methods, reason = "this file is where clocks are read")]
    pub fn unix_seconds(&self) -> u64 {
        match &self.0 {
            // A clock before 1970 is taken for 1970: signatures and timestamps stay well formed.
            Source::System { .. } => SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs()),
            Source::Manual { milliseconds } => milliseconds.load(Ordering::SeqCst) / 1_000,
        }
    }

    /// Unix milliseconds. May step back when the machine's clock is set.
    #[expect(clippy::disallowed_methods, reason = "this file is where clocks are read")]
    pub fn unix_milliseconds(&self) -> u64 {
        match &self.0 {
            Source::System { .. } => {
                SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as u64)
            }
            Source::Manual { milliseconds } => milliseconds.load(Ordering::SeqCst),
        }
    }

    /// Time since some fixed moment. Never steps back.
    pub fn monotonic(&self) -> Duration {
        match &self.0 {
            Source::System { start } => start.elapsed(),
            Source::Manual { milliseconds } => Duration::from_millis(milliseconds.load(Ordering::SeqCst)),
        }
    }
}

/// Rate limits run on the same clock as everything else.
impl governor::clock::Clock for Clock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.monotonic()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_when_told() {
        let clock = Clock::manual(1_700_000_000);
        let same = clock.clone();
        clock.advance(Duration::from_millis(1_500));
        assert_eq!(same.unix_seconds(), 1_700_000_001);
        assert_eq!(same.monotonic(), Duration::from_millis(1_700_000_001_500));
    }

    #[test]
    fn the_machine_clock_is_after_2023() {
        assert!(Clock::system().unix_seconds() > 1_672_531_200);
    }
}
