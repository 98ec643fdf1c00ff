//! A server without a configured application makes one, so that it can be tried at once.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use foldmark_core::subject::AppId;
use thiserror::Error;

use crate::config::{AppSettings, Secret};
use crate::random;

/// The number of the application that is made.
pub const SDKAPPID: u32 = 1_400_000_000;

/// The file in the data folder that holds the key of the application that is made.
pub const KEY_FILE: &str = "application.key";

/// The key file cannot be used.
#[derive(Debug, Error)]
#[error("{}: {reason}", path.display())]
pub struct KeyFileError {
    path: PathBuf,
    reason: String,
}

/// The application with the key in `folder`, which is made, readable by its owner only, if it is not there.
pub fn application(folder: &Path) -> Result<AppSettings, KeyFileError> {
    let path = folder.join(KEY_FILE);
    let key =
        read_or_make(folder, &path).map_err(|error| KeyFileError { path, reason: error.to_string() })?;
    Ok(AppSettings::new(app(), Secret::new(key)))
}

/// The application with a key that is kept nowhere.
pub fn passing_application() -> AppSettings {
    AppSettings::new(app(), Secret::new(random::hex_key()))
}

fn app() -> AppId {
    AppId::new(SDKAPPID).expect("it is not zero")
}

fn read_or_make(folder: &Path, path: &Path) -> io::Result<String> {
    match fs::read_to_string(path) {
        Ok(key) if key.trim().is_empty() => {
            Err(io::Error::other("the key is empty; delete the file to get a new one"))
        }
        Ok(key) => Ok(key.trim().to_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => make(folder, path),
        Err(error) => Err(error),
    }
}

/// Writes the key under another name first, so that a crash leaves no half of it.
fn make(folder: &Path, path: &Path) -> io::Result<String> {
    fs::create_dir_all(folder)?;
    let key = random::hex_key();
    let unfinished = path.with_extension("key.new");
    let _ = fs::remove_file(&unfinished);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    file.write_all(format!("{key}\n").as_bytes())?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    fs::File::open(folder)?.sync_all()?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_key_is_made_once_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let first = application(&data).unwrap();
        let again = application(&data).unwrap();
        assert_eq!(first.keys[0].expose(), again.keys[0].expose());
        assert_eq!(first.keys[0].expose().len(), 64);
        let mode = fs::metadata(data.join(KEY_FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn an_empty_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(KEY_FILE), "\n").unwrap();
        assert!(application(folder.path()).unwrap_err().to_string().contains("empty"));
    }
}
