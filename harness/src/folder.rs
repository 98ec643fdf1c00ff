//! Folders for tests that are not about the disk.

use std::io;
use std::path::Path;

use tempfile::TempDir;

/// A temporary folder, in memory where there is room for one: for tests that sync so often that a slow disk, as one is
/// behind a compiler, would hold them up for longer than a call may take.
pub fn quick_folder() -> io::Result<TempDir> {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }
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
}
