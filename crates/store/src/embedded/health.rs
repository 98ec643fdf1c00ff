//! Whether the last write succeeded, and when to try one just to find out.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long nothing is tried again after a failure: neither a probe nor the opening of the environment.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The state of writing, as far as the store knows.
#[derive(Debug, Default)]
pub(super) struct Health(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Why the last write failed; `None` if it succeeded.
    failure: Option<String>,
    probed: Option<Instant>,
}

impl Health {
    /// A write was made durable.
    pub(super) fn succeeded(&self) {
        if let Some(failure) = self.lock().failure.take() {
            tracing::info!(failure, "the database takes writes again");
        }
    }

    /// A write failed for another reason than its own contents. It is logged when the reason is a new one.
    pub(super) fn failed(&self, failure: String) {
        let mut state = self.lock();
        if state.failure.as_ref() != Some(&failure) {
            tracing::error!(failure, "the database does not take writes");
        }
        state.failure = Some(failure);
    }

    /// Why the last write failed, if it did.
    pub(super) fn failure(&self) -> Option<String> {
        self.lock().failure.clone()
    }

    /// Whether a probe is due; if so, it counts as made.
    pub(super) fn take_probe(&self) -> bool {
        take_turn(&mut self.lock().probed)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether enough time has passed since the last turn to take one now.
pub(super) fn take_turn(last: &mut Option<Instant>) -> bool {
    let now = now();
    if last.is_some_and(|last| now.saturating_duration_since(last) < RETRY_AFTER) {
        return false;
    }
    *last = Some(now);
    true
}

#[expect(
    clippy::disallowed_methods,
    reason = "spaces retries of a failing disk and measures syncs; no stored or answered byte depends on it"
)]
pub(super) fn now() -> Instant {
    Instant::now()
}
