//! `foldmark demo`: a real server on a durable store, filled through the client, and the documented sample call.
//!
//! Everything goes over HTTP on a real socket. The data lies in a temporary folder that is removed at the end, unless
//! a folder is named.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use foldmark_client::{CallName, Client};
use foldmark_server::clock::Clock;
use foldmark_server::config::{Address, Secret, Settings, StoreSettings};
use foldmark_server::{Server, StartError, first_run, secret_file};
use tempfile::TempDir;

use crate::args::DemoArgs;
use crate::credentials::App;
use crate::curl::{self, ADMINISTRATOR};
use crate::failure::Failure;
use crate::settings::ConfigArgs;
use crate::signals::Signals;
use crate::{log, out, serve, url};
use page::Page;

mod fill;
mod page;
mod sample;

const LISTEN: &str = "127.0.0.1:8080";
const ADMIN_LISTEN: &str = "127.0.0.1:9090";
const LISTEN_ANYWHERE: &str = "127.0.0.1:0";

pub(crate) async fn run(args: &DemoArgs, config: &ConfigArgs) -> Result<(), Failure> {
    let folder = Folder::new(args.data.as_deref())?;
    let listen = args.listen.as_ref().map_or(LISTEN, |address| address.as_str());
    let mut settings = settings(config, folder.path(), listen, args)?;
    let page = if args.once { None } else { Some(Page::bind().await?) };
    if let Some(page) = &page {
        settings.server.cors_origins.push(page.origin());
        settings.apps[0].end_users = true;
    }
    log::start(&settings.log, None)?;
    let mut signals = Signals::new()?;
    let admin_anywhere = config.overrides.iter().all(|(key, _)| key != "admin.listen");
    let server = start(settings.clone(), args.listen.is_none(), admin_anywhere).await?;
    let outcome = tokio::select! {
        outcome = show(&server, &settings, page) => outcome,
        () = signals.next() => Ok(()),
    };
    // A failure that came first is the one to report.
    let stopped = serve::stop(server, &mut signals).await;
    outcome.and(stopped).and(folder.remove())
}

/// Fills the server and makes the sample call; then, unless that is all, says how to go on and waits for ever.
async fn show(server: &Server, settings: &Settings, page: Option<Page>) -> Result<(), Failure> {
    let app = App::from(&settings.apps[0]);
    let urls = url::of_server(server.addresses());
    let url = urls.first().ok_or_else(|| Failure::failed("the server listens nowhere"))?;
    let client = Client::builder(url, app.sdkappid).key(app.key.expose()).build()?;
    fill::fill(&client).await?;
    exchange(&client).await?;
    let Some(page) = page else {
        return Ok(());
    };
    page::fill(&client).await?;
    let console = url::of_console(settings, server.addresses());
    let token = match settings.admin_token_file().filter(|_| console.is_some()) {
        Some(file) => Some(secret_file::read_or_make(&file).map_err(Failure::failed)?),
        None => None,
    };
    let console = console.as_deref().zip(token.as_ref().map(Secret::expose));
    out::line(&instructions(url, &app, &page.origin(), console))?;
    page.serve(url.clone(), app).await
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

/// How to call the server, and how to get into its console. The token is for the terminal alone: a URL with it would be
/// kept by browsers.
fn instructions(url: &str, app: &App, page: &str, console: Option<(&str, &str)>) -> String {
    let line = curl::line(url, app, CALL, sample::REQUEST, None);
    let console = match console {
        Some((url, token)) => {
            format!("\nIts console, for a browser:\n\nconsole     {url}\ntoken       {token}\n")
        }
        None => String::new(),
    };
    format!(
        "\naddress     {url}\n\
         sdkappid    {}\n\
         identifier  {ADMINISTRATOR}\n\
         key         {}\n\n\
         A chat sidebar in two windows that follow each other:\n\n\
         page        {page}/\n{console}\n\
         Try it; Ctrl-C ends the demonstration:\n\n{line}\n",
        app.sdkappid,
        app.key.expose(),
    )
}

/// Defaults for a demonstration, with the command line's overrides on top.
fn settings(config: &ConfigArgs, folder: &Path, listen: &str, args: &DemoArgs) -> Result<Settings, Failure> {
    let admin = match &args.listen {
        _ if args.once => "off",
        Some(address) if address.is_any_port() => LISTEN_ANYWHERE,
        _ => ADMIN_LISTEN,
    };
    let base = [
        ("server.listen", listen),
        ("admin.listen", admin),
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

/// Starts the server. Where a port that nobody has asked for is taken, it listens on another one: `anywhere` says that
/// nobody has asked for that of the calls, and `admin_anywhere` the same of the operators'.
async fn start(mut settings: Settings, anywhere: bool, admin_anywhere: bool) -> Result<Server, Failure> {
    let free = Address::parse(LISTEN_ANYWHERE).map_err(Failure::failed)?;
    loop {
        let error = match Server::start(&settings, Clock::system()).await {
            Ok(server) => return Ok(server),
            Err(error) => error,
        };
        let taken = match &error {
            StartError::Listen { address, error } if error.kind() == ErrorKind::AddrInUse => Some(address),
            _ => None,
        };
        // Each can happen once: a free port is never one that is taken.
        if admin_anywhere && taken.is_some() && taken == settings.admin.listen.as_ref() {
            settings.admin.listen = Some(free.clone());
        } else if anywhere && taken.is_some_and(|address| *address != free) {
            settings.server.listen = vec![free.clone()];
        } else {
            return Err(Failure::failed(error));
        }
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
