//! The calls over real HTTP, as clients make them.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod accounts;
mod admin;
mod admin_token;
mod backups;
mod bad_input;
mod browser;
mod chat_groups;
mod concurrency;
mod console;
mod console_api;
mod console_operating;
mod console_watch;
mod console_webhooks;
mod dead_letters;
mod described;
mod devices;
mod durability;
mod end_users;
mod guards;
mod metrics;
mod modes;
mod network;
mod openapi;
mod place;
mod rates;
mod receiver;
mod reload;
mod samples;
mod signatures;
#[allow(dead_code, reason = "shared with the tests of histories and of clusters")]
mod support;
mod transport;
mod watch;
mod watcher;
mod webhooks;
