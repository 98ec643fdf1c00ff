//! Failures of the disk, simulated and, where the system lets us, real.

#[cfg(unix)]
use std::path::Path;
use std::sync::Arc;

use tokio::task::JoinSet;

use super::{is_failed, let_others_run, make, open, revision, user, wait_until_ready, write};
use crate::embedded::faults::Fault;
use crate::{CommitError, Select, Store, StoreError};

#[tokio::test]
async fn a_failed_write_changes_nothing_and_is_over_with_the_next_success() {
    let (store, _folder) = make();
    write(&store, "a", 0, b"head").await.unwrap();
    store.shared.faults.order(&[Fault::Data]);
    assert!(is_failed(&write(&store, "a", 1, b"lost").await));
    assert_eq!(revision(&store, "a").await, 1);
    let told = store.ready().await.unwrap_err();
    assert!(told.to_string().contains("ordered by a test"), "{told}");
    write(&store, "a", 1, b"next").await.unwrap();
    store.ready().await.unwrap();
}

#[tokio::test]
async fn readiness_comes_back_without_a_commit() {
    let (store, _folder) = make();
    store.shared.faults.order(&[Fault::Data, Fault::Data]);
    assert!(is_failed(&write(&store, "a", 0, b"lost").await));
    store.ready().await.unwrap_err();
    wait_until_ready(&store).await;
    assert_eq!(revision(&store, "a").await, 0);
}

#[tokio::test]
async fn a_lost_meta_page_is_found_out() {
    let (store, _folder) = make();
    write(&store, "a", 0, b"head").await.unwrap();
    store.shared.faults.order(&[Fault::MetaLost]);
    assert!(is_failed(&write(&store, "a", 1, b"lost").await));
    assert_eq!(revision(&store, "a").await, 1);
    store.ready().await.unwrap();
    write(&store, "a", 1, b"next").await.unwrap();
}

#[tokio::test]
async fn a_meta_page_that_landed_is_found_out() {
    let (store, folder) = make();
    store.shared.faults.order(&[Fault::MetaLanded]);
    let store = Arc::new(store);
    let mut tasks = JoinSet::new();
    let entered = store.shared.gate.enter().unwrap();
    let hold = entered.write().unwrap();
    // One after the other on the same subject, and one that conflicts with them.
    for (number, base) in [(0, 0), (1, 1), (2, 0)] {
        let store = Arc::clone(&store);
        tasks.spawn(async move { (number, write(&store, "a", base, &[number]).await) });
    }
    let_others_run().await;
    drop(hold);
    drop(entered);
    while let Some(ended) = tasks.join_next().await {
        let (number, outcome) = ended.unwrap();
        assert_eq!(outcome.is_ok(), number < 2, "{number}: {outcome:?}");
    }
    assert_eq!(revision(&store, "a").await, 2);
    drop(store);
    assert_eq!(revision(&open(folder.path()), "a").await, 2);
}

#[tokio::test]
async fn an_environment_that_does_not_reopen_leaves_the_outcome_unknown_until_it_does() {
    for (fault, found) in [(Fault::MetaLanded, 1), (Fault::MetaLost, 0)] {
        let (store, _folder) = make();
        store.shared.faults.order(&[fault, Fault::Reopening]);
        let outcome = write(&store, "a", 0, b"head").await;
        assert!(matches!(outcome, Err(CommitError::Unknown)), "{outcome:?}");
        assert!(matches!(store.view(user("a"), Select::All).await, Err(StoreError::Failed(_))));
        assert!(matches!(store.heads(&[user("a")]).await, Err(StoreError::Failed(_))));
        // Within the second nothing is tried.
        assert!(is_failed(&write(&store, "b", 0, b"head").await));
        store.ready().await.unwrap_err();
        wait_until_ready(&store).await;
        assert_eq!(revision(&store, "a").await, found);
        write(&store, "b", 0, b"head").await.unwrap();
    }
}

#[tokio::test]
async fn a_marker_that_fails_leaves_the_outcome_unknown() {
    let (store, folder) = make();
    store.shared.faults.order(&[Fault::MetaLanded, Fault::MetaLost]);
    let outcome = write(&store, "a", 0, b"head").await;
    assert!(matches!(outcome, Err(CommitError::Unknown)), "{outcome:?}");
    store.close().await;
    drop(store);
    assert_eq!(revision(&open(folder.path()), "a").await, 1);
}

/// The name of the variable by which the test below knows, in a process of its own, that it is to fill the disk.
#[cfg(unix)]
const FOLDER_VARIABLE: &str = "FOLDMARK_TEST_FULL_DISK";

/// Runs itself in another process whose files cannot grow beyond a few megabytes.
#[tokio::test]
#[cfg(unix)]
#[expect(clippy::disallowed_methods, reason = "this is how a test hands a folder to its other process")]
async fn a_full_disk_is_survived() {
    if let Some(folder) = std::env::var_os(FOLDER_VARIABLE) {
        return fill_the_disk(Path::new(&folder)).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let child = std::process::Command::new("sh")
        .arg("-c")
        .arg("trap '' XFSZ; ulimit -S -f 4096; exec \"$0\" --exact embedded::tests::disk::a_full_disk_is_survived")
        .arg(std::env::current_exe().unwrap())
        .env(FOLDER_VARIABLE, folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success() && said.contains("1 passed"), "{said}");

    let store = open(folder.path());
    assert_eq!(revision(&store, "user-0").await, 2);
    assert_eq!(revision(&store, "user-1").await, 1);
    write(&store, "new", 0, &[7; 1 << 20]).await.unwrap();
}

#[cfg(unix)]
async fn fill_the_disk(folder: &Path) {
    let store = open(folder);
    let mut users = 0;
    let outcome = loop {
        let outcome = write(&store, &format!("user-{users}"), 0, &[7; 64 << 10]).await;
        if outcome.is_err() {
            break outcome;
        }
        users += 1;
        assert!(users < 1000, "the disk has no end");
    };
    assert!(users > 10 && is_failed(&outcome), "{users}: {outcome:?}");
    store.ready().await.unwrap_err();
    for number in 0..=users {
        assert_eq!(revision(&store, &format!("user-{number}")).await, u64::from(number < users));
    }
    // Making smaller needs no more of the disk than what was freed before, and makes room.
    write(&store, "user-0", 1, b"small").await.unwrap();
    store.ready().await.unwrap();
}
