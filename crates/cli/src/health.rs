//! `foldmark health`: whether a running server can serve, for supervisors that look at exit statuses, such as the health
//! checks of containers. It asks what load balancers ask, and needs no other program.

use std::time::Duration;

use bytes::Bytes;
use foldmark_server::config::Address;
use http::{StatusCode, Uri};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

use crate::args::HealthArgs;
use crate::failure::Failure;
use crate::settings::ConfigArgs;
use crate::{out, url};

/// A server that takes longer is not one that can serve.
const PATIENCE: Duration = Duration::from_secs(2);
/// More of an answer is not read.
const ANSWER_BYTES: usize = 4 << 10;

pub(crate) async fn run(args: &HealthArgs, config: &ConfigArgs) -> Result<(), Failure> {
    let base = match &args.url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => of_settings(config.load()?.admin.listen.as_ref())?,
    };
    let uri: Uri = format!("{base}/healthz/ready")
        .parse()
        .map_err(|error| Failure::usage(format!("--url {base:?}: {error}")))?;
    if uri.scheme_str() != Some("http") {
        return Err(Failure::usage(format!(
            "--url {base:?}: must be http://HOST:PORT, as the admin listener is"
        )));
    }
    let (status, said) = tokio::time::timeout(PATIENCE, ask(uri))
        .await
        .map_err(|_| Failure::failed(format!("{base} did not answer within {} s", PATIENCE.as_secs())))?
        .map_err(|error| Failure::failed(format!("{base} cannot be asked: {error}")))?;
    if status != StatusCode::OK {
        return Err(Failure::failed(format!("{base} answered {status}: {}", said.trim())));
    }
    out::line(said.trim())
}

async fn ask(uri: Uri) -> Result<(StatusCode, String), Box<dyn std::error::Error + Send + Sync>> {
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
    let answer = client.get(uri).await?;
    let status = answer.status();
    let body = Limited::new(answer.into_body(), ANSWER_BYTES).collect().await?.to_bytes();
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}

/// The address of the configured admin listener, as it is reached from this machine.
fn of_settings(listen: Option<&Address>) -> Result<String, Failure> {
    let url = listen.and_then(|address| url::of_address("http", address));
    url.ok_or_else(|| Failure::usage("admin.listen does not say where to ask; give --url"))
}
