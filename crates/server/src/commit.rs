//! Commits that go on when their caller goes away: a connection that is closed, a call that took too long.
//!
//! A store carries out what it was given whether or not somebody waits for it. Those who follow the user have to be told
//! all the same, so whoever stops waiting leaves the rest of the commit to a task of its own. As long as he waits, no
//! task is started.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use foldmark_core::changes::Changes;
use foldmark_core::subject::{AppId, Revision, Subject};
use foldmark_store::{CommitError, Store};
use futures_util::future::BoxFuture;

use crate::execute::Request;
use crate::failures::Failures;
use crate::tasks::Tasks;
use crate::watch::Hub;
use crate::webhooks::Outbox;

/// Whom commits are told.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    /// Those who watch.
    pub(crate) hub: Arc<Hub>,
    /// Those who deliver webhooks.
    pub(crate) outbox: Arc<Outbox>,
    /// How many failures are logged of which no caller is told.
    pub(crate) failures: Arc<Failures>,
}

/// A commit that was begun, and that ends whoever waits for it.
pub(crate) struct Committing<'a> {
    /// `None`: it has ended, or panicked.
    rest: Option<BoxFuture<'static, Result<(), CommitError>>>,
    /// Borrowed, because copying them takes locks.
    tasks: &'a Tasks,
    app: AppId,
    request: Request<'a>,
    failures: &'a Arc<Failures>,
}

impl<'a> Committing<'a> {
    /// Commits `changes` as [`Store::commit`] does, and tells of it when it has happened, or may have.
    pub(crate) fn begin(
        store: Arc<dyn Store>,
        told: &'a Told,
        tasks: &'a Tasks,
        request: Request<'a>,
        subject: Subject<'_>,
        base: Revision,
        changes: Changes,
    ) -> Committing<'a> {
        let (app, kind, id) = (subject.app, subject.kind(), Box::<str>::from(subject.id_str()));
        let (hub, outbox) = (Arc::clone(&told.hub), Arc::clone(&told.outbox));
        let rest = async move {
            let subject = Subject::parse(app, kind, &id).expect("the id of a subject is one");
            let (revision, due) = (changes.revision, changes.due);
            let written = store.commit(subject, base, changes).await;
            // With an open outcome there is perhaps something new, and who looks finds out.
            if matches!(written, Ok(()) | Err(CommitError::Unknown)) {
                hub.changed(subject, revision);
                if due {
                    outbox.changed(subject);
                }
            }
            written
        };
        Committing { rest: Some(Box::pin(rest)), tasks, app, request, failures: &told.failures }
    }
}

impl Future for Committing<'_> {
    type Output = Result<(), CommitError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // Taken out, so that nobody goes on with one that has panicked.
        let mut rest = self.rest.take().expect("nobody polls a future that has ended");
        let written = rest.as_mut().poll(context);
        if written.is_pending() {
            self.rest = Some(rest);
        }
        written
    }
}

impl Drop for Committing<'_> {
    fn drop(&mut self) {
        if let Some(rest) = self.rest.take() {
            let (app, failures) = (self.app.get(), Arc::clone(self.failures));
            let call = self.request.caller.map(|caller| caller.call);
            let request_id = self.request.id.map(str::to_owned);
            self.tasks.start_late(async move {
                // The caller, who could be told of a failure, is gone.
                if let Err(error) = rest.await
                    && let Some(left_out) = failures.line()
                {
                    tracing::warn!(app, call, request_id, %error, left_out, "a commit failed after its caller had gone");
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use foldmark_core::policy::Policy;
    use foldmark_core::subject::UserId;
    use foldmark_store::memory::MemoryStore;

    use super::*;
    use crate::clock::Clock;
    use crate::limits::FAILURE_LINES;

    #[tokio::test]
    async fn what_fails_after_its_caller_has_gone_is_logged() {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let failures = Arc::new(Failures::new(&Clock::manual(1_775_217_000)));
        let told = Told { hub: Arc::new(Hub::nobody()), outbox: Arc::default(), failures };
        let tasks = Tasks::default();
        let alice = Subject::user(AppId::new(7).unwrap(), UserId::parse("alice").unwrap());
        let request = Request { id: Some("mine"), policy: &Policy::default(), caller: None };
        let leave = |base: Revision| {
            let changes = Changes { revision: base.next(), head: vec![1], rows: Vec::new(), due: false };
            drop(Committing::begin(Arc::clone(&store), &told, &tasks, request, alice, base, changes));
        };
        leave(Revision::ZERO);
        // The store is at another revision.
        for _ in 1..FAILURE_LINES {
            leave(Revision::new(8));
        }
        assert!(tasks.stop(Duration::from_secs(20)).await);
        let made = store.heads(&[alice]).await.unwrap();
        assert_eq!(made[0].revision(), Revision::new(1));
        // One line is left of those that are written at once: each failure took one, and what went well none.
        assert_eq!(told.failures.line(), Some(0));
        assert_eq!(told.failures.line(), None);
    }
}
