//! The folder of the backups that a server keeps: names, what is there, and what has to go.
//!
//! A backup has its moment in its name, `foldmark-20261123T135908Z.tar`, and nothing else in the folder is ever looked
//! at or removed. One that is not finished is named `….tar.partial`.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::status::Kept;
use crate::utc;

const PREFIX: &str = "foldmark-";
const SUFFIX: &str = ".tar";
const PARTIAL: &str = ".partial";

/// The folder.
#[derive(Clone, Debug)]
pub(super) struct Shelf {
    folder: PathBuf,
}

/// A backup that is being made. Dropped without being finished, it is removed.
pub(super) struct Unfinished {
    file: File,
    partial: PathBuf,
    name: String,
    time: u64,
    folder: PathBuf,
}

impl Shelf {
    pub(super) fn new(folder: PathBuf) -> Shelf {
        Shelf { folder }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The backups that are there, the oldest first. None, if the folder cannot be read.
    pub(super) fn list(&self) -> Vec<Kept> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let (Some(time), Ok(facts)) = (time_of(&name), entry.metadata()) else { continue };
            found.push(Kept { name, time, bytes: facts.len(), seconds: None, manifest: None });
        }
        found.sort_by(|one, other| one.name.cmp(&other.name));
        found
    }

    pub(super) fn newest(&self) -> Option<Kept> {
        self.list().pop()
    }

    /// Begins the file of a backup of this moment, or of the first one after it that none has. The folder is made if
    /// it is missing.
    pub(super) fn begin(&self, now: u64) -> io::Result<Unfinished> {
        fs::create_dir_all(&self.folder)?;
        let mut time = now;
        while self.folder.join(name_of(time)).exists() {
            time += 1;
        }
        let name = name_of(time);
        let partial = self.folder.join(format!("{name}{PARTIAL}"));
        let mut options = OpenOptions::new();
        // These are the data of users.
        let file = options.read(true).write(true).create(true).truncate(true).mode(0o600).open(&partial)?;
        Ok(Unfinished { file, partial, name, time, folder: self.folder.clone() })
    }

    /// Removes what a server that was killed has left.
    pub(super) fn sweep(&self) {
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.strip_suffix(PARTIAL).and_then(time_of).is_some() {
                self.remove(&name);
            }
        }
    }

    /// Removes the oldest, so that `keep` are left.
    pub(super) fn retain(&self, keep: usize) {
        let mut found = self.list();
        found.truncate(found.len().saturating_sub(keep));
        for old in found {
            self.remove(&old.name);
        }
    }

    fn remove(&self, name: &str) {
        if let Err(error) = fs::remove_file(self.folder.join(name)) {
            tracing::warn!(name, %error, "an old backup cannot be removed");
        }
    }
}

impl Unfinished {
    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Gives the file, which is on disk, its name; gives the name and the moment in it.
    pub(super) fn finish(mut self) -> io::Result<(String, u64)> {
        fs::rename(&self.partial, self.folder.join(&self.name))?;
        File::open(&self.folder)?.sync_all()?;
        Ok((std::mem::take(&mut self.name), self.time))
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // Of a finished one there is nothing under this name any more.
        let _ = fs::remove_file(&self.partial);
    }
}

fn name_of(time: u64) -> String {
    format!("{PREFIX}{}{SUFFIX}", utc::to_name(time))
}

/// The moment in the name of a backup; `None` if this is the name of something else.
fn time_of(name: &str) -> Option<u64> {
    utc::from_name(name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const NOW: u64 = 1_795_442_348;

    fn names(shelf: &Shelf) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(shelf.folder())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn backups_get_their_names_at_the_end_and_never_the_same() {
        let outer = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(outer.path().join("backups"));
        assert!(shelf.newest().is_none());
        let first = shelf.begin(NOW).unwrap();
        assert_eq!(names(&shelf), ["foldmark-20261123T135908Z.tar.partial"]);
        assert_eq!(first.finish().unwrap(), ("foldmark-20261123T135908Z.tar".to_owned(), NOW));
        drop(shelf.begin(NOW + 1).unwrap());
        shelf.begin(NOW).unwrap().finish().unwrap();
        assert_eq!(names(&shelf), ["foldmark-20261123T135908Z.tar", "foldmark-20261123T135909Z.tar"]);
        assert_eq!(shelf.newest().unwrap().time, NOW + 1);
        let mode = fs::metadata(shelf.folder().join(&names(&shelf)[0])).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn only_backups_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(folder.path().to_owned());
        for other in ["notes.txt", "foldmark-old.tar", "foldmark-20261123T135908Z.tar.copy", "x.partial"] {
            fs::write(folder.path().join(other), "mine").unwrap();
        }
        for second in 0..5 {
            shelf.begin(NOW + second).unwrap().finish().unwrap();
        }
        fs::write(folder.path().join("foldmark-20261123T150000Z.tar.partial"), "half").unwrap();
        shelf.sweep();
        shelf.retain(2);
        assert_eq!(
            names(&shelf),
            [
                "foldmark-20261123T135908Z.tar.copy",
                "foldmark-20261123T135911Z.tar",
                "foldmark-20261123T135912Z.tar",
                "foldmark-old.tar",
                "notes.txt",
                "x.partial",
            ]
        );
    }
}
