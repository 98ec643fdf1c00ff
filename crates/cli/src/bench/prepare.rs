//! Makes the users of a run, checks those that an earlier one has left, and deletes them.
//!
//! Before anything is written every name is looked up: a user who has an account, groups or marks already is never
//! taken for one of the run's. What was begun and not finished is deleted again.

use std::future::Future;

use foldmark_client::{
    AccountImport, AccountStatus, Client, Code, ContactResult, Error, GetContactGroupReply, MarkResult,
};
use futures_util::stream::{self, TryStreamExt};

use crate::bench::people::{GROUPS, People};
use crate::failure::Failure;
use crate::progress;
use crate::signals::Signals;

/// Names in one call.
const BATCH: u32 = 100;
/// The most calls under way while users are made: more would only wait in the server.
const AT_ONCE_MAX: usize = 32;

/// Makes the users. They must not be there.
pub(super) async fn make(
    client: &Client,
    people: &People,
    at_once: usize,
    signals: &mut Signals,
) -> Result<(), Failure> {
    unless_stopped(signals, nobody_is_there(client, people, at_once)).await?;
    let made = unless_stopped(signals, fill(client, people, at_once)).await;
    if made.is_err() {
        // The failure that came first is the one to report; that the users stay is part of it.
        if let Err(failure) = remove(client, people, signals).await {
            crate::out::note(&format!("the users that were made could not be deleted: {failure}"));
        }
    }
    made
}

/// Fails unless the users are as an earlier run has left them.
pub(super) async fn check(
    client: &Client,
    people: &People,
    at_once: usize,
    signals: &mut Signals,
) -> Result<(), Failure> {
    unless_stopped(signals, async {
        each(people, at_once, "users looked at", async |user| {
            let name = people.name(user);
            let kept = kept(client, &name).await?;
            if kept.is_some_and(|kept| people.is_made(user, &kept)) {
                return Ok(());
            }
            Err(Failure::failed(format!(
                "{name} is not as a run of bench leaves a user: without --prepared the users are made, if there are \
                 none of these names"
            )))
        })
        .await
    })
    .await
}

/// Deletes the users.
pub(super) async fn remove(client: &Client, people: &People, signals: &mut Signals) -> Result<(), Failure> {
    unless_stopped(signals, async {
        for first in (0..people.count).step_by(BATCH as usize) {
            let names = people.names(first..people.count.min(first + BATCH));
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            for result in client.account_delete(&names).await?.value.results {
                // One who was never imported is gone already.
                if result.code != Code::NoSuchAccount.number() {
                    accepted(&result.user_id, result.code, &result.info)?;
                }
            }
        }
        Ok(())
    })
    .await
}

/// Fails if there is anyone of these names, or if anything is kept for one.
async fn nobody_is_there(client: &Client, people: &People, at_once: usize) -> Result<(), Failure> {
    let there = |name: &str| {
        Failure::failed(format!(
            "{name} is there already and is left alone: if an earlier run has made the users, give --prepared, \
             otherwise another --prefix"
        ))
    };
    for first in (0..people.count).step_by(BATCH as usize) {
        let names = people.names(first..people.count.min(first + BATCH));
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        for result in client.account_check(&names).await?.value.results {
            accepted(&result.user_id, result.code, &result.info)?;
            if result.status == AccountStatus::Imported {
                return Err(there(&result.user_id));
            }
        }
    }
    // A server that asks for no accounts keeps groups and marks for users whom nobody has imported.
    each(people, at_once, "names looked up", async |user| {
        let name = people.name(user);
        match kept(client, &name).await? {
            Some(kept) if !kept.groups.is_empty() || !kept.contacts.is_empty() => Err(there(&name)),
            _ => Ok(()),
        }
    })
    .await
}

/// Imports the users, all of them first since they are each other's peers, and makes their groups and marks.
async fn fill(client: &Client, people: &People, at_once: usize) -> Result<(), Failure> {
    let names = people.names(0..people.count);
    let accounts: Vec<AccountImport<'_>> = names.iter().map(AccountImport::new).collect();
    if let Some(refused) = client.accounts_import(&accounts).await?.fail_accounts.first() {
        return Err(Failure::failed(format!("{refused} was not imported")));
    }
    each(people, at_once, "users made", async |user| {
        let name = &names[user as usize];
        for (number, group) in GROUPS.into_iter().enumerate() {
            let reply = client.create_contact_group(name, group, &people.members(user, number)).await?;
            for ContactResult { code, info, .. } in reply.value.groups.iter().flat_map(|made| &made.results) {
                accepted(name, *code, info)?;
            }
        }
        let reply = client.mark_contact(name, &people.marks(user)).await?;
        for MarkResult { code, info, .. } in &reply.value.results {
            accepted(name, *code, info)?;
        }
        Ok(())
    })
    .await
}

/// What is kept for a user; `None` if the server knows none of this name.
async fn kept(client: &Client, name: &str) -> Result<Option<GetContactGroupReply<'static>>, Failure> {
    match client.get_contact_group(name, 0).await {
        Ok(reply) => Ok(Some(reply.value)),
        Err(Error::Refused { known: Some(Code::NotImported), .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Does something for each user, for some of them at once, and shows how far it is.
async fn each(
    people: &People,
    at_once: usize,
    unit: &str,
    task: impl AsyncFn(u32) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let bar = progress::bar(Some(people.count.into()), unit);
    let task = &task;
    let users = stream::iter((0..people.count).map(Ok));
    let done = users
        .try_for_each_concurrent(at_once.min(AT_ONCE_MAX), async |user| {
            let done = task(user).await;
            bar.inc(1);
            done
        })
        .await;
    bar.finish_and_clear();
    done
}

fn accepted(name: &str, code: i32, info: &str) -> Result<(), Failure> {
    match code {
        0 => Ok(()),
        _ => Err(Failure::failed(format!("{name}: {info} ({code})"))),
    }
}

/// Carries `task` out unless a signal ends it before.
async fn unless_stopped(
    signals: &mut Signals,
    task: impl Future<Output = Result<(), Failure>>,
) -> Result<(), Failure> {
    tokio::select! {
        done = task => done,
        () = signals.next() => Err(Failure::failed("stopped before the users were ready")),
    }
}
