//! Putting the subjects of lines, one commit each.

use foldmark_core::command::Command;
use foldmark_core::decision::Refusal;
use foldmark_core::policy::Policy;
use foldmark_core::subject::{AppId, ChatGroupId, Subject, UserId};
use foldmark_wire::transfer::{ChatGroupLine, ImportReply, Imported, Line, Outcome, UserLine};
use futures_util::future::join_all;

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

/// Puts the subject of each line of `body`, over what is there if `replace` says so.
pub(crate) async fn import(gate: &Gate, body: &str, replace: bool) -> ImportReply<'static> {
    let lines: Vec<&str> = body.lines().collect();
    let mut results = Vec::with_capacity(lines.len());
    for some in lines.chunks(limits::IMPORT_COMMITS) {
        let puts = join_all(some.iter().map(|line| put_line(gate, line, replace))).await;
        results.extend(puts.into_iter().map(report));
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

async fn put_line(gate: &Gate, line: &str, replace: bool) -> Result<(), NotPut> {
    match serde_json::from_str(line) {
        Ok(Line::User(user)) => put_user(gate, &user, replace).await,
        Ok(Line::ChatGroup(chat_group)) => put_chat_group(gate, &chat_group, replace).await,
        Ok(_) => Err(NotPut::Refused("the line is neither a user nor a chat group".to_owned())),
        Err(error) => Err(NotPut::Refused(format!("the line cannot be read: {error}"))),
    }
}

async fn put_user(gate: &Gate, line: &UserLine<'_>, replace: bool) -> Result<(), NotPut> {
    let name = || format!("user {:?} of application {}", line.id, line.sdkappid);
    let app = application(gate, line.sdkappid, &name)?;
    let id = UserId::parse(&line.id).map_err(|error| refused(&name, &error))?;
    let image = super::lines::user_image(line).map_err(|reason| refused(&name, &reason))?;
    put(gate, Subject::user(app, id), &Command::PutUser { image: &image, replace }, &name).await
}

async fn put_chat_group(gate: &Gate, line: &ChatGroupLine<'_>, replace: bool) -> Result<(), NotPut> {
    let name = || format!("chat group {:?} of application {}", line.id, line.sdkappid);
    let app = application(gate, line.sdkappid, &name)?;
    let id = ChatGroupId::parse(&line.id).map_err(|error| refused(&name, &error))?;
    let image = super::lines::chat_group_image(line).map_err(|reason| refused(&name, &reason))?;
    put(gate, Subject::chat_group(app, id), &Command::PutChatGroup { image: &image, replace }, &name).await
}

async fn put(
    gate: &Gate,
    subject: Subject<'_>,
    command: &Command<'_>,
    name: &(dyn Fn() -> String + Sync),
) -> Result<(), NotPut> {
    // No rule of whole subjects asks what an application allows.
    let request = Request { id: None, policy: &Policy::default() };
    let executed = gate.executor().execute(request, subject, command, |outcome| outcome.map(drop)).await;
    match executed {
        Ok(executed) => executed.value.map_err(|refusal| refused(name, &reason(refusal))),
        Err(error @ ExecuteError::Corrupt(_)) => Err(refused(name, &error)),
        Err(error) => Err(NotPut::Failed(format!("{}: {error}", name()))),
    }
}

/// Only applications that are configured can be called, so that nobody could reach the others.
fn application(gate: &Gate, sdkappid: u32, name: &(dyn Fn() -> String + Sync)) -> Result<AppId, NotPut> {
    let app = gate.app(sdkappid);
    app.map(|app| app.id).ok_or_else(|| refused(name, &"the application is not configured"))
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
