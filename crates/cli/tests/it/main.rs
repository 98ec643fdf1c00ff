//! The binary as people and scripts meet it: what it prints, how it ends, and that its server keeps its word.

#![allow(clippy::unwrap_used, reason = "what tests share is test code too")]

mod admin_tls;
mod admin_token;
mod audit;
mod backup;
mod bench;
mod call;
mod cluster;
mod demo;
mod dev;
mod devices;
mod flaky;
mod health;
mod logs;
mod migrate;
mod operate;
mod serve;
mod snippets;
mod support;
mod tools;
#[cfg(feature = "otlp")]
mod trace;
mod transfer;
#[cfg(feature = "library-tests")]
mod webhook_libraries;
mod webhooks;
