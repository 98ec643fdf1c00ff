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

use crate::clock::Watch;
use crate::say::say;

/// Which faults.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    /// Names of faults; all unless given.
    names: Vec<String>,
}

/// A fault: it gets the program and a folder of its own, and says what it saw.
type Fault = fn(&Path, &Path) -> Result<String, String>;

const FAULTS: &[(&str, Fault)] = &[
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
    let watch = Watch::start();
    for name in &options.names {
        if !FAULTS.iter().any(|(known, _)| known == name) {
            let known: Vec<&str> = FAULTS.iter().map(|(name, _)| *name).collect();
            return Err(format!("there is no fault {name:?}, but {}", known.join(", ")));
        }
    }
    let mut failed = Vec::new();
    let mut count = 0;
    for (name, fault) in FAULTS {
        if !options.names.is_empty() && !options.names.iter().any(|chosen| chosen == name) {
            continue;
        }
        count += 1;
        let home = tempfile::tempdir().map_err(|error| error.to_string())?;
        let watch = Watch::start();
        match fault(binary, home.path()) {
            Ok(seen) => say(&format!("faults: {name}: {seen} ({:.1} s)", watch.seconds())),
            Err(error) => {
                say(&format!("faults: {name}: FAILED: {error}"));
                failed.push(*name);
            }
        }
    }
    say(&format!("faults: {count} faults in {:.1} s, {} not as claimed", watch.seconds(), failed.len()));
    match failed.is_empty() {
        true => Ok(()),
        false => Err(format!("not as claimed: {}", failed.join(", "))),
    }
}
