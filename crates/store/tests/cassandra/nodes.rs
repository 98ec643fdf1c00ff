//! Nodes that die or stand still while commits go on.
//!
//! Every commit puts one row of its own, which tells the revision that it made. So whatever happened can be read off
//! in the end: the rows must tell each revision exactly once, and every acknowledged commit must be among them. A
//! commit that happened although its caller was told otherwise is tried again by him, overwrites its own row, and
//! leaves a revision that no row tells.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use foldmark_store::cassandra::Options;
use foldmark_store::{CommitError, Select, Store};
use tokio::task::JoinSet;
use tokio::time::error::Elapsed;
use tokio::time::{sleep, timeout};

use crate::cluster::{SharedStore, alone, commit, connect, own, patient, put, user};

const TASKS: usize = 32;
const USERS: usize = 12;

/// What one task was told.
#[derive(Default)]
struct Told {
    /// Keys of rows and the revisions that they tell.
    happened: BTreeMap<String, u64>,
    unknown: usize,
    failures: usize,
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_done_twice_when_a_node_dies() {
    let _alone = alone().await;
    let store = Arc::new(connect(hasty()).await);
    let writers = Writers::start(&store);
    sleep(Duration::from_secs(3)).await;
    own().kill(1).unwrap();
    sleep(Duration::from_secs(5)).await;
    let before = writers.committed().await;
    writers.go_on(before).await.expect("two nodes are a majority");
    own().restart(1).unwrap();
    sleep(Duration::from_secs(2)).await;
    writers.stop_and_check(&store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_done_twice_when_a_node_stands_still() {
    let _alone = alone().await;
    let store = Arc::new(connect(hasty()).await);
    let writers = Writers::start(&store);
    sleep(Duration::from_secs(3)).await;
    own().pause(2).unwrap();
    sleep(Duration::from_secs(10)).await;
    let before = writers.committed().await;
    own().resume(2).unwrap();
    writers.go_on(before).await.expect("the cluster is whole again");
    writers.stop_and_check(&store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_majority_the_store_is_not_ready_and_commits_nothing() {
    let _alone = alone().await;
    let store = connect(hasty()).await;
    store.ready().await.unwrap();
    commit(&store, "u", 0, vec![]).await.unwrap();
    own().kill(0).unwrap();
    own().kill(1).unwrap();
    // Answers are kept for a second, and nodes that died are noticed by the others after some more.
    while store.ready().await.is_ok() {
        sleep(Duration::from_millis(200)).await;
    }
    let refused = commit(&store, "u", 1, vec![]).await;
    assert!(matches!(refused, Err(CommitError::Store(_) | CommitError::Unknown)), "{refused:?}");
    assert!(store.view(user("u"), Select::Head).await.is_err());
    own().restart(0).unwrap();
    own().restart(1).unwrap();
    while store.ready().await.is_err() {
        sleep(Duration::from_millis(200)).await;
    }
    let stored = store.view(user("u"), Select::Head).await.unwrap();
    let base = stored.revision().get();
    commit(&store, "u", base, vec![]).await.unwrap();
}

/// Time-outs as servers have them, so that they are met.
fn hasty() -> Options {
    let points = own().contact_points();
    let options = patient(&points);
    let defaults = Options::new(Vec::new(), "none");
    Options {
        request_timeout: defaults.request_timeout,
        resolve_timeout: defaults.resolve_timeout,
        ..options
    }
}

struct Writers {
    tasks: JoinSet<Told>,
    stop: Arc<AtomicBool>,
    store: SharedStore,
}

impl Writers {
    fn start(store: &SharedStore) -> Writers {
        let stop = Arc::new(AtomicBool::new(false));
        let mut tasks = JoinSet::new();
        for number in 0..TASKS {
            tasks.spawn(write(Arc::clone(store), number, Arc::clone(&stop)));
        }
        Writers { tasks, stop, store: Arc::clone(store) }
    }

    /// How many commits there were so far, as far as they can be read.
    async fn committed(&self) -> u64 {
        let mut sum = 0;
        for number in 0..USERS {
            let head = self.store.view(user(&user_id(number)), Select::Head).await;
            sum += head.map_or(0, |stored| stored.revision().get());
        }
        sum
    }

    /// Waits until there are more commits than before, and does not wait for ever.
    async fn go_on(&self, before: u64) -> Result<(), Elapsed> {
        let more = async {
            while self.committed().await <= before {
                sleep(Duration::from_millis(100)).await;
            }
        };
        timeout(Duration::from_secs(60), more).await
    }

    async fn stop_and_check(self, store: &SharedStore) {
        self.stop.store(true, Ordering::SeqCst);
        let mut told = Told::default();
        for one in self.tasks.join_all().await {
            told.unknown += one.unknown;
            told.failures += one.failures;
            told.happened.extend(one.happened);
        }
        println!(
            "{} commits happened, {} are unknown, {} did not happen for a failure",
            told.happened.len(),
            told.unknown,
            told.failures
        );
        assert!(told.happened.len() > 100, "there was something to check");
        check(store, told).await;
    }
}

async fn write(store: SharedStore, task: usize, stop: Arc<AtomicBool>) -> Told {
    let id = user_id(task);
    let mut told = Told::default();
    let mut number = 0;
    while !stop.load(Ordering::SeqCst) {
        let Ok(stored) = store.view(user(&id), Select::Head).await else {
            sleep(Duration::from_millis(50)).await;
            continue;
        };
        let base = stored.revision().get();
        let key = format!("{task:02}-{number:05}");
        let row = put(&key, (base + 1).to_string().as_bytes());
        match commit(&store, &id, base, vec![row]).await {
            Ok(()) => {
                told.happened.insert(key, base + 1);
                number += 1;
            }
            Err(CommitError::Unknown) => {
                told.unknown += 1;
                number += 1;
            }
            // It did not happen, so that the same row may be put again.
            Err(CommitError::Conflict) => {}
            Err(CommitError::Store(_)) => {
                told.failures += 1;
                sleep(Duration::from_millis(50)).await;
            }
        }
    }
    told
}

async fn check(store: &SharedStore, mut told: Told) {
    for number in 0..USERS {
        let stored = store.view(user(&user_id(number)), Select::All).await.unwrap();
        let mut revisions = Vec::new();
        for row in stored.rows() {
            let revision: u64 = str::from_utf8(row.value).unwrap().parse().unwrap();
            let key = str::from_utf8(row.key.key).unwrap();
            if let Some(acknowledged) = told.happened.remove(key) {
                assert_eq!(acknowledged, revision, "the row {key}");
            }
            revisions.push(revision);
        }
        revisions.sort_unstable();
        let all: Vec<u64> = (1..=stored.revision().get()).collect();
        assert_eq!(revisions, all, "of the user {number}");
    }
    assert!(told.happened.is_empty(), "acknowledged and lost: {:?}", told.happened);
}

fn user_id(number: usize) -> String {
    format!("user-{}", number % USERS)
}
