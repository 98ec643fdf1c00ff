//! Where the data of the nodes lies while they run.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file system in memory. Nodes wait for the disk at every step of every agreement, three times a commit, and three
/// nodes share one disk here; in memory the same tests take a fraction of the time. Nothing is lost by it: the tests
/// kill processes, and memory survives that as disks do.
const MEMORY: &str = "/dev/shm";
/// What must be free there: far more than any test writes.
const ROOM_BYTES: u64 = 4 << 30;

/// The folder in which a cluster makes its own: what `TMPDIR` names, or else memory, if there is room.
#[expect(clippy::disallowed_methods, reason = "TMPDIR is where machines tell where temporary data goes")]
pub(crate) fn parent() -> PathBuf {
    let told = env::var_os("TMPDIR").is_some();
    if !told && free_bytes(Path::new(MEMORY)) >= ROOM_BYTES {
        return PathBuf::from(MEMORY);
    }
    env::temp_dir()
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
    fn the_room_in_a_folder_is_known() {
        assert!(free_bytes(&env::temp_dir()) > 0);
        assert_eq!(free_bytes(Path::new("/there/is/no/such/folder")), 0);
    }
}
