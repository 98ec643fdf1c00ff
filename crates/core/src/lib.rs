//! The rules and stored formats of Foldmark.
//!
//! Nothing in this crate waits, reads a clock, draws a random number or fails for outside reasons.

pub mod changes;
pub mod limits;
pub mod policy;
pub mod stored;
pub mod subject;
