//! `foldmark migrate`: users from a service that speaks the same calls to a Foldmark, and back.
//!
//! There (`pull`) by reading every user through the service's public calls and putting him whole by the operators'
//! call; back (`push`) the other way round. Both compare before they write and write only what differs, so that a run
//! which was killed anywhere is repeated without harm: nothing is lost, and nothing is there twice. Neither deletes
//! anything at the service.

pub(crate) mod args;
mod compare;
mod content;
mod fits;
mod here;
mod pace;
mod peers;
mod pull;
mod push;
mod reading;
mod remote;
mod report;
mod state;
mod users;
mod writing;

use std::collections::HashMap;

use foldmark_wire::transfer::Digest;
use serde_json::json;

use crate::failure::Failure;
use crate::migrate::args::MigrateArgs;
use crate::migrate::here::Here;
use crate::migrate::remote::{Remote, RemoteError};
use crate::migrate::state::State;
use crate::settings::ConfigArgs;

/// Users in a row for whom the service has no answer, after which the others are not tried.
const SILENCE: u32 = 16;

pub(crate) async fn run(args: &MigrateArgs, config: &ConfigArgs) -> Result<(), Failure> {
    let settings = config.load()?;
    let users = args.users.as_deref().map(users::read).transpose()?;
    match (&args.from, &args.to, users) {
        (Some(from), _, Some(users)) => {
            let remote = Remote::new(args, from)?;
            Box::pin(pull::run(args, settings, remote, users)).await
        }
        (None, Some(to), users) => {
            let remote = Remote::new(args, to)?;
            Box::pin(push::run(args, settings, remote, users)).await
        }
        _ => Err(Failure::usage("give --from and --users, or --to")),
    }
}

/// Opens the file of finished users, if one is asked for.
fn open_state(
    args: &MigrateArgs,
    here: Option<&Here>,
) -> Result<(Option<State>, HashMap<String, Digest>), Failure> {
    let Some(path) = &args.state else { return Ok((None, HashMap::new())) };
    let about = json!({
        "From": args.from, "To": args.to, "SdkAppid": args.sdkappid,
        "Foldmark": here.map(Here::place), "LocalSdkAppid": args.local(),
    });
    let (state, done) = State::open(path, &about)?;
    Ok((Some(state), done))
}

impl From<RemoteError> for Failure {
    fn from(error: RemoteError) -> Failure {
        match error {
            RemoteError::Refused { code, info } => Failure::failed(format!("{info} ({code})")),
            RemoteError::NoAnswer(reason) => Failure::transport(reason),
            RemoteError::Hopeless(failure) => failure,
        }
    }
}
