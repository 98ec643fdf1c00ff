//! `foldmark call`: makes one call and prints the answer.

use std::io::{self, IsTerminal, Read};

use foldmark_client::{Client, RawReply};
use foldmark_wire::reply::{ReplyError, read_reply};
use foldmark_wire::usersig::UserSig;
use serde_json::Value;

use crate::args::CallArgs;
use crate::credentials::read_certificates;
use crate::curl::ADMINISTRATOR;
use crate::failure::Failure;
use crate::settings::ConfigArgs;
use crate::{examples, out, url};

pub(crate) async fn run(args: &CallArgs, config: &ConfigArgs) -> Result<(), Failure> {
    let Some(command) = args.command else {
        return out::line(&examples::list());
    };
    let client = client(args, config)?;
    let body = match args.body.as_str() {
        "-" => read_stdin()?,
        body => body.to_owned(),
    };
    let reply = client.call_raw(command, body).await?;
    report(&reply)
}

fn client(args: &CallArgs, config: &ConfigArgs) -> Result<Client, Failure> {
    let address = url::of_argument(args.url.as_deref(), config)?;
    let identifier = args.identifier.as_deref();
    let mut builder = match &args.usersig {
        Some(usersig) => {
            let inside =
                UserSig::decode(usersig).map_err(|fault| Failure::usage(format!("--usersig: {fault}")))?;
            let number = args.app.sdkappid.or_else(|| u32::try_from(inside.sdkappid).ok());
            let sdkappid =
                number.ok_or_else(|| Failure::usage("--usersig: its application cannot be one"))?;
            let identifier = identifier.unwrap_or(&inside.identifier);
            Client::builder(address, sdkappid).usersig(usersig).identifier(identifier)
        }
        None => {
            let app = args.app.resolve(config)?;
            let identifier = identifier.unwrap_or(ADMINISTRATOR);
            Client::builder(address, app.sdkappid).key(app.key.expose()).identifier(identifier)
        }
    };
    if let Some(pem) = read_certificates(args.ca.as_deref())? {
        builder = builder.root_certificate_pem(pem);
    }
    Ok(builder.build()?)
}

fn read_stdin() -> Result<String, Failure> {
    let mut body = String::new();
    let read = io::stdin().lock().read_to_string(&mut body);
    read.map_err(|error| Failure::usage(format!("stdin: {error}")))?;
    Ok(body)
}

/// Prints the body, for people if they are looking, and says how the call went.
fn report(reply: &RawReply) -> Result<(), Failure> {
    let outcome = read_reply::<Value>(&reply.body);
    if let Err(ReplyError::Malformed(error)) = &outcome {
        return Err(Failure::transport(format!("the answer cannot be understood: {error}")));
    }
    let text = String::from_utf8_lossy(&reply.body);
    match serde_json::from_slice::<Value>(&reply.body) {
        Ok(value) if io::stdout().is_terminal() => out::line(&format!("{value:#}"))?,
        _ => out::line(&text)?,
    }
    outcome.map(|_| ()).map_err(Failure::failed)
}
