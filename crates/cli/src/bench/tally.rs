//! What became of the requests that count: those whose moment lay within the measured time.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::bench::latencies::Latencies;
use crate::bench::trouble::Trouble;
use crate::bench::work::Kind;

/// All requests of a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    pub(super) search: KindTally,
    pub(super) mark: KindTally,
    /// With a rate: how long after its moment each request was sent.
    pub(super) late: Latencies,
}

/// The requests of a kind.
#[derive(Clone, Debug, Default)]
pub(super) struct KindTally {
    /// Those that succeeded.
    pub(super) latencies: Latencies,
    /// Those that did not.
    pub(super) failures: BTreeMap<Trouble, u64>,
}

impl Tally {
    /// The requests of a kind.
    pub(super) fn of(&self, kind: Kind) -> &KindTally {
        match kind {
            Kind::Search => &self.search,
            Kind::Mark => &self.mark,
        }
    }

    /// Counts a request.
    pub(super) fn add(&mut self, kind: Kind, latency: Duration, outcome: Result<(), Trouble>) {
        let tally = match kind {
            Kind::Search => &mut self.search,
            Kind::Mark => &mut self.mark,
        };
        match outcome {
            Ok(()) => tally.latencies.record(latency),
            Err(trouble) => *tally.failures.entry(trouble).or_default() += 1,
        }
    }

    /// How many requests there were, and how many of them failed.
    pub(super) fn counts(&self) -> (u64, u64) {
        let failed = self.search.failed() + self.mark.failed();
        (self.search.latencies.len() + self.mark.latencies.len() + failed, failed)
    }
}

impl KindTally {
    /// How many failed.
    pub(super) fn failed(&self) -> u64 {
        self.failures.values().sum()
    }

    /// Both together.
    pub(super) fn with(&self, other: &KindTally) -> KindTally {
        let mut both = self.clone();
        both.latencies.add(&other.latencies);
        for (trouble, count) in &other.failures {
            *both.failures.entry(*trouble).or_default() += count;
        }
        both
    }
}
