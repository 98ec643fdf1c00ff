//! `foldmark bench`: loads a running server over HTTP as its callers would, and says what it can do.
//!
//! The order: look who is there, make the users of the run, load, report, and delete the users if that was asked for.
//! Nothing but the run's own users is written to: they carry its prefix, must not be there before it makes them, and
//! are taken over from an earlier run only if they are as that run made them (`people.rs`).
//!
//! The generator is one thread, so that it can never take more than one processor from a server on the same machine;
//! the report says how much of it was used, because a generator at its limit measures itself.

mod connection;
mod endpoint;
mod latencies;
mod load;
mod pace;
mod people;
mod prepare;
mod processor;
mod report;
mod schedule;
mod tally;
mod trouble;
mod work;

use std::fs;

use foldmark_client::Client;

use crate::args::BenchArgs;
use crate::bench::endpoint::Endpoint;
use crate::bench::load::{Load, Loaded};
use crate::bench::people::People;
use crate::bench::report::{Report, Settings, csv, json, text};
use crate::credentials::{App, read_certificates};
use crate::curl::ADMINISTRATOR;
use crate::failure::Failure;
use crate::settings::ConfigArgs;
use crate::signals::Signals;
use crate::{out, url};

/// What `-` means among the names of files.
const STDOUT: &str = "-";
/// How often a call that makes or deletes users is repeated where that is safe. Many of them at once exceed the rate
/// that an application is allowed by default, and then have to wait for their turns.
const RETRIES: u32 = 20;

pub(crate) fn run(args: &BenchArgs, config: &ConfigArgs) -> Result<(), Failure> {
    if args.json.as_deref() == Some(STDOUT) && args.csv.as_deref() == Some(STDOUT) {
        return Err(Failure::usage("only one of --json and --csv can go to stdout"));
    }
    let built = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime =
        built.map_err(|error| Failure::failed(format!("the runtime cannot be started: {error}")))?;
    let server = Server::new(args, config)?;
    let people = People { prefix: args.prefix.clone(), count: args.users };
    let at_once = args.clients as usize;

    let (endpoint, mut signals) = runtime.block_on(async {
        let mut signals = Signals::new()?;
        let endpoint =
            Endpoint::new(&server.url, &server.app, &server.identifier, server.ca.as_deref()).await?;
        // A server that is not there is not waited for.
        endpoint.connect().await.map_err(|reason| Failure::transport(format!("cannot connect: {reason}")))?;
        match args.prepared {
            true => prepare::check(&server.client, &people, at_once, &mut signals).await?,
            false => prepare::make(&server.client, &people, at_once, &mut signals).await?,
        }
        Ok::<_, Failure>((endpoint, signals))
    })?;
    let load = Load { args, endpoint: &endpoint, people: &people };
    let loaded = load.run(&runtime, &mut signals);
    let told = match &loaded {
        Ok(loaded) => tell(args, &server, loaded),
        Err(_) => Ok(()),
    };
    let removed = match args.remove {
        true => runtime.block_on(prepare::remove(&server.client, &people, &mut signals)),
        false => Ok(()),
    };
    // Of several failures the first is the one to report.
    let loaded = loaded?;
    told.and(removed)?;
    let (requests, failed) = loaded.tally.counts();
    match failed {
        0 => Ok(()),
        _ => Err(Failure::failed(format!("{failed} of {requests} requests failed"))),
    }
}

/// The server to load, and as whom.
struct Server {
    url: String,
    app: App,
    identifier: String,
    ca: Option<Vec<u8>>,
    /// Makes and deletes the users.
    client: Client,
}

impl Server {
    fn new(args: &BenchArgs, config: &ConfigArgs) -> Result<Server, Failure> {
        let url = url::of_argument(args.url.as_deref(), config)?;
        let app = args.app.resolve(config)?;
        let identifier = args.identifier.clone().unwrap_or_else(|| ADMINISTRATOR.to_owned());
        let mut builder = Client::builder(&url, app.sdkappid)
            .key(app.key.expose())
            .identifier(&identifier)
            .retries(RETRIES);
        let ca = read_certificates(args.ca.as_deref())?;
        if let Some(pem) = &ca {
            builder = builder.root_certificate_pem(pem.clone());
        }
        let client = builder.build()?;
        Ok(Server { url, app, identifier, ca, client })
    }
}

/// Prints the report, and writes it to the files that were asked for.
fn tell(args: &BenchArgs, server: &Server, loaded: &Loaded) -> Result<(), Failure> {
    let settings = Settings::new(args, &server.url, server.app.sdkappid);
    let report = Report::new(settings, loaded);
    let (json, csv) = (json::write(&report), csv::write(&report));
    let printed = match (args.json.as_deref(), args.csv.as_deref()) {
        (Some(STDOUT), _) => &json,
        (_, Some(STDOUT)) => &csv,
        _ => &text::write(&report),
    };
    out::line(printed.trim_end())?;
    for (name, content) in [(&args.json, &json), (&args.csv, &csv)] {
        let Some(name) = name.as_deref().filter(|name| *name != STDOUT) else { continue };
        let written = fs::write(name, content);
        written.map_err(|error| Failure::failed(format!("{name}: {error}")))?;
    }
    Ok(())
}
