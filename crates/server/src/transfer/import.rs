//! Putting the subjects of lines, one commit each.

use foldmark_core::command::Command;
use foldmark_core::decision::Refusal;
use foldmark_core::policy::Policy;
use foldmark_core::subject::{ChatGroupId, Subject, UserId};
use foldmark_wire::transfer::{ChatGroupLine, ImportReply, Imported, Line, Outcome, UserLine};
use futures_util::future::join_all;

use std::sync::Arc;

use crate::apps::App;
use crate::audit::Caller;
use crate::execute::{ExecuteError, Request};
use crate::gate::Gate;
use crate::limits;

/// Why a line was not put.
enum NotPut {
    /// For good.
    Refused(String),
    /// Perhaps the next time.
    Failed(String),
}

/// How lines are put.
#[derive(Clone, Copy)]
pub(crate) struct Puts<'a> {
    pub(crate) gate: &'a Gate,
    /// Whether what is there is replaced.
    pub(crate) replace: bool,
    /// For the audit log.
    pub(crate) caller: Option<Caller<'a>>,
    pub(crate) request_id: Option<&'a str>,
}

/// Puts the subject of each line of `body`.
pub(crate) async fn import(puts: Puts<'_>, body: &str) -> ImportReply<'static> {
    let lines: Vec<&str> = body.lines().collect();
    let mut results = Vec::with_capacity(lines.len());
    for some in lines.chunks(limits::IMPORT_COMMITS) {
        let put = join_all(some.iter().map(|line| put_line(puts, line))).await;
        results.extend(put.into_iter().map(report));
    }
    ImportReply { results }
}

fn report(put: Result<(), NotPut>) -> Imported<'static> {
    let (outcome, reason) = match put {
        Ok(()) => (Outcome::Put, String::new()),
        Err(NotPut::Refused(reason)) => (Outcome::Refused, reason),
        Err(NotPut::Failed(reason)) => (Outcome::Failed, reason),
    };
    Imported { outcome, reason: reason.into() }
}

async fn put_line(puts: Puts<'_>, line: &str) -> Result<(), NotPut> {
    match serde_json::from_str(line) {
        Ok(Line::User(user)) => put_user(puts, &user).await,
        Ok(Line::ChatGroup(chat_group)) => put_chat_group(puts, &chat_group).await,
        Ok(_) => Err(NotPut::Refused("the line is neither a user nor a chat group".to_owned())),
        Err(error) => Err(NotPut::Refused(format!("the line cannot be read: {error}"))),
    }
}

async fn put_user(puts: Puts<'_>, line: &UserLine<'_>) -> Result<(), NotPut> {
    let name = || format!("user {:?} of application {}", line.id, line.sdkappid);
    let app = application(puts.gate, line.sdkappid, &name)?;
    let id = UserId::parse(&line.id).map_err(|error| refused(&name, &error))?;
    let image = super::lines::user_image(line).map_err(|reason| refused(&name, &reason))?;
    let command = Command::PutUser { image: &image, replace: puts.replace };
    put(puts, (Subject::user(app.id, id), app.policy.tells), &command, &name).await
}

async fn put_chat_group(puts: Puts<'_>, line: &ChatGroupLine<'_>) -> Result<(), NotPut> {
    let name = || format!("chat group {:?} of application {}", line.id, line.sdkappid);
    let app = application(puts.gate, line.sdkappid, &name)?;
    let id = ChatGroupId::parse(&line.id).map_err(|error| refused(&name, &error))?;
    let image = super::lines::chat_group_image(line).map_err(|reason| refused(&name, &reason))?;
    let command = Command::PutChatGroup { image: &image, replace: puts.replace };
    put(puts, (Subject::chat_group(app.id, id), false), &command, &name).await
}

async fn put(
    puts: Puts<'_>,
    (subject, tells): (Subject<'_>, bool),
    command: &Command<'_>,
    name: &(dyn Fn() -> String + Sync),
) -> Result<(), NotPut> {
    // No rule of whole subjects asks what an application allows; but others are to be told of them as of all changes.
    let policy = Policy { tells, ..Policy::default() };
    let request = Request { id: puts.request_id, policy: &policy, caller: puts.caller };
    let executed = puts.gate.executor().execute(request, subject, command, |outcome| outcome.map(drop)).await;
    match executed {
        Ok(executed) => executed.value.map_err(|refusal| refused(name, &reason(refusal))),
        Err(error @ ExecuteError::Corrupt(_)) => Err(refused(name, &error)),
        Err(error) => Err(NotPut::Failed(format!("{}: {error}", name()))),
    }
}

/// Only applications that are configured can be called, so that nobody could reach the others.
fn application(gate: &Gate, sdkappid: u32, name: &(dyn Fn() -> String + Sync)) -> Result<Arc<App>, NotPut> {
    gate.app(sdkappid).ok_or_else(|| refused(name, &"the application is not configured"))
}

fn refused(name: &(dyn Fn() -> String + Sync), reason: &dyn std::fmt::Display) -> NotPut {
    NotPut::Refused(format!("{}: {reason}", name()))
}

fn reason(refusal: Refusal) -> String {
    match refusal {
        Refusal::Occupied => "there is another one already, which only replacing would change".to_owned(),
        Refusal::TooLarge { bytes, limit } => {
            format!("it needs a commit of {bytes} bytes, and the largest has {limit}")
        }
        other => unreachable!("no rule refuses a whole subject by {other:?}"),
    }
}
