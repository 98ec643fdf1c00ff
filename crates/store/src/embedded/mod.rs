//! The embedded store: LMDB in a folder of this machine. The default, and the fastest reader of all stores.
//!
//! Reads run where they are called, in short read transactions that neither wait for the writer nor hold it up, and
//! are never held across an await. Commits go through one writer thread, which makes one durable transaction of all
//! that are waiting. One process at a time has the folder open. It must be on a local file system.

mod apply;
mod create;
mod due;
mod env;
#[cfg(test)]
mod faults;
mod folder;
mod gate;
mod health;
mod options;
mod read;
mod restore;
pub mod scan;
mod snapshot;
#[cfg(test)]
mod tests;
mod upgrade;
mod writer;

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;

use async_trait::async_trait;
use foldmark_core::changes::Changes;
use foldmark_core::format::due::Due;
use foldmark_core::stored::Stored;
use foldmark_core::subject::{AppId, Revision, Subject, SubjectKind, UserId};
use tokio::sync::{oneshot, watch};

pub use self::folder::EMULATOR_MARK;
pub use self::options::{OpenError, Options};
pub use self::restore::Restoring;
pub use self::snapshot::Census;

use self::apply::{Request, Work};
use self::due::Settlement;
use self::env::store_error;
use self::gate::Gate;
use self::health::Health;
use self::options::MAP_UNIT;
use self::upgrade::{FORMATS, Formats};
pub use self::writer::{Observer, Transaction};

use self::writer::{Job, Shared};
use crate::check::check;
use crate::{
    CommitError, DuePage, Measures, Page, Select, SnapshotError, SnapshotFacts, Store, StoreError, WalkFrom,
};

/// A store in a folder of this machine.
pub struct EmbeddedStore {
    shared: Arc<Shared>,
    /// `None` once the store is closed.
    queue: RwLock<Option<SyncSender<Job>>>,
    /// `None` once the writer was joined.
    thread: Mutex<Option<JoinHandle<()>>>,
    /// Closed when the writer has ended.
    ended: watch::Receiver<()>,
    /// Fields are dropped in order: the folder is let go of last.
    _lock: File,
}

impl EmbeddedStore {
    /// Opens the store in `folder`, which is made if it is missing. Blocks for as long as the disk takes.
    /// One of an older version of Foldmark is upgraded first, and what it was is kept beside it.
    pub fn open(folder: impl AsRef<Path>, options: Options) -> Result<EmbeddedStore, OpenError> {
        EmbeddedStore::open_observed(folder, options, Box::new(|_| {}))
    }

    /// As [`EmbeddedStore::open`], telling `observer` of every transaction. It is called by the writer, which waits
    /// for it.
    pub fn open_observed(
        folder: impl AsRef<Path>,
        options: Options,
        observer: Observer,
    ) -> Result<EmbeddedStore, OpenError> {
        EmbeddedStore::open_as(folder.as_ref(), options, observer, &FORMATS)
    }

    /// As [`EmbeddedStore::open_observed`], for a program that knows these formats.
    fn open_as(
        folder: &Path,
        options: Options,
        observer: Observer,
        formats: &Formats,
    ) -> Result<EmbeddedStore, OpenError> {
        let sizes = options.map_sizes()?;
        let lock = folder::prepare(folder)?;
        create::create(folder, sizes.first, formats.newest)?;
        upgrade::upgrade(folder, sizes.max, formats)?;
        let gate = Gate::open(folder.to_owned(), sizes).map_err(|error| not_opened(folder, &error))?;
        folder::sync(folder)?;
        let shared = Arc::new(Shared {
            gate,
            health: Health::default(),
            waiting: AtomicU64::new(0),
            observer,
            #[cfg(test)]
            faults: faults::Faults::default(),
        });
        let started = writer::start(Arc::clone(&shared), &options).map_err(|source| OpenError::Io {
            action: "start a thread for",
            path: folder.to_owned(),
            source,
        })?;
        Ok(EmbeddedStore {
            shared,
            queue: RwLock::new(Some(started.queue)),
            thread: Mutex::new(Some(started.thread)),
            ended: started.ended,
            _lock: lock,
        })
    }

    fn send(&self, job: Job) -> Result<(), StoreError> {
        let queue = self.queue.read().unwrap_or_else(PoisonError::into_inner);
        // Counted first, so that the writer never takes out more than was counted in.
        self.shared.waiting.fetch_add(1, Ordering::Relaxed);
        let refusal = match queue.as_ref().map(|queue| queue.try_send(job)) {
            Some(Ok(())) => return Ok(()),
            Some(Err(TrySendError::Full(_))) => StoreError::Busy,
            Some(Err(TrySendError::Disconnected(_))) | None => StoreError::Closed,
        };
        self.shared.waiting.fetch_sub(1, Ordering::Relaxed);
        Err(refusal)
    }

    /// Has the writer carry `work` out.
    async fn write(&self, work: Work) -> Result<(), CommitError> {
        let (answer, answered) = oneshot::channel();
        self.send(Job::Write(work, answer))?;
        // Nobody answers if the writer panicked, and it may have done so at any point.
        answered.await.unwrap_or(Err(CommitError::Unknown))
    }

    /// Takes on nothing more; the writer ends when it has done what it was given.
    fn shut_queue(&self) {
        self.queue.write().unwrap_or_else(PoisonError::into_inner).take();
    }

    fn join(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Err(_)) = thread.map(JoinHandle::join) {
            tracing::error!("the writer of the database has panicked");
        }
    }
}

#[async_trait]
impl Store for EmbeddedStore {
    async fn view(&self, subject: Subject<'_>, select: Select<'_>) -> Result<Stored, StoreError> {
        let environment = self.shared.gate.enter()?;
        read::view(&environment, &environment.read()?, subject, select)
    }

    async fn heads(&self, subjects: &[Subject<'_>]) -> Result<Vec<Stored>, StoreError> {
        let environment = self.shared.gate.enter()?;
        read::heads(&environment, &environment.read()?, subjects)
    }

    async fn view_and_heads(
        &self,
        subject: Subject<'_>,
        select: Select<'_>,
        others: &[Subject<'_>],
    ) -> Result<(Stored, Vec<Stored>), StoreError> {
        let environment = self.shared.gate.enter()?;
        let txn = environment.read()?;
        Ok((read::view(&environment, &txn, subject, select)?, read::heads(&environment, &txn, others)?))
    }

    async fn commit(
        &self,
        subject: Subject<'_>,
        base: Revision,
        changes: Changes,
    ) -> Result<(), CommitError> {
        check(subject, base, &changes)?;
        self.write(Work::Commit(Request::new(subject, base, changes))).await
    }

    async fn walk(
        &self,
        app: AppId,
        kind: SubjectKind,
        from: &WalkFrom,
        limit: usize,
    ) -> Result<Page, StoreError> {
        let environment = self.shared.gate.enter()?;
        match kind {
            SubjectKind::User => read::walk_users(&environment, app, from, limit),
            SubjectKind::ChatGroup => read::walk_chat_groups(&environment, app, from, limit),
        }
    }

    fn walks_by_id(&self) -> bool {
        true
    }

    async fn due(&self, app: AppId, from: &WalkFrom, limit: usize) -> Result<DuePage, StoreError> {
        let environment = self.shared.gate.enter()?;
        due::walk(&environment, app, from, limit)
    }

    async fn due_of(&self, app: AppId, user: UserId<'_>) -> Result<Option<Due>, StoreError> {
        let environment = self.shared.gate.enter()?;
        due::of(&environment, app, user)
    }

    async fn settle(&self, app: AppId, user: UserId<'_>, revision: Revision) -> Result<(), StoreError> {
        self.write(Work::Settle(Settlement::new(app, user, revision, None))).await.map_err(not_settled)
    }

    async fn set_aside(
        &self,
        app: AppId,
        user: UserId<'_>,
        revision: Revision,
        note: &str,
    ) -> Result<(), StoreError> {
        self.write(Work::Settle(Settlement::new(app, user, revision, Some(note)))).await.map_err(not_settled)
    }

    fn snapshot(&self, sink: &mut (dyn Write + Send)) -> Result<SnapshotFacts, SnapshotError> {
        snapshot::snapshot(&self.shared.gate, sink)
    }

    fn snapshot_bytes(&self) -> Result<Option<u64>, StoreError> {
        let environment = self.shared.gate.enter()?;
        let txn = environment.read()?;
        let used_bytes = environment.used_bytes(&txn).map_err(|error| store_error(&error))?;
        // The two meta pages are no part of the table.
        Ok(Some(used_bytes + 2 * MAP_UNIT as u64))
    }

    async fn ready(&self) -> Result<(), StoreError> {
        let closed = self.queue.read().unwrap_or_else(PoisonError::into_inner).is_none();
        if closed || self.ended.has_changed().is_err() {
            return Err(StoreError::Closed);
        }
        let Some(failure) = self.shared.health.failure() else {
            return Ok(());
        };
        if self.shared.health.take_probe() {
            // Not waited for: its outcome is the answer to the next question. A full queue is full of better probes.
            let _ = self.send(Job::Probe);
        }
        Err(StoreError::Failed(failure))
    }

    fn measures(&self) -> Measures {
        let queue_commits = Some(self.shared.waiting.load(Ordering::Relaxed));
        let map_bytes_max = Some(self.shared.gate.max_bytes() as u64);
        let Ok(environment) = self.shared.gate.enter() else {
            return Measures { queue_commits, map_bytes_max, ..Measures::default() };
        };
        Measures {
            used_bytes: environment.read().ok().and_then(|txn| environment.used_bytes(&txn).ok()),
            map_bytes: Some(environment.map_bytes() as u64),
            map_bytes_max,
            readers: Some(environment.readers().into()),
            queue_commits,
        }
    }

    async fn close(&self) {
        self.shut_queue();
        // An error is what is waited for: the writer, the only sender, is gone.
        let _ = self.ended.clone().changed().await;
        self.join();
    }
}

impl Drop for EmbeddedStore {
    fn drop(&mut self) {
        self.shut_queue();
        self.join();
    }
}

/// A settlement whose outcome is not known is as one that failed: it is made again.
fn not_settled(error: CommitError) -> StoreError {
    match error {
        CommitError::Store(error) => error,
        CommitError::Conflict | CommitError::Unknown => StoreError::Failed(error.to_string()),
    }
}

/// What is told about a folder whose database does not open. A file that is no database is another program's.
fn not_opened(folder: &Path, error: &heed::Error) -> OpenError {
    let folder = folder.to_owned();
    match error {
        heed::Error::Mdb(heed::MdbError::Invalid) => {
            OpenError::Foreign { folder, reason: "its data.mdb is not a database".to_owned() }
        }
        _ => OpenError::Database { folder, source: store_error(error) },
    }
}
