//! Linearizability: many clients call a real server over HTTP, and the history of what they saw is checked by deciding
//! every command again.
//!
//! Each subject's commits, taken in the order of their revisions, are replayed through `decide` on an empty state. The
//! history is right if
//!
//! * the revisions of a subject are 1, 2, 3 … without a gap or a repeat: nothing was lost or applied twice;
//! * each reply over HTTP, refusals and results per item too, is the one that the replay gives at its revision;
//! * a reply that changed nothing is the one of a revision that was current at some moment of the call;
//! * whoever started after another's answer sees at least that one's revision;
//! * what a call was told of others (imported or not, alive or disbanded) was so at some moment of the call;
//! * a call that failed changed nothing, unless its reply leaves that open; then what it tried last may explain one
//!   revision that nobody else made;
//! * at the end the store holds what the replay ends with: the last calls look at every subject.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod check;
#[path = "../http/described.rs"]
mod described;
mod differential;
#[path = "../http/place.rs"]
mod place;
mod record;
mod replay;
#[path = "../http/support.rs"]
#[allow(dead_code, reason = "shared with the tests of the calls")]
mod support;
mod timeline;
mod told;
mod workload;

use foldmark_harness::quick_folder;
use support::{settings, settings_in};

const APP: &str =
    "[apps.limits]\ncalls_per_second = 0\ngroups = 4\ngrouped_conversations = 6\nmarked_conversations = 6";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_the_memory_store() {
    let history = workload::run(&settings(APP), workload::Size { clients: 32, calls: 150, users: 4 }).await;
    assert_eq!(check::check(&history).failed, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_the_embedded_store_with_one_busy_user() {
    let folder = quick_folder().unwrap();
    let settings = settings_in(folder.path(), APP);
    let history = workload::run(&settings, workload::Size { clients: 48, calls: 60, users: 1 }).await;
    assert_eq!(check::check(&history).failed, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_the_embedded_store_with_many_users() {
    let folder = quick_folder().unwrap();
    let settings = settings_in(folder.path(), APP);
    let history = workload::run(&settings, workload::Size { clients: 48, calls: 100, users: 40 }).await;
    assert_eq!(check::check(&history).failed, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_embedded_store_answers_as_memory_does() {
    let folder = quick_folder().unwrap();
    differential::compare(&settings_in(folder.path(), APP), 5_000).await;
}
