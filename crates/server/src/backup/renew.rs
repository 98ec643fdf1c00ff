//! New incarnations for everyone in a folder that was taken back to an earlier moment.
//!
//! After the moment of a backup a user went on to higher revisions, which callers may have seen, and after a restore
//! he comes to the same revisions with something else in them. Revisions of two incarnations do not compare, so with a
//! new one nobody takes what he knew for what is there. It is a commit a user, decided as all changes are.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use foldmark_core::command::Command;
use foldmark_core::policy::Policy;
use foldmark_core::subject::{AppId, Subject, SubjectKind, UserId};
use foldmark_store::WalkFrom;
use foldmark_store::embedded::{EmbeddedStore, Options};
use futures_util::stream::{StreamExt, iter};

use crate::clock::Clock;
use crate::execute::{Executor, Request};
use crate::limits;
use crate::metrics::Metrics;

/// Gives each user of these applications in the data folder another incarnation, and returns how many there are. An
/// older format of the folder is upgraded on the way. `progress` is told of every so many users.
pub async fn renew(
    folder: &Path,
    applications: &BTreeSet<u32>,
    mut progress: impl FnMut(u64),
) -> Result<u64, String> {
    let store = EmbeddedStore::open(folder, Options::default()).map_err(|error| error.to_string())?;
    let executor = Executor::new(Box::new(store), Clock::system(), Arc::new(Metrics::new("embedded")), None);
    let mut renewed = 0;
    for app in applications.iter().filter_map(|number| AppId::new(*number)) {
        let mut from = Some(WalkFrom::Start);
        while let Some(here) = from {
            let page = executor.store().walk(app, SubjectKind::User, &here, limits::WALK_PAGE);
            let page = page.await.map_err(|error| error.to_string())?;
            let mut users = iter(&page.entries)
                .map(|entry| renew_user(&executor, app, &entry.id))
                .buffer_unordered(limits::WALK_PAGE);
            while let Some(done) = users.next().await {
                done?;
                renewed += 1;
                progress(1);
            }
            drop(users);
            from = page.next;
        }
    }
    executor.store().close().await;
    Ok(renewed)
}

async fn renew_user(executor: &Executor, app: AppId, id: &str) -> Result<(), String> {
    let named = |error: &dyn std::fmt::Display| format!("user {id:?} of application {app}: {error}");
    let user = UserId::parse(id).map_err(|error| named(&error))?;
    let request = Request { id: None, policy: &Policy::default(), caller: None };
    let subject = Subject::user(app, user);
    let executing = executor.execute(request, subject, &Command::RenewIncarnation, |_| ());
    executing.await.map(drop).map_err(|error| named(&error))
}
