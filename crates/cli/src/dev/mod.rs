//! `foldmark dev`: the emulator, a server for those who write clients.
//!
//! It is the server itself with the same application and key each time. Nothing of it depends on the environment or on
//! a configuration file, so that it is the same on every machine.

use std::path::{Path, PathBuf};

use foldmark_client::CallName;
use foldmark_server::clock::Clock;
use foldmark_server::config::{Settings, StoreSettings};
use foldmark_server::dev::{DevOptions, Faults, KEY, SDKAPPID, Seed, TOKEN, WEBHOOK_SECRET};
use foldmark_server::{Server, StartError, random};
use foldmark_wire::usersig::NewUserSig;
use serde_json::json;

use crate::credentials::App;
use crate::failure::Failure;
use crate::settings::ConfigArgs;
use crate::signals::Signals;
use crate::{curl, examples, log, out, serve, url};
use args::{DevArgs, DevCommand};

pub(crate) mod args;
mod reset;

/// Where the admin listener is unless it is told otherwise.
const ADMIN_LISTEN: &str = "127.0.0.1:9090";
const ANY_PORT: &str = "127.0.0.1:0";
/// How long the printed UserSig is good for: 180 days, the documented default.
const VALIDITY: u64 = 180 * 24 * 60 * 60;

pub(crate) async fn run(args: &DevArgs, config: &ConfigArgs) -> Result<(), Failure> {
    if let Some(DevCommand::Reset(reset)) = &args.command {
        return reset::run(reset).await;
    }
    let settings = settings(args, config)?;
    // Short, so that every reader of JSON can hold it.
    let random_seed = args.random_seed.unwrap_or_else(|| random::number() >> 32);
    let faults = Faults::parse(&args.fail, &args.delay, random_seed).map_err(Failure::usage)?;
    let seed = args.seed.as_deref().map(Seed::read).transpose();
    let seed = seed.map_err(|wrong| Failure::usage(format!("the seed: {wrong}")))?;
    log::start(&settings.log, None)?;
    let mut signals = Signals::new()?;
    let options = DevOptions { seed, faults };
    let started = Server::start_dev(&settings, Clock::system(), options).await;
    let server = started.map_err(|error| match error {
        StartError::Dev(_) => Failure::usage(error),
        _ => Failure::failed(error),
    })?;
    let ready = Ready::new(&server, &settings, random_seed)?;
    out::line(&if args.json_ready {
        ready.json()
    } else {
        ready.text(!args.fail.is_empty() || !args.delay.is_empty())
    })?;
    signals.next().await;
    serve::stop(server, &mut signals).await
}

/// The settings of an emulator, with the command line's overrides on top.
fn settings(args: &DevArgs, config: &ConfigArgs) -> Result<Settings, Failure> {
    if config.config.is_some() {
        return Err(Failure::usage("an emulator reads no configuration file; give --set KEY=VALUE"));
    }
    if let Some((key, _)) = config.overrides.iter().find(|(key, _)| key.starts_with("store.")) {
        return Err(Failure::usage(format!(
            "--set {key}: an emulator keeps its data in memory, or in the folder of --data"
        )));
    }
    let admin = match &args.admin_listen {
        Some(address) => address.as_str(),
        None if args.listen.is_any_port() => ANY_PORT,
        None => ADMIN_LISTEN,
    };
    let sdkappid = SDKAPPID.to_string();
    let mut base = vec![
        ("server.listen", args.listen.as_str()),
        ("admin.listen", admin),
        ("log.format", "text"),
        ("log.filter", "warn"),
        ("store.kind", "memory"),
        ("apps.0.sdkappid", &sdkappid),
        ("apps.0.key", KEY),
        ("apps.0.accounts", args.accounts.as_str()),
        ("apps.0.chat_groups", args.chat_groups.as_str()),
    ];
    let folder = args.data.as_deref().map(Path::to_string_lossy);
    if let Some(folder) = &folder {
        base.retain(|(key, _)| *key != "store.kind");
        base.extend([("store.path", folder.as_ref()), ("store.map_gib", "1")]);
    }
    if let Some(url) = &args.webhook_url {
        let secret = args.webhook_secret.as_deref().unwrap_or(WEBHOOK_SECRET);
        base.extend([("apps.0.webhook.url", url.as_str()), ("apps.0.webhook.secret", secret)]);
    }
    let base = base.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned()));
    let mut settings = config.load_overrides(base.collect())?;
    if let (Some(folder), StoreSettings::Embedded(embedded)) = (&args.data, &mut settings.store) {
        // As it was given, which a text may not be able to say.
        embedded.path = std::path::absolute(folder).map_err(Failure::usage)?;
    }
    Ok(settings)
}

/// What opens the console of an emulator.
enum Token {
    /// It is the same every time.
    Public(&'static str),
    /// Others can reach the console, so that it is a secret.
    In(PathBuf),
    /// There is no place for one.
    None,
}

impl Token {
    fn public(&self) -> Option<&'static str> {
        match self {
            Token::Public(token) => Some(token),
            _ => None,
        }
    }

    fn text(&self) -> String {
        match self {
            Token::Public(token) => format!("token {token}; public"),
            Token::In(file) => format!("token in {}", file.display()),
            Token::None => "needs a token: --set admin.token_file=FILE".to_owned(),
        }
    }
}

/// What is needed to call an emulator.
struct Ready {
    url: String,
    admin_url: Option<String>,
    /// Where its console is served.
    console_url: Option<String>,
    /// What opens it.
    token: Token,
    app: App,
    identifier: String,
    usersig: String,
    /// Whom changes are told, and what that is signed with.
    webhook: Option<(String, String)>,
    random_seed: u64,
}

impl Ready {
    fn new(server: &Server, settings: &Settings, random_seed: u64) -> Result<Ready, Failure> {
        let admin = server.addresses().admin;
        let token = match (admin, settings.admin_token_file()) {
            (Some(admin), _) if admin.ip().is_loopback() && settings.admin.token_file.is_none() => {
                Token::Public(TOKEN)
            }
            (_, Some(file)) => Token::In(file),
            (_, None) => Token::None,
        };
        let admin_url = admin.map(|admin| url::of_admin(settings, admin));
        let console_url = url::of_console(settings, server.addresses());
        let settings = &settings.apps[0];
        let url = url::of_server(server.addresses()).into_iter().next();
        let url = url.ok_or_else(|| Failure::failed("the emulator listens nowhere"))?;
        let app = App::from(settings);
        let identifier = match settings.administrators.contains(curl::ADMINISTRATOR) {
            true => curl::ADMINISTRATOR.to_owned(),
            false => settings.administrators.first().cloned().unwrap_or_default(),
        };
        let usersig = NewUserSig {
            sdkappid: app.sdkappid,
            key: app.key.expose().as_bytes(),
            identifier: &identifier,
            now: Clock::system().unix_seconds(),
            expire: VALIDITY,
            userbuf: None,
        };
        let usersig = usersig.make();
        let webhook = settings.webhook.as_ref().map(|webhook| {
            let secret = webhook.secrets.first().map_or("", |secret| secret.text().expose());
            (webhook.url.to_string(), secret.to_owned())
        });
        Ok(Ready { url, admin_url, console_url, token, app, identifier, usersig, webhook, random_seed })
    }

    fn json(&self) -> String {
        let ready = json!({
            "url": self.url,
            "admin_url": self.admin_url,
            "console_url": self.console_url,
            "admin_token": self.token.public(),
            "sdkappid": self.app.sdkappid,
            "key": self.app.key.expose(),
            "identifier": self.identifier,
            "usersig": self.usersig,
            "webhook_url": self.webhook.as_ref().map(|(url, _)| url),
            "webhook_secret": self.webhook.as_ref().map(|(_, secret)| secret),
            "random_seed": self.random_seed,
        });
        ready.to_string()
    }

    fn text(&self, has_faults: bool) -> String {
        let call = CallName::AccountImport;
        let line = curl::line(&self.url, &self.app, call, examples::body(call), None);
        let admin = match &self.admin_url {
            Some(url) => format!("admin       {url}   (POST /dev/reset, GET and PUT /dev/faults)\n"),
            None => String::new(),
        };
        let console = match &self.console_url {
            Some(url) => format!("console     {url}   ({})\n", self.token.text()),
            None => String::new(),
        };
        let webhook = match &self.webhook {
            Some((url, secret)) => format!("webhooks    {url}   (signed with {secret})\n"),
            None => String::new(),
        };
        let faults = match has_faults {
            true => format!("faults      as with --random-seed {}\n", self.random_seed),
            false => String::new(),
        };
        format!(
            "address     {}\n{admin}{console}\
             sdkappid    {}\n\
             identifier  {}\n\
             key         {}   (public: for tests alone)\n\
             usersig     {}\n{webhook}{faults}\n\
             Ready; Ctrl-C ends the emulator. Try it:\n\n{line}\n",
            self.url,
            self.app.sdkappid,
            self.identifier,
            self.app.key.expose(),
            self.usersig,
        )
    }
}
