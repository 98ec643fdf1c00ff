//! Checks of many commits at once.

use std::time::Duration;

use tokio::task::JoinSet;

use super::{Checked, changes, commit, everything, rows, user, view, write_head};
use crate::{CommitError, Select, StoreError};

/// Whoever was told that his commit happened sees it, and so does everyone he tells.
pub async fn commits_are_seen_by_later_views(store: Checked) {
    let mut tasks = JoinSet::new();
    for number in 0..16 {
        let store = Checked::clone(&store);
        tasks.spawn(async move {
            let id = format!("user-{number}");
            for base in 0..20 {
                write_head(&store, user(&id), base, &[1]).await;
                assert_eq!(view(&store, user(&id), Select::Head).await.revision().get(), base + 1);
                let teller = Checked::clone(&store);
                let id = id.clone();
                let other = async move { view(&teller, user(&id), Select::All).await.revision().get() };
                let mut told = JoinSet::new();
                told.spawn(other);
                assert_eq!(told.join_all().await, [base + 1]);
            }
        });
    }
    tasks.join_all().await;
}

/// Of all commits on one base exactly one happens: 32 tasks that each raise a counter once make 32 revisions. With more
/// the losers take most of the time of a cluster's tests: their number grows with the square.
pub async fn one_winner_for_each_base(store: Checked) {
    const TASKS: u64 = 32;
    let mut tasks = JoinSet::new();
    for number in 0..TASKS {
        let store = Checked::clone(&store);
        tasks.spawn(async move { raise(&store, number).await });
    }
    let mut won = tasks.join_all().await;
    won.sort_unstable();
    assert_eq!(won, (0..TASKS).collect::<Vec<_>>());
    let (revision, head, all) = everything(&store, user("counter")).await;
    assert_eq!((revision, head), (TASKS, Some(TASKS.to_be_bytes().to_vec())));
    // Each task has put a row of its own, and each row tells another base.
    assert_eq!(all.len() as u64, TASKS);
}

/// Commits on different subjects do not disturb each other.
pub async fn many_subjects_at_once(store: Checked) {
    let mut tasks = JoinSet::new();
    for number in 0..200 {
        let store = Checked::clone(&store);
        tasks.spawn(async move {
            let id = format!("user-{number}");
            for base in 0..5_u64 {
                let key = base.to_be_bytes();
                let put = changes(base, id.as_bytes(), &[(1, &key, Some(id.as_bytes()))]);
                commit(&store, user(&id), base, put).await.expect("nobody else writes this subject");
            }
        });
    }
    tasks.join_all().await;
    for number in 0..200 {
        let id = format!("user-{number}");
        let (revision, head, all) = everything(&store, user(&id)).await;
        assert_eq!((revision, head.as_deref(), all.len()), (5, Some(id.as_bytes()), 5));
    }
}

/// A commit that conflicts is told so alone; those that are carried out at the same time happen.
pub async fn conflicts_among_other_commits(store: Checked) {
    write_head(&store, user("contended"), 0, b"first").await;
    let mut tasks = JoinSet::new();
    for number in 0..100 {
        let store = Checked::clone(&store);
        tasks.spawn(async move {
            let id = format!("user-{number}");
            let conflicts = number % 10 == 0;
            let subject = if conflicts { user("contended") } else { user(&id) };
            let outcome = commit(&store, subject, 0, changes(0, b"new", &[(1, b"row", Some(b"new"))])).await;
            match outcome {
                Err(CommitError::Conflict) => assert!(conflicts, "{id}"),
                other => assert!(other.is_ok() && !conflicts, "{id}: {other:?}"),
            }
        });
    }
    tasks.join_all().await;
    assert_eq!(everything(&store, user("contended")).await, (1, Some(b"first".to_vec()), vec![]));
    assert_eq!(everything(&store, user("user-1")).await.2, rows(&[(1, b"row", b"new")]));
}

/// A caller that stops waiting leaves a commit that happened or did not, and a store that goes on.
pub async fn abandoned_commits_happen_whole_or_not_at_all(store: Checked) {
    for number in 0..50 {
        let id = format!("user-{number}");
        let put = changes(0, b"head", &[(1, b"a", Some(b"1")), (1, b"b", Some(b"2"))]);
        let wait = Duration::from_micros(number * 10);
        let _ = tokio::time::timeout(wait, commit(&store, user(&id), 0, put)).await;
    }
    // It is behind the others in any queue, and so they are over when it is.
    write_head(&store, user("last"), 0, b"").await;
    for number in 0..50 {
        let (revision, head, all) = everything(&store, user(&format!("user-{number}"))).await;
        let seen = (revision, head.as_deref(), all.len());
        assert!(seen == (0, None, 0) || seen == (1, Some(b"head"), 2), "{seen:?}");
    }
}

/// Raises the counter by one, trying until nobody is faster, and gives the base on which it happened.
async fn raise(store: &Checked, number: u64) -> u64 {
    loop {
        let base = view(store, user("counter"), Select::Head).await.revision().get();
        let key = number.to_be_bytes();
        let head = (base + 1).to_be_bytes();
        match commit(store, user("counter"), base, changes(base, &head, &[(1, &key, Some(&head))])).await {
            Ok(()) => return base,
            Err(CommitError::Conflict | CommitError::Store(StoreError::Busy)) => {
                tokio::task::yield_now().await
            }
            Err(error) => panic!("the commit failed: {error}"),
        }
    }
}
