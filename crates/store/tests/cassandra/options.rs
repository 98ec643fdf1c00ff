//! Options other than those that all other tests use.

use std::sync::Arc;

use foldmark_store::cassandra::{Consistency, Options};
use foldmark_store::{CommitError, Select, Store, StoreError};
use tokio::task::JoinSet;

use crate::cluster::{commit, connect, keys, patient, points, put, revision, shared, user};

#[tokio::test(flavor = "multi_thread")]
async fn agreement_may_stay_within_the_local_data_centre() {
    let _turn = shared().await;
    let options = Options { consistency: Consistency::LocalDatacenter, ..patient(&points()) };
    let store = connect(options).await;
    store.ready().await.unwrap();
    commit(&store, "u", 0, vec![put("a", b"")]).await.unwrap();
    let late = commit(&store, "u", 0, vec![put("b", b"")]).await;
    assert!(matches!(late, Err(CommitError::Conflict)), "{late:?}");
    assert_eq!(keys(&store, "u").await, ["a"]);
    let heads = store.heads(&[user("u"), user("v")]).await.unwrap();
    assert_eq!(heads[0].head(), Some(&b"1"[..]));
    assert_eq!(heads[1].head(), None);
}

/// What finds no room is refused at once, and leaves room for what is under way.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_under_way_is_bounded() {
    let _turn = shared().await;
    let options = Options { in_flight: 2, ..patient(&points()) };
    let store = Arc::new(connect(options).await);
    let mut tasks = JoinSet::new();
    for number in 0..50 {
        let store = Arc::clone(&store);
        tasks.spawn(async move { commit(&store, &format!("user-{number}"), 0, vec![]).await });
    }
    let mut happened = 0;
    let mut refused = 0;
    for outcome in tasks.join_all().await {
        match outcome {
            Ok(()) => happened += 1,
            Err(CommitError::Store(StoreError::Busy)) => refused += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!(happened >= 2 && refused > 0, "{happened} happened, {refused} did not");
    let mut written = 0;
    for number in 0..50 {
        written += revision(&store, &format!("user-{number}")).await;
    }
    assert_eq!(written, happened);
    // A call for many heads makes as many reads at once as there is room for, not more.
    let ids: Vec<String> = (0..200).map(|number| format!("user-{number}")).collect();
    let subjects: Vec<_> = ids.iter().map(|id| user(id)).collect();
    assert_eq!(store.heads(&subjects).await.unwrap().len(), 200);
}

/// Closing waits for commits under way; what was committed can be read afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn closing_waits_for_commits_under_way() {
    let _turn = shared().await;
    let store = Arc::new(connect(patient(&points())).await);
    let mut tasks = JoinSet::new();
    for number in 0..20 {
        let store = Arc::clone(&store);
        tasks.spawn(async move { (number, commit(&store, &format!("user-{number}"), 0, vec![]).await) });
    }
    tokio::task::yield_now().await;
    store.close().await;
    store.close().await;
    for (number, outcome) in tasks.join_all().await {
        let revision = revision(&store, &format!("user-{number}")).await;
        match outcome {
            Ok(()) => assert_eq!(revision, 1),
            Err(CommitError::Store(StoreError::Closed | StoreError::Busy)) => assert_eq!(revision, 0),
            other => panic!("{other:?}"),
        }
    }
    let all = store.view(user("user-0"), Select::All).await.unwrap();
    assert_eq!(all.rows().len(), 0);
}
