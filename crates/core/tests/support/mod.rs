//! The fixture of the tests of the rules: a small language for states and commands, a store in memory, and the whole
//! cycle from stored bytes to stored bytes.
//!
//! Every command runs through the real formats: rows are encoded, read back as a view of just the rows that the
//! command asked for, decided, and the changes applied to the bytes. Whatever was committed is decoded and recounted
//! (see [`snapshot::Snapshot::check`]), so that every test of the rules is a test of these invariants too.
//!
//! Users are plain words, chat groups begin with `@`. Unless a line names another subject (`bob> import`), commands are
//! about the user [`world::ANN`].

pub(crate) mod answer;
pub(crate) mod given;
pub(crate) mod language;
pub(crate) mod snapshot;
pub(crate) mod words;
pub(crate) mod world;
