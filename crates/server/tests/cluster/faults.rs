//! Nodes that die or stand still while clients call two servers. The servers run through all of it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use foldmark_testcluster::Cluster;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::APP;
use crate::check::check;
use crate::place::{alone, own, own_store};
use crate::record::{Recorder, Told};
use crate::support::{Fixture, settings_with};
use crate::workload::Workload;

const CLIENTS: u64 = 12;
const USERS: u64 = 6;
/// How long clients call before a fault, and after it is over.
const CALM: Duration = Duration::from_secs(4);
/// How long a fault lasts that would not end by itself.
const FAULT: Duration = Duration::from_secs(10);
/// How long servers may take until they are as good as before.
const RECOVERY: Duration = Duration::from_secs(10);
/// How often and how long apart it is looked whether the servers are ready, or no longer ready: a minute altogether.
const LOOKS: usize = 300;
const LOOK_EVERY: Duration = Duration::from_millis(200);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_lost_or_done_twice_when_a_node_dies() {
    survive(async || {
        nodes(|cluster| cluster.kill(1).unwrap()).await;
        sleep(FAULT / 2).await;
        nodes(|cluster| cluster.restart(1).unwrap()).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_lost_or_done_twice_when_a_node_stands_still() {
    survive(async || {
        nodes(|cluster| cluster.pause(2).unwrap()).await;
        sleep(FAULT).await;
        nodes(|cluster| cluster.resume(2).unwrap()).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn without_a_majority_servers_are_not_ready_and_calls_fail_until_it_is_back() {
    let turn = alone().await;
    let fixture = Fixture::start_in(turn, &settings_with(&own_store(), ""), || None).await;
    fixture.sample_peers().await;
    assert_eq!(fixture.ready().await, [200, 200]);
    let mark = r#"{"From_Account":"user_0001","MarkItem":[{"OptType":1,"SetMark":[1],"ContactItem":{"Type":1,"To_Account":"user_0002"}}]}"#;
    let get = r#"{"From_Account":"user_0001"}"#;
    nodes(|cluster| {
        cluster.kill(0).unwrap();
        cluster.kill(1).unwrap();
    })
    .await;
    wait_until_ready_is(&fixture, [503, 503]).await;
    for (command, body) in [
        ("mark_contact", mark),
        ("get_contact_group", get),
        ("mark_contact", mark),
        ("get_contact_group", get),
    ] {
        let answer = fixture.call(&format!("recentcontact/{command}"), body).await;
        assert!([50004, 50005].contains(&answer.code()), "{command} gave {}", answer.text);
    }
    nodes(|cluster| {
        cluster.restart(0).unwrap();
        cluster.restart(1).unwrap();
    })
    .await;
    wait_until_ready_is(&fixture, [200, 200]).await;
    for _ in 0..4 {
        let marked = fixture.call("recentcontact/mark_contact", mark).await.ok();
        assert_eq!(marked["ResultItem"][0]["ResultCode"], 0);
        let page = fixture.call("recentcontact/get_contact_group", get).await.ok();
        assert_eq!(page["ContactItem"][0]["StandardMark"], "10");
    }
    fixture.stop().await;
}

/// Checks the history of clients that call before, during and after a fault.
async fn survive(fault: impl AsyncFnOnce()) {
    let turn = alone().await;
    let recorder = Recorder::default();
    let settings = settings_with(&own_store(), APP);
    let fixture = Fixture::start_in(turn, &settings, || Some(recorder.observer())).await;
    let workload = Workload::start(fixture, recorder, USERS).await;
    let stop = AtomicBool::new(false);
    let (begun, over) = (AtomicU64::new(0), AtomicU64::new(0));
    let script = async {
        sleep(CALM).await;
        begun.store(workload.ticks.load(Ordering::SeqCst), Ordering::SeqCst);
        fault().await;
        sleep(RECOVERY).await;
        over.store(workload.ticks.load(Ordering::SeqCst), Ordering::SeqCst);
        sleep(CALM).await;
        stop.store(true, Ordering::SeqCst);
    };
    tokio::join!(workload.clients(CLIENTS, |_| !stop.load(Ordering::SeqCst)), script);
    assert_eq!(workload.fixture.ready().await, [200, 200]);
    let history = workload.finish().await;
    let (begun, over) = (begun.into_inner(), over.into_inner());

    let summary = check(&history);
    let answered = |from: u64, to: u64| {
        let calls: Vec<_> = history.calls.iter().filter(|call| call.start >= from && call.end < to).collect();
        (calls.iter().filter(|call| call.told() == Told::Answered).count(), calls.len())
    };
    let (during, after) = (answered(begun, over), answered(over, u64::MAX));
    println!(
        "{} calls: {summary:?}; answered during the fault {during:?}, after it {after:?}",
        history.calls.len()
    );
    assert!(during.0 > 20, "two nodes are a majority: {during:?}");
    assert!(after.0 > 50 && after.0 * 10 > after.1 * 9, "the servers recovered by themselves: {after:?}");
}

/// Does something to the nodes, where waiting for them stops no client.
async fn nodes(harm: impl FnOnce(&mut Cluster) + Send + 'static) {
    let mut tasks = JoinSet::new();
    tasks.spawn_blocking(move || harm(&mut own()));
    tasks.join_next().await.unwrap().unwrap();
}

async fn wait_until_ready_is(fixture: &Fixture, wanted: [u16; 2]) {
    let mut statuses = Vec::new();
    for _ in 0..LOOKS {
        statuses = fixture.ready().await;
        if statuses == wanted {
            return;
        }
        sleep(LOOK_EVERY).await;
    }
    panic!("the servers say {statuses:?} and not {wanted:?}");
}
