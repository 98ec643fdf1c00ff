//! The deliverer of one application: a task that tells its receiver what is due, users side by side, each user's changes
//! one after the other.
//!
//! What was told is settled in the store only after the receiver has taken it. So a crash at any point costs nothing but
//! a repetition, and whatever is known here can be forgotten: it is found in the store again.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use foldmark_core::subject::AppId;
use foldmark_store::WalkFrom;
use tokio::sync::mpsc::{Receiver, Sender as Outcomes, channel};

use super::lease::Lease;
use super::outbox::{Mailbox, lock};
use super::post::Sender;
use super::status::Status;
use super::turn::{Ended, Outcome, Report};
use super::waiting::{Waiting, back_off};
use crate::apps::App;
use crate::clock::Clock;
use crate::config::WebhookSettings;
use crate::gate::Gate;
use crate::limits;
use crate::random;
use crate::tasks::Tasks;

/// What a deliverer works with.
pub(super) struct Deliverer {
    pub(super) app: AppId,
    pub(super) gate: Arc<Gate>,
    pub(super) clock: Clock,
    pub(super) tasks: Tasks,
    pub(super) sender: Arc<Sender>,
    pub(super) mailbox: Arc<Mailbox>,
    pub(super) status: Arc<Mutex<Status>>,
    pub(super) lease: Lease,
    /// How long a lease lasts; for ever where no other server shares the store.
    pub(super) lease_time: Duration,
    /// How often the store is looked through.
    pub(super) look_every: Duration,
}

/// What a deliverer knows while it runs.
struct Round {
    waiting: Waiting,
    under_way: usize,
    /// No more may be under way, whoever's turn it is.
    is_busy: bool,
    /// Failures of the receiver one after the other, and until when it is left alone.
    receiver_failures: u32,
    paused_until: Duration,
    /// Failures of the store one after the other.
    store_failures: u32,
    next_look: Duration,
    /// Where a look through the store goes on that did not come to its end.
    look_from: Option<WalkFrom>,
    /// Dead letters that the look has met so far.
    dead: u64,
}

impl Deliverer {
    /// Delivers until the server stops or the application has no receiver any more.
    pub(super) async fn run(self: Arc<Self>) {
        let who = random::number();
        let (outcomes, mut reported) = channel(limits::WEBHOOK_AT_ONCE_MAX);
        let mut round = Round::new();
        loop {
            if self.tasks.is_stopping() || self.app().is_none() {
                return self.give_way(who).await;
            }
            self.take_reports(&mut round, &mut reported);
            let now = self.clock.monotonic();
            let wait = if self.leads(&mut round, who, now).await {
                self.take_hints(&mut round, now);
                self.look(&mut round, now).await;
                if !self.lease.has_ended() {
                    self.begin_turns(&mut round, &outcomes);
                }
                round.idle_for(self.clock.monotonic())
            } else {
                // What others settle is not known here.
                round.waiting.forget();
                round.look_from = None;
                let _ = self.mailbox.take();
                limits::WEBHOOK_LEASE_RENEW
            };
            self.tell_status(&round);
            tokio::select! {
                () = self.tasks.stopping() => {}
                () = self.mailbox.arrived.notified(), if !self.lease.has_ended() => {}
                ended = reported.recv() => if let Some((user, ended)) = ended {
                    self.report(&mut round, &user, ended);
                },
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// The application as it is configured now, if it has a receiver.
    fn app(&self) -> Option<(Arc<App>, Arc<WebhookSettings>)> {
        let app = self.gate.app(self.app.get())?;
        let webhook = app.webhook.clone()?;
        Some((app, webhook))
    }

    /// Whether this server is the one that delivers for the application.
    async fn leads(&self, round: &mut Round, who: u64, now: Duration) -> bool {
        if self.lease.left() > limits::WEBHOOK_LEASE - limits::WEBHOOK_LEASE_RENEW {
            return true;
        }
        let asked = self.gate.executor().store().lead(&self.task(), who, limits::WEBHOOK_LEASE).await;
        let leads = match asked {
            Ok(leads) => leads,
            Err(error) => {
                tracing::debug!(app = %self.app, %error, "it is not known who delivers webhooks");
                // The lease that there is lasts until it ends.
                return !self.lease.has_ended();
            }
        };
        if !leads {
            self.lease.end();
            return false;
        }
        if self.lease.has_ended() {
            round.next_look = now;
        }
        // Counted from before it was asked for.
        self.lease.lasts_until(now.saturating_add(self.lease_time));
        true
    }

    /// Lets somebody else deliver soon.
    async fn give_way(&self, who: u64) {
        if !self.lease.has_ended() {
            // Turns that are under way end before anybody else is let in.
            self.lease.end();
            // If this fails, it takes as long as the lease.
            let _ = self.gate.executor().store().lead(&self.task(), who, limits::WEBHOOK_LAST_LEASE).await;
        }
    }

    fn task(&self) -> String {
        format!("webhooks of {}", self.app)
    }

    fn take_hints(&self, round: &mut Round, now: Duration) {
        let hints = self.mailbox.take();
        if hints.missed {
            round.next_look = now;
        }
        for user in &hints.users {
            if !round.waiting.changed(user, now) {
                // He is found by a look as soon as there is room.
                round.next_look = round.next_look.min(now + limits::WEBHOOK_RETRY);
            }
        }
    }

    /// Looks through what is due in the store, as far as there is room for who is found. Nobody is looked for while the
    /// receiver takes nothing.
    async fn look(&self, round: &mut Round, now: Duration) {
        if now < round.next_look || now < round.paused_until {
            return;
        }
        let mut from = round.look_from.take().unwrap_or_else(|| {
            round.dead = 0;
            WalkFrom::Start
        });
        for _ in 0..limits::WEBHOOK_LOOK_PAGES {
            // A look that takes long must not outlast the lease.
            if round.waiting.is_full() || self.lease.left() < limits::WEBHOOK_LEASE_RENEW {
                break;
            }
            let page = self.gate.executor().store().due(self.app, &from, limits::WEBHOOK_LOOK_USERS).await;
            let page = match page {
                Ok(page) => page,
                Err(error) => {
                    tracing::warn!(app = %self.app, %error, "what is due for webhooks could not be read");
                    round.next_look = now + limits::WEBHOOK_RETRY;
                    return;
                }
            };
            for (user, due) in &page.entries {
                match due.is_set_aside() {
                    true => round.dead += 1,
                    false => {
                        round.waiting.add(user, now);
                    }
                }
            }
            match page.next {
                Some(next) => from = next,
                None => {
                    lock(&self.status).dead = round.dead;
                    round.next_look = now + self.look_every;
                    return;
                }
            }
        }
        round.look_from = Some(from);
        round.next_look = now + limits::WEBHOOK_RETRY;
    }

    fn begin_turns(self: &Arc<Self>, round: &mut Round, outcomes: &Outcomes<(Arc<str>, Ended)>) {
        let now = self.clock.monotonic();
        let Some((app, webhook)) = self.app() else { return };
        // A receiver that has failed is asked with one request whether it is well again.
        let at_once = if round.receiver_failures > 0 { 1 } else { webhook.at_once };
        round.is_busy = false;
        while now >= round.paused_until {
            if round.under_way >= at_once {
                round.is_busy = true;
                return;
            }
            let Some(turn) = round.waiting.next(now) else { return };
            round.under_way += 1;
            let (deliverer, app, webhook, outcomes) =
                (Arc::clone(self), Arc::clone(&app), Arc::clone(&webhook), outcomes.clone());
            self.tasks.start(async move {
                let mut report = Report::new(outcomes, Arc::clone(&turn.user));
                tokio::select! {
                    () = deliverer.tasks.stopping() => {}
                    () = deliverer.lease.ended() => report.lease_ended(),
                    ended = deliverer.deliver(&app, &webhook, &turn) => report.ended(ended),
                }
            });
        }
    }

    fn take_reports(&self, round: &mut Round, reported: &mut Receiver<(Arc<str>, Ended)>) {
        while let Ok((user, ended)) = reported.try_recv() {
            self.report(round, &user, ended);
        }
    }

    fn report(&self, round: &mut Round, user: &Arc<str>, ended: Ended) {
        round.under_way -= 1;
        let (now, unix_seconds) = (self.clock.monotonic(), self.clock.unix_seconds());
        let app = self.app.get();
        let mut status = lock(&self.status);
        // However it ended, what was told before that was told.
        if ended.told.events > 0 {
            round.receiver_failures = 0;
        }
        if ended.told.is_settled {
            round.waiting.begin_anew(user);
            round.store_failures = 0;
        }
        match ended.outcome {
            Outcome::Settled => {
                round.waiting.settled(user, now);
                round.store_failures = 0;
            }
            Outcome::GivenUp { note } => {
                round.waiting.settled(user, now);
                status.gave_up(&note, unix_seconds);
                tracing::warn!(
                    app,
                    user = &**user,
                    note,
                    "telling a user's changes was given up: a dead letter"
                );
            }
            Outcome::Failed { note, is_receiver, pause, refused } => {
                round.waiting.failed(user, now, refused);
                status.failed(user, &note, is_receiver, unix_seconds);
                match is_receiver {
                    // Those that were under way together are one failure.
                    true if now < round.paused_until => {}
                    true => {
                        if round.receiver_failures == 0 {
                            tracing::warn!(
                                app,
                                note,
                                "the receiver of webhooks takes nothing; it is tried again"
                            );
                        }
                        round.receiver_failures = round.receiver_failures.saturating_add(1);
                        let back_off = back_off(round.receiver_failures, limits::WEBHOOK_PAUSE_MAX);
                        round.paused_until = now + pause.unwrap_or(back_off);
                    }
                    // It answers.
                    false => round.receiver_failures = 0,
                }
            }
            Outcome::NotYet => round.waiting.not_yet(user, now),
            Outcome::LeaseEnded => round.waiting.put_back(user, now),
            Outcome::Later { note } => {
                round.waiting.later(user, now);
                // What was told and not settled is told again: not more often than it may help.
                round.store_failures = round.store_failures.saturating_add(1);
                let back_off = back_off(round.store_failures, limits::WEBHOOK_PAUSE_MAX);
                round.paused_until = round.paused_until.max(now + back_off);
                tracing::debug!(app, note, "a user's changes could not be read or settled for a webhook");
                status.last_failure = Some((unix_seconds, note));
            }
        }
    }

    fn tell_status(&self, round: &Round) {
        let mut status = lock(&self.status);
        status.leads = !self.lease.has_ended();
        status.waiting = round.waiting.len();
    }
}

impl Round {
    fn new() -> Round {
        Round {
            waiting: Waiting::default(),
            under_way: 0,
            is_busy: false,
            receiver_failures: 0,
            paused_until: Duration::ZERO,
            store_failures: 0,
            next_look: Duration::ZERO,
            look_from: None,
            dead: 0,
        }
    }

    /// How long there is nothing to do unless somebody tells of something.
    fn idle_for(&self, now: Duration) -> Duration {
        let turn = self.waiting.next_turn().filter(|_| !self.is_busy).unwrap_or(Duration::MAX);
        let next = turn.min(self.next_look).max(self.paused_until);
        let at_most = limits::WEBHOOK_LEASE_RENEW;
        next.saturating_sub(now).clamp(limits::WEBHOOK_IDLE_LEAST, at_most)
    }
}
