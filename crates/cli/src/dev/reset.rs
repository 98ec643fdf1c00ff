//! `foldmark dev reset`: asks a running emulator to become what it was at its start.

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

use super::args::ResetArgs;
use crate::failure::Failure;
use crate::out;

/// The longest answer that is read.
const ANSWER_BYTES: usize = 64 << 10;

pub(crate) async fn run(args: &ResetArgs) -> Result<(), Failure> {
    let url = args.url.trim_end_matches('/');
    if !url.starts_with("http://") {
        return Err(Failure::usage(format!("--url must be http://HOST:PORT, not {url}")));
    }
    let request = Request::post(format!("{url}/dev/reset")).body(Full::<Bytes>::default());
    let request = request.map_err(|error| Failure::usage(format!("--url {url}: {error}")))?;
    let client = Client::builder(TokioExecutor::new()).build_http();
    let sent = client.request(request).await;
    let answer =
        sent.map_err(|error| Failure::transport(format!("no emulator answers at {url}: {error}")))?;
    let status = answer.status();
    let body = Limited::new(answer.into_body(), ANSWER_BYTES).collect().await;
    let body = body.map_err(|error| Failure::transport(format!("the answer of {url} broke off: {error}")))?;
    let body = body.to_bytes();
    let text = String::from_utf8_lossy(&body);
    match status {
        StatusCode::OK => out::line(text.trim()),
        // A server wants to know who asks before it says that there is no such thing.
        StatusCode::NOT_FOUND | StatusCode::UNAUTHORIZED => {
            Err(Failure::failed(format!("{url} is no emulator")))
        }
        _ => Err(Failure::failed(format!("{url} answered {status}: {}", text.trim()))),
    }
}
