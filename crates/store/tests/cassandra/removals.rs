//! A user from whom rows are deleted without end.

use std::time::{Duration, Instant};

use foldmark_store::{Select, Store};

use crate::cluster::{commit, delete, put, store, user};

/// A hundred thousand marks of deleted rows make a partition unreadable; these are half as many again.
const DELETED: usize = 150_000;
/// Rows of one commit: that many are put, and those of the commit before are deleted.
const ROWS: usize = 500;
/// Rows that stay.
const KEPT: usize = 200;

#[tokio::test(flavor = "multi_thread")]
async fn a_user_of_many_deleted_rows_stays_readable() {
    let (store, _turn) = store().await;
    let kept = (0..KEPT).map(|number| put(&format!("kept-{number:03}"), b"kept")).collect();
    commit(&store, "u", 0, kept).await.unwrap();
    let commits = DELETED / ROWS;
    let mut slowest = Duration::ZERO;
    for number in 0..=commits {
        let mut rows = Vec::new();
        if let Some(last) = number.checked_sub(1) {
            rows.extend((0..ROWS).map(|at| delete(&key(last, at))));
        }
        if number < commits {
            rows.extend((0..ROWS).map(|at| put(&key(number, at), b"value")));
        }
        rows.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        commit(&store, "u", number as u64 + 1, rows).await.unwrap();
        if number % 20 == 0 {
            let took = read(&store, if number < commits { ROWS } else { 0 }).await;
            slowest = slowest.max(took);
        }
    }
    println!("the slowest of the views took {slowest:?}");
    let took = read(&store, 0).await;
    println!("after {DELETED} deleted rows a view took {took:?}");
    assert!(slowest < Duration::from_secs(10), "{slowest:?}");
}

/// Views the whole user, checks what is there beside the rows that are kept, and says how long it took.
#[expect(clippy::disallowed_methods, reason = "the time that a view takes is measured")]
async fn read(store: &impl Store, others: usize) -> Duration {
    let begun = Instant::now();
    let stored = store.view(user("u"), Select::All).await.unwrap();
    let took = begun.elapsed();
    assert_eq!(stored.rows().len(), KEPT + others);
    took
}

/// Spread over all of the key space, among the rows that are kept.
fn key(commit: usize, at: usize) -> String {
    format!("kept-{:03}-{commit:05}", at % KEPT) + &format!("-{at:03}")
}
