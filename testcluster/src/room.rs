//! Where the data of the nodes lies while they run.

use std::env;
use std::path::PathBuf;

/// What must be free in memory: far more than any test writes.
const ROOM_BYTES: u64 = 4 << 30;

/// The folder in which a cluster makes its own: what `TMPDIR` names, or else memory, if there is room. Nodes wait for the
/// disk at every step of every agreement, three times a commit, and three nodes share one disk here; in memory the same
/// tests take a fraction of the time. Nothing is lost by it: the tests kill processes, and memory survives that as disks
/// do.
#[expect(clippy::disallowed_methods, reason = "TMPDIR is where machines tell where temporary data goes")]
pub(crate) fn parent() -> PathBuf {
    let told = env::var_os("TMPDIR").is_some();
    let memory = if told { None } else { foldmark_harness::memory(ROOM_BYTES) };
    memory.unwrap_or_else(env::temp_dir)
}
