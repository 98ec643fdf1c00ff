//! That every key is described, and that what is described can be loaded.

use std::collections::BTreeMap;

use expect_test::expect;

use super::super::load;
use super::super::schema::{Key, Kind};
use super::*;

const WEBHOOK_SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// An allowed value that is not the default.
fn other_value(key: &Key) -> String {
    match key.kind {
        // Less than those of the server.
        Kind::Number { most, .. } if key.pattern == "watch.connections" => (most - 2).to_string(),
        Kind::Number { most, .. } => (most - 1).to_string(),
        Kind::Choice(choices) => choices[choices.len() - 1].to_owned(),
        Kind::Path => "/srv/file".to_owned(),
        Kind::Secret if key.pattern.starts_with("apps.*.webhook.") => WEBHOOK_SECRET.to_owned(),
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
            "apps.*.webhook.url" => "https://back.example/foldmark".to_owned(),
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
    let secrets = [
        ("FOLDMARK_APPS_0_KEY", "hush"),
        ("FOLDMARK_APPS_0_PREVIOUS_KEY", "hush"),
        ("FOLDMARK_APPS_0_WEBHOOK_SECRET", WEBHOOK_SECRET),
        ("FOLDMARK_APPS_0_WEBHOOK_PREVIOUS_SECRET", WEBHOOK_SECRET),
    ];
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
        # Connections that may watch changes at a time, fewer than server.connections, of which each takes a place; absent: four fifths of these; 0 switches watching off.
        connections = 8000
        # Connections that may watch one user at a time: so many of his own, and as many of administrators.
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
