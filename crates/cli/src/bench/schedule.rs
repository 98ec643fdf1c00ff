//! When requests are due, and from which moment their latencies are measured.
//!
//! With a rate, every request has its moment, whatever became of those before it, and its latency begins there: what a
//! request waits because the server has stalled all clients is part of it. That is the whole correction for
//! coordinated omission, by measurement and not by estimate. Without a rate there is no moment at which a request
//! should have been sent, so latencies begin with the sending; guessing the requests that a stalled client left out
//! (`record_correct` of the histogram) would need such an interval, and is not offered.
//!
//! All moments are times since the beginning of the load, warm-up included.

use std::time::Duration;

const NANOSECONDS: u128 = 1_000_000_000;

/// When requests are due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Schedule {
    /// A client sends the next request when it has its answer.
    Closed,
    /// So many requests a second, evenly, over all clients; not 0.
    Rate(u32),
}

impl Schedule {
    /// As on the command line: 0 is no rate.
    pub(super) fn new(rate: u32) -> Schedule {
        if rate == 0 { Schedule::Closed } else { Schedule::Rate(rate) }
    }

    /// How many requests are due before `moment`; without a rate none ever is.
    pub(super) fn due_before(self, moment: Duration) -> u64 {
        match self {
            Schedule::Closed => 0,
            Schedule::Rate(rate) => (moment.as_nanos() * u128::from(rate)).div_ceil(NANOSECONDS) as u64,
        }
    }

    /// The moment from which the latency of a request is measured. `number` counts the requests from 0.
    pub(super) fn begin(self, number: u64, sent: Duration) -> Duration {
        match self {
            Schedule::Closed => sent,
            Schedule::Rate(rate) => {
                Duration::from_nanos((u128::from(number) * NANOSECONDS / u128::from(rate)) as u64)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::bench::latencies::Latencies;

    use super::*;

    #[test]
    fn requests_are_due_evenly() {
        let schedule = Schedule::new(3);
        let due = |number| schedule.begin(number, Duration::from_secs(99)).as_nanos();
        assert_eq!((due(0), due(1), due(2), due(3)), (0, 333_333_333, 666_666_666, 1_000_000_000));
        for rate in [1, 3, 7, 999, 1_000_000] {
            let schedule = Schedule::new(rate);
            for number in [0, 1, 2, 1_000, 1_000_000_007] {
                let due = schedule.begin(number, Duration::ZERO);
                assert_eq!(schedule.due_before(due), number, "{rate}");
                assert_eq!(schedule.due_before(due + Duration::from_nanos(1)), number + 1, "{rate}");
            }
        }
    }

    #[test]
    fn without_a_rate_latencies_begin_with_the_sending() {
        let sent = Duration::from_millis(7);
        assert_eq!(Schedule::new(0).begin(1_000, sent), sent);
        assert_eq!(Schedule::new(0).due_before(Duration::from_secs(1)), 0);
    }

    const CLIENTS: usize = 4;
    const LENGTH: Duration = Duration::from_secs(10);
    const SERVICE: Duration = Duration::from_millis(1);
    const STALL: std::ops::Range<Duration> = Duration::from_secs(5)..Duration::from_secs(6);

    /// A server that answers each request after a millisecond, and once nothing for a second.
    fn answered(sent: Duration) -> Duration {
        if STALL.contains(&sent) { STALL.end + SERVICE } else { sent + SERVICE }
    }

    /// Clients with one request under way each, on a clock that is only counted.
    fn simulate(schedule: Schedule) -> Latencies {
        let mut free = [Duration::ZERO; CLIENTS];
        let mut latencies = Latencies::default();
        for number in 0.. {
            let client = (0..CLIENTS).min_by_key(|client| free[*client]).unwrap();
            let sent = match schedule {
                Schedule::Closed => free[client],
                Schedule::Rate(_) => free[client].max(schedule.begin(number, Duration::ZERO)),
            };
            if schedule.begin(number, sent) >= LENGTH {
                return latencies;
            }
            free[client] = answered(sent);
            latencies.record(free[client] - schedule.begin(number, sent));
        }
        unreachable!("the load has an end");
    }

    #[test]
    fn a_stall_shows_in_full_with_a_rate() {
        let with_rate = simulate(Schedule::Rate(1_000));
        assert_eq!(with_rate.len(), 10_000);
        // A tenth of the requests was due during the stall or while the queue behind it was worked off.
        assert!(with_rate.quantile_us(0.999) > 990_000.0, "{}", with_rate.quantile_us(0.999));
        assert!(with_rate.quantile_us(0.95) > 500_000.0, "{}", with_rate.quantile_us(0.95));
        assert!((1_000.0..1_010.0).contains(&with_rate.quantile_us(0.5)));
    }

    #[test]
    fn a_stall_hides_without_a_rate_in_all_but_the_maximum() {
        let closed = simulate(Schedule::Closed);
        assert!((1_000.0..1_010.0).contains(&closed.quantile_us(0.999)), "{}", closed.quantile_us(0.999));
        assert!(closed.max_us() > 990_000.0);
    }
}
