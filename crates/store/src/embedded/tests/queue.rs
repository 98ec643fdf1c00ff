//! The queue: its bound, its batches, its end.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::{let_others_run, make, open, revision, write};
use crate::embedded::{EmbeddedStore, Options};
use crate::{CommitError, Store, StoreError};

#[tokio::test]
async fn a_full_queue_refuses_at_once_and_keeps_what_it_took() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { queue_commits: 4, batch_commits: 2, ..Options::default() };
    let store = Arc::new(EmbeddedStore::open(folder.path(), options).unwrap());
    let mut tasks = JoinSet::new();
    let entered = store.shared.gate.enter().unwrap();
    let hold = entered.write().unwrap();
    for number in 0..20 {
        let store = Arc::clone(&store);
        tasks.spawn(async move { (number, write(&store, &format!("user-{number}"), 0, b"head").await) });
    }
    let_others_run().await;
    let mut refused = 0;
    while let Some(ended) = tasks.try_join_next() {
        let (number, outcome) = ended.unwrap();
        assert!(matches!(outcome, Err(CommitError::Store(StoreError::Busy))), "{outcome:?}");
        assert_eq!(revision(&store, &format!("user-{number}")).await, 0);
        refused += 1;
    }
    // The queue has four; the writer none to two, depending on when it came by.
    assert!((14..=16).contains(&refused), "{refused}");
    drop(hold);
    drop(entered);
    while let Some(ended) = tasks.join_next().await {
        let (number, outcome) = ended.unwrap();
        outcome.unwrap();
        assert_eq!(revision(&store, &format!("user-{number}")).await, 1);
    }
}

#[tokio::test]
async fn waiting_commits_share_a_transaction_and_see_each_other() {
    let (store, _folder) = make();
    let store = Arc::new(store);
    let mut tasks = JoinSet::new();
    let entered = store.shared.gate.enter().unwrap();
    let before = entered.last_transaction();
    let hold = entered.write().unwrap();
    for number in 0..200 {
        let store = Arc::clone(&store);
        // Two commits a subject, the second on the first, in the order of the queue.
        tasks.spawn(async move { write(&store, &format!("user-{}", number / 2), number % 2, b"head").await });
    }
    let_others_run().await;
    drop(hold);
    drop(entered);
    while let Some(ended) = tasks.join_next().await {
        ended.unwrap().unwrap();
    }
    // The first has been taken alone if the writer was quick.
    let transactions = store.shared.gate.enter().unwrap().last_transaction() - before;
    assert!((1..=2).contains(&transactions), "{transactions}");
    assert_eq!(revision(&store, "user-99").await, 2);
}

#[tokio::test]
async fn closing_answers_everyone() {
    let (store, _folder) = make();
    let store = Arc::new(store);
    let mut tasks = JoinSet::new();
    for number in 0..100 {
        let store = Arc::clone(&store);
        tasks.spawn(async move { write(&store, &format!("user-{number}"), 0, b"head").await });
    }
    let_others_run().await;
    tokio::join!(store.close(), store.close());
    while let Some(ended) = tasks.join_next().await {
        ended.unwrap().unwrap();
    }
    assert_eq!(revision(&store, "user-99").await, 1);
}

#[tokio::test]
async fn dropping_carries_out_what_was_taken_on() {
    let (store, folder) = make();
    for number in 0..10 {
        let id = format!("user-{number}");
        // Polled once: enough to be queued.
        let _ = tokio::time::timeout(Duration::ZERO, write(&store, &id, 0, b"head")).await;
    }
    drop(store);
    let store = open(folder.path());
    for number in 0..10 {
        assert_eq!(revision(&store, &format!("user-{number}")).await, 1);
    }
}
