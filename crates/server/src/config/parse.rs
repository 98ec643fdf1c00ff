//! Raw values into [`Settings`]: what the schema cannot say. Addresses, origins and user ids are parsed, secrets are
//! fetched from their files, what is required is missed, and values are compared with each other.

mod cluster;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use foldmark_core::policy::{Limits, Policy, Registration};
use foldmark_core::subject::{AppId, UserId};
use ipnet::IpNet;

use super::file::read_text;
use super::raw::Raw;
use super::schema::{CALLS, SCHEMA};
use super::settings::{
    AdminSettings, AppSettings, AuditSettings, BackupSettings, ConsoleSettings, EmbeddedSettings, LogFormat,
    LogSettings, OnAuditError, ServerSettings, Settings, StoreSettings, TlsSettings, TraceSettings,
    WatchSettings,
};
use super::typed::{Item, Origin, Value};
use super::values::{
    Address, SECRET_BYTES_MAX, Secret, parse_mark_name, parse_network, parse_origin, parse_receiver,
};

/// Makes settings of `raw`, which defaults fill already. The settings count only if there are no problems: what was
/// wrong is a problem, and something stands in its place so that reading can go on.
pub(super) fn parse(raw: Raw) -> (Settings, Vec<String>) {
    let mut parser = Parser { raw, problems: Vec::new(), bound: BTreeMap::new() };
    let server = parser.server();
    let settings = Settings {
        watch: parser.watch(server.connections),
        server,
        admin: parser.admin(),
        console: parser.console(),
        log: parser.log(),
        backup: parser.backup(),
        trace: parser.trace(),
        audit: parser.audit(),
        store: parser.store(),
        apps: parser.apps(),
    };
    let mut problems = parser.raw.problems;
    problems.extend(parser.problems);
    (settings, problems)
}

const SERVICE_NAME_BYTES_MAX: usize = 255;

pub(super) struct Parser {
    raw: Raw,
    problems: Vec<String>,
    /// Addresses that are taken, with the key that took them.
    bound: BTreeMap<Address, String>,
}

impl Parser {
    fn server(&mut self) -> ServerSettings {
        let listen = self.addresses("server.listen");
        if self.is_right("server.listen") && self.items("server.listen").is_empty() {
            self.problem("server.listen", "must be at least one address");
        }
        ServerSettings {
            listen,
            tls: self.tls(),
            concurrent_calls: self.number("server.concurrent_calls"),
            body_memory: self.number::<u64>("server.body_memory_mib") << 20,
            drain: Duration::from_secs(self.number("server.drain_seconds")),
            leave: Duration::from_secs(self.number("server.leave_seconds")),
            allowed_clients: self.networks("server.allowed_clients"),
            trusted_proxies: self.networks("server.trusted_proxies"),
            body_read: Duration::from_secs(self.number("server.body_read_seconds")),
            connections: self.number("server.connections"),
            cors_origins: self.origins("server.cors_origins"),
            failed_signatures_per_minute: self.number("server.failed_signatures_per_minute"),
            signature_cache: self.number("server.signature_cache"),
        }
    }

    fn tls(&mut self) -> Option<TlsSettings> {
        if !self.has_section("server.tls") {
            return None;
        }
        Some(TlsSettings {
            certificate: self.path("server.tls.certificate"),
            key: self.path("server.tls.key"),
            listen: self.addresses("server.tls.listen"),
        })
    }

    /// Watchers keep their places, and calls need some too.
    fn watch(&mut self, places: usize) -> WatchSettings {
        let connections = self.optional_number("watch.connections").unwrap_or(places * 4 / 5);
        if connections >= places && self.is_right("watch.connections") && self.is_right("server.connections")
        {
            let what = format!("must be less than server.connections, {places}, not {connections}");
            self.problem("watch.connections", &what);
        }
        WatchSettings {
            connections,
            per_user: self.number("watch.per_user"),
            cluster_users: self.number("watch.cluster_users"),
        }
    }

    fn admin(&mut self) -> AdminSettings {
        let token_file = self.optional_path("admin.token_file");
        let viewer_token_file = self.optional_path("admin.viewer_token_file");
        let tls = self.flag("admin.tls");
        if tls && !self.has_section("server.tls") {
            self.problem("admin.tls", "needs a certificate: [server.tls]");
        }
        let text = self.text("admin.listen");
        if text.is_empty() || text == "off" {
            return AdminSettings { listen: None, token_file, viewer_token_file, tls };
        }
        let item = Item { text, origin: self.origin("admin.listen") };
        AdminSettings { listen: self.address("admin.listen", &item), token_file, viewer_token_file, tls }
    }

    fn console(&mut self) -> Option<ConsoleSettings> {
        let settings = ConsoleSettings {
            plain_http: self.flag("console.plain_http"),
            idle: Duration::from_secs(self.number::<u64>("console.idle_minutes") * 60),
        };
        self.flag("console.enabled").then_some(settings)
    }

    fn log(&mut self) -> LogSettings {
        let format = match self.text("log.format").as_str() {
            "text" => LogFormat::Text,
            "json" => LogFormat::Json,
            _ => LogFormat::Auto,
        };
        let filter = self.text("log.filter");
        if filter.trim().is_empty() && self.is_right("log.filter") {
            self.problem("log.filter", "must not be empty; `off` logs nothing");
        }
        let slow_call = match self.number("log.slow_call_ms") {
            0 => None,
            milliseconds => Some(Duration::from_millis(milliseconds)),
        };
        LogSettings { format, filter, slow_call }
    }

    fn backup(&mut self) -> Option<BackupSettings> {
        self.value("backup.folder")?;
        Some(BackupSettings {
            folder: self.path("backup.folder"),
            every: Duration::from_secs(self.number::<u64>("backup.every_hours") * 3_600),
            keep: self.number("backup.keep"),
        })
    }

    fn trace(&mut self) -> TraceSettings {
        let mut endpoint = None;
        if self.is_right("trace.endpoint") {
            match parse_receiver(&self.text("trace.endpoint")) {
                Ok(url) => endpoint = Some(url),
                Err(what) => self.problem("trace.endpoint", what),
            }
        }
        let service_name = self.text("trace.service_name");
        let fits = (1..=SERVICE_NAME_BYTES_MAX).contains(&service_name.len());
        if self.is_right("trace.service_name") && (!fits || service_name.chars().any(char::is_control)) {
            self.problem("trace.service_name", "must be 1 to 255 bytes without control characters");
        }
        TraceSettings { endpoint, sample_percent: self.number("trace.sample_percent"), service_name }
    }

    fn audit(&mut self) -> Option<AuditSettings> {
        self.value("audit.path")?;
        Some(AuditSettings {
            path: self.path("audit.path"),
            max_bytes: self.number::<u64>("audit.max_mib") << 20,
            keep: self.number("audit.keep"),
            sync: self.text("audit.sync") != "never",
            on_error: match self.text("audit.on_error").as_str() {
                "refuse" => OnAuditError::Refuse,
                _ => OnAuditError::Log,
            },
        })
    }

    fn store(&mut self) -> StoreSettings {
        let embedded = EmbeddedSettings {
            path: self.path("store.path"),
            map_gib: self.number("store.map_gib"),
            map_gib_max: self.number("store.map_gib_max"),
            queue_commits: self.number("store.queue_commits"),
        };
        let (first, most) = (embedded.map_gib, embedded.map_gib_max);
        if first > most && self.is_right("store.map_gib_max") {
            self.problem("store.map_gib", &format!("must be at most store.map_gib_max, {most}, not {first}"));
        }
        let kind = self.text("store.kind");
        let cluster = self.cluster(kind == "cassandra");
        match kind.as_str() {
            "memory" => StoreSettings::Memory,
            "cassandra" => StoreSettings::Cassandra(Box::new(cluster)),
            _ => StoreSettings::Embedded(embedded),
        }
    }

    fn apps(&mut self) -> Vec<AppSettings> {
        let mut apps = Vec::new();
        let mut taken: BTreeMap<AppId, usize> = BTreeMap::new();
        let numbers: Vec<(usize, Origin)> = std::mem::take(&mut self.raw.apps).into_iter().collect();
        for (expected, (number, origin)) in numbers.into_iter().enumerate() {
            if number != expected {
                let what = "applications count from 0, and that one is missing";
                self.problems.push(format!("apps.{number}: needs apps.{expected}: {what} ({origin})"));
                break;
            }
            let Some(settings) = self.app(&format!("apps.{number}")) else {
                continue;
            };
            let app = settings.app;
            if let Some(earlier) = taken.insert(app, number) {
                self.problem(
                    &format!("apps.{number}.sdkappid"),
                    &format!("{app} is that of apps.{earlier} already"),
                );
            }
            apps.push(settings);
        }
        apps
    }

    /// One application; None if it has no number, which is a problem then.
    fn app(&mut self, path: &str) -> Option<AppSettings> {
        let of = |name: &str| format!("{path}.{name}");
        self.require(&of("sdkappid"));
        self.require(&of("key"));
        let keys =
            [self.secret(&of("key")), self.secret(&of("previous_key"))].into_iter().flatten().collect();
        let webhook = self.webhook(&of("webhook"));
        let policy = Policy {
            accounts: self.registration(&of("accounts")),
            chat_groups: self.registration(&of("chat_groups")),
            limits: Limits {
                groups: self.number(&of("limits.groups")),
                grouped_conversations: self.number(&of("limits.grouped_conversations")),
                marked_conversations: self.number(&of("limits.marked_conversations")),
                group_name_bytes: self.number(&of("limits.group_name_bytes")),
                custom_mark_bytes: self.number(&of("limits.custom_mark_bytes")),
            },
            tells: webhook.is_some(),
        };
        let mut calls = BTreeMap::new();
        for command in SCHEMA.iter().filter_map(|key| key.pattern.strip_prefix(CALLS)) {
            if let Some(rate) = self.optional_number(&of(&format!("limits.calls.{command}"))) {
                calls.insert(command.to_owned(), rate);
            }
        }
        Some(AppSettings {
            administrators: self.administrators(&of("administrators")),
            allowed_clients: self.networks(&of("allowed_clients")),
            mark_names: self.mark_names(&of("mark_names")),
            app: AppId::new(self.number(&of("sdkappid")))?,
            keys,
            policy,
            calls_per_second: self.optional_number(&of("limits.calls_per_second")),
            calls,
            end_users: self.flag(&of("end_users")),
            end_user_calls_per_second: self.number(&of("limits.end_user_calls_per_second")),
            webhook,
        })
    }

    fn registration(&self, path: &str) -> Registration {
        if self.text(path) == "open" { Registration::Open } else { Registration::Registered }
    }

    fn administrators(&mut self, path: &str) -> BTreeSet<String> {
        let items = self.items(path);
        if items.is_empty() && self.is_right(path) {
            self.problem(path, "must be at least one user id");
        }
        let mut administrators = BTreeSet::new();
        for Item { text, origin } in items {
            if let Err(error) = UserId::parse(&text) {
                self.problems.push(format!("{path}: a user id {error} ({origin})"));
            }
            administrators.insert(text);
        }
        administrators
    }

    fn mark_names(&mut self, path: &str) -> BTreeMap<u8, String> {
        let mut names = BTreeMap::new();
        for Item { text, origin } in self.items(path) {
            match parse_mark_name(&text) {
                Ok((bit, name)) => {
                    if names.insert(bit, name).is_some() {
                        self.problems.push(format!("{path}: bit {bit} is named twice ({origin})"));
                    }
                }
                Err(what) => self.problems.push(format!("{path}: {what}, not {text:?} ({origin})")),
            }
        }
        names
    }

    pub(super) fn secret(&mut self, path: &str) -> Option<Secret> {
        let given = self.raw.given.get(path)?;
        let (read, from) = match given.value.as_ref()? {
            Value::Text(text) => (Secret::parse(text).map_err(str::to_owned), given.origin.clone()),
            Value::SecretFile(file) => {
                let read = read_text(file, SECRET_BYTES_MAX + 2).and_then(|text| {
                    // Editors and `echo` end the line, which is no part of the secret.
                    Secret::parse(text.trim_end_matches(['\r', '\n'])).map_err(str::to_owned)
                });
                (read, format!("{}, named by {}", file.display(), given.origin))
            }
            _ => return None,
        };
        match read {
            Ok(secret) => Some(secret),
            Err(what) => {
                self.problems.push(format!("{path}: {what} ({from})"));
                None
            }
        }
    }

    fn addresses(&mut self, path: &str) -> Vec<Address> {
        let mut addresses = Vec::new();
        for item in self.items(path) {
            addresses.extend(self.address(path, &item));
        }
        addresses
    }

    fn address(&mut self, path: &str, item: &Item) -> Option<Address> {
        let Item { text, origin } = item;
        let address = match Address::parse(text) {
            Ok(address) => address,
            Err(what) => {
                self.problems.push(format!("{path}: {what}, not {text:?} ({origin})"));
                return None;
            }
        };
        // Each port that the system chooses is another one.
        if address.is_any_port() {
            return Some(address);
        }
        if let Some(taker) = self.bound.insert(address.clone(), path.to_owned()) {
            self.problems.push(format!("{path}: {address} is taken by {taker} already ({origin})"));
        }
        Some(address)
    }

    fn origins(&mut self, path: &str) -> Vec<String> {
        let mut origins = Vec::new();
        for Item { text, origin } in self.items(path) {
            match parse_origin(&text) {
                Ok(web_origin) => origins.push(web_origin),
                Err(what) => self.problems.push(format!("{path}: {what}, not {text:?} ({origin})")),
            }
        }
        origins
    }

    fn networks(&mut self, path: &str) -> Vec<IpNet> {
        let mut networks = Vec::new();
        for Item { text, origin } in self.items(path) {
            match parse_network(&text) {
                Ok(network) => networks.push(network),
                Err(what) => self.problems.push(format!("{path}: {what}, not {text:?} ({origin})")),
            }
        }
        networks
    }

    fn items(&self, path: &str) -> Vec<Item> {
        match self.value(path) {
            Some(Value::Texts(items)) => items.clone(),
            _ => Vec::new(),
        }
    }

    pub(super) fn text(&self, path: &str) -> String {
        match self.value(path) {
            Some(Value::Text(text)) => text.clone(),
            _ => String::new(),
        }
    }

    /// A required path, made absolute, so that what is printed and what is opened later do not depend on the folder
    /// that the process happens to be in.
    fn path(&mut self, path: &str) -> PathBuf {
        self.require(path);
        let Some(Value::Path(file)) = self.value(path) else {
            return PathBuf::new();
        };
        let file = file.clone();
        std::path::absolute(&file).unwrap_or_else(|error| {
            self.problem(path, &format!("cannot be made absolute: {error}"));
            file
        })
    }

    pub(super) fn number<N: TryFrom<u64> + Default>(&self, path: &str) -> N {
        self.optional_number(path).unwrap_or_default()
    }

    fn optional_path(&mut self, path: &str) -> Option<PathBuf> {
        self.value(path).is_some().then(|| self.path(path))
    }

    fn flag(&self, path: &str) -> bool {
        matches!(self.value(path), Some(Value::Flag(true)))
    }

    fn optional_number<N: TryFrom<u64>>(&self, path: &str) -> Option<N> {
        match self.value(path) {
            Some(Value::Number(number)) => N::try_from(*number).ok(),
            _ => None,
        }
    }

    /// Whether the table at `path` is there, or a key of it.
    fn has_section(&self, path: &str) -> bool {
        let keys = format!("{path}.");
        self.raw.sections.contains(path) || self.raw.given.keys().any(|path| path.starts_with(&keys))
    }

    fn value(&self, path: &str) -> Option<&Value> {
        self.raw.given.get(path)?.value.as_ref()
    }

    /// Whether a value is there that was not refused yet.
    pub(super) fn is_right(&self, path: &str) -> bool {
        self.value(path).is_some()
    }

    fn origin(&self, path: &str) -> Origin {
        self.raw.given.get(path).map(|given| given.origin.clone()).unwrap_or_default()
    }

    pub(super) fn require(&mut self, path: &str) {
        if !self.raw.given.contains_key(path) {
            self.problems.push(format!("{path}: is required and missing"));
        }
    }

    pub(super) fn problem(&mut self, path: &str, what: &str) {
        let origin = self.origin(path);
        self.problems.push(format!("{path}: {what} ({origin})"));
    }
}
