//! What is counted of the store's transactions, beside the metrics, whose buckets cannot be read back.

use std::sync::atomic::{AtomicU64, Ordering};

use foldmark_store::embedded::Transaction;

use super::latencies::{Distribution, Latencies};

/// Counts that go on. A store without transactions leaves them at zero.
#[derive(Debug, Default)]
pub(crate) struct TransactionFigures {
    commits: AtomicU64,
    syncs: Latencies,
}

/// Counts at one moment, or what was counted between two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TransactionReading {
    /// In all transactions.
    pub(crate) commits: u64,
    /// How long it took to make each transaction durable.
    pub(crate) syncs: Distribution,
}

impl TransactionFigures {
    /// Counts a transaction.
    pub(crate) fn count(&self, transaction: &Transaction) {
        self.commits.fetch_add(transaction.commits as u64, Ordering::Relaxed);
        self.syncs.count(transaction.sync);
    }

    /// The counts now.
    pub(crate) fn read(&self) -> TransactionReading {
        TransactionReading { commits: self.commits.load(Ordering::Relaxed), syncs: self.syncs.read() }
    }
}

impl TransactionReading {
    /// What was counted since `before`, an earlier reading of the same counts.
    pub(crate) fn since(&self, before: &TransactionReading) -> TransactionReading {
        TransactionReading {
            commits: self.commits.saturating_sub(before.commits),
            syncs: self.syncs.since(&before.syncs),
        }
    }
}
