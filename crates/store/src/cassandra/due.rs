//! Due rows of a cluster: which commits others are still to be told of.
//!
//! They lie in a table of their own, `due`, where all of an application's are found without looking at its subjects: 16
//! partitions an application, a user's rows side by side in one of them by a hash of his id, one row for each commit
//! that is due, named by the revision that the commit makes. They are written by ordinary writes, before the commit
//! itself is sent and acknowledged by a majority of the copies, so that no commit that happens is without its row,
//! whatever becomes of its sender or its answer. A row may be there of which nothing comes: it is *spurious*.
//!
//! Why settling takes away nothing that is still needed: the revisions of a user never come twice, and rows up to a
//! revision are deleted only by who has seen the user at it, or at a later one. So each commit up to there happened and
//! was told, or can never happen. A commit under way makes a later revision; its row stays. Clocks do not matter,
//! because a row's name never comes again: a row that is written late, or comes back from the dead, is spurious, and
//! is settled the next time.
//!
//! Why looking misses nothing: a row is acknowledged before its commit is sent, and the next commit is decided on what
//! that one made. So once a row was seen, all rows of earlier commits were acknowledged before. But one read is no
//! snapshot: its copies answer at different times, so that it may show a row and none of an earlier commit, both of
//! which came while it went on. Whoever began to tell there, and then settled, would pass over the earlier one. So what
//! a read found is read again, and of the second read only what the first one knew is believed: the rows up to the
//! newest of each user, all of which the second read sees.

use foldmark_core::format::due::{Aside, Due, fitting};
use foldmark_core::subject::{AppId, Revision, UserId};
use scylla::client::session::Session;
use scylla::response::{PagingState, PagingStateResponse};
use scylla::serialize::row::SerializeRow;
use scylla::statement::prepared::PreparedStatement;

use super::Inner;
use super::error::store_error;
use super::options::ConnectError;
use super::read::{execute, revision_number, revision_of, unreadable};
use super::session::Profiles;
use super::statements::prepare;
use crate::{DuePage, StoreError, WalkFrom};

/// Over how many partitions the users of an application are spread. It is part of what is stored.
const BUCKETS: i8 = 16;
/// The most users of one page.
const PAGE_USERS: usize = 1_000;
/// How many rows the cluster gives at once.
const ROWS_AT_ONCE: i32 = 1_000;
/// After how many such portions of one partition a page ends with the user at hand, be it full or not.
const PORTIONS: usize = 16;

/// A row as the statements select it: id, revision, note.
type Row<'a> = (&'a str, i64, Option<&'a str>);

/// The statements on due rows. Each may be carried out twice, and late.
pub(super) struct Statements {
    add: PreparedStatement,
    /// Behind an id.
    rows: PreparedStatement,
    /// Behind an id, up to another one.
    rows_between: PreparedStatement,
    /// Of one user.
    oldest_of: PreparedStatement,
    newest_of: PreparedStatement,
    newest: PreparedStatement,
    note: PreparedStatement,
    settle: PreparedStatement,
}

impl Statements {
    pub(super) async fn prepare(
        session: &Session,
        keyspace: &str,
        profiles: &Profiles,
    ) -> Result<Statements, ConnectError> {
        let plain = async |text: String| {
            let mut statement = prepare(session, text).await?;
            statement.set_is_idempotent(true);
            statement.set_page_size(ROWS_AT_ONCE);
            statement.set_execution_profile_handle(Some(profiles.read.clone()));
            Ok::<_, ConnectError>(statement)
        };
        let table = format!("{keyspace}.due");
        let rows = format!("SELECT id, revision, note FROM {table} WHERE app = ? AND bucket = ? AND id > ?");
        let user = "app = ? AND bucket = ? AND id = ?";
        Ok(Statements {
            add: plain(format!("INSERT INTO {table} (app, bucket, id, revision) VALUES (?, ?, ?, ?)"))
                .await?,
            rows_between: plain(format!("{rows} AND id <= ?")).await?,
            rows: plain(rows).await?,
            oldest_of: plain(format!("SELECT id, revision, note FROM {table} WHERE {user} LIMIT 1")).await?,
            newest_of: plain(format!(
                "SELECT id, revision, note FROM {table} WHERE {user} ORDER BY id DESC, revision DESC LIMIT 1"
            ))
            .await?,
            newest: plain(format!(
                "SELECT revision FROM {table} WHERE {user} AND revision <= ? \
                 ORDER BY id DESC, revision DESC LIMIT 1"
            ))
            .await?,
            note: plain(format!("UPDATE {table} SET note = ? WHERE {user} AND revision = ?")).await?,
            settle: plain(format!("DELETE FROM {table} WHERE {user} AND revision <= ?")).await?,
        })
    }
}

/// Announces that a commit makes `revision`. When this returns without an error, the row is found until it is settled.
pub(super) async fn add(
    inner: &Inner,
    app: AppId,
    user: UserId<'_>,
    revision: Revision,
) -> Result<(), StoreError> {
    let (app, bucket, id) = partition_and_id(app, user);
    execute(inner, &inner.statements.due.add, (app, bucket, id, revision_number(revision))).await?;
    Ok(())
}

/// See [`Store::settle`](crate::Store::settle).
pub(super) async fn settle(
    inner: &Inner,
    app: AppId,
    user: UserId<'_>,
    revision: Revision,
) -> Result<(), StoreError> {
    let _permit = inner.committing()?;
    let (app, bucket, id) = partition_and_id(app, user);
    execute(inner, &inner.statements.due.settle, (app, bucket, id, revision_number(revision))).await?;
    Ok(())
}

/// See [`Store::set_aside`](crate::Store::set_aside). A note may bring a row back that is settled at the same moment,
/// which then is spurious.
pub(super) async fn set_aside(
    inner: &Inner,
    app: AppId,
    user: UserId<'_>,
    revision: Revision,
    note: &str,
) -> Result<(), StoreError> {
    let _permit = inner.committing()?;
    let statements = &inner.statements.due;
    let (app, bucket, id) = partition_and_id(app, user);
    let newest = execute(inner, &statements.newest, (app, bucket, id, revision_number(revision))).await?;
    let newest = newest.into_rows_result().map_err(|error| unreadable(&error))?;
    let newest = newest.maybe_first_row::<(i64,)>().map_err(|error| unreadable(&error))?;
    if let Some((newest,)) = newest {
        execute(inner, &statements.note, (fitting(note), app, bucket, id, newest)).await?;
    }
    Ok(())
}

/// See [`Store::due`](crate::Store::due).
pub(super) async fn walk(
    inner: &Inner,
    app: AppId,
    from: &WalkFrom,
    limit: usize,
) -> Result<DuePage, StoreError> {
    let _permit = inner.reading(1)?;
    let limit = limit.clamp(1, PAGE_USERS);
    let mut cursor = Cursor::of(from)?;
    let mut page = DuePage::default();
    while cursor.bucket < BUCKETS {
        if page.entries.len() == limit {
            page.next = Some(WalkFrom::Cursor(cursor.encode()));
            break;
        }
        let seen = look(inner, app, &cursor, limit - page.entries.len()).await?;
        let last = seen.users.last().map(|(last, _)| last.clone());
        if let Some(last) = &last {
            page.entries.extend(look_again(inner, app, &cursor, last, seen.users).await?);
        }
        match last {
            Some(last) if seen.more => {
                cursor.after = last;
                page.next = Some(WalkFrom::Cursor(cursor.encode()));
                break;
            }
            _ => cursor = Cursor { bucket: cursor.bucket + 1, after: String::new() },
        }
    }
    Ok(page)
}

/// See [`Store::due_of`](crate::Store::due_of). It is looked twice, as by a walk, and whatever a user has done, at two
/// rows: the second look sees every row before the one that the first has found.
pub(super) async fn of(inner: &Inner, app: AppId, user: UserId<'_>) -> Result<Option<Due>, StoreError> {
    let _permit = inner.reading(1)?;
    let values = partition_and_id(app, user);
    let mut newest: Option<(i64, String)> = None;
    read_rows(inner, &inner.statements.due.newest_of, values, |_, (_, revision, note)| {
        newest = Some((revision, note.unwrap_or_default().to_owned()));
        true
    })
    .await?;
    let Some((newest, note)) = newest else { return Ok(None) };
    let mut due = None;
    read_rows(inner, &inner.statements.due.oldest_of, values, |_, (_, revision, _)| {
        // Both were settled meanwhile, and this is a later one, before which others may be missing.
        due = (revision <= newest).then(|| Due::of(revision_of(revision)).and(revision_of(newest)));
        true
    })
    .await?;
    if let Some(due) = &mut due {
        due.put_aside(revision_of(newest), &note);
    }
    Ok(due)
}

/// What a first look at a partition found.
#[derive(Default)]
struct Seen {
    /// The users in order, each with his newest row. All rows of each were met.
    users: Vec<(String, i64)>,
    /// Whether others may follow.
    more: bool,
}

/// Looks at the users behind a cursor.
async fn look(inner: &Inner, app: AppId, cursor: &Cursor, limit: usize) -> Result<Seen, StoreError> {
    let mut seen = Seen::default();
    let values = (i64::from(app.get()), cursor.bucket, cursor.after.as_str());
    read_rows(inner, &inner.statements.due.rows, values, |portion, (id, revision, _)| {
        let full = seen.users.len() == limit || (portion > PORTIONS && !seen.users.is_empty());
        match seen.users.last_mut() {
            Some((last, newest)) if last == id => *newest = revision,
            _ if full => seen.more = true,
            _ => seen.users.push((id.to_owned(), revision)),
        }
        !seen.more
    })
    .await?;
    Ok(seen)
}

/// Reads what a first look found once more, and tells what is due of whom.
async fn look_again(
    inner: &Inner,
    app: AppId,
    cursor: &Cursor,
    last: &str,
    seen: Vec<(String, i64)>,
) -> Result<Vec<(String, Due)>, StoreError> {
    let mut fold = Fold { seen, dues: Vec::new() };
    let values = (i64::from(app.get()), cursor.bucket, cursor.after.as_str(), last);
    read_rows(inner, &inner.statements.due.rows_between, values, |_, row| {
        fold.add(row);
        true
    })
    .await?;
    for (id, _) in &fold.dues {
        UserId::parse(id).map_err(|_| StoreError::Corrupt("a due row of no user".to_owned()))?;
    }
    Ok(fold.dues)
}

/// Makes one thing of a user's rows, which come in order.
struct Fold {
    seen: Vec<(String, i64)>,
    dues: Vec<(String, Due)>,
}

impl Fold {
    /// Takes a row, unless the first look did not know it or a later one of the same user.
    fn add(&mut self, (id, revision, note): Row<'_>) {
        let Ok(place) = self.seen.binary_search_by(|(seen, _)| seen.as_str().cmp(id)) else { return };
        if revision > self.seen[place].1 {
            return;
        }
        let revision = revision_of(revision);
        if self.dues.last().is_none_or(|(last, _)| last != id) {
            self.dues.push((id.to_owned(), Due::of(revision)));
        }
        let Some((_, due)) = self.dues.last_mut() else { return };
        due.newest = revision;
        if let Some(note) = note {
            // An empty note takes back what was noted before.
            due.aside = (!note.is_empty()).then(|| Aside { revision, note: note.to_owned() });
        }
    }
}

/// Reads rows in portions, until there are no more or `take`, which is told the number of the portion, wants no more.
async fn read_rows(
    inner: &Inner,
    statement: &PreparedStatement,
    values: impl SerializeRow,
    mut take: impl FnMut(usize, Row<'_>) -> bool + Send,
) -> Result<(), StoreError> {
    let mut state = PagingState::start();
    for portion in 1.. {
        let read = inner.session.execute_single_page(statement, &values, state).await;
        let (result, paging) = read.map_err(|error| store_error(&error))?;
        let result = result.into_rows_result().map_err(|error| unreadable(&error))?;
        for row in result.rows::<Row<'_>>().map_err(|error| unreadable(&error))? {
            if !take(portion, row.map_err(|error| unreadable(&error))?) {
                return Ok(());
            }
        }
        match paging {
            PagingStateResponse::HasMorePages { state: next } => state = next,
            PagingStateResponse::NoMorePages => break,
        }
    }
    Ok(())
}

/// How the rows of a user are named, up to the revision.
fn partition_and_id(app: AppId, user: UserId<'_>) -> (i64, i8, &str) {
    (i64::from(app.get()), bucket(user.as_str()), user.as_str())
}

/// In which partition a user's rows are: FNV-1a of the id, both halves together, modulo 16.
fn bucket(id: &str) -> i8 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in id.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    // It is less than 16.
    ((hash ^ (hash >> 32)) % BUCKETS as u64) as i8
}

/// Where a walk goes on: behind an id of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Cursor {
    bucket: i8,
    /// Empty at the beginning: no id is.
    after: String,
}

impl Cursor {
    fn of(from: &WalkFrom) -> Result<Cursor, StoreError> {
        match from {
            WalkFrom::Start => Ok(Cursor { bucket: 0, after: String::new() }),
            WalkFrom::Cursor(bytes) => Cursor::decode(bytes)
                .ok_or_else(|| StoreError::Failed("this is not a cursor of this walk".to_owned())),
            WalkFrom::At(_) => {
                let reason = "walks over what is due are in the order of hashes, and begin at no id";
                Err(StoreError::Failed(reason.to_owned()))
            }
        }
    }

    /// The partition, one byte, and the id.
    fn encode(&self) -> Vec<u8> {
        let mut bytes = self.bucket.to_be_bytes().to_vec();
        bytes.extend_from_slice(self.after.as_bytes());
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Cursor> {
        let (bucket, after) = bytes.split_first()?;
        let bucket = i8::try_from(*bucket).ok().filter(|bucket| *bucket < BUCKETS)?;
        Some(Cursor { bucket, after: str::from_utf8(after).ok()?.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(first: u64, newest: u64, aside: Option<(u64, &str)>) -> Due {
        let aside =
            aside.map(|(revision, note)| Aside { revision: Revision::new(revision), note: note.into() });
        Due { first: Revision::new(first), newest: Revision::new(newest), aside }
    }

    fn folded(seen: &[(&str, i64)], rows: &[Row<'_>]) -> Vec<(String, Due)> {
        let seen = seen.iter().map(|(id, newest)| ((*id).to_owned(), *newest)).collect();
        let mut fold = Fold { seen, dues: Vec::new() };
        for row in rows {
            fold.add(*row);
        }
        fold.dues
    }

    #[test]
    fn the_partition_of_a_user_is_pinned() {
        assert_eq!(["a", "user-1", "\u{10ffff}"].map(bucket), [0, 14, 6]);
    }

    #[test]
    fn users_are_spread_evenly() {
        for name in ["user-", "", "@TGS#_", "a-very-long-prefix-of-many-users-"] {
            let mut sizes = [0; BUCKETS as usize];
            for number in 0..16_000 {
                sizes[bucket(&format!("{name}{number}")) as usize] += 1;
            }
            assert!(sizes.iter().all(|size| (700..1_300).contains(size)), "{name}: {sizes:?}");
        }
    }

    #[test]
    fn the_rows_of_a_user_become_one() {
        let rows =
            [("a", 2, None), ("a", 3, Some("old")), ("a", 5, Some("new")), ("a", 6, None), ("b", 1, None)];
        let dues = folded(&[("a", 6), ("b", 1)], &rows);
        assert_eq!(dues, [("a".to_owned(), due(2, 6, Some((5, "new")))), ("b".to_owned(), due(1, 1, None))]);
    }

    /// Otherwise the earlier rows of what came in between might be missing.
    #[test]
    fn only_what_was_seen_before_is_believed() {
        let rows = [("a", 2, None), ("a", 4, Some("new")), ("between", 1, None), ("settled", 8, None)];
        let dues = folded(&[("a", 3), ("gone", 1), ("settled", 7)], &rows);
        assert_eq!(dues, [("a".to_owned(), due(2, 2, None))]);
    }

    #[test]
    fn cursors_are_read_back_and_others_refused() {
        for (bucket, after) in [(0, "a"), (15, "\u{10ffff}"), (7, "")] {
            let cursor = Cursor { bucket, after: after.to_owned() };
            assert_eq!(Cursor::decode(&cursor.encode()), Some(cursor));
        }
        for bytes in [&b""[..], b"\x10a", b"\xffa", b"\x01\xff"] {
            assert_eq!(Cursor::decode(bytes), None, "{bytes:?}");
        }
    }
}
