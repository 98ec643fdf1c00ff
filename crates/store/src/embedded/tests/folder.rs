//! The data folder: what is kept in it, and what is refused.

use std::fs;

use tempfile::TempDir;

use super::{make, open, revision, user, write};
use crate::embedded::{EmbeddedStore, OpenError, Options};
use crate::{Select, Store, key};

#[tokio::test]
async fn reopening_keeps_everything() {
    let (store, folder) = make();
    write(&store, "a", 0, b"first").await.unwrap();
    drop(store);
    let store = open(folder.path());
    write(&store, "a", 1, b"second").await.unwrap();
    store.close().await;
    drop(store);
    let store = open(folder.path());
    let stored = store.view(user("a"), Select::All).await.unwrap();
    assert_eq!((stored.revision().get(), stored.head()), (2, Some(&b"second"[..])));
    assert_eq!(stored.rows().len(), 1);
}

#[tokio::test]
async fn a_making_that_was_cut_short_is_begun_again() {
    let folder = tempfile::tempdir().unwrap();
    let unfinished = folder.path().join("unfinished");
    fs::create_dir(&unfinished).unwrap();
    fs::write(unfinished.join("data.mdb"), [0; 8192]).unwrap();
    let store = open(folder.path());
    write(&store, "a", 0, b"first").await.unwrap();
    drop(store);
    assert!(!unfinished.exists());
    // Cut short at its very end, it leaves the folder beside a database.
    fs::create_dir(&unfinished).unwrap();
    assert_eq!(revision(&open(folder.path()), "a").await, 1);
    assert!(!unfinished.exists());
}

#[tokio::test]
async fn a_second_store_is_refused_even_after_closing() {
    let (store, folder) = make();
    let refused = |folder: &TempDir| EmbeddedStore::open(folder.path(), Options::default()).err();
    assert!(matches!(refused(&folder), Some(OpenError::InUse { .. })));
    store.close().await;
    assert!(matches!(refused(&folder), Some(OpenError::InUse { .. })));
    assert_eq!(revision(&store, "a").await, 0);
    drop(store);
    open(folder.path());
}

#[test]
fn a_newer_format_is_refused() {
    let (store, folder) = make();
    put_raw(&store, key::FORMAT, b"foldmark\0\0\0\x02");
    drop(store);
    let error = EmbeddedStore::open(folder.path(), Options::default()).err().unwrap();
    assert!(matches!(error, OpenError::Newer { found: 2, known: 1, .. }), "{error}");
    let text = error.to_string();
    assert!(
        text.contains(&folder.path().display().to_string()) && text.contains("use a newer version"),
        "{text}"
    );
}

#[test]
fn foreign_databases_are_refused() {
    for format in [&b"something else"[..], b"foldmark\0\0\0\0", b"foldmark\0"] {
        let (store, folder) = make();
        put_raw(&store, key::FORMAT, format);
        drop(store);
        let error = EmbeddedStore::open(folder.path(), Options::default()).err().unwrap();
        assert!(matches!(error, OpenError::Foreign { .. }), "{error}");
    }
    let (store, folder) = make();
    put_raw(&store, b"other", b"row");
    let entered = store.shared.gate.enter().unwrap();
    let mut txn = entered.write().unwrap();
    entered.table().delete(&mut txn, key::FORMAT).unwrap();
    txn.commit().unwrap();
    drop(entered);
    drop(store);
    let error = EmbeddedStore::open(folder.path(), Options::default()).err().unwrap();
    assert!(matches!(error, OpenError::Foreign { .. }), "{error}");
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("data.mdb"), [b'x'; 10_000]).unwrap();
    let error = EmbeddedStore::open(folder.path(), Options::default()).err().unwrap();
    assert!(matches!(error, OpenError::Foreign { .. }), "{error}");
}

#[tokio::test]
async fn an_empty_file_becomes_a_database() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("data.mdb"), "").unwrap();
    write(&open(folder.path()), "a", 0, b"first").await.unwrap();
    assert_eq!(revision(&open(folder.path()), "a").await, 1);
}

#[test]
fn contradictory_options_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let bad = [
        Options { map_bytes: 0, ..Options::default() },
        Options { map_bytes_max: 1 << 20, ..Options::default() },
        Options { map_bytes_max: u64::MAX, ..Options::default() },
        Options { queue_commits: 0, ..Options::default() },
    ];
    for options in bad {
        let error = EmbeddedStore::open(folder.path(), options).err().unwrap();
        assert!(matches!(error, OpenError::Options(_)), "{error}");
    }
}

fn put_raw(store: &EmbeddedStore, key: &[u8], value: &[u8]) {
    let entered = store.shared.gate.enter().unwrap();
    let mut txn = entered.write().unwrap();
    entered.table().put(&mut txn, key, value).unwrap();
    txn.commit().unwrap();
}
