//! The REST protocol of conversation groups and marks, as types.
//!
//! The server parses requests and writes replies with this crate; the client does the opposite with the same
//! types, so the two cannot drift apart. It knows the names, shapes, limits and codes of the wire and nothing
//! else: no rule of the product, no HTTP, no clock, no randomness, no I/O.
//!
//! The way of a call through a server:
//!
//! 1. [`command::CallName::from_path`] and [`query::Query::parse`] read the URL,
//! 2. [`usersig::UserSig::decode`] and [`usersig::UserSig::verify`] say who is calling,
//! 3. [`json::parse_body`] turns the body into a borrowed tree,
//! 4. `parse` of the call's request type checks every field of it,
//! 5. [`reply::write_ok`] or [`reply::write_fault`] writes the answer.
//!
//! Invariants:
//!
//! * Input from the network never panics; every refusal is a [`Fault`] with a documented [`Code`].
//! * Within a body the first fault in the order of the document wins; missing fields come after it.
//! * A request type that `parse` has returned holds only values that its documentation allows.
//! * Written JSON is pinned by the files in `golden/`: field order, field names, what is left out.

pub mod accounts;
pub mod chat_groups;
pub mod code;
pub mod command;
pub mod contact;
pub mod contact_groups;
pub mod contact_groups_reply;
mod contact_record;
pub mod devices;
pub mod devices_reply;
mod extract;
pub mod fault;
pub mod json;
pub mod limits;
mod make;
pub mod marks;
pub mod query;
pub mod reply;
pub mod samples;
pub mod transfer;
pub mod usersig;
mod write;

#[cfg(test)]
mod golden_tests;

pub use code::Code;
pub use command::CallName;
pub use fault::Fault;

/// The README's example is right.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
