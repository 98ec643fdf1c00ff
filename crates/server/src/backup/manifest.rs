//! What a backup says of itself.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// The newest format of backups, and the only one so far.
pub const FORMAT: u32 = 1;

/// The member of a backup that holds the configuration, without secrets unless they were asked for.
pub const CONFIG: &str = "config.toml";
/// The member that holds a snapshot of a data folder.
pub const DATA: &str = "data.mdb";
/// The member that holds the lines of an export.
pub const SUBJECTS: &str = "subjects.jsonl";

/// The manifest of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// See [`FORMAT`].
    pub format: u32,
    /// The version of Foldmark that made it.
    pub version: String,
    /// When it was begun, in UTC: everything that was acknowledged before is in it.
    pub started: String,
    /// When the data in it was complete, in UTC: nothing that was asked for afterwards is in it.
    pub ended: String,
    /// The kind of the store that it was made of.
    pub store: String,
    /// What the data are.
    pub data: DataKind,
    /// The version of their format.
    pub data_format: u32,
    /// Users, deleted ones too.
    pub users: u64,
    /// Chat groups, disbanded ones too.
    pub chat_groups: u64,
    /// The applications that any of them belongs to.
    pub applications: BTreeSet<u32>,
    /// Whether the keys of applications and other secrets are in it.
    pub secrets: bool,
    /// The other members, in their order.
    pub files: Vec<FileFacts>,
}

/// What the data of a backup are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataKind {
    /// A database: all users at one moment.
    Snapshot,
    /// An export: each user at one moment between start and end.
    Export,
}

/// One member of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileFacts {
    /// Its name.
    pub name: String,
    /// How long it is.
    pub bytes: u64,
    /// Its SHA-256, in hex digits.
    pub sha256: String,
}

impl Manifest {
    /// One line about what is in the backup.
    pub fn summary(&self) -> String {
        let moment = match self.data {
            DataKind::Snapshot => "all at one moment",
            DataKind::Export => "each at one moment",
        };
        let Manifest { users, chat_groups, started, ended, .. } = self;
        format!("{users} users and {chat_groups} chat groups, {moment} between {started} and {ended}")
    }
}
