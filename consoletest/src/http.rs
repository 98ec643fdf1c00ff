//! A client of HTTP for a harness that does one thing after the other: every request is waited for. It keeps no cookies
//! and follows nothing; what comes back is what was sent.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::runtime::{Builder, Runtime};

/// Nobody who is asked may take as long as this: not the server, and not the browser to load a page.
const PATIENCE: Duration = Duration::from_secs(360);

/// The client.
pub(crate) struct Http {
    runtime: Runtime,
    client: Client<HttpConnector, Full<Bytes>>,
}

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: u16,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The body, which is text.
    pub(crate) text: String,
}

impl Http {
    /// Without a connection yet.
    pub(crate) fn new() -> Result<Http, String> {
        let runtime =
            Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
        // Nobody would notice that an idle connection was closed, since nothing runs between two requests.
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build_http();
        Ok(Http { runtime, client })
    }

    /// Asks for a URL.
    pub(crate) fn get(&self, url: &str, headers: &[(&str, &str)]) -> Result<Answer, String> {
        self.send(&Method::GET, url, headers, String::new())
    }

    /// Sends a request and waits for the answer.
    pub(crate) fn send(
        &self,
        method: &Method,
        url: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Result<Answer, String> {
        let told = |error: &dyn std::fmt::Display| format!("{method} {url}: {error}");
        let mut request = Request::builder().method(method.clone()).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(Bytes::from(body))).map_err(|error| told(&error))?;
        let exchange = async {
            let (parts, body) =
                self.client.request(request).await.map_err(|error| told(&error))?.into_parts();
            let body = body.collect().await.map_err(|error| told(&error))?.to_bytes();
            let text = String::from_utf8(body.to_vec()).map_err(|error| told(&error))?;
            Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, text })
        };
        let limited = async { tokio::time::timeout(PATIENCE, exchange).await };
        self.runtime.block_on(limited).unwrap_or_else(|_| Err(told(&"no answer")))
    }
}

impl Answer {
    /// The header of this name, or the empty text.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}
