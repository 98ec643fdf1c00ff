//! What is counted of one application, on the way of each of its calls: relaxed additions to fixed arrays, with no lock
//! and no allocation. Kept over reloads, gone with the process.
//!
//! The metrics for Prometheus name no application, because their labels are a fixed set; these are for those who look
//! at one server.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use foldmark_wire::{CallName, Code};

use super::latencies::{Distribution, Latencies};

/// Every code, and success before them.
pub(crate) const OUTCOMES: usize = 1 + Code::ALL.len();

/// Counts that go on.
#[derive(Debug)]
pub(crate) struct AppFigures {
    /// In the order of [`CallName::ALL`].
    calls: [AtomicU64; CallName::ALL.len()],
    /// By [`Outcome`].
    outcomes: [AtomicU64; OUTCOMES],
    latencies: Latencies,
}

/// The code of an answer as a whole, as a number below [`OUTCOMES`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Outcome(u8);

/// Counts at one moment, or what was counted between two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AppReading {
    calls: [u64; CallName::ALL.len()],
    outcomes: [u64; OUTCOMES],
    latencies: Distribution,
}

impl Default for AppFigures {
    fn default() -> AppFigures {
        AppFigures {
            calls: [const { AtomicU64::new(0) }; CallName::ALL.len()],
            outcomes: [const { AtomicU64::new(0) }; OUTCOMES],
            latencies: Latencies::default(),
        }
    }
}

impl AppFigures {
    /// Counts a call of the application that was answered. No code: it succeeded.
    pub(crate) fn answered(&self, call: CallName, code: Option<Code>, duration: Duration) {
        self.calls[call as usize].fetch_add(1, Ordering::Relaxed);
        self.outcomes[Outcome::of(code).place()].fetch_add(1, Ordering::Relaxed);
        self.latencies.count(duration);
    }

    /// The counts now.
    pub(crate) fn read(&self) -> AppReading {
        AppReading {
            calls: std::array::from_fn(|place| self.calls[place].load(Ordering::Relaxed)),
            outcomes: std::array::from_fn(|place| self.outcomes[place].load(Ordering::Relaxed)),
            latencies: self.latencies.read(),
        }
    }
}

impl Outcome {
    /// Of an answer with this code.
    pub(crate) fn of(code: Option<Code>) -> Outcome {
        Outcome(code.map_or(0, |code| code as u8 + 1))
    }

    /// Its code; `None`: it succeeded.
    pub(crate) fn code(self) -> Option<Code> {
        self.place().checked_sub(1).map(|place| Code::ALL[place])
    }

    fn place(self) -> usize {
        usize::from(self.0)
    }
}

const _: () = assert!(OUTCOMES <= u8::MAX as usize);

impl Default for AppReading {
    fn default() -> AppReading {
        AppReading {
            calls: [0; CallName::ALL.len()],
            outcomes: [0; OUTCOMES],
            latencies: Distribution::default(),
        }
    }
}

impl AppReading {
    /// What was counted since `before`, an earlier reading of the same counts.
    pub(crate) fn since(&self, before: &AppReading) -> AppReading {
        AppReading {
            calls: std::array::from_fn(|place| self.calls[place].saturating_sub(before.calls[place])),
            outcomes: std::array::from_fn(|place| {
                self.outcomes[place].saturating_sub(before.outcomes[place])
            }),
            latencies: self.latencies.since(&before.latencies),
        }
    }

    /// All calls.
    pub(crate) fn all_calls(&self) -> u64 {
        self.outcomes.iter().sum()
    }

    /// How often each call was made, in the order of [`CallName::ALL`].
    pub(crate) fn calls(&self) -> impl Iterator<Item = (CallName, u64)> {
        CallName::ALL.into_iter().zip(self.calls)
    }

    /// How often this was the outcome.
    pub(crate) fn count(&self, outcome: Outcome) -> u64 {
        self.outcomes[outcome.place()]
    }

    /// The outcomes that occurred, success first, then in ascending order of the code.
    pub(crate) fn outcomes(&self) -> impl Iterator<Item = (Outcome, u64)> {
        let counted = (0_u8..).map(Outcome).zip(self.outcomes);
        counted.filter(|(_, count)| *count != 0)
    }

    /// How long the calls took.
    pub(crate) fn latencies(&self) -> &Distribution {
        &self.latencies
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_read_back_as_codes() {
        assert_eq!(Outcome::of(None).code(), None);
        for code in Code::ALL {
            assert_eq!(Outcome::of(Some(code)).code(), Some(code));
        }
        for (place, call) in CallName::ALL.into_iter().enumerate() {
            assert_eq!(call as usize, place);
        }
    }

    #[test]
    fn what_is_answered_is_counted_once_in_each_way() {
        let figures = AppFigures::default();
        figures.answered(CallName::MarkContact, None, Duration::from_millis(1));
        let before = figures.read();
        figures.answered(CallName::MarkContact, Some(Code::ContactQuota), Duration::from_millis(2));
        figures.answered(CallName::AccountImport, None, Duration::from_millis(2));
        let all = figures.read();
        let made: Vec<_> = all.calls().filter(|(_, count)| *count != 0).collect();
        assert_eq!(made, [(CallName::MarkContact, 2), (CallName::AccountImport, 1)]);
        let since = all.since(&before);
        let outcomes: Vec<_> =
            since.outcomes().map(|(outcome, count)| (outcome.code().map(Code::number), count)).collect();
        assert_eq!(outcomes, [(None, 1), (Some(51_008), 1)]);
        assert_eq!((all.all_calls(), since.all_calls(), since.latencies().count()), (3, 2, 2));
    }
}
