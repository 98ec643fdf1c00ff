//! Files that hold one secret, made at first use: the key of the application that a first run makes, the admin token.
//!
//! A file is written under another name first, so that at every moment there is the whole of a secret or none.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
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

/// Puts another secret into the file at `path`, which is there. Who owned it owns it still, and its group may read it if
/// it could before: whoever renews a token need not be the user that the server runs as.
pub fn replace(path: &Path, secret: &Secret) -> Result<(), SecretFileError> {
    let replaced = fs::canonicalize(path).and_then(|path| {
        let before = fs::metadata(&path)?;
        write(&path, secret.expose(), |file| {
            let now = file.metadata()?;
            if (now.uid(), now.gid()) != (before.uid(), before.gid()) {
                fchown(file, Some(before.uid()), Some(before.gid()))?;
            }
            file.set_permissions(fs::Permissions::from_mode(0o600 | (before.mode() & 0o040)))
        })
    });
    replaced.map_err(|error| failed(path, &error))
}

fn make(path: &Path) -> io::Result<String> {
    fs::create_dir_all(folder(path))?;
    let secret = random::hex_key();
    write(path, &secret, |_| Ok(()))?;
    Ok(secret)
}

/// Writes a file that its owner alone can read, and gives it its name once `prepare` is content and it is on disk.
fn write(path: &Path, secret: &str, prepare: impl FnOnce(&File) -> io::Result<()>) -> io::Result<()> {
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".new");
    let unfinished = PathBuf::from(unfinished);
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    prepare(&file)?;
    file.write_all(format!("{secret}\n").as_bytes())?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    File::open(folder(path))?.sync_all()
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn failed(path: &Path, reason: &dyn std::fmt::Display) -> SecretFileError {
    SecretFileError { path: path.to_owned(), reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn a_secret_is_replaced_and_stays_as_private_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("a.token"), folder.path().join("link"));
        read_or_make(&path).unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        for (before, after) in [(0o600, 0o600), (0o400, 0o600), (0o640, 0o640), (0o644, 0o640)] {
            fs::set_permissions(&path, fs::Permissions::from_mode(before)).unwrap();
            let secret = Secret::new(random::hex_key());
            replace(&link, &secret).unwrap();
            assert_eq!(read_or_make(&path).unwrap().expose(), secret.expose());
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, after, "{before:o}");
        }
        assert!(link.is_symlink());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
        assert!(replace(&folder.path().join("absent"), &Secret::new("x".to_owned())).is_err());
    }
}
