//! The console: pages for operators, on their listener at `/console/`.
//!
//! Everything is made on the server, of templates that escape what they show, with one stylesheet and one small script
//! of our own; the headers let a browser fetch nothing from elsewhere. Who changes something has shown the admin token,
//! comes from one of our own forms, and changes it by the same calls as everyone: a handler that takes a
//! [`guard::Change`] cannot be reached otherwise.

mod about;
mod accounts;
mod api;
mod applications;
mod assets;
mod chat_groups;
mod chinese;
mod fields;
mod frame;
mod guard;
mod health;
mod language;
mod listing;
mod numbers;
mod operate;
mod overview;
mod plot;
mod session;
mod sign_in;
mod swagger;
mod throttle;
mod user;
mod users;
mod webhooks;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::middleware;
use axum::response::Redirect;
use axum::routing::{get, post};
use http::StatusCode;

use crate::admin::Admin;
use crate::clock::Clock;
use crate::config::Settings;
use crate::server::Addresses;
use session::Sessions;
use throttle::Throttle;

/// What the pages need.
pub(crate) struct Console {
    admin: Arc<Admin>,
    clock: Clock,
    sessions: Sessions,
    throttle: Throttle,
    /// Whether cookies are for encrypted connections alone.
    secure: bool,
    /// Where calls are served.
    calls: Addresses,
}

/// The console of the operators' listener at this address; `None` if it is switched off.
pub(crate) fn router(
    admin: &Arc<Admin>,
    settings: &Settings,
    clock: &Clock,
    at: SocketAddr,
    calls: &Addresses,
) -> Option<Router> {
    let console = settings.console.as_ref()?;
    let secure = settings.admin.tls;
    if !is_served(settings, at) {
        let refused = || async { (StatusCode::FORBIDDEN, NOT_WITHOUT_TLS) };
        let router = Router::new().route("/console", get(refused)).route("/console/", get(refused));
        return Some(router.route("/console/{*rest}", get(refused)));
    }
    let console = Arc::new(Console {
        admin: Arc::clone(admin),
        clock: clock.clone(),
        sessions: Sessions::new(clock.clone(), console.idle),
        throttle: Throttle::new(clock.clone()),
        secure,
        calls: calls.clone(),
    });
    let pages = Router::new()
        .route("/console/", get(first))
        .route("/console/sign-in", get(sign_in::page).post(sign_in::sign_in))
        .route("/console/sign-out", post(sign_in::sign_out))
        .route("/console/language", post(language::choose))
        .route("/console/undo", post(operate::undo))
        .route("/console/assets/{name}", get(assets::serve))
        .route("/console/apps/{app}/accounts", get(accounts::page).post(accounts::import))
        .route("/console/apps/{app}/chat-groups", get(chat_groups::page).post(chat_groups::change))
        .route("/console/apps/{app}/webhooks", get(webhooks::page).post(webhooks::change))
        .route("/console/overview", get(overview::page))
        .route("/console/applications", get(applications::page))
        .route("/console/health", get(health::page))
        .route("/console/health/backup", post(health::back_up))
        .route("/console/health/reload", post(health::reload))
        .route("/console/apps/{app}/users", get(users::page))
        .route("/console/apps/{app}/user", get(user::page))
        .route("/console/apps/{app}/user/change", post(user::change))
        .route("/console/apps/{app}/api", get(api::list))
        .route("/console/apps/{app}/api/watch", get(api::watch))
        .route("/console/apps/{app}/api/watch/events", get(api::watch_events))
        .route("/console/apps/{app}/api/{command}", get(api::page).post(api::send))
        .route("/console/openapi/", get(swagger::page))
        .route("/console/openapi/openapi.json", get(swagger::document))
        .route("/console/openapi/assets/{name}", get(swagger::asset))
        .route("/console/{*rest}", get(frame::not_found))
        .layer(middleware::from_fn(guard::headers))
        .with_state(console);
    Some(Router::new().route("/console", get(|| async { Redirect::permanent("/console/") })).merge(pages))
}

/// Whether the operators' listener at this address has the pages: not where others could read tokens on the way, unless
/// somebody has said that they cannot.
pub(crate) fn is_served(settings: &Settings, at: SocketAddr) -> bool {
    let is_safe = settings.admin.tls || at.ip().is_loopback();
    settings.console.as_ref().is_some_and(|console| is_safe || console.plain_http)
}

const NOT_WITHOUT_TLS: &str = "The console is not served here, because others could read tokens on the way: \
    set admin.tls, or let admin.listen be a loopback address, or set console.plain_http if something else encrypts.\n";

/// The page that an operator sees first.
async fn first(_operator: guard::Operator) -> Redirect {
    Redirect::to("/console/overview")
}
