//! `foldmark bench`.

use std::fs;
use std::path::Path;

use foldmark_client::{AccountStatus, Client, Contact};
use serde_json::Value;
use tempfile::{TempDir, tempdir};

use crate::support::{Ended, KEY, Process, foldmark, run};

/// A running server with one application.
struct Served {
    folder: TempDir,
    url: String,
    client: Client,
    _server: Process,
}

/// The application and the key, and a run of a second on few users.
const SHORT: [&str; 12] = [
    "--sdkappid",
    "1400000000",
    "--key-file",
    "app.key",
    "--seconds",
    "1",
    "--warm-up",
    "0",
    "--clients",
    "4",
    "--users",
    "20",
];

impl Served {
    fn start() -> Served {
        let folder = tempdir().unwrap();
        fs::write(folder.path().join("app.key"), KEY).unwrap();
        fs::write(folder.path().join("wrong.key"), "wrong").unwrap();
        let config = "[server]\nlisten = [\"127.0.0.1:0\"]\n[admin]\nlisten = \"off\"\n\
             [[apps]]\nsdkappid = 1400000000\nkey_file = \"app.key\"\n[apps.limits]\ncalls_per_second = 0\n";
        fs::write(folder.path().join("foldmark.toml"), config).unwrap();
        let server = Process::start(&mut foldmark(folder.path(), &["serve", "--config", "foldmark.toml"]));
        let url = server.stderr.url();
        let client = Client::builder(&url, 1_400_000_000).key(KEY).build().unwrap();
        Served { folder, url, client, _server: server }
    }

    fn bench(&self, more: &[&str]) -> Ended {
        run(self.folder.path(), &[&["bench", "--url", &self.url], &SHORT[..], more].concat())
    }

    /// The revisions of all users, added up.
    async fn revisions(&self) -> u64 {
        let mut sum = 0;
        for user in 0..20 {
            let page = self.client.get_contact_group(&format!("bench_{user:07}"), 0).await.unwrap();
            sum += page.revision.unwrap();
        }
        sum
    }

    /// How many of the users with this prefix are there.
    async fn users(&self, prefix: &str) -> usize {
        let names: Vec<String> = (0..20).map(|number| format!("{prefix}{number:07}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let checked = self.client.account_check(&names).await.unwrap().value;
        checked.results.iter().filter(|result| result.status == AccountStatus::Imported).count()
    }
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// The report of a run in which nothing failed.
fn report(ended: &Ended) -> Value {
    assert_eq!((ended.status, ended.stderr.as_str()), (0, ""), "{}", ended.stdout);
    let report: Value = serde_json::from_str(&ended.stdout).unwrap();
    for kind in report["kinds"].as_object().unwrap().values() {
        assert_eq!((number(&kind["failed"]), &kind["failures"]), (0, &serde_json::json!({})));
        assert_eq!(kind["requests"], kind["succeeded"]);
        let buckets = kind["buckets"].as_array().unwrap();
        assert_eq!(
            buckets.iter().map(|bucket| number(&bucket["count"])).sum::<u64>(),
            number(&kind["requests"])
        );
        let percentiles = ["p50_us", "p90_us", "p99_us", "p99_9_us", "max_us"];
        let latencies = percentiles.map(|name| kind[name].as_f64().unwrap());
        assert!(latencies[0] > 0.0 && latencies.is_sorted(), "{latencies:?}");
    }
    report
}

#[tokio::test]
async fn counts_add_up_and_the_users_are_removed() {
    let served = Served::start();
    let report = report(&served.bench(&["--json", "-", "--csv", "bench.csv", "--remove"]));
    let kinds = &report["kinds"];
    let count = |kind: &str| number(&kinds[kind]["requests"]);
    assert!(count("mark") > 0 && count("search") > count("mark"));
    assert_eq!(count("all"), count("search") + count("mark"));
    assert_eq!((&report["settings"]["clients"], &report["unsent"]), (&4.into(), &0.into()));
    assert!(report["generator_processor_share"].as_f64().unwrap() > 0.0);
    let csv = fs::read_to_string(served.folder.path().join("bench.csv")).unwrap();
    assert_eq!(csv.lines().count(), 1 + 3 * 5);
    let all = format!("all,{},0,", count("all"));
    assert_eq!(csv.lines().filter(|line| line.starts_with(&all)).count(), 5);
    assert_eq!(served.users("bench_").await, 0);
}

#[tokio::test]
async fn users_of_an_earlier_run_are_used_only_if_that_is_asked_for() {
    let served = Served::start();
    let missing = served.bench(&["--prepared"]);
    assert_eq!(missing.status, 1);
    assert!(missing.stderr.contains(" is not as a run of bench leaves a user"), "{}", missing.stderr);

    let searches = served.bench(&["--work", "search", "--rate", "200", "--json", "-"]);
    let searches = report(&searches);
    assert_eq!(number(&searches["kinds"]["search"]["requests"]) + number(&searches["unsent"]), 200);
    assert_eq!(searches["latencies_from"], "scheduled");
    assert_eq!(served.users("bench_").await, 20);

    let again = served.bench(&[]);
    assert_eq!((again.status, again.stdout.as_str()), (1, ""));
    assert!(again.stderr.contains("is there already and is left alone"), "{}", again.stderr);

    // Each mark is one commit, and so raises one revision by one.
    let before = served.revisions().await;
    let marks = report(&served.bench(&["--work", "mark", "--prepared", "--json", "-"]));
    assert!(number(&marks["kinds"]["mark"]["requests"]) > 0);
    assert_eq!(number(&marks["kinds"]["mark"]["requests"]), served.revisions().await - before);
    let kept = served.client.get_contact_group("bench_0000007", 0).await.unwrap().value;
    assert_eq!((kept.contacts.len(), kept.groups.len()), (10, 2));

    let text = served.bench(&["--prepared", "--remove"]);
    assert_eq!(text.status, 0, "{}", text.stderr);
    assert!(text.stdout.contains("\nsearch, requests by latency\n"), "{}", text.stdout);
    assert_eq!(served.users("bench_").await, 0);
}

#[tokio::test]
async fn others_are_not_touched() {
    let served = Served::start();
    let client = &served.client;
    for name in ["user_0000003", "friend"] {
        client.account_import(name).await.unwrap();
    }
    client.create_contact_group("user_0000003", "work", &[Contact::User("friend".into())]).await.unwrap();
    let before = client.get_contact_group("user_0000003", 0).await.unwrap();
    for more in [&["--prefix", "user_", "--remove"][..], &["--prefix", "user_", "--prepared", "--remove"]] {
        let refused = served.bench(more);
        assert_eq!((refused.status, refused.stdout.as_str()), (1, ""));
        assert!(refused.stderr.contains("user_000000"), "{}", refused.stderr);
    }
    assert_eq!(client.get_contact_group("user_0000003", 0).await.unwrap(), before);
    assert_eq!(served.users("user_").await, 1);
    let wrong = served.bench(&["--prefix", "a user"]);
    assert_eq!(wrong.status, 2);
}

#[test]
fn a_wrong_key_is_named_by_its_code() {
    let served = Served::start();
    let args = ["bench", "--url", &served.url, "--sdkappid", "1400000000", "--key-file", "wrong.key"];
    let refused = run(served.folder.path(), &args);
    assert_eq!((refused.status, refused.stdout.as_str()), (1, ""));
    assert!(refused.stderr.ends_with("(70009)\n"), "{}", refused.stderr);
}

#[tokio::test]
async fn a_stop_still_reports_and_removes() {
    let served = Served::start();
    let more = ["--seconds", "600", "--json", "bench.json", "--remove"];
    let short: Vec<&str> = SHORT.into_iter().filter(|word| !["--seconds", "1"].contains(word)).collect();
    let args = [&["bench", "--url", &served.url], &short[..], &more].concat();
    let mut bench = Process::start(&mut foldmark(served.folder.path(), &args));
    while served.client.get_contact_group("bench_0000019", 0).await.is_err() {}
    // Three commits prepare each of the twenty; only the load goes on changing them.
    while served.revisions().await <= 80 {}
    assert_eq!(bench.end("INT").code(), Some(0));
    assert!(bench.stdout.rest().contains("warning: the run was stopped before its end"));
    let report = fs::read_to_string(served.folder.path().join("bench.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["stopped"], true);
    assert!(report["elapsed_s"].as_f64().unwrap() < 60.0);
    assert_eq!(served.users("bench_").await, 0);
}

#[test]
fn failures_under_load_are_counted_by_code() {
    let served = Served::start();
    let limited = Limited::start(served.folder.path());
    let args = ["bench", "--url", &limited.url];
    let ended = run(served.folder.path(), &[&args[..], &SHORT, &["--rate", "400", "--json", "-"]].concat());
    assert_eq!(ended.status, 1, "{}", ended.stderr);
    let report: Value = serde_json::from_str(&ended.stdout).unwrap();
    let all = &report["kinds"]["all"];
    assert!(number(&all["failures"]["60007"]) > 0, "{all}");
    assert_eq!(all["failed"], all["failures"]["60007"]);
    assert_eq!(number(&all["succeeded"]) + number(&all["failed"]), number(&all["requests"]));
    let told = format!("foldmark: {} of {} requests failed\n", all["failed"], all["requests"]);
    assert_eq!(ended.stderr, told);
}

/// A server that allows few calls a second.
struct Limited {
    url: String,
    _server: Process,
}

impl Limited {
    fn start(folder: &Path) -> Limited {
        let limits = ["--set", "apps.0.limits.calls_per_second=100", "--set", "store.path=limited"];
        let args = [&["serve", "--config", "foldmark.toml"], &limits[..]].concat();
        let server = Process::start(&mut foldmark(folder, &args));
        Limited { url: server.stderr.url(), _server: server }
    }
}

#[test]
fn https_with_a_certificate_of_ones_own() {
    let folder = tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    fs::write(folder.path().join("cert.pem"), made.cert.pem()).unwrap();
    fs::write(folder.path().join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    fs::write(folder.path().join("app.key"), KEY).unwrap();
    let config = "[server]\nlisten = [\"127.0.0.1:0\"]\n[server.tls]\ncertificate = \"cert.pem\"\nkey = \"key.pem\"\n\
         [admin]\nlisten = \"off\"\n[[apps]]\nsdkappid = 1400000000\nkey_file = \"app.key\"\n[apps.limits]\ncalls_per_second = 0\n";
    fs::write(folder.path().join("foldmark.toml"), config).unwrap();
    let server = Process::start(&mut foldmark(folder.path(), &["serve", "--config", "foldmark.toml"]));
    let url = server.stderr.url();
    assert!(url.starts_with("https://"), "{url}");
    let args = [&["bench", "--url", &url], &SHORT[..], &["--ca", "cert.pem", "--json", "-"]].concat();
    let report = report(&run(folder.path(), &args));
    assert!(number(&report["kinds"]["all"]["requests"]) > 0);
}
