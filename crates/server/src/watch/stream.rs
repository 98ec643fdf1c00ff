//! What a watcher is sent: events with a place to come back to, comments now and then so that both sides know the other
//! is there, and at the end a last event that says why.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use foldmark_core::command::Guard;
use foldmark_core::subject::Revision;
use foldmark_wire::json::parse_body;
use foldmark_wire::reply::write_fault;
use foldmark_wire::{CallName, Code, Fault};
use futures_util::Stream;
use futures_util::stream::{StreamExt, unfold};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::WatchBody;
use super::asked::Asked;
use super::hub::{Watching, WatchingApp};
use crate::calls::{self, Answer, Call};
use crate::gate::Gate;
use crate::limits;
use crate::tasks::Tasks;

/// Tells of one user.
pub(super) fn of_user(gate: Arc<Gate>, tasks: Tasks, asked: Asked) -> Result<WatchBody, Fault> {
    let user = asked.user.clone().unwrap_or_default();
    let watching = gate.executor().hub().watch(asked.app, &user, asked.whose)?;
    let cursor = asked.cursor.clone();
    let state =
        OfUser { gate, tasks, asked, user, watching, cursor, is_first: true, is_behind: true, ended: false };
    Ok(body(unfold(Box::new(state), |mut state| async move {
        let text = state.next().await?;
        Some((text, state))
    })))
}

/// Tells which users of the application change.
pub(super) fn of_app(gate: Arc<Gate>, tasks: Tasks, asked: Asked) -> Result<WatchBody, Fault> {
    let watching = gate.executor().hub().watch_app(asked.app)?;
    let place = asked.cursor.as_deref().and_then(|cursor| watching.log.read(cursor));
    let changed = watching.log.subscribe();
    let state = OfApp { gate, tasks, asked, watching, changed, place, is_first: true, ended: false };
    Ok(body(unfold(Box::new(state), |mut state| async move {
        let text = state.next().await?;
        Some((text, state))
    })))
}

fn body(texts: impl Stream<Item = String> + Send + 'static) -> WatchBody {
    let frames = texts.map(|text| Ok::<_, Infallible>(Frame::data(Bytes::from(text))));
    StreamBody::new(frames).boxed_unsync()
}

/// Somebody who watches a user.
struct OfUser {
    gate: Arc<Gate>,
    tasks: Tasks,
    asked: Asked,
    user: String,
    watching: Watching,
    cursor: Option<String>,
    is_first: bool,
    /// There may be something that was not told.
    is_behind: bool,
    ended: bool,
}

/// A page of the feed.
enum Page {
    Changes {
        cursor: String,
        more: bool,
        is_empty: bool,
        text: String,
    },
    /// Nothing can be told at the moment.
    Later,
    Ended(String),
}

impl OfUser {
    /// What is sent next; `None` after the end. Begins with a look at the UserSig, so that no beat passes without one.
    async fn next(&mut self) -> Option<String> {
        if self.ended {
            return None;
        }
        loop {
            if let Err(fault) = self.asked.caller.check(&self.gate, &self.asked) {
                return self.end(&write_fault(&fault));
            }
            if self.is_behind {
                // What happens from here on counts as news, also while the feed is read.
                self.watching.changed.mark_unchanged();
                self.is_behind = false;
                // Boxed, because most watchers are idle most of the time, and it is large.
                match Box::pin(self.page()).await {
                    Page::Changes { cursor, more, is_empty, text } => {
                        self.is_behind = more;
                        let is_news = !is_empty || self.cursor.is_none();
                        self.cursor = Some(cursor).filter(|cursor| !cursor.is_empty());
                        if is_news {
                            let cursor = self.cursor.as_deref().unwrap_or_default();
                            return Some(self.greeted(&event("changes", Some(cursor), &text)));
                        }
                        // There is more, or all has to be told anew: at once, not when something changes again.
                        if more {
                            continue;
                        }
                    }
                    Page::Later => {
                        self.is_behind = true;
                        tokio::select! {
                            () = tokio::time::sleep(limits::WATCH_RETRY) => return Some(self.greeted(BEAT)),
                            () = self.tasks.stopping() => return self.end(&stopping()),
                        }
                    }
                    Page::Ended(reply) => return self.end(reply.as_bytes()),
                }
            }
            if self.is_first {
                return Some(self.greeted(BEAT));
            }
            tokio::select! {
                biased;
                () = self.tasks.stopping() => return self.end(&stopping()),
                changed = self.watching.changed.changed() => self.is_behind = changed.is_ok(),
                () = tokio::time::sleep(limits::WATCH_BEAT) => return Some(BEAT.to_owned()),
            }
        }
    }

    /// Reads the feed from where the watcher is, by the call for it.
    async fn page(&self) -> Page {
        let mut body = json!({ "From_Account": self.user, "Limit": limits::WATCH_PAGE });
        if let Some(cursor) = &self.cursor {
            body["Cursor"] = json!(cursor);
        }
        let Some(app) = self.gate.app(self.asked.app.get()) else {
            return Page::Later;
        };
        let body = body.to_string();
        let answered = match parse_body(body.as_bytes()) {
            Ok(body) => {
                let call = Call {
                    name: CallName::GetChanges,
                    request_id: None,
                    caller: None,
                    guard: Guard::default(),
                    app: &app,
                    executor: self.gate.executor(),
                    body: &body,
                };
                calls::answer(&call).await
            }
            Err(fault) => Err(fault),
        };
        let answer = answered.unwrap_or_else(|fault| Answer::fault(&fault));
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        match answer.code {
            None => {}
            Some(Code::CursorInvalid) if self.cursor.is_some() => {
                // Not one of ours, or of a key that was changed: the watcher takes all anew.
                return Page::Changes { cursor: String::new(), more: true, is_empty: true, text };
            }
            Some(code)
                if code == Code::BackendTimedOut
                    || code == calls::timed_out_code(CallName::GetChanges)
                    || code == calls::internal_code(CallName::GetChanges) =>
            {
                return Page::Later;
            }
            Some(_) => return Page::Ended(text),
        }
        let mut reply: Value = serde_json::from_str(&text).unwrap_or_default();
        // A header of the call, which an event has no place for.
        reply["Revision"] = json!(answer.revision.map_or(0, Revision::get));
        let text = reply.to_string();
        let lists = reply.as_object().into_iter().flatten().filter_map(|(_, value)| value.as_array());
        Page::Changes {
            cursor: reply["Cursor"].as_str().unwrap_or_default().to_owned(),
            more: reply["More"] == true,
            is_empty: reply["Reset"] != true && lists.map(Vec::len).sum::<usize>() == 0,
            text,
        }
    }

    fn greeted(&mut self, text: &str) -> String {
        greeted(&mut self.is_first, text)
    }

    fn end(&mut self, reply: &[u8]) -> Option<String> {
        self.ended = true;
        Some(last(reply))
    }
}

/// Somebody who watches an application.
struct OfApp {
    gate: Arc<Gate>,
    tasks: Tasks,
    asked: Asked,
    watching: WatchingApp,
    changed: watch::Receiver<u64>,
    place: Option<u64>,
    is_first: bool,
    ended: bool,
}

impl OfApp {
    /// What is sent next; `None` after the end.
    async fn next(&mut self) -> Option<String> {
        if self.ended {
            return None;
        }
        loop {
            if let Err(fault) = self.asked.caller.check(&self.gate, &self.asked) {
                return self.end(&write_fault(&fault));
            }
            self.changed.mark_unchanged();
            let log = Arc::clone(&self.watching.log);
            let told = log.behind(self.place, limits::WATCH_PAGE);
            self.place = Some(told.place);
            if told.reset {
                let text = event("reset", Some(&log.write(told.place)), "{}");
                return Some(greeted(&mut self.is_first, &text));
            }
            if !told.users.is_empty() {
                let events = told.users.iter().map(|(user, revision, behind)| {
                    let data = json!({ "From_Account": user, "Revision": revision.get() });
                    event("user", Some(&log.write(*behind)), &data.to_string())
                });
                let text: String = events.collect();
                return Some(greeted(&mut self.is_first, &text));
            }
            if self.is_first {
                return Some(greeted(&mut self.is_first, BEAT));
            }
            tokio::select! {
                biased;
                () = self.tasks.stopping() => return self.end(&stopping()),
                changed = self.changed.changed() => if changed.is_err() { return None },
                () = tokio::time::sleep(limits::WATCH_BEAT) => return Some(BEAT.to_owned()),
            }
        }
    }

    fn end(&mut self, reply: &[u8]) -> Option<String> {
        self.ended = true;
        Some(last(reply))
    }
}

/// A comment.
const BEAT: &str = ":\n\n";

/// Says first how long to wait before coming back.
fn greeted(is_first: &mut bool, text: &str) -> String {
    match std::mem::take(is_first) {
        true => format!("retry: {}\n{text}", limits::WATCH_RETRY.as_millis()),
        false => text.to_owned(),
    }
}

/// The one event of a watch that never began.
pub(crate) fn refused(fault: &Fault) -> String {
    last(&write_fault(fault))
}

/// An event. The data are JSON of one line.
fn event(name: &str, id: Option<&str>, data: &str) -> String {
    match id {
        Some(id) => format!("id: {id}\nevent: {name}\ndata: {data}\n\n"),
        None => format!("event: {name}\ndata: {data}\n\n"),
    }
}

/// The last event, with a reply that says why.
fn last(reply: &[u8]) -> String {
    event("end", None, &String::from_utf8_lossy(reply))
}

fn stopping() -> Vec<u8> {
    write_fault(&Fault::new(Code::BackendTimedOut, "the server stops; watch again"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_as_browsers_read_them() {
        assert_eq!(event("changes", Some("c"), "{}"), "id: c\nevent: changes\ndata: {}\n\n");
        let mut is_first = true;
        assert_eq!(greeted(&mut is_first, BEAT), "retry: 1000\n:\n\n");
        assert_eq!(greeted(&mut is_first, BEAT), BEAT);
        let end = String::from_utf8(stopping()).unwrap();
        assert!(!end.contains('\n'), "one line of data");
    }
}
