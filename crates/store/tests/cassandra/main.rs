//! The cluster store on a real cluster of three nodes: the contract that every store keeps, and what happens when
//! nodes die, stand still, or answers get lost.
//!
//! The cluster is installed and started when it is first needed, and is shared by all tests of a run. Each test has a
//! keyspace of its own. Tests that harm nodes run alone.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "these are tests, also where they help each other"
)]

mod cluster;
mod costs;
mod dues;
mod leases;
mod nodes;
mod options;
mod pair;
mod proxy;
mod removals;
mod schema;
mod sizes;
mod tls;
mod unknown;

use cluster::store;

foldmark_store::contract_suite!(store().await);
