//! Two servers on one cluster of three nodes: the tests of the calls and of histories as they are for one server, and
//! what happens when nodes die or stand still.
//!
//! The cluster is installed and started when it is first needed, and is shared by all tests of a run. Each fixture has
//! a keyspace of its own, and calls its two servers in turn. Tests that harm nodes run alone.
//!
//! Left out of the tests of the calls are those that ask nothing of the store, or something else: `admin_token` (how
//! files hold the token), and `end_users`, `rates`, `signatures` and `transport` (each server counts calls and failed
//! signatures, and keeps its connections, by itself). Sessions of the console belong to one server too; `console` has
//! what is different there on a cluster.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "these are tests, also where they help each other"
)]

#[path = "../http/accounts.rs"]
mod accounts;
#[path = "../http/admin.rs"]
mod admin;
#[path = "../http/bad_input.rs"]
mod bad_input;
#[path = "../http/browser.rs"]
#[allow(dead_code, reason = "shared with tests that are left out")]
mod browser;
#[path = "../http/chat_groups.rs"]
mod chat_groups;
#[path = "../history/check.rs"]
mod check;
#[path = "../http/concurrency.rs"]
mod concurrency;
mod console;
#[path = "../http/described.rs"]
mod described;
#[path = "../http/devices.rs"]
mod devices;
#[path = "../history/differential.rs"]
mod differential;
#[path = "../http/durability.rs"]
mod durability;
mod faults;
mod histories;
#[path = "../http/modes.rs"]
mod modes;
mod place;
#[path = "../http/receiver.rs"]
#[allow(dead_code, reason = "shared with tests that are left out")]
mod receiver;
#[path = "../history/record.rs"]
mod record;
#[path = "../history/replay.rs"]
mod replay;
#[path = "../http/samples.rs"]
mod samples;
#[path = "../http/support.rs"]
#[allow(dead_code, reason = "shared with tests that are left out")]
mod support;
#[path = "../history/timeline.rs"]
mod timeline;
#[path = "../history/told.rs"]
mod told;
#[path = "../http/watcher.rs"]
mod watcher;
mod watching;
mod webhooks;
#[path = "../history/workload.rs"]
mod workload;

/// The application of histories.
const APP: &str =
    "[apps.limits]\ncalls_per_second = 0\ngroups = 4\ngrouped_conversations = 6\nmarked_conversations = 6";
