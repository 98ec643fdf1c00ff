//! How long things took, as counts in fixed buckets: four for each doubling, from 64 microseconds to eight seconds.
//!
//! Counting is one relaxed addition. What is read is a copy that may have been counted into while it was made; each
//! count in it only ever grows.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Buckets for each doubling.
const PARTS: u64 = 4;
/// Everything below two to this power, in microseconds, is in the first bucket.
const FIRST_EXPONENT: u32 = 6;
/// Doublings that are told apart; what took longer is in the last bucket.
const DOUBLINGS: u32 = 17;
/// The first, those between, and the last.
pub(crate) const BUCKETS: usize = 2 + (DOUBLINGS as usize) * (PARTS as usize);

/// Counts that go on.
#[derive(Debug)]
pub(crate) struct Latencies {
    buckets: [AtomicU64; BUCKETS],
}

/// Counts at one moment, or what was counted between two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Distribution {
    buckets: [u64; BUCKETS],
}

impl Default for Latencies {
    fn default() -> Latencies {
        Latencies { buckets: [const { AtomicU64::new(0) }; BUCKETS] }
    }
}

impl Latencies {
    /// Counts something that took this long.
    pub(crate) fn count(&self, duration: Duration) {
        let microseconds = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        self.buckets[place(microseconds)].fetch_add(1, Ordering::Relaxed);
    }

    /// The counts now.
    pub(crate) fn read(&self) -> Distribution {
        Distribution { buckets: std::array::from_fn(|place| self.buckets[place].load(Ordering::Relaxed)) }
    }
}

impl Default for Distribution {
    fn default() -> Distribution {
        Distribution { buckets: [0; BUCKETS] }
    }
}

impl Distribution {
    /// What was counted since `before`, an earlier reading of the same counts.
    pub(crate) fn since(&self, before: &Distribution) -> Distribution {
        let buckets = std::array::from_fn(|place| self.buckets[place].saturating_sub(before.buckets[place]));
        Distribution { buckets }
    }

    /// How much was counted.
    pub(crate) fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }

    /// The time within which this share of all that was counted was done, in microseconds, taken to lie evenly within
    /// its bucket; `None` if nothing was counted. What took longer than the buckets tell apart gives their end.
    pub(crate) fn quantile(&self, share: f64) -> Option<u64> {
        let all = self.count();
        if all == 0 {
            return None;
        }
        let rank = ((all as f64 * share).ceil() as u64).clamp(1, all);
        let mut passed = 0;
        for (place, count) in self.buckets.iter().enumerate() {
            if passed + count >= rank {
                let (low, high) = bounds(place);
                let within = (rank - passed) as f64 / *count as f64;
                return Some(low + ((high - low) as f64 * within).round() as u64);
            }
            passed += count;
        }
        unreachable!("the rank is at most what the buckets hold")
    }
}

fn place(microseconds: u64) -> usize {
    if microseconds < 1 << FIRST_EXPONENT {
        return 0;
    }
    let exponent = microseconds.ilog2();
    let doubling = exponent - FIRST_EXPONENT;
    if doubling >= DOUBLINGS {
        return BUCKETS - 1;
    }
    // The two bits behind the highest one.
    let part = (microseconds >> (exponent - 2)) % PARTS;
    1 + (u64::from(doubling) * PARTS + part) as usize
}

/// From where to where a bucket reaches, in microseconds; its end is no longer part of it.
fn bounds(place: usize) -> (u64, u64) {
    let end = 1 << (FIRST_EXPONENT + DOUBLINGS);
    match place {
        0 => (0, 1 << FIRST_EXPONENT),
        _ if place == BUCKETS - 1 => (end, end),
        _ => {
            let between = place as u64 - 1;
            let (doubling, part) = (between / PARTS, between % PARTS);
            let width = 1 << (u64::from(FIRST_EXPONENT) - 2 + doubling);
            ((PARTS + part) * width, (PARTS + part + 1) * width)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_is_within_the_bounds_of_its_bucket() {
        let mut end = 0;
        for bucket in 0..BUCKETS - 1 {
            let (low, high) = bounds(bucket);
            assert_eq!(low, end, "buckets leave no gap");
            end = high;
            for time in [low, (low + high) / 2, high - 1] {
                assert_eq!(place(time), bucket, "{time}");
            }
        }
        assert_eq!(end, 8_388_608);
        for time in [end, end + 1, u64::MAX] {
            assert_eq!(place(time), BUCKETS - 1);
        }
    }

    #[test]
    fn quantiles_are_near_to_what_was_counted() {
        let latencies = Latencies::default();
        for milliseconds in 1..=1_000 {
            latencies.count(Duration::from_millis(milliseconds));
        }
        let counted = latencies.read();
        assert_eq!(counted.count(), 1_000);
        for (share, microseconds) in [(0.5, 500_000), (0.95, 950_000), (0.99, 990_000), (1.0, 1_000_000)] {
            let found = counted.quantile(share).unwrap();
            assert!(found.abs_diff(microseconds) <= microseconds / 20, "{share}: {found}");
        }
    }

    #[test]
    fn only_what_came_since_is_in_a_difference() {
        let latencies = Latencies::default();
        latencies.count(Duration::from_secs(1));
        let before = latencies.read();
        assert_eq!(before.since(&before).quantile(0.5), None);
        latencies.count(Duration::from_micros(10));
        latencies.count(Duration::from_secs(3_600));
        let since = latencies.read().since(&before);
        assert_eq!((since.count(), since.quantile(0.5), since.quantile(1.0)), (2, Some(64), Some(8_388_608)));
    }
}
