//! Latencies of many requests: counted in a histogram of bounded size, read as percentiles.

use std::time::Duration;

use hdrhistogram::Histogram;

/// The longest time that is told apart from longer ones, above every time limit of a request.
const LONGEST: Duration = Duration::from_secs(3_600);
/// Significant digits: a latency is known to a thousandth.
const DIGITS: u8 = 3;

/// The percentiles of reports: what is asked of the histogram, and its name.
pub(super) const PERCENTILES: [(f64, &str); 4] =
    [(0.5, "p50"), (0.9, "p90"), (0.99, "p99"), (0.999, "p99_9")];

/// Latencies of many requests.
#[derive(Clone, Debug)]
pub(super) struct Latencies(Histogram<u64>);

impl Default for Latencies {
    fn default() -> Latencies {
        let bounded = Histogram::new_with_bounds(1, LONGEST.as_nanos() as u64, DIGITS);
        Latencies(bounded.expect("the bounds are valid"))
    }
}

impl Latencies {
    /// Counts one.
    pub(super) fn record(&mut self, latency: Duration) {
        self.0.saturating_record(u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX));
    }

    /// Counts all of the others too.
    pub(super) fn add(&mut self, others: &Latencies) {
        self.0.add(&others.0).expect("all histograms have the same bounds");
    }

    /// How many there are.
    pub(super) fn len(&self) -> u64 {
        self.0.len()
    }

    /// The time within which this share of the requests was answered, in microseconds; 0 if there are none.
    pub(super) fn quantile_us(&self, quantile: f64) -> f64 {
        microseconds(self.0.value_at_quantile(quantile))
    }

    /// The longest, in microseconds; 0 if there are none.
    pub(super) fn max_us(&self) -> f64 {
        microseconds(self.0.max())
    }

    /// All that is known: upper bounds in microseconds, rising, each with how many latencies lie below it and above
    /// the one before. Empty buckets are left out.
    pub(super) fn buckets(&self) -> Vec<(f64, u64)> {
        let recorded = self.0.iter_recorded();
        recorded
            .map(|bucket| (microseconds(bucket.value_iterated_to()), bucket.count_since_last_iteration()))
            .collect()
    }

    /// The same in few steps of 1, 2, 5, 10, 20 microseconds and so on, from the first that is not empty to the last.
    pub(super) fn steps(&self) -> Vec<(u64, u64)> {
        let mut steps = Vec::new();
        let mut ends = (0..).flat_map(|power| [1, 2, 5].map(|digit: u64| digit * 10_u64.pow(power)));
        let mut end = ends.next().unwrap_or(u64::MAX);
        let mut count = 0;
        for bucket in self.0.iter_recorded() {
            // The lower end, since a round time is its bucket's lower end or just above.
            let from = microseconds(self.0.lowest_equivalent(bucket.value_iterated_to()));
            while from > end as f64 {
                if count > 0 || !steps.is_empty() {
                    steps.push((end, count));
                }
                count = 0;
                end = ends.next().unwrap_or(u64::MAX);
            }
            count += bucket.count_since_last_iteration();
        }
        if count > 0 {
            steps.push((end, count));
        }
        steps
    }
}

fn microseconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(microseconds: impl IntoIterator<Item = u64>) -> Latencies {
        let mut latencies = Latencies::default();
        for us in microseconds {
            latencies.record(Duration::from_micros(us));
        }
        latencies
    }

    #[track_caller]
    fn close(is: f64, expected: f64) {
        assert!((expected..expected * 1.001).contains(&is), "{is}, not {expected}");
    }

    #[test]
    fn percentiles_are_right_to_a_thousandth() {
        let latencies = of(1..=100_000);
        assert_eq!(latencies.len(), 100_000);
        close(latencies.quantile_us(0.5), 50_000.0);
        close(latencies.quantile_us(0.9), 90_000.0);
        close(latencies.quantile_us(0.99), 99_000.0);
        close(latencies.quantile_us(0.999), 99_900.0);
        close(latencies.max_us(), 100_000.0);
    }

    #[test]
    fn one_in_a_thousand_shows_only_where_it_should() {
        let latencies = of([100; 997].into_iter().chain([1_000_000; 3]));
        close(latencies.quantile_us(0.99), 100.0);
        close(latencies.quantile_us(0.999), 1_000_000.0);
    }

    #[test]
    fn none_and_too_long_ones_are_no_trouble() {
        let mut latencies = of([]);
        assert_eq!((latencies.quantile_us(0.99), latencies.max_us()), (0.0, 0.0));
        assert!(latencies.buckets().is_empty() && latencies.steps().is_empty());
        latencies.record(Duration::from_secs(1 << 40));
        latencies.record(Duration::MAX);
        assert_eq!(latencies.len(), 2);
        close(latencies.max_us(), 3.6e9);
    }

    #[test]
    fn buckets_hold_all() {
        let mut latencies = of([1, 1, 700]);
        latencies.add(&of([700, 90_000]));
        let buckets = latencies.buckets();
        assert_eq!(buckets.iter().map(|(_, count)| *count).collect::<Vec<_>>(), [2, 2, 1]);
        close(buckets[1].0, 700.0);
    }

    #[test]
    fn steps_have_no_gaps_and_hold_all() {
        assert_eq!(
            of([3, 4, 90, 700, 700]).steps(),
            [(5, 2), (10, 0), (20, 0), (50, 0), (100, 1), (200, 0), (500, 0), (1_000, 2)]
        );
        let mut latencies = of([]);
        latencies.record(Duration::from_nanos(1));
        assert_eq!(latencies.steps(), [(1, 1)]);
    }
}
