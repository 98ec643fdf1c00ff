//! Whatever the disk, the clock and the operating system refuse, the service says so, does nothing by halves, and goes
//! on when the cause is gone.
//!
//! One function a fault, against the real server in a process of its own unless its documentation says otherwise. A
//! fault of the disk is made by a library under that process which lets single operations on the data file fail, as
//! orders in a file say while the process runs; a lack of space by a small file system; other refusals by the operating
//! system itself. Throughout, writers keep a model of what was acknowledged, which is compared with what is read when
//! the fault is over and once more after a restart.

pub(crate) mod control;
mod disk;
mod map;
mod operating;
mod space;
mod witness;

use std::path::Path;

use crate::scenes::{self, Scene};

/// Which faults.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    /// Names of faults; all unless given.
    names: Vec<String>,
}

const FAULTS: &[(&str, Scene)] = &[
    ("data-write", disk::data_write),
    ("data-sync", disk::data_sync),
    ("meta-lost", disk::meta_lost),
    ("meta-landed", disk::meta_landed),
    ("everything", disk::everything),
    ("slow-disk", disk::slow),
    ("no-space", space::no_space),
    ("no-space-at-start", space::no_space_at_start),
    ("read-only", space::read_only),
    ("map-full", map::full),
    ("folder-in-use", operating::folder_in_use),
    ("clock", operating::clock),
    ("descriptors", operating::descriptors),
];

/// Makes the faults, all of them even if some are not survived.
pub(crate) fn run(binary: &Path, options: &Options) -> Result<(), String> {
    scenes::run("faults", FAULTS, &options.names, binary)
}
