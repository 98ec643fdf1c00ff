//! The shared cluster, and stores on it.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};
use std::time::Duration;

use foldmark_core::changes::{Changes, RowChange};
use foldmark_core::subject::{AppId, Kind, Revision, Subject, UserId};
use foldmark_store::cassandra::{CassandraStore, Options};
use foldmark_store::{CommitError, Select, Store, WalkFrom};
use foldmark_testcluster::{Cluster, existing_contact_points};
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Held by every test: shared by those that only use the cluster, alone by those that harm it.
static TURN: RwLock<()> = RwLock::const_new(());
/// Cassandra changes its schema one step at a time; so many tests at once would only disturb each other.
static SCHEMA: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
static NUMBER: AtomicU32 = AtomicU32::new(0);

/// Nodes that run already, if the environment names some.
static EXISTING: LazyLock<Option<Vec<SocketAddr>>> =
    LazyLock::new(|| existing_contact_points().expect("the environment names addresses"));
/// Nodes of this run's own. They end with the process.
static OWN: LazyLock<Mutex<Cluster>> =
    LazyLock::new(|| Mutex::new(Cluster::start().unwrap_or_else(|error| panic!("no cluster: {error}"))));

/// Keeps tests that harm nodes away.
pub(crate) type Shared = RwLockReadGuard<'static, ()>;
/// Keeps all other tests away.
pub(crate) type Alone = RwLockWriteGuard<'static, ()>;

/// A new, empty store, for the contract.
pub(crate) async fn store() -> (CassandraStore, Shared) {
    let turn = shared().await;
    (connect(patient(&points())).await, turn)
}

pub(crate) async fn shared() -> Shared {
    TURN.read().await
}

pub(crate) async fn alone() -> Alone {
    TURN.write().await
}

/// Where the shared cluster is.
pub(crate) fn points() -> Vec<SocketAddr> {
    match &*EXISTING {
        Some(points) => points.clone(),
        None => own().contact_points(),
    }
}

/// The cluster of this run's own, whose nodes can be harmed. It must be used alone.
pub(crate) fn own() -> MutexGuard<'static, Cluster> {
    OWN.lock().unwrap()
}

/// Options for a new keyspace on these nodes, with time-outs for a machine that is slow because it does other things.
pub(crate) fn patient(points: &[SocketAddr]) -> Options {
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let mut options = Options::new(
        points.iter().map(ToString::to_string).collect(),
        format!("test_{}_{number}", std::process::id()),
    );
    options.local_datacenter = Some("datacenter1".to_owned());
    options.replication = [("datacenter1".to_owned(), 3)].into();
    options.create_schema = true;
    options.request_timeout = Duration::from_secs(20);
    options.resolve_timeout = Duration::from_secs(20);
    options
}

pub(crate) async fn connect(options: Options) -> CassandraStore {
    let _one = SCHEMA.lock().await;
    CassandraStore::connect(options)
        .await
        .unwrap_or_else(|error| panic!("the store does not connect: {error}"))
}

pub(crate) fn user(id: &str) -> Subject<'_> {
    Subject::user(AppId::new(1).unwrap(), UserId::parse(id).unwrap())
}

pub(crate) fn put(key: &str, value: &[u8]) -> RowChange {
    RowChange { kind: Kind::USER_RECORD, key: key.as_bytes().into(), value: Some(value.to_vec()) }
}

pub(crate) fn delete(key: &str) -> RowChange {
    RowChange { value: None, ..put(key, b"") }
}

/// Commits what others are to be told of.
pub(crate) async fn commit_due(store: &CassandraStore, id: &str, base: u64) -> Result<(), CommitError> {
    let base = Revision::new(base);
    let changes = Changes { revision: base.next(), head: b"told".to_vec(), rows: vec![], due: true };
    store.commit(user(id), base, changes).await
}

/// All that is due, by pages of this size: ids, first and newest revision.
pub(crate) async fn dues(store: &CassandraStore, limit: usize) -> Vec<(String, u64, u64)> {
    let mut all = Vec::new();
    let mut from = WalkFrom::Start;
    loop {
        let page = store.due(user("u").app, &from, limit).await.unwrap();
        assert!(page.entries.len() <= limit);
        all.extend(page.entries.into_iter().map(|(id, due)| (id, due.first.get(), due.newest.get())));
        match page.next {
            Some(next) => from = next,
            None => return all,
        }
    }
}

/// All up to this revision was told.
pub(crate) async fn settle(store: &CassandraStore, id: &str, revision: u64) {
    let id = UserId::parse(id).unwrap();
    store.settle(user("u").app, id, Revision::new(revision)).await.unwrap();
}

/// Commits a head that tells the revision, and these rows, which must be in order.
pub(crate) async fn commit(
    store: &CassandraStore,
    id: &str,
    base: u64,
    rows: Vec<RowChange>,
) -> Result<(), CommitError> {
    let base = Revision::new(base);
    let changes =
        Changes { revision: base.next(), head: base.next().to_string().into_bytes(), rows, due: false };
    store.commit(user(id), base, changes).await
}

pub(crate) async fn revision(store: &CassandraStore, id: &str) -> u64 {
    store.view(user(id), Select::Head).await.unwrap().revision().get()
}

/// The keys of the rows of a user.
pub(crate) async fn keys(store: &CassandraStore, id: &str) -> Vec<String> {
    let stored = store.view(user(id), Select::All).await.unwrap();
    stored.rows().map(|row| String::from_utf8(row.key.key.to_vec()).unwrap()).collect()
}

/// A store that many tasks use.
pub(crate) type SharedStore = Arc<CassandraStore>;
