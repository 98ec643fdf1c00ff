//! The calls over real HTTP, as clients make them.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod accounts;
mod bad_input;
mod chat_groups;
mod concurrency;
mod durability;
mod modes;
mod samples;
mod signatures;
mod support;
mod transport;
