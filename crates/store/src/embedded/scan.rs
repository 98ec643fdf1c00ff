//! Reading a whole data folder for a check: read-only, beside a running server too, and with distrust.
//!
//! Nothing here takes the lock that a server holds on its folder: LMDB's own lock file keeps pages that a reader sees
//! from being used again. The folder is walked in batches. Each opens the database anew and reads whole subjects in
//! one short transaction, so that a walk of hours neither holds up the reuse of pages nor stands in the way of a map
//! that grows. Subjects are therefore consistent one by one; the walk as a whole is one snapshot only if nobody wrote
//! meanwhile, which [`Scan`] knows.
//!
//! Damage below the values, in the pages of LMDB, can crash whoever follows them. [`Scan::pages`] does not: it reads
//! the file with plain reads. [`Scan::next`] follows them as the server does, and belongs into a
//! process that may die. What a dead process has left in LMDB's table of readers is removed by the next [`Scan::open`].

pub(super) mod layout;
mod pages;
#[cfg(test)]
mod tests;

use std::ops::Bound;
use std::path::{Path, PathBuf};

use foldmark_core::format::due;
use foldmark_core::stored::Stored;
use foldmark_core::subject::{AppId, ChatGroupId, Kind, RowKey, Subject, SubjectKind, UserId};
use heed::types::Bytes;
use heed::{CommitOrAbort, Env, EnvFlags, EnvOpenOptions, RoTxn, WithoutTls};

use super::env::{FORMAT_VERSION, FORMAT_WORD, READERS, Table, store_error};
use super::folder::DATA_FILE;
use super::read::split_head;
use crate::StoreError;
use crate::key::{self, Key};

/// A batch ends with the first subject at or behind this number of entries. No transaction lasts longer than reading
/// so many, and the rows of one user, take.
const BATCH_ENTRIES: u64 = 20_000;
/// How often it is tried to begin a transaction before the server has overwritten the page that describes it.
const SNAPSHOT_TRIES: usize = 100;

/// A walk over a data folder.
pub struct Scan {
    folder: PathBuf,
    /// The last key of what was walked.
    after: Option<Vec<u8>>,
    /// The transaction that was the last one when the walk began; `None` once another one came.
    snapshot: Option<usize>,
    /// Entries of the map that were walked.
    walked: u64,
    is_format_known: bool,
}

/// What a walk meets.
#[derive(Debug)]
pub enum Met {
    /// A subject, with all its rows.
    Subject(ScannedSubject),
    /// Something that should not be there, or be otherwise.
    Problem(String),
}

/// A subject as it is stored, whole.
#[derive(Debug)]
pub struct ScannedSubject {
    app: AppId,
    kind: SubjectKind,
    id: String,
    /// Its head and rows.
    pub stored: Stored,
}

/// How far a walk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// There may be more.
    More,
    /// Everything was walked.
    Done {
        /// Entries of the map that were walked, those of the store itself included.
        entries: u64,
        /// Whether all of it was one snapshot, so that the entries were compared with LMDB's own count.
        is_one_snapshot: bool,
    },
}

impl Scan {
    /// Prepares to walk `folder`, and frees what readers that died have left in the table of readers.
    pub fn open(folder: &Path) -> Result<Scan, StoreError> {
        let env = open_env(folder)?;
        env.clear_stale_readers().map_err(|error| store_error(&error))?;
        let snapshot = Some(env.read_txn().map_err(|error| store_error(&error))?.id());
        Ok(Scan { folder: folder.to_owned(), after: None, snapshot, walked: 0, is_format_known: false })
    }

    /// Checks every page of the file, in one snapshot, which lasts as long as reading the file takes. Gives back what
    /// is wrong, at most the first hundred problems.
    pub fn pages(&self) -> Result<Vec<String>, StoreError> {
        let env = open_env(&self.folder)?;
        let path = self.folder.join(DATA_FILE);
        for _ in 0..SNAPSHOT_TRIES {
            let txn = env.read_txn().map_err(|error| store_error(&error))?;
            let checked = pages::check(&path, txn.id() as u64);
            // The transaction keeps the pages until here.
            drop(txn);
            match checked {
                Ok(Some(problems)) => return Ok(problems),
                Ok(None) => {}
                Err(error) => {
                    return Err(StoreError::Failed(format!("cannot read {}: {error}", path.display())));
                }
            }
        }
        Err(StoreError::Failed("the server writes faster than a snapshot can be begun".to_owned()))
    }

    /// Walks the next batch and hands over what it meets, in order.
    pub fn next(&mut self, mut meet: impl FnMut(Met)) -> Result<Progress, StoreError> {
        let env = open_env(&self.folder)?;
        let txn = env.read_txn().map_err(|error| store_error(&error))?;
        let (table, txn) = open_table(&env, txn)?;
        if self.snapshot != Some(txn.id()) {
            self.snapshot = None;
        }
        let start = match &self.after {
            None => Bound::Unbounded,
            Some(after) => Bound::Excluded(after.as_slice()),
        };
        let range = (start, Bound::Unbounded);
        let found = table.range(&txn, &range).map_err(|error| store_error(&error))?;
        let mut batch = Batch::default();
        let mut last = self.after.clone();
        for entry in found {
            let (key, value) = entry.map_err(|error| store_error(&error))?;
            if batch.entries >= BATCH_ENTRIES && !batch.continues(key) {
                batch.end(&mut meet);
                self.walked += batch.entries;
                self.after = last;
                return Ok(Progress::More);
            }
            // A chain of pages that leads back would be walked for ever.
            if last.as_ref().is_some_and(|last| last.as_slice() >= key) {
                meet(Met::Problem(format!("{} comes behind a greater key", show(key))));
                return Err(StoreError::Corrupt("the keys of the database are out of order".to_owned()));
            }
            let looked_up = table.get(&txn, key).map_err(|error| store_error(&error))?;
            if looked_up != Some(value) {
                meet(Met::Problem(format!("{} is there but is not found when looked up", show(key))));
            }
            self.is_format_known |= key == key::FORMAT;
            if let Parsed::Due { app, id } = parse(key) {
                let subject = Subject::user(app, id);
                let head =
                    table.get(&txn, Key::head(subject).as_bytes()).map_err(|error| store_error(&error))?;
                if let Some(problem) = check_due(subject, value, head) {
                    meet(Met::Problem(problem));
                }
            }
            batch.take(key, value, &mut meet);
            last = Some(key.to_vec());
        }
        batch.end(&mut meet);
        self.walked += batch.entries;
        self.after = last;
        if !self.is_format_known {
            meet(Met::Problem("the row that says which format this is is missing".to_owned()));
        }
        let is_one_snapshot = self.snapshot.is_some();
        let counted = table.len(&txn).map_err(|error| store_error(&error))?;
        if is_one_snapshot && counted != self.walked {
            meet(Met::Problem(format!(
                "the database counts {counted} entries, but there are {}",
                self.walked
            )));
        }
        Ok(Progress::Done { entries: self.walked, is_one_snapshot })
    }
}

impl ScannedSubject {
    /// Whom this is about.
    pub fn subject(&self) -> Subject<'_> {
        Subject::parse(self.app, self.kind, &self.id).expect("the id was parsed when it was read")
    }
}

/// The subject that is being read, and the number of entries of its batch.
#[derive(Default)]
struct Batch {
    entries: u64,
    /// What the keys of the subject begin with, and the subject if it has a head.
    subject: Option<(Vec<u8>, Option<ScannedSubject>)>,
}

impl Batch {
    /// Whether `key` belongs to the same subject as the one before it.
    fn continues(&self, key: &[u8]) -> bool {
        self.subject.as_ref().is_some_and(|(prefix, _)| key.starts_with(prefix))
    }

    fn end(&mut self, meet: &mut impl FnMut(Met)) {
        if let Some((_, Some(subject))) = self.subject.take() {
            meet(Met::Subject(subject));
        }
    }

    fn take(&mut self, key: &[u8], value: &[u8], meet: &mut impl FnMut(Met)) {
        self.entries += 1;
        if let Some((prefix, subject)) = &mut self.subject
            && let Some(row) = key.strip_prefix(prefix.as_slice())
        {
            return take_row(key, row, value, subject.as_mut(), meet);
        }
        self.end(meet);
        match parse(key) {
            Parsed::Own => {
                if let Some(problem) = check_own(key, value) {
                    meet(Met::Problem(problem));
                }
            }
            Parsed::ChatGroup { app, id } => {
                if let Some(stored) = head(key, value, meet) {
                    let id = id.as_str().to_owned();
                    meet(Met::Subject(ScannedSubject { app, kind: SubjectKind::ChatGroup, id, stored }));
                }
            }
            Parsed::User { app, id, prefix, row } => {
                let mut subject = None;
                if row == [Kind::HEAD.0] {
                    let id = id.as_str().to_owned();
                    let stored = head(key, value, meet);
                    subject =
                        stored.map(|stored| ScannedSubject { app, kind: SubjectKind::User, id, stored });
                } else {
                    meet(Met::Problem(format!("{} is a row of a user without a head", show(key))));
                }
                self.subject = Some((prefix.to_vec(), subject));
            }
            // Compared with its user where the whole map can be looked at.
            Parsed::Due { .. } => {}
            Parsed::Nothing => meet(Met::Problem(format!("{} is no key of this store", show(key)))),
        }
    }
}

/// Adds a row to its subject. One without a head was reported with its first row.
fn take_row(
    key: &[u8],
    row: &[u8],
    value: &[u8],
    subject: Option<&mut ScannedSubject>,
    meet: &mut impl FnMut(Met),
) {
    match row.split_first() {
        Some((&kind, row)) if kind != Kind::HEAD.0 => {
            if let Some(subject) = subject {
                subject.stored.push(RowKey { kind: Kind(kind), key: row }, value);
            }
        }
        _ => meet(Met::Problem(format!("{} is no key of this store", show(key)))),
    }
}

fn head(key: &[u8], value: &[u8], meet: &mut impl FnMut(Met)) -> Option<Stored> {
    match split_head(value) {
        Ok((revision, head)) => Some(Stored::new(revision, head)),
        Err(_) => {
            meet(Met::Problem(format!("{} is a head that is too short", show(key))));
            None
        }
    }
}

/// What a key of the map names.
enum Parsed<'a> {
    /// A row of the store's own.
    Own,
    User {
        app: AppId,
        id: UserId<'a>,
        /// What all keys of the user begin with.
        prefix: &'a [u8],
        /// The rest: the kind and the row's key.
        row: &'a [u8],
    },
    /// What is due of a user.
    Due {
        app: AppId,
        id: UserId<'a>,
    },
    ChatGroup {
        app: AppId,
        id: ChatGroupId<'a>,
    },
    Nothing,
}

fn parse(key: &[u8]) -> Parsed<'_> {
    let Some((app, rest)) = key.split_first_chunk::<4>() else {
        return Parsed::Nothing;
    };
    let Some(app) = AppId::new(u32::from_be_bytes(*app)) else {
        return Parsed::Own;
    };
    if let Some(id) = rest.strip_prefix(&[key::CHAT_GROUP]) {
        let id = str::from_utf8(id).ok().and_then(|id| ChatGroupId::parse(id).ok());
        return id.map_or(Parsed::Nothing, |id| Parsed::ChatGroup { app, id });
    }
    if let Some(id) = rest.strip_prefix(&[key::DUE]) {
        let id = str::from_utf8(id).ok().and_then(|id| UserId::parse(id).ok());
        return id.map_or(Parsed::Nothing, |id| Parsed::Due { app, id });
    }
    let Some(end) = rest.iter().position(|byte| *byte == key::USER_END) else {
        return Parsed::Nothing;
    };
    let (prefix, row) = key.split_at(4 + end + 1);
    let id = str::from_utf8(&rest[..end]).ok().and_then(|id| UserId::parse(id).ok());
    id.map_or(Parsed::Nothing, |id| Parsed::User { app, id, prefix, row })
}

/// Checks a row of the store's own.
fn check_own(key: &[u8], value: &[u8]) -> Option<String> {
    if key == key::FORMAT {
        let version = value.strip_prefix(FORMAT_WORD).and_then(|version| version.try_into().ok());
        return match version.map(u32::from_be_bytes) {
            Some(1..=FORMAT_VERSION) => None,
            Some(version) => Some(format!("the format has version {version}, which is not known")),
            None => Some("the row that says which format this is is not readable".to_owned()),
        };
    }
    if key == key::MARKER {
        return (value.len() != size_of::<u64>()).then(|| "the marker row is not readable".to_owned());
    }
    Some(format!("{} is no row of this store", show(key)))
}

/// Checks a due row against the head of its user: no commit is due that did not happen.
fn check_due(subject: Subject<'_>, value: &[u8], head: Option<&[u8]>) -> Option<String> {
    let due = match due::decode(subject, value) {
        Ok(due) => due,
        Err(error) => return Some(error.to_string()),
    };
    let revision = head.and_then(|head| split_head(head).ok()).map(|(revision, _)| revision);
    let (app, user, newest) = (subject.app.get(), subject.id_str(), due.newest.get());
    if revision.is_none_or(|revision| revision < due.newest) {
        let of = format!("revision {newest} of user {user:?} of application {app}");
        return Some(format!("{of} is due, which was never made"));
    }
    None
}

/// A key for people: as text, with what is not printable escaped.
fn show(key: &[u8]) -> String {
    format!("\"{}\"", key.escape_ascii())
}

fn open_table<'e>(
    env: &'e Env<WithoutTls>,
    txn: RoTxn<'e, WithoutTls>,
) -> Result<(Table, RoTxn<'e, WithoutTls>), StoreError> {
    let opened: Result<CommitOrAbort<Table, ()>, heed::Error> =
        env.open_databases_and_commit(txn, |opener, read| {
            let table = opener.open_database::<Bytes, Bytes>(read, None)?;
            Ok(CommitOrAbort::Commit(table.expect("the unnamed database always exists")))
        });
    let table = opened.map_err(|error| store_error(&error))?.unwrap_commit();
    Ok((table, env.read_txn().map_err(|error| store_error(&error))?))
}

/// The map is as large as the server's was when it last wrote.
#[expect(
    unsafe_code,
    reason = "a memory map is only as safe as its file, which no function signature can promise"
)]
fn open_env(folder: &Path) -> Result<Env<WithoutTls>, StoreError> {
    let data = folder.join(DATA_FILE);
    if !data.is_file() {
        return Err(StoreError::Failed(format!("there is no {}", data.display())));
    }
    let mut options = EnvOpenOptions::new().read_txn_without_tls();
    options.max_readers(READERS);
    // SAFETY: the flag takes away the right to write, and no lock. The file is changed under the map by a server at
    // most, which obeys the same lock file. If it is damaged, following it may read whatever lies in the map or end
    // the process, which is why the walk has one of its own.
    unsafe { options.flags(EnvFlags::READ_ONLY).open(folder) }.map_err(|error| store_error(&error))
}
