//! What the store tells of itself.

use std::sync::{Arc, Mutex};

use super::*;
use crate::Measures;
use crate::embedded::Transaction;

#[tokio::test]
async fn sizes_and_the_queue_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { map_bytes: 1 << 20, map_bytes_max: 4 << 20, ..Options::default() };
    let store = EmbeddedStore::open(folder.path(), options).unwrap();
    let before = store.measures();
    assert_eq!(before.map_bytes, Some(1 << 20));
    assert_eq!(before.map_bytes_max, Some(4 << 20));
    assert_eq!(before.queue_commits, Some(0));
    for number in 0..200 {
        write(&store, &format!("user_{number}"), 0, &[7; 200]).await.unwrap();
    }
    let after = store.measures();
    assert!(after.used_bytes.unwrap() > before.used_bytes.unwrap() + 200 * 200, "{before:?} {after:?}");
    assert!(after.readers.unwrap() >= 1);
    assert_eq!(after.queue_commits, Some(0));
    store.close().await;
    assert!(write(&store, "user_0", 1, b"").await.is_err());
    assert_eq!(store.measures(), Measures { used_bytes: after.used_bytes, ..after });
}

#[tokio::test]
async fn each_transaction_is_told_with_its_commits() {
    let folder = tempfile::tempdir().unwrap();
    let told = Arc::new(Mutex::new(Vec::<Transaction>::new()));
    let observer = {
        let told = Arc::clone(&told);
        Box::new(move |transaction| told.lock().unwrap().push(transaction))
    };
    let store = EmbeddedStore::open_observed(folder.path(), Options::default(), observer).unwrap();
    let writes = ["a", "b", "c", "d"].map(|id| write(&store, id, 0, b"head"));
    for outcome in futures_util::future::join_all(writes).await {
        outcome.unwrap();
    }
    // Nothing is made durable for a conflict alone.
    assert!(matches!(write(&store, "a", 7, b"head").await, Err(CommitError::Conflict)));
    let told = told.lock().unwrap();
    assert_eq!(told.iter().map(|transaction| transaction.commits).sum::<usize>(), 4);
    assert!(told.iter().all(|transaction| !transaction.sync.is_zero()));
}
