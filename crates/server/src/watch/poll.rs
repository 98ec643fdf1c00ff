//! In a cluster, users are changed by other servers too: those who are watched here are looked at twice a second.

use std::sync::Arc;

use foldmark_core::subject::{Subject, UserId};

use super::hub::Hub;
use crate::gate::Gate;
use crate::limits;
use crate::tasks::Tasks;

/// Looks at watched users until the server stops.
pub(crate) async fn poll(gate: Arc<Gate>, hub: Arc<Hub>, tasks: Tasks) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(limits::WATCH_POLL) => {}
            () = tasks.stopping() => return,
        }
        let watched = hub.watched();
        for some in watched.chunks(limits::WATCH_POLL_USERS) {
            let subjects: Vec<Subject<'_>> = some
                .iter()
                .filter_map(|(app, user)| Some(Subject::user(*app, UserId::parse(user).ok()?)))
                .collect();
            match gate.executor().store().heads(&subjects).await {
                Ok(heads) => {
                    for (key, head) in some.iter().zip(&heads) {
                        hub.seen(key, head.revision());
                    }
                }
                // They are looked at again in a moment, and told what they missed.
                Err(error) => tracing::debug!(%error, "watched users could not be looked at"),
            }
        }
    }
}
