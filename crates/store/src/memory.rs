//! The memory store: everything in one ordered map behind one lock, gone with the process.
//!
//! It is the model that the other stores are compared with. So it is written to be obviously right, not to be fast.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use foldmark_core::changes::Changes;
use foldmark_core::format::due::Due;
use foldmark_core::stored::Stored;
use foldmark_core::subject::{AppId, Kind, Revision, RowKey, Subject, SubjectKind, UserId};

use crate::check::check;
use crate::{CommitError, DuePage, Page, Select, Store, StoreError, SubjectEntry, WalkFrom};

/// A store that keeps everything in memory.
#[derive(Debug, Default)]
pub struct MemoryStore {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    closed: bool,
    subjects: BTreeMap<SubjectKey, Entry>,
}

type SubjectKey = (AppId, SubjectKind, String);

#[derive(Debug)]
struct Entry {
    revision: Revision,
    head: Vec<u8>,
    rows: BTreeMap<(Kind, Box<[u8]>), Vec<u8>>,
    due: Option<Due>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> MemoryStore {
        MemoryStore::default()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing below panics half way through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn view(&self, subject: Subject<'_>, select: Select<'_>) -> Result<Stored, StoreError> {
        let state = self.lock();
        let Some(entry) = state.subjects.get(&key_of(subject)) else {
            return Ok(Stored::absent());
        };
        let mut stored = Stored::new(entry.revision, &entry.head);
        match select {
            Select::Head => {}
            Select::Rows(keys) => {
                for key in keys {
                    if let Some(value) = entry.rows.get(&(key.kind, key.key.into())) {
                        stored.push(*key, value);
                    }
                }
            }
            Select::All => {
                for ((kind, key), value) in &entry.rows {
                    stored.push(RowKey { kind: *kind, key }, value);
                }
            }
        }
        Ok(stored)
    }

    async fn heads(&self, subjects: &[Subject<'_>]) -> Result<Vec<Stored>, StoreError> {
        let state = self.lock();
        let head = |subject: &Subject<'_>| match state.subjects.get(&key_of(*subject)) {
            Some(entry) => Stored::new(entry.revision, &entry.head),
            None => Stored::absent(),
        };
        Ok(subjects.iter().map(head).collect())
    }

    async fn commit(
        &self,
        subject: Subject<'_>,
        base: Revision,
        changes: Changes,
    ) -> Result<(), CommitError> {
        check(subject, base, &changes)?;
        let mut state = self.lock();
        if state.closed {
            return Err(StoreError::Closed.into());
        }
        let key = key_of(subject);
        let revision = state.subjects.get(&key).map_or(Revision::ZERO, |entry| entry.revision);
        if revision != base {
            return Err(CommitError::Conflict);
        }
        let entry = state.subjects.entry(key).or_insert_with(|| Entry {
            revision: Revision::ZERO,
            head: Vec::new(),
            rows: BTreeMap::new(),
            due: None,
        });
        entry.revision = changes.revision;
        entry.head = changes.head;
        if changes.due {
            let before = entry.due.take();
            entry.due = Some(before.map_or(Due::of(changes.revision), |before| before.and(changes.revision)));
        }
        for row in changes.rows {
            match row.value {
                Some(value) => entry.rows.insert((row.kind, row.key), value),
                None => entry.rows.remove(&(row.kind, row.key)),
            };
        }
        Ok(())
    }

    async fn walk(
        &self,
        app: AppId,
        kind: SubjectKind,
        from: &WalkFrom,
        limit: usize,
    ) -> Result<Page, StoreError> {
        let start = start_of(app, kind, from)?;
        let state = self.lock();
        let mut rest = state
            .subjects
            .range((start, Bound::Unbounded))
            .take_while(|((of_app, of_kind, _), _)| (*of_app, *of_kind) == (app, kind));
        let mut page = Page::default();
        for ((_, _, id), entry) in rest.by_ref().take(limit) {
            let stored = Stored::new(entry.revision, &entry.head);
            page.entries.push(SubjectEntry { id: id.clone(), stored });
        }
        if rest.next().is_some() {
            page.next = page.entries.last().map(|last| WalkFrom::Cursor(last.id.clone().into_bytes()));
        }
        Ok(page)
    }

    fn walks_by_id(&self) -> bool {
        true
    }

    async fn due(&self, app: AppId, from: &WalkFrom, limit: usize) -> Result<DuePage, StoreError> {
        let start = start_of(app, SubjectKind::User, from)?;
        let state = self.lock();
        let users = state.subjects.range((start, Bound::Unbounded));
        let mut rest = users
            .take_while(|((of_app, of_kind, _), _)| (*of_app, *of_kind) == (app, SubjectKind::User))
            .filter_map(|((_, _, id), entry)| Some((id, entry.due.as_ref()?)));
        let mut page = DuePage::default();
        for (id, due) in rest.by_ref().take(limit) {
            page.entries.push((id.clone(), due.clone()));
        }
        if rest.next().is_some() {
            page.next = page.entries.last().map(|(last, _)| WalkFrom::Cursor(last.clone().into_bytes()));
        }
        Ok(page)
    }

    async fn due_of(&self, app: AppId, user: UserId<'_>) -> Result<Option<Due>, StoreError> {
        let state = self.lock();
        Ok(state.subjects.get(&key_of(Subject::user(app, user))).and_then(|entry| entry.due.clone()))
    }

    async fn settle(&self, app: AppId, user: UserId<'_>, revision: Revision) -> Result<(), StoreError> {
        if let Some(entry) = self.lock().subjects.get_mut(&key_of(Subject::user(app, user))) {
            entry.due = entry.due.take().and_then(|due| due.settled(revision));
        }
        Ok(())
    }

    async fn set_aside(
        &self,
        app: AppId,
        user: UserId<'_>,
        revision: Revision,
        note: &str,
    ) -> Result<(), StoreError> {
        if let Some(entry) = self.lock().subjects.get_mut(&key_of(Subject::user(app, user)))
            && let Some(due) = &mut entry.due
        {
            due.put_aside(revision, note);
        }
        Ok(())
    }

    async fn ready(&self) -> Result<(), StoreError> {
        if self.lock().closed { Err(StoreError::Closed) } else { Ok(()) }
    }

    async fn close(&self) {
        self.lock().closed = true;
    }
}

/// Where a walk goes on.
fn start_of(app: AppId, kind: SubjectKind, from: &WalkFrom) -> Result<Bound<SubjectKey>, StoreError> {
    Ok(match from {
        WalkFrom::Start => Bound::Included((app, kind, String::new())),
        WalkFrom::Cursor(last) => {
            let last = String::from_utf8(last.clone())
                .map_err(|_| StoreError::Failed("this is not a cursor of this walk".to_owned()))?;
            Bound::Excluded((app, kind, last))
        }
        WalkFrom::At(id) => Bound::Included((app, kind, id.clone())),
    })
}

fn key_of(subject: Subject<'_>) -> SubjectKey {
    (subject.app, subject.kind(), subject.id_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::MemoryStore;

    crate::contract_suite!((MemoryStore::new(), ()));
}
