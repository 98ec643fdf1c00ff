//! `foldmark export` and `foldmark import`: all users and chat groups, as lines of JSON.
//!
//! Both speak to an admin listener and nothing else: that of the server that has the data folder open, or, when there
//! is none, that of a server of their own which serves nothing but them. A cluster is always reached by an own one.

pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod pages;
pub(crate) mod target;
