//! Histories of two servers that nothing disturbs but each other.

use crate::check::check;
use crate::support::settings;
use crate::workload::{self, Size};
use crate::{APP, differential};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn with_one_busy_user() {
    run(Size { clients: 8, calls: 60, users: 1 }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn with_many_users() {
    run(Size { clients: 12, calls: 60, users: 24 }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_servers_on_a_cluster_answer_as_one_on_memory_does() {
    differential::compare(&settings(APP), 1_500).await;
}

/// On a machine that does other things as well a call may come too late, but it may not be many that do.
async fn run(size: Size) {
    let history = workload::run(&settings(APP), size).await;
    let summary = check(&history);
    println!("{} calls: {summary:?}", history.calls.len());
    assert!(summary.failed * 20 < history.calls.len(), "{summary:?}");
}
