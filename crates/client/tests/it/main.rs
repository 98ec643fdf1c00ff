//! The client against the real server, and against one that misbehaves.

#![allow(clippy::unwrap_used, reason = "what tests share is test code too")]

mod blocking;
mod calls;
mod encrypted;
mod examples;
mod faults;
mod places;
mod support;
mod watch;
mod webhook;
