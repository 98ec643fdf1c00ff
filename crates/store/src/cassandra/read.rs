//! Reading one subject, or the heads of many.
//!
//! A view is exactly one statement on one partition, never paged: the pages of one statement would each be a snapshot
//! of their own. The ceilings on a user's rows keep the answer below 8 MiB. It is read at a serial level, which
//! settles whatever commit is half done, so that a view sees every commit acknowledged before it, and no view sees
//! less than an earlier one.
//!
//! Heads of others are read at an ordinary quorum, which is cheaper: a commit is acknowledged when a quorum has it, so
//! that a later quorum meets it. A commit that is half done may be seen and then, by the next read, not be seen; what
//! a command asks about others is no part of its atomicity.

use foldmark_core::stored::Stored;
use foldmark_core::subject::{Kind, Revision, RowKey, Subject, SubjectKind};
use futures_util::stream::{StreamExt, TryStreamExt, iter};
use scylla::response::query_result::QueryResult;
use scylla::statement::prepared::PreparedStatement;

use super::Inner;
use super::error::store_error;
use crate::check::ROW_KEY_BYTES;
use crate::{Select, StoreError};

/// How many heads one call reads at once.
const HEADS_AT_ONCE: usize = 64;
/// The most rows that a statement names; a view of more reads all rows and drops some. ScyllaDB takes no more than
/// 100 unless it is told to, and beyond some number the whole is the cheaper one for Cassandra, too.
const ROWS_BY_NAME: usize = 400;
const ROWS_BY_NAME_SCYLLA: usize = 99;

/// The columns of a row as the statements select them.
type Row<'a> = (i16, &'a [u8], Option<&'a [u8]>, Option<i64>);

/// See [`Store::view`](crate::Store::view).
pub(super) async fn view(
    inner: &Inner,
    subject: Subject<'_>,
    select: Select<'_>,
) -> Result<Stored, StoreError> {
    let _permit = inner.reading(1)?;
    let _turn = inner.turns.wait_a_while(subject).await;
    select_view(inner, subject, select).await
}

/// A view for whoever has the turn already.
pub(super) async fn select_view(
    inner: &Inner,
    subject: Subject<'_>,
    select: Select<'_>,
) -> Result<Stored, StoreError> {
    let (app, kind, id) = partition(subject);
    if subject.kind() == SubjectKind::ChatGroup {
        let result = execute(inner, &inner.statements.view_head, (app, kind, id)).await?;
        return decode(result, None);
    }
    match select {
        Select::Head => {
            let result = execute(inner, &inner.statements.view_head, (app, kind, id)).await?;
            decode(result, None)
        }
        Select::All => {
            let result = execute(inner, &inner.statements.view_all, (app, kind, id)).await?;
            decode(result, None)
        }
        Select::Rows(rows) if rows.len() > rows_by_name(inner) => {
            let result = execute(inner, &inner.statements.view_all, (app, kind, id)).await?;
            decode(result, Some(rows))
        }
        Select::Rows(rows) => {
            let mut names: Vec<(i16, &[u8])> = vec![(0, b"")];
            // Neither the head nor so long a key is ever stored as a row.
            let rows = rows.iter().filter(|row| row.kind != Kind::HEAD && row.key.len() <= ROW_KEY_BYTES);
            names.extend(rows.map(|row| (i16::from(row.kind.0), row.key)));
            let result = execute(inner, &inner.statements.view_rows, (app, kind, id, names)).await?;
            decode(result, None)
        }
    }
}

/// See [`Store::heads`](crate::Store::heads).
pub(super) async fn heads(inner: &Inner, subjects: &[Subject<'_>]) -> Result<Vec<Stored>, StoreError> {
    if subjects.is_empty() {
        return Ok(Vec::new());
    }
    let at_once = subjects.len().min(HEADS_AT_ONCE).min(inner.in_flight as usize);
    let _permit = inner.reading(at_once)?;
    let mut reads = Vec::with_capacity(subjects.len());
    for subject in subjects {
        reads.push(head(inner, *subject));
    }
    iter(reads).buffered(at_once).try_collect().await
}

/// How the partition of a subject is named.
pub(super) fn partition(subject: Subject<'_>) -> (i64, i8, &str) {
    (i64::from(subject.app.get()), kind_number(subject.kind()), subject.id_str())
}

/// How the kind of a subject is stored.
pub(super) fn kind_number(kind: SubjectKind) -> i8 {
    match kind {
        SubjectKind::User => 1,
        SubjectKind::ChatGroup => 2,
    }
}

/// How a revision is stored: the same bits.
pub(super) fn revision_number(revision: Revision) -> i64 {
    revision.get().cast_signed()
}

/// The revision that is stored as this number.
pub(super) fn revision_of(number: i64) -> Revision {
    Revision::new(number.cast_unsigned())
}

/// Runs a read to its end.
pub(super) async fn execute(
    inner: &Inner,
    statement: &PreparedStatement,
    values: impl scylla::serialize::row::SerializeRow,
) -> Result<QueryResult, StoreError> {
    inner.session.execute_unpaged(statement, values).await.map_err(|error| store_error(&error))
}

/// An answer that is not what the statement asks for.
pub(super) fn unreadable(error: &dyn std::fmt::Display) -> StoreError {
    StoreError::Failed(format!("the cluster's answer cannot be read: {error}"))
}

async fn head(inner: &Inner, subject: Subject<'_>) -> Result<Stored, StoreError> {
    let result = execute(inner, &inner.statements.head, partition(subject)).await?;
    decode(result, None)
}

fn rows_by_name(inner: &Inner) -> usize {
    if inner.scylla { ROWS_BY_NAME_SCYLLA } else { ROWS_BY_NAME }
}

/// Makes a subject of an answer that begins with its head. Of its rows, only those in `wanted` are taken, if given.
fn decode(result: QueryResult, wanted: Option<&[RowKey<'_>]>) -> Result<Stored, StoreError> {
    let result = result.into_rows_result().map_err(|error| unreadable(&error))?;
    let mut rows = result.rows::<Row<'_>>().map_err(|error| unreadable(&error))?;
    let Some(first) = rows.next() else {
        return Ok(Stored::absent());
    };
    let (kind, key, head, revision) = first.map_err(|error| unreadable(&error))?;
    if (kind, key) != (0, b"") {
        return Err(corrupt("a row of a subject without a head"));
    }
    let Some(revision) = revision else {
        // Somebody gave up waiting for the first commit, which therefore did not happen.
        return match rows.next() {
            None => Ok(Stored::absent()),
            Some(_) => Err(corrupt("a row of a subject that was never written")),
        };
    };
    let head = head.ok_or_else(|| corrupt("a head without a value"))?;
    let mut stored = Stored::new(revision_of(revision), head);
    let mut wanted = wanted.map(|rows| rows.iter().peekable());
    for row in rows {
        let (kind, key, value, _) = row.map_err(|error| unreadable(&error))?;
        let kind = u8::try_from(kind).map_err(|_| corrupt("a row of an unknown kind"))?;
        let key = RowKey { kind: Kind(kind), key };
        if let Some(wanted) = &mut wanted {
            while wanted.next_if(|next| **next < key).is_some() {}
            if wanted.peek().is_none_or(|next| **next != key) {
                continue;
            }
        }
        stored.push(key, value.ok_or_else(|| corrupt("a row without a value"))?);
    }
    Ok(stored)
}

fn corrupt(what: &str) -> StoreError {
    StoreError::Corrupt(what.to_owned())
}
