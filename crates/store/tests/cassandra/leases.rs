//! Leases: one server at a time carries out a task.

use std::time::{Duration, Instant};

use foldmark_store::Store;
use foldmark_store::cassandra::{CassandraStore, Options};
use tokio::time::sleep;

use crate::cluster::{connect, patient, points, shared};
use crate::proxy::{Proxies, Rule};

/// How long these tests wait for what has to come, beyond the lease itself.
const PATIENCE: Duration = Duration::from_secs(15);
/// Longer than any test waits.
const LONG: Duration = Duration::from_secs(600);

#[expect(clippy::disallowed_methods, reason = "the time that passes here is the cluster's")]
fn now() -> Instant {
    Instant::now()
}

/// Whoever is told nothing, as happens on a slow machine where many ask, asks again.
async fn lead(store: &CassandraStore, task: &str, who: u64, lease: Duration) -> bool {
    for _ in 0..10 {
        if let Ok(leads) = store.lead(task, who, lease).await {
            return leads;
        }
    }
    panic!("the nodes do not say who leads");
}

/// Asks until it is granted, and says when that was.
async fn wait_to_lead(store: &CassandraStore, task: &str, who: u64, lease: Duration) -> Instant {
    let begun = now();
    while !lead(store, task, who, lease).await {
        assert!(begun.elapsed() < lease + PATIENCE, "the lease does not end");
        sleep(Duration::from_millis(50)).await;
    }
    now()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_leads_until_the_lease_ends() {
    const LEASE: Duration = Duration::from_secs(3);
    let _turn = shared().await;
    let options = patient(&points());
    let one = connect(options.clone()).await;
    let other = connect(Options { create_schema: false, ..options }).await;
    let (first, second) = (u64::MAX, 7);
    assert!(lead(&one, "a", first, LONG).await);
    assert!(!lead(&other, "a", second, LONG).await);
    assert!(lead(&other, "b", second, LONG).await, "another task is another lease");

    // A renewal may be shorter than what it renews, and is what counts from then on.
    let asked = now();
    assert!(lead(&one, "a", first, LEASE).await);
    assert!(!lead(&other, "a", second, LONG).await);
    let taken = wait_to_lead(&other, "a", second, LEASE).await;
    assert!(taken - asked >= LEASE, "it was granted after {:?}", taken - asked);
    assert!(!lead(&one, "a", first, LONG).await);
    // And longer, so that it outlives what it renews.
    assert!(lead(&other, "a", second, LONG).await);
    sleep(LEASE + Duration::from_secs(2)).await;
    assert!(!lead(&one, "a", first, LONG).await);
    assert!(lead(&other, "a", second, LONG).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_ask_at_once_one_leads() {
    let _turn = shared().await;
    let store = connect(patient(&points())).await;
    for task in ["a", "b", "c"] {
        let asked = (1..=8).map(|who| lead(&store, task, who, LONG));
        let granted = futures_util::future::join_all(asked).await;
        let leaders = granted.iter().filter(|granted| **granted).count();
        // Those who ask at once may disturb each other until none is told.
        assert!(leaders <= 1, "{granted:?}");
        let mut after = Vec::new();
        for who in 1..=8 {
            after.push(lead(&store, task, who, LONG).await);
        }
        assert_eq!(after.iter().filter(|granted| **granted).count(), 1, "{after:?}");
        assert!(leaders == 0 || after == granted, "{granted:?} {after:?}");
    }
}

/// Who is not answered does not lead; asked again, he may find that he does.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_answered_is_not_granted() {
    let _turn = shared().await;
    let points = points();
    let proxies = Proxies::start(&points).await;
    let options = patient(&points);
    let other = connect(options.clone()).await;
    let behind =
        Options { request_timeout: Duration::from_secs(2), create_schema: false, ..proxies.options(options) };
    let store = connect(behind).await;
    proxies.hold_statements();
    store.lead("a", 1, LONG).await.expect_err("nobody has answered");
    proxies.let_statements_go();
    proxies.set(Rule::Pass);
    wait_to_lead(&store, "a", 1, LONG).await;
    assert!(!lead(&other, "a", 2, LONG).await);
}
