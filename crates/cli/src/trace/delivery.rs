//! Requests to the receiver of traces.
//!
//! The thread that makes them has no reactor, so that it cannot speak HTTP: each request is handed to the runtime, and the
//! thread waits for the answer. A receiver that is away is told once, and then now and then.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use foldmark_server::clock::Clock;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use opentelemetry_http::HttpError;
use rustls::{ClientConfig, RootCertStore};
use tokio::runtime::Handle;

use crate::operators::causes;

/// Time for one request with its answer.
const REQUEST: Duration = Duration::from_secs(3);
/// How long an idle connection is kept.
const IDLE: Duration = Duration::from_secs(30);
/// Bytes of an answer, of which nothing is needed but its status.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Between two lines about a receiver that is away.
const TOLD_EVERY: Duration = Duration::from_secs(600);

type Http = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// Sends requests by the runtime in which it was made.
#[derive(Debug)]
pub(super) struct Delivery {
    http: Http,
    runtime: Handle,
    log: Log,
}

impl Delivery {
    pub(super) fn new(endpoint: &str) -> Result<Delivery, String> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls_config(endpoint.starts_with("https:"))?)
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let http = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(1)
            .build(connector);
        let log = Log { endpoint: endpoint.into(), clock: Clock::system(), state: Mutex::default() };
        Ok(Delivery { http, runtime: Handle::current(), log })
    }
}

#[async_trait]
impl opentelemetry_http::HttpClient for Delivery {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let exchange = exchange(self.http.clone(), request.map(Full::new));
        // It has an owner, who waits for it here, and an end, which is the time limit.
        let sent = match self.runtime.spawn(exchange).await {
            Ok(sent) => sent,
            Err(error) => Err(error.into()),
        };
        match &sent {
            Ok(answer) if answer.status().is_success() => self.log.delivered(),
            Ok(answer) => self.log.failed(&format!("the answer is {}", answer.status())),
            Err(error) => self.log.failed(&causes(&**error)),
        }
        sent
    }
}

async fn exchange(http: Http, request: Request<Full<Bytes>>) -> Result<Response<Bytes>, HttpError> {
    let exchange = async {
        let (head, body) = http.request(request).await?.into_parts();
        let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await?.to_bytes();
        Ok(Response::from_parts(head, body))
    };
    match tokio::time::timeout(REQUEST, exchange).await {
        Ok(answered) => answered,
        Err(_) => Err(format!("no answer within {} s", REQUEST.as_secs()).into()),
    }
}

/// The system's certificates are read only where they are needed: a container without any can still speak HTTP.
fn tls_config(encrypted: bool) -> Result<ClientConfig, String> {
    // The provider is named, not taken from a process-wide default that others may set.
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| error.to_string())?;
    let with_roots = match encrypted {
        true => builder.with_native_roots().map_err(|error| format!("the system's certificates: {error}"))?,
        false => builder.with_root_certificates(RootCertStore::empty()),
    };
    Ok(with_roots.with_no_client_auth())
}

/// Tells of a receiver that is away, and that it is back, in few lines however often that changes.
#[derive(Debug)]
struct Log {
    endpoint: Box<str>,
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The last line that was written told that it is away.
    away: bool,
    told_at: Option<Duration>,
    /// Failures since.
    left_out: u64,
}

impl Log {
    fn delivered(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::take(&mut state.away) {
            tracing::info!(endpoint = &*self.endpoint, "traces are delivered again");
        }
    }

    fn failed(&self, error: &str) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.monotonic();
        if state.told_at.is_some_and(|told| now.saturating_sub(told) < TOLD_EVERY) {
            state.left_out += 1;
            return;
        }
        let left_out = std::mem::take(&mut state.left_out);
        state.away = true;
        state.told_at = Some(now);
        let endpoint = &*self.endpoint;
        tracing::warn!(endpoint, error, left_out, "traces are not delivered; calls go on");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_that_comes_and_goes_is_told_now_and_then() {
        let clock = Clock::manual(1_700_000_000);
        let log = Log { endpoint: "http://receiver".into(), clock: clock.clone(), state: Mutex::default() };
        let state = |log: &Log| {
            let state = log.state.lock().unwrap();
            (state.away, state.left_out)
        };
        log.delivered();
        assert_eq!(state(&log), (false, 0));
        log.failed("refused");
        assert_eq!(state(&log), (true, 0));
        for _ in 0..10 {
            log.failed("refused");
        }
        assert_eq!(state(&log), (true, 10));
        log.delivered();
        log.failed("refused");
        assert_eq!(state(&log), (false, 11), "what is not told is not taken back");
        clock.advance(TOLD_EVERY);
        log.failed("refused");
        assert_eq!(state(&log), (true, 0));
    }
}
