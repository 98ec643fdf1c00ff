//! Making a new database, so that a power cut leaves a whole one or none.
//!
//! A database writes its very first pages without waiting for them, and one whose first pages are half there opens no
//! more. Therefore it is made in a folder of its own, and gets its place when all of it is on disk.

use std::fs;
use std::io;
use std::path::Path;

use super::env::{Environment, store_error};
use super::folder::{self, DATA_FILE, UNFINISHED};
use super::options::OpenError;

/// Makes the database of `folder` with this version of the format, unless it has one. The folder is locked.
pub(super) fn create(folder: &Path, map_bytes: usize, format: u32) -> Result<(), OpenError> {
    let place = folder.join(DATA_FILE);
    if place.exists() {
        // The making may have been cut short between its last steps.
        return remove(folder);
    }
    remove(folder)?;
    let unfinished = folder.join(UNFINISHED);
    fs::create_dir(&unfinished).map_err(|source| failed("create", &unfinished, source))?;
    let made = Environment::open(&unfinished, map_bytes)
        .map_err(|error| OpenError::Database { folder: folder.to_owned(), source: store_error(&error) })?;
    // Its first transaction makes all that was written before durable, too.
    made.begin_format(folder, format)?;
    drop(made);
    fs::rename(unfinished.join(DATA_FILE), &place).map_err(|source| failed("create", &place, source))?;
    folder::sync(folder)?;
    remove(folder)
}

/// Removes what a making has left.
fn remove(folder: &Path) -> Result<(), OpenError> {
    let unfinished = folder.join(UNFINISHED);
    match fs::remove_dir_all(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("remove", &unfinished, error)),
        _ => Ok(()),
    }
}

fn failed(action: &'static str, path: &Path, source: io::Error) -> OpenError {
    OpenError::Io { action, path: path.to_owned(), source }
}
