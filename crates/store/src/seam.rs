//! The seam itself: one trait, small on purpose.

use std::io::Write;
use std::time::Duration;

use async_trait::async_trait;
use foldmark_core::changes::Changes;
use foldmark_core::format::due::Due;
use foldmark_core::stored::Stored;
use foldmark_core::subject::{AppId, Revision, RowKey, Subject, SubjectKind, UserId};
use futures_util::future::join;
use thiserror::Error;

use crate::{SnapshotError, SnapshotFacts};

/// A place that keeps subjects. Methods may be called from any number of tasks at once.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Reads the head of `subject` and the rows that `select` names, in one consistent snapshot. Rows that do not
    /// exist are left out. A subject that was never written gives [`Stored::absent`].
    ///
    /// A view that starts after a commit was answered sees that commit.
    async fn view(&self, subject: Subject<'_>, select: Select<'_>) -> Result<Stored, StoreError>;

    /// Reads the heads of many subjects, without rows, in the order asked; absent ones give [`Stored::absent`].
    /// Each head is consistent in itself; together they need not be one snapshot.
    async fn heads(&self, subjects: &[Subject<'_>]) -> Result<Vec<Stored>, StoreError>;

    /// Does what [`Store::view`] and [`Store::heads`] do, at once: neither waits for the other.
    async fn view_and_heads(
        &self,
        subject: Subject<'_>,
        select: Select<'_>,
        others: &[Subject<'_>],
    ) -> Result<(Stored, Vec<Stored>), StoreError> {
        let (viewed, heads) = join(self.view(subject, select), self.heads(others)).await;
        Ok((viewed?, heads?))
    }

    /// Applies `changes` to `subject` if its revision is still `base`, whole or not at all, and returns when they are
    /// durable. `changes.revision` is `base.next()`; a subject that was never written has the base
    /// [`Revision::ZERO`]. Chat groups have no rows. Changes that no store can hold (another revision, rows of a chat
    /// group, a row of the kind of heads, a row key of more than 256 bytes) are a bug of the caller and are refused
    /// with [`StoreError::Failed`].
    ///
    /// If the caller stops waiting, the commit may still happen.
    async fn commit(&self, subject: Subject<'_>, base: Revision, changes: Changes)
    -> Result<(), CommitError>;

    /// Lists subjects of `app` that were ever written, each once, in an order of the store's own, at most `limit`
    /// (at least 1) of them, with their heads. A subject that exists throughout the whole walk is met exactly once.
    /// A page may hold fewer subjects than asked for; only [`Page::next`] tells whether more follow.
    async fn walk(
        &self,
        app: AppId,
        kind: SubjectKind,
        from: &WalkFrom,
        limit: usize,
    ) -> Result<Page, StoreError>;

    /// Whether walks are in ascending order of the bytes of ids and can begin at any: [`WalkFrom::At`]. Otherwise a
    /// walk that is to begin at one is refused with [`StoreError::Failed`].
    fn walks_by_id(&self) -> bool {
        false
    }

    /// Lists users of `app` with due rows, each once, in an order of the store's own, at most `limit` (at least 1) of
    /// them. From the moment at which a commit that is due ([`Changes::due`]) is durable, its user is found here, until
    /// that commit is settled. Users may be found here of whom nothing is due: a commit was announced and then did not
    /// happen.
    async fn due(&self, app: AppId, from: &WalkFrom, limit: usize) -> Result<DuePage, StoreError>;

    /// What is due of one user. That something was set aside is told only if nothing came after it.
    async fn due_of(&self, app: AppId, user: UserId<'_>) -> Result<Option<Due>, StoreError>;

    /// Takes away what is due of `user` up to and including `revision`. The caller has seen the user at this revision
    /// or a later one, so that no commit up to it can happen any more.
    ///
    /// It is durable when this returns, or comes undone by no more than a crash: then it is settled again.
    async fn settle(&self, app: AppId, user: UserId<'_>, revision: Revision) -> Result<(), StoreError>;

    /// Notes about what is due of `user` up to and including `revision`, that telling it was given up. It stays due,
    /// and is found with the note, until it is settled. An empty note takes back what was noted before. If nothing is due
    /// of him up to there, nothing happens.
    async fn set_aside(
        &self,
        app: AppId,
        user: UserId<'_>,
        revision: Revision,
        note: &str,
    ) -> Result<(), StoreError>;

    /// Whether `who`, a random number, may carry out `task` on its own for the next `lease`: nobody else is told so until
    /// that has passed. Asked again before then, it may go on. An error leaves open whether it may. Stores that only one process can open let it.
    async fn lead(&self, _task: &str, _who: u64, _lease: Duration) -> Result<bool, StoreError> {
        Ok(true)
    }

    /// Writes a copy of everything to `sink`, as it is at one moment between the beginning of this call and its first
    /// write, while others go on reading and committing. Blocks for as long as the copy takes, which should not be
    /// longer than necessary: what is freed meanwhile cannot be used again before its end.
    ///
    /// Only the embedded store has such a copy; it is a database, which [`Restoring`](crate::embedded::Restoring) puts
    /// back.
    fn snapshot(&self, _sink: &mut (dyn Write + Send)) -> Result<SnapshotFacts, SnapshotError> {
        Err(SnapshotError::Unsupported)
    }

    /// How many bytes a snapshot made now would take at most; `None` if there is none.
    fn snapshot_bytes(&self) -> Result<Option<u64>, StoreError> {
        Ok(None)
    }

    /// Whether the store can serve and, as far as it knows, commit. Cheap: asked by health checks. After a failed
    /// write it is an error until a write succeeds again, be it a probe of the store's own.
    async fn ready(&self) -> Result<(), StoreError>;

    /// What the store can tell of its size and load at this moment. Cheap: asked by whoever collects figures.
    fn measures(&self) -> Measures {
        Measures::default()
    }

    /// Waits until every commit that was taken on is answered, and takes on no more. What was committed can still be
    /// read.
    async fn close(&self);
}

/// What a store tells of itself. `None`: this kind of store does not have it, or cannot tell now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measures {
    /// What the data takes up, in bytes.
    pub used_bytes: Option<u64>,
    /// The present size of the memory map, in bytes.
    pub map_bytes: Option<u64>,
    /// The size up to which the memory map grows, in bytes.
    pub map_bytes_max: Option<u64>,
    /// Places in the database's table of readers that were ever taken at the same time, since it was opened.
    pub readers: Option<u64>,
    /// Commits that wait to be carried out.
    pub queue_commits: Option<u64>,
}

/// Which rows a view shall hold.
#[derive(Clone, Copy, Debug)]
pub enum Select<'a> {
    /// None: the head alone.
    Head,
    /// These, in ascending order, each once.
    Rows(&'a [RowKey<'a>]),
    /// Every row of the subject.
    All,
}

/// Where a walk goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum WalkFrom {
    /// At the first subject.
    #[default]
    Start,
    /// Behind the last subject of an earlier page, by the opaque cursor of that page.
    Cursor(Vec<u8>),
    /// At the subject of this id, or the next one if there is none. Only for stores with [`Store::walks_by_id`].
    At(String),
}

/// One page of a walk.
#[derive(Debug, Default)]
pub struct Page {
    /// The subjects of this page.
    pub entries: Vec<SubjectEntry>,
    /// Where the next page starts; `None` after the last one.
    pub next: Option<WalkFrom>,
}

/// One subject met by a walk.
#[derive(Debug)]
pub struct SubjectEntry {
    /// The text of the subject's id.
    pub id: String,
    /// Its revision and head, without rows.
    pub stored: Stored,
}

/// One page of users of whom something is due.
#[derive(Debug, Default)]
pub struct DuePage {
    /// The users of this page: their ids, and what is due of each.
    pub entries: Vec<(String, Due)>,
    /// Where the next page starts; `None` after the last one.
    pub next: Option<WalkFrom>,
}

/// Why a store could not do what it was asked. Nothing was changed.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Too many commits are waiting; try again later.
    #[error("the queue of commits is full")]
    Busy,
    /// There is no room for more data; commits that take data away still work.
    #[error("the store is full")]
    Full,
    /// The store was closed, or has stopped because going on would risk data.
    #[error("the store is closed")]
    Closed,
    /// Stored bytes are not as they were written.
    #[error("stored data is corrupt: {0}")]
    Corrupt(String),
    /// The store did not answer in time.
    #[error("the store did not answer in time")]
    Timeout,
    /// Anything else.
    #[error("the store failed: {0}")]
    Failed(String),
}

/// Why a commit was not acknowledged.
#[derive(Debug, Error)]
pub enum CommitError {
    /// The subject's revision is no longer the base. Nothing was changed.
    #[error("the subject was changed since it was read")]
    Conflict,
    /// The store could not find out whether the commit happened.
    #[error("the outcome of the commit is not known")]
    Unknown,
    /// The store failed before anything happened.
    #[error(transparent)]
    Store(#[from] StoreError),
}
