//! The cluster store: Apache Cassandra or ScyllaDB, for when one machine is not enough.
//!
//! A subject is one partition of one table, whose copies agree on each of its commits (Paxos, or as the databases have
//! it, lightweight transactions). Foldmark's own servers keep nothing and may come and go; any of them may write any
//! subject at any time. Invariants: all that is ever written of subjects is conditional on the subject's revision; a
//! view is one statement; nothing but the store's own resolution decides what became of a commit that was not answered;
//! a commit that is due is announced before it is sent.
//!
//! `schema` says how the data lies and what operators keep to, `resolve` why no commit can happen after it was said
//! not to have, `sweep` why deleting has no end, `due` why no commit is forgotten that others are to be told of.

mod ambient;
mod commit;
mod due;
mod error;
mod lease;
mod options;
mod part;
mod read;
mod resolve;
mod retry;
mod schema;
mod session;
mod statements;
mod sweep;
mod turns;
mod walk;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use foldmark_core::changes::Changes;
use foldmark_core::format::due::Due;
use foldmark_core::stored::Stored;
use foldmark_core::subject::{AppId, Revision, Subject, SubjectKind, UserId};
use scylla::client::session::Session;
use tokio::sync::{Mutex, Semaphore, SemaphorePermit, TryAcquireError};
use tokio_util::task::TaskTracker;

pub use self::options::{ClientCertificate, ConnectError, Consistency, Credentials, Options, Tls};
pub use self::schema::Tables;

use self::session::{Levels, Profiles};
use self::statements::Statements;
use self::turns::Turns;
use crate::{CommitError, DuePage, Page, Select, Store, StoreError, WalkFrom};

/// How long it may take to reach the cluster, and again to prepare the statements.
const OPEN: Duration = Duration::from_secs(30);
/// How long it may take to look at the tables and to create them.
const CHANGE: Duration = Duration::from_secs(300);
/// How long an answer about readiness is given again without asking the cluster.
const READY_AGAIN: Duration = Duration::from_secs(1);

/// A store in a cluster.
pub struct CassandraStore {
    inner: Arc<Inner>,
}

struct Inner {
    session: Session,
    statements: Statements,
    profiles: Profiles,
    scylla: bool,
    request_timeout: Duration,
    resolve_timeout: Duration,
    in_flight: u32,
    commits: Semaphore,
    reads: Semaphore,
    turns: Turns,
    closed: AtomicBool,
    tasks: TaskTracker,
    sweeps: Arc<Semaphore>,
    /// When the cluster was last asked whether it is ready, and how it failed, if so.
    ready: Mutex<Option<(Instant, Option<String>)>>,
}

impl CassandraStore {
    /// Connects to the cluster. The tables must be there, unless the options allow to create them.
    pub async fn connect(options: Options) -> Result<CassandraStore, ConnectError> {
        options.check()?;
        let profiles = Profiles::of(&options);
        let session = within(OPEN, session::open(&options, &profiles)).await?;
        within(CHANGE, schema::open(&session, &options)).await?;
        let levels = Levels::of(options.consistency);
        let prepared = Statements::prepare(&session, &options.keyspace, levels, &profiles);
        let statements = within(OPEN, prepared).await?;
        let in_flight = options.in_flight;
        Ok(CassandraStore {
            inner: Arc::new(Inner {
                scylla: schema::is_scylla(&session),
                session,
                statements,
                profiles,
                request_timeout: options.request_timeout,
                resolve_timeout: options.resolve_timeout,
                in_flight,
                commits: Semaphore::new(in_flight as usize),
                reads: Semaphore::new(in_flight as usize),
                turns: Turns::new(options.request_timeout),
                closed: AtomicBool::new(false),
                tasks: TaskTracker::new(),
                sweeps: Arc::new(Semaphore::new(sweep::AT_ONCE)),
                ready: Mutex::new(None),
            }),
        })
    }

    /// Creates the keyspace and the tables where they are missing, those that older versions of Foldmark did not have,
    /// too, whatever `create_schema` says. Run it on one machine, once.
    pub async fn init_schema(options: &Options) -> Result<Tables, ConnectError> {
        options.check()?;
        let profiles = Profiles::of(options);
        let session = within(OPEN, session::open(options, &profiles)).await?;
        within(CHANGE, schema::create(&session, options)).await
    }
}

impl Inner {
    /// Room for `requests` reads.
    fn reading(&self, requests: usize) -> Result<SemaphorePermit<'_>, StoreError> {
        let requests = u32::try_from(requests).map_err(|_| StoreError::Busy)?;
        self.reads.try_acquire_many(requests).map_err(|error| refusal(&error))
    }

    /// Room for a commit.
    fn committing(&self) -> Result<SemaphorePermit<'_>, StoreError> {
        if self.closed.load(Ordering::SeqCst) {
            return Err(StoreError::Closed);
        }
        self.commits.try_acquire().map_err(|error| refusal(&error))
    }

    /// Reads at a serial level, for which a majority of the copies has to promise something and to keep it: so it
    /// fails, too, when they cannot write.
    async fn ask_whether_ready(&self) -> Result<(), StoreError> {
        let result = read::execute(self, &self.statements.version, (schema::VERSION_ROW,)).await?;
        let rows = result.into_rows_result().map_err(|error| read::unreadable(&error))?;
        if rows.rows_num() == 0 {
            return Err(StoreError::Failed("the version of the schema is gone".to_owned()));
        }
        Ok(())
    }
}

#[async_trait]
impl Store for CassandraStore {
    async fn view(&self, subject: Subject<'_>, select: Select<'_>) -> Result<Stored, StoreError> {
        read::view(&self.inner, subject, select).await
    }

    async fn heads(&self, subjects: &[Subject<'_>]) -> Result<Vec<Stored>, StoreError> {
        read::heads(&self.inner, subjects).await
    }

    async fn commit(
        &self,
        subject: Subject<'_>,
        base: Revision,
        changes: Changes,
    ) -> Result<(), CommitError> {
        commit::commit(&self.inner, subject, base, changes).await
    }

    async fn walk(
        &self,
        app: AppId,
        kind: SubjectKind,
        from: &WalkFrom,
        limit: usize,
    ) -> Result<Page, StoreError> {
        walk::walk(&self.inner, app, kind, from, limit).await
    }

    async fn due(&self, app: AppId, from: &WalkFrom, limit: usize) -> Result<DuePage, StoreError> {
        due::walk(&self.inner, app, from, limit).await
    }

    async fn due_of(&self, app: AppId, user: UserId<'_>) -> Result<Option<Due>, StoreError> {
        due::of(&self.inner, app, user).await
    }

    async fn settle(&self, app: AppId, user: UserId<'_>, revision: Revision) -> Result<(), StoreError> {
        due::settle(&self.inner, app, user, revision).await
    }

    async fn set_aside(
        &self,
        app: AppId,
        user: UserId<'_>,
        revision: Revision,
        note: &str,
    ) -> Result<(), StoreError> {
        due::set_aside(&self.inner, app, user, revision, note).await
    }

    async fn lead(&self, task: &str, who: u64, lease: Duration) -> Result<bool, StoreError> {
        lease::lead(&self.inner, task, who, lease).await
    }

    async fn ready(&self) -> Result<(), StoreError> {
        if self.inner.closed.load(Ordering::SeqCst) {
            return Err(StoreError::Closed);
        }
        // Held while the cluster is asked: others who want to know wait for the same answer.
        let mut last = self.inner.ready.lock().await;
        if let Some((asked, failure)) = &*last
            && asked.elapsed() < READY_AGAIN
        {
            return failure.clone().map_or(Ok(()), |text| Err(StoreError::Failed(text)));
        }
        let outcome = self.inner.ask_whether_ready().await;
        let failure = outcome.as_ref().err().map(ToString::to_string);
        let was_ready = last.as_ref().is_none_or(|(_, failure)| failure.is_none());
        match &failure {
            Some(failure) if was_ready => tracing::error!(failure, "the cluster cannot be used"),
            None if !was_ready => tracing::info!("the cluster can be used again"),
            _ => {}
        }
        *last = Some((ambient::now(), failure));
        outcome
    }

    async fn close(&self) {
        self.inner.closed.store(true, Ordering::SeqCst);
        // All room is free when every commit was answered. It is an error if the store was closed before.
        if let Ok(all) = self.inner.commits.acquire_many(self.inner.in_flight).await {
            self.inner.commits.close();
            all.forget();
        }
        self.inner.tasks.close();
        self.inner.tasks.wait().await;
    }
}

/// Bounds a step of connecting. The driver itself may wait for ever where nodes accept connections and close them.
async fn within<T>(
    limit: Duration,
    step: impl Future<Output = Result<T, ConnectError>>,
) -> Result<T, ConnectError> {
    match tokio::time::timeout(limit, Box::pin(step)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(ConnectError::Connect(format!(
            "the cluster did not answer within {} seconds",
            limit.as_secs()
        ))),
    }
}

fn refusal(error: &TryAcquireError) -> StoreError {
    match error {
        TryAcquireError::NoPermits => StoreError::Busy,
        TryAcquireError::Closed => StoreError::Closed,
    }
}
