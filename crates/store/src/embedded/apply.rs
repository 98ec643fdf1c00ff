//! Applying one commit within a write transaction: compare the revision, see whether there is room, write.

use foldmark_core::changes::Changes;
use foldmark_core::subject::{Revision, Subject};
use heed::RwTxn;

use super::due::{self, Settlement};
use super::env::{Environment, Table, store_error};
use super::read::split_head;
use crate::key::{self, Key};
use crate::{CommitError, StoreError};

/// By how much a value may grow when the map is nearly full: numbers that get longer, no new data.
const GROWTH_BYTES: usize = 16;

/// What the writer carries out.
pub(super) enum Work {
    Commit(Request),
    Settle(Settlement),
}

impl Work {
    /// How much there is to write, roughly.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Work::Commit(request) => request.bytes(),
            Work::Settle(settlement) => settlement.bytes(),
        }
    }

    /// Carries it out in a transaction that others share. An inner error means that this one wrote nothing; an outer one,
    /// that the transaction cannot go on.
    pub(super) fn apply(
        &self,
        environment: &Environment,
        txn: &mut RwTxn<'_>,
        max_bytes: usize,
    ) -> Result<Result<(), CommitError>, heed::Error> {
        match self {
            Work::Commit(request) => request.apply(environment, txn, max_bytes),
            Work::Settle(settlement) => {
                Ok(settlement.apply(environment.table(), txn)?.map_err(CommitError::Store))
            }
        }
    }

    /// Finds out, after a transaction of unknown outcome, whether this was part of what is in the map now. Nobody has
    /// written to the map since.
    pub(super) fn landed(&self, environment: &Environment) -> Result<(), CommitError> {
        match self {
            Work::Commit(request) => request.landed(environment),
            // It is as good to do it again.
            Work::Settle(_) => Err(CommitError::Unknown),
        }
    }
}

/// One commit on its way to the map. It owns what the caller lent, since the caller may stop waiting.
pub(super) struct Request {
    /// Of the subject's head. Boxed, because requests are moved about.
    key: Box<Key>,
    /// What the subject's revision must be.
    base: Revision,
    changes: Changes,
}

impl Request {
    /// Takes on a commit that has passed [`check`](crate::check::check).
    pub(super) fn new(subject: Subject<'_>, base: Revision, changes: Changes) -> Request {
        Request { key: Box::new(Key::head(subject)), base, changes }
    }

    /// How much there is to write, roughly.
    fn bytes(&self) -> usize {
        let mut bytes = self.changes.head.len();
        for row in &self.changes.rows {
            bytes += row.key.len() + row.value.as_ref().map_or(0, Vec::len);
        }
        bytes
    }

    /// Writes the changes if the subject is still at the base, into a transaction that others share. An inner error
    /// means that this commit wrote nothing; an outer one, that the transaction cannot go on.
    fn apply(
        &self,
        environment: &Environment,
        txn: &mut RwTxn<'_>,
        max_bytes: usize,
    ) -> Result<Result<(), CommitError>, heed::Error> {
        let table = environment.table();
        let mut key = Key::clone(&self.key);
        let revision = match table.get(txn, key.as_bytes())?.map(split_head) {
            None => Revision::ZERO,
            Some(Ok((revision, _))) => revision,
            Some(Err(error)) => return Ok(Err(error.into())),
        };
        if revision != self.base {
            return Ok(Err(CommitError::Conflict));
        }
        if environment.nearly_full(txn, max_bytes)? && self.adds(table, txn)? {
            return Ok(Err(StoreError::Full.into()));
        }
        if self.changes.due {
            let user = key::user_of_key(self.key.as_bytes()).expect("only users have due rows");
            if let Err(error) = due::add(table, txn, user, self.changes.revision)? {
                return Ok(Err(error.into()));
            }
        }
        let revision = self.changes.revision.get().to_be_bytes();
        let head = [&revision, self.changes.head.as_slice()].concat();
        table.put(txn, key.as_bytes(), &head)?;
        for row in &self.changes.rows {
            key.set_row(row.row_key());
            match &row.value {
                Some(value) => table.put(txn, key.as_bytes(), value)?,
                None => {
                    table.delete(txn, key.as_bytes())?;
                }
            }
        }
        Ok(Ok(()))
    }

    /// Finds out, after a transaction of unknown outcome, whether this commit was part of what is in the map now. It
    /// had been applied to the transaction, and nobody has written to the map since.
    fn landed(&self, environment: &Environment) -> Result<(), CommitError> {
        let Ok((revision, same_head)) = self.compare(environment) else {
            return Err(CommitError::Unknown);
        };
        if revision < self.changes.revision {
            return Err(StoreError::Failed("the write failed and did not happen".to_owned()).into());
        }
        // A later revision is a later commit of the same transaction, on top of this one.
        if revision == self.changes.revision && !same_head {
            return Err(CommitError::Unknown);
        }
        Ok(())
    }

    /// The subject's revision in the map, and whether its head is the one of these changes.
    fn compare(&self, environment: &Environment) -> Result<(Revision, bool), StoreError> {
        let txn = environment.read()?;
        let value =
            environment.table().get(&txn, self.key.as_bytes()).map_err(|error| store_error(&error))?;
        let (revision, head) = value.map_or(Ok((Revision::ZERO, &[][..])), split_head)?;
        Ok((revision, head == self.changes.head))
    }

    /// Whether the changes take noticeably more room than what they replace.
    fn adds(&self, table: Table, txn: &RwTxn<'_>) -> Result<bool, heed::Error> {
        let grows = |key: &Key, len: usize| -> Result<bool, heed::Error> {
            let before = table.get(txn, key.as_bytes())?;
            Ok(before.is_none_or(|before| len > before.len() + GROWTH_BYTES))
        };
        let mut key = Key::clone(&self.key);
        if grows(&key, size_of::<u64>() + self.changes.head.len())? {
            return Ok(true);
        }
        for row in &self.changes.rows {
            key.set_row(row.row_key());
            if let Some(value) = &row.value
                && grows(&key, value.len())?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
