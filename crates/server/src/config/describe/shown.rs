//! The value that a key has in the settings, as a file shows it.

use std::collections::BTreeMap;
use std::path::Path;

use foldmark_core::policy::Registration;
use ipnet::IpNet;
use toml::Value;

use super::super::schema::CALLS;
use super::super::settings::{
    AppSettings, AuditSettings, CassandraSettings, ClusterConsistency, LogFormat, OnAuditError, Settings,
    StoreSettings,
};
use super::super::values::{Address, Secret};

/// A value of the settings.
pub(super) enum Shown {
    Value(Value),
    Secret(Secret),
}

/// Secrets are not compared.
impl PartialEq for Shown {
    fn eq(&self, other: &Shown) -> bool {
        match (self, other) {
            (Shown::Value(one), Shown::Value(other)) => one == other,
            (Shown::Secret(_), Shown::Secret(_)) => true,
            _ => false,
        }
    }
}

/// The value of a key of no application; `None` if it has none.
pub(super) fn of_server(pattern: &str, settings: &Settings) -> Option<Shown> {
    let server = &settings.server;
    let tls = server.tls.as_ref();
    let backup = settings.backup.as_ref();
    let embedded = match &settings.store {
        StoreSettings::Embedded(embedded) => Some(embedded),
        _ => None,
    };
    Some(match pattern {
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
        "server.tls.certificate" => path(&tls?.certificate),
        "server.tls.key" => path(&tls?.key),
        "server.tls.listen" => addresses(&tls?.listen),
        "watch.connections" => number(settings.watch.connections),
        "watch.per_user" => number(settings.watch.per_user),
        "watch.cluster_users" => number(settings.watch.cluster_users),
        "admin.listen" => text(settings.admin.listen.as_ref().map_or("off", Address::as_str)),
        "admin.token_file" => path(settings.admin.token_file.as_deref()?),
        "admin.viewer_token_file" => path(settings.admin.viewer_token_file.as_deref()?),
        "admin.tls" => flag(settings.admin.tls),
        "console.enabled" => flag(settings.console.is_some()),
        "console.plain_http" => flag(settings.console.as_ref()?.plain_http),
        "console.idle_minutes" => number(settings.console.as_ref()?.idle.as_secs() / 60),
        "log.format" => text(match settings.log.format {
            LogFormat::Auto => "auto",
            LogFormat::Text => "text",
            LogFormat::Json => "json",
        }),
        "log.filter" => text(&settings.log.filter),
        "log.slow_call_ms" => number(settings.log.slow_call.map_or(0, |slow| slow.as_millis())),
        "backup.folder" => path(&backup?.folder),
        "backup.every_hours" => number(backup?.every.as_secs() / 3_600),
        "backup.keep" => number(backup?.keep),
        "trace.endpoint" => text(settings.trace.endpoint.as_deref()?),
        "trace.sample_percent" => number(settings.trace.sample_percent),
        "trace.service_name" => text(&settings.trace.service_name),
        _ if pattern.starts_with("audit.") => of_audit(pattern, settings.audit.as_ref()?)?,
        "store.kind" => text(settings.store.kind()),
        "store.path" => path(&embedded?.path),
        "store.map_gib" => number(embedded?.map_gib),
        "store.map_gib_max" => number(embedded?.map_gib_max),
        "store.queue_commits" => number(embedded?.queue_commits),
        _ => match &settings.store {
            StoreSettings::Cassandra(cluster) => of_cluster(pattern, cluster)?,
            _ => return None,
        },
    })
}

/// The value of a key of an application; `None` if it has none.
pub(super) fn of_app(pattern: &str, app: &AppSettings) -> Option<Shown> {
    let limits = &app.policy.limits;
    if let Some(command) = pattern.strip_prefix(CALLS) {
        return app.calls.get(command).map(|rate| number(*rate));
    }
    let webhook = app.webhook.as_ref();
    Some(match pattern {
        "apps.*.sdkappid" => number(app.app.get()),
        "apps.*.key" => secret(app.keys.first()?),
        "apps.*.previous_key" => secret(app.keys.get(1)?),
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
        "apps.*.webhook.url" => text(&webhook?.url.to_string()),
        "apps.*.webhook.secret" => secret(webhook?.secrets.first()?.text()),
        "apps.*.webhook.previous_secret" => secret(webhook?.secrets.get(1)?.text()),
        "apps.*.webhook.timeout_seconds" => number(webhook?.timeout.as_secs()),
        "apps.*.webhook.give_up_seconds" => number(webhook?.give_up.as_secs()),
        "apps.*.webhook.at_once" => number(webhook?.at_once),
        "apps.*.limits.end_user_calls_per_second" => number(app.end_user_calls_per_second),
        "apps.*.limits.groups" => number(limits.groups),
        "apps.*.limits.grouped_conversations" => number(limits.grouped_conversations),
        "apps.*.limits.marked_conversations" => number(limits.marked_conversations),
        "apps.*.limits.group_name_bytes" => number(limits.group_name_bytes),
        "apps.*.limits.custom_mark_bytes" => number(limits.custom_mark_bytes),
        "apps.*.limits.calls_per_second" => number(app.calls_per_second?),
        _ => return None,
    })
}

fn of_audit(pattern: &str, audit: &AuditSettings) -> Option<Shown> {
    Some(match pattern {
        "audit.path" => path(&audit.path),
        "audit.max_mib" => number(audit.max_bytes >> 20),
        "audit.keep" => number(audit.keep),
        "audit.sync" => text(if audit.sync { "always" } else { "never" }),
        "audit.on_error" => text(match audit.on_error {
            OnAuditError::Log => "log",
            OnAuditError::Refuse => "refuse",
        }),
        _ => return None,
    })
}

fn of_cluster(pattern: &str, cluster: &CassandraSettings) -> Option<Shown> {
    let user = cluster.user.as_ref();
    let tls = cluster.tls.as_ref();
    let client = tls.and_then(|tls| tls.client.as_ref());
    Some(match pattern {
        "store.contact_points" => addresses(&cluster.contact_points),
        "store.keyspace" => text(&cluster.keyspace),
        "store.local_datacenter" => text(cluster.local_datacenter.as_deref()?),
        "store.consistency" => text(match cluster.consistency {
            ClusterConsistency::AllDatacenters => "all_datacenters",
            ClusterConsistency::LocalDatacenter => "local_datacenter",
        }),
        "store.replication" => counts(&cluster.replication)?,
        "store.create_schema" => flag(cluster.create_schema),
        "store.username" => text(&user?.name),
        "store.password" => secret(&user?.password),
        "store.request_timeout_ms" => number(cluster.request_timeout.as_millis()),
        "store.in_flight" => number(cluster.in_flight),
        "store.tls.ca" => path(&tls?.ca),
        "store.tls.certificate" => path(&client?.certificate),
        "store.tls.key" => path(&client?.key),
        _ => return None,
    })
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

fn counts(counts: &BTreeMap<String, u32>) -> Option<Shown> {
    let pairs = counts.iter().map(|(name, count)| (name.clone(), Value::Integer(i64::from(*count))));
    (!counts.is_empty()).then(|| Shown::Value(Value::Table(pairs.collect())))
}

fn secret(secret: &Secret) -> Shown {
    Shown::Secret(secret.clone())
}

fn registration(registration: Registration) -> Shown {
    text(match registration {
        Registration::Registered => "registered",
        Registration::Open => "open",
    })
}
