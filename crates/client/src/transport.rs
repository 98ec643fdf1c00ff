//! One HTTP request and its answer: pool, versions of HTTP, time limits, and how failures are told apart.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::ClientConfig;
use tokio::runtime::Handle;
use tokio::time::timeout;

use crate::builder::HttpVersion;
use crate::error::Error;

/// How long an idle connection is kept; less than the 75 seconds after which the server closes it.
const IDLE: Duration = Duration::from_secs(60);
/// Idle connections that are kept.
const IDLE_CONNECTIONS: usize = 64;
/// How often a connection of HTTP/2 with calls under way is asked whether it is still there, and how long it may take
/// to say so: many calls depend on it, and a network that is gone says nothing.
const PING: Duration = Duration::from_secs(10);
const PING_ANSWER: Duration = Duration::from_secs(5);
/// Bytes of an answer; a list of 10,000 chat groups, the longest one, stays under 1 MiB.
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// What a pool of connections is made of.
pub(crate) struct Options {
    pub(crate) tls: ClientConfig,
    pub(crate) connect_timeout: Duration,
    pub(crate) http: HttpVersion,
    pub(crate) user_agent: HeaderValue,
}

/// A pool of connections.
pub(crate) struct Transport {
    http: HttpClient<HttpsConnector<HttpConnector>, Full<Bytes>>,
    user_agent: HeaderValue,
}

/// An answer with the status 200.
pub(crate) struct Answer {
    pub(crate) body: Bytes,
    pub(crate) revision: Option<u64>,
}

/// What came of asking for a stream.
pub(crate) enum Opened {
    Stream(ByteStream),
    /// Something else, whole.
    Answer(Bytes),
}

/// A stream of events under way.
pub(crate) struct ByteStream(Incoming);

impl Transport {
    pub(crate) fn new(options: Options) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        // An address that does not answer is told from a call that takes too long: nothing was sent to it.
        tcp.set_connect_timeout(Some(options.connect_timeout));
        let connector = HttpsConnectorBuilder::new().with_tls_config(options.tls).https_or_http();
        let connector = match options.http {
            HttpVersion::Negotiated => connector.enable_http1().enable_http2().wrap_connector(tcp),
            HttpVersion::Http1 => connector.enable_http1().wrap_connector(tcp),
            HttpVersion::Http2 => connector.enable_http2().wrap_connector(tcp),
        };
        let http = HttpClient::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .http2_only(options.http == HttpVersion::Http2)
            .http2_keep_alive_interval(PING)
            .http2_keep_alive_timeout(PING_ANSWER)
            .build(connector);
        Self { http, user_agent: options.user_agent }
    }

    /// Asks for a stream of events, and waits for its beginning as long as `limit`.
    pub(crate) async fn open(&self, url: &str, limit: Duration) -> Result<Opened, Error> {
        within_runtime()?;
        match timeout(limit, self.begin(url)).await {
            Ok(opened) => opened,
            Err(_) => Err(Error::Timeout { limit }),
        }
    }

    async fn begin(&self, url: &str) -> Result<Opened, Error> {
        let mut request = Request::new(Full::default());
        *request.uri_mut() = uri(url)?;
        let headers = request.headers_mut();
        headers.insert(header::ACCEPT, HeaderValue::from_static(EVENTS));
        headers.insert(header::USER_AGENT, self.user_agent.clone());
        let response = self.send(request).await?;
        let content_type = response.headers().get(header::CONTENT_TYPE).and_then(|found| found.to_str().ok());
        match content_type.is_some_and(|found| found.starts_with(EVENTS)) {
            true => Ok(Opened::Stream(ByteStream(response.into_body()))),
            false => Ok(Opened::Answer(whole(response.into_body()).await?)),
        }
    }

    /// Posts `body` to `url` and waits for the whole answer, for as long as `limit`.
    pub(crate) async fn post(&self, url: &str, body: Bytes, limit: Duration) -> Result<Answer, Error> {
        within_runtime()?;
        match timeout(limit, self.exchange(url, body)).await {
            Ok(answered) => answered,
            Err(_) => Err(Error::Timeout { limit }),
        }
    }

    async fn exchange(&self, url: &str, body: Bytes) -> Result<Answer, Error> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri(url)?;
        let headers = request.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::USER_AGENT, self.user_agent.clone());

        let response = self.send(request).await?;
        let revision = revision(response.headers());
        Ok(Answer { body: whole(response.into_body()).await?, revision })
    }

    /// Sends a request; the answer has the status 200.
    async fn send(&self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, Error> {
        let response = self.http.request(request).await.map_err(|error| {
            let reason = flatten(&error);
            match error.is_connect() {
                true if is_about_tls(&error) => Error::Tls { reason },
                true => Error::Connect { reason },
                false => Error::Transport { reason },
            }
        })?;
        if response.status() != StatusCode::OK {
            return Err(Error::Status { status: response.status() });
        }
        Ok(response)
    }
}

impl ByteStream {
    /// What comes next, which may take as long as `silence`.
    pub(crate) async fn read(&mut self, silence: Duration) -> Result<Bytes, Error> {
        loop {
            match timeout(silence, self.0.frame()).await {
                Ok(Some(Ok(frame))) => {
                    if let Ok(bytes) = frame.into_data() {
                        return Ok(bytes);
                    }
                }
                Ok(Some(Err(error))) => return Err(Error::Transport { reason: flatten(&error) }),
                Ok(None) => return Err(Error::Transport { reason: "the stream of events ended".to_owned() }),
                Err(_) => return Err(Error::Timeout { limit: silence }),
            }
        }
    }
}

/// The type of a stream of events.
const EVENTS: &str = "text/event-stream";

/// Connections and timers belong to the runtime; without one they would panic.
fn within_runtime() -> Result<(), Error> {
    match Handle::try_current() {
        Ok(_) => Ok(()),
        Err(_) => Err(Error::Runtime {
            reason: "the client needs a Tokio runtime; the module `blocking` has one that does not",
        }),
    }
}

async fn whole(body: Incoming) -> Result<Bytes, Error> {
    match Limited::new(body, ANSWER_BYTES_MAX).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(Error::Malformed { reason: format!("it is longer than {ANSWER_BYTES_MAX} bytes") })
        }
        Err(error) => Err(Error::Transport { reason: flatten(&*error) }),
    }
}

/// The address of a call as the protocol wants it. A UserSig can be too long for one.
pub(crate) fn uri(url: &str) -> Result<Uri, Error> {
    url.parse().map_err(|error: http::uri::InvalidUri| {
        Error::Configuration(format!("the identifier or the UserSig does not fit into a URL: {error}"))
    })
}

fn revision(headers: &HeaderMap) -> Option<u64> {
    headers.get("foldmark-revision")?.to_str().ok()?.parse().ok()
}

/// Whether the two sides did not agree on TLS, which trying again does not change. A broken connection is not that.
fn is_about_tls(error: &(dyn StdError + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<rustls::Error>() {
            return true;
        }
        // An I/O error hides the one that it was made of from `source`.
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        cause = inner.map(|inner| inner as &dyn StdError).or(error.source());
    }
    false
}

/// The whole chain of causes in one line: the outermost alone says "client error", which helps nobody.
fn flatten(error: &dyn StdError) -> String {
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
