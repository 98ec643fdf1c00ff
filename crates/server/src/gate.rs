//! What every call passes before a handler sees it, in the documented order, and how answers become HTTP.
//!
//! Path, method and query, application, UserSig, rate, body, administrator; then the parameters and the rest, which the
//! handlers see to. The cheapest comes first, and nobody's content is looked at before he is known. Whatever happens,
//! the status is 200 and the body a JSON object that says what happened.

use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use bytes::Bytes;
use foldmark_wire::json::parse_body;
use foldmark_wire::query::Query;
use foldmark_wire::{CallName, Code, Fault};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Version, header};
use http_body_util::Full;
use hyper::body::{Body, Incoming};
use thiserror::Error;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::apps::App;
use crate::audit::Caller;
use crate::auth::Auth;
use crate::body::{BodyMemory, discard};
use crate::calls::{self, Answer, Call};
use crate::clock::Clock;
use crate::config::Settings;
use crate::dev::Dev;
use crate::end_users::{self, EndUserRates};
use crate::execute::Executor;
use crate::failures::Failures;
use crate::guards;
use crate::limits;
use crate::live::Live;
use crate::metrics::{Answered, Metrics};
use crate::request_id::{self, REQUEST_ID, RequestIds};
use crate::spans::{self, SpanParent};
use crate::tokens::Role;

/// The revision of the subject that a reply depends on.
const REVISION: HeaderName = HeaderName::from_static("foldmark-revision");

/// Everything that answering calls needs.
pub(crate) struct Gate {
    live: ArcSwap<Live>,
    auth: Auth,
    executor: Executor,
    clock: Clock,
    request_ids: RequestIds,
    /// Calls whose body is there and whose answer is not.
    places: Semaphore,
    places_max: usize,
    bodies: BodyMemory,
    slow_lines: Failures,
    /// Only in an emulator.
    dev: Option<Arc<Dev>>,
    span_parent: Option<SpanParent>,
}

/// A request on its way, and what is known of it so far.
struct Passing {
    /// The client.
    from: IpAddr,
    /// Who it is if he calls by the console.
    console: Option<Role>,
    request_id: HeaderValue,
    call: Option<CallName>,
    app: Option<Arc<App>>,
    body_bytes: usize,
}

/// The connection is to be closed without an answer.
#[derive(Debug, Error)]
#[error("the call was cut off")]
pub(crate) struct CutOff;

impl Gate {
    pub(crate) fn new(
        settings: &Settings,
        executor: Executor,
        clock: &Clock,
        dev: Option<Arc<Dev>>,
        span_parent: Option<SpanParent>,
    ) -> Gate {
        let server = &settings.server;
        Gate {
            live: ArcSwap::from_pointee(Live::new(settings, clock, None)),
            auth: Auth::new(clock.clone(), server.signature_cache, server.failed_signatures_per_minute),
            executor,
            clock: clock.clone(),
            request_ids: RequestIds::new(),
            places: Semaphore::new(server.concurrent_calls),
            places_max: server.concurrent_calls,
            bodies: BodyMemory::new(server.body_memory),
            slow_lines: Failures::new(clock),
            dev,
            span_parent,
        }
    }

    /// Who calls.
    pub(crate) fn auth(&self) -> &Auth {
        &self.auth
    }

    /// Says which web pages may read an answer with these headers.
    pub(crate) fn allow_origin(&self, request: &HeaderMap, headers: &mut HeaderMap) {
        allow_origin(&self.live.load(), request, headers);
    }

    /// Gives an answer with these headers the name of its request.
    pub(crate) fn name(&self, request: &HeaderMap, headers: &mut HeaderMap) {
        headers.insert(REQUEST_ID, self.request_ids.name(request));
    }

    /// The way to the store.
    pub(crate) fn executor(&self) -> &Executor {
        &self.executor
    }

    /// The figures.
    pub(crate) fn metrics(&self) -> &Metrics {
        self.executor.metrics()
    }

    /// What calls that begin now look at.
    pub(crate) fn live(&self) -> Arc<Live> {
        self.live.load_full()
    }

    /// Calls that begin from now on look at this.
    pub(crate) fn take(&self, live: Live) {
        self.live.store(Arc::new(live));
    }

    /// The application of this number.
    pub(crate) fn app(&self, sdkappid: u32) -> Option<Arc<App>> {
        self.live.load().apps.get(sdkappid).cloned()
    }

    /// Calls that are worked on, and how many may be.
    pub(crate) fn in_flight(&self) -> (usize, usize) {
        (self.places_max - self.places.available_permits(), self.places_max)
    }

    /// Memory that bodies are counted with, in bytes.
    pub(crate) fn body_memory(&self) -> u64 {
        self.bodies.taken()
    }

    /// Answers one HTTP request that came over a connection from `peer`.
    pub(crate) async fn handle(
        &self,
        peer: IpAddr,
        request: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, CutOff> {
        self.handle_for(peer, None, request).await
    }

    /// Answers one request that the console makes for an operator of this role, as if it had come over HTTP. The
    /// operator's address does not matter, because nobody else's calls come from there.
    pub(crate) async fn handle_console(
        &self,
        operator: IpAddr,
        role: Role,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Full<Bytes>>, CutOff> {
        self.handle_for(operator, Some(role), request).await
    }

    async fn handle_for<B: Body<Data = Bytes> + Unpin>(
        &self,
        peer: IpAddr,
        console: Option<Role>,
        request: Request<B>,
    ) -> Result<Response<Full<Bytes>>, CutOff> {
        let start = self.clock.monotonic();
        let live = self.live.load_full();
        let (head, mut body) = request.into_parts();
        let mut passing = Passing {
            from: live.clients.address(peer, &head.headers),
            console,
            request_id: self.request_ids.name(&head.headers),
            call: None,
            app: None,
            body_bytes: 0,
        };
        let span = spans::call(&head, &passing.request_id, self.span_parent.as_ref());
        let answer = if head.method == Method::OPTIONS {
            Answer::general(Vec::new())
        } else {
            let admitted = {
                // Pinned here, so that it is not moved into the span: it is large.
                let admitting = pin!(self.admit(&live, &mut passing, &head, &mut body));
                spans::within(&span, admitting).await
            };
            match admitted {
                Ok(answer) => answer,
                Err(fault) => {
                    discard(&mut body).await;
                    Answer::fault(&fault)
                }
            }
        };
        spans::answered(&span, passing.app.as_ref().map(|app| app.id.get()), answer.code);
        self.account(&live, &passing, &answer, self.clock.monotonic().saturating_sub(start));
        if answer.cut_off {
            return Err(CutOff);
        }
        Ok(respond(&live, &head, answer, passing.request_id))
    }

    async fn admit(
        &self,
        live: &Live,
        passing: &mut Passing,
        head: &Parts,
        body: &mut (impl Body<Data = Bytes> + Unpin),
    ) -> Result<Answer, Fault> {
        let name = CallName::from_path(head.uri.path())
            .ok_or_else(|| Fault::new(Code::NoSuchResource, "the path names no call"))?;
        passing.call = Some(name);
        if passing.console.is_none() && !live.clients.admits(passing.from) {
            return Err(Code::AddressNotAllowed.into());
        }
        if head.method != Method::POST {
            return Err(Fault::new(Code::HttpParse, "HTTP parse Error: the method must be POST"));
        }
        let query = Query::parse(head.uri.query().unwrap_or_default())?;
        let app = live.apps.get(query.sdkappid).ok_or_else(|| Fault::from(Code::NoSuchApplication))?;
        let app = &**passing.app.insert(Arc::clone(app));
        if passing.console.is_none() && !app.admits_client(passing.from) {
            return Err(Code::AddressNotAllowed.into());
        }
        self.auth.check(app, &query.identifier, &query.usersig, passing.from)?;
        let end_user = app.end_user(&query.identifier);
        if let Some(rates) = end_user {
            admit_end_user(live, rates, name, &query.identifier, &head.headers)?;
        }
        // Calls that are open to administrators alone are theirs wholly: end users take nothing from their rates.
        let may_call = end_user.is_none() || name.is_for_end_users();
        if may_call && !app.admits(name) {
            return Err(Fault::new(
                Code::CallRate,
                format!("too many calls of {} in a second", name.as_str()),
            ));
        }
        let body = self.bodies.read(body, live.body_read).await?;
        passing.body_bytes = body.bytes.len();
        let _place = self.places.try_acquire().map_err(|_| {
            Fault::new(
                Code::BackendTimedOut,
                "the server has as many calls under way as it may; try again later",
            )
        })?;
        let bytes = body.bytes;
        let body = parse_body(&bytes)?;
        let is_admitted = app.is_administrator(&query.identifier)
            || end_user.is_some() && may_call && end_users::is_about(&body, &query.identifier);
        if !is_admitted {
            return Err(name.not_administrator_code().into());
        }
        let guard = guards::guard(name, &query, &head.headers, &bytes)?;
        let request_id = Some(request_id::text(&passing.request_id));
        let caller = Caller {
            address: passing.from,
            identifier: Some(&query.identifier),
            call: name.as_str(),
            console: passing.console,
            unknown_code: Some(calls::unknown_code(name)),
        };
        let caller = Some(caller);
        let call = Call { name, request_id, caller, app, executor: &self.executor, body: &body, guard };
        let answering = pin!(self.answer(&call));
        match &self.dev {
            Some(dev) => dev.around(name, answering).await,
            None => answering.await,
        }
    }

    /// Has a handler answer, within the time that a call may take.
    async fn answer(&self, call: &Call<'_>) -> Result<Answer, Fault> {
        // Pinned here, so that it is not moved into the timer: it is large.
        let answering = pin!(calls::answer(call));
        match timeout(limits::CALL_TIMEOUT, answering).await {
            Ok(answer) => answer,
            Err(_) => Err(calls::timed_out(call.name)),
        }
    }

    /// Counts a request that was answered, and logs it if it took long.
    fn account(&self, live: &Live, passing: &Passing, answer: &Answer, duration: Duration) {
        self.metrics().answered(&Answered {
            call: passing.call,
            code: answer.code,
            duration,
            request_bytes: passing.body_bytes,
            response_bytes: answer.body.len(),
        });
        if let (Some(app), Some(call)) = (&passing.app, passing.call) {
            app.figures.answered(call, answer.code, duration);
        }
        let call = passing.call.map(CallName::as_str);
        let app = passing.app.as_ref().map(|app| app.id.get());
        let code = answer.code.map_or(0, Code::number);
        let request_id = request_id::text(&passing.request_id);
        let (from, body_bytes) = (passing.from, passing.body_bytes);
        let milliseconds = duration.as_millis() as u64;
        tracing::debug!(call, app, code, request_id, %from, milliseconds, body_bytes, "answered");
        if live.slow_call.is_some_and(|slow| duration >= slow)
            && let Some(left_out) = self.slow_lines.line()
        {
            tracing::warn!(call, app, code, request_id, %from, milliseconds, body_bytes, left_out, "slow call");
        }
    }
}

/// Whether an end user may call now, from where he does. Pages of origins that nobody configured may not.
///
/// What is not open to him at all counts for his rate too, and is refused later as it is to everybody.
pub(crate) fn admit_end_user(
    live: &Live,
    rates: &EndUserRates,
    call: CallName,
    identifier: &str,
    headers: &HeaderMap,
) -> Result<(), Fault> {
    if call.is_for_end_users()
        && headers.contains_key(header::ORIGIN)
        && (live.origins.is_empty() || allowed_origin(live, headers).is_none())
    {
        let text = "end users may call from web pages of the origins in server.cors_origins alone";
        return Err(Fault::new(Code::AddressNotAllowed, text));
    }
    if !rates.admits(identifier) {
        return Err(Fault::new(Code::CallRate, "too many calls of the user in a second"));
    }
    Ok(())
}

/// What to answer a browser: every origin, or the one that asks if it is configured, or none.
fn allowed_origin(live: &Live, headers: &HeaderMap) -> Option<HeaderValue> {
    if live.origins.is_empty() {
        return Some(HeaderValue::from_static("*"));
    }
    let origin = headers.get(header::ORIGIN)?;
    let text = origin.to_str().ok()?;
    live.origins.iter().any(|allowed| allowed.eq_ignore_ascii_case(text)).then(|| origin.clone())
}

/// Says which web pages may read the answer. Those that ask may read our own headers too.
fn allow_origin(live: &Live, request: &HeaderMap, headers: &mut HeaderMap) {
    if let Some(origin) = allowed_origin(live, request) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS);
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST"));
        if request.contains_key(header::ORIGIN) {
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_HEADERS);
        }
    }
    if !live.origins.is_empty() {
        headers.insert(header::VARY, HeaderValue::from_static("Origin"));
    }
}

fn respond(live: &Live, request: &Parts, answer: Answer, request_id: HeaderValue) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(answer.body)));
    let headers = response.headers_mut();
    headers.reserve(HEADERS);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if request.version == Version::HTTP_11 {
        // What HTTP/1.1 means anyway, but documented; HTTP/2 has no such header.
        headers.insert(header::CONNECTION, HeaderValue::from_static("keep-alive"));
    }
    allow_origin(live, &request.headers, headers);
    headers.insert(REQUEST_ID, request_id);
    if let Some(revision) = answer.revision {
        headers.insert(REVISION, HeaderValue::from(revision.get()));
    }
    response
}

/// As many headers as an answer may have: room for them is made at once.
const HEADERS: usize = 9;

/// What tells of an answer beside its body.
const EXPOSED_HEADERS: HeaderValue = HeaderValue::from_static("Foldmark-Revision, X-Request-Id");

/// As documented, and what a browser has to ask for before it may send JSON.
const ALLOWED_HEADERS: HeaderValue = HeaderValue::from_static("X-Requested-With, Content-Type");
