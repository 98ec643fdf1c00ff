//! Putting a data folder back, so that it is there whole or not at all.
//!
//! Everything is put into a folder within the folder, which no server takes for data: [`EmbeddedStore::open`] refuses
//! the outer one by the inner one's name. The database gets its place last, by one renaming. Whoever was cut off
//! begins again.
//!
//! [`EmbeddedStore::open`]: super::EmbeddedStore::open

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::folder::{self, DATA_FILE, EMULATOR_MARK, HARMLESS, RESTORING};
use super::options::OpenError;

/// A folder that is being restored into. No other process has it until this is dropped.
pub struct Restoring {
    folder: PathBuf,
    companions: &'static [&'static str],
    _lock: File,
}

impl Restoring {
    /// Takes a folder, which is made if it is missing, and has to be empty but for what a restoring into it that was
    /// cut off has left: that is removed. `companions` are the names of files that go beside the database.
    pub fn begin(
        folder: impl AsRef<Path>,
        companions: &'static [&'static str],
    ) -> Result<Restoring, OpenError> {
        let folder = folder.as_ref();
        folder::create(folder)?;
        refuse_occupied(folder, companions)?;
        let lock = folder::lock(folder)?;
        refuse_occupied(folder, companions)?;
        let restoring = Restoring { folder: folder.to_owned(), companions, _lock: lock };
        restoring.remove()?;
        let place = restoring.place();
        fs::create_dir(&place).map_err(|source| failed("create", &place, source))?;
        folder::sync(folder)?;
        Ok(restoring)
    }

    /// The inner folder, in which the database and its companions are made.
    pub fn place(&self) -> PathBuf {
        self.folder.join(RESTORING)
    }

    /// The path of the database in the inner folder.
    pub fn data_file(&self) -> PathBuf {
        self.place().join(DATA_FILE)
    }

    /// Gives everything its place. The files have to be closed and on disk.
    pub fn finish(self) -> Result<(), OpenError> {
        let place = self.place();
        folder::sync(&place)?;
        for name in self.companions.iter().chain(&[DATA_FILE]) {
            let from = place.join(name);
            if from.exists() {
                let to = self.folder.join(name);
                fs::rename(&from, &to).map_err(|source| failed("create", &to, source))?;
            }
        }
        folder::sync(&self.folder)?;
        fs::remove_dir_all(&place).map_err(|source| failed("remove", &place, source))?;
        folder::sync(&self.folder)
    }

    /// Gives up, and leaves the folder empty.
    pub fn abandon(self) -> Result<(), OpenError> {
        self.remove()
    }

    /// Removes what is there of a restoring: the inner folder last, since the others are known by it.
    fn remove(&self) -> Result<(), OpenError> {
        if !self.place().exists() {
            return Ok(());
        }
        for name in self.companions {
            let path = self.folder.join(name);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(failed("remove", &path, error));
                }
                _ => {}
            }
        }
        fs::remove_dir_all(self.place()).map_err(|source| failed("remove", &self.place(), source))
    }
}

fn refuse_occupied(folder: &Path, companions: &[&str]) -> Result<(), OpenError> {
    let was_cut_off = folder.join(RESTORING).exists();
    for entry in fs::read_dir(folder).map_err(|source| failed("read", folder, source))? {
        let name = entry.map_err(|source| failed("read", folder, source))?.file_name();
        let ours = was_cut_off && (name == RESTORING || companions.iter().any(|own| name == *own));
        // What was backed up is nothing that an emulator made.
        let is_harmless = name != EMULATOR_MARK && HARMLESS.iter().any(|harmless| name == *harmless);
        if !ours && !is_harmless {
            let found = name.display().to_string();
            return Err(OpenError::Occupied { folder: folder.to_owned(), found });
        }
    }
    Ok(())
}

fn failed(action: &'static str, path: &Path, source: io::Error) -> OpenError {
    OpenError::Io { action, path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::{EmbeddedStore, Options};

    const COMPANIONS: &[&str] = &["a.key"];

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().display().to_string())
            .collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn nothing_is_there_before_the_end_and_all_of_it_after() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("data");
        let restoring = Restoring::begin(&folder, COMPANIONS).unwrap();
        drop(EmbeddedStore::open(restoring.place(), Options::default()).unwrap());
        fs::write(restoring.place().join("a.key"), "hush").unwrap();
        assert_eq!(names(&folder), ["foldmark.lock", "restoring"]);
        restoring.finish().unwrap();
        assert_eq!(names(&folder), ["a.key", "data.mdb", "foldmark.lock"]);
        drop(EmbeddedStore::open(&folder, Options::default()).unwrap());
        let again = Restoring::begin(&folder, COMPANIONS).err().unwrap().to_string();
        assert!(again.contains("is not empty"), "{again}");
    }

    #[test]
    fn cut_off_anywhere_it_is_no_data_folder_and_can_be_begun_again() {
        let folder = tempfile::tempdir().unwrap();
        let cut = Restoring::begin(folder.path(), COMPANIONS).unwrap();
        drop(EmbeddedStore::open(cut.place(), Options::default()).unwrap());
        drop(cut);
        let refused = EmbeddedStore::open(folder.path(), Options::default()).err().unwrap().to_string();
        assert!(refused.contains("restore"), "{refused}");
        // Between its renamings.
        fs::write(folder.path().join("a.key"), "hush").unwrap();
        assert!(EmbeddedStore::open(folder.path(), Options::default()).is_err());
        let again = Restoring::begin(folder.path(), COMPANIONS).unwrap();
        assert_eq!(names(&again.place()), [""; 0]);
        assert_eq!(names(folder.path()), ["foldmark.lock", "restoring"]);
        again.abandon().unwrap();
        drop(EmbeddedStore::open(folder.path(), Options::default()).unwrap());
    }

    #[test]
    fn a_folder_with_anything_in_it_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.key"), "mine").unwrap();
        let error = Restoring::begin(folder.path(), COMPANIONS).err().unwrap().to_string();
        assert!(error.contains("it holds a.key"), "{error}");
        assert_eq!(names(folder.path()), ["a.key"]);
        fs::remove_file(folder.path().join("a.key")).unwrap();
        fs::write(folder.path().join(EMULATOR_MARK), "").unwrap();
        let error = Restoring::begin(folder.path(), COMPANIONS).err().unwrap().to_string();
        assert!(error.contains(EMULATOR_MARK), "{error}");
        fs::remove_file(folder.path().join(EMULATOR_MARK)).unwrap();
        let first = Restoring::begin(folder.path(), COMPANIONS).unwrap();
        let error = Restoring::begin(folder.path(), COMPANIONS).err().unwrap();
        assert!(matches!(error, OpenError::InUse { .. }), "{error}");
        drop(first);
    }
}
