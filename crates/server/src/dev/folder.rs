//! The data folder of an emulator, which no server serves from, and the folders of servers, which no emulator touches.
//!
//! The key of an emulator is public and a reset empties it, so neither is a mix-up that anybody may get away with. The
//! mark is made before the database, so that there is no moment at which an emulator's folder looks like a server's.

use std::fs::{self, DirBuilder};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use foldmark_store::embedded::EMULATOR_MARK;
use thiserror::Error;

/// Why an emulator does not use a folder.
#[derive(Debug, Error)]
pub enum FolderError {
    /// A server's data, or something else, is in it.
    #[error(
        "{} was not made by `foldmark dev`, which works on a folder of its own only: name one that is empty or absent",
        folder.display()
    )]
    NotAnEmulators {
        /// The folder.
        folder: PathBuf,
    },
    /// The operating system says no.
    #[error("{}: {error}", path.display())]
    Io {
        /// Of what.
        path: PathBuf,
        /// What it says.
        error: io::Error,
    },
}

/// What the mark holds until the seed is in the folder.
const NEW: &str = "new\n";
const FILLED: &str =
    "Made by foldmark dev. Anybody knows the key of what is in here, and a reset removes it.\n";

/// Whether the folder is an emulator's.
pub(crate) fn is_emulators(folder: &Path) -> bool {
    folder.join(EMULATOR_MARK).exists()
}

/// Makes the folder an emulator's, or finds that it is one. Returns whether it has yet to be filled.
pub(super) fn claim(folder: &Path) -> Result<bool, FolderError> {
    let mark = folder.join(EMULATOR_MARK);
    match fs::read_to_string(&mark) {
        Ok(text) => return Ok(text == NEW || text.is_empty()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(FolderError::Io { path: mark, error }),
    }
    match fs::read_dir(folder).map(|mut entries| entries.next().is_none()) {
        Ok(true) => {}
        Ok(false) => return Err(FolderError::NotAnEmulators { folder: folder.to_owned() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
            made.map_err(|error| FolderError::Io { path: folder.to_owned(), error })?;
        }
        Err(error) => return Err(FolderError::Io { path: folder.to_owned(), error }),
    }
    write(&mark, NEW)?;
    Ok(true)
}

/// Notes that the seed is in the folder.
pub(super) fn filled(folder: &Path) -> Result<(), FolderError> {
    write(&folder.join(EMULATOR_MARK), FILLED)
}

fn write(mark: &Path, text: &str) -> Result<(), FolderError> {
    let written = fs::File::create(mark)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()));
    written.map_err(|error| FolderError::Io { path: mark.to_owned(), error })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_claimed_once_and_filled_once() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("a/data");
        assert!(claim(&folder).unwrap());
        assert!(is_emulators(&folder));
        assert!(claim(&folder).unwrap(), "filling was cut off");
        filled(&folder).unwrap();
        assert!(!claim(&folder).unwrap());
        assert!(is_emulators(&folder));
    }

    #[test]
    fn what_others_made_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        assert!(claim(folder.path()).unwrap(), "an empty one will do");
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("data.mdb"), "").unwrap();
        let error = claim(folder.path()).unwrap_err();
        assert!(matches!(error, FolderError::NotAnEmulators { .. }), "{error}");
        assert!(!is_emulators(folder.path()));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
