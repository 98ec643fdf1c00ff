//! Due rows of the map: written by the very transaction of a commit, found by walking over a range of their own.
//!
//! Because a due row and its commit become durable together, there are none here without a commit.

use std::ops::Bound;

use foldmark_core::format::due::{self, Due};
use foldmark_core::subject::{AppId, Revision, Subject, UserId};
use heed::RwTxn;

use super::env::{Environment, Table, store_error};
use super::read::{PAGE_SUBJECTS, cursor_id, start_id};
use crate::key::Key;
use crate::{DuePage, StoreError, WalkFrom};

/// A change of what is due of one user, on its way to the map.
pub(super) struct Settlement {
    app: AppId,
    user: String,
    /// Everything up to here was told, or given up.
    revision: Revision,
    /// What is noted if it was given up.
    note: Option<String>,
}

impl Settlement {
    pub(super) fn new(app: AppId, user: UserId<'_>, revision: Revision, note: Option<&str>) -> Settlement {
        let (user, note) = (user.as_str().to_owned(), note.map(str::to_owned));
        Settlement { app, user, revision, note }
    }

    /// How much there is to write, roughly.
    pub(super) fn bytes(&self) -> usize {
        self.user.len() + self.note.as_ref().map_or(0, String::len)
    }

    /// Changes what is due. An inner error means that what is stored could not be read, and nothing was written.
    pub(super) fn apply(
        &self,
        table: Table,
        txn: &mut RwTxn<'_>,
    ) -> Result<Result<(), StoreError>, heed::Error> {
        let user = UserId::parse(&self.user).expect("the id was parsed when it was taken on");
        let key = Key::due(self.app, user);
        let subject = Subject::user(self.app, user);
        let Some(before) = table.get(txn, key.as_bytes())? else { return Ok(Ok(())) };
        let mut due = match due::decode(subject, before) {
            Ok(due) => due,
            Err(error) => return Ok(Err(StoreError::Corrupt(error.to_string()))),
        };
        let left = match &self.note {
            None => due.settled(self.revision),
            Some(note) => {
                due.put_aside(self.revision, note);
                Some(due)
            }
        };
        match left {
            Some(due) => table.put(txn, key.as_bytes(), &due::encode(subject, &due))?,
            None => {
                table.delete(txn, key.as_bytes())?;
            }
        }
        Ok(Ok(()))
    }
}

/// Notes that the commit of `revision` is due. What was there before must be readable: it says what else is.
pub(super) fn add(
    table: Table,
    txn: &mut RwTxn<'_>,
    subject: (AppId, UserId<'_>),
    revision: Revision,
) -> Result<Result<(), StoreError>, heed::Error> {
    let (app, user) = subject;
    let subject = Subject::user(app, user);
    let key = Key::due(app, user);
    let due = match table.get(txn, key.as_bytes())?.map(|value| due::decode(subject, value)) {
        None => Due::of(revision),
        Some(Ok(before)) => before.and(revision),
        Some(Err(error)) => return Ok(Err(StoreError::Corrupt(error.to_string()))),
    };
    table.put(txn, key.as_bytes(), &due::encode(subject, &due))?;
    Ok(Ok(()))
}

/// What is due of one user.
pub(super) fn of(environment: &Environment, app: AppId, user: UserId<'_>) -> Result<Option<Due>, StoreError> {
    let txn = environment.read()?;
    let found = environment.table().get(&txn, Key::due(app, user).as_bytes());
    let due =
        found.map_err(|error| store_error(&error))?.map(|value| due::decode(Subject::user(app, user), value));
    due.transpose().map_err(|error| StoreError::Corrupt(error.to_string()))
}

/// One page of the users of `app` with due rows.
pub(super) fn walk(
    environment: &Environment,
    app: AppId,
    from: &WalkFrom,
    limit: usize,
) -> Result<DuePage, StoreError> {
    let txn = environment.read()?;
    let prefix = Key::dues(app);
    let start = match from {
        WalkFrom::Start => Key::dues(app),
        WalkFrom::Cursor(last) => Key::due(app, cursor_id(last, UserId::parse)?),
        WalkFrom::At(id) => Key::due(app, start_id(id, UserId::parse)?),
    };
    let start = match from {
        // The prefix itself is no key, so that it does not matter whether it is included.
        WalkFrom::Start | WalkFrom::At(_) => Bound::Included(start.as_bytes()),
        WalkFrom::Cursor(_) => Bound::Excluded(start.as_bytes()),
    };
    let mut page = DuePage::default();
    let range = (start, Bound::Unbounded);
    for found in environment.table().range(&txn, &range).map_err(|error| store_error(&error))? {
        let (stored, value) = found.map_err(|error| store_error(&error))?;
        let Some(id) = stored.strip_prefix(prefix.as_bytes()) else {
            break;
        };
        if page.entries.len() == limit.clamp(1, PAGE_SUBJECTS) {
            page.next = page.entries.last().map(|(last, _)| WalkFrom::Cursor(last.clone().into_bytes()));
            break;
        }
        let user = str::from_utf8(id).ok().and_then(|id| UserId::parse(id).ok());
        let user = user.ok_or_else(|| StoreError::Corrupt("a due row of no user".to_owned()))?;
        let due = due::decode(Subject::user(app, user), value)
            .map_err(|error| StoreError::Corrupt(error.to_string()))?;
        page.entries.push((user.as_str().to_owned(), due));
    }
    Ok(page)
}
