//! Reading: short read transactions, in which bytes are copied out of the map once.

use std::ops::Bound;

use foldmark_core::stored::Stored;
use foldmark_core::subject::{
    AppId, ChatGroupId, IdError, Kind, Revision, RowKey, Subject, SubjectId, UserId,
};
use heed::types::Bytes;
use heed::{RoRange, RoTxn, WithoutTls};

use super::env::{Environment, Table, store_error};
use crate::check::ROW_KEY_BYTES;
use crate::key::{self, Key};
use crate::{Page, Select, StoreError, SubjectEntry, WalkFrom};

/// The most subjects of one page of a walk, so that no transaction lasts long.
pub(super) const PAGE_SUBJECTS: usize = 4096;

/// As many rows that nobody asked for are walked over before a row is looked up from the root instead.
const WALK_STEPS: usize = 8;

type Txn<'a> = RoTxn<'a, WithoutTls>;

/// See [`Store::view`](crate::Store::view).
pub(super) fn view(
    environment: &Environment,
    txn: &Txn<'_>,
    subject: Subject<'_>,
    select: Select<'_>,
) -> Result<Stored, StoreError> {
    let table = environment.table();
    match (subject.id, select) {
        (SubjectId::User(user), Select::All) => view_all(table, txn, subject, user),
        (SubjectId::User(_), Select::Rows(rows)) => view_rows(table, txn, subject, rows),
        (SubjectId::User(_), Select::Head) | (SubjectId::ChatGroup(_), _) => view_head(table, txn, subject),
    }
}

/// See [`Store::heads`](crate::Store::heads).
pub(super) fn heads(
    environment: &Environment,
    txn: &Txn<'_>,
    subjects: &[Subject<'_>],
) -> Result<Vec<Stored>, StoreError> {
    let mut heads = Vec::with_capacity(subjects.len());
    for subject in subjects {
        heads.push(view_head(environment.table(), txn, *subject)?);
    }
    Ok(heads)
}

/// One page of the users of `app`. It seeks from user to user and never touches rows.
pub(super) fn walk_users(
    environment: &Environment,
    app: AppId,
    from: &WalkFrom,
    limit: usize,
) -> Result<Page, StoreError> {
    let txn = environment.read()?;
    let table = environment.table();
    let mut seek = match from {
        WalkFrom::Start => Key::first_user(app),
        WalkFrom::Cursor(last) => Key::behind_user(app, cursor_id(last, UserId::parse)?),
        WalkFrom::At(id) => Key::at_user(app, start_id(id, UserId::parse)?),
    };
    let end = Key::dues(app);
    let mut page = Page::default();
    loop {
        let found =
            table.get_greater_than_or_equal_to(&txn, seek.as_bytes()).map_err(|error| store_error(&error))?;
        let Some((stored, value)) = found.filter(|(stored, _)| *stored < end.as_bytes()) else {
            return Ok(page);
        };
        if page.entries.len() == limit.clamp(1, PAGE_SUBJECTS) {
            page.next = cursor(&page);
            return Ok(page);
        }
        let user = key::user_of_head(stored).ok_or_else(|| corrupt("a row of a user without a head"))?;
        page.entries.push(SubjectEntry { id: user.as_str().to_owned(), stored: decode_head(value)? });
        seek = Key::behind_user(app, user);
    }
}

/// One page of the chat groups of `app`.
pub(super) fn walk_chat_groups(
    environment: &Environment,
    app: AppId,
    from: &WalkFrom,
    limit: usize,
) -> Result<Page, StoreError> {
    let txn = environment.read()?;
    let prefix = Key::chat_groups(app);
    let start = match from {
        WalkFrom::Start => Key::chat_groups(app),
        WalkFrom::Cursor(last) => Key::head(Subject::chat_group(app, cursor_id(last, ChatGroupId::parse)?)),
        WalkFrom::At(id) => Key::head(Subject::chat_group(app, start_id(id, ChatGroupId::parse)?)),
    };
    let start = match from {
        // The prefix itself is no key, so that it does not matter whether it is included.
        WalkFrom::Start | WalkFrom::At(_) => Bound::Included(start.as_bytes()),
        WalkFrom::Cursor(_) => Bound::Excluded(start.as_bytes()),
    };
    let range = (start, Bound::Unbounded);
    let mut page = Page::default();
    for found in environment.table().range(&txn, &range).map_err(|error| store_error(&error))? {
        let (stored, value) = found.map_err(|error| store_error(&error))?;
        let Some(id) = stored.strip_prefix(prefix.as_bytes()) else {
            break;
        };
        if page.entries.len() == limit.clamp(1, PAGE_SUBJECTS) {
            page.next = cursor(&page);
            break;
        }
        let id = str::from_utf8(id).map_err(|_| corrupt("the id of a chat group is no text"))?;
        page.entries.push(SubjectEntry { id: id.to_owned(), stored: decode_head(value)? });
    }
    Ok(page)
}

/// Splits a stored head into the subject's revision, which is the store's, and the rest, which is the caller's.
pub(super) fn split_head(value: &[u8]) -> Result<(Revision, &[u8]), StoreError> {
    let (revision, head) = value.split_first_chunk().ok_or_else(|| corrupt("a head is too short"))?;
    Ok((Revision::new(u64::from_be_bytes(*revision)), head))
}

fn view_head(table: Table, txn: &Txn<'_>, subject: Subject<'_>) -> Result<Stored, StoreError> {
    let found = table.get(txn, Key::head(subject).as_bytes()).map_err(|error| store_error(&error))?;
    found.map_or(Ok(Stored::absent()), decode_head)
}

/// The head, and these rows of a user.
fn view_rows(
    table: Table,
    txn: &Txn<'_>,
    subject: Subject<'_>,
    rows: &[RowKey<'_>],
) -> Result<Stored, StoreError> {
    let mut key = Key::head(subject);
    let mut walk = Walk::start(table, txn, &key)?;
    let Some(head) = walk.find(&key)? else {
        return Ok(Stored::absent());
    };
    let mut stored = decode_head(head)?;
    for row in rows {
        // Neither the head nor so long a key is ever stored as a row.
        if row.kind == Kind::HEAD || row.key.len() > ROW_KEY_BYTES {
            continue;
        }
        key.set_row(*row);
        if let Some(value) = walk.find(&key)? {
            stored.push(*row, value);
        }
    }
    Ok(stored)
}

/// A way through the map that finds keys in ascending order. The rows of a user lie close together, so that going on
/// over a few that are not wanted is cheaper than looking each up from the root.
struct Walk<'a> {
    table: Table,
    txn: &'a Txn<'a>,
    range: RoRange<'a, Bytes, Bytes>,
    /// Where the walk has come to; `None` at the end of the map.
    here: Option<(&'a [u8], &'a [u8])>,
}

impl<'a> Walk<'a> {
    /// At the first key that is not less than `from`.
    fn start(table: Table, txn: &'a Txn<'a>, from: &Key) -> Result<Walk<'a>, StoreError> {
        let bounds = (Bound::Included(from.as_bytes()), Bound::Unbounded);
        let range = table.range(txn, &bounds).map_err(|error| store_error(&error))?;
        let mut walk = Walk { table, txn, range, here: None };
        walk.step()?;
        Ok(walk)
    }

    /// The value of `key`, which must not be less than one that was looked for before.
    fn find(&mut self, key: &Key) -> Result<Option<&'a [u8]>, StoreError> {
        let mut steps = 0;
        loop {
            match self.here {
                Some((stored, _)) if stored < key.as_bytes() => {}
                Some((stored, value)) if stored == key.as_bytes() => return Ok(Some(value)),
                _ => return Ok(None),
            }
            if steps == WALK_STEPS {
                *self = Walk::start(self.table, self.txn, key)?;
            } else {
                self.step()?;
            }
            steps += 1;
        }
    }

    fn step(&mut self) -> Result<(), StoreError> {
        self.here = self.range.next().transpose().map_err(|error| store_error(&error))?;
        Ok(())
    }
}

/// The head and every row of a user, which are neighbours.
fn view_all(
    table: Table,
    txn: &Txn<'_>,
    subject: Subject<'_>,
    user: UserId<'_>,
) -> Result<Stored, StoreError> {
    let head_key = Key::head(subject);
    let end = Key::behind_user(subject.app, user);
    let range = (Bound::Included(head_key.as_bytes()), Bound::Excluded(end.as_bytes()));
    let mut found = table.range(txn, &range).map_err(|error| store_error(&error))?;
    let Some(first) = found.next() else {
        return Ok(Stored::absent());
    };
    let (key, head) = first.map_err(|error| store_error(&error))?;
    if key != head_key.as_bytes() {
        return Err(corrupt("a row of a user without a head"));
    }
    let mut stored = decode_head(head)?;
    for row in found {
        let (key, value) = row.map_err(|error| store_error(&error))?;
        let row = head_key.row_of(key).ok_or_else(|| corrupt("the key of a row is too short"))?;
        stored.push(row, value);
    }
    Ok(stored)
}

fn decode_head(value: &[u8]) -> Result<Stored, StoreError> {
    let (revision, head) = split_head(value)?;
    Ok(Stored::new(revision, head))
}

fn cursor(page: &Page) -> Option<WalkFrom> {
    page.entries.last().map(|last| WalkFrom::Cursor(last.id.clone().into_bytes()))
}

pub(super) fn cursor_id<'a, T, E>(
    cursor: &'a [u8],
    parse: fn(&'a str) -> Result<T, E>,
) -> Result<T, StoreError> {
    let id = str::from_utf8(cursor).ok().and_then(|id| parse(id).ok());
    id.ok_or_else(|| StoreError::Failed("this is not a cursor of this walk".to_owned()))
}

pub(super) fn start_id<'a, T>(
    id: &'a str,
    parse: fn(&'a str) -> Result<T, IdError>,
) -> Result<T, StoreError> {
    parse(id).map_err(|error| StoreError::Failed(format!("no walk can begin at this id: it {error}")))
}

fn corrupt(what: &str) -> StoreError {
    StoreError::Corrupt(what.to_owned())
}
