//! Who watches whom. A commit asks here whom to wake; where nobody watches, that is one look at one number.
//!
//! A watcher is entered before he reads for the first time. A commit that he could have missed was durable before he
//! read; one that was not finds him.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use foldmark_core::subject::{AppId, Revision, Subject, SubjectKind};
use foldmark_wire::{Code, Fault};
use tokio::sync::watch::{Receiver, Sender};

use super::log::AppLog;
use crate::config::WatchSettings;

/// All watchers of a server.
#[derive(Debug)]
pub(crate) struct Hub {
    limits: WatchSettings,
    /// In a cluster other servers change users too, whose commits wake nobody here.
    polls: bool,
    /// Watchers of users.
    watchers: AtomicUsize,
    /// Watchers of applications.
    app_watchers: AtomicUsize,
    hasher: RandomState,
    users: Vec<Mutex<Users>>,
    user_count: AtomicUsize,
    /// Applications that anybody has ever watched as a whole.
    logged: AtomicUsize,
    logs: Mutex<HashMap<AppId, Arc<AppLog>>>,
}

/// Users who are watched.
type Users = HashMap<(AppId, Box<str>), Watched>;

/// A user who is watched.
#[derive(Debug)]
struct Watched {
    /// Connections of each [`Whose`].
    watchers: [usize; 2],
    changed: Sender<Revision>,
}

/// On whose behalf a user is watched. They are counted apart, so that nobody's devices keep his back end out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// The user's own.
    User,
    Administrator,
}

/// So many maps, so that commits of different users seldom wait for each other.
const SHARDS: usize = 64;

/// An entry of somebody who watches a user, until it is dropped.
#[derive(Debug)]
pub(super) struct Watching {
    hub: Arc<Hub>,
    app: AppId,
    user: Box<str>,
    whose: Whose,
    /// Changes when the user does.
    pub(super) changed: Receiver<Revision>,
}

/// An entry of somebody who watches an application, until it is dropped.
#[derive(Debug)]
pub(super) struct WatchingApp {
    hub: Arc<Hub>,
    pub(super) log: Arc<AppLog>,
}

impl Hub {
    pub(crate) fn new(limits: &WatchSettings, polls: bool) -> Hub {
        Hub {
            limits: *limits,
            polls,
            watchers: AtomicUsize::new(0),
            app_watchers: AtomicUsize::new(0),
            hasher: RandomState::new(),
            users: (0..SHARDS).map(|_| Mutex::default()).collect(),
            user_count: AtomicUsize::new(0),
            logged: AtomicUsize::new(0),
            logs: Mutex::default(),
        }
    }

    /// Where nobody can watch.
    pub(crate) fn nobody() -> Hub {
        Hub::new(&WatchSettings { connections: 0, per_user: 0, cluster_users: 0 }, false)
    }

    /// A commit about this subject is durable, or may be.
    pub(crate) fn changed(&self, subject: Subject<'_>, revision: Revision) {
        if subject.kind() != SubjectKind::User {
            return;
        }
        if self.watchers.load(Ordering::SeqCst) > 0 {
            let key = (subject.app, Box::from(subject.id_str()));
            if let Some(watched) = self.shard(&key).get(&key) {
                watched.changed.send_replace(revision);
            }
        }
        if self.logged.load(Ordering::SeqCst) > 0 {
            let log = lock(&self.logs).get(&subject.app).cloned();
            if let Some(log) = log {
                log.push(subject.id_str(), revision);
            }
        }
    }

    /// Whether somebody has to look after watched users.
    pub(crate) fn polls(&self) -> bool {
        self.polls
    }

    /// All watchers.
    pub(crate) fn watchers(&self) -> usize {
        self.watchers.load(Ordering::Relaxed) + self.app_watchers.load(Ordering::Relaxed)
    }

    /// Enters somebody who watches a user.
    pub(super) fn watch(self: &Arc<Hub>, app: AppId, user: &str, whose: Whose) -> Result<Watching, Fault> {
        self.admit()?;
        let key = (app, Box::from(user));
        let mut users = self.shard(&key);
        let is_new = !users.contains_key(&key);
        if is_new && self.polls && self.user_count.load(Ordering::Relaxed) >= self.limits.cluster_users {
            return Err(full(format!(
                "this server watches {} users, and looks after no more in the cluster",
                self.limits.cluster_users
            )));
        }
        let watched = users
            .entry(key.clone())
            .or_insert_with(|| Watched { watchers: [0, 0], changed: Sender::new(Revision::ZERO) });
        let watchers = &mut watched.watchers[whose as usize];
        if *watchers >= self.limits.per_user {
            let whose = match whose {
                Whose::User => "of his own",
                Whose::Administrator => "of administrators",
            };
            return Err(full(format!(
                "{} connections {whose} watch this user already",
                self.limits.per_user
            )));
        }
        *watchers += 1;
        let changed = watched.changed.subscribe();
        drop(users);
        self.user_count.fetch_add(usize::from(is_new), Ordering::Relaxed);
        self.watchers.fetch_add(1, Ordering::SeqCst);
        Ok(Watching { hub: Arc::clone(self), app, user: key.1, whose, changed })
    }

    /// Enters somebody who watches an application.
    pub(super) fn watch_app(self: &Arc<Hub>, app: AppId) -> Result<WatchingApp, Fault> {
        if self.polls {
            let text = "a whole application cannot be watched in a cluster: watch users, or take webhooks";
            return Err(Fault::new(Code::Parameter, text));
        }
        self.admit()?;
        let mut logs = lock(&self.logs);
        let log = Arc::clone(logs.entry(app).or_default());
        self.logged.store(logs.len(), Ordering::SeqCst);
        self.app_watchers.fetch_add(1, Ordering::SeqCst);
        Ok(WatchingApp { hub: Arc::clone(self), log })
    }

    /// Users who are watched, for whoever looks after them in a cluster.
    pub(super) fn watched(&self) -> Vec<(AppId, Box<str>)> {
        self.users.iter().flat_map(|shard| lock(shard).keys().cloned().collect::<Vec<_>>()).collect()
    }

    /// A user was seen at this revision in the cluster. Wakes his watchers if that is news.
    pub(super) fn seen(&self, key: &(AppId, Box<str>), revision: Revision) {
        if let Some(watched) = self.shard(key).get(key) {
            watched.changed.send_if_modified(|known| {
                let is_news = *known != revision;
                *known = revision;
                is_news
            });
        }
    }

    fn admit(&self) -> Result<(), Fault> {
        match self.watchers() < self.limits.connections {
            true => Ok(()),
            false => Err(full(format!("{} connections watch already", self.limits.connections))),
        }
    }

    fn shard(&self, key: &(AppId, Box<str>)) -> MutexGuard<'_, Users> {
        lock(&self.users[self.hasher.hash_one(key) as usize % SHARDS])
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let key = (self.app, std::mem::take(&mut self.user));
        let mut users = self.hub.shard(&key);
        if let Some(watched) = users.get_mut(&key) {
            watched.watchers[self.whose as usize] -= 1;
            if watched.watchers == [0, 0] {
                users.remove(&key);
                self.hub.user_count.fetch_sub(1, Ordering::Relaxed);
            }
        }
        self.hub.watchers.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Drop for WatchingApp {
    fn drop(&mut self) {
        self.hub.app_watchers.fetch_sub(1, Ordering::SeqCst);
    }
}

fn full(text: String) -> Fault {
    Fault::new(Code::BackendTimedOut, text + "; try again later")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use foldmark_core::command::Command;
    use foldmark_core::policy::Policy;
    use foldmark_core::subject::UserId;
    use futures_util::FutureExt;

    use super::*;
    use crate::clock::Clock;
    use crate::execute::Executor;

    const LIMITS: WatchSettings = WatchSettings { connections: 3, per_user: 2, cluster_users: 1 };

    fn app() -> AppId {
        AppId::new(7).unwrap()
    }

    fn change(hub: &Hub, user: &str, revision: u64) {
        let revision = (0..revision).fold(Revision::ZERO, |revision, _| revision.next());
        hub.changed(Subject::user(app(), UserId::parse(user).unwrap()), revision);
    }

    #[test]
    fn those_who_watch_a_user_are_woken_by_him_alone() {
        let hub = Arc::new(Hub::new(&LIMITS, false));
        let mut alice = hub.watch(app(), "alice", Whose::Administrator).unwrap();
        let bob = hub.watch(app(), "bob", Whose::Administrator).unwrap();
        change(&hub, "alice", 1);
        assert!(alice.changed.has_changed().unwrap());
        assert!(!bob.changed.has_changed().unwrap());
        alice.changed.mark_unchanged();
        change(&hub, "alice", 2);
        change(&hub, "alice", 3);
        assert_eq!(alice.changed.borrow_and_update().get(), 3, "several changes are one");
    }

    #[tokio::test]
    async fn those_who_watch_are_woken_by_a_change_whose_caller_has_hung_up() {
        let folder = tempfile::tempdir().unwrap();
        let text = format!("[store]\npath = {:?}\nmap_gib = 1\n", folder.path().join("data"));
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let settings = crate::config::load(Some(file.path()), &Default::default(), &[]).unwrap();
        let store = crate::stores::open_store(&settings.store).await.unwrap();
        let hub = Arc::new(Hub::new(&LIMITS, false));
        let metrics = Arc::new(crate::metrics::Metrics::new("embedded"));
        let executor = Executor::new(store, Clock::manual(1_775_217_000), metrics, None).watched(hub.clone());
        let mut alice = hub.watch(app(), "alice", Whose::Administrator).unwrap();
        let request = crate::execute::Request { id: None, policy: &Policy::default(), caller: None };
        let subject = Subject::user(app(), UserId::parse("alice").unwrap());
        let import = Command::ImportAccount { nick: None, face_url: None };
        // Looked at once, which sends the commit to the writer, and given up: what happens to a call whose
        // connection is closed.
        let _ = executor.execute(request, subject, &import, |_| ()).now_or_never();
        let woken = tokio::time::timeout(std::time::Duration::from_secs(20), alice.changed.changed());
        woken.await.expect("the change is told").unwrap();
        assert_eq!(alice.changed.borrow().get(), 1);
        let seen = executor.store().heads(&[subject]).await.unwrap();
        assert_eq!(seen[0].revision().get(), 1, "whoever is told finds the change");
        executor.close().await;
    }

    #[test]
    fn there_are_so_many_and_places_come_free() {
        let hub = Arc::new(Hub::new(&LIMITS, false));
        let one = hub.watch(app(), "alice", Whose::Administrator).unwrap();
        let _two = hub.watch(app(), "alice", Whose::Administrator).unwrap();
        let error = hub.watch(app(), "alice", Whose::Administrator).unwrap_err();
        assert!(error.info.contains("2 connections of administrators watch this user"), "{}", error.info);
        let _bob = hub.watch(app(), "bob", Whose::Administrator).unwrap();
        assert!(hub.watch(app(), "carol", Whose::Administrator).is_err());
        assert!(hub.watch_app(app()).is_err());
        drop(one);
        assert_eq!(hub.watchers(), 2);
        let _app = hub.watch_app(app()).unwrap();
        assert!(hub.watch(app(), "carol", Whose::Administrator).is_err());
    }

    #[test]
    fn a_users_own_watches_and_those_of_others_keep_none_of_each_other_out() {
        let hub = Arc::new(Hub::new(&WatchSettings { connections: 10, ..LIMITS }, false));
        let watch = |whose| hub.watch(app(), "alice", whose);
        let own = [watch(Whose::User).unwrap(), watch(Whose::User).unwrap()];
        let error = watch(Whose::User).unwrap_err();
        assert!(error.info.contains("2 connections of his own watch this user"), "{}", error.info);
        let others = [watch(Whose::Administrator).unwrap(), watch(Whose::Administrator).unwrap()];
        assert!(watch(Whose::Administrator).is_err());
        drop(own);
        assert!(watch(Whose::Administrator).is_err());
        assert_eq!(hub.watched().len(), 1);
        drop(watch(Whose::User).unwrap());
        drop(others);
        assert!(hub.watched().is_empty());
    }

    #[test]
    fn nothing_is_left_of_those_who_went() {
        let hub = Arc::new(Hub::new(&LIMITS, false));
        drop((
            hub.watch(app(), "alice", Whose::Administrator).unwrap(),
            hub.watch(app(), "bob", Whose::Administrator).unwrap(),
        ));
        assert_eq!(hub.watchers(), 0);
        assert!(hub.watched().is_empty());
    }

    #[test]
    fn a_cluster_looks_after_few_and_after_no_whole_application() {
        let hub = Arc::new(Hub::new(&LIMITS, true));
        let mut alice = hub.watch(app(), "alice", Whose::Administrator).unwrap();
        let _again = hub.watch(app(), "alice", Whose::Administrator).unwrap();
        assert!(hub.watch(app(), "bob", Whose::Administrator).is_err());
        assert!(hub.watch_app(app()).unwrap_err().info.contains("cluster"));
        let key = hub.watched().pop().unwrap();
        let revision = Revision::ZERO.next();
        hub.seen(&key, revision);
        assert!(alice.changed.has_changed().unwrap());
        alice.changed.mark_unchanged();
        hub.seen(&key, revision);
        assert!(!alice.changed.has_changed().unwrap(), "that is no news");
    }
}
