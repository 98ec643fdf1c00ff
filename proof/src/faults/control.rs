//! Orders to the library under a server, and its counts. The file's layout is that of `struct control` in `faults.c`.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::server::Launch;
use crate::shim;

const BYTES: usize = 48;
const CLOCK_AT: u64 = 24;
const COUNTS_AT: u64 = 32;

/// The operating system's number for a failure of the device.
pub(crate) const EIO: u32 = 5;

/// Which orders there are, in the order of the file.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Order {
    /// Writes of data fail with this number.
    DataWrite,
    /// Syncs of data fail with this number.
    DataSync,
    /// Synchronous writes of a meta page fail with this number.
    MetaWrite,
    /// What the database writes to take a failed meta page back fails with this number.
    RepairWrite,
    /// If not zero, a meta page is written and then said to have failed.
    MetaLands,
    /// Syncs take so many milliseconds longer.
    SyncMilliseconds,
}

/// The file of orders of one server.
pub(crate) struct Control {
    file: File,
    path: PathBuf,
    library: PathBuf,
}

impl Control {
    /// Makes the library and a file without orders.
    pub(crate) fn new(home: &Path) -> Result<Control, String> {
        let library = shim::compile(include_str!("../faults.c"), "faults", home)?;
        let path = home.join("control");
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&path)
            .map_err(|error| error.to_string())?;
        file.set_len(BYTES as u64).map_err(|error| error.to_string())?;
        Ok(Control { file, path, library })
    }

    /// Puts the library under a server that is to be started.
    pub(crate) fn put_under(&self, launch: &mut Launch) {
        let variable = |name: &str, path: &Path| (name.to_owned(), path.display().to_string());
        launch.environment =
            vec![variable("LD_PRELOAD", &self.library), variable("PROOF_CONTROL", &self.path)];
    }

    /// Gives an order; 0 takes it back.
    pub(crate) fn set(&self, order: Order, value: u32) -> Result<(), String> {
        self.put(order as u64 * 4, &value.to_ne_bytes())
    }

    /// Takes all orders back that concern the disk.
    pub(crate) fn lift(&self) -> Result<(), String> {
        self.put(0, &[0; CLOCK_AT as usize])
    }

    /// Moves the clock of the day by so many seconds.
    pub(crate) fn move_clock(&self, seconds: i64) -> Result<(), String> {
        self.put(CLOCK_AT, &seconds.to_ne_bytes())
    }

    /// How often one of the first four orders was carried out.
    pub(crate) fn count(&self, order: Order) -> Result<u32, String> {
        let mut bytes = [0; 4];
        self.file
            .read_exact_at(&mut bytes, COUNTS_AT + order as u64 * 4)
            .map_err(|error| error.to_string())?;
        Ok(u32::from_ne_bytes(bytes))
    }

    fn put(&self, at: u64, bytes: &[u8]) -> Result<(), String> {
        self.file.write_all_at(bytes, at).map_err(|error| error.to_string())
    }
}
