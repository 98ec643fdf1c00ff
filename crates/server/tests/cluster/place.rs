//! Where the tests keep data: two servers on a new keyspace of a cluster that all tests share.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard};

use foldmark_server::clock::Clock;
use foldmark_server::config::{Settings, StoreSettings};
use foldmark_server::{Beside, Observer, Server};
use foldmark_testcluster::{Cluster, existing_contact_points};
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// How many clients a test with many has. Each of their commits waits for two of three nodes, and all of these share one
/// small machine.
pub(crate) const CLIENTS: usize = 12;

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

/// Keeps tests that harm nodes away, or all others.
pub(crate) enum Turn {
    /// The cluster is not used.
    None,
    Shared(#[expect(dead_code, reason = "held until it is dropped")] RwLockReadGuard<'static, ()>),
    Alone(#[expect(dead_code, reason = "held until it is dropped")] RwLockWriteGuard<'static, ()>),
}

/// The configuration's tables of a new, empty store.
pub(crate) fn store() -> String {
    store_on(&match &*EXISTING {
        Some(points) => points.clone(),
        None => own().contact_points(),
    })
}

/// As [`store`], on nodes that can be harmed.
pub(crate) fn own_store() -> String {
    store_on(&own().contact_points())
}

/// Every keyspace lasts.
pub(crate) fn lasting_store(_: &Path) -> String {
    store()
}

/// How many servers can share the store.
pub(crate) fn servers(settings: &Settings) -> usize {
    match settings.store {
        StoreSettings::Cassandra(_) => 2,
        StoreSettings::Memory | StoreSettings::Embedded(_) => 1,
    }
}

pub(crate) async fn turn(settings: &Settings) -> Turn {
    match settings.store {
        StoreSettings::Cassandra(_) => Turn::Shared(TURN.read().await),
        StoreSettings::Memory | StoreSettings::Embedded(_) => Turn::None,
    }
}

/// The turn of a test that harms nodes.
pub(crate) async fn alone() -> Turn {
    Turn::Alone(TURN.write().await)
}

/// The nodes that can be harmed, by a test that is alone.
pub(crate) fn own() -> MutexGuard<'static, Cluster> {
    OWN.lock().unwrap()
}

pub(crate) async fn start(settings: &Settings, clock: &Clock, observer: Option<Observer>) -> Server {
    let _one = SCHEMA.lock().await;
    Server::start_beside(settings, clock.clone(), Beside { observer, ..Beside::default() }).await.unwrap()
}

fn store_on(points: &[SocketAddr]) -> String {
    let points: Vec<_> = points.iter().map(ToString::to_string).collect();
    let keyspace = format!("test_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    format!(
        "[store]\nkind = \"cassandra\"\ncontact_points = {points:?}\nkeyspace = \"{keyspace}\"\n\
         local_datacenter = \"datacenter1\"\ncreate_schema = true\nrequest_timeout_ms = 2000\n\
         replication = {{ datacenter1 = 3 }}\n"
    )
}
