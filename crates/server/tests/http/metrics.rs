//! What the operators' listener tells of the server, to anyone.

use std::collections::BTreeMap;
use std::time::Duration;

use http::{Request, StatusCode};

use crate::receiver::Receiver;
use crate::support::{Answer, Fixture, settings_in, settings_in_memory};
use crate::watcher::mark;

async fn metrics(fixture: &Fixture) -> Answer {
    let uri = format!("http://{}/metrics", fixture.admin());
    let answer = fixture.exchange(Request::get(uri).body(Default::default()).unwrap()).await;
    assert_eq!(answer.status, 200);
    answer
}

/// The samples by name and labels.
fn samples(answer: &Answer) -> BTreeMap<String, f64> {
    let lines = answer.text.lines().filter(|line| !line.starts_with('#'));
    let samples = lines.map(|line| {
        let (name, value) = line.rsplit_once(' ').unwrap();
        (name.to_owned(), value.parse().unwrap())
    });
    samples.collect()
}

#[tokio::test]
async fn calls_are_counted_by_name_and_code_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let fixture = Fixture::start(&settings_in(folder.path(), "[apps.limits]\ngroups = 1")).await;
    fixture.sample_peers().await;
    let create = |name: &str| {
        format!(r#"{{"From_Account":"user_0001","GroupContactItem":[{{"GroupName":"{name}"}}]}}"#)
    };
    fixture.call("recentcontact/create_contact_group", &create("a")).await.ok();
    fixture.call("recentcontact/create_contact_group", &create("b")).await.refused(51010, "at most 1");
    fixture.call("recentcontact/create_contact_group", "[]").await.refused(60003, "");
    fixture.call("recentcontact/strange", "{}").await.refused(60009, "path");
    fixture
        .call_with("recentcontact/get_contact_group", "sdkappid=7&identifier=a&usersig=b&random=1", "{}")
        .await;

    let answer = metrics(&fixture).await;
    assert!(answer.headers["content-type"].to_str().unwrap().starts_with("application/openmetrics-text"));
    assert!(answer.text.ends_with("# EOF\n"));
    for secret in ["user_0001", "1400000000", "a\"", "administrator"] {
        let labels = answer.text.lines().filter(|line| !line.starts_with('#'));
        assert!(labels.clone().all(|line| !line.contains(&format!("\"{secret}"))), "{secret} is no label");
    }
    let samples = samples(&answer);
    let requests = |call: &str, code: i32| {
        samples
            .get(&format!(r#"foldmark_requests_total{{call="{call}",code="{code}"}}"#))
            .copied()
            .unwrap_or(0.0)
    };
    assert_eq!(requests("create_contact_group", 0), 1.0);
    assert_eq!(requests("create_contact_group", 51010), 1.0);
    assert_eq!(requests("create_contact_group", 60003), 1.0);
    assert_eq!(requests("account_import", 0), 2.0);
    assert_eq!(requests("none", 60009), 1.0);
    assert_eq!(requests("get_contact_group", 60006), 0.0);
    assert_eq!(samples[r#"foldmark_limit_hits_total{call="create_contact_group",code="51010"}"#], 1.0);
    let count = r#"foldmark_request_duration_seconds_count{call="create_contact_group"}"#;
    assert_eq!(samples[count], 3.0);
    let bytes = r#"foldmark_request_bytes_sum{call="create_contact_group"}"#;
    assert_eq!(samples[bytes], (2 * create("a").len() + 2) as f64);

    // Two accounts, a chat group, a contact group: each was alone.
    assert_eq!(samples["foldmark_commit_batch_commits_sum"], 4.0);
    assert_eq!(samples["foldmark_store_sync_seconds_count"], 4.0);
    assert!(samples["foldmark_store_bytes"] > 0.0);
    assert_eq!(samples["foldmark_store_map_bytes"], (64_u64 << 30) as f64);
    assert_eq!(samples["foldmark_store_ready"], 1.0);
    assert_eq!(samples["foldmark_store_queue_depth"], 0.0);
    assert_eq!(samples["foldmark_requests_in_flight"], 0.0);
    assert_eq!(samples["foldmark_body_memory_bytes"], 0.0);
    assert!(samples["foldmark_connections"] >= 1.0);
    assert!(samples["process_resident_memory_bytes"] > 0.0);
    let build =
        concat!(r#"foldmark_build_info{version=""#, env!("CARGO_PKG_VERSION"), r#"",store="embedded"}"#);
    assert_eq!(samples[build], 1.0);
    fixture.stop().await;
}

#[tokio::test]
async fn nobody_can_make_the_figures_grow() {
    let fixture = Fixture::with("accounts = \"open\"").await;
    fixture.call("recentcontact/get_contact_group", r#"{"From_Account":"u"}"#).await.ok();
    fixture.call("recentcontact/none_0", "{}").await.refused(60009, "");
    let before = samples(&metrics(&fixture).await).len();
    for number in 1..20 {
        fixture.call(&format!("recentcontact/none_{number}"), "{}").await.refused(60009, "");
        let body = format!(r#"{{"From_Account":"u{number}"}}"#);
        fixture.call("recentcontact/get_contact_group", &body).await.ok();
    }
    assert_eq!(samples(&metrics(&fixture).await).len(), before);
    fixture.stop().await;
}

#[tokio::test]
async fn a_server_that_leaves_is_not_ready_and_still_serves() {
    let fixture = Fixture::with("accounts = \"open\"").await;
    assert_eq!(fixture.ready().await, [200]);
    fixture.leave().await;
    assert_eq!(fixture.ready().await, [503]);
    assert_eq!(samples(&metrics(&fixture).await)["foldmark_store_ready"], 0.0);
    fixture.call("recentcontact/get_contact_group", r#"{"From_Account":"u"}"#).await.ok();
    fixture.stop().await;
}

#[tokio::test]
async fn webhooks_are_counted_of_all_applications_together() {
    let receiver = Receiver::start(None).await;
    let settings =
        settings_in_memory(&format!("accounts = \"open\"\n{}\ngive_up_seconds = 600", receiver.config()));
    let fixture = Fixture::start(&settings).await;
    let of_webhooks = async || {
        let samples = samples(&metrics(&fixture).await);
        [
            "events_total",
            "failures_total",
            "given_up_total",
            "waiting_users",
            "dead_letters",
            "receivers_failing",
            "failing_seconds",
        ]
        .map(|name| samples[&format!("foldmark_webhook_{name}")])
    };
    assert_eq!(of_webhooks().await, [0.0; 7], "they are there from the start");
    receiver.with(|received| received.answers.push_back(StatusCode::SERVICE_UNAVAILABLE));
    mark(&fixture, "alice", "bob", "1").await;
    let until = async |is_so: &dyn Fn([f64; 7]) -> bool, step: u64| {
        for _ in 0..400 {
            let now = of_webhooks().await;
            if is_so(now) {
                return now;
            }
            fixture.clock.advance(Duration::from_secs(step));
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("{:?}", of_webhooks().await);
    };
    let failing = until(&|now| now[5] == 1.0, 0).await;
    assert_eq!(failing, [0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0]);
    receiver.with(|received| received.answers.extend([StatusCode::SERVICE_UNAVAILABLE; 2]));
    let longer = until(&|now| now[1] == 3.0, 1).await;
    assert!(longer[5] == 1.0 && longer[6] >= 3.0, "{longer:?}");
    let well = until(&|now| now[0] == 1.0, 1).await;
    assert_eq!((well[5], well[6]), (0.0, 0.0));
    receiver.with(|received| received.refused.insert("eve".to_owned()));
    mark(&fixture, "eve", "bob", "1").await;
    for _ in 0..400 {
        if of_webhooks().await[2] == 1.0 {
            break;
        }
        receiver.takes_another(&fixture).await;
        fixture.clock.advance(Duration::from_secs(40));
    }
    let taken = receiver.with(|received| received.taken.len()) as f64;
    let after = until(&|now| now[0] == taken && now[3] == 0.0, 0).await;
    assert_eq!((after[2], after[4], after[5], after[6]), (1.0, 1.0, 0.0, 0.0));
    fixture.stop().await;
}
