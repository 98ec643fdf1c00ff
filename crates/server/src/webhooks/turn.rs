//! One user's turn: what is due of him is told, event after event, and settled.

use std::sync::Arc;
use std::time::Duration;

use foldmark_core::subject::{Revision, UserId};
use foldmark_store::StoreError;
use tokio::sync::mpsc::Sender as Outcomes;

use super::deliverer::Deliverer;
use super::event::{self, Followed};
use super::outbox::lock;
use super::post::Failure;
use super::refused::Refused;
use super::waiting::Turn;
use crate::apps::App;
use crate::config::WebhookSettings;
use crate::execute::ExecuteError;

/// What became of one user's turn.
#[derive(Debug)]
pub(super) enum Outcome {
    /// Nothing is due of him any more.
    Settled,
    /// He could not be told, for so long that it was given up.
    GivenUp { note: String },
    /// He could not be told. `pause`: nobody can, for this long at least if it is known.
    Failed { note: String, is_receiver: bool, pause: Option<Duration>, refused: Refused },
    /// The store could not say what to tell, or keep that it was told.
    Later { note: String },
    /// It was announced, and has not happened: it will within moments, or it never does.
    NotYet,
    /// Somebody else may deliver from now on.
    LeaseEnded,
}

/// What a turn has told, however it ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// Events that the receiver has taken.
    pub(super) events: u64,
    /// All that was due at some moment was told.
    pub(super) is_settled: bool,
}

/// How a turn ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) told: Told,
    pub(super) outcome: Outcome,
}

impl Ended {
    fn untold(outcome: Outcome) -> Ended {
        Ended { told: Told::default(), outcome }
    }
}

/// Tells the deliverer how a turn ended, however it ended.
pub(super) struct Report {
    outcomes: Outcomes<(Arc<str>, Ended)>,
    user: Arc<str>,
    ended: Ended,
}

impl Report {
    /// Of a turn that has not ended.
    pub(super) fn new(outcomes: Outcomes<(Arc<str>, Ended)>, user: Arc<str>) -> Report {
        let note = "it was not finished".to_owned();
        Report { outcomes, user, ended: Ended::untold(Outcome::Later { note }) }
    }

    pub(super) fn ended(&mut self, ended: Ended) {
        self.ended = ended;
    }

    pub(super) fn lease_ended(&mut self) {
        self.ended = Ended::untold(Outcome::LeaseEnded);
    }
}

impl Drop for Report {
    fn drop(&mut self) {
        let ended = std::mem::replace(&mut self.ended, Ended::untold(Outcome::LeaseEnded));
        // The channel has room for all that are under way; nobody listens once the deliverer has ended.
        let _ = self.outcomes.try_send((Arc::clone(&self.user), ended));
    }
}

impl Deliverer {
    /// Tells all that is due of one user.
    pub(super) async fn deliver(&self, app: &App, webhook: &WebhookSettings, turn: &Turn) -> Ended {
        let user = UserId::parse(&turn.user).expect("users who wait are users");
        let mut told = Told::default();
        let outcome = match self.tell(app, webhook, user, &mut told).await {
            Ok(()) => Outcome::Settled,
            Err(Stopped::NotYet) => Outcome::NotYet,
            Err(Stopped::LeaseEnded) => Outcome::LeaseEnded,
            Err(Stopped::Store(note)) => Outcome::Later { note },
            Err(Stopped::Post { failure, revision }) => {
                // What was told and settled is over: what fails now is something else.
                let before = turn.refused.filter(|_| !told.is_settled);
                self.not_taken(app, webhook, user, revision, failure, before).await
            }
        };
        Ended { told, outcome }
    }

    /// What is done about a user whose event was not taken, after other tries `before`.
    async fn not_taken(
        &self,
        app: &App,
        webhook: &WebhookSettings,
        user: UserId<'_>,
        revision: Revision,
        failure: Failure,
        before: Option<Refused>,
    ) -> Outcome {
        let (note, is_receiver, pause) = match failure {
            Failure::Receiver { note, pause } => (note, true, pause),
            Failure::Refused { note } => (note, false, None),
        };
        let taken = lock(&self.status).delivered;
        let refused = Refused::again(before, self.clock.monotonic(), taken, webhook.give_up);
        if !refused.is_enough(webhook.give_up) {
            return Outcome::Failed { note, is_receiver, pause, refused };
        }
        if self.lease.has_ended() {
            // Whoever delivers now gives up for himself.
            return Outcome::LeaseEnded;
        }
        let dated = format!("{} {note}", self.clock.unix_seconds());
        match self.gate.executor().store().set_aside(app.id, user, revision, &dated).await {
            Ok(()) => Outcome::GivenUp { note },
            Err(error) => Outcome::Later { note: error.to_string() },
        }
    }

    /// Tells event after event, and notes what was told.
    async fn tell(
        &self,
        app: &App,
        webhook: &WebhookSettings,
        user: UserId<'_>,
        so_far: &mut Told,
    ) -> Result<(), Stopped> {
        let store = self.gate.executor().store();
        let mut last_settled = Revision::ZERO;
        loop {
            let due = store.due_of(app.id, user).await?;
            let Some(due) = due.filter(|due| !due.is_set_aside()) else { return Ok(()) };
            if due.first <= last_settled {
                return Err(Stopped::Store("what was told could not be settled".to_owned()));
            }
            let since = Revision::new(due.first.get() - 1);
            let followed = Followed { app, user, since };
            let mut place: Option<Vec<u8>> = None;
            let told = loop {
                let now = self.clock.unix_seconds();
                let event = event::read(self.gate.executor(), now, followed, place.as_deref()).await?;
                if event.revision < due.first {
                    return Err(Stopped::NotYet);
                }
                if self.lease.has_ended() {
                    return Err(Stopped::LeaseEnded);
                }
                let posted = self.sender.post(webhook, &event.id, now, event.body).await;
                posted.map_err(|failure| Stopped::Post { failure, revision: event.revision })?;
                // At once: the turn may be broken off.
                lock(&self.status).succeeded(self.clock.unix_seconds());
                so_far.events += 1;
                match event.next {
                    Some(next) => place = Some(next),
                    None => break event.revision,
                }
            };
            // True whoever delivers now: the receiver has it.
            store.settle(app.id, user, told).await?;
            so_far.is_settled = true;
            last_settled = told;
            if told >= due.newest {
                return Ok(());
            }
        }
    }
}

/// Why telling has stopped.
enum Stopped {
    /// What is due has not happened.
    NotYet,
    /// Somebody else may deliver.
    LeaseEnded,
    Store(String),
    Post {
        failure: Failure,
        /// What was tried to be told goes up to here.
        revision: Revision,
    },
}

impl From<ExecuteError> for Stopped {
    fn from(error: ExecuteError) -> Stopped {
        Stopped::Store(error.to_string())
    }
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Stopped {
        Stopped::Store(error.to_string())
    }
}
