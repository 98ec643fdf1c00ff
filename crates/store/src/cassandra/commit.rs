//! Commits: one conditional batch on one partition, sent once.
//!
//! The batch is agreed upon among the copies as a whole: it happens wholly or not at all, and only if the subject is
//! still on the revision and the fence that it names. The driver never sends it again by itself. An answer that says
//! that it was not applied is final: both kinds of cluster report an agreement that was reached in part as a time-out,
//! never as this.
//!
//! A commit that others are to be told of is announced by a due row before each try. If that fails, nothing was sent.

use std::sync::Arc;

use foldmark_core::changes::Changes;
use foldmark_core::subject::{Revision, Subject, SubjectId};
use scylla::response::query_result::QueryResult;
use scylla::statement::batch::{Batch, BatchStatement, BatchType};
use scylla::value::{CqlValue, Row};

use super::error::Failure;
use super::part::Part;
use super::read::{partition, revision_number, unreadable};
use super::resolve::Found;
use super::{Inner, ambient, due, resolve, sweep};
use crate::check::check;
use crate::{CommitError, StoreError};

/// How many of the last commits a head names.
pub(super) const RING: u64 = 16;
/// How often a commit is tried. It is tried again only after it is certain that the try before did not happen and
/// never will: it met a fence that it did not know, or was fenced itself.
const TRIES: u32 = 8;

/// What a conditional write answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It happened.
    Applied,
    /// It did not, and this is how the head was.
    NotApplied(Guard),
}

/// What commits are conditional on, as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Guard {
    pub(super) revision: Option<i64>,
    pub(super) fence: Option<i64>,
}

/// One try of a commit. Each has an id of its own.
#[derive(Clone, Copy)]
pub(super) struct Attempt<'a> {
    pub(super) subject: Subject<'a>,
    pub(super) base: Revision,
    pub(super) id: u128,
    pub(super) guard: Guard,
}

/// See [`Store::commit`](crate::Store::commit).
pub(super) async fn commit(
    inner: &Arc<Inner>,
    subject: Subject<'_>,
    base: Revision,
    changes: Changes,
) -> Result<(), CommitError> {
    check(subject, base, &changes)?;
    let _permit = inner.committing()?;
    let begun = ambient::now();
    let _turn = inner.turns.wait(subject).await?;
    let mut guard = Guard::on(base);
    for _ in 0..TRIES {
        announce(inner, subject, &changes).await?;
        let attempt = Attempt { subject, base, id: ambient::commit_id()?, guard };
        match send(inner, attempt, &changes).await {
            Ok(Answer::Applied) => {
                sweep::after(inner, attempt, &changes);
                return Ok(());
            }
            Ok(Answer::NotApplied(found)) if found.revision != guard.revision => {
                return Err(CommitError::Conflict);
            }
            Ok(Answer::NotApplied(found)) => guard = found,
            Err(Failure::NotDone(error)) => return Err(error.into()),
            Err(Failure::Open(cause)) => match resolve::find_out(inner, attempt, &cause).await {
                Some(Found::Happened) => {
                    sweep::after(inner, attempt, &changes);
                    return Ok(());
                }
                Some(Found::Overtaken) => return Err(CommitError::Conflict),
                // The cluster gives up soon when others want something of the same partition.
                Some(Found::Fenced(found)) if begun.elapsed() < inner.request_timeout / 2 => guard = found,
                Some(Found::Fenced(_)) => return Err(cause.into()),
                Some(Found::Forgotten) | None => return Err(CommitError::Unknown),
            },
        }
    }
    Err(StoreError::Busy.into())
}

/// The place of a revision among the last commits.
pub(super) fn place(revision: Revision) -> i8 {
    // It is less than 16.
    (revision.get() % RING) as i8
}

/// What is written at that place.
pub(super) fn signature(revision: Revision, id: u128) -> [u8; 24] {
    let mut bytes = [0; 24];
    bytes[..8].copy_from_slice(&revision.get().to_be_bytes());
    bytes[8..].copy_from_slice(&id.to_be_bytes());
    bytes
}

impl Guard {
    /// What a commit on `base` meets unless somebody gave up waiting for another one.
    fn on(base: Revision) -> Guard {
        if base == Revision::ZERO {
            return Guard { revision: None, fence: None };
        }
        Guard { revision: Some(revision_number(base)), fence: Some(0) }
    }
}

impl Answer {
    /// Reads the answer of a conditional write. The columns are found by name: which others come with them, and how
    /// many rows, is a matter of the cluster's kind. The first row is that of the first statement, the head's.
    pub(super) fn of(result: QueryResult) -> Result<Answer, StoreError> {
        let result = result.into_rows_result().map_err(|error| unreadable(&error))?;
        let row: Row = result.first_row().map_err(|error| unreadable(&error))?;
        let mut applied = None;
        let mut guard = Guard { revision: None, fence: None };
        for (column, value) in result.column_specs().iter().zip(&row.columns) {
            match (column.name(), value) {
                ("[applied]", Some(CqlValue::Boolean(value))) => applied = Some(*value),
                ("revision", Some(CqlValue::BigInt(value))) => guard.revision = Some(*value),
                ("fence", Some(CqlValue::BigInt(value))) => guard.fence = Some(*value),
                _ => {}
            }
        }
        match applied {
            Some(true) => Ok(Answer::Applied),
            Some(false) => Ok(Answer::NotApplied(guard)),
            None => Err(unreadable(&"it does not say whether it was applied")),
        }
    }
}

async fn announce(inner: &Inner, subject: Subject<'_>, changes: &Changes) -> Result<(), StoreError> {
    match subject.id {
        SubjectId::User(user) if changes.due => due::add(inner, subject.app, user, changes.revision).await,
        _ => Ok(()),
    }
}

async fn send(inner: &Inner, attempt: Attempt<'_>, changes: &Changes) -> Result<Answer, Failure> {
    let revision = changes.revision;
    let mut statements: Vec<BatchStatement> = Vec::with_capacity(1 + changes.rows.len());
    let mut values = Vec::with_capacity(1 + changes.rows.len());
    // First, because its partition decides which node is asked.
    statements.push(inner.statements.commit_head.clone().into());
    let partition = partition(attempt.subject);
    values.push(Part::Head {
        value: &changes.head,
        revision: revision_number(revision),
        place: place(revision),
        signature: signature(revision, attempt.id),
        partition,
        guard: attempt.guard,
    });
    for row in &changes.rows {
        let statement = match row.value {
            Some(_) => &inner.statements.put,
            None => &inner.statements.delete,
        };
        statements.push(statement.clone().into());
        values.push(Part::Row { partition, row });
    }
    let mut batch = Batch::new_with_statements(BatchType::Unlogged, statements);
    batch.set_execution_profile_handle(Some(inner.profiles.commit.clone()));
    batch.set_is_idempotent(false);
    let answered = inner.session.batch(&batch, values).await;
    let result = answered.map_err(|error| Failure::of(&error))?;
    Answer::of(result).map_err(Failure::Open)
}
