//! Files that hold one secret, made at first use: the key of the application that a first run makes, the admin token.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::config::Secret;
use crate::random;

/// The file cannot be used.
#[derive(Debug, Error)]
#[error("{}: {reason}", path.display())]
pub struct SecretFileError {
    path: PathBuf,
    reason: String,
}

/// The secret in the file at `path`, which is made, readable by its owner only, if it is not there.
pub fn read_or_make(path: &Path) -> Result<Secret, SecretFileError> {
    let found = match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => make(path),
        found => found,
    };
    match found {
        Ok(secret) if secret.trim().is_empty() => {
            Err(failed(path, &"the file is empty; delete it to get a new one"))
        }
        Ok(secret) => Ok(Secret::new(secret.trim().to_owned())),
        Err(error) => Err(failed(path, &error)),
    }
}

/// Writes the secret under another name first, so that a crash leaves no half of it.
fn make(path: &Path) -> io::Result<String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let secret = random::hex_key();
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".new");
    let unfinished = PathBuf::from(unfinished);
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    file.write_all(format!("{secret}\n").as_bytes())?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    fs::File::open(folder)?.sync_all()?;
    Ok(secret)
}

fn failed(path: &Path, reason: &dyn std::fmt::Display) -> SecretFileError {
    SecretFileError { path: path.to_owned(), reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_secret_is_made_once_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data").join("a.token");
        let first = read_or_make(&path).unwrap();
        assert_eq!(first.expose(), read_or_make(&path).unwrap().expose());
        assert_eq!(first.expose().len(), 64);
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn an_empty_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.token");
        fs::write(&path, "\n").unwrap();
        let text = read_or_make(&path).unwrap_err().to_string();
        assert!(text.contains("a.token") && text.contains("empty"), "{text}");
    }

    #[test]
    fn what_a_crash_left_is_in_nobody_s_way() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.token.new"), "half").unwrap();
        assert_eq!(read_or_make(&folder.path().join("a.token")).unwrap().expose().len(), 64);
    }
}
