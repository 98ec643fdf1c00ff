//! Keeping subjects readable of which many rows were deleted.
//!
//! A deleted row leaves a mark, a tombstone, that is kept for `gc_grace_seconds`. A read of the whole subject passes
//! all of them; after 100,000 a Cassandra node refuses to read the subject at all. One user who adds and removes
//! conversations at full speed gets there within minutes, long before any compaction may drop a mark.
//!
//! So the store gathers them: after about a thousand deleted rows it reads the subject and covers each gap between
//! two neighbouring rows by one range tombstone. What a range covers is dropped where it is read, and for good when
//! files are next merged, whatever its age. That leaves at most two marks for each row that exists.
//!
//! A sweep is a conditional batch on the revision that was read, which alone decides which rows exist, and it changes
//! neither a row nor the revision. So it does not matter when it happens, or whether. It is begun after a commit with
//! a chance of one in a thousand for each row that the commit deletes, by the bits of the commit's random id: that
//! needs no memory, neither here nor in the cluster, and is right for any number of servers.

use std::sync::Arc;

use foldmark_core::changes::Changes;
use foldmark_core::subject::{AppId, Kind, RowKey, Subject, UserId};
use scylla::statement::batch::{Batch, BatchStatement, BatchType};

use super::commit::Attempt;
use super::error::store_error;
use super::part::Part;
use super::read::{partition, revision_number, select_view};
use super::{Inner, ambient};
use crate::{Select, StoreError};

/// After how many deleted rows of a subject, on average, it is swept.
const ROWS_DELETED: u128 = 1_000;
/// How many sweeps may be under way. One that finds no room is left out: the next one does its work, too.
pub(super) const AT_ONCE: usize = 4;

/// Sweeps the subject of a commit, in the background, if the dice say so.
pub(super) fn after(inner: &Arc<Inner>, attempt: Attempt<'_>, changes: &Changes) {
    let deleted = changes.rows.iter().filter(|row| row.value.is_none()).count();
    // The high half: the low one is the fence's.
    if (attempt.id >> 64) % ROWS_DELETED >= deleted as u128 {
        return;
    }
    let Ok(permit) = Arc::clone(&inner.sweeps).try_acquire_owned() else {
        return;
    };
    // Chat groups have no rows.
    let (app, user) = (attempt.subject.app, attempt.subject.id_str().to_owned());
    let sweeper = Arc::clone(inner);
    ambient::start(&inner.tasks, async move {
        if let Err(error) = sweep(&sweeper, app, &user).await {
            tracing::debug!(%error, "the traces of deleted rows were not gathered");
        }
        drop(permit);
    });
}

async fn sweep(inner: &Inner, app: AppId, user: &str) -> Result<(), StoreError> {
    let user = UserId::parse(user).map_err(|error| StoreError::Failed(error.to_string()))?;
    let subject = Subject::user(app, user);
    let _turn = inner.turns.wait(subject).await?;
    let stored = select_view(inner, subject, Select::All).await?;
    let statements = &inner.statements;
    let partition = partition(subject);
    let revision = revision_number(stored.revision());
    let mut batch: Vec<BatchStatement> = vec![statements.sweep_head.clone().into()];
    let mut values = vec![Part::SweepHead { partition, revision }];
    let mut after = HEAD;
    for row in stored.rows() {
        batch.push(statements.sweep_between.clone().into());
        values.push(Part::SweepBetween { partition, after, before: row.key });
        after = row.key;
    }
    batch.push(statements.sweep_behind.clone().into());
    values.push(Part::SweepBehind { partition, after });
    let mut batch = Batch::new_with_statements(BatchType::Unlogged, batch);
    batch.set_execution_profile_handle(Some(inner.profiles.commit.clone()));
    // Not applied means that another server commits right now; the next thousand deletions are another chance.
    inner.session.batch(&batch, values).await.map_err(|error| store_error(&error))?;
    Ok(())
}

/// Where the head stands, before every row.
const HEAD: RowKey<'_> = RowKey { kind: Kind::HEAD, key: b"" };
