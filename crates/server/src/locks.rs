//! Locks that keep the writers of one subject in a queue, so that many clients of one user all succeed.
//!
//! A lock is held from the view to the answer of the commit. There is a fixed number of locks and each subject hashes
//! to one of them, so memory is bounded; now and then two subjects wait for each other without need, which costs a
//! wait and nothing else. Correctness never depends on these locks: the store compares revisions.

use std::hash::{BuildHasher, RandomState};

use foldmark_core::subject::Subject;
use tokio::sync::{Mutex, MutexGuard};

/// Enough that a thousand writers at once rarely share a lock; about 1 MiB.
const LOCKS: usize = 1 << 14;

/// Locks for all subjects of a server.
#[derive(Debug)]
pub(crate) struct SubjectLocks {
    locks: Box<[Mutex<()>]>,
    hasher: RandomState,
}

impl SubjectLocks {
    pub(crate) fn new() -> SubjectLocks {
        SubjectLocks { locks: (0..LOCKS).map(|_| Mutex::new(())).collect(), hasher: RandomState::new() }
    }

    /// Waits until no other writer of `subject` is at work. First come, first served.
    pub(crate) async fn lock(&self, subject: Subject<'_>) -> MutexGuard<'_, ()> {
        let index = self.hasher.hash_one(subject) as usize % LOCKS;
        self.locks[index].lock().await
    }
}

#[cfg(test)]
mod tests {
    use foldmark_core::subject::{AppId, UserId};
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn one_writer_of_a_subject_at_a_time() {
        let locks = SubjectLocks::new();
        let subject = Subject::user(AppId::new(1).unwrap(), UserId::parse("u").unwrap());
        let first = locks.lock(subject).await;
        assert!(locks.lock(subject).now_or_never().is_none());
        drop(first);
        assert!(locks.lock(subject).now_or_never().is_some());
    }
}
