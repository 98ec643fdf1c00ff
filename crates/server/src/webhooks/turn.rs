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
use super::waiting::Turn;
use crate::apps::App;
use crate::config::WebhookSettings;
use crate::execute::ExecuteError;

/// What became of one user's turn.
pub(super) enum Outcome {
    /// Nothing is due of him any more. How many events were told.
    Settled { events: u64 },
    /// He could not be told, for so long that it was given up.
    GivenUp { note: String, is_receiver: bool },
    /// He could not be told. `pause`: nobody can, for this long at least if it is known.
    Failed { note: String, is_receiver: bool, pause: Option<Duration> },
    /// The store could not say what to tell, or keep that it was told.
    Later { note: String },
    /// It was announced, and has not happened: it will within moments, or it never does.
    NotYet,
    /// Somebody else may deliver from now on.
    LeaseEnded,
}

/// Tells the deliverer how a turn ended, however it ended.
pub(super) struct Report {
    pub(super) outcomes: Outcomes<(Arc<str>, Outcome)>,
    pub(super) user: Arc<str>,
    pub(super) outcome: Outcome,
}

impl Drop for Report {
    fn drop(&mut self) {
        let outcome = std::mem::replace(&mut self.outcome, Outcome::NotYet);
        // The channel has room for all that are under way; nobody listens once the deliverer has ended.
        let _ = self.outcomes.try_send((Arc::clone(&self.user), outcome));
    }
}

impl Deliverer {
    /// Tells all that is due of one user.
    pub(super) async fn deliver(&self, app: &App, webhook: &WebhookSettings, turn: &Turn) -> Outcome {
        let user = UserId::parse(&turn.user).expect("users who wait are users");
        match self.tell(app, webhook, user).await {
            Ok(events) => Outcome::Settled { events },
            Err(Stopped::NotYet) => Outcome::NotYet,
            Err(Stopped::LeaseEnded) => Outcome::LeaseEnded,
            Err(Stopped::Store(note)) => Outcome::Later { note },
            Err(Stopped::Post { failure, revision }) => {
                let (note, is_receiver, pause) = match failure {
                    Failure::Receiver { note, pause } => (note, true, pause),
                    Failure::Refused { note } => (note, false, None),
                };
                let now = self.clock.unix_seconds();
                let has_waited = turn
                    .failing_since
                    .is_some_and(|since| Duration::from_secs(now.saturating_sub(since)) >= webhook.give_up);
                // A receiver that takes nothing from anybody is waited for.
                let has_taken = turn
                    .failing_since
                    .is_some_and(|since| lock(&self.status).last_delivery.is_some_and(|last| last >= since));
                if !has_waited || (is_receiver && !has_taken) {
                    return Outcome::Failed { note, is_receiver, pause };
                }
                if self.lease.has_ended() {
                    // Whoever delivers now gives up for himself.
                    return Outcome::LeaseEnded;
                }
                let dated = format!("{now} {note}");
                match self.gate.executor().store().set_aside(app.id, user, revision, &dated).await {
                    Ok(()) => Outcome::GivenUp { note, is_receiver },
                    Err(error) => Outcome::Later { note: error.to_string() },
                }
            }
        }
    }

    /// How many events it took.
    async fn tell(&self, app: &App, webhook: &WebhookSettings, user: UserId<'_>) -> Result<u64, Stopped> {
        let store = self.gate.executor().store();
        let mut events = 0;
        let mut last_settled = Revision::ZERO;
        loop {
            let due = store.due_of(app.id, user).await?;
            let Some(due) = due.filter(|due| !due.is_set_aside()) else { return Ok(events) };
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
                events += 1;
                match event.next {
                    Some(next) => place = Some(next),
                    None => break event.revision,
                }
            };
            // True whoever delivers now: the receiver has it.
            store.settle(app.id, user, told).await?;
            last_settled = told;
            if told >= due.newest {
                return Ok(events);
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
