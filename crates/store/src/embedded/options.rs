//! How an embedded store is opened: its bounds, and why it may not open.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::StoreError;

/// The bounds of an embedded store. The defaults suit any machine: a map takes up address space, not memory, and the
/// file on disk is only as long as its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// The size of the memory map to begin with, in bytes. Rounded up to a multiple of 64 KiB.
    pub map_bytes: u64,
    /// The size up to which the map is doubled when it is full, in bytes. Rounded up to a multiple of 64 KiB.
    pub map_bytes_max: u64,
    /// How many commits may wait for the writer; one more is refused with [`StoreError::Busy`].
    pub queue_commits: usize,
    /// How many commits one transaction takes at most.
    pub batch_commits: usize,
    /// At how many bytes of changes a transaction takes no further commit.
    pub batch_bytes: usize,
}

/// Why an embedded store could not be opened. Each names the folder or file.
#[derive(Debug, Error)]
pub enum OpenError {
    /// Another process, or another store of this process, has the folder open.
    #[error("the data folder {} is in use by another process", .folder.display())]
    InUse {
        /// The data folder.
        folder: PathBuf,
    },
    /// The folder was written by a newer version of Foldmark.
    #[error(
        "the data folder {} has format version {found}, but this version of Foldmark knows only {known} and older: \
         use a newer version",
        .folder.display()
    )]
    Newer {
        /// The data folder.
        folder: PathBuf,
        /// Its version.
        found: u32,
        /// The newest version that this program knows.
        known: u32,
    },
    /// The folder has an older format and could not be taken to the present one.
    #[error(
        "the data folder {} of format version {from} cannot be upgraded to {to}, and is as it was: {reason}",
        .folder.display()
    )]
    Upgrade {
        /// The data folder.
        folder: PathBuf,
        /// Its version.
        from: u32,
        /// The version that it was to have.
        to: u32,
        /// What went wrong.
        reason: String,
    },
    /// Something is to be restored into a folder that is not empty.
    #[error("{} is not empty: it holds {found}, and only an empty or absent folder is restored into", .folder.display())]
    Occupied {
        /// The folder.
        folder: PathBuf,
        /// The name of something in it.
        found: String,
    },
    /// The folder holds something else.
    #[error("{} is not a data folder of Foldmark: {reason}", .folder.display())]
    Foreign {
        /// The folder.
        folder: PathBuf,
        /// What was found in it.
        reason: String,
    },
    /// The operating system refused something.
    #[error("cannot {action} {}: {source}", .path.display())]
    Io {
        /// What was tried, such as "create".
        action: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// Why it did not work.
        source: io::Error,
    },
    /// The database in the folder could not be opened or written.
    #[error("cannot open the database in {}: {source}", .folder.display())]
    Database {
        /// The data folder.
        folder: PathBuf,
        /// What the database says.
        source: StoreError,
    },
    /// The options contradict each other or ask for more than this machine can address.
    #[error("the options of the embedded store are not usable: {0}")]
    Options(&'static str),
}

impl Default for Options {
    fn default() -> Options {
        Options {
            map_bytes: 64 << 30,
            map_bytes_max: 1 << 40,
            queue_commits: 4096,
            batch_commits: 1024,
            batch_bytes: 8 << 20,
        }
    }
}

/// The database wants multiples of the machine's page size, which is 64 KiB at most.
pub(super) const MAP_UNIT: usize = 64 << 10;

/// The sizes of the map, checked and rounded so that the database takes them.
#[derive(Clone, Copy, Debug)]
pub(super) struct MapSizes {
    pub(super) first: usize,
    pub(super) max: usize,
}

impl Options {
    /// Checks the options.
    pub(super) fn map_sizes(&self) -> Result<MapSizes, OpenError> {
        if self.map_bytes == 0 || self.map_bytes > self.map_bytes_max {
            return Err(OpenError::Options("the map must have a size, and its largest size be no less"));
        }
        if self.queue_commits == 0 || self.batch_commits == 0 || self.batch_bytes == 0 {
            return Err(OpenError::Options("the queue and the batches must have room for a commit"));
        }
        let (Some(first), Some(max)) = (round_up(self.map_bytes), round_up(self.map_bytes_max)) else {
            return Err(OpenError::Options("the map is larger than this machine can address"));
        };
        Ok(MapSizes { first, max })
    }
}

fn round_up(bytes: u64) -> Option<usize> {
    usize::try_from(bytes).ok()?.checked_next_multiple_of(MAP_UNIT)
}
