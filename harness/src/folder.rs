//! Folders for tests that are not about the disk.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

const MEMORY: &str = "/dev/shm";
/// Far more than any test writes into a [`quick_folder`].
const ROOM_BYTES: u64 = 2 << 30;

/// A temporary folder, in memory where there is room: for tests that sync so often that a slow disk, as one is behind a
/// compiler, would hold them up for longer than a call may take.
pub fn quick_folder() -> io::Result<TempDir> {
    match memory(ROOM_BYTES) {
        Some(memory) => tempfile::tempdir_in(memory),
        None => tempfile::tempdir(),
    }
}

/// A folder in memory, if the machine has one with so much room.
pub fn memory(room_bytes: u64) -> Option<PathBuf> {
    let folder = PathBuf::from(MEMORY);
    (free_bytes(&folder) >= room_bytes).then_some(folder)
}

/// How much may be written there; nothing if that cannot be found out.
fn free_bytes(folder: &Path) -> u64 {
    let Ok(output) = Command::new("df").args(["-B1", "--output=avail"]).arg(folder).output() else {
        return 0;
    };
    // A line with the name of the column, and one with the number.
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().nth(1).and_then(|number| number.trim().parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_empty_and_goes_with_its_owner() {
        let folder = quick_folder().unwrap();
        let path = folder.path().to_owned();
        assert_eq!(path.read_dir().unwrap().count(), 0);
        drop(folder);
        assert!(!path.exists());
    }

    #[test]
    fn the_room_in_a_folder_is_known() {
        assert!(free_bytes(&std::env::temp_dir()) > 0);
        assert_eq!(free_bytes(Path::new("/there/is/no/such/folder")), 0);
        assert_eq!(memory(u64::MAX), None);
    }
}
