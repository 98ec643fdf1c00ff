//! `foldmark health`: whether a running server can serve, for supervisors that look at exit statuses, such as the health
//! checks of containers. It asks what load balancers ask, and needs no other program.

use std::time::Duration;

use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full, Limited};

use crate::args::HealthArgs;
use crate::failure::Failure;
use crate::operators::{Operators, Trust, Unanswered};
use crate::out;
use crate::settings::ConfigArgs;

/// A server that takes longer is not one that can serve.
const PATIENCE: Duration = Duration::from_secs(2);
/// More of an answer is not read.
const ANSWER_BYTES: usize = 4 << 10;

pub(crate) async fn run(args: &HealthArgs, config: &ConfigArgs) -> Result<(), Failure> {
    let operators = match &args.url {
        Some(url) => of_argument(url, config)?,
        None => Operators::of_settings(&config.load()?)?,
    };
    let base = &operators.base;
    let uri: Uri = format!("{base}/healthz/ready")
        .parse()
        .map_err(|error| Failure::usage(format!("--url {base:?}: {error}")))?;
    let (status, said) = tokio::time::timeout(PATIENCE, ask(&operators, uri))
        .await
        .map_err(|_| Failure::failed(format!("{base} did not answer within {} s", PATIENCE.as_secs())))?
        .map_err(|error| Failure::failed(format!("{base} cannot be asked: {error}")))?;
    if status != StatusCode::OK {
        return Err(Failure::failed(format!("{base} answered {status}: {}", said.trim())));
    }
    out::line(said.trim())
}

/// What was named. If it is encrypted, its certificate is the configured one, or without any one that the system trusts.
fn of_argument(url: &str, config: &ConfigArgs) -> Result<Operators, Failure> {
    let base = url.trim_end_matches('/').to_owned();
    if base.starts_with("http://") {
        return Operators::new(base, Trust::Nobody);
    }
    if !base.starts_with("https://") {
        return Err(Failure::usage(format!(
            "--url {base:?}: must be http://HOST:PORT or https://HOST:PORT, as the admin listener is"
        )));
    }
    let settings = config.load()?;
    match Trust::of_settings(&settings) {
        Trust::Nobody => Operators::new(base, Trust::System),
        configured => Operators::new(base, configured),
    }
}

async fn ask(operators: &Operators, uri: Uri) -> Result<(StatusCode, String), Failed> {
    let mut request = Request::new(Full::default());
    *request.uri_mut() = uri;
    let answer = operators.send(request).await?;
    let status = answer.status();
    let body = Limited::new(answer.into_body(), ANSWER_BYTES).collect().await;
    let body = body.map_err(Failed::Broken)?.to_bytes();
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}

/// Why nothing is known.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error(transparent)]
    Unanswered(#[from] Unanswered),
    #[error("{0}")]
    Broken(Box<dyn std::error::Error + Send + Sync>),
}
