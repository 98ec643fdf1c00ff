//! The effective settings as a commented file. The keys are walked in the schema's order, and no secret is shown.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use foldmark_core::policy::Registration;
use ipnet::IpNet;
use toml::Value;

use super::schema::{CALLS, SCHEMA};
use super::settings::{
    AppSettings, AuditSettings, CassandraSettings, ClusterConsistency, LogFormat, OnAuditError, Settings,
    StoreSettings,
};
use super::values::{Address, MASK, Secret};

/// The effective settings as a commented configuration file. It can be loaded again once the secrets, which are
/// masked and commented out, are given in another way, such as by the environment. Paths are absolute.
pub fn describe(settings: &Settings) -> String {
    write(settings, false)
}

/// As [`describe`], with the secrets in the clear, so that the file can be loaded as it is.
pub fn describe_with_secrets(settings: &Settings) -> String {
    write(settings, true)
}

fn write(settings: &Settings, with_secrets: bool) -> String {
    let mut text = String::new();
    let mut layout = Layout { with_meanings: true, with_secrets };
    write_keys(&mut text, settings, None, layout);
    for app in &settings.apps {
        write_keys(&mut text, settings, Some(app), layout);
        layout.with_meanings = false;
    }
    if settings.apps.is_empty() {
        text += "\n# No application is configured.\n";
    }
    text.trim_start().to_owned()
}

/// The keys of no application whose values differ between two settings. Secrets are not compared.
pub(crate) fn differences(one: &Settings, other: &Settings) -> Vec<&'static str> {
    let keys = SCHEMA.iter().map(|key| key.pattern).filter(|pattern| !pattern.contains('*'));
    keys.filter(|pattern| of_server(pattern, one) != of_server(pattern, other)).collect()
}

/// What is written beside names and values.
#[derive(Clone, Copy)]
struct Layout {
    with_meanings: bool,
    with_secrets: bool,
}

/// Writes the keys of `app`, or without one the keys of no application.
fn write_keys(text: &mut String, settings: &Settings, app: Option<&AppSettings>, layout: Layout) {
    let mut open_table = "";
    for key in SCHEMA {
        if key.pattern.contains('*') != app.is_some() {
            continue;
        }
        let shown = match app {
            Some(app) => of_app(key.pattern, app),
            None => of_server(key.pattern, settings),
        };
        if matches!(shown, Shown::Absent) {
            continue;
        }
        let (table, name) = key.pattern.rsplit_once('.').unwrap_or(("", key.pattern));
        if table != open_table {
            open_table = table;
            let (open, close) = if table.ends_with('*') { ("[[", "]]") } else { ("[", "]") };
            let _ = writeln!(text, "\n{open}{}{close}", table.replace(".*", ""));
        }
        if layout.with_meanings {
            let _ = writeln!(text, "# {}", key.meaning);
        }
        let _ = match shown {
            Shown::Value(value) => writeln!(text, "{name} = {value}"),
            Shown::Secret(secret) if layout.with_secrets => {
                writeln!(text, "{name} = {}", Value::String(secret.expose().to_owned()))
            }
            Shown::Secret(_) => writeln!(text, "# {name} = \"{MASK}\""),
            Shown::Absent => Ok(()),
        };
    }
}

enum Shown {
    Value(Value),
    Secret(Secret),
    Absent,
}

/// Secrets are not compared.
impl PartialEq for Shown {
    fn eq(&self, other: &Shown) -> bool {
        match (self, other) {
            (Shown::Value(one), Shown::Value(other)) => one == other,
            (Shown::Secret(_), Shown::Secret(_)) | (Shown::Absent, Shown::Absent) => true,
            _ => false,
        }
    }
}

fn of_server(pattern: &str, settings: &Settings) -> Shown {
    let server = &settings.server;
    let tls = server.tls.as_ref();
    let backup = settings.backup.as_ref();
    let embedded = match &settings.store {
        StoreSettings::Embedded(embedded) => Some(embedded),
        _ => None,
    };
    match pattern {
        "server.listen" => addresses(&server.listen),
        "server.concurrent_calls" => number(server.concurrent_calls),
        "server.body_memory_mib" => number(server.body_memory >> 20),
        "server.drain_seconds" => number(server.drain.as_secs()),
        "server.leave_seconds" => number(server.leave.as_secs()),
        "server.allowed_clients" => networks(&server.allowed_clients),
        "server.trusted_proxies" => networks(&server.trusted_proxies),
        "server.body_read_seconds" => number(server.body_read.as_secs()),
        "server.connections" => number(server.connections),
        "server.cors_origins" => texts(server.cors_origins.iter()),
        "server.failed_signatures_per_minute" => number(server.failed_signatures_per_minute),
        "server.signature_cache" => number(server.signature_cache),
        "server.tls.certificate" => tls.map_or(Shown::Absent, |tls| path(&tls.certificate)),
        "server.tls.key" => tls.map_or(Shown::Absent, |tls| path(&tls.key)),
        "server.tls.listen" => tls.map_or(Shown::Absent, |tls| addresses(&tls.listen)),
        "watch.connections" => number(settings.watch.connections),
        "watch.per_user" => number(settings.watch.per_user),
        "watch.cluster_users" => number(settings.watch.cluster_users),
        "admin.listen" => text(settings.admin.listen.as_ref().map_or("off", Address::as_str)),
        "admin.token_file" => settings.admin.token_file.as_deref().map_or(Shown::Absent, path),
        "admin.viewer_token_file" => settings.admin.viewer_token_file.as_deref().map_or(Shown::Absent, path),
        "admin.tls" => flag(settings.admin.tls),
        "console.enabled" => flag(settings.console.is_some()),
        "console.plain_http" => settings.console.as_ref().map_or(Shown::Absent, |it| flag(it.plain_http)),
        "console.idle_minutes" => {
            settings.console.as_ref().map_or(Shown::Absent, |it| number(it.idle.as_secs() / 60))
        }
        "log.format" => text(match settings.log.format {
            LogFormat::Auto => "auto",
            LogFormat::Text => "text",
            LogFormat::Json => "json",
        }),
        "log.filter" => text(&settings.log.filter),
        "log.slow_call_ms" => number(settings.log.slow_call.map_or(0, |slow| slow.as_millis())),
        "backup.folder" => backup.map_or(Shown::Absent, |backup| path(&backup.folder)),
        "backup.every_hours" => backup.map_or(Shown::Absent, |backup| number(backup.every.as_secs() / 3_600)),
        "backup.keep" => backup.map_or(Shown::Absent, |backup| number(backup.keep)),
        "trace.endpoint" => settings.trace.endpoint.as_deref().map_or(Shown::Absent, text),
        "trace.sample_percent" => number(settings.trace.sample_percent),
        "trace.service_name" => text(&settings.trace.service_name),
        _ if pattern.starts_with("audit.") => {
            settings.audit.as_ref().map_or(Shown::Absent, |audit| of_audit(pattern, audit))
        }
        "store.kind" => text(settings.store.kind()),
        "store.path" => embedded.map_or(Shown::Absent, |embedded| path(&embedded.path)),
        "store.map_gib" => embedded.map_or(Shown::Absent, |embedded| number(embedded.map_gib)),
        "store.map_gib_max" => embedded.map_or(Shown::Absent, |embedded| number(embedded.map_gib_max)),
        "store.queue_commits" => embedded.map_or(Shown::Absent, |embedded| number(embedded.queue_commits)),
        _ => match &settings.store {
            StoreSettings::Cassandra(cluster) => of_cluster(pattern, cluster),
            _ => Shown::Absent,
        },
    }
}

fn of_audit(pattern: &str, audit: &AuditSettings) -> Shown {
    match pattern {
        "audit.path" => path(&audit.path),
        "audit.max_mib" => number(audit.max_bytes >> 20),
        "audit.keep" => number(audit.keep),
        "audit.sync" => text(if audit.sync { "always" } else { "never" }),
        "audit.on_error" => text(match audit.on_error {
            OnAuditError::Log => "log",
            OnAuditError::Refuse => "refuse",
        }),
        _ => Shown::Absent,
    }
}

fn of_cluster(pattern: &str, cluster: &CassandraSettings) -> Shown {
    let user = cluster.user.as_ref();
    let tls = cluster.tls.as_ref();
    let client = tls.and_then(|tls| tls.client.as_ref());
    match pattern {
        "store.contact_points" => addresses(&cluster.contact_points),
        "store.keyspace" => text(&cluster.keyspace),
        "store.local_datacenter" => cluster.local_datacenter.as_deref().map_or(Shown::Absent, text),
        "store.consistency" => text(match cluster.consistency {
            ClusterConsistency::AllDatacenters => "all_datacenters",
            ClusterConsistency::LocalDatacenter => "local_datacenter",
        }),
        "store.replication" => counts(&cluster.replication),
        "store.create_schema" => flag(cluster.create_schema),
        "store.username" => user.map_or(Shown::Absent, |user| text(&user.name)),
        "store.password" => secret(user.map(|user| &user.password)),
        "store.request_timeout_ms" => number(cluster.request_timeout.as_millis()),
        "store.in_flight" => number(cluster.in_flight),
        "store.tls.ca" => tls.map_or(Shown::Absent, |tls| path(&tls.ca)),
        "store.tls.certificate" => client.map_or(Shown::Absent, |client| path(&client.certificate)),
        "store.tls.key" => client.map_or(Shown::Absent, |client| path(&client.key)),
        _ => Shown::Absent,
    }
}

fn of_app(pattern: &str, app: &AppSettings) -> Shown {
    let limits = &app.policy.limits;
    if let Some(command) = pattern.strip_prefix(CALLS) {
        return app.calls.get(command).map_or(Shown::Absent, |rate| number(*rate));
    }
    match pattern {
        "apps.*.sdkappid" => number(app.app.get()),
        "apps.*.key" => secret(app.keys.first()),
        "apps.*.previous_key" => secret(app.keys.get(1)),
        "apps.*.administrators" => texts(app.administrators.iter()),
        "apps.*.allowed_clients" => networks(&app.allowed_clients),
        "apps.*.mark_names" => {
            let names: Vec<String> =
                app.mark_names.iter().map(|(bit, name)| format!("{bit}={name}")).collect();
            texts(names.iter())
        }
        "apps.*.accounts" => registration(app.policy.accounts),
        "apps.*.chat_groups" => registration(app.policy.chat_groups),
        "apps.*.end_users" => flag(app.end_users),
        "apps.*.limits.end_user_calls_per_second" => number(app.end_user_calls_per_second),
        "apps.*.limits.groups" => number(limits.groups),
        "apps.*.limits.grouped_conversations" => number(limits.grouped_conversations),
        "apps.*.limits.marked_conversations" => number(limits.marked_conversations),
        "apps.*.limits.group_name_bytes" => number(limits.group_name_bytes),
        "apps.*.limits.custom_mark_bytes" => number(limits.custom_mark_bytes),
        "apps.*.limits.calls_per_second" => app.calls_per_second.map_or(Shown::Absent, number),
        _ => Shown::Absent,
    }
}

/// Every number of the settings fits: the schema bounds them to 32 bits.
fn number<N: TryInto<i64>>(number: N) -> Shown {
    Shown::Value(Value::Integer(number.try_into().unwrap_or(i64::MAX)))
}

fn flag(flag: bool) -> Shown {
    Shown::Value(Value::Boolean(flag))
}

fn text(text: &str) -> Shown {
    Shown::Value(Value::String(text.to_owned()))
}

fn path(path: &Path) -> Shown {
    text(&path.to_string_lossy())
}

fn texts<'a>(texts: impl Iterator<Item = &'a String>) -> Shown {
    Shown::Value(Value::Array(texts.map(|text| Value::String(text.clone())).collect()))
}

fn addresses(addresses: &[Address]) -> Shown {
    Shown::Value(Value::Array(addresses.iter().map(|address| Value::String(address.to_string())).collect()))
}

fn networks(networks: &[IpNet]) -> Shown {
    // A network of one address is shown as that address.
    let text = |network: &IpNet| match network.prefix_len() == network.max_prefix_len() {
        true => network.addr().to_string(),
        false => network.to_string(),
    };
    Shown::Value(Value::Array(networks.iter().map(|network| Value::String(text(network))).collect()))
}

fn counts(counts: &BTreeMap<String, u32>) -> Shown {
    if counts.is_empty() {
        return Shown::Absent;
    }
    let pairs = counts.iter().map(|(name, count)| (name.clone(), Value::Integer(i64::from(*count))));
    Shown::Value(Value::Table(pairs.collect()))
}

fn secret(secret: Option<&Secret>) -> Shown {
    secret.cloned().map_or(Shown::Absent, Shown::Secret)
}

fn registration(registration: Registration) -> Shown {
    text(match registration {
        Registration::Registered => "registered",
        Registration::Open => "open",
    })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::super::load;
    use super::super::schema::{Key, Kind};
    use super::*;

    /// An allowed value that is not the default.
    fn other_value(key: &Key) -> String {
        match key.kind {
            Kind::Number { most, .. } => (most - 1).to_string(),
            Kind::Choice(choices) => choices[choices.len() - 1].to_owned(),
            Kind::Path => "/srv/file".to_owned(),
            Kind::Secret => "hush".to_owned(),
            Kind::Flag => "true".to_owned(),
            Kind::Counts { most, .. } => format!("dc1={most}"),
            Kind::Text | Kind::Texts => match key.pattern {
                "server.cors_origins" => "https://a.example".to_owned(),
                pattern if pattern.ends_with("clients") || pattern.ends_with("proxies") => {
                    "10.0.0.0/8".to_owned()
                }
                "log.filter" | "apps.*.administrators" => "debug".to_owned(),
                "apps.*.mark_names" => "32=VIP".to_owned(),
                "store.keyspace" => "other".to_owned(),
                "trace.endpoint" => "http://127.0.0.1:4318".to_owned(),
                pattern => format!("{pattern}:80"),
            },
        }
    }

    /// Every key with another value than its default, for a store of this kind.
    fn everything(kind: &str) -> Vec<(String, String)> {
        let mut overrides = Vec::new();
        for key in SCHEMA {
            overrides.push((key.pattern.replace('*', "0"), other_value(key)));
        }
        overrides.push(("store.map_gib_max".to_owned(), "16384".to_owned()));
        overrides.push(("store.kind".to_owned(), kind.to_owned()));
        overrides
    }

    #[test]
    fn every_key_is_described() {
        let describe = |kind| describe(&load(None, &BTreeMap::new(), &everything(kind)).unwrap());
        let (embedded, cluster) = (describe("embedded"), describe("cassandra"));
        assert!(!embedded.contains("hush") && !cluster.contains("hush"));
        for key in SCHEMA {
            let (_, name) = key.pattern.rsplit_once('.').unwrap();
            let shown = match key.kind {
                Kind::Secret => format!("# {name} = \"***\"\n"),
                Kind::Texts => format!("{name} = [\"{}\"]\n", other_value(key)),
                Kind::Number { .. } => format!("{name} = "),
                Kind::Flag => format!("{name} = true\n"),
                Kind::Counts { most, .. } => format!("{name} = {{ dc1 = {most} }}\n"),
                _ => format!("{name} = \""),
            };
            let commented = format!("# {}\n{shown}", key.meaning);
            assert!(
                embedded.contains(&commented) || cluster.contains(&commented),
                "{shown} is not in:\n{embedded}\n{cluster}"
            );
        }
    }

    #[test]
    fn what_is_described_can_be_loaded_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("described.toml");
        let secrets = [("FOLDMARK_APPS_0_KEY", "hush"), ("FOLDMARK_APPS_0_PREVIOUS_KEY", "hush")];
        let secrets: BTreeMap<_, _> = secrets.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let mut more_secrets = secrets.clone();
        more_secrets.insert("FOLDMARK_STORE_PASSWORD".to_owned(), "hush".to_owned());
        let memory =
            vec![("store.kind".to_owned(), "memory".to_owned()), ("admin.listen".to_owned(), String::new())];
        let odd_path = vec![("store.path".to_owned(), "/srv/\"odd\" 'path'\\\n".to_owned())];
        for (overrides, environment) in [
            (everything("embedded"), secrets),
            (everything("cassandra"), more_secrets),
            (Vec::new(), BTreeMap::new()),
            (memory, BTreeMap::new()),
            (odd_path, BTreeMap::new()),
        ] {
            let settings = load(None, &environment, &overrides).unwrap();
            std::fs::write(&file, describe_with_secrets(&settings)).unwrap();
            let whole = load(Some(&file), &BTreeMap::new(), &[]).unwrap();
            assert_eq!(format!("{whole:#?}"), format!("{settings:#?}"));
            std::fs::write(&file, describe(&settings)).unwrap();
            let again = load(Some(&file), &environment, &[]).unwrap();
            assert_eq!(format!("{again:#?}"), format!("{settings:#?}"));
        }
    }

    #[test]
    fn a_description_is_a_commented_file() {
        let overrides = [
            ("store.path", "/srv/data"),
            ("admin.listen", "off"),
            ("apps.0.sdkappid", "1400000000"),
            ("apps.0.key", "hush"),
            ("apps.0.limits.calls.mark_contact", "50"),
            ("apps.1.sdkappid", "1400000001"),
            ("apps.1.key", "hush"),
            ("apps.1.accounts", "open"),
        ];
        let overrides = overrides.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let settings = load(None, &BTreeMap::new(), &overrides).unwrap();
        expect![[r#"
            [server]
            # Where calls are served: one host:port, or a list.
            listen = ["127.0.0.1:8080"]
            # Calls under way at once; what comes on top is answered 60008.
            concurrent_calls = 1024
            # Memory for bodies under way, each counted 24 times its length while it is worked on; what comes on top is answered 60008.
            body_memory_mib = 256
            # Time for a request's headers to arrive, and again for its body.
            body_read_seconds = 10
            # Open connections; what comes on top waits to be accepted.
            connections = 10000
            # Time for calls under way to finish when the server is told to stop.
            drain_seconds = 10
            # Time between readiness turning to no and the server accepting no more, for load balancers to notice.
            leave_seconds = 0
            # Addresses and networks (10.0.0.0/8) that may call; others are answered 60021; an empty list admits all.
            allowed_clients = []
            # Addresses and networks whose X-Forwarded-For is believed: the last address in it that is none of these is the client's.
            trusted_proxies = []
            # Web origins that are echoed to browsers; an empty list answers `*` to all.
            cors_origins = []
            # Failed UserSigs of one application, identifier and client address before 70050; 0 switches it off.
            failed_signatures_per_minute = 100
            # Verified UserSigs that are remembered; each takes about 400 bytes, and 1.2 KB at most.
            signature_cache = 20000

            [watch]
            # Connections that may watch changes at a time, each of which takes a place of server.connections; 0 switches watching off.
            connections = 10000
            # Connections that may watch one user at a time.
            per_user = 32
            # Users that are watched on this server at a time if the store is a cluster, which is asked for each of them twice a second.
            cluster_users = 500

            [admin]
            # Where health is served, and operators' calls: one host:port; empty or `off` switches it off.
            listen = "off"
            # Whether admin.listen speaks HTTPS with the certificate of [server.tls], the console and operators' calls alike.
            tls = false

            [console]
            # Whether the browser console is served at /console/ on admin.listen.
            enabled = true
            # Whether the console is served without TLS on an address that is not loopback, where tokens and cookies can be read on the way.
            plain_http = false
            # Time without a request after which the console asks for the token again.
            idle_minutes = 30

            [log]
            # Form of the log; `auto` is text on a terminal and JSON elsewhere.
            format = "auto"
            # What is logged, as a tracing filter such as `info,foldmark_store=debug`.
            filter = "info,scylla=warn"
            # Calls that take longer, in milliseconds, are logged at level warn; 0 switches it off.
            slow_call_ms = 1000

            [trace]
            # Percentage of calls that are traced; a call with a `traceparent` is traced if that says so.
            sample_percent = 100
            # Name of this service in traces; 1 to 255 bytes.
            service_name = "foldmark"

            [store]
            # Where data is kept: in `path`, in memory and gone at the end, or in a cluster.
            kind = "embedded"
            # Folder of the embedded store; made if it is not there.
            path = "/srv/data"
            # Address space that the embedded store maps at first, in GiB.
            map_gib = 64
            # Address space up to which the map grows, in GiB.
            map_gib_max = 1024
            # Commits that wait for the embedded store's writer.
            queue_commits = 4096

            [[apps]]
            # Number of the application.
            sdkappid = 1400000000
            # Secret key of the application: UserSigs are checked with it.
            # key = "***"
            # User ids that may call; at least one.
            administrators = ["administrator"]
            # Addresses and networks that may call for this application; others are answered 60021; an empty list admits all.
            allowed_clients = []
            # What the console calls the bits 32 to 63 of the standard mark: `32=VIP`, a list of these.
            mark_names = []
            # Whether users must be imported before they are named.
            accounts = "registered"
            # Whether chat groups must be created before they are named.
            chat_groups = "registered"
            # Whether users who are no administrators may make the calls about conversation groups and marks for themselves; from web pages only of the origins in server.cors_origins.
            end_users = false

            [apps.limits]
            # Groups of one user.
            groups = 20
            # Conversations of one user that are in a group.
            grouped_conversations = 1000
            # Conversations of one user that carry a mark.
            marked_conversations = 1000
            # Bytes of a group name.
            group_name_bytes = 64
            # Bytes of a custom mark.
            custom_mark_bytes = 256
            # Calls per second of one end user, all commands together; 0: no limit.
            end_user_calls_per_second = 20

            [apps.limits.calls]
            # Calls per second of this command; absent: limits.calls_per_second holds; 0: no limit.
            mark_contact = 50

            [[apps]]
            sdkappid = 1400000001
            # key = "***"
            administrators = ["administrator"]
            allowed_clients = []
            mark_names = []
            accounts = "open"
            chat_groups = "registered"
            end_users = false

            [apps.limits]
            groups = 20
            grouped_conversations = 1000
            marked_conversations = 1000
            group_name_bytes = 64
            custom_mark_bytes = 256
            end_user_calls_per_second = 20
        "#]].assert_eq(&describe(&settings));
    }
}
