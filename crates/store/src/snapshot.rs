//! What a store that can be copied as a whole says of the copy.

use std::collections::BTreeSet;
use std::io;

use thiserror::Error;

use crate::StoreError;

/// What is in a copy of everything that a store holds at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SnapshotFacts {
    /// How long the copy is.
    pub bytes: u64,
    /// The version of the format of the data.
    pub data_format: u32,
    /// Users, deleted ones too, since their heads stay.
    pub users: u64,
    /// Chat groups, disbanded ones too.
    pub chat_groups: u64,
    /// The applications that any of them belongs to.
    pub applications: BTreeSet<u32>,
}

/// Why there is no copy. What was written of it so far is worth nothing.
#[derive(Debug, Error)]
pub enum SnapshotError {
    /// The store has no copy of everything at one moment.
    #[error("this kind of store has no snapshot")]
    Unsupported,
    /// The store needed to be alone for something that could not wait. Another copy may succeed at once.
    #[error("the database had to change its map or to be reopened meanwhile")]
    Interrupted,
    /// The copy could not be written.
    #[error("the copy cannot be written: {0}")]
    Sink(#[source] io::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
