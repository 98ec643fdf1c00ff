//! The one place that starts tasks. Every task belongs to a server, is told when the server stops, and is waited for.

use std::future::Future;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The tasks of one server. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tasks {
    tracker: TaskTracker,
    stopping: CancellationToken,
    leaving: CancellationToken,
}

impl Tasks {
    /// Runs `task` beside the caller.
    #[expect(clippy::disallowed_methods, reason = "this file is where tasks are started")]
    pub(crate) fn start(&self, task: impl Future<Output = ()> + Send + 'static) {
        tokio::spawn(self.tracker.track_future(task));
    }

    /// As [`Tasks::start`], from where there may be no runtime any more; then `task` is dropped.
    pub(crate) fn start_late(&self, task: impl Future<Output = ()> + Send + 'static) {
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(self.tracker.track_future(task));
        }
    }

    /// Runs `work`, which may block, on a thread for such work, to its end even if nobody waits for it any more. `None`
    /// if it has panicked.
    #[expect(clippy::disallowed_methods, reason = "this file is where tasks are started")]
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let counted = self.tracker.token();
        let working = tokio::task::spawn_blocking(move || {
            let _counted = counted;
            work()
        });
        working.await.ok()
    }

    /// Whether the server is to stop.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.is_cancelled()
    }

    /// Resolves once the server is to stop.
    pub(crate) async fn stopping(&self) {
        self.stopping.cancelled().await;
    }

    /// Lets everyone who asks know that the server will stop soon.
    pub(crate) fn leave(&self) {
        self.leaving.cancel();
    }

    /// Whether the server will stop soon, or stops.
    pub(crate) fn are_leaving(&self) -> bool {
        self.leaving.is_cancelled() || self.stopping.is_cancelled()
    }

    /// Tells all tasks to stop, and waits for them for at most `grace`. Returns whether all ended in time.
    pub(crate) async fn stop(&self, grace: Duration) -> bool {
        self.stopping.cancel();
        self.tracker.close();
        tokio::time::timeout(grace, self.tracker.wait()).await.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn stopping_reaches_tasks_and_waits_for_them() {
        let tasks = Tasks::default();
        let told = tasks.clone();
        tasks.start(async move { told.stopping().await });
        assert!(tasks.stop(Duration::from_secs(10)).await);
    }

    #[tokio::test]
    async fn a_task_that_does_not_end_is_not_waited_for_without_end() {
        let tasks = Tasks::default();
        tasks.start(std::future::pending());
        assert!(!tasks.stop(Duration::from_millis(10)).await);
    }
}
