//! Watching from the console: a page that shows what changes of a user, or who changes, as it happens.
//!
//! The events come through the operators' listener to whoever is signed in, viewers too, since watching changes nothing;
//! the UserSig is made here and stays here. A watch ends with the session, and after a time in any case, because a page
//! that is left open is no sign that anybody is there.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream::{Stream, unfold};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use http_body_util::BodyExt;

use super::snippets::{self, Snippet, Watched};
use super::{bases, describe};
use crate::apps::App;
use crate::console::about::AppPage;
use crate::console::fields::{Fields, query};
use crate::console::frame::{self, Frame};
use crate::console::guard::Operator;
use crate::console::{Console, assets, operate};
use crate::limits;
use crate::random;
use crate::watch::{ByOperator, WatchBody, Watches, refused};

#[derive(Template)]
#[template(path = "console/api_watch.html")]
struct Page {
    frame: Frame,
    app: u32,
    summary: &'static str,
    description: Vec<(bool, &'static str)>,
    /// As it was written; empty for the whole application.
    user: String,
    /// Where the events come from, if something is to be watched.
    events: Option<String>,
    snippets: Vec<Snippet>,
    style: String,
    script: String,
}

impl Page {
    /// For how long events are shown.
    fn bounds(&self) -> String {
        let minutes = limits::CONSOLE_WATCH.as_secs() / 60;
        self.frame.language.fill("This watch ends after {} minutes, and with the session.", &[&minutes])
    }
}

/// The page, which watches if it is told whom.
pub(in crate::console) async fn page(
    State(console): State<Arc<Console>>,
    AppPage { operator, app }: AppPage,
    asked: Fields,
    headers: HeaderMap,
) -> Response {
    let number = app.id.get();
    let user = asked.get("user").to_owned();
    let is_begun = !user.is_empty() || asked.get("do") == "watch";
    let (summary, description) = describe::of_watch(operator.language);
    let base = bases(&console, &headers).swap_remove(0);
    let watched = Watched {
        base: &base,
        app: number,
        identifier: app.administrators().next().unwrap_or_default(),
        user: Some(user.as_str()).filter(|user| !user.is_empty()),
        random: random::number() as u32,
    };
    let page = Page {
        frame: Frame::of(&console, &operator, "api", "watch").about(number),
        app: number,
        summary,
        description,
        events: is_begun
            .then(|| format!("/console/apps/{number}/api/watch/events?{}", query(&[("user", &user)]))),
        snippets: snippets::watching(&watched),
        user,
        style: assets::api_style(),
        script: assets::watch_script(),
    };
    frame::render(StatusCode::OK, &page)
}

/// The events of a watch. A refusal is one too, since that is all that a browser reads of such an answer.
pub(in crate::console) async fn events(
    State(console): State<Arc<Console>>,
    AppPage { operator, app }: AppPage,
    asked: Fields,
    headers: HeaderMap,
) -> Response {
    let body = match begin(&console, &operator, &app, asked.get("user"), &headers) {
        Ok(body) => Body::from_stream(shown(console, operator.cookie, body)),
        Err(fault) => Body::from(refused(&fault)),
    };
    let mut response = Response::new(body);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response
}

fn begin(
    console: &Console,
    operator: &Operator,
    app: &App,
    user: &str,
    headers: &HeaderMap,
) -> Result<WatchBody, foldmark_wire::Fault> {
    let administrator = app.administrators().next().unwrap_or_default();
    // It holds a little longer than the watch, so that its end is not taken for that of the UserSig.
    let seconds = limits::CONSOLE_WATCH.as_secs() + 60;
    let signed = operate::sign(app, administrator, console.clock.unix_seconds(), seconds);
    let by = ByOperator {
        from: operator.address,
        identifier: signed.identifier,
        usersig: signed.usersig,
        user: Some(user.to_owned()).filter(|user| !user.is_empty()),
        // From browsers that come back after a broken connection.
        cursor: headers.get("last-event-id").and_then(|id| id.to_str().ok()).map(str::to_owned),
    };
    let watches = Watches { gate: Arc::clone(&console.admin.gate), tasks: console.admin.tasks.clone() };
    watches.open_for_operator(app, by)
}

/// What is told, until the session or the time is over.
fn shown(
    console: Arc<Console>,
    cookie: String,
    body: WatchBody,
) -> impl Stream<Item = Result<Bytes, Infallible>> + Send {
    let until = console.clock.monotonic().saturating_add(limits::CONSOLE_WATCH);
    unfold(Some((console, cookie, body)), move |state| async move {
        let (console, cookie, mut body) = state?;
        loop {
            let frame = tokio::select! {
                frame = body.frame() => Some(frame),
                () = tokio::time::sleep(limits::CONSOLE_WATCH_LOOK) => None,
            };
            // Looked at before anything is shown, so that nothing is shown to who has signed out.
            if let Some(why) = over(&console, &cookie, until) {
                let event = format!("event: closed\ndata: \"{why}\"\n\n");
                return Some((Ok(Bytes::from(event)), None));
            }
            match frame {
                None => {}
                Some(frame) => {
                    let bytes = frame?.ok()?.into_data().unwrap_or_default();
                    return Some((Ok(bytes), Some((console, cookie, body))));
                }
            }
        }
    })
}

/// Why a watch is over, in a word for the page's script.
fn over(console: &Console, cookie: &str, until: Duration) -> Option<&'static str> {
    if console.sessions.with(cookie, &console.admin.tokens, |_| ()).is_none() {
        return Some("session");
    }
    (console.clock.monotonic() >= until).then_some("time")
}
