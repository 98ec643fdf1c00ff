//! The data folder: made durably, locked against other processes, and never mistaken for a folder of something else.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;
use std::thread;
use std::time::Duration;

use super::options::OpenError;

const LOCK_FILE: &str = "foldmark.lock";
/// The file by which an emulator marks a folder as its own, before it has a database.
pub const EMULATOR_MARK: &str = "emulator.mark";
pub(super) const DATA_FILE: &str = "data.mdb";
/// The folder in which a database is made.
pub(super) const UNFINISHED: &str = "unfinished";
/// The folder in which a backup is put back.
pub(super) const RESTORING: &str = "restoring";
/// What a folder without a database may hold: left by an opening that was cut short, or made by the file system.
pub(super) const HARMLESS: [&str; 5] = [LOCK_FILE, "lock.mdb", UNFINISHED, "lost+found", EMULATOR_MARK];

/// A process that is just being started has, until it runs its own program, the locks of the one that starts it. So a
/// folder is in use if it stays locked a little while.
const LOOKS_AT_A_LOCK: u32 = 26;
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

/// Makes the folder if it is missing and locks it. The lock lasts as long as the file that is given back.
pub(super) fn prepare(folder: &Path) -> Result<File, OpenError> {
    create(folder)?;
    // Looked at before anything is written, so that a foreign folder stays as it is.
    refuse_foreign(folder)?;
    lock(folder)
}

/// Makes the names of the files in the folder durable.
pub(super) fn sync(folder: &Path) -> Result<(), OpenError> {
    sync_folder(folder).map_err(|source| OpenError::Io { action: "sync", path: folder.to_owned(), source })
}

/// Makes the folder and its missing parents, each entered durably into its own parent.
pub(super) fn create(folder: &Path) -> Result<(), OpenError> {
    if folder.is_dir() {
        return Ok(());
    }
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !parent.is_dir() {
        create(parent)?;
    }
    match private_folder().create(folder) {
        // Someone else made it in the meantime.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => {}
        Err(source) => {
            return Err(OpenError::Io { action: "create", path: folder.to_owned(), source });
        }
        Ok(()) => {}
    }
    sync(parent)
}

fn refuse_foreign(folder: &Path) -> Result<(), OpenError> {
    let failed = |source| OpenError::Io { action: "read", path: folder.to_owned(), source };
    if folder.join(DATA_FILE).exists() {
        return Ok(());
    }
    if folder.join(RESTORING).exists() {
        let reason = "a restore into it was cut off: run it again, or empty the folder".to_owned();
        return Err(OpenError::Foreign { folder: folder.to_owned(), reason });
    }
    for entry in fs::read_dir(folder).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        // A database that has appeared just now belongs to someone who holds the lock.
        if name != DATA_FILE && !HARMLESS.iter().any(|harmless| name == *harmless) {
            let reason = format!("it holds {} and no database", name.display());
            return Err(OpenError::Foreign { folder: folder.to_owned(), reason });
        }
    }
    Ok(())
}

pub(super) fn lock(folder: &Path) -> Result<File, OpenError> {
    let path = folder.join(LOCK_FILE);
    let file = match OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path) {
        Ok(file) => file,
        Err(source) => {
            return Err(OpenError::Io { action: "open", path, source });
        }
    };
    let mut looks = LOOKS_AT_A_LOCK;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(source)) => return Err(OpenError::Io { action: "lock", path, source }),
            Err(TryLockError::WouldBlock) if looks == 1 => {
                return Err(OpenError::InUse { folder: folder.to_owned() });
            }
            Err(TryLockError::WouldBlock) => thread::sleep(BETWEEN_LOOKS),
        }
        looks -= 1;
    }
}

#[cfg(unix)]
fn private_folder() -> DirBuilder {
    use std::os::unix::fs::DirBuilderExt;
    let mut builder = DirBuilder::new();
    builder.mode(0o700);
    builder
}

#[cfg(not(unix))]
fn private_folder() -> DirBuilder {
    DirBuilder::new()
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Other systems cannot open a folder as a file, and keep names durable by themselves.
#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_are_made_and_private() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("a/b");
        let _lock = prepare(&folder).unwrap();
        assert!(folder.join(LOCK_FILE).is_file());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        }
    }

    #[test]
    fn a_locked_folder_is_refused_by_name_until_it_is_free() {
        let folder = tempfile::tempdir().unwrap();
        let lock = prepare(folder.path()).unwrap();
        let error = prepare(folder.path()).unwrap_err();
        assert!(matches!(error, OpenError::InUse { .. }), "{error}");
        assert!(error.to_string().contains(&folder.path().display().to_string()), "{error}");
        drop(lock);
        prepare(folder.path()).unwrap();
    }

    #[test]
    fn a_folder_with_other_files_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("notes.txt"), "mine").unwrap();
        let error = prepare(folder.path()).unwrap_err();
        assert!(error.to_string().contains("notes.txt"), "{error}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let outer = tempfile::tempdir().unwrap();
        let file = outer.path().join("file");
        fs::write(&file, "").unwrap();
        let error = prepare(&file.join("data")).unwrap_err();
        assert!(error.to_string().starts_with(&format!("cannot create {}", file.display())), "{error}");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_folder_that_cannot_be_written_is_named() {
        // Not even root makes a file in this one.
        let error = prepare(Path::new("/sys/kernel/foldmark")).unwrap_err();
        assert!(error.to_string().starts_with("cannot create /sys/kernel/foldmark: "), "{error}");
    }
}
