//! Signing in with a token, and out.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::Console;
use super::frame::{self, Frame};
use super::guard::{self, Posted};
use super::language::Language;

#[derive(Template)]
#[template(path = "console/sign_in.html")]
struct Page {
    frame: Frame,
    /// Why it is asked again.
    wrong: Option<String>,
    /// Whether there is a token that could be shown.
    can_be_shown: bool,
}

pub(super) async fn page(State(console): State<Arc<Console>>, headers: HeaderMap) -> Response {
    show(&console, StatusCode::OK, Language::of(&headers), None)
}

/// Begins a session. Whatever the browser held before is forgotten.
pub(super) async fn sign_in(State(console): State<Arc<Console>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let language = Language::of(&parts.headers);
    if !guard::is_own_page(&parts) {
        let text = language.t("This form was sent from another page.");
        return frame::error(StatusCode::FORBIDDEN, language, text);
    }
    let address = guard::address(&parts);
    if let Err(seconds) = console.throttle.admit(address) {
        let text = language.fill("Too many wrong tokens. Try again in {} seconds.", &[&seconds]);
        let mut response = show(&console, StatusCode::TOO_MANY_REQUESTS, language, Some(text));
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        return response;
    }
    let fields = match guard::read(body, language).await {
        Ok(fields) => fields,
        Err(response) => return response,
    };
    let tokens = &console.admin.tokens;
    let role = tokens.role(fields.get("token").trim().as_bytes());
    let Some((role, token)) = role.and_then(|role| Some((role, tokens.digest(role)?))) else {
        tracing::warn!(from = %address, "a wrong token was shown to the console");
        let text = language.t("This is neither the admin token nor the viewer token.").to_owned();
        return show(&console, StatusCode::FORBIDDEN, language, Some(text));
    };
    console.throttle.was_right(address);
    if let Some(before) = guard::cookie(&parts.headers, guard::COOKIE) {
        console.sessions.close(before);
    }
    let cookie = console.sessions.open(role, token);
    tracing::info!(from = %address, role = role.name(), "signed in to the console");
    with_cookie(Redirect::to("/console/").into_response(), &console, &cookie, "")
}

/// Ends the session.
pub(super) async fn sign_out(State(console): State<Arc<Console>>, posted: Posted) -> Response {
    console.sessions.close(&posted.operator.cookie);
    with_cookie(Redirect::to("/console/sign-in").into_response(), &console, "", "; Max-Age=0")
}

fn show(console: &Console, status: StatusCode, language: Language, wrong: Option<String>) -> Response {
    let frame = Frame::outside(language, language.t("Sign in"));
    frame::render(status, &Page { frame, wrong, can_be_shown: console.admin.tokens.can_be_shown() })
}

fn with_cookie(mut response: Response, console: &Console, value: &str, more: &str) -> Response {
    let secure = if console.secure { "; Secure" } else { "" };
    let cookie =
        format!("{}={value}; Path=/console/; HttpOnly; SameSite=Strict{secure}{more}", guard::COOKIE);
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}
