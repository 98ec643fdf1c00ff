//! A copy of the whole map at one moment, while it is read and written.
//!
//! LMDB copies itself inside one read transaction, without its free pages. As long as that lasts, pages that are freed
//! meanwhile are not used again, and the file grows by what is written. The copy goes through a pipe, whose other end
//! is read here: it is counted on its way, see [`Census`], and it ends at once when the sink fails or when somebody
//! has to be alone with the environment, since an operation that waits for the copy holds back everyone behind it.
//! The sink should be a local file for the same reason: whoever reads it slowly holds the transaction.

mod census;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{self, PipeReader, Read, Write};
use std::os::fd::OwnedFd;
use std::thread;

pub use self::census::Census;

use super::env::{Environment, store_error};
use super::gate::Gate;
use crate::{SnapshotError, SnapshotFacts, StoreError};

/// As much as a pipe holds.
const CHUNK: usize = 64 << 10;

/// Writes a copy of everything to `sink`.
pub(super) fn snapshot(gate: &Gate, sink: &mut (dyn Write + Send)) -> Result<SnapshotFacts, SnapshotError> {
    let entered = gate.enter()?;
    let environment: &Environment = &entered;
    let failed = |error: io::Error| StoreError::Failed(format!("a copy cannot begin: {error}"));
    let (reader, writer) = io::pipe().map_err(failed)?;
    let mut writer = File::from(OwnedFd::from(writer));
    thread::scope(|scope| {
        let copying = scope.spawn(move || {
            // The writing end is closed when this thread ends, which is how the reader learns of the end.
            environment.copy(&mut writer)
        });
        let pumped = pump(gate, reader, sink);
        let copied = copying.join().map_err(|_| StoreError::Failed("the copy has panicked".to_owned()))?;
        // If the pipe was left early, the copy has failed for that reason alone.
        let census = pumped?;
        copied.map_err(|error| store_error(&error))?;
        census.finish().map_err(|reason| StoreError::Corrupt(reason).into())
    })
}

/// Moves the copy from the pipe to the sink.
fn pump(gate: &Gate, mut reader: PipeReader, sink: &mut (dyn Write + Send)) -> Result<Census, SnapshotError> {
    let mut census = Census::default();
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = reader.read(&mut chunk).map_err(|error| StoreError::Failed(error.to_string()))?;
        if read == 0 {
            return Ok(census);
        }
        if gate.is_wanted_alone() {
            return Err(SnapshotError::Interrupted);
        }
        sink.write_all(&chunk[..read]).map_err(SnapshotError::Sink)?;
        census.take(&chunk[..read]);
    }
}
