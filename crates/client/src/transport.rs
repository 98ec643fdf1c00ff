//! One HTTP request and its answer: pool, TLS, time limit, and how failures are told apart.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::time::timeout;

use crate::error::Error;

/// How long an idle connection is kept; less than the 75 seconds after which the server closes it.
const IDLE: Duration = Duration::from_secs(60);
/// Idle connections that are kept.
const IDLE_CONNECTIONS: usize = 64;
/// Bytes of an answer; a list of 10,000 chat groups, the longest one, stays under 1 MiB.
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A pool of connections.
pub(crate) struct Transport {
    http: HttpClient<HttpsConnector<HttpConnector>, Full<Bytes>>,
    limit: Duration,
}

/// An answer with the status 200.
pub(crate) struct Answer {
    pub(crate) body: Bytes,
    pub(crate) revision: Option<u64>,
}

impl Transport {
    pub(crate) fn new(encrypted: bool, roots: Option<Vec<u8>>, limit: Duration) -> Result<Self, Error> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        // An address that does not answer is told from a call that takes too long: nothing was sent to it.
        tcp.set_connect_timeout(Some(limit / 2));
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls_config(encrypted, roots)?)
            .https_or_http()
            .enable_http1()
            .enable_http2()
            .wrap_connector(tcp);
        let http = HttpClient::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .build(connector);
        Ok(Self { http, limit })
    }

    /// Posts `body` to `url` and waits for the whole answer.
    pub(crate) async fn post(&self, url: &str, body: Bytes) -> Result<Answer, Error> {
        match timeout(self.limit, self.exchange(url, body)).await {
            Ok(answered) => answered,
            Err(_) => Err(Error::Timeout { limit: self.limit }),
        }
    }

    async fn exchange(&self, url: &str, body: Bytes) -> Result<Answer, Error> {
        let uri: Uri = url.parse().map_err(|error: http::uri::InvalidUri| {
            Error::Configuration(format!("the identifier or the UserSig does not fit into a URL: {error}"))
        })?;
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri;
        let headers = request.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));

        let response = self.http.request(request).await.map_err(|error| match error.is_connect() {
            true => Error::Connect(flatten(&error).into()),
            false => Error::Transport(flatten(&error).into()),
        })?;
        if response.status() != StatusCode::OK {
            return Err(Error::Status { status: response.status() });
        }
        let revision = revision(response.headers());
        match Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await {
            Ok(body) => Ok(Answer { body: body.to_bytes(), revision }),
            Err(error) if error.is::<LengthLimitError>() => {
                Err(Error::Malformed { reason: format!("it is longer than {ANSWER_BYTES_MAX} bytes") })
            }
            Err(error) => Err(Error::Transport(flatten(&*error).into())),
        }
    }
}

const USER_AGENT: &str = concat!("foldmark-client/", env!("CARGO_PKG_VERSION"));

fn revision(headers: &HeaderMap) -> Option<u64> {
    headers.get("foldmark-revision")?.to_str().ok()?.parse().ok()
}

/// The whole chain of causes in one line: the outermost alone says "client error", which helps nobody.
fn flatten(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.ends_with(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
        cause = error.source();
    }
    text
}

/// The system's certificates are read only where they are needed: a container without any can still speak HTTP.
fn tls_config(encrypted: bool, roots: Option<Vec<u8>>) -> Result<ClientConfig, Error> {
    // The provider is named, not taken from a process-wide default that others may set.
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::Configuration(error.to_string()))?;
    let with_roots = match roots {
        Some(pem) => builder.with_root_certificates(root_store(&pem)?),
        None if encrypted => builder
            .with_native_roots()
            .map_err(|error| Error::Configuration(format!("the system's certificates: {error}")))?,
        None => builder.with_root_certificates(RootCertStore::empty()),
    };
    Ok(with_roots.with_no_client_auth())
}

fn root_store(pem: &[u8]) -> Result<RootCertStore, Error> {
    let wrong = |reason: String| Error::Configuration(format!("the root certificate: {reason}"));
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
        store.add(certificate).map_err(|error| wrong(error.to_string()))?;
    }
    if store.is_empty() {
        return Err(wrong("holds no certificate in PEM".to_owned()));
    }
    Ok(store)
}
