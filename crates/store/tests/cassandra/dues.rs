//! Due rows and the commits that they announce: there is none of these without its row.

use std::sync::Arc;
use std::time::Duration;

use foldmark_store::{CommitError, StoreError};
use futures_util::stream::{StreamExt, iter};
use scylla::client::session_builder::SessionBuilder;
use tokio::task::JoinSet;

use crate::cluster::{commit, commit_due, connect, dues, patient, points, revision, settle, shared};
use crate::pair::{PATIENCE, Pair};
use crate::proxy::Rule;

fn one(first: u64, newest: u64) -> [(String, u64, u64); 1] {
    [("u".to_owned(), first, newest)]
}

/// The commit never happens. Its row is found, and goes with the row of the next commit.
#[tokio::test(flavor = "multi_thread")]
async fn the_row_of_a_commit_that_was_lost_is_settled_with_the_next() {
    let pair = Pair::new(|options| options.resolve_timeout = PATIENCE).await;
    pair.proxies.set(Rule::LoseBatches);
    let lost = commit_due(&pair.store, "u", 1).await;
    assert!(matches!(lost, Err(CommitError::Store(StoreError::Timeout))), "{lost:?}");
    assert_eq!(revision(&pair.other, "u").await, 1);
    assert_eq!(dues(&pair.other, 10).await, one(2, 2));
    // Whoever looks now sees revision 1, and settles no more than that.
    settle(&pair.other, "u", 1).await;
    assert_eq!(dues(&pair.other, 10).await, one(2, 2));
    // The same revision is made by others, of whom nobody is told.
    commit(&pair.other, "u", 1, vec![]).await.unwrap();
    commit_due(&pair.other, "u", 2).await.unwrap();
    assert_eq!(dues(&pair.other, 10).await, one(2, 3));
    settle(&pair.other, "u", 3).await;
    assert_eq!(dues(&pair.other, 10).await, []);
}

/// Nobody knows what became of the commit but the cluster, where it happened: its row is there.
#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_nobody_answered_left_its_row() {
    let pair = Pair::new(|options| options.resolve_timeout = Duration::from_millis(800)).await;
    pair.proxies.hold_statements_after(1);
    pair.proxies.set(Rule::LoseAnswersToBatches);
    let told = commit_due(&pair.store, "u", 1).await;
    assert!(matches!(told, Err(CommitError::Unknown)), "{told:?}");
    assert!(pair.comes_to(2).await, "it happens after all");
    assert_eq!(dues(&pair.other, 10).await, one(2, 2));
}

/// The row is acknowledged before the commit is sent, so that it is there whatever becomes of the server meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn the_row_is_there_before_the_commit_is_sent() {
    let pair = Pair::new(|options| options.resolve_timeout = PATIENCE).await;
    // The commit waits on its way, and its sender is gone.
    pair.proxies.set(Rule::HoldBatches);
    let store = Arc::clone(&pair.store);
    let mut task = JoinSet::new();
    task.spawn(async move { commit_due(&store, "u", 1).await });
    pair.wait_for_batch(0).await;
    drop(task);
    assert_eq!(revision(&pair.other, "u").await, 1);
    assert_eq!(dues(&pair.other, 10).await, one(2, 2));
    settle(&pair.other, "u", 1).await;
    pair.proxies.set(Rule::Pass);
    assert_eq!(pair.proxies.let_go(), 1);
    assert!(pair.comes_to(2).await, "it happens after all");
    assert_eq!(dues(&pair.other, 10).await, one(2, 2));

    // The row cannot be written: nothing is sent.
    pair.proxies.hold_statements();
    let refused = commit_due(&pair.store, "u", 2).await;
    assert!(matches!(refused, Err(CommitError::Store(StoreError::Timeout))), "{refused:?}");
    assert_eq!(pair.proxies.batches(), 1);
    assert_eq!(revision(&pair.other, "u").await, 2);
}

/// However many rows a user has, he is met once, with all of them.
#[tokio::test(flavor = "multi_thread")]
async fn a_user_with_many_rows_is_met_once() {
    const ROWS: u64 = 2_500;
    let _turn = shared().await;
    let points = points();
    let options = patient(&points);
    let store = connect(options.clone()).await;
    commit_due(&store, "u", 0).await.unwrap();
    let mut wanted = vec![("u".to_owned(), 1, ROWS)];
    for number in 0..40 {
        let id = format!("user-{number}");
        commit_due(&store, &id, 0).await.unwrap();
        wanted.push((id, 1, 1));
    }
    wanted.sort_unstable();
    // The other rows of the hot user lie where his first one does.
    let session = SessionBuilder::new().known_nodes_addr(&points).build().await.unwrap();
    let table = format!("{}.due", options.keyspace);
    let found =
        session.query_unpaged(format!("SELECT bucket FROM {table} WHERE id = 'u' ALLOW FILTERING"), ());
    let (bucket,) = found.await.unwrap().into_rows_result().unwrap().single_row::<(i8,)>().unwrap();
    let text = format!("INSERT INTO {table} (app, bucket, id, revision) VALUES (1, {bucket}, 'u', ?)");
    let insert = session.prepare(text).await.unwrap();
    let inserts = (2..=ROWS).map(|number| session.execute_unpaged(&insert, (number.cast_signed(),)));
    let mut inserts = iter(inserts).buffer_unordered(32);
    while let Some(inserted) = inserts.next().await {
        inserted.unwrap();
    }
    for limit in [1, 3, 1_000] {
        let mut met = dues(&store, limit).await;
        met.sort_unstable();
        assert_eq!(met, wanted, "by {limit}");
    }
    settle(&store, "u", ROWS - 1).await;
    let met = dues(&store, 7).await;
    assert!(met.contains(&("u".to_owned(), ROWS, ROWS)), "{met:?}");
}
