//! Webhooks: a back end is told what changes of an application's users, by signed requests.
//!
//! A commit of an application with a receiver leaves a *due row* (see `Store::due`): in the same transaction on the
//! embedded store, durably before the commit on a cluster. A deliverer finds the users with such rows, tells the
//! receiver each one's changes from the first commit that was not told, as the feed of changes has them, and takes the
//! row away when the receiver has said that it has them. So nothing is missed, whoever crashes when; what was told and
//! not yet settled is told again. Many changes of one user while the receiver is away become one event; the embedded
//! store keeps one row of him meanwhile, a cluster one for each commit.
//!
//! On a cluster one server at a time delivers for an application, by a lease. One that was held up for longer than its
//! lease may repeat an event that another one has sent meanwhile; receivers tell by its `Revision`.

mod deliverer;
mod event;
mod lease;
mod operators;
mod outbox;
mod post;
mod refused;
mod sign;
mod status;
#[cfg(test)]
mod tests;
mod turn;
mod waiting;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use foldmark_core::format::due::Due;
use foldmark_core::subject::{AppId, Revision, Subject, UserId};
use foldmark_store::{StoreError, WalkFrom};

pub(crate) use operators::router;
pub(crate) use outbox::Outbox;
pub(crate) use status::{Status, Summary};

use crate::audit::Caller;
use crate::clock::Clock;
use crate::execute::ExecuteError;
use crate::gate::Gate;
use crate::limits;
use crate::tasks::Tasks;
use crate::tokens::Role;
use deliverer::Deliverer;
use lease::Lease;
use outbox::lock;
use post::Sender;

/// The webhooks of all applications.
pub(crate) struct Webhooks {
    gate: Arc<Gate>,
    clock: Clock,
    tasks: Tasks,
    /// Other servers commit too, without telling this one.
    is_cluster: bool,
    statuses: Mutex<HashMap<AppId, Arc<Mutex<Status>>>>,
}

/// A user whose changes could not be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DeadLetter {
    pub(crate) user: String,
    /// The first commit that was not told, and the last one that was given up.
    pub(crate) first: Revision,
    pub(crate) last: Revision,
    /// Unix seconds when it was given up.
    pub(crate) time: u64,
    /// What the receiver said.
    pub(crate) note: String,
}

/// What operators do with dead letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// They are told again, with what has changed since.
    TellAgain,
    /// They are taken away, untold.
    Forget,
}

/// On whose behalf it is done, for the audit log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct By<'a> {
    pub(crate) address: IpAddr,
    /// The role of an operator who does it by the console.
    pub(crate) console: Option<Role>,
    pub(crate) request_id: Option<&'a str>,
}

/// One page of dead letters.
#[derive(Debug, Default)]
pub(crate) struct DeadLetters {
    pub(crate) letters: Vec<DeadLetter>,
    /// Where the next page begins.
    pub(crate) next: Option<WalkFrom>,
}

impl DeadLetters {
    /// Where the next page begins, as a text for [`from_cursor`].
    pub(crate) fn cursor(&self) -> Option<String> {
        match &self.next {
            Some(WalkFrom::Cursor(cursor)) => Some(URL_SAFE_NO_PAD.encode(cursor)),
            Some(WalkFrom::Start | WalkFrom::At(_)) | None => None,
        }
    }
}

/// Where a page of dead letters begins, by the cursor of the page before. `None`: this is no cursor.
pub(crate) fn from_cursor(cursor: Option<&str>) -> Option<WalkFrom> {
    match cursor {
        None => Some(WalkFrom::Start),
        Some(cursor) => URL_SAFE_NO_PAD.decode(cursor).ok().map(WalkFrom::Cursor),
    }
}

impl Webhooks {
    pub(crate) fn new(gate: Arc<Gate>, clock: Clock, tasks: Tasks, is_cluster: bool) -> Webhooks {
        Webhooks { gate, clock, tasks, is_cluster, statuses: Mutex::default() }
    }

    /// Keeps a deliverer for each application with a receiver, until the server stops.
    pub(crate) async fn run(self: Arc<Self>) {
        let mut sender = None;
        loop {
            for app in self.gate.live().apps.all().filter(|app| app.webhook.is_some()) {
                let status = self.status_of(app.id);
                // One that runs holds on to its status.
                if Arc::strong_count(&status) > 2 {
                    continue;
                }
                let sender = Arc::clone(sender.get_or_insert_with(|| Arc::new(Sender::new())));
                let deliverer = Deliverer {
                    app: app.id,
                    gate: Arc::clone(&self.gate),
                    clock: self.clock.clone(),
                    tasks: self.tasks.clone(),
                    sender,
                    mailbox: self.gate.executor().outbox().mailbox(app.id),
                    status,
                    lease: Lease::new(self.clock.clone()),
                    lease_time: if self.is_cluster { limits::WEBHOOK_LEASE } else { Duration::MAX },
                    look_every: if self.is_cluster {
                        limits::WEBHOOK_LOOK_CLUSTER
                    } else {
                        limits::WEBHOOK_LOOK
                    },
                };
                self.tasks.start(Arc::new(deliverer).run());
            }
            tokio::select! {
                () = self.tasks.stopping() => return,
                () = tokio::time::sleep(LOOK_FOR_APPS) => {}
            }
        }
    }

    /// The applications with a receiver, and where it is.
    pub(crate) fn apps(&self) -> impl Iterator<Item = (AppId, String)> {
        let live = self.gate.live();
        let apps: Vec<_> =
            live.apps.all().filter_map(|app| Some((app.id, app.webhook.as_ref()?.url.to_string()))).collect();
        apps.into_iter()
    }

    /// The application of this number, with or without a receiver: what was left when it had one may be looked at.
    pub(crate) fn known(&self, sdkappid: u32) -> Option<AppId> {
        self.gate.app(sdkappid).map(|app| app.id)
    }

    /// How the webhooks of an application go.
    pub(crate) fn status(&self, app: AppId) -> Status {
        lock(&self.status_of(app)).clone()
    }

    /// How the webhooks of all applications go.
    pub(crate) fn summary(&self) -> Summary {
        let now = self.clock.unix_seconds();
        let live = self.gate.live();
        let mut all = Summary::default();
        for (app, status) in lock(&self.statuses).iter() {
            let has_receiver = live.apps.get(app.get()).is_some_and(|app| app.webhook.is_some());
            all.add(&lock(status), has_receiver, now);
        }
        all
    }

    /// One page of the dead letters of an application, of at most `limit`. It may hold fewer than there are, even none,
    /// and not be the last.
    pub(crate) async fn dead_letters(
        &self,
        app: AppId,
        from: &WalkFrom,
        limit: usize,
    ) -> Result<DeadLetters, StoreError> {
        let page = self.gate.executor().store().due(app, from, limit).await?;
        let letters = page.entries.into_iter().filter_map(|(user, due)| dead_letter(user, due)).collect();
        Ok(DeadLetters { letters, next: page.next })
    }

    /// Does this with the dead letter of one user, or with all that there are now, and says with how many.
    pub(crate) async fn act(
        &self,
        app: AppId,
        user: Option<&str>,
        act: Act,
        by: By<'_>,
    ) -> Result<u64, ExecuteError> {
        let done = match user {
            Some(user) => self.act_on_one(app, user, act, by).await,
            None => self.act_on_all(app, act, by).await,
        };
        // Even if not all was done.
        self.gate.executor().outbox().mailbox(app).look();
        done
    }

    async fn act_on_one(&self, app: AppId, user: &str, act: Act, by: By<'_>) -> Result<u64, ExecuteError> {
        let Ok(user) = UserId::parse(user) else { return Ok(0) };
        let due = self.gate.executor().store().due_of(app, user).await?;
        let letter = due.and_then(|due| dead_letter(user.as_str().to_owned(), due));
        let Some(letter) = letter else { return Ok(0) };
        self.act_on(app, &letter, act, by).await?;
        Ok(1)
    }

    async fn act_on_all(&self, app: AppId, act: Act, by: By<'_>) -> Result<u64, ExecuteError> {
        let mut count = 0;
        let mut from = WalkFrom::Start;
        loop {
            let page = self.dead_letters(app, &from, limits::WEBHOOK_LOOK_USERS).await?;
            for letter in page.letters {
                self.act_on(app, &letter, act, by).await?;
                count += 1;
            }
            let Some(next) = page.next else { return Ok(count) };
            from = next;
        }
    }

    async fn act_on(
        &self,
        app: AppId,
        letter: &DeadLetter,
        act: Act,
        by: By<'_>,
    ) -> Result<(), ExecuteError> {
        let Ok(user) = UserId::parse(&letter.user) else { return Ok(()) };
        let executor = self.gate.executor();
        let (call, what) = match act {
            Act::TellAgain => ("webhooks/again", "told again"),
            Act::Forget => ("webhooks/forget", "forgotten"),
        };
        let mut entry = None;
        if let Some(audit) = executor.audit() {
            audit.admit().await.map_err(|_| ExecuteError::AuditBroken)?;
            let By { address, console, request_id } = by;
            let caller = Caller { address, identifier: None, call, console, unknown_code: None };
            entry = Some(audit.begin_dead_letter(caller, request_id, Subject::user(app, user), what));
        }
        let done = match act {
            // Nothing is set aside any more, so that whoever delivers finds it due.
            Act::TellAgain => executor.store().set_aside(app, user, letter.last, "").await,
            Act::Forget => executor.store().settle(app, user, letter.last).await,
        };
        if let (Some(entry), Err(StoreError::Busy | StoreError::Closed)) = (&mut entry, &done) {
            entry.dismiss();
        }
        // After any other failure the line stays as it is, and says that perhaps it was done.
        done?;
        if let Some(entry) = entry {
            entry.durable(letter.last).await.map_err(|_| ExecuteError::NotAudited)?;
        }
        Ok(())
    }

    fn status_of(&self, app: AppId) -> Arc<Mutex<Status>> {
        Arc::clone(lock(&self.statuses).entry(app).or_default())
    }
}

/// What was given up of a user, if nothing was changed since.
fn dead_letter(user: String, due: Due) -> Option<DeadLetter> {
    let is_dead = due.is_set_aside();
    let aside = due.aside.filter(|_| is_dead)?;
    let (time, note) = aside.note.split_once(' ').unwrap_or(("", &aside.note));
    let time = time.parse().unwrap_or(0);
    Some(DeadLetter { user, first: due.first, last: aside.revision, time, note: note.to_owned() })
}

/// How often it is looked whether an application has got a receiver by a reload.
const LOOK_FOR_APPS: Duration = Duration::from_secs(1);
