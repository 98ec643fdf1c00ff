//! Failures of the disk, on order, for tests. Each strikes once, in the order given.

use std::collections::VecDeque;
use std::io;
use std::sync::Mutex;

use heed::RwTxn;

use super::env::{Environment, FinishError};

/// One failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// A transaction's data cannot be written.
    Data,
    /// A transaction's meta page cannot be written, and is not on disk.
    MetaLost,
    /// The write of a transaction's meta page fails, and yet the page is on disk.
    MetaLanded,
    /// The environment cannot be reopened.
    Reopening,
}

/// The failures to come.
#[derive(Debug, Default)]
pub(super) struct Faults(Mutex<VecDeque<Fault>>);

impl Faults {
    pub(super) fn order(&self, faults: &[Fault]) {
        self.0.lock().unwrap().extend(faults);
    }

    pub(super) fn strikes_reopening(&self) -> bool {
        self.take(|next| next == Fault::Reopening).is_some()
    }

    pub(super) fn finish(&self, environment: &Environment, txn: RwTxn<'_>) -> Result<(), FinishError> {
        let error = || heed::Error::Io(io::Error::other("ordered by a test"));
        match self.take(|next| next != Fault::Reopening) {
            None => environment.finish(txn),
            Some(Fault::MetaLanded) => {
                environment.finish(txn).unwrap();
                Err(FinishError::Dead(error()))
            }
            Some(Fault::Data) => Err(FinishError::Before(error())),
            Some(_) => Err(FinishError::Dead(error())),
        }
    }

    fn take(&self, fits: fn(Fault) -> bool) -> Option<Fault> {
        let mut faults = self.0.lock().unwrap();
        if faults.front().is_some_and(|next| fits(*next)) { faults.pop_front() } else { None }
    }
}
