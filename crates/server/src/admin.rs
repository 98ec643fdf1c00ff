//! The operators' listener: health, figures, the description of the calls, reloading, and whole users in and out.
//!
//! Health, figures and the description of the calls are for everyone who reaches them; everything else wants the admin
//! token.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Query, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use foldmark_core::subject::Subject;
use foldmark_wire::transfer::{IMPORT_BYTES_MAX, IMPORT_LINES_MAX};
use futures_util::stream::{StreamExt, poll_fn};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;
use tokio::sync::{Semaphore, mpsc};

use crate::audit::Caller;
use crate::backup::{self, Backups};
use crate::dev::{self, Dev};
use crate::figures::{History, Totals};
use crate::gate::Gate;
use crate::limits;
use crate::listener::Places;
use crate::metrics::{self, Snapshot};
use crate::openapi;
use crate::reload::{Reloaded, Reloader};
use crate::request_id;
use crate::tasks::Tasks;
use crate::tls::Certificate;
use crate::tokens::{Role, Tokens};
use crate::transfer::{self, Kind, PageQuery, Puts};
use crate::webhooks::{self, Webhooks};

/// What the handlers need.
pub(crate) struct Admin {
    pub(crate) gate: Arc<Gate>,
    pub(crate) reloader: Arc<Reloader>,
    pub(crate) backups: Arc<Backups>,
    pub(crate) webhooks: Arc<Webhooks>,
    pub(crate) certificate: Option<Arc<Certificate>>,
    /// Of the calls' connections.
    pub(crate) places: Arc<Places>,
    pub(crate) store_kind: &'static str,
    /// The last hour, and what the applications keep.
    pub(crate) history: Arc<History>,
    pub(crate) totals: Arc<Totals>,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) tasks: Tasks,
    /// Imports whose bodies are held.
    pub(crate) imports: Semaphore,
}

/// What answers on the listener at this address.
pub(crate) fn router(
    admin: Arc<Admin>,
    dev: Option<Arc<Dev>>,
    console: Option<Router>,
    at: SocketAddr,
) -> Router {
    let tasks = admin.tasks.clone();
    let operators = Router::new()
        .route("/v1/subjects", get(export).post(import))
        .route("/v1/subjects/count", get(count))
        .route("/v1/subject", get(subject))
        .merge(backup::router(admin.backups.clone()))
        .merge(webhooks::router(admin.webhooks.clone()))
        .route("/v1/reload", post(reload))
        .layer(middleware::from_fn_with_state(admin.clone(), operators_only));
    let router = Router::new()
        .route("/openapi.json", get(async || ([(header::CONTENT_TYPE, "application/json")], openapi::json())))
        .route("/healthz/live", get(|| async { "live\n" }))
        .route("/healthz/ready", get(ready))
        .route("/metrics", get(figures))
        .merge(operators)
        .with_state(admin.clone());
    let router = match console {
        // Last, because the answer to what nobody knows is the last one's: it wants the token.
        Some(console) => console.merge(router),
        None => router,
    };
    match dev {
        Some(dev) => {
            let is_open = at.ip().is_loopback();
            let gate = admin.gate.clone();
            dev::extend(router, dev, gate, tasks, is_open, move |headers| shows_token(&admin, headers))
        }
        None => router,
    }
}

/// 200 if calls can be served, 503 with the reason if not.
async fn ready(State(admin): State<Arc<Admin>>) -> (StatusCode, String) {
    match readiness(&admin).await {
        Ok(()) => (StatusCode::OK, "ready\n".to_owned()),
        Err(reason) => (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {reason}\n")),
    }
}

/// Whether calls can be served, and if not, why.
pub(crate) async fn readiness(admin: &Admin) -> Result<(), String> {
    if admin.tasks.are_leaving() {
        return Err("the server stops".to_owned());
    }
    admin.gate.executor().store().ready().await.map_err(|error| error.to_string())
}

/// Figures for Prometheus. They name no user and no application.
async fn figures(State(admin): State<Arc<Admin>>) -> Response {
    let gate = &admin.gate;
    let store = gate.executor().store();
    let (in_flight, in_flight_max) = gate.in_flight();
    let backup = admin.backups.status().succeeded;
    let now = Snapshot {
        in_flight: in_flight as u64,
        in_flight_max: in_flight_max as u64,
        connections: admin.places.taken() as u64,
        connections_max: admin.places.all as u64,
        watchers: gate.executor().hub().watchers() as u64,
        body_memory_bytes: gate.body_memory(),
        ready: !admin.tasks.are_leaving() && store.ready().await.is_ok(),
        store: store.measures(),
        certificate_expires: admin.certificate.as_ref().and_then(|certificate| certificate.expires()),
        backup_time: backup.as_ref().map(|kept| kept.time),
        backup_bytes: backup.as_ref().map(|kept| kept.bytes),
        backup_seconds: backup.and_then(|kept| kept.seconds),
        webhooks: admin.webhooks.summary(),
    };
    ([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], gate.metrics().render(now)).into_response()
}

/// Reads the configuration anew. 422 with the reasons if it is wrong; the old one stays then.
async fn reload(State(admin): State<Arc<Admin>>) -> Response {
    match admin.reloader.reload() {
        Ok(Reloaded { apps, restart }) => json(&serde_json::json!({ "Apps": apps, "NeedsRestart": restart })),
        Err(error) => plain(StatusCode::UNPROCESSABLE_ENTITY, &error),
    }
}

/// Lets through who shows the admin token: `Authorization: Bearer TOKEN`.
async fn operators_only(State(admin): State<Arc<Admin>>, request: Request, next: Next) -> Response {
    if !admin.tokens.can_be_shown() {
        return plain(StatusCode::FORBIDDEN, "this server has no admin token: set admin.token_file");
    }
    if !shows_token(&admin, request.headers()) {
        let mut response = plain(StatusCode::UNAUTHORIZED, "the admin token is missing or wrong");
        let scheme = HeaderValue::from_static("Bearer");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
        return response;
    }
    next.run(request).await
}

fn shows_token(admin: &Admin, headers: &HeaderMap) -> bool {
    let shown = headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes);
    let shown = shown.and_then(|shown| shown.strip_prefix(b"Bearer "));
    shown.and_then(|shown| admin.tokens.role(shown)) == Some(Role::Admin)
}

/// One page of an application's subjects, a line each.
async fn export(State(admin): State<Arc<Admin>>, Query(query): Query<PageQuery>) -> Response {
    let Some(app) = admin.gate.app(query.sdkappid).map(|app| app.id) else {
        return unknown(query.sdkappid);
    };
    let Some(from) = query.from() else {
        return plain(StatusCode::BAD_REQUEST, "cursor is not one that this server gave");
    };
    let (sender, mut lines) = mpsc::channel(limits::EXPORT_READS);
    admin.tasks.start(transfer::page(admin.gate.clone(), app, query, from, sender));
    let lines = poll_fn(move |context| lines.poll_recv(context)).map(Ok::<_, Infallible>);
    ([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(lines)).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CountQuery {
    sdkappid: u32,
    kind: Kind,
}

/// How many subjects of a kind an application has.
async fn count(State(admin): State<Arc<Admin>>, Query(query): Query<CountQuery>) -> Response {
    let Some(app) = admin.gate.app(query.sdkappid).map(|app| app.id) else {
        return unknown(query.sdkappid);
    };
    match transfer::count(&admin.gate, app, query.kind.into()).await {
        Ok(count) => json(&serde_json::json!({ "Count": count })),
        Err(error) => plain(StatusCode::SERVICE_UNAVAILABLE, &error.to_string()),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SubjectQuery {
    sdkappid: u32,
    kind: Kind,
    id: String,
}

/// One user or chat group, as the line that an export has of it.
async fn subject(State(admin): State<Arc<Admin>>, Query(query): Query<SubjectQuery>) -> Response {
    let Some(app) = admin.gate.app(query.sdkappid).map(|app| app.id) else {
        return unknown(query.sdkappid);
    };
    let subject = match Subject::parse(app, query.kind.into(), &query.id) {
        Ok(subject) => subject,
        Err(error) => return plain(StatusCode::BAD_REQUEST, &format!("id {error}")),
    };
    match transfer::one(&admin.gate, subject).await {
        Ok(Some(line)) => {
            ([(header::CONTENT_TYPE, "application/x-ndjson")], format!("{line}\n")).into_response()
        }
        Ok(None) => plain(StatusCode::NOT_FOUND, &format!("application {app} has none of this id")),
        Err(error) => {
            tracing::error!(%error, %app, "a subject cannot be read");
            plain(StatusCode::SERVICE_UNAVAILABLE, &error.to_string())
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ImportQuery {
    #[serde(default)]
    replace: bool,
}

/// Puts the subjects of the body's lines.
async fn import(
    State(admin): State<Arc<Admin>>,
    Query(query): Query<ImportQuery>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let request_id = request_id::given(request.headers()).map(str::to_owned);
    let Ok(_place) = admin.imports.acquire().await else {
        return plain(StatusCode::SERVICE_UNAVAILABLE, "the server stops");
    };
    let body = match axum::body::to_bytes(request.into_body(), IMPORT_BYTES_MAX).await {
        Ok(body) => body,
        Err(_) => {
            let text = format!("the body must come whole and be at most {IMPORT_BYTES_MAX} bytes");
            return plain(StatusCode::PAYLOAD_TOO_LARGE, &text);
        }
    };
    let Ok(text) = str::from_utf8(&body) else {
        return plain(StatusCode::BAD_REQUEST, "the body must be UTF-8");
    };
    if text.lines().count() > IMPORT_LINES_MAX {
        let text = format!("the body must have at most {IMPORT_LINES_MAX} lines");
        return plain(StatusCode::BAD_REQUEST, &text);
    }
    let caller = Caller {
        address: from.ip().to_canonical(),
        identifier: None,
        call: "import",
        console: None,
        unknown_code: None,
    };
    let puts = Puts {
        gate: &admin.gate,
        replace: query.replace,
        caller: Some(caller),
        request_id: request_id.as_deref(),
    };
    let reply = transfer::import(puts, text).await;
    json(&reply)
}

pub(crate) fn unknown(sdkappid: u32) -> Response {
    plain(StatusCode::NOT_FOUND, &format!("application {sdkappid} is not configured"))
}

pub(crate) fn json(value: &impl serde::Serialize) -> Response {
    let text = serde_json::to_string(value).expect("replies are made of strings and numbers");
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}

pub(crate) fn plain(status: StatusCode, text: &str) -> Response {
    (status, format!("{text}\n")).into_response()
}
