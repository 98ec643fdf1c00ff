//! Commits that go on when their caller goes away: a connection that is closed, a call that took too long.
//!
//! A store carries out what it was given whether or not somebody waits for it. Those who follow the user have to be told
//! all the same, so whoever stops waiting leaves the rest of the commit to a task of its own. As long as he waits, no
//! task is started.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use foldmark_core::changes::Changes;
use foldmark_core::subject::{Revision, Subject};
use foldmark_store::{CommitError, Store};
use futures_util::future::BoxFuture;

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
}

/// A commit that was begun, and that ends whoever waits for it.
pub(crate) struct Committing<'a> {
    /// `None`: it has ended, or panicked.
    rest: Option<BoxFuture<'static, Result<(), CommitError>>>,
    /// Borrowed, because copying them takes locks.
    tasks: &'a Tasks,
}

impl<'a> Committing<'a> {
    /// Commits `changes` as [`Store::commit`] does, and tells of it when it has happened, or may have.
    pub(crate) fn begin(
        store: Arc<dyn Store>,
        told: Told,
        tasks: &'a Tasks,
        subject: Subject<'_>,
        base: Revision,
        changes: Changes,
    ) -> Committing<'a> {
        let (app, kind, id) = (subject.app, subject.kind(), Box::<str>::from(subject.id_str()));
        let rest = async move {
            let subject = Subject::parse(app, kind, &id).expect("the id of a subject is one");
            let (revision, due) = (changes.revision, changes.due);
            let written = store.commit(subject, base, changes).await;
            // With an open outcome there is perhaps something new, and who looks finds out.
            if matches!(written, Ok(()) | Err(CommitError::Unknown)) {
                told.hub.changed(subject, revision);
                if due {
                    told.outbox.changed(subject);
                }
            }
            written
        };
        Committing { rest: Some(Box::pin(rest)), tasks }
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
            self.tasks.start_late(async {
                // The caller, who could be told of a failure, is gone.
                let _ = rest.await;
            });
        }
    }
}
