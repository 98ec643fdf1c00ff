//! Disks that are full or cannot be written at all: small file systems in memory, mounted for the purpose.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::witness::Witness;
use crate::server::{Launch, Server};

const MOUNT_BYTES: usize = 3 << 20;
/// What a file system of this kind gives out at once.
const BLOCK: usize = 4096;

/// The disk fills up while everyone writes: 50004, nothing by halves; room comes back, and so does the service.
pub(super) fn no_space(binary: &Path, home: &Path) -> Result<String, String> {
    let mount = Mount::new(&home.join("disk"))?;
    let mut launch = Launch::new(binary, home);
    launch.data = mount.folder.join("data");
    let server = launch.start()?;
    let mut witness = Witness::new();
    witness.write_well(&server, 20)?;
    let mut failed = 0;
    for _ in 0..3 {
        mount.fill()?;
        failed += write_into_full(&mut witness, &server)?;
        witness.check(&server)?;
        mount.free()?;
        server.wait_ready(true)?;
        witness.write_well(&server, 5)?;
    }
    server.kill()?;
    let server = launch.start()?;
    witness.check(&server)?;
    server.kill()?;
    Ok(format!(
        "a full disk three times: {failed} calls answered 50004, nothing done, reads go on, not ready; then ready and \
         writing without a restart"
    ))
}

/// A server is started while the disk is full. It refuses with words, or serves what it has; either way nothing is lost.
pub(super) fn no_space_at_start(binary: &Path, home: &Path) -> Result<String, String> {
    let mount = Mount::new(&home.join("disk"))?;
    let mut launch = Launch::new(binary, home);
    launch.data = mount.folder.join("data");
    mount.fill()?;
    let (status, said) = launch.refused()?;
    if status.code() != Some(1) || !names_data(&said, &launch) {
        return Err(format!("a new store on a full disk ends with {status} and says {said:?}"));
    }
    mount.free()?;
    let server = launch.start()?;
    let mut witness = Witness::new();
    witness.write_well(&server, 20)?;
    server.kill()?;
    mount.fill()?;
    let server = launch.start()?;
    witness.check(&server)?;
    write_into_full(&mut witness, &server)?;
    mount.free()?;
    server.wait_ready(true)?;
    witness.write_well(&server, 5)?;
    witness.check(&server)?;
    server.kill()?;
    Ok("a new store is refused with words and made when there is room; an old one is served and takes writes again".to_owned())
}

/// The data folder cannot be written: the server does not start, says why, and touches nothing.
pub(super) fn read_only(binary: &Path, home: &Path) -> Result<String, String> {
    let mount = Mount::new(&home.join("disk"))?;
    let mut launch = Launch::new(binary, home);
    launch.data = mount.folder.join("data");
    let server = launch.start()?;
    let mut witness = Witness::new();
    witness.write_well(&server, 10)?;
    server.kill()?;
    mount.remount("ro")?;
    let (status, said) = launch.refused()?;
    if status.code() != Some(1) || !names_data(&said, &launch) {
        return Err(format!("the server ends with {status} and says {said:?}"));
    }
    mount.remount("rw")?;
    let server = launch.start()?;
    witness.check(&server)?;
    server.kill()?;
    Ok(format!("refused to start: {}", said.trim()))
}

/// Adds users until there is no room, and looks whether the health check says so. Then everyone writes: what fits into
/// pages that were freed earlier may still succeed. Gives how many writes failed.
fn write_into_full(witness: &mut Witness, server: &Server) -> Result<u64, String> {
    while witness.grow(server)? {}
    if server.ready().is_ok() {
        return Err("a write has failed for lack of room, and the health check is good".to_owned());
    }
    let seen = witness.write(server, 20)?;
    match seen.unknown {
        0 => Ok(seen.failed + 1),
        _ => Err(format!("a full disk should be answered 50004: {seen:?}")),
    }
}

fn names_data(said: &str, launch: &Launch) -> bool {
    said.contains(&launch.data.display().to_string())
}

/// A file system of its own, taken away when it is dropped.
struct Mount {
    folder: PathBuf,
}

impl Mount {
    fn new(folder: &Path) -> Result<Mount, String> {
        fs::create_dir(folder).map_err(|error| error.to_string())?;
        let size = format!("size={MOUNT_BYTES}");
        mount(&["-t", "tmpfs", "-o", &size, "foldmark-proof"], folder)?;
        Ok(Mount { folder: folder.to_owned() })
    }

    fn remount(&self, mode: &str) -> Result<(), String> {
        mount(&["-o", &format!("remount,{mode}")], &self.folder)
    }

    /// Uses up all room.
    fn fill(&self) -> Result<(), String> {
        use std::io::Write;
        let path = self.folder.join("filler");
        let mut file = fs::File::create(path).map_err(|error| error.to_string())?;
        let block = [0; BLOCK];
        for _ in 0..=MOUNT_BYTES / BLOCK {
            if file.write_all(&block).is_err() {
                return Ok(());
            }
        }
        Err("the small disk has no end".to_owned())
    }

    /// Gives the room back.
    fn free(&self) -> Result<(), String> {
        fs::remove_file(self.folder.join("filler")).map_err(|error| error.to_string())
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // It goes at the latest with the machine.
        let _ = Command::new("umount").arg("--lazy").arg(&self.folder).status();
    }
}

fn mount(arguments: &[&str], folder: &Path) -> Result<(), String> {
    let output = Command::new("mount")
        .args(arguments)
        .arg(folder)
        .output()
        .map_err(|error| format!("cannot mount: {error}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!(
            "cannot mount a small file system, which this fault needs (root may): {}",
            String::from_utf8_lossy(&output.stderr).trim()
        )),
    }
}
