//! The one place of this store that draws random numbers, reads the clock and starts tasks.

use std::future::Future;
use std::time::Instant;

use tokio_util::task::TaskTracker;

use crate::StoreError;

/// A number that no other commit has and nobody can guess. Drawn from the operating system, because two processes that
/// drew the same one could take each other's commits for their own.
#[expect(clippy::disallowed_methods, reason = "this file is where randomness is drawn")]
pub(super) fn commit_id() -> Result<u128, StoreError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| StoreError::Failed(format!("the system has no random numbers: {error}")))?;
    Ok(u128::from_be_bytes(bytes))
}

/// Now, to measure how old something is.
#[expect(clippy::disallowed_methods, reason = "this file is where the clock is read")]
pub(super) fn now() -> Instant {
    Instant::now()
}

/// Runs `task` beside the caller. Closing the store waits for it.
#[expect(clippy::disallowed_methods, reason = "this file is where tasks are started")]
pub(super) fn start(tracker: &TaskTracker, task: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(tracker.track_future(task));
}
