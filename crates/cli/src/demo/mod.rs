//! `foldmark demo`: a real server on a durable store, filled through the client, and the documented sample call.
//!
//! Everything goes over HTTP on a real socket. The data lies in a temporary folder that is removed at the end, unless
//! a folder is named.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use foldmark_client::{CallName, Client};
use foldmark_server::clock::Clock;
use foldmark_server::config::{Settings, StoreSettings};
use foldmark_server::{Server, StartError, first_run};
use tempfile::TempDir;

use crate::args::DemoArgs;
use crate::credentials::App;
use crate::curl::{self, ADMINISTRATOR};
use crate::failure::Failure;
use crate::settings::ConfigArgs;
use crate::signals::Signals;
use crate::{log, out, serve, url};

mod fill;
mod sample;

const LISTEN: &str = "127.0.0.1:8080";
const LISTEN_ANYWHERE: &str = "127.0.0.1:0";

pub(crate) async fn run(args: &DemoArgs, config: &ConfigArgs) -> Result<(), Failure> {
    let folder = Folder::new(args.data.as_deref())?;
    let listen = args.listen.as_ref().map_or(LISTEN, |address| address.as_str());
    let settings = settings(config, folder.path(), listen)?;
    log::start(&settings.log, None)?;
    let mut signals = Signals::new()?;
    let server = start(settings.clone(), args.listen.is_none()).await?;
    let app = App::from(&settings.apps[0]);
    let outcome = tokio::select! {
        outcome = show(&server, &app, args.once) => outcome,
        () = signals.next() => Ok(()),
    };
    // A failure that came first is the one to report.
    let stopped = serve::stop(server, &mut signals).await;
    outcome.and(stopped).and(folder.remove())
}

/// Fills the server and makes the sample call; then, unless that is all, says how to go on and waits for ever.
async fn show(server: &Server, app: &App, once: bool) -> Result<(), Failure> {
    let urls = url::of_server(server.addresses());
    let url = urls.first().ok_or_else(|| Failure::failed("the server listens nowhere"))?;
    let client = Client::builder(url, app.sdkappid).key(app.key.expose()).build()?;
    fill::fill(&client).await?;
    exchange(&client).await?;
    if once {
        return Ok(());
    }
    out::line(&instructions(url, app))?;
    std::future::pending().await
}

/// Makes the sample call, prints it with its answer as it came, and compares that with the documented one.
async fn exchange(client: &Client) -> Result<(), Failure> {
    let reply = client.call_raw(CALL, sample::REQUEST).await?;
    out::line(&format!("POST {}\n{}\n", reply.url, sample::REQUEST))?;
    out::line(&format!("{}\n", String::from_utf8_lossy(&reply.body)))?;
    if !sample::is_documented(&reply.body) {
        let text = format!("the answer is not the documented one, which is\n{}", sample::ANSWER);
        return Err(Failure::failed(text));
    }
    out::line("The answer is the documented one, timestamps apart.")
}

const CALL: CallName = CallName::SearchContactGroup;

fn instructions(url: &str, app: &App) -> String {
    let line = curl::line(url, app, CALL, sample::REQUEST, None);
    format!(
        "\naddress     {url}\n\
         sdkappid    {}\n\
         identifier  {ADMINISTRATOR}\n\
         key         {}\n\n\
         Try it; Ctrl-C ends the demonstration:\n\n{line}\n",
        app.sdkappid,
        app.key.expose(),
    )
}

/// Defaults for a demonstration, with the command line's overrides on top.
fn settings(config: &ConfigArgs, folder: &Path, listen: &str) -> Result<Settings, Failure> {
    let base = [
        ("server.listen", listen),
        ("admin.listen", "off"),
        ("log.format", "text"),
        ("log.filter", "warn"),
        ("store.path", &folder.to_string_lossy()),
        ("store.map_gib", "1"),
    ];
    let base = base.map(|(key, value)| (key.to_owned(), value.to_owned()));
    let mut settings = config.load_overrides(base.into())?;
    if matches!(settings.store, StoreSettings::Cassandra(_)) {
        return Err(Failure::usage("a cluster is no place for a demonstration: leave store.kind out"));
    }
    if settings.apps.is_empty() {
        settings.apps.push(first_run::passing_application());
    }
    Ok(settings)
}

/// Starts the server, on another port if `anywhere` and the first one is taken.
async fn start(settings: Settings, anywhere: bool) -> Result<Server, Failure> {
    let mut settings = settings;
    let clock = Clock::system();
    match Server::start(&settings, clock.clone()).await {
        Err(StartError::Listen { error, .. }) if anywhere && error.kind() == ErrorKind::AddrInUse => {
            let free = foldmark_server::config::Address::parse(LISTEN_ANYWHERE);
            settings.server.listen = vec![free.map_err(Failure::failed)?];
            Server::start(&settings, clock).await.map_err(Failure::failed)
        }
        started => started.map_err(Failure::failed),
    }
}

/// Where the data lies.
enum Folder {
    Temporary(TempDir),
    Named(PathBuf),
}

impl Folder {
    fn new(named: Option<&Path>) -> Result<Folder, Failure> {
        let Some(path) = named else {
            let made = tempfile::Builder::new().prefix("foldmark-demo-").tempdir();
            return Ok(Folder::Temporary(
                made.map_err(|error| Failure::failed(format!("a temporary folder: {error}")))?,
            ));
        };
        match fs::read_dir(path).map(|mut entries| entries.next().is_none()) {
            Ok(true) => {}
            Ok(false) => return Err(Failure::usage(format!("{} is not empty", path.display()))),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(Failure::usage(format!("{}: {error}", path.display()))),
        }
        Ok(Folder::Named(path.to_owned()))
    }

    fn path(&self) -> &Path {
        match self {
            Folder::Temporary(folder) => folder.path(),
            Folder::Named(path) => path,
        }
    }

    fn remove(self) -> Result<(), Failure> {
        match self {
            Folder::Temporary(folder) => {
                let path = folder.path().display().to_string();
                folder.close().map_err(|error| Failure::failed(format!("{path} cannot be removed: {error}")))
            }
            Folder::Named(_) => Ok(()),
        }
    }
}
