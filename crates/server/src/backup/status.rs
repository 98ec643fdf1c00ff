//! How the backups of a server go, for operators and metrics.

use super::manifest::Manifest;

/// The last backups that were made, or not made, in the configured folder.
#[derive(Clone, Debug, Default)]
pub(crate) struct Status {
    /// The last one that was made; after a start, the newest one of the folder.
    pub(crate) succeeded: Option<Kept>,
    /// The last one since the start that was not made.
    pub(crate) failed: Option<Failed>,
    /// Whether one is being made, be it one that is not kept.
    pub(crate) running: bool,
}

/// A backup that is kept.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    /// The name of the file.
    pub(crate) name: String,
    /// Unix seconds of its beginning.
    pub(crate) time: u64,
    /// The length of the file.
    pub(crate) bytes: u64,
    /// How long it took, if this server has made it.
    pub(crate) seconds: Option<f64>,
    /// What is in it, if this server has made it.
    pub(crate) manifest: Option<Manifest>,
}

/// A backup that was not made.
#[derive(Clone, Debug)]
pub(crate) struct Failed {
    /// Unix seconds of its end.
    pub(crate) time: u64,
    /// For people.
    pub(crate) reason: String,
}

impl Status {
    /// Before anything was made or failed.
    pub(super) fn at_start(newest: Option<Kept>) -> Status {
        Status { succeeded: newest, failed: None, running: false }
    }
}
