//! What the embedded store does beyond the contract: its folder, its map, its queue, and the failures of its disk.

mod disk;
mod folder;
mod golden;
mod map;
mod measures;
mod queue;

use std::path::Path;
use std::time::Duration;

use foldmark_core::changes::{Changes, RowChange};
use foldmark_core::subject::{AppId, Kind, Revision, Subject, UserId};
use tempfile::TempDir;

use super::{EmbeddedStore, Options};
use crate::{CommitError, Select, Store, StoreError};

crate::contract_suite!(make());

fn make() -> (EmbeddedStore, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (open(folder.path()), folder)
}

fn open(folder: &Path) -> EmbeddedStore {
    EmbeddedStore::open(folder, Options::default()).unwrap()
}

fn user(id: &str) -> Subject<'_> {
    Subject::user(AppId::new(1).unwrap(), UserId::parse(id).unwrap())
}

async fn write(store: &EmbeddedStore, id: &str, base: u64, head: &[u8]) -> Result<(), CommitError> {
    let revision = Revision::new(base).next();
    let row = RowChange { kind: Kind(1), key: (*b"row").into(), value: Some(b"value".to_vec()) };
    let changes = Changes { revision, head: head.to_vec(), rows: vec![row], due: false };
    store.commit(user(id), Revision::new(base), changes).await
}

async fn revision(store: &EmbeddedStore, id: &str) -> u64 {
    store.view(user(id), Select::Head).await.unwrap().revision().get()
}

fn is_full(outcome: &Result<(), CommitError>) -> bool {
    matches!(outcome, Err(CommitError::Store(StoreError::Full)))
}

fn is_failed(outcome: &Result<(), CommitError>) -> bool {
    matches!(outcome, Err(CommitError::Store(StoreError::Failed(_))))
}

/// Asks until the store is ready, as a health check would.
async fn wait_until_ready(store: &EmbeddedStore) {
    for _ in 0..6_000 {
        if store.ready().await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("not ready after a minute: {:?}", store.ready().await);
}

/// Lets spawned tasks of a single-threaded runtime run until they wait for something else.
async fn let_others_run() {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}
