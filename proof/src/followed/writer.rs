//! The one who writes a user: one call at a time, each of which makes one revision or, if it changes nothing, none. So
//! the revision that the server has after a kill says whether the call that was under way was carried out.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use foldmark_wire::Code;
use foldmark_wire::transfer::{ImportReply, Outcome};
use serde_json::{Value, json};

use super::User;
use super::call::{Call, Drawer, Image};
use super::state::{History, State};
use crate::http::{Answer, Http, query_of};
use crate::random::Random;

/// A user's writer, and what he knows.
pub(super) struct Writer {
    user: User,
    random: Random,
    state: State,
    pub(super) history: History,
    /// The call whose outcome is not known.
    pending: Option<Call>,
    image: Option<Image>,
    texts: u64,
    pub(super) done: Done,
}

/// What became of calls.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Done {
    /// Acknowledged.
    pub(super) acknowledged: u64,
    /// Without an answer, and carried out.
    pub(super) landed: u64,
    /// Without an answer, and not carried out.
    pub(super) absent: u64,
    /// Accounts that were deleted, and users who were put as they once were.
    pub(super) renewed: u64,
}

/// Where the server is.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) address: SocketAddr,
    /// The operators' listener, and its token.
    pub(super) admin: SocketAddr,
    pub(super) token: String,
}

/// A connection of a writer.
struct Line<'a> {
    http: Http,
    query: String,
    place: &'a Place,
}

impl Place {
    /// Asks the operators' listener, on a connection of its own.
    fn operate(&self, method: &str, path: &str, body: &str) -> Result<Answer, String> {
        Http::connect(self.admin)?.operate(method, path, &self.token, body)
    }
}

impl Writer {
    /// Who begins with a user that was never written, or just registered.
    pub(super) fn new(user: User, random: Random) -> Writer {
        let mut history = History::new();
        let mut state = State::default();
        if user.is_registered() {
            let states = Call::Import.states(&state);
            history.commit(&states, false);
            state.imported = true;
        }
        Writer { user, random, state, history, pending: None, image: None, texts: 0, done: Done::default() }
    }

    /// The user as he is.
    pub(super) fn state(&self) -> &State {
        &self.state
    }

    /// Writes until the connection breaks, or until it is enough and the user can be read.
    pub(super) fn write(&mut self, place: &Place, enough: &AtomicBool) -> Result<(), String> {
        let query = query_of(self.user.sdkappid);
        // The server may be gone already.
        let Ok(http) = Http::connect(place.address) else { return Ok(()) };
        let mut line = Line { http, query, place };
        if !self.settle(&mut line)? {
            return Ok(());
        }
        loop {
            let is_there = self.state.imported || !self.user.is_registered();
            if enough.load(Ordering::Relaxed) && is_there {
                return Ok(());
            }
            self.rest();
            if self.random.once_in(60) && self.state.imported && !self.take_image(&mut line)? {
                return Ok(());
            }
            let mut drawer = Drawer {
                random: &mut self.random,
                peers: self.user.peers,
                is_registered: self.user.is_registered(),
                texts: &mut self.texts,
                image: self.image.as_ref(),
            };
            let call = drawer.draw(&self.state);
            let answered = match self.send(&mut line, &call) {
                Ok(answer) => {
                    self.answered(&call, &answer).map_err(|error| format!("{}: {error}", self.user.id))?
                }
                Err(_) => false,
            };
            if !answered {
                self.pending = Some(call);
                return Ok(());
            }
        }
    }

    /// Whether he knows what became of everything that he sent.
    pub(super) fn is_settled(&self) -> bool {
        self.pending.is_none()
    }

    /// Bursts of calls, and time in which those who follow have come to the end.
    fn rest(&mut self) {
        let pause = match self.random.once_in(25) {
            true => self.random.between(10, 120),
            false => self.random.below(5),
        };
        std::thread::sleep(Duration::from_millis(pause));
    }

    fn send(&self, line: &mut Line<'_>, call: &Call) -> Result<Answer, String> {
        match (call, call.path()) {
            (Call::Put(image), _) => line.place.operate("POST", "/v1/subjects?replace=true", &image.line),
            (_, Some(path)) => line.http.call(path, &line.query, &call.body(&self.user.id)),
            (_, None) => Err("no call of the protocol".to_owned()),
        }
    }

    /// What was acknowledged is what the call makes of the user, at the next revision or, without a change, at this.
    /// `false`: a server that is overtaxed says that it does not know.
    fn answered(&mut self, call: &Call, answer: &Answer) -> Result<bool, String> {
        let json = answer.json()?;
        let wrong = |what: &str| Err(format!("{call:?} {what}: {}", answer.text));
        if let Call::Put(_) = call {
            let reply: ImportReply<'_> =
                serde_json::from_str(&answer.text).map_err(|error| error.to_string())?;
            match reply.results.first().map(|put| put.outcome) {
                Some(Outcome::Put) => {}
                Some(Outcome::Failed) => return Ok(false),
                _ => return wrong("was refused"),
            }
        }
        let refused = refusals(&json);
        if refused.iter().any(|code| code.is_some_and(Code::is_retryable)) {
            return Ok(false);
        }
        if !refused.is_empty() {
            return wrong("was refused");
        }
        if !call.made(&self.state).iter().all(|number| names(&json, *number)) {
            return wrong("made a group, and was answered without its number");
        }
        self.carried_out(call);
        self.done.acknowledged += 1;
        match answer.revision {
            Some(revision) if revision != self.history.revision() => {
                wrong(&format!("made revision {}, and was answered {revision}", self.history.revision()))
            }
            _ => Ok(true),
        }
    }

    /// Notes what a call made of the user. Gives whether it changed anything.
    fn carried_out(&mut self, call: &Call) -> bool {
        let states = call.states(&self.state);
        let Some(last) = states.last().filter(|last| **last != self.state).cloned() else { return false };
        self.history.commit(&states, call.renews());
        self.done.renewed += u64::from(call.renews());
        self.state = last;
        true
    }

    /// Finds out what became of the call that was under way when the server before this one was killed. `false`: not this
    /// time.
    fn settle(&mut self, line: &mut Line<'_>) -> Result<bool, String> {
        let body = json!({ "From_Account": self.user.id });
        let Ok(answer) = line.http.call("foldmark/list_groups", &line.query, &body) else {
            return Ok(false);
        };
        let Some(revision) = answer.revision else {
            let is_overtaxed =
                refusals(&answer.json()?).iter().any(|code| code.is_some_and(Code::is_retryable));
            return if is_overtaxed { Ok(false) } else { Err(format!("no revision: {}", answer.text)) };
        };
        let known = self.history.revision();
        let pending = self.pending.take();
        let is_as_known = match (&pending, revision.checked_sub(known)) {
            (_, Some(0)) => {
                self.done.absent += u64::from(pending.is_some());
                true
            }
            (Some(call), Some(1)) => {
                self.done.landed += 1;
                self.carried_out(call)
            }
            _ => false,
        };
        if !is_as_known {
            return Err(format!(
                "{} is at revision {revision}, {known} was acknowledged, under way was {pending:?}",
                self.user.id
            ));
        }
        Ok(true)
    }

    /// Keeps the user as he is, to put him there later. `false`: not this time.
    fn take_image(&mut self, line: &mut Line<'_>) -> Result<bool, String> {
        let path = format!("/v1/subject?sdkappid={}&kind=users&id={}", self.user.sdkappid, self.user.id);
        let Ok(answer) = line.place.operate("GET", &path, "") else { return Ok(false) };
        match answer.status {
            200 => self.image = Some(Image { line: answer.text, shown: self.state.shown.clone() }),
            // Too busy: another time.
            503 => {}
            _ => return Err(format!("{} is not exported: {}", self.user.id, answer.text)),
        }
        Ok(true)
    }
}

/// The codes of an answer, and of its items, other than 0; `None` for those that are not documented.
fn refusals(answer: &Value) -> Vec<Option<Code>> {
    match answer {
        Value::Object(fields) => {
            let own = ["ErrorCode", "ResultCode"].into_iter().filter_map(|name| fields.get(name)?.as_i64());
            let own = own.filter(|code| *code != 0);
            let own = own.map(|code| i32::try_from(code).ok().and_then(Code::from_number));
            own.chain(fields.values().flat_map(refusals)).collect()
        }
        Value::Array(items) => items.iter().flat_map(refusals).collect(),
        _ => Vec::new(),
    }
}

/// Whether an answer names a group of this number somewhere.
fn names(answer: &Value, number: u32) -> bool {
    match answer {
        Value::Object(fields) => {
            fields.get("GroupId").is_some_and(|id| *id == number)
                || fields.values().any(|value| names(value, number))
        }
        Value::Array(items) => items.iter().any(|item| names(item, number)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_and_numbers_are_found_wherever_they_are() {
        let answer = json!({ "ErrorCode": 0, "A": [{ "ResultCode": 0, "GroupId": 3 }, { "ResultCode": 51009 }],
            "B": { "ErrorCode": 1 } });
        assert_eq!(refusals(&answer), [Some(Code::NoSuchContactGroup), None]);
        assert!(refusals(&json!({ "ErrorCode": 0, "GroupId": 7 })).is_empty());
        assert!(names(&answer, 3) && !names(&answer, 51009));
    }
}
