//! The account calls. One that names many accounts is one commit an account, with a result each.

use std::borrow::Cow;

use foldmark_core::command::Command;
use foldmark_core::decision::{Refusal, Reply};
use foldmark_core::policy::Registration;
use foldmark_core::subject::{Subject, UserId};
use foldmark_wire::accounts::{
    AccountCheck, AccountCheckReply, AccountCheckResult, AccountDelete, AccountDeleteReply,
    AccountDeleteResult, AccountImport, AccountImportReply, AccountStatus, MultiaccountImport,
    MultiaccountImportReply,
};
use foldmark_wire::reply::write_ok;
use foldmark_wire::{Code, Fault};
use futures_util::future::join_all;

use crate::calls::{Answer, Call};

pub(super) async fn import(call: &Call<'_>) -> Result<Answer, Fault> {
    let request = AccountImport::parse(call.body)?;
    let user = user(call, &request.user_id)?;
    call.execute(user, &import_command(&request), |_| write_ok(&AccountImportReply {})).await
}

/// The accounts that could not be imported are listed; what broke for all of them fails the call.
pub(super) async fn import_many(call: &Call<'_>) -> Result<Answer, Fault> {
    let request = MultiaccountImport::parse(call.body)?;
    let outcomes = join_all(request.entries.iter().map(|entry| async move {
        let account = entry.as_ref().map_err(|bad| bad.fault.clone())?;
        let command = import_command(account);
        settle(call.decide(user(call, &account.user_id)?, &command, plain).await, call)
    }))
    .await;
    let mut failed = Vec::new();
    let mut broken = None;
    for (entry, outcome) in request.entries.iter().zip(outcomes) {
        if let Err(fault) = outcome {
            let (Ok(AccountImport { user_id, .. })
            | Err(foldmark_wire::accounts::BadAccount { user_id, .. })) = entry;
            failed.push(Cow::Borrowed(user_id.as_ref()));
            if entry.is_ok() {
                broken = Some(fault);
            }
        }
    }
    match broken {
        Some(fault) if failed.len() == request.entries.len() => Err(fault),
        _ => Ok(Answer::general(write_ok(&MultiaccountImportReply { fail_accounts: failed }))),
    }
}

pub(super) async fn check(call: &Call<'_>) -> Result<Answer, Fault> {
    let request = AccountCheck::parse(call.body)?;
    let mut users = Vec::with_capacity(request.entries.len());
    for id in request.entries.iter().flatten() {
        users.push(user(call, id)?);
    }
    // In an open application an account exists by being named.
    let existing = match call.app.policy.accounts {
        Registration::Open => vec![true; users.len()],
        Registration::Registered => call.executor.exist(&users).await.map_err(|error| call.failed(error))?,
    };
    let mut existing = existing.into_iter();
    let results = request.entries.into_iter().map(|entry| match entry {
        Err(bad) => bad.into(),
        Ok(id) if existing.next() == Some(true) => AccountCheckResult::new(id, AccountStatus::Imported),
        Ok(id) => AccountCheckResult::new(id, AccountStatus::NotImported),
    });
    Ok(Answer::general(write_ok(&AccountCheckReply { results: results.collect() })))
}

pub(super) async fn delete(call: &Call<'_>) -> Result<Answer, Fault> {
    let request = AccountDelete::parse(call.body)?;
    let outcomes = join_all(request.entries.iter().map(|entry| async move {
        let id = entry.as_ref().map_err(|bad| bad.fault.clone())?;
        settle(call.decide(user(call, id)?, &Command::DeleteAccount, plain).await, call)
    }))
    .await;
    let results = request.entries.into_iter().zip(outcomes).map(|(entry, outcome)| match entry {
        Err(bad) => bad.into(),
        Ok(id) => AccountDeleteResult::new(id, outcome.err()),
    });
    Ok(Answer::general(write_ok(&AccountDeleteReply { results: results.collect() })))
}

fn import_command<'a>(account: &'a AccountImport<'_>) -> Command<'a> {
    Command::ImportAccount { nick: account.nick.as_deref(), face_url: account.face_url.as_deref() }
}

fn plain(outcome: Result<Reply<'_>, Refusal>) -> Result<(), Refusal> {
    outcome.map(|_| ())
}

/// The result of one account of many.
fn settle(
    executed: Result<crate::execute::Executed<Result<(), Refusal>>, Fault>,
    call: &Call<'_>,
) -> Result<(), Fault> {
    executed?.value.map_err(|refusal| call.fault(refusal))
}

fn user<'a>(call: &Call<'_>, id: &'a str) -> Result<Subject<'a>, Fault> {
    let user =
        UserId::parse(id).map_err(|error| Fault::new(Code::AccountParameter, format!("UserID {error}")))?;
    Ok(Subject::user(call.app.id, user))
}
