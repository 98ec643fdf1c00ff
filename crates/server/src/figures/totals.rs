//! How many users, groups and conversations each application keeps.
//!
//! No store has these numbers; they are added up from the counters in the heads of all subjects, by a walk beside the
//! calls. One is started when somebody looks and the last is old, one at a time on a server, and it rests four times as
//! long as it works. It is not a snapshot: what is written while it goes on may or may not be in it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use foldmark_core::command::Reads;
use foldmark_core::subject::{AppId, Subject, SubjectKind};
use foldmark_core::view::View;
use foldmark_store::{StoreError, SubjectEntry, WalkFrom};

use crate::clock::Clock;
use crate::gate::Gate;
use crate::limits;
use crate::tasks::Tasks;

/// The totals of one server's applications.
pub(crate) struct Totals {
    gate: Arc<Gate>,
    clock: Clock,
    tasks: Tasks,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Whether a task walks; it ends when the queue is empty.
    walking: bool,
    /// Those to be counted, each once.
    queue: VecDeque<AppId>,
    apps: BTreeMap<AppId, Entry>,
}

#[derive(Debug, Default)]
struct Entry {
    now: TotalsNow,
    /// By the monotonic clock.
    not_before: Duration,
}

/// What is known at this moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TotalsNow {
    /// The last walk that came to its end.
    pub(crate) last: Option<Counted>,
    /// What the walk that goes on has met so far.
    pub(crate) running: Option<Counted>,
    /// Whether a walk waits for its turn.
    pub(crate) waiting: bool,
    /// The last walk, if it did not come to its end: Unix seconds, and why.
    pub(crate) failed: Option<(u64, String)>,
}

/// What a walk has met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counted {
    /// Unix seconds of its beginning.
    pub(crate) begun: u64,
    /// Unix seconds of its end, if it has met everything.
    pub(crate) complete: Option<u64>,
    /// Imported accounts.
    pub(crate) users: u64,
    /// Users that are not imported: deleted, or never imported.
    pub(crate) tombstones: u64,
    /// Groups of users.
    pub(crate) groups: u64,
    /// Conversations with a record, and of these those in a group, and those with a mark.
    pub(crate) records: u64,
    pub(crate) grouped: u64,
    pub(crate) marked: u64,
    /// Chat groups that are alive.
    pub(crate) chat_groups: u64,
    /// Chat groups that were disbanded.
    pub(crate) disbanded: u64,
    /// Subjects whose heads cannot be read.
    pub(crate) damaged: u64,
}

impl Totals {
    pub(crate) fn new(gate: Arc<Gate>, clock: Clock, tasks: Tasks) -> Totals {
        Totals { gate, clock, tasks, state: Mutex::default() }
    }

    /// What is known of an application. If that is old, a walk is started or put into the queue.
    pub(crate) fn look(self: &Arc<Totals>, app: AppId) -> TotalsNow {
        let mut state = self.lock();
        let state = &mut *state;
        let entry = state.apps.entry(app).or_default();
        let due = self.clock.monotonic() >= entry.not_before;
        if due && entry.now.running.is_none() && !entry.now.waiting && !self.tasks.is_stopping() {
            entry.now.waiting = true;
            state.queue.push_back(app);
            if !state.walking {
                state.walking = true;
                self.tasks.start(Arc::clone(self).work());
            }
        }
        entry.now.clone()
    }

    /// What is known of an application, without a reason for a walk.
    pub(crate) fn known(&self, app: AppId) -> TotalsNow {
        self.lock().apps.get(&app).map_or_else(TotalsNow::default, |entry| entry.now.clone())
    }

    /// Counts whatever is in the queue.
    async fn work(self: Arc<Totals>) {
        while let Some(app) = self.next() {
            let mut counted = Counted { begun: self.clock.unix_seconds(), ..Counted::default() };
            self.entry(app, |entry| {
                entry.now.waiting = false;
                entry.now.running = Some(counted.clone());
            });
            let outcome = self.count(app, &mut counted).await;
            let now = self.clock.monotonic();
            self.entry(app, |entry| {
                entry.now.running = None;
                match outcome {
                    Ok(()) => {
                        counted.complete = Some(self.clock.unix_seconds());
                        entry.now.last = Some(counted);
                        entry.now.failed = None;
                        entry.not_before = now + limits::TOTALS_AGE;
                    }
                    Err(error) => {
                        tracing::warn!(%app, %error, "the users of an application could not be counted");
                        entry.now.failed = Some((self.clock.unix_seconds(), error.to_string()));
                        entry.not_before = now + limits::TOTALS_RETRY;
                    }
                }
            });
        }
    }

    /// Takes the next application from the queue, and forgets those that are no longer served.
    fn next(&self) -> Option<AppId> {
        let live = self.gate.live();
        let mut state = self.lock();
        state.queue.retain(|app| live.apps.get(app.get()).is_some());
        state.apps.retain(|app, _| live.apps.get(app.get()).is_some());
        let next = if self.tasks.is_stopping() { None } else { state.queue.pop_front() };
        state.walking = next.is_some();
        next
    }

    async fn count(&self, app: AppId, counted: &mut Counted) -> Result<(), StoreError> {
        let store = self.gate.executor().store();
        for kind in [SubjectKind::User, SubjectKind::ChatGroup] {
            let mut from = Some(WalkFrom::Start);
            while let Some(here) = from {
                let began = self.clock.monotonic();
                let page = store.walk(app, kind, &here, limits::TOTALS_PAGE).await?;
                for entry in &page.entries {
                    counted.add(app, kind, entry);
                }
                from = page.next;
                self.entry(app, |entry| entry.now.running = Some(counted.clone()));
                let worked = self.clock.monotonic().saturating_sub(began);
                let rest = (worked * limits::TOTALS_REST).clamp(REST_MIN, REST_MAX);
                tokio::select! {
                    () = self.tasks.stopping() => return Err(StoreError::Closed),
                    () = tokio::time::sleep(rest) => {}
                }
            }
        }
        Ok(())
    }

    /// Changes what is known of an application.
    fn entry(&self, app: AppId, change: impl FnOnce(&mut Entry)) {
        change(self.lock().apps.entry(app).or_default());
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The shortest and the longest rest after a page.
const REST_MIN: Duration = Duration::from_millis(1);
const REST_MAX: Duration = Duration::from_secs(5);

impl Counted {
    fn add(&mut self, app: AppId, kind: SubjectKind, entry: &SubjectEntry) {
        let decoded = Subject::parse(app, kind, &entry.id)
            .ok()
            .and_then(|subject| View::decode(subject, &entry.stored, Reads::Named).ok());
        let Some(view) = decoded else {
            self.damaged += 1;
            return;
        };
        match kind {
            SubjectKind::User => {
                let Some(head) = view.user() else { return };
                let count = if head.imported { &mut self.users } else { &mut self.tombstones };
                *count += 1;
                self.groups += head.groups.len() as u64;
                self.records += u64::from(head.records);
                self.grouped += u64::from(head.grouped);
                self.marked += u64::from(head.marked);
            }
            SubjectKind::ChatGroup => {
                let Some(head) = view.chat_group() else { return };
                let count = if head.alive { &mut self.chat_groups } else { &mut self.disbanded };
                *count += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use foldmark_core::changes::Changes;
    use foldmark_core::subject::{Revision, UserId};

    use super::*;
    use crate::testing::{APP, gate, put};

    fn app() -> AppId {
        AppId::new(APP).unwrap()
    }

    /// Looks until no walk goes on or waits.
    async fn settled(totals: &Arc<Totals>) -> TotalsNow {
        for _ in 0..10_000 {
            let now = totals.look(app());
            if now.running.is_none() && !now.waiting {
                return now;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        panic!("the walk does not end");
    }

    #[tokio::test]
    async fn totals_are_those_of_all_heads_and_are_counted_again_when_old() {
        let (gate, clock) = gate();
        for number in 0..300 {
            put(&gate, &format!("user-{number}"), number != 0, 2).await;
        }
        let tasks = Tasks::default();
        let totals = Arc::new(Totals::new(gate.clone(), clock.clone(), tasks.clone()));
        let first = totals.look(app());
        assert!(first.waiting && first.last.is_none(), "{first:?}");
        let counted = settled(&totals).await.last.unwrap();
        let begun = clock.unix_seconds();
        let expected = Counted {
            begun,
            complete: Some(begun),
            users: 299,
            tombstones: 1,
            groups: 300,
            records: 600,
            grouped: 600,
            marked: 600,
            ..Counted::default()
        };
        assert_eq!(counted, expected);

        put(&gate, "another", true, 0).await;
        clock.advance(limits::TOTALS_AGE - Duration::from_secs(1));
        assert_eq!(totals.look(app()).last, Some(counted.clone()), "it is not old yet");
        assert!(!totals.look(app()).waiting);
        clock.advance(Duration::from_secs(1));
        let again = totals.look(app());
        assert_eq!((again.last, again.waiting), (Some(counted), true), "the old one is told meanwhile");
        assert_eq!(settled(&totals).await.last.unwrap().users, 300);
        assert!(tasks.stop(Duration::from_secs(10)).await);
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_counted_apart() {
        let (gate, clock) = gate();
        put(&gate, "fine", true, 1).await;
        let subject = Subject::user(app(), UserId::parse("damaged").unwrap());
        let changes =
            Changes { revision: Revision::new(1), head: b"no head".to_vec(), rows: Vec::new(), due: false };
        gate.executor().store().commit(subject, Revision::ZERO, changes).await.unwrap();
        let totals = Arc::new(Totals::new(gate, clock, Tasks::default()));
        let counted = settled(&totals).await.last.unwrap();
        assert_eq!((counted.users, counted.damaged, counted.records), (1, 1, 1));
    }

    #[tokio::test]
    async fn a_server_that_stops_starts_no_walk_and_ends_the_one_that_goes_on() {
        let (gate, clock) = gate();
        for number in 0..2 * limits::TOTALS_PAGE {
            put(&gate, &format!("user-{number}"), true, 0).await;
        }
        let tasks = Tasks::default();
        let totals = Arc::new(Totals::new(gate, clock, tasks.clone()));
        while totals.look(app()).running.is_none_or(|met| met.users == 0) {
            tokio::task::yield_now().await;
        }
        assert!(tasks.stop(Duration::from_secs(10)).await);
        let now = totals.look(app());
        assert_eq!((now.last, now.running), (None, None), "it was not counted to the end");
    }
}
