//! What the operators' listener of an emulator serves beside what it always serves: faults and the reset.
//!
//! On a loopback address no token is needed, so that a test suite has nothing to configure. Web pages are kept out: a
//! browser names the page's origin and the host that it believes to talk to, and neither may be foreign. On any other
//! address the admin token is wanted.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::uri::Authority;
use http::{HeaderMap, HeaderName, StatusCode, Uri, header};
use serde::Deserialize;
use tokio::sync::oneshot;

use super::Dev;
use super::injector::Faults;
use crate::gate::Gate;
use crate::tasks::Tasks;

/// The longest body, in bytes.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// What the handlers need.
#[derive(Clone)]
struct Routes {
    dev: Arc<Dev>,
    gate: Arc<Gate>,
    tasks: Tasks,
}

/// Adds the routes to `router`, whose own requests wait while a reset is under way. `is_open`: the listener is on a
/// loopback address; if it is not, `shows_token` has to find the admin token.
pub(crate) fn extend(
    router: Router,
    dev: Arc<Dev>,
    gate: Arc<Gate>,
    tasks: Tasks,
    is_open: bool,
    shows_token: impl Fn(&HeaderMap) -> bool + Clone + Send + Sync + 'static,
) -> Router {
    let state = Routes { dev: dev.clone(), gate, tasks };
    let own = Router::new()
        .route("/dev/reset", post(reset))
        .route("/dev/faults", get(show_faults).put(set_faults))
        .layer(middleware::from_fn(move |request: Request, next: Next| {
            let refusal = refusal(request.headers(), is_open, &shows_token);
            async move {
                match refusal {
                    Some(why) => plain(StatusCode::FORBIDDEN, why),
                    None => next.run(request).await,
                }
            }
        }))
        .with_state(state);
    let in_turn = middleware::from_fn(move |request: Request, next: Next| {
        let dev = dev.clone();
        async move {
            let _turn = dev.turn.read().await;
            next.run(request).await
        }
    });
    router.layer(in_turn).merge(own)
}

/// Brings data and faults back to what they were at the start.
async fn reset(State(Routes { dev, gate, tasks }): State<Routes>) -> Response {
    let (sender, receiver) = oneshot::channel();
    // A task of its own, so that a caller who goes away does not leave half a reset.
    tasks.start(async move {
        let _ = sender.send(dev.reset(&gate).await);
    });
    match receiver.await {
        Ok(Ok(())) => plain(StatusCode::OK, "reset"),
        Ok(Err(reason)) => {
            let text = format!("the reset did not come to its end; ask for it again: {reason}");
            plain(StatusCode::SERVICE_UNAVAILABLE, &text)
        }
        Err(_) => plain(StatusCode::SERVICE_UNAVAILABLE, "the emulator stops"),
    }
}

async fn show_faults(State(Routes { dev, .. }): State<Routes>) -> Response {
    shown(&dev)
}

/// What is put in place of the present faults. What is left out is none of its kind, and the same random seed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewFaults {
    #[serde(default)]
    fail: Vec<String>,
    #[serde(default)]
    delay: Vec<String>,
    random_seed: Option<u64>,
    /// What was shown can be put back as it is.
    #[serde(default, rename = "hits")]
    _hits: Option<serde::de::IgnoredAny>,
}

async fn set_faults(State(Routes { dev, .. }): State<Routes>, request: Request) -> Response {
    let Ok(body) = axum::body::to_bytes(request.into_body(), BODY_BYTES_MAX).await else {
        let text = format!("the body must come whole and be at most {BODY_BYTES_MAX} bytes");
        return plain(StatusCode::PAYLOAD_TOO_LARGE, &text);
    };
    let new: NewFaults = match serde_json::from_slice(&body) {
        Ok(new) => new,
        Err(error) => return plain(StatusCode::BAD_REQUEST, &format!("the body cannot be read: {error}")),
    };
    let seed = new.random_seed.unwrap_or_else(|| dev.injector.random_seed());
    match Faults::parse(&new.fail, &new.delay, seed) {
        Ok(faults) => {
            dev.injector.set(faults);
            shown(&dev)
        }
        Err(what) => plain(StatusCode::BAD_REQUEST, &what),
    }
}

fn shown(dev: &Dev) -> Response {
    let text = format!("{}\n", dev.injector.show());
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}

/// Why a request is not let through.
fn refusal(
    headers: &HeaderMap,
    is_open: bool,
    shows_token: &impl Fn(&HeaderMap) -> bool,
) -> Option<&'static str> {
    if !is_open {
        let why = "the admin listener is not on a loopback address, so that the admin token is needed: \
                   Authorization: Bearer TOKEN, from admin.token_file";
        return if shows_token(headers) { None } else { Some(why) };
    }
    if !text(headers, header::HOST).is_some_and(|host| is_loopback(&host)) {
        return Some("the Host header must name a loopback address or localhost");
    }
    let origins = headers.get_all(header::ORIGIN).iter();
    let is_own = |origin: &http::HeaderValue| {
        let uri = origin.to_str().ok().and_then(|origin| origin.parse::<Uri>().ok());
        uri.and_then(|uri| uri.authority().map(|own| is_loopback(own.as_str()))).unwrap_or(false)
    };
    if origins.into_iter().any(|origin| !is_own(origin)) {
        return Some("web pages of other origins may not ask for this");
    }
    None
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    let mut values = headers.get_all(name).iter();
    let one = values.next()?.to_str().ok()?.to_owned();
    values.next().is_none().then_some(one)
}

/// Whether `host`, perhaps with a port, is this machine and nothing that a name server could say is it.
fn is_loopback(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else {
        return false;
    };
    if authority.as_str().contains('@') {
        return false;
    }
    let name = authority.host();
    if name.eq_ignore_ascii_case("localhost") {
        return true;
    }
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    address.is_ok_and(|address| address.is_loopback())
}

fn plain(status: StatusCode, text: &str) -> Response {
    (status, format!("{text}\n")).into_response()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn refused(headers: &[(HeaderName, &'static str)], is_open: bool) -> bool {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, HeaderValue::from_static(value));
        }
        let shows_token = |headers: &HeaderMap| headers.contains_key(header::AUTHORIZATION);
        refusal(&map, is_open, &shows_token).is_some()
    }

    #[test]
    fn foreign_hosts_are_refused() {
        for host in ["127.0.0.1:9090", "localhost", "LOCALHOST:1", "[::1]:9090", "127.9.9.9"] {
            assert!(!refused(&[(header::HOST, host)], true), "{host}");
        }
        for host in [
            "",
            "foldmark.example:9090",
            "127.0.0.1.example",
            "localhost.example",
            "10.0.0.1",
            "user@127.0.0.1",
            "[::2]",
        ] {
            assert!(refused(&[(header::HOST, host)], true), "{host}");
        }
        assert!(refused(&[], true), "none at all");
        assert!(refused(&[(header::HOST, "localhost"), (header::HOST, "localhost")], true), "two");
    }

    #[test]
    fn foreign_origins_are_refused() {
        for origin in ["http://localhost:3000", "http://127.0.0.1:9090", "https://[::1]"] {
            assert!(!refused(&[(header::HOST, "localhost"), (header::ORIGIN, origin)], true), "{origin}");
        }
        for origin in ["null", "", "https://page.example", "http://localhost.page.example", "file://"] {
            assert!(refused(&[(header::HOST, "localhost"), (header::ORIGIN, origin)], true), "{origin}");
        }
    }

    #[test]
    fn elsewhere_the_token_is_wanted_whatever_the_host() {
        assert!(refused(&[(header::HOST, "localhost")], false));
        let with_token = [(header::HOST, "emulator:9090"), (header::AUTHORIZATION, "Bearer x")];
        assert!(!refused(&with_token, false));
    }
}
