//! `GET /v4/foldmark/watch`: a connection on which a user's changes are told as they happen, as Server-Sent Events.
//!
//! Nothing is kept for a watcher but where he is in the user's feed of changes. A commit only wakes those who watch its
//! user; each of them then reads the feed from where he is, as `get_changes` gives it. So nobody's slowness fills a
//! buffer, several changes at once come as one, and after any gap the feed itself says what was missed, or that all has
//! to be taken anew. An administrator may watch the whole application: he is told which users changed, from a bounded
//! log ([`log`]).

mod asked;
mod hub;
mod log;
mod poll;
mod stream;

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use foldmark_wire::Fault;
use http::{HeaderValue, Request, Response, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};

pub(crate) use asked::ByOperator;
pub(crate) use hub::Hub;
pub(crate) use poll::poll;
pub(crate) use stream::refused;

use crate::apps::App;
use crate::calls::Answer;
use crate::gate::Gate;
use crate::tasks::Tasks;
use asked::Asked;

/// The path.
pub(crate) const PATH: &str = "/v4/foldmark/watch";

/// What the connections of watchers are made of.
pub(crate) struct Watches {
    pub(crate) gate: Arc<Gate>,
    pub(crate) tasks: Tasks,
}

/// The body of an answer.
pub(crate) type WatchBody = UnsyncBoxBody<Bytes, Infallible>;

impl Watches {
    /// Begins to tell, or says why not, as the calls do.
    pub(crate) fn open<B>(&self, peer: IpAddr, request: &Request<B>) -> Response<WatchBody> {
        let live = self.gate.live();
        let from = live.clients.address(peer, request.headers());
        let mut response = match self.begin(from, request) {
            Ok(body) => event_stream(body),
            Err(fault) => {
                tracing::debug!(%from, code = fault.code.number(), "a watch was refused");
                refusal(&fault)
            }
        };
        self.gate.allow_origin(request.headers(), response.headers_mut());
        self.gate.name(request.headers(), response.headers_mut());
        response
    }

    /// Begins to tell an operator of the console, or says why not. What tells him ends as every watch does.
    pub(crate) fn open_for_operator(&self, app: &App, by: ByOperator) -> Result<WatchBody, Fault> {
        self.start(Asked::by_operator(app, by)?)
    }

    fn begin<B>(&self, from: IpAddr, request: &Request<B>) -> Result<WatchBody, Fault> {
        self.start(Asked::of(&self.gate, from, request)?)
    }

    fn start(&self, asked: Asked) -> Result<WatchBody, Fault> {
        match asked.user {
            Some(_) => stream::of_user(self.gate.clone(), self.tasks.clone(), asked),
            None => stream::of_app(self.gate.clone(), self.tasks.clone(), asked),
        }
    }
}

pub(crate) fn event_stream(body: WatchBody) -> Response<WatchBody> {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Proxies that buffer answers are asked not to.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

fn refusal(fault: &Fault) -> Response<WatchBody> {
    let body = Full::new(Bytes::from(Answer::fault(fault).body));
    let mut response = Response::new(body.boxed_unsync());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests;
