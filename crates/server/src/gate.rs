//! What every call passes before a handler sees it, in the documented order, and how answers become HTTP.
//!
//! Path, method and query, application, UserSig, rate, body, administrator; then the parameters and the rest, which the
//! handlers see to. The cheapest comes first, and nobody's content is looked at before he is known. Whatever happens,
//! the status is 200 and the body a JSON object that says what happened.

use std::net::IpAddr;
use std::pin::pin;

use bytes::Bytes;
use foldmark_wire::json::parse_body;
use foldmark_wire::limits::BODY_BYTES_MAX;
use foldmark_wire::query::Query;
use foldmark_wire::reply::write_fault;
use foldmark_wire::{CallName, Code, Fault};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Version, header};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::apps::Apps;
use crate::auth::Auth;
use crate::calls::{self, Answer, Call};
use crate::clock::Clock;
use crate::config::Settings;
use crate::execute::Executor;
use crate::limits;

/// The revision of the subject that a reply depends on.
const REVISION: HeaderName = HeaderName::from_static("foldmark-revision");
/// The caller's own name for a request, for the log; given back to him.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Everything that answering calls needs.
pub(crate) struct Gate {
    apps: Apps,
    auth: Auth,
    executor: Executor,
    /// Calls whose body is there and whose answer is not.
    places: Semaphore,
    body_read: std::time::Duration,
    origins: Vec<String>,
}

impl Gate {
    pub(crate) fn new(settings: &Settings, executor: Executor, clock: &Clock) -> Gate {
        let server = &settings.server;
        Gate {
            apps: Apps::new(&settings.apps, clock),
            auth: Auth::new(clock.clone(), server.signature_cache, server.failed_signatures_per_minute),
            executor,
            places: Semaphore::new(server.concurrent_calls),
            body_read: server.body_read,
            origins: server.cors_origins.clone(),
        }
    }

    /// The way to the store.
    pub(crate) fn executor(&self) -> &Executor {
        &self.executor
    }

    /// The applications.
    pub(crate) fn apps(&self) -> &Apps {
        &self.apps
    }

    /// Answers one HTTP request that came from `from`.
    pub(crate) async fn handle(&self, from: IpAddr, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        if head.method == Method::OPTIONS {
            return self.respond(&head, Answer::general(Vec::new()));
        }
        let answer = self.admit(from, &head, body).await;
        let answer = answer.unwrap_or_else(|fault| Answer::general(write_fault(&fault)));
        self.respond(&head, answer)
    }

    async fn admit(&self, from: IpAddr, head: &Parts, body: Incoming) -> Result<Answer, Fault> {
        let name = CallName::from_path(head.uri.path())
            .ok_or_else(|| Fault::new(Code::NoSuchResource, "the path names no call"))?;
        if head.method != Method::POST {
            return Err(Fault::new(Code::HttpParse, "HTTP parse Error: the method must be POST"));
        }
        let query = Query::parse(head.uri.query().unwrap_or_default())?;
        let app = self.apps.get(query.sdkappid).ok_or_else(|| Fault::from(Code::NoSuchApplication))?;
        self.auth.check(app, &query.identifier, &query.usersig, from)?;
        if !app.admits(name) {
            return Err(Fault::new(
                Code::CallRate,
                format!("too many calls of {} in a second", name.as_str()),
            ));
        }
        let body = self.read(body).await?;
        let _place = self.places.try_acquire().map_err(|_| {
            Fault::new(
                Code::BackendTimedOut,
                "the server has as many calls under way as it may; try again later",
            )
        })?;
        let body = parse_body(&body)?;
        if !app.is_administrator(&query.identifier) {
            return Err(name.not_administrator_code().into());
        }
        let request_id = head.headers.get(REQUEST_ID).and_then(|id| id.to_str().ok());
        let call = Call { name, request_id, app, executor: &self.executor, body: &body };
        // Pinned here, so that it is not moved into the timer: it is large.
        let answering = pin!(calls::answer(&call));
        match timeout(limits::CALL_TIMEOUT, answering).await {
            Ok(answer) => answer,
            Err(_) => Err(calls::timed_out(name)),
        }
    }

    async fn read(&self, body: Incoming) -> Result<Bytes, Fault> {
        let reading = pin!(Limited::new(body, BODY_BYTES_MAX).collect());
        match timeout(self.body_read, reading).await {
            Ok(Ok(body)) => Ok(body.to_bytes()),
            Ok(Err(error)) if error.is::<LengthLimitError>() => {
                Err(Fault::new(Code::JsonParse, format!("the body must be at most {BODY_BYTES_MAX} bytes")))
            }
            Ok(Err(_)) => Err(Fault::new(Code::JsonParse, "the body ended too early")),
            Err(_) => Err(Fault::new(
                Code::BackendTimedOut,
                "service timeout or request format error: the body did not arrive in time",
            )),
        }
    }

    /// What to answer a browser: every origin, or the one that asks if it is configured, or none.
    fn allowed_origin(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        if self.origins.is_empty() {
            return Some(HeaderValue::from_static("*"));
        }
        let origin = headers.get(header::ORIGIN)?;
        let text = origin.to_str().ok()?;
        self.origins.iter().any(|allowed| allowed.eq_ignore_ascii_case(text)).then(|| origin.clone())
    }

    fn respond(&self, request: &Parts, answer: Answer) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(Bytes::from(answer.body)));
        let headers = response.headers_mut();
        headers.reserve(HEADERS);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if request.version == Version::HTTP_11 {
            // What HTTP/1.1 means anyway, but documented; HTTP/2 has no such header.
            headers.insert(header::CONNECTION, HeaderValue::from_static("keep-alive"));
        }
        if let Some(origin) = self.allowed_origin(&request.headers) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS);
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST"));
        }
        if !self.origins.is_empty() {
            headers.insert(header::VARY, HeaderValue::from_static("Origin"));
        }
        if let Some(id) = request.headers.get(REQUEST_ID) {
            headers.insert(REQUEST_ID, id.clone());
        }
        if let Some(revision) = answer.revision {
            headers.insert(REVISION, HeaderValue::from(revision.get()));
        }
        response
    }
}

/// As many headers as an answer may have: room for them is made at once.
const HEADERS: usize = 8;

/// As documented, and what a browser has to ask for before it may send JSON.
const ALLOWED_HEADERS: HeaderValue = HeaderValue::from_static("X-Requested-With, Content-Type");
