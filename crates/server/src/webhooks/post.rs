//! One request to a receiver, and what became of it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::{ClientConfig, RootCertStore};

use super::sign::sign;
use crate::config::WebhookSettings;
use crate::limits;

/// A pool of connections to receivers.
pub(super) struct Sender {
    http: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

/// Why something was not taken.
#[derive(Debug)]
pub(super) enum Failure {
    /// Nothing can be told to the receiver now: it was not reached, or says that it is at fault or overloaded.
    Receiver {
        note: String,
        /// How long it asks to be left alone.
        pause: Option<Duration>,
    },
    /// It takes requests, but not this one.
    Refused { note: String },
}

impl Sender {
    pub(super) fn new() -> Sender {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls())
            .https_or_http()
            .enable_http1()
            .enable_http2()
            .wrap_connector(tcp);
        let http = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(limits::WEBHOOK_IDLE)
            .http2_keep_alive_interval(limits::WEBHOOK_PING)
            .http2_keep_alive_timeout(limits::WEBHOOK_PING)
            .build(connector);
        Sender { http }
    }

    /// Tells the receiver, and waits until it has taken it. Redirections are not followed: who is told is configured.
    pub(super) async fn post(
        &self,
        webhook: &WebhookSettings,
        id: &str,
        now: u64,
        body: Vec<u8>,
    ) -> Result<(), Failure> {
        let failed = |note: String| Failure::Receiver { note, pause: None };
        let signature = sign(&webhook.secrets, id, now, &body);
        let request = Request::post(&webhook.url)
            .header(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header(header::USER_AGENT, concat!("foldmark/", env!("CARGO_PKG_VERSION")))
            .header("webhook-id", id)
            .header("webhook-timestamp", now)
            .header("webhook-signature", signature)
            .body(Full::from(body))
            .map_err(|error| failed(error.to_string()))?;
        let timeout = tokio::time::sleep(webhook.timeout);
        tokio::pin!(timeout);
        let late = || {
            let seconds = webhook.timeout.as_secs_f32();
            failed(format!("no answer within {seconds} seconds"))
        };
        let response = tokio::select! {
            response = self.http.request(request) => response.map_err(|error| failed(why(&error)))?,
            () = &mut timeout => return Err(late()),
        };
        let (head, body) = response.into_parts();
        // Read to its end, so that the connection can be used again; what is too long costs the connection. What was
        // said is in the status, whatever becomes of the rest.
        let text = tokio::select! {
            text = Limited::new(body, limits::WEBHOOK_ANSWER_BYTES).collect() => text.ok(),
            () = &mut timeout => None,
        };
        let text = text.map(|text| text.to_bytes()).unwrap_or_default();
        if head.status.is_success() {
            return Ok(());
        }
        let note = note(head.status, &text);
        let is_its_fault = head.status.is_server_error()
            || matches!(head.status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT);
        match is_its_fault {
            true => Err(Failure::Receiver { note, pause: pause(&head.headers) }),
            false => Err(Failure::Refused { note }),
        }
    }
}

/// Trusts whom the system trusts. Without any certificates there only receivers without TLS can be reached.
fn tls() -> ClientConfig {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = || {
        ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .expect("the provider has the usual versions")
    };
    match builder().with_native_roots() {
        Ok(config) => config.with_no_client_auth(),
        Err(error) => {
            tracing::warn!(%error, "there are no certificates of the system; webhooks over HTTPS will fail");
            builder().with_root_certificates(RootCertStore::empty()).with_no_client_auth()
        }
    }
}

/// What went wrong, down to its cause.
fn why(error: &hyper_util::client::legacy::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// The status, and the beginning of what was answered, for the people who look into it.
fn note(status: StatusCode, text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let printable = text.chars().map(|char| if char.is_control() { ' ' } else { char });
    let begin: String = printable.take(limits::WEBHOOK_NOTE_CHARS).collect();
    format!("answered {status}: {begin}").trim_end_matches([':', ' ']).to_owned()
}

/// `Retry-After` in seconds, within bounds.
fn pause(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(limits::WEBHOOK_RETRY_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_short_and_printable() {
        assert_eq!(note(StatusCode::BAD_REQUEST, b""), "answered 400 Bad Request");
        assert_eq!(note(StatusCode::GONE, b"no\nmore"), "answered 410 Gone: no more");
        let long = note(StatusCode::BAD_REQUEST, "é".repeat(5_000).as_bytes());
        assert!(long.chars().count() <= limits::WEBHOOK_NOTE_CHARS + 30, "{long}");
    }

    #[test]
    fn a_receiver_may_ask_for_a_pause_but_not_for_ever() {
        let of = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static(text));
            pause(&headers)
        };
        assert_eq!(of("7"), Some(Duration::from_secs(7)));
        assert_eq!(of("999999"), Some(limits::WEBHOOK_RETRY_MAX));
        assert_eq!(of("Wed, 21 Oct 2026 07:28:00 GMT"), None);
        assert_eq!(pause(&HeaderMap::new()), None);
    }
}
