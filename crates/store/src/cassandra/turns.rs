//! One view or commit of a subject at a time, as far as this process goes.
//!
//! Copies that are asked to agree on many things about one partition at once, be they reads, spend their time on
//! telling each other to begin anew: 64 views of one subject at once take longer than any time-out. Those of one server
//! take turns here instead, so that only those of different servers meet there. It is a matter of speed alone: nothing
//! relies on it.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use foldmark_core::subject::Subject;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::timeout;

use crate::StoreError;

/// How many subjects can have a turn at once, at most. Two that share one wait for each other, which is rare enough
/// when there are more of them than commits under way.
const TURNS: usize = 4096;

/// The turns of all subjects, several subjects to one.
pub(super) struct Turns {
    turns: Vec<Mutex<()>>,
    patience: Duration,
}

impl Turns {
    /// Turns that commits wait for no longer than `patience`.
    pub(super) fn new(patience: Duration) -> Turns {
        Turns { turns: (0..TURNS).map(|_| Mutex::new(())).collect(), patience }
    }

    /// Waits for the turn of a commit, in the order of asking.
    pub(super) async fn wait(&self, subject: Subject<'_>) -> Result<MutexGuard<'_, ()>, StoreError> {
        timeout(self.patience, self.turn(subject).lock()).await.map_err(|_| StoreError::Busy)
    }

    /// Waits a while for the turn of a view. When it does not come the view is read all the same, because a commit
    /// that is not answered must not keep others from reading.
    pub(super) async fn wait_a_while(&self, subject: Subject<'_>) -> Option<MutexGuard<'_, ()>> {
        timeout(self.patience / 4, self.turn(subject).lock()).await.ok()
    }

    fn turn(&self, subject: Subject<'_>) -> &Mutex<()> {
        let mut hasher = DefaultHasher::new();
        subject.hash(&mut hasher);
        &self.turns[hasher.finish() as usize % TURNS]
    }
}

#[cfg(test)]
mod tests {
    use foldmark_core::subject::{AppId, UserId};

    use super::*;

    #[tokio::test]
    async fn one_at_a_time_and_not_for_ever() {
        let user = Subject::user(AppId::new(1).unwrap(), UserId::parse("a").unwrap());
        let turns = Turns::new(Duration::from_millis(10));
        let first = turns.wait(user).await.unwrap();
        assert!(matches!(turns.wait(user).await, Err(StoreError::Busy)));
        assert!(turns.wait_a_while(user).await.is_none());
        drop(first);
        assert!(turns.wait(user).await.is_ok());
    }
}
