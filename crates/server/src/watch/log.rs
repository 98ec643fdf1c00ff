//! Which users of an application changed of late, in order, for those who watch it as a whole.
//!
//! The log begins when somebody first watches the application, and holds a bounded number of changes. Who comes back to
//! a place that it does not hold, be it too old or of a server before, is told so.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use foldmark_core::subject::Revision;
use tokio::sync::watch;

use crate::limits;
use crate::random;

/// The log of one application.
#[derive(Debug)]
pub(super) struct AppLog {
    entries: Mutex<Entries>,
    /// The place behind the newest change.
    end: watch::Sender<u64>,
    /// Tells this log from all others.
    name: u64,
}

#[derive(Debug, Default)]
struct Entries {
    /// The place of the first.
    start: u64,
    all: VecDeque<(Box<str>, Revision)>,
}

/// What a watcher is told.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Told {
    /// What was before is not known, or not all of it.
    pub(super) reset: bool,
    /// Users and their revisions, each with the place behind it.
    pub(super) users: Vec<(Box<str>, Revision, u64)>,
    /// Where to go on.
    pub(super) place: u64,
}

impl Default for AppLog {
    fn default() -> AppLog {
        AppLog { entries: Mutex::default(), end: watch::Sender::new(0), name: random::number() }
    }
}

impl AppLog {
    /// Adds a change.
    pub(super) fn push(&self, user: &str, revision: Revision) {
        let mut entries = self.lock();
        entries.all.push_back((user.into(), revision));
        if entries.all.len() > limits::APP_LOG {
            entries.all.pop_front();
            entries.start += 1;
        }
        let end = entries.start + entries.all.len() as u64;
        drop(entries);
        // Two at once may tell in the wrong order, so that the later place stays.
        self.end.send_if_modified(|known| {
            let is_news = end > *known;
            *known = end.max(*known);
            is_news
        });
    }

    /// Changes when somebody does.
    pub(super) fn subscribe(&self) -> watch::Receiver<u64> {
        self.end.subscribe()
    }

    /// At most `most` changes behind a place; `None` is the beginning of a watch that knows nothing yet.
    pub(super) fn behind(&self, place: Option<u64>, most: usize) -> Told {
        let entries = self.lock();
        let end = entries.start + entries.all.len() as u64;
        match place.filter(|place| (entries.start..=end).contains(place)) {
            None => Told { reset: true, users: Vec::new(), place: end },
            Some(place) => {
                let skipped = (place - entries.start) as usize;
                let found = entries.all.iter().skip(skipped).take(most).zip(place + 1..);
                let users: Vec<_> =
                    found.map(|((user, revision), behind)| (user.clone(), *revision, behind)).collect();
                Told { reset: false, place: place + users.len() as u64, users }
            }
        }
    }

    /// A place as text.
    pub(super) fn write(&self, place: u64) -> String {
        format!("{:016x}-{place}", self.name)
    }

    /// The place of a text that this log wrote.
    pub(super) fn read(&self, text: &str) -> Option<u64> {
        let (name, place) = text.split_once('-')?;
        (u64::from_str_radix(name, 16).ok()? == self.name).then(|| place.parse().ok())?
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_comes_back_in_time_misses_nothing_and_is_told_nothing_twice() {
        let log = AppLog::default();
        let begun = log.behind(None, 10);
        assert!(begun.reset);
        for user in ["a", "b", "c"] {
            log.push(user, Revision::ZERO);
        }
        let first = log.behind(Some(begun.place), 2);
        let names = |told: &Told| told.users.iter().map(|user| user.0.to_string()).collect::<String>();
        assert_eq!((names(&first).as_str(), first.reset), ("ab", false));
        let text = log.write(first.place);
        let second = log.behind(log.read(&text), 10);
        assert_eq!(names(&second), "c");
        assert_eq!(log.behind(Some(second.place), 10).users, []);
        assert_eq!(AppLog::default().read(&text), None, "another server's log");
        assert!(log.behind(Some(99), 10).reset, "a place that is still to come");
    }

    #[test]
    fn what_is_too_long_ago_is_not_known() {
        let log = AppLog::default();
        for _ in 0..=limits::APP_LOG {
            log.push("a", Revision::ZERO);
        }
        assert!(log.behind(Some(0), 1).reset);
        assert!(!log.behind(Some(1), 1).reset);
        assert_eq!(log.lock().all.len(), limits::APP_LOG);
    }
}
