//! Loading as a whole: what the layers, the schema and the checks make of files, variables and overrides together.

use std::fs;

use expect_test::{Expect, expect};
use foldmark_core::subject::AppId;
use foldmark_wire::CallName;

use super::*;

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// Loads `foldmark.toml` with this text beside a file `key`, whose path is `DIR/key`, and gives what comes out
/// with the folder's name replaced by `DIR`.
fn outcome(text: &str, environment: &[(&str, &str)], overrides: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let name = folder.path().display().to_string();
    let file = folder.path().join("foldmark.toml");
    fs::write(&file, text).unwrap();
    fs::write(folder.path().join("key"), "from-file\r\n").unwrap();
    let mut variables = BTreeMap::new();
    for (variable, value) in environment {
        variables.insert((*variable).to_owned(), value.replace("DIR", &name));
    }
    let outcome = match load(Some(&file), &variables, &pairs(overrides)) {
        Ok(settings) => {
            // The keys are what some tests are about, so they are shown in the clear.
            let mut shown = format!("{settings:#?}\n");
            for app in &settings.apps {
                let keys: Vec<&str> = app.keys.iter().map(Secret::expose).collect();
                shown += &format!("keys of {}: {keys:?}\n", app.app);
            }
            shown
        }
        Err(error) => format!("{error}\n"),
    };
    outcome.replace(&name, "DIR")
}

fn check(text: &str, environment: &[(&str, &str)], overrides: &[(&str, &str)], expected: &Expect) {
    expected.assert_eq(&outcome(text, environment, overrides));
}

const APP: &str = "[[apps]]\nsdkappid = 1\nkey = 'hush'\n";

#[test]
fn nothing_is_required_but_the_facts_of_an_application() {
    check(
        APP,
        &[],
        &[("store.path", "/srv/data")],
        &expect![[r#"
            Settings {
                server: ServerSettings {
                    listen: [
                        Address(
                            "127.0.0.1:8080",
                        ),
                    ],
                    tls: None,
                    concurrent_calls: 1024,
                    body_memory: 268435456,
                    body_read: 10s,
                    connections: 10000,
                    drain: 10s,
                    leave: 0ns,
                    allowed_clients: [],
                    trusted_proxies: [],
                    cors_origins: [],
                    failed_signatures_per_minute: 100,
                    signature_cache: 20000,
                },
                watch: WatchSettings {
                    connections: 8000,
                    per_user: 32,
                    cluster_users: 500,
                },
                admin: AdminSettings {
                    listen: Some(
                        Address(
                            "127.0.0.1:9090",
                        ),
                    ),
                    token_file: None,
                    viewer_token_file: None,
                    tls: false,
                },
                console: Some(
                    ConsoleSettings {
                        plain_http: false,
                        idle: 1800s,
                    },
                ),
                log: LogSettings {
                    format: Auto,
                    filter: "info,scylla=warn",
                    slow_call: Some(
                        1s,
                    ),
                },
                backup: None,
                trace: TraceSettings {
                    endpoint: None,
                    sample_percent: 100,
                    service_name: "foldmark",
                },
                audit: None,
                store: Embedded(
                    EmbeddedSettings {
                        path: "/srv/data",
                        map_gib: 64,
                        map_gib_max: 1024,
                        queue_commits: 4096,
                    },
                ),
                apps: [
                    AppSettings {
                        app: AppId(
                            1,
                        ),
                        keys: [
                            ***,
                        ],
                        administrators: {
                            "administrator",
                        },
                        allowed_clients: [],
                        mark_names: {},
                        policy: Policy {
                            accounts: Registered,
                            chat_groups: Registered,
                            limits: Limits {
                                groups: 20,
                                grouped_conversations: 1000,
                                marked_conversations: 1000,
                                group_name_bytes: 64,
                                custom_mark_bytes: 256,
                            },
                            tells: false,
                        },
                        calls_per_second: None,
                        calls: {},
                        end_users: false,
                        end_user_calls_per_second: 20,
                        webhook: None,
                    },
                ],
            }
            keys of 1: ["hush"]
        "#]],
    );
    let settings = load(None, &BTreeMap::new(), &[]).unwrap();
    assert!(settings.apps.is_empty());
}

#[test]
fn an_application_of_ones_own_is_like_a_configured_one() {
    let environment = pairs(&[("FOLDMARK_APPS_0_SDKAPPID", "7"), ("FOLDMARK_APPS_0_KEY", "hush")]);
    let configured = load(None, &environment.into_iter().collect(), &[]).unwrap().apps.remove(0);
    let own = AppSettings::new(AppId::new(7).unwrap(), Secret::parse("hush").unwrap());
    assert_eq!(format!("{configured:?}"), format!("{own:?}"));
}

#[test]
fn later_places_win() {
    let text = "server.listen = 'file:1'\nadmin.listen = 'file:9'\nlog.filter = 'file'\n";
    let environment = [
        ("FOLDMARK_ADMIN_LISTEN", "variable:9"),
        ("FOLDMARK_LOG_FILTER", "variable"),
        ("FOLDMARK_SERVER_LISTEN", ""),
    ];
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("foldmark.toml");
    fs::write(&file, text).unwrap();
    let environment = pairs(&environment).into_iter().collect();
    let settings = load(Some(&file), &environment, &pairs(&[("log.filter", "command")])).unwrap();
    assert_eq!(settings.server.listen[0].as_str(), "file:1");
    assert_eq!(settings.admin.listen.unwrap().as_str(), "variable:9");
    assert_eq!(settings.log.filter, "command");
    assert_eq!(settings.server.connections, 10_000);
    assert_eq!(load(None, &environment, &[]).unwrap().server.listen[0].as_str(), "127.0.0.1:8080");
}

#[test]
fn watchers_leave_places_to_others() {
    let watchers = |overrides: &[(&str, &str)]| match load(None, &BTreeMap::new(), &pairs(overrides)) {
        Ok(settings) => settings.watch.connections.to_string(),
        Err(error) => error.to_string(),
    };
    assert_eq!(watchers(&[]), "8000");
    for (places, default) in [("1", "0"), ("99", "79"), ("100", "80"), ("1000000", "800000")] {
        assert_eq!(watchers(&[("server.connections", places)]), default);
    }
    assert_eq!(watchers(&[("server.connections", "1"), ("watch.connections", "0")]), "0");
    assert_eq!(watchers(&[("server.connections", "100"), ("watch.connections", "99")]), "99");
    let refused =
        expect!["watch.connections: must be less than server.connections, 100, not 100 (command line)"];
    refused.assert_eq(&watchers(&[("server.connections", "100"), ("watch.connections", "100")]));
    let refused =
        expect!["watch.connections: must be less than server.connections, 10000, not 10000 (command line)"];
    refused.assert_eq(&watchers(&[("watch.connections", "10000")]));
    // What is wrong by itself is not compared.
    let refused = expect!["server.connections: must be from 1 to 1000000, not 0 (command line)"];
    refused.assert_eq(&watchers(&[("server.connections", "0"), ("watch.connections", "5")]));
}

#[test]
fn secrets_come_from_files_too() {
    let text = "[[apps]]\nsdkappid = 1\nkey_file = 'key'\nprevious_key = 'old'\n[[apps]]\nsdkappid = 2\nkey = 'hush'\n";
    let shown = outcome(text, &[("FOLDMARK_APPS_1_KEY_FILE", "DIR/key")], &[]);
    let keys: Vec<&str> = shown.lines().filter(|line| line.starts_with("keys of")).collect();
    assert_eq!(keys, [r#"keys of 1: ["from-file", "old"]"#, r#"keys of 2: ["from-file"]"#]);
    check(
        "[[apps]]\nsdkappid = 1\nkey_file = 'none'\nprevious_key = ''\n[[apps]]\nsdkappid = 2\nkey = '***'",
        &[("FOLDMARK_APPS_1_PREVIOUS_KEY", "two\nlines")],
        &[],
        &expect![[r#"
            apps.0.key: cannot be read: No such file or directory (os error 2) (DIR/none, named by DIR/foldmark.toml:3)
            apps.0.previous_key: must not be empty (DIR/foldmark.toml:4)
            apps.1.key: must be the secret itself, not the mask that is printed for it (DIR/foldmark.toml:7)
            apps.1.previous_key: must be one line without control characters (FOLDMARK_APPS_1_PREVIOUS_KEY)
        "#]],
    );
}

#[test]
fn tls_takes_the_servers_place_unless_it_has_its_own() {
    let listeners = |more: &[(&str, &str)]| {
        let mut overrides = pairs(&[("server.tls.certificate", "c.pem"), ("server.tls.key", "k.pem")]);
        overrides.extend(pairs(more));
        let server = load(None, &BTreeMap::new(), &overrides).unwrap().server;
        format!("plain {:?} tls {:?}", server.plain_listen(), server.tls_listen())
    };
    expect![[r#"plain [] tls [Address("127.0.0.1:8080")]"#]].assert_eq(&listeners(&[]));
    expect![[r#"plain [Address("127.0.0.1:8080")] tls [Address("[::]:8443"), Address("localhost:8443")]"#]]
        .assert_eq(&listeners(&[("server.tls.listen", "[::]:8443, localhost:8443")]));
    let server = load(None, &BTreeMap::new(), &[]).unwrap().server;
    assert!(server.tls_listen().is_empty());
    check(
        "[server.tls]",
        &[],
        &[],
        &expect![[r#"
        server.tls.certificate: is required and missing
        server.tls.key: is required and missing
    "#]],
    );
}

#[test]
fn admin_can_be_switched_off() {
    for off in ["", "off"] {
        let settings = load(None, &BTreeMap::new(), &pairs(&[("admin.listen", off)])).unwrap();
        assert!(settings.admin.listen.is_none(), "{off:?}");
    }
}

#[test]
fn a_calls_own_rate_goes_before_that_of_all_and_the_documented_one() {
    let app = |more: &[(&str, &str)]| {
        let mut overrides = pairs(&[("apps.0.sdkappid", "1"), ("apps.0.key", "hush")]);
        overrides.extend(pairs(more));
        load(None, &BTreeMap::new(), &overrides).unwrap().apps.remove(0)
    };
    for call in CallName::ALL {
        let own = format!("apps.0.limits.calls.{}", call.command());
        assert_eq!(app(&[]).calls_per_second(call), call.calls_per_second());
        assert_eq!(app(&[("apps.0.limits.calls_per_second", "0")]).calls_per_second(call), 0);
        assert_eq!(app(&[("apps.0.limits.calls_per_second", "0"), (&own, "7")]).calls_per_second(call), 7);
    }
}

/// The store's settings alone.
fn store(text: &str, environment: &[(&str, &str)], overrides: &[(&str, &str)]) -> String {
    let outcome = outcome(text, environment, overrides);
    let Some((_, store)) = outcome.split_once("    store: ") else { return outcome };
    let (store, _) = store.split_once("    apps: ").unwrap();
    store.to_owned()
}

const CLUSTER: &str = r#"
[store]
kind = "cassandra"
contact_points = ["127.0.1.1:9042", "node2", "::1"]
keyspace = "marks"
local_datacenter = "dc1"
consistency = "local_datacenter"
replication = { dc1 = 3, "US West" = 2 }
create_schema = true
username = "foldmark"
password_file = "key"
request_timeout_ms = 1500
in_flight = 64
[store.tls]
ca = "ca.pem"
certificate = "client.pem"
key = "client.key"
"#;

#[test]
fn a_cluster_can_be_the_store() {
    expect![[r#"
        Cassandra(
                CassandraSettings {
                    contact_points: [
                        Address(
                            "127.0.1.1:9042",
                        ),
                        Address(
                            "node2:9042",
                        ),
                        Address(
                            "[::1]:9042",
                        ),
                    ],
                    keyspace: "marks",
                    local_datacenter: Some(
                        "dc1",
                    ),
                    consistency: LocalDatacenter,
                    replication: {
                        "US West": 2,
                        "dc1": 3,
                    },
                    create_schema: true,
                    user: Some(
                        ClusterUser {
                            name: "foldmark",
                            password: ***,
                        },
                    ),
                    tls: Some(
                        ClusterTlsSettings {
                            ca: "DIR/ca.pem",
                            client: Some(
                                ClientCertificateSettings {
                                    certificate: "DIR/client.pem",
                                    key: "DIR/client.key",
                                },
                            ),
                        },
                    ),
                    request_timeout: 1.5s,
                    in_flight: 64,
                },
            ),
    "#]]
    .assert_eq(&store(CLUSTER, &[], &[]));
    let environment = [
        ("FOLDMARK_STORE_KIND", "cassandra"),
        ("FOLDMARK_STORE_CONTACT_POINTS", "a, b:1"),
        ("FOLDMARK_STORE_REPLICATION", "dc1=3, dc2=2"),
        ("FOLDMARK_STORE_CREATE_SCHEMA", "true"),
    ];
    expect![[r#"
        Cassandra(
                CassandraSettings {
                    contact_points: [
                        Address(
                            "a:9042",
                        ),
                        Address(
                            "b:1",
                        ),
                    ],
                    keyspace: "foldmark",
                    local_datacenter: None,
                    consistency: AllDatacenters,
                    replication: {
                        "dc1": 3,
                        "dc2": 2,
                    },
                    create_schema: true,
                    user: None,
                    tls: None,
                    request_timeout: 2s,
                    in_flight: 1024,
                },
            ),
    "#]]
    .assert_eq(&store("", &environment, &[]));
    let variables =
        pairs(&[("FOLDMARK_STORE_PASSWORD_FILE", "/nowhere"), ("FOLDMARK_STORE_PASSWORD", "hush")]);
    let error = load(None, &variables.into_iter().collect(), &[]).unwrap_err().to_string();
    assert!(error.contains("store.password: is given twice, as itself and as a file"), "{error}");
}

#[test]
fn a_cluster_that_is_not_the_store_is_left_alone() {
    let overrides = [("store.kind", "memory")];
    assert_eq!(store(CLUSTER, &[], &overrides), "Memory,\n");
    // Forgetting the kind would put the data into a folder.
    check(
        "[store]\ncontact_points = 'node1'\n",
        &[],
        &[],
        &expect![[r#"
        store.contact_points: is given, but store.kind is not: it must be "cassandra" to keep data there (DIR/foldmark.toml:2)
    "#]],
    );
}

#[test]
fn what_is_wrong_with_a_cluster_is_said_by_key() {
    check(
        "[store]\nkind = 'cassandra'\n",
        &[],
        &[],
        &expect![[r#"
        store.contact_points: is required and missing
    "#]],
    );
    let text = r#"
[store]
kind = "cassandra"
contact_points = ["node1:0", "a b", "node1"]
keyspace = "Foldmark"
local_datacenter = ""
replication = { dc1 = 10 }
create_schema = 1
username = "foldmark"
request_timeout_ms = 2001
in_flight = 0
[store.tls]
key = "client.key"
"#;
    check(
        text,
        &[],
        &[],
        &expect![[r#"
        store.replication: must be from 1 to 9 for dc1 (DIR/foldmark.toml:7)
        store.create_schema: must be true or false, not a number (DIR/foldmark.toml:8)
        store.request_timeout_ms: must be from 100 to 2000, not 2001 (DIR/foldmark.toml:10)
        store.in_flight: must be from 1 to 32768, not 0 (DIR/foldmark.toml:11)
        store.contact_points: must be host or host:port, an IPv6 address with a port in brackets, not "node1:0" (DIR/foldmark.toml:4)
        store.contact_points: must be host or host:port, an IPv6 address with a port in brackets, not "a b" (DIR/foldmark.toml:4)
        store.keyspace: must be lower-case letters, digits and underscores, at most 48, a letter first, not "Foldmark" (DIR/foldmark.toml:5)
        store.local_datacenter: must not be empty (DIR/foldmark.toml:6)
        store.username: needs store.password, which is missing (DIR/foldmark.toml:9)
        store.tls.ca: is required and missing
        store.tls.key: needs store.tls.certificate, which is missing (DIR/foldmark.toml:13)
    "#]],
    );
    let overrides = [
        ("store.kind", "cassandra"),
        ("store.contact_points", ""),
        ("store.consistency", "local_datacenter"),
        ("store.replication", "dc1=3,dc1=2"),
        ("store.password", "hush"),
        ("store.create_schema", "yes"),
    ];
    check(
        "",
        &[],
        &overrides,
        &expect![[r#"
        store.replication: must have each name once, not dc1 twice (command line)
        store.create_schema: must be true or false (command line)
        store.contact_points: must be at least one node (command line)
        store.consistency: needs store.local_datacenter, which is missing (command line)
        store.password: needs store.username, which is missing (command line)
    "#]],
    );
    for (wrong, problem) in [
        ("dc1", "must be pairs such as name=3,other=2"),
        ("=3", "must have names of 1 to 128 bytes without commas and equals signs"),
        ("dc1=", "must be from 1 to 9 for dc1"),
        ("dc1=0", "must be from 1 to 9 for dc1"),
        ("dc1=three", "must be from 1 to 9 for dc1"),
    ] {
        let error = load(None, &BTreeMap::new(), &pairs(&[("store.replication", wrong)])).unwrap_err();
        assert_eq!(error.to_string(), format!("store.replication: {problem} (command line)"));
    }
}

#[test]
fn all_problems_are_reported_at_once() {
    let text = r#"
[server]
listen = ["127.0.0.1:8080", "nowhere", "127.0.0.1:8080"]
cors_origins = "https://a.example/path"
connexions = 5
[server.tls]
certificate = "cert.pem"
listen = "127.0.0.1:9090"
[log]
filter = " "
[store]
map_gib = 2000
[[apps]]
key = "hush"
administrators = []
[[apps]]
sdkappid = 5
[[apps]]
sdkappid = 5
key = "hush"
administrators = ["a", "", "a\u0000b", "ok"]
accounts = "closed"
"#;
    let environment = [
        ("FOLDMARK_SERVER_CONNECTIONS", "0"),
        ("FOLDMARK_STORE_KIND", "mongodb"),
        ("FOLDMARK_SERVER_CONNEXIONS", "5"),
        ("FOLDMARK_APPS_1_LIMITS_GROUPS", "500"),
    ];
    check(
        text,
        &environment,
        &[("log.filtre", "info"), ("log.format", "xml")],
        &expect![[r#"
            server.connexions: is not known; the nearest known name is server.connections (DIR/foldmark.toml:5)
            apps.2.accounts: must be one of: registered, open (DIR/foldmark.toml:22)
            apps.1.limits.groups: must be from 1 to 100, not 500 (FOLDMARK_APPS_1_LIMITS_GROUPS)
            server.connections: must be from 1 to 1000000, not 0 (FOLDMARK_SERVER_CONNECTIONS)
            FOLDMARK_SERVER_CONNEXIONS: is not known; the nearest known name is FOLDMARK_SERVER_CONNECTIONS
            store.kind: must be one of: embedded, memory, cassandra (FOLDMARK_STORE_KIND)
            log.filtre: is not known; the nearest known name is log.filter (command line)
            log.format: must be one of: auto, text, json (command line)
            server.listen: must be host:port, not "nowhere" (DIR/foldmark.toml:3)
            server.listen: 127.0.0.1:8080 is taken by server.listen already (DIR/foldmark.toml:3)
            server.tls.key: is required and missing
            server.cors_origins: must be an origin such as https://console.example, without a path, not "https://a.example/path" (DIR/foldmark.toml:4)
            admin.listen: 127.0.0.1:9090 is taken by server.tls.listen already (default)
            log.filter: must not be empty; `off` logs nothing (DIR/foldmark.toml:10)
            store.map_gib: must be at most store.map_gib_max, 1024, not 2000 (DIR/foldmark.toml:12)
            apps.0.sdkappid: is required and missing
            apps.0.administrators: must be at least one user id (DIR/foldmark.toml:15)
            apps.1.key: is required and missing
            apps.2.administrators: a user id must not be empty (DIR/foldmark.toml:21)
            apps.2.administrators: a user id must not contain control characters (DIR/foldmark.toml:21)
            apps.2.sdkappid: 5 is that of apps.1 already (DIR/foldmark.toml:19)
        "#]],
    );
}

#[test]
fn traces_need_a_receiver_and_a_name() {
    let text = "[trace]\nendpoint = 'http://me:hush@collector'\nsample_percent = 101\nservice_name = ''\n";
    check(
        text,
        &[],
        &[],
        &expect![[r#"
            trace.sample_percent: must be from 0 to 100, not 101 (DIR/foldmark.toml:3)
            trace.endpoint: must be a URL such as http://127.0.0.1:4318, without user name, query or fragment (DIR/foldmark.toml:2)
            trace.service_name: must be 1 to 255 bytes without control characters (DIR/foldmark.toml:4)
        "#]],
    );
    let settings = load(None, &BTreeMap::new(), &[]).unwrap();
    assert_eq!(settings.trace.endpoint, None);
    let overrides = pairs(&[("trace.endpoint", "https://collector.example/otlp/")]);
    let settings = load(None, &BTreeMap::new(), &overrides).unwrap();
    assert_eq!(settings.trace.endpoint.as_deref(), Some("https://collector.example/otlp"));
}

#[test]
fn applications_count_from_zero() {
    check(
        APP,
        &[("FOLDMARK_APPS_2_SDKAPPID", "3")],
        &[],
        &expect![[r#"
        apps.2: needs apps.1: applications count from 0, and that one is missing (FOLDMARK_APPS_2_SDKAPPID)
    "#]],
    );
    check(
        "",
        &[("FOLDMARK_APPS_1000_SDKAPPID", "3")],
        &[],
        &expect![[r#"
        FOLDMARK_APPS_1000_SDKAPPID: is not known; the nearest known name is FOLDMARK_APPS_0_SDKAPPID
    "#]],
    );
    check(
        "[[apps]]\n",
        &[],
        &[],
        &expect![[r#"
        apps.0.sdkappid: is required and missing
        apps.0.key: is required and missing
    "#]],
    );
}

#[test]
fn an_unreadable_file_makes_nothing_missing() {
    let environment = pairs(&[("FOLDMARK_APPS_0_KEY", "hush"), ("FOLDMARK_LOG_FORMAT", "xml")]);
    let error = load(Some(Path::new("/nowhere.toml")), &environment.into_iter().collect(), &[]).unwrap_err();
    expect![[r#"
        /nowhere.toml: cannot be read: No such file or directory (os error 2)
        log.format: must be one of: auto, text, json (FOLDMARK_LOG_FORMAT)"#]]
    .assert_eq(&error.to_string());
    assert_eq!(error.problems().len(), 2);
}
