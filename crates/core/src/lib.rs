//! The rules and stored formats of Foldmark.
//!
//! [`decide`](decide::decide) holds every rule of the product. It takes what is stored about one subject
//! ([`View`](view::View)), what is asked ([`Command`](command::Command)) and the moment
//! ([`Context`](policy::Context)), and says what to answer and what to commit
//! ([`Decision`](decision::Decision)). Nothing in this crate waits, reads a clock, draws a random number or fails for
//! outside reasons.

pub mod changes;
pub mod command;
pub mod decide;
pub mod decision;
pub mod feed;
pub mod format;
pub mod image;
pub mod layout;
pub mod limits;
pub mod mark;
pub mod policy;
pub mod stored;
pub mod subject;
pub mod verify;
pub mod view;
