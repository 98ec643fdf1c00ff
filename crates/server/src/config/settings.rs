//! The settings: typed, checked, complete with defaults. Whoever holds a [`Settings`] need not check it again.
//!
//! The one thing that is not known is whether what a setting names exists and works: certificates, folders, host
//! names and log filters are tried by those who use them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use foldmark_core::policy::Policy;
use foldmark_core::subject::AppId;
use foldmark_wire::CallName;
use ipnet::IpNet;

use super::schema::END_USER_CALLS_PER_SECOND;
use super::values::{Address, Secret};
use super::webhook::WebhookSettings;

/// Everything that can be configured.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The calls' listeners and what guards them.
    pub server: ServerSettings,
    /// Following changes live.
    pub watch: WatchSettings,
    /// The operators' listener.
    pub admin: AdminSettings,
    /// The browser console, if it is served.
    pub console: Option<ConsoleSettings>,
    /// The log.
    pub log: LogSettings,
    /// Backups on a schedule, if there are any.
    pub backup: Option<BackupSettings>,
    /// Traces of calls.
    pub trace: TraceSettings,
    /// The audit log, if there is one.
    pub audit: Option<AuditSettings>,
    /// Where data is kept.
    pub store: StoreSettings,
    /// The applications, each with a number of its own. May be empty.
    pub apps: Vec<AppSettings>,
}

/// `[server]`
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// At least one, without duplicates.
    pub listen: Vec<Address>,
    /// HTTPS, if it is served at all.
    pub tls: Option<TlsSettings>,
    /// Calls under way at once, 1 or more.
    pub concurrent_calls: usize,
    /// Memory for bodies under way, in bytes.
    pub body_memory: u64,
    /// Time for a request's headers to arrive, and again for its body.
    pub body_read: Duration,
    /// Open connections, 1 or more.
    pub connections: usize,
    /// Time for calls under way to finish when the server is told to stop.
    pub drain: Duration,
    /// Time between readiness turning to no and the server accepting no more.
    pub leave: Duration,
    /// Who may call. Empty: everybody.
    pub allowed_clients: Vec<IpNet>,
    /// Whose word about a client's address is taken.
    pub trusted_proxies: Vec<IpNet>,
    /// Web origins that are echoed, in lower case. Empty: every browser is answered `*`.
    pub cors_origins: Vec<String>,
    /// Failed UserSigs of one application, identifier and client address within a minute. 0: not counted.
    pub failed_signatures_per_minute: u32,
    /// Verified UserSigs that are remembered, 1 or more.
    pub signature_cache: usize,
}

impl Settings {
    /// The file of the admin token, if there is a place for it.
    pub fn admin_token_file(&self) -> Option<PathBuf> {
        self.token_file(self.admin.token_file.as_ref(), ADMIN_TOKEN_FILE)
    }

    /// The file of the viewer token, if there is a place for it.
    pub fn viewer_token_file(&self) -> Option<PathBuf> {
        self.token_file(self.admin.viewer_token_file.as_ref(), VIEWER_TOKEN_FILE)
    }

    fn token_file(&self, configured: Option<&PathBuf>, name: &str) -> Option<PathBuf> {
        match (configured, &self.store) {
            (Some(file), _) => Some(file.clone()),
            (None, StoreSettings::Embedded(embedded)) => Some(embedded.path.join(name)),
            (None, _) => None,
        }
    }
}

/// The file in a data folder that holds the admin token.
pub const ADMIN_TOKEN_FILE: &str = "admin.token";
/// The file in a data folder that holds the viewer token.
pub const VIEWER_TOKEN_FILE: &str = "viewer.token";

impl ServerSettings {
    /// Where plain HTTP is served.
    pub fn plain_listen(&self) -> &[Address] {
        match &self.tls {
            Some(tls) if tls.listen.is_empty() => &[],
            _ => &self.listen,
        }
    }

    /// Where HTTPS is served.
    pub fn tls_listen(&self) -> &[Address] {
        match &self.tls {
            Some(tls) if tls.listen.is_empty() => &self.listen,
            Some(tls) => &tls.listen,
            None => &[],
        }
    }
}

/// `[server.tls]`
#[derive(Clone, Debug)]
pub struct TlsSettings {
    /// Certificate chain in PEM.
    pub certificate: PathBuf,
    /// Private key in PEM.
    pub key: PathBuf,
    /// Listeners of HTTPS alone. Empty: those of the server speak HTTPS.
    pub listen: Vec<Address>,
}

/// `[watch]`
#[derive(Clone, Copy, Debug)]
pub struct WatchSettings {
    /// Connections at a time, fewer than those of the server. 0: none.
    pub connections: usize,
    /// Connections that watch one user: so many of his own, and as many of administrators.
    pub per_user: usize,
    /// Users who are watched on a server of a cluster.
    pub cluster_users: usize,
}

/// `[admin]`
#[derive(Clone, Debug)]
pub struct AdminSettings {
    /// None: switched off.
    pub listen: Option<Address>,
    /// Where the admin token is kept. None: with the data, if they are in a folder.
    pub token_file: Option<PathBuf>,
    /// Where the viewer token is kept. None: with the data, if they are in a folder.
    pub viewer_token_file: Option<PathBuf>,
    /// Whether the listener speaks HTTPS with the server's certificate, which there is then.
    pub tls: bool,
}

/// `[console]`
#[derive(Clone, Debug)]
pub struct ConsoleSettings {
    /// Whether it is served without TLS where others could listen.
    pub plain_http: bool,
    /// How long a session lasts without a request.
    pub idle: Duration,
}

/// `[log]`
#[derive(Clone, Debug)]
pub struct LogSettings {
    /// How a line looks.
    pub format: LogFormat,
    /// A filter of `tracing`; whether it is a right one is known to the subscriber alone.
    pub filter: String,
    /// Calls that take longer are logged. None: none is.
    pub slow_call: Option<Duration>,
}

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    Auto,
    /// For people.
    Text,
    /// For machines, an object a line.
    Json,
}

/// `[backup]`
#[derive(Clone, Debug)]
pub struct BackupSettings {
    /// Where backups are kept.
    pub folder: PathBuf,
    /// From one to the next.
    pub every: Duration,
    /// How many are kept, 1 or more.
    pub keep: usize,
}

/// `[trace]`
#[derive(Clone, Debug)]
pub struct TraceSettings {
    /// URL of the receiver, without a slash at its end. None: nothing is traced.
    pub endpoint: Option<String>,
    /// Share of the calls that are traced, of those that do not say so themselves; 0 to 100.
    pub sample_percent: u32,
    /// What the receiver is told this service is called.
    pub service_name: String,
}

/// `[audit]`
#[derive(Clone, Debug)]
pub struct AuditSettings {
    /// The file that is appended to. Filled ones get its name and a number.
    pub path: PathBuf,
    /// Size at which a file is filled.
    pub max_bytes: u64,
    /// Filled files that are kept, 1 or more.
    pub keep: usize,
    /// Whether answers wait until their lines are on disk.
    pub sync: bool,
    /// What happens while lines cannot be written.
    pub on_error: OnAuditError,
}

/// `audit.on_error`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnAuditError {
    /// It is logged, and changes go on.
    Log,
    /// Changes are refused.
    Refuse,
}

/// `[store]`
#[derive(Clone, Debug)]
pub enum StoreSettings {
    /// In memory, gone at the end of the process.
    Memory,
    /// In a folder of this machine.
    Embedded(EmbeddedSettings),
    /// In a cluster of Apache Cassandra or ScyllaDB.
    Cassandra(Box<CassandraSettings>),
}

impl StoreSettings {
    /// The kind, as it is configured.
    pub fn kind(&self) -> &'static str {
        match self {
            StoreSettings::Memory => "memory",
            StoreSettings::Embedded(_) => "embedded",
            StoreSettings::Cassandra(_) => "cassandra",
        }
    }
}

/// `[store]` of the kind `embedded`
#[derive(Clone, Debug)]
pub struct EmbeddedSettings {
    /// The folder.
    pub path: PathBuf,
    /// Address space mapped at first, in GiB.
    pub map_gib: u64,
    /// Address space up to which the map grows, in GiB; not less than `map_gib`.
    pub map_gib_max: u64,
    /// Commits that wait for the writer, 1 or more.
    pub queue_commits: usize,
}

/// `[store]` of the kind `cassandra`
#[derive(Clone, Debug)]
pub struct CassandraSettings {
    /// Some nodes, at least one.
    pub contact_points: Vec<Address>,
    /// Where the tables are; a name that needs no quotes.
    pub keyspace: String,
    /// The data centre whose nodes are asked. None: any node.
    pub local_datacenter: Option<String>,
    /// How far a commit is agreed on.
    pub consistency: ClusterConsistency,
    /// Copies by data centre, for a keyspace that is created.
    pub replication: BTreeMap<String, u32>,
    /// Whether a start creates missing tables.
    pub create_schema: bool,
    /// Who the server is to the cluster.
    pub user: Option<ClusterUser>,
    /// Encryption, if there is any.
    pub tls: Option<ClusterTlsSettings>,
    /// Time for one read or commit.
    pub request_timeout: Duration,
    /// Reads, and again commits, under way at once, 1 or more.
    pub in_flight: u32,
}

/// `store.consistency`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClusterConsistency {
    /// Among all data centres.
    AllDatacenters,
    /// Within the local one, which the settings name.
    LocalDatacenter,
}

/// `store.username` and `store.password`
#[derive(Clone, Debug)]
pub struct ClusterUser {
    /// The name.
    pub name: String,
    /// The password.
    pub password: Secret,
}

/// `[store.tls]`
#[derive(Clone, Debug)]
pub struct ClusterTlsSettings {
    /// Certificates in PEM of who vouches for the nodes.
    pub ca: PathBuf,
    /// What the server shows of itself, if anything.
    pub client: Option<ClientCertificateSettings>,
}

/// `store.tls.certificate` and `store.tls.key`
#[derive(Clone, Debug)]
pub struct ClientCertificateSettings {
    /// Certificate chain in PEM.
    pub certificate: PathBuf,
    /// Private key in PEM.
    pub key: PathBuf,
}

/// `[[apps]]`
#[derive(Clone, Debug)]
pub struct AppSettings {
    /// The application.
    pub app: AppId,
    /// Keys that UserSigs may be signed with: the present one first, then the previous one if there is one.
    pub keys: Vec<Secret>,
    /// Valid user ids, at least one.
    pub administrators: BTreeSet<String>,
    /// Who may call for the application. Empty: everybody.
    pub allowed_clients: Vec<IpNet>,
    /// Names of bits 32 to 63 of the standard mark, for people.
    pub mark_names: BTreeMap<u8, String>,
    /// What users may do, and how much.
    pub policy: Policy,
    /// Calls per second, each command by itself. None: the documented figure of each; 0: no limit.
    pub calls_per_second: Option<u32>,
    /// The same for single commands, by their names; goes before `calls_per_second`.
    pub calls: BTreeMap<String, u32>,
    /// Whether users who are no administrators may make calls about themselves.
    pub end_users: bool,
    /// Calls per second of each of them, all commands together. 0: no limit.
    pub end_user_calls_per_second: u32,
    /// Whom changes of users are told; `None`: nobody.
    pub webhook: Option<WebhookSettings>,
}

impl AppSettings {
    /// An application with nothing configured but its number and key.
    pub fn new(app: AppId, key: Secret) -> AppSettings {
        AppSettings {
            app,
            keys: vec![key],
            administrators: BTreeSet::from(["administrator".to_owned()]),
            allowed_clients: Vec::new(),
            mark_names: BTreeMap::new(),
            policy: Policy::default(),
            calls_per_second: None,
            calls: BTreeMap::new(),
            end_users: false,
            end_user_calls_per_second: END_USER_CALLS_PER_SECOND,
            webhook: None,
        }
    }

    /// How often `call` may be made within a second. 0: no limit.
    pub fn calls_per_second(&self, call: CallName) -> u32 {
        let configured = self.calls.get(call.command()).copied().or(self.calls_per_second);
        configured.unwrap_or(call.calls_per_second())
    }
}
