//! The table of all configuration keys.
//!
//! Everything that depends on which keys there are is derived from [`SCHEMA`]: unknown keys and variables, the nearest
//! known one, types, ranges, defaults, the reference of the documentation. A pattern holds at most one `*`, which
//! stands for the number of an application. The table is in the order of a file: all keys of a TOML table stand
//! together, and a table stands before the tables within it.

use foldmark_core::limits;

use Fallback::{Absent, Required};

use crate::limits::CLUSTER_REQUEST_MS_MAX;

/// Applications that one configuration may hold.
pub(super) const APPS_MAX: usize = 1_000;
/// Items of a list.
pub(super) const LIST_MAX: usize = 1_000;

const CALLS_PER_SECOND_MAX: u64 = 1_000_000;
/// Calls per second of one end user unless it is configured.
pub(super) const END_USER_CALLS_PER_SECOND: u32 = 20;

/// One key of the configuration.
#[derive(Debug)]
pub(super) struct Key {
    /// The dotted name, with `*` for the number of an application.
    pub(super) pattern: &'static str,
    pub(super) kind: Kind,
    pub(super) fallback: Fallback,
    /// One line for people.
    pub(super) meaning: &'static str,
}

/// What a value has to be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Text,
    /// One text, or a list of them.
    Texts,
    /// A path, relative to the folder of the file that names it.
    Path,
    /// A text that is never shown, or a file that holds it.
    Secret,
    Choice(&'static [&'static str]),
    Number {
        least: u64,
        most: u64,
    },
    /// `true` or `false`.
    Flag,
    /// A table of numbers: `{ name = 3 }` in a file, `name=3,other=2` as text.
    Counts {
        least: u64,
        most: u64,
    },
}

/// What holds when nobody gives a value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fallback {
    /// Somebody has to give one.
    Required,
    /// Leaving it out means something, which the key's meaning says.
    Absent,
    Number(u64),
    Flag(bool),
    Text(&'static str),
    Texts(&'static [&'static str]),
}

pub(super) static SCHEMA: &[Key] = &[
    texts("server.listen", &["127.0.0.1:8080"], "Where calls are served: one host:port, or a list."),
    number(
        "server.concurrent_calls",
        1,
        1_000_000,
        1_024,
        "Calls under way at once; what comes on top is answered 60008.",
    ),
    number(
        "server.body_memory_mib",
        32,
        1_048_576,
        256,
        "Memory for bodies under way, each counted 24 times its length while it is worked on; what comes on top is answered 60008.",
    ),
    number(
        "server.body_read_seconds",
        1,
        600,
        10,
        "Time for a request's headers to arrive, and again for its body.",
    ),
    number(
        "server.connections",
        1,
        1_000_000,
        10_000,
        "Open connections; what comes on top waits to be accepted.",
    ),
    number(
        "server.drain_seconds",
        1,
        3_600,
        10,
        "Time for calls under way to finish when the server is told to stop.",
    ),
    number(
        "server.leave_seconds",
        0,
        3_600,
        0,
        "Time between readiness turning to no and the server accepting no more, for load balancers to notice.",
    ),
    texts(
        "server.allowed_clients",
        &[],
        "Addresses and networks (10.0.0.0/8) that may call; others are answered 60021; an empty list admits all.",
    ),
    texts(
        "server.trusted_proxies",
        &[],
        "Addresses and networks whose X-Forwarded-For is believed: the last address in it that is none of these is the client's.",
    ),
    texts(
        "server.cors_origins",
        &[],
        "Web origins that are echoed to browsers; an empty list answers `*` to all.",
    ),
    number(
        "server.failed_signatures_per_minute",
        0,
        1_000_000,
        100,
        "Failed UserSigs of one application, identifier and client address before 70050; 0 switches it off.",
    ),
    number(
        "server.signature_cache",
        1,
        10_000_000,
        20_000,
        "Verified UserSigs that are remembered; each takes about 400 bytes, and 1.2 KB at most.",
    ),
    key(
        "server.tls.certificate",
        Kind::Path,
        Required,
        "Certificate chain in PEM; required if [server.tls] is there.",
    ),
    key("server.tls.key", Kind::Path, Required, "Private key in PEM; required if [server.tls] is there."),
    key(
        "server.tls.listen",
        Kind::Texts,
        Absent,
        "Where HTTPS is served beside plain HTTP on server.listen; absent, server.listen itself is HTTPS.",
    ),
    key(
        "watch.connections",
        Kind::Number { least: 0, most: 1_000_000 },
        Absent,
        "Connections that may watch changes at a time, fewer than server.connections, of which each takes a place; absent: four fifths of these; 0 switches watching off.",
    ),
    number(
        "watch.per_user",
        1,
        10_000,
        32,
        "Connections that may watch one user at a time: so many of his own, and as many of administrators.",
    ),
    number(
        "watch.cluster_users",
        1,
        100_000,
        500,
        "Users that are watched on this server at a time if the store is a cluster, which is asked for each of them twice a second.",
    ),
    text(
        "admin.listen",
        "127.0.0.1:9090",
        "Where health is served, and operators' calls: one host:port; empty or `off` switches it off.",
    ),
    key(
        "admin.token_file",
        Kind::Path,
        Absent,
        "File with the token that operators' calls need, made if it is not there; absent: `admin.token` in store.path.",
    ),
    key(
        "admin.viewer_token_file",
        Kind::Path,
        Absent,
        "File with a second token, which opens the console to look and not to change; made if it is not there; absent: `viewer.token` in store.path.",
    ),
    flag(
        "admin.tls",
        false,
        "Whether admin.listen speaks HTTPS with the certificate of [server.tls], the console and operators' calls alike.",
    ),
    flag("console.enabled", true, "Whether the browser console is served at /console/ on admin.listen."),
    flag(
        "console.plain_http",
        false,
        "Whether the console is served without TLS on an address that is not loopback, where tokens and cookies can be read on the way.",
    ),
    number(
        "console.idle_minutes",
        1,
        1_440,
        30,
        "Time without a request after which the console asks for the token again.",
    ),
    choice(
        "log.format",
        &["auto", "text", "json"],
        "Form of the log; `auto` is text on a terminal and JSON elsewhere.",
    ),
    // The driver of the cluster store tells of each of its connections.
    text(
        "log.filter",
        "info,scylla=warn",
        "What is logged, as a tracing filter such as `info,foldmark_store=debug`.",
    ),
    number(
        "log.slow_call_ms",
        0,
        60_000,
        1_000,
        "Calls that take longer, in milliseconds, are logged at level warn; 0 switches it off.",
    ),
    key(
        "backup.folder",
        Kind::Path,
        Absent,
        "Folder in which the server keeps backups that it makes by itself; absent: it makes none.",
    ),
    number("backup.every_hours", 1, 8_760, 24, "Hours from one backup to the next; needs `folder`."),
    number("backup.keep", 1, 10_000, 7, "Backups that are kept; older ones are removed."),
    key(
        "trace.endpoint",
        Kind::Text,
        Absent,
        "URL of a receiver of traces (OTLP over HTTP), such as http://127.0.0.1:4318; absent: no call is traced.",
    ),
    number(
        "trace.sample_percent",
        0,
        100,
        100,
        "Percentage of calls that are traced; a call with a `traceparent` is traced if that says so.",
    ),
    text("trace.service_name", "foldmark", "Name of this service in traces; 1 to 255 bytes."),
    key(
        "audit.path",
        Kind::Path,
        Absent,
        "File to which a line of JSON is appended for each change; absent: there is no audit log.",
    ),
    number(
        "audit.max_mib",
        1,
        1_048_576,
        64,
        "Size at which an audit file gets a number and a new one begins, in MiB.",
    ),
    number("audit.keep", 1, 10_000, 10, "Numbered audit files that are kept; older ones are removed."),
    choice(
        "audit.sync",
        &["always", "never"],
        "Whether answers wait until their audit lines are on disk; `never`: the writer and the system write them soon.",
    ),
    choice(
        "audit.on_error",
        &["log", "refuse"],
        "While audit lines cannot be written: `log` it and go on, lines waiting in memory, or `refuse` all changes.",
    ),
    choice(
        "store.kind",
        &["embedded", "memory", "cassandra"],
        "Where data is kept: in `path`, in memory and gone at the end, or in a cluster.",
    ),
    key(
        "store.path",
        Kind::Path,
        Fallback::Text("data"),
        "Folder of the embedded store; made if it is not there.",
    ),
    number("store.map_gib", 1, 16_384, 64, "Address space that the embedded store maps at first, in GiB."),
    number("store.map_gib_max", 1, 16_384, 1_024, "Address space up to which the map grows, in GiB."),
    number("store.queue_commits", 1, 1_000_000, 4_096, "Commits that wait for the embedded store's writer."),
    key(
        "store.contact_points",
        Kind::Texts,
        Absent,
        "Some nodes of the cluster, host or host:port (9042), from which the others are learnt; required for `cassandra`.",
    ),
    text("store.keyspace", "foldmark", "Where the tables are in the cluster; the same for all servers."),
    key(
        "store.local_datacenter",
        Kind::Text,
        Absent,
        "Data centre of the cluster whose nodes are asked; absent: any node.",
    ),
    choice(
        "store.consistency",
        &["all_datacenters", "local_datacenter"],
        "How far a commit to the cluster is agreed on; `local_datacenter` is right only if all servers are in one.",
    ),
    key(
        "store.replication",
        Kind::Counts { least: 1, most: 9 },
        Absent,
        "Copies by data centre; used only when the keyspace is created.",
    ),
    key(
        "store.create_schema",
        Kind::Flag,
        Fallback::Flag(false),
        "Whether a start creates missing tables in the cluster; let one server do so, or run `foldmark store init`.",
    ),
    key("store.username", Kind::Text, Absent, "User name in the cluster, if it asks for one."),
    key("store.password", Kind::Secret, Absent, "Password of `username`."),
    number(
        "store.request_timeout_ms",
        100,
        CLUSTER_REQUEST_MS_MAX,
        2_000,
        "Time for one read or commit of the cluster, in milliseconds.",
    ),
    number(
        "store.in_flight",
        1,
        32_768,
        1_024,
        "Reads, and again commits, under way at once in the cluster; what comes on top is refused.",
    ),
    key(
        "store.tls.ca",
        Kind::Path,
        Required,
        "Certificates in PEM of who vouches for the cluster's nodes; required if [store.tls] is there.",
    ),
    key(
        "store.tls.certificate",
        Kind::Path,
        Absent,
        "Certificate chain in PEM to show to the cluster, with `key`; absent: none is shown.",
    ),
    key("store.tls.key", Kind::Path, Absent, "Private key in PEM of `certificate`."),
    key(
        "apps.*.sdkappid",
        Kind::Number { least: 1, most: u32::MAX as u64 },
        Required,
        "Number of the application.",
    ),
    key("apps.*.key", Kind::Secret, Required, "Secret key of the application: UserSigs are checked with it."),
    key(
        "apps.*.previous_key",
        Kind::Secret,
        Absent,
        "A second key that is accepted too, while keys are changed.",
    ),
    texts("apps.*.administrators", &["administrator"], "User ids that may call; at least one."),
    texts(
        "apps.*.allowed_clients",
        &[],
        "Addresses and networks that may call for this application; others are answered 60021; an empty list admits all.",
    ),
    texts(
        "apps.*.mark_names",
        &[],
        "What the console calls the bits 32 to 63 of the standard mark: `32=VIP`, a list of these.",
    ),
    choice("apps.*.accounts", REGISTRATION, "Whether users must be imported before they are named."),
    choice("apps.*.chat_groups", REGISTRATION, "Whether chat groups must be created before they are named."),
    flag(
        "apps.*.end_users",
        false,
        "Whether users who are no administrators may make the calls about conversation groups and marks for \
         themselves; from web pages only of the origins in server.cors_origins.",
    ),
    key(
        "apps.*.webhook.url",
        Kind::Text,
        Absent,
        "Where changes of users are told: a URL that is sent POST requests, over HTTPS unless it is of your own network; absent: nowhere.",
    ),
    key(
        "apps.*.webhook.secret",
        Kind::Secret,
        Absent,
        "What they are signed with: whsec_ and 24 to 64 random bytes in Base64; required with a URL.",
    ),
    key(
        "apps.*.webhook.previous_secret",
        Kind::Secret,
        Absent,
        "A second secret that they are signed with too, while secrets are changed.",
    ),
    number("apps.*.webhook.timeout_seconds", 1, 60, 10, "Time for the receiver to answer one request."),
    number(
        "apps.*.webhook.give_up_seconds",
        60,
        30 * 86_400,
        86_400,
        "How long it is tried to tell a user's changes that a receiver does not take while it takes others; then they become a dead letter.",
    ),
    number("apps.*.webhook.at_once", 1, 64, 8, "Requests under way at a time, each about another user."),
    number(
        "apps.*.limits.groups",
        1,
        limits::GROUPS_CEILING as u64,
        limits::GROUPS_DEFAULT as u64,
        "Groups of one user.",
    ),
    number(
        "apps.*.limits.grouped_conversations",
        1,
        limits::GROUPED_CONVERSATIONS_CEILING as u64,
        limits::GROUPED_CONVERSATIONS_DEFAULT as u64,
        "Conversations of one user that are in a group.",
    ),
    number(
        "apps.*.limits.marked_conversations",
        1,
        limits::MARKED_CONVERSATIONS_CEILING as u64,
        limits::MARKED_CONVERSATIONS_DEFAULT as u64,
        "Conversations of one user that carry a mark.",
    ),
    number(
        "apps.*.limits.group_name_bytes",
        1,
        limits::GROUP_NAME_BYTES_CEILING as u64,
        limits::GROUP_NAME_BYTES_DEFAULT as u64,
        "Bytes of a group name.",
    ),
    number(
        "apps.*.limits.custom_mark_bytes",
        1,
        limits::CUSTOM_MARK_BYTES_CEILING as u64,
        limits::CUSTOM_MARK_BYTES_DEFAULT as u64,
        "Bytes of a custom mark.",
    ),
    rate(
        "apps.*.limits.calls_per_second",
        "Calls per second, each command by itself; absent: the documented figures; 0: no limit.",
    ),
    number(
        "apps.*.limits.end_user_calls_per_second",
        0,
        CALLS_PER_SECOND_MAX,
        END_USER_CALLS_PER_SECOND as u64,
        "Calls per second of one end user, all commands together; 0: no limit.",
    ),
    rate("apps.*.limits.calls.create_contact_group", CALL),
    rate("apps.*.limits.calls.update_contact_group", CALL),
    rate("apps.*.limits.calls.del_contact_group", CALL),
    rate("apps.*.limits.calls.mark_contact", CALL),
    rate("apps.*.limits.calls.get_contact_group", CALL),
    rate("apps.*.limits.calls.search_contact_group", CALL),
    rate("apps.*.limits.calls.account_import", CALL),
    rate("apps.*.limits.calls.multiaccount_import", CALL),
    rate("apps.*.limits.calls.account_check", CALL),
    rate("apps.*.limits.calls.account_delete", CALL),
    rate("apps.*.limits.calls.create_group", CALL),
    rate("apps.*.limits.calls.destroy_group", CALL),
    rate("apps.*.limits.calls.get_group_info", CALL),
    rate("apps.*.limits.calls.get_appid_group_list", CALL),
    rate("apps.*.limits.calls.get_changes", CALL),
    rate("apps.*.limits.calls.set_group_order", CALL),
    rate("apps.*.limits.calls.set_group_ex", CALL),
    rate("apps.*.limits.calls.list_groups", CALL),
    rate("apps.*.limits.calls.list_conversations", CALL),
    rate("apps.*.limits.calls.apply", CALL),
    rate("apps.*.limits.calls.copy_layout", CALL),
];

const REGISTRATION: &[&str] = &["registered", "open"];
const CALL: &str = "Calls per second of this command; absent: limits.calls_per_second holds; 0: no limit.";

/// The prefix of the keys that limit one command each.
pub(super) const CALLS: &str = "apps.*.limits.calls.";

const fn key(pattern: &'static str, kind: Kind, fallback: Fallback, meaning: &'static str) -> Key {
    Key { pattern, kind, fallback, meaning }
}

const fn text(pattern: &'static str, default: &'static str, meaning: &'static str) -> Key {
    key(pattern, Kind::Text, Fallback::Text(default), meaning)
}

const fn texts(pattern: &'static str, default: &'static [&'static str], meaning: &'static str) -> Key {
    key(pattern, Kind::Texts, Fallback::Texts(default), meaning)
}

/// The first choice is the default.
const fn choice(pattern: &'static str, choices: &'static [&'static str], meaning: &'static str) -> Key {
    key(pattern, Kind::Choice(choices), Fallback::Text(choices[0]), meaning)
}

const fn number(pattern: &'static str, least: u64, most: u64, default: u64, meaning: &'static str) -> Key {
    key(pattern, Kind::Number { least, most }, Fallback::Number(default), meaning)
}

const fn flag(pattern: &'static str, default: bool, meaning: &'static str) -> Key {
    key(pattern, Kind::Flag, Fallback::Flag(default), meaning)
}

const fn rate(pattern: &'static str, meaning: &'static str) -> Key {
    key(pattern, Kind::Number { least: 0, most: CALLS_PER_SECOND_MAX }, Absent, meaning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_allowed_values() {
        for key in SCHEMA {
            if let (Kind::Number { least, most }, Fallback::Number(default)) = (key.kind, key.fallback) {
                assert!((least..=most).contains(&default), "{}", key.pattern);
            }
            if let Kind::Number { most, .. } = key.kind {
                assert!(u32::try_from(most).is_ok(), "{} must fit 32 bits", key.pattern);
            }
        }
    }
}
