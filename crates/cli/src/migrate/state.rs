//! Which users are finished: a file to which a line is added for each, with the digest of what he has.
//!
//! A line is written only after the user is durable on the other side, so that the file never says too much. It may
//! say too little after a crash: such users are looked at again, found to be the same, and not written twice.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use foldmark_server::clock::Clock;
use foldmark_wire::transfer::Digest;
use serde_json::{Value, json};

use crate::failure::Failure;

/// Lines that may be lost in a power cut, and how old they may become.
const UNSYNCED_LINES: u32 = 100;
const UNSYNCED: Duration = Duration::from_secs(1);

/// An open file of finished users.
pub(super) struct State {
    path: PathBuf,
    file: File,
    clock: Clock,
    unsynced: u32,
    synced: Duration,
}

impl State {
    /// Opens the file, which has to be of a migration that is `about` the same, and gives back who is finished.
    pub(super) fn open(path: &Path, about: &Value) -> Result<(State, HashMap<String, Digest>), Failure> {
        let failed = |error: &dyn std::fmt::Display| Failure::failed(format!("{}: {error}", path.display()));
        let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        let mut file = opened.map_err(|error| failed(&error))?;
        if file.try_lock().is_err() {
            return Err(Failure::usage(format!("{}: another migration is using it", path.display())));
        }
        let (done, end) = read(&file, path, about)?;
        // What a crash has torn is cut off.
        file.set_len(end).map_err(|error| failed(&error))?;
        file.seek(SeekFrom::End(0)).map_err(|error| failed(&error))?;
        let clock = Clock::system();
        let synced = clock.monotonic();
        let mut state = State { path: path.to_owned(), file, clock, unsynced: 0, synced };
        if end == 0 {
            state.line(&json!({ "Migrate": about }))?;
            state.sync()?;
        }
        Ok((state, done))
    }

    /// Remembers that a user is finished.
    pub(super) fn done(&mut self, user: &str, digest: Digest) -> Result<(), Failure> {
        self.line(&json!({ "User": user, "Digest": String::from(digest) }))?;
        self.unsynced += 1;
        if self.unsynced >= UNSYNCED_LINES || self.clock.monotonic() - self.synced >= UNSYNCED {
            self.sync()?;
        }
        Ok(())
    }

    /// Makes all lines durable.
    pub(super) fn sync(&mut self) -> Result<(), Failure> {
        self.file.sync_data().map_err(|error| self.failed(&error))?;
        (self.unsynced, self.synced) = (0, self.clock.monotonic());
        Ok(())
    }

    /// Unbuffered: a process that is killed loses no line.
    fn line(&mut self, value: &Value) -> Result<(), Failure> {
        let text = format!("{value}\n");
        self.file.write_all(text.as_bytes()).map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &std::io::Error) -> Failure {
        Failure::failed(format!("{}: {error}", self.path.display()))
    }
}

impl Drop for State {
    fn drop(&mut self) {
        // Said aloud, because a child process that was started meanwhile may hold the file a moment longer. If it
        // fails, closing the file does it.
        let _ = self.file.unlock();
    }
}

/// Who is finished, and where the last whole line ends.
fn read(file: &File, path: &Path, about: &Value) -> Result<(HashMap<String, Digest>, u64), Failure> {
    let mut reader = BufReader::new(file);
    let mut done = HashMap::new();
    let mut end = 0;
    let mut text = Vec::new();
    loop {
        text.clear();
        let length = reader
            .read_until(b'\n', &mut text)
            .map_err(|error| Failure::failed(format!("{}: {error}", path.display())))?;
        if length == 0 || text.last() != Some(&b'\n') {
            return Ok((done, end));
        }
        let Ok(line) = serde_json::from_slice::<Value>(&text) else {
            if end == 0 {
                return Err(wrong(path));
            }
            return Ok((done, end));
        };
        if end == 0 && line["Migrate"] != *about {
            return Err(wrong(path));
        }
        let digest = serde_json::from_value::<Digest>(line["Digest"].clone()).ok();
        if let (Some(user), Some(digest)) = (line["User"].as_str(), digest) {
            done.insert(user.to_owned(), digest);
        }
        end += length as u64;
    }
}

fn wrong(path: &Path) -> Failure {
    Failure::usage(format!(
        "{} is no state of a migration between the same two places; name another file",
        path.display()
    ))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use foldmark_wire::transfer::Totals;

    use super::*;

    #[test]
    fn finished_users_are_remembered_and_a_torn_line_is_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        let about = json!({ "From": "a" });
        let digest = Totals::default().digest;
        let (mut state, done) = State::open(&path, &about).unwrap();
        assert!(done.is_empty());
        state.done("u1", digest).unwrap();
        state.done("u 2\n", digest).unwrap();
        let busy = State::open(&path, &about).err().unwrap();
        assert!(busy.to_string().contains("another migration"), "{busy}");
        drop(state);

        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() - 3]).unwrap();
        let (mut state, done) = State::open(&path, &about).unwrap();
        assert_eq!(done.keys().collect::<Vec<_>>(), ["u1"]);
        state.done("u 2\n", digest).unwrap();
        drop(state);
        assert_eq!(fs::read(&path).unwrap(), whole);

        let other = State::open(&path, &json!({ "From": "b" })).err().unwrap();
        assert!(other.to_string().contains("name another file"), "{other}");
    }
}
