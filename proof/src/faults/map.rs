//! The map is as large as it may be. The configuration knows whole GiB only, so that this one is tried on the store in
//! this process.

use std::path::Path;

use foldmark_core::changes::Changes;
use foldmark_core::subject::{AppId, Revision, Subject, UserId};
use foldmark_store::embedded::{EmbeddedStore, Options};
use foldmark_store::{CommitError, Select, Store, StoreError};

const HEAD_BYTES: usize = 8 << 10;

/// Adding is refused, removing works and makes room for adding, and reopening with a larger limit helps as well.
pub(super) fn full(_binary: &Path, home: &Path) -> Result<String, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .map_err(|error| error.to_string())?;
    runtime.block_on(fill(&home.join("data")))
}

async fn fill(folder: &Path) -> Result<String, String> {
    let store = open(folder, 4 << 20)?;
    let mut users = 0;
    loop {
        match write(&store, users, 0, HEAD_BYTES).await {
            Ok(()) => users += 1,
            Err(CommitError::Store(StoreError::Full)) => break,
            Err(error) => return Err(format!("a full map is reported as: {error}")),
        }
        if users > 1_000 {
            return Err("the map has no end".to_owned());
        }
    }
    store
        .ready()
        .await
        .map_err(|error| format!("a full store still removes, so that it is ready: {error}"))?;
    for user in 0..users / 3 {
        let removed = write(&store, user, 1, 10).await;
        removed.map_err(|error| format!("removing fails in a full map: {error}"))?;
    }
    for user in users..users + 10 {
        let added = write(&store, user, 0, HEAD_BYTES).await;
        added.map_err(|error| format!("adding fails after removing: {error}"))?;
    }
    store.close().await;
    drop(store);
    let store = open(folder, 16 << 20)?;
    for user in 0..users + 10 {
        let expected = match user {
            user if user < users / 3 => (2, 10),
            _ => (1, HEAD_BYTES),
        };
        let id = format!("user-{user}");
        let stored = store.view(subject(&id)?, Select::All).await.map_err(|error| error.to_string())?;
        let found = (stored.revision().get(), stored.head().map_or(0, <[u8]>::len));
        if found != expected {
            return Err(format!("{id} is {found:?} and not {expected:?}"));
        }
    }
    for user in users + 10..users * 2 {
        let added = write(&store, user, 0, HEAD_BYTES).await;
        added.map_err(|error| format!("adding fails under a larger limit: {error}"))?;
    }
    Ok(format!(
        "full after {users} users: adding is refused, removing works, then adding again; a larger limit helps as well"
    ))
}

fn open(folder: &Path, limit: u64) -> Result<EmbeddedStore, String> {
    let options = Options { map_bytes: 1 << 20, map_bytes_max: limit, ..Options::default() };
    EmbeddedStore::open(folder, options).map_err(|error| error.to_string())
}

async fn write(store: &EmbeddedStore, user: u64, base: u64, head_bytes: usize) -> Result<(), CommitError> {
    let id = format!("user-{user}");
    let subject = subject(&id).map_err(StoreError::Failed)?;
    let changes = Changes {
        revision: Revision::new(base + 1),
        head: vec![7; head_bytes],
        rows: Vec::new(),
        due: false,
    };
    store.commit(subject, Revision::new(base), changes).await
}

fn subject(id: &str) -> Result<Subject<'_>, String> {
    let app = AppId::new(1).ok_or("no application")?;
    let user = UserId::parse(id).map_err(|error| error.to_string())?;
    Ok(Subject::user(app, user))
}
