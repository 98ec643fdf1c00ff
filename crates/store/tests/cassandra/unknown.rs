//! Commits whose answer is lost: what the store says must be true, then and for ever.

use std::sync::Arc;
use std::time::Duration;

use foldmark_store::{CommitError, Store, StoreError};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::cluster::{commit, connect, keys, patient, points, put, revision, shared};
use crate::pair::{PATIENCE, Pair, REQUEST};
use crate::proxy::{Proxies, Rule};

impl Pair {
    /// Begins a commit on `base` that puts the row "mine".
    fn begin(&self, base: u64) -> JoinSet<Result<(), CommitError>> {
        let store = Arc::clone(&self.store);
        let mut task = JoinSet::new();
        task.spawn(async move { commit(&store, "u", base, vec![put("mine", b"")]).await });
        task
    }

    /// Begins a commit on `base` that happens and whose fate cannot be asked for yet. On a slow machine the nodes may
    /// give a batch up, which is told to nobody under this rule: then the store has to say so, and it is begun again.
    async fn begin_and_happen(&self, base: u64) -> JoinSet<Result<(), CommitError>> {
        for _ in 0..5 {
            self.proxies.hold_statements();
            let task = self.begin(base);
            if self.comes_to(base + 1).await {
                return task;
            }
            self.proxies.let_statements_go();
            let told = outcome(task).await;
            if revision(&self.other, "u").await == base {
                assert!(is_timeout(&told) || matches!(told, Err(CommitError::Unknown)), "{told:?}");
            } else {
                panic!("happened after {PATIENCE:?}, and was told {told:?}");
            }
        }
        panic!("five commits in a row were given up by the nodes");
    }

    async fn other_commits(&self, bases: std::ops::Range<u64>) {
        for base in bases {
            commit(&self.other, "u", base, vec![]).await.unwrap();
        }
    }
}

async fn outcome(mut task: JoinSet<Result<(), CommitError>>) -> Result<(), CommitError> {
    task.join_next().await.unwrap().unwrap()
}

fn is_timeout(outcome: &Result<(), CommitError>) -> bool {
    matches!(outcome, Err(CommitError::Store(StoreError::Timeout)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_happened_is_found() {
    let pair = Pair::new(|_| ()).await;
    for (base, rule) in [(1, Rule::LoseAnswersToBatches), (2, Rule::LoseAnswersToBatches)] {
        pair.proxies.set(rule);
        outcome(pair.begin(base)).await.unwrap();
        assert_eq!(revision(&pair.other, "u").await, base + 1);
    }
    assert_eq!(keys(&pair.other, "u").await, ["mine"]);
    // Each was sent once.
    assert_eq!(pair.proxies.batches(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_commit_of_a_subject_is_found_or_fenced() {
    let pair = Pair::new(|_| ()).await;
    pair.proxies.set(Rule::LoseBatches);
    let lost = commit(&pair.store, "new", 0, vec![put("a", b"")]).await;
    assert!(is_timeout(&lost), "{lost:?}");
    assert_eq!(revision(&pair.other, "new").await, 0);
    assert!(keys(&pair.other, "new").await.is_empty());
    let page = pair
        .other
        .walk(
            crate::cluster::user("new").app,
            foldmark_core::subject::SubjectKind::User,
            &foldmark_store::WalkFrom::Start,
            10,
        )
        .await
        .unwrap();
    let met: Vec<_> = page.entries.iter().map(|entry| entry.id.as_str()).collect();
    assert_eq!(met, ["u"]);

    pair.proxies.set(Rule::LoseAnswersToBatches);
    commit(&pair.store, "newer", 0, vec![put("b", b"")]).await.unwrap();
    assert_eq!(keys(&pair.other, "newer").await, ["b"]);

    // The one that was given up can be tried again, by anybody.
    commit(&pair.other, "new", 0, vec![put("c", b"")]).await.unwrap();
    assert_eq!(revision(&pair.other, "new").await, 1);
    assert_eq!(keys(&pair.other, "new").await, ["c"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_was_lost_is_told_so_and_can_be_tried_again() {
    let pair = Pair::new(|_| ()).await;
    pair.proxies.set(Rule::LoseBatches);
    for _ in 0..2 {
        let lost = outcome(pair.begin(1)).await;
        assert!(is_timeout(&lost), "{lost:?}");
    }
    assert_eq!(revision(&pair.other, "u").await, 1);
    pair.proxies.set(Rule::Pass);
    let before = pair.proxies.batches();
    outcome(pair.begin(1)).await.unwrap();
    // Once without knowing of the fence, once with it; the commit after it meets no fence.
    assert_eq!(pair.proxies.batches() - before, 2);
    outcome(pair.begin(2)).await.unwrap();
    assert_eq!(pair.proxies.batches() - before, 3);
    pair.other_commits(3..4).await;
    assert_eq!(revision(&pair.store, "u").await, 4);
}

/// The request waits on its way until long after its fate was told. Without a fence it would happen then.
#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_was_held_up_never_happens_after_it_was_told_not_to_have() {
    let pair = Pair::new(|_| ()).await;
    pair.proxies.set(Rule::HoldBatches);
    let lost = outcome(pair.begin(1)).await;
    assert!(is_timeout(&lost), "{lost:?}");
    pair.proxies.set(Rule::Pass);
    assert_eq!(pair.proxies.let_go(), 1);
    sleep(Duration::from_secs(2)).await;
    assert_eq!(revision(&pair.other, "u").await, 1);
    assert!(keys(&pair.other, "u").await.is_empty());
    pair.other_commits(1..2).await;
    assert_eq!(keys(&pair.other, "u").await, Vec::<String>::new());
}

/// The same request happens if nobody asks for its fate: what keeps it from happening above is the fence.
#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_was_held_up_and_given_up_without_asking_still_happens() {
    let pair = Pair::new(|_| ()).await;
    pair.proxies.set(Rule::HoldBatches);
    let task = pair.begin(1);
    pair.wait_for_batch(0).await;
    drop(task);
    pair.proxies.set(Rule::Pass);
    assert_eq!(pair.proxies.let_go(), 1);
    assert!(pair.comes_to(2).await);
    assert_eq!(keys(&pair.other, "u").await, ["mine"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_was_held_up_does_not_follow_another_one() {
    let pair = Pair::new(|_| ()).await;
    pair.proxies.set(Rule::HoldBatches);
    pair.proxies.hold_statements();
    let task = pair.begin(1);
    pair.wait_for_batch(0).await;
    pair.other_commits(1..2).await;
    pair.proxies.let_statements_go();
    let lost = outcome(task).await;
    assert!(matches!(lost, Err(CommitError::Conflict)), "{lost:?}");
    pair.proxies.set(Rule::Pass);
    assert_eq!(pair.proxies.let_go(), 1);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(revision(&pair.other, "u").await, 2);
    assert!(keys(&pair.other, "u").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_is_found_behind_fifteen_others_and_not_behind_sixteen() {
    let pair = Pair::new(|_| ()).await;
    pair.proxies.set(Rule::LoseAnswersToBatches);
    for (base, others, known) in [(1, 1, true), (3, 15, true), (19, 16, false), (36, 20, false)] {
        let task = pair.begin_and_happen(base).await;
        pair.other_commits(base + 1..base + 1 + others).await;
        pair.proxies.let_statements_go();
        let told = outcome(task).await;
        match told {
            Ok(()) => assert!(known, "behind {others}"),
            Err(CommitError::Unknown) => assert!(!known, "behind {others}"),
            other => panic!("behind {others}: {other:?}"),
        }
        assert_eq!(revision(&pair.other, "u").await, base + 1 + others);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_was_lost_behind_many_others_is_unknown() {
    let pair = Pair::new(|_| ()).await;
    pair.proxies.set(Rule::LoseBatches);
    pair.proxies.hold_statements();
    let task = pair.begin(1);
    pair.wait_for_batch(0).await;
    pair.other_commits(1..18).await;
    pair.proxies.let_statements_go();
    let told = outcome(task).await;
    assert!(matches!(told, Err(CommitError::Unknown)), "{told:?}");
    assert!(keys(&pair.other, "u").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_is_unknown_when_nobody_can_be_asked() {
    let turn = shared().await;
    let points = points();
    let proxies = Proxies::start(&points).await;
    let mut options = proxies.options(patient(&points));
    options.request_timeout = REQUEST;
    let store = connect(options.clone()).await;
    commit(&store, "u", 0, vec![]).await.unwrap();
    store.close().await;
    options.resolve_timeout = Duration::from_millis(800);
    let store = connect(options).await;
    proxies.set(Rule::LoseAnswersToBatchesAndAllElse);
    let told = timeout(REQUEST + Duration::from_secs(2), commit(&store, "u", 1, vec![]))
        .await
        .expect("it takes no longer than both time-outs");
    assert!(matches!(told, Err(CommitError::Unknown)), "{told:?}");
    drop(turn);
}
