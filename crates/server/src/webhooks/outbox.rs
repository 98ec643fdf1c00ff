//! Which users were changed by commits that others are to be told of: what wakes the deliverers at once. It is no more
//! than a hint, bounded and gone with the process; what counts are the due rows in the store.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use foldmark_core::subject::{AppId, Subject};
use tokio::sync::Notify;

use crate::limits;

/// The hints of all applications.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    apps: Mutex<HashMap<AppId, Arc<Mailbox>>>,
}

/// The hints of one application.
#[derive(Debug, Default)]
pub(super) struct Mailbox {
    hints: Mutex<Hints>,
    pub(super) arrived: Notify,
}

/// What has happened since somebody looked.
#[derive(Debug, Default)]
pub(super) struct Hints {
    /// Users who were changed.
    pub(super) users: HashSet<Box<str>>,
    /// There were more: they are found in the store.
    pub(super) missed: bool,
}

impl Outbox {
    /// A commit of this user that is due is durable, or may be.
    pub(crate) fn changed(&self, subject: Subject<'_>) {
        self.mailbox(subject.app).put(subject.id_str());
    }

    pub(super) fn mailbox(&self, app: AppId) -> Arc<Mailbox> {
        Arc::clone(lock(&self.apps).entry(app).or_default())
    }
}

impl Mailbox {
    fn put(&self, user: &str) {
        let mut hints = lock(&self.hints);
        if hints.users.len() < limits::WEBHOOK_USERS {
            hints.users.insert(user.into());
        } else {
            hints.missed = true;
        }
        drop(hints);
        self.arrived.notify_one();
    }

    /// There is something in the store that no commit has told of.
    pub(super) fn look(&self) {
        lock(&self.hints).missed = true;
        self.arrived.notify_one();
    }

    /// Takes what is there.
    pub(super) fn take(&self) -> Hints {
        std::mem::take(&mut *lock(&self.hints))
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics half way through a change.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use foldmark_core::subject::UserId;

    use super::*;

    #[test]
    fn hints_are_bounded_and_taken_once() {
        let outbox = Outbox::default();
        let app = AppId::new(1).unwrap();
        for number in 0..=limits::WEBHOOK_USERS {
            let id = format!("user-{number}");
            outbox.changed(Subject::user(app, UserId::parse(&id).unwrap()));
        }
        let hints = outbox.mailbox(app).take();
        assert_eq!((hints.users.len(), hints.missed), (limits::WEBHOOK_USERS, true));
        let hints = outbox.mailbox(app).take();
        assert!(hints.users.is_empty() && !hints.missed);
        assert!(outbox.mailbox(AppId::new(2).unwrap()).take().users.is_empty());
    }
}
