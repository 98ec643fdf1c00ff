//! Changing something: by the calls, with a UserSig of the application's administrator, through the same gate as
//! everyone's, and taking the last change back.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use bytes::Bytes;
use foldmark_wire::CallName;
use foldmark_wire::query::write_query;
use foldmark_wire::usersig::NewUserSig;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use serde_json::Value;

use super::Console;
use super::guard::{self, Change, Operator};
use super::session::Note;
use crate::apps::App;
use crate::limits;
use crate::random;
use crate::tokens::Role;

/// One call to be made.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) call: CallName,
    pub(super) body: Value,
}

/// What takes the last change of a session back.
#[derive(Clone, Debug)]
pub(super) struct Undo {
    pub(super) app: u32,
    pub(super) steps: Vec<Step>,
}

/// What a call was answered.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
    pub(super) json: Value,
}

impl Answered {
    /// The code of the answer as a whole.
    pub(super) fn code(&self) -> i64 {
        self.json["ErrorCode"].as_i64().unwrap_or_default()
    }

    /// What went wrong: with the call as a whole, or with each item that was refused.
    pub(super) fn problems(&self) -> Vec<String> {
        if self.code() != 0 {
            let info = self.json["ErrorInfo"].as_str().unwrap_or_default();
            return vec![format!("{} {info}", self.code())];
        }
        let groups = &self.json["GroupResultItem"][0]["ResultItem"];
        let items = [&self.json["ResultItem"], groups, &self.json["UpdateGroupResult"]["ContactResultItem"]];
        let items = items.into_iter().filter_map(Value::as_array).flatten();
        let refused = items.filter(|item| item["ResultCode"].as_i64().is_some_and(|code| code != 0));
        let mut problems: Vec<String> = refused
            .map(|item| {
                let contact = &item["ContactItem"];
                let peer = contact["To_Account"].as_str().or(contact["ToGroupId"].as_str());
                let peer = peer.or(item["UserID"].as_str()).unwrap_or_default();
                let info = item["ResultInfo"].as_str().unwrap_or_default();
                format!("{peer}: {} {info}", item["ResultCode"])
            })
            .collect();
        problems.extend(self.refused_accounts().map(str::to_owned));
        problems
    }

    /// The accounts that an import refused.
    pub(super) fn refused_accounts(&self) -> impl Iterator<Item = &str> {
        self.json["FailAccounts"].as_array().into_iter().flatten().filter_map(Value::as_str)
    }
}

/// An identifier and a UserSig of it, as they stand in a query.
#[derive(Debug)]
pub(super) struct Signed {
    pub(super) identifier: String,
    pub(super) usersig: String,
}

/// A UserSig of `identifier` that holds for `seconds`.
pub(super) fn sign(app: &App, identifier: &str, now: u64, seconds: u64) -> Signed {
    let key = app.keys.first().map_or("", |key| key.expose());
    let sig = NewUserSig {
        sdkappid: app.id.get(),
        key: key.as_bytes(),
        identifier,
        now,
        expire: seconds,
        userbuf: None,
    };
    Signed { identifier: identifier.to_owned(), usersig: sig.make() }
}

/// Path and query of a call.
pub(super) fn target(app: u32, call: CallName, signed: &Signed) -> String {
    let query = write_query(app, &signed.identifier, &signed.usersig, random::number() as u32);
    format!("{}?{query}", call.path())
}

impl Console {
    /// Makes a call on behalf of an operator as the application's first administrator.
    pub(super) async fn call(
        &self,
        operator: &Operator,
        app: &App,
        call: CallName,
        body: &Value,
    ) -> Result<Answered, String> {
        let administrator = app.administrators().next().unwrap_or_default();
        let signed = sign(app, administrator, self.clock.unix_seconds(), SIGNED_FOR);
        self.send(operator.address, operator.role, &target(app.id.get(), call, &signed), body.to_string())
            .await
    }

    /// Sends any call.
    pub(super) async fn send(
        &self,
        from: IpAddr,
        role: Role,
        target: &str,
        body: String,
    ) -> Result<Answered, String> {
        let request = Request::post(target).body(Full::new(Bytes::from(body)));
        let request = request.map_err(|error| error.to_string())?;
        let response = self.admin.gate.handle_console(from, role, request).await;
        let (head, body) = response.map_err(|error| error.to_string())?.into_parts();
        let body = body.collect().await.map_err(|error| error.to_string())?.to_bytes();
        let text = String::from_utf8_lossy(&body).into_owned();
        let json = serde_json::from_str(&text).unwrap_or_default();
        Ok(Answered { status: head.status, headers: head.headers, text, json })
    }

    /// Makes these calls until one fails as a whole. What is told on the next page: `done` if all went well, and else
    /// what did not. Returns whether anything may have been changed.
    pub(super) async fn carry_out(
        &self,
        operator: &Operator,
        app: &App,
        steps: &[Step],
        done: &str,
        undo: Vec<Step>,
    ) -> bool {
        let mut problems = Vec::new();
        let mut changed = false;
        for step in steps {
            let answered = match self.call(operator, app, step.call, &step.body).await {
                Ok(answered) => answered,
                Err(error) => {
                    problems.push(error);
                    break;
                }
            };
            problems.extend(answered.problems());
            if answered.code() != 0 {
                break;
            }
            changed = true;
        }
        let can_undo = changed && !undo.is_empty() && undo.len() <= limits::CONSOLE_UNDO_CALLS;
        let undo = can_undo.then(|| Undo { app: app.id.get(), steps: undo });
        let mut notes = Vec::new();
        if changed {
            notes.push(Note { is_good: true, text: done.to_owned(), can_undo });
        }
        if !problems.is_empty() {
            let more = problems.len().saturating_sub(limits::CONSOLE_PROBLEMS);
            problems.truncate(limits::CONSOLE_PROBLEMS);
            let mut text = problems.join("; ");
            if more > 0 {
                text.push_str(&operator.language.fill("; and {} more", &[&more]));
            }
            notes.push(Note { is_good: false, text, can_undo: false });
        }
        self.sessions.with(&operator.cookie, &self.admin.tokens, |session| {
            session.notes = notes;
            if changed {
                session.undo = undo;
            }
        });
        changed
    }

    /// Tells something on the next page.
    pub(super) fn tell(&self, operator: &Operator, is_good: bool, text: impl Into<String>) {
        let note = Note { is_good, text: text.into(), can_undo: false };
        self.sessions.with(&operator.cookie, &self.admin.tokens, |session| session.notes.push(note));
    }
}

/// How long a UserSig that is used at once holds, in seconds.
const SIGNED_FOR: u64 = 300;

/// Takes the last change of the session back.
pub(super) async fn undo(State(console): State<Arc<Console>>, change: Change) -> Response {
    let operator = &change.operator;
    let taken = console.sessions.with(&operator.cookie, &console.admin.tokens, |session| session.undo.take());
    let app = |undo: &Undo| console.admin.gate.app(undo.app);
    match taken.flatten().and_then(|undo| Some((app(&undo)?, undo))) {
        Some((app, undo)) => {
            let done = operator.language.t("The last change was taken back.");
            console.carry_out(operator, &app, &undo.steps, done, Vec::new()).await;
        }
        None => console.tell(operator, false, operator.language.t("There is nothing to take back any more.")),
    }
    Redirect::to(&guard::back(&change.headers)).into_response()
}
