//! What operators do with dead letters stands in the audit log, however they do it.

use foldmark_server::config::{AuditSettings, OnAuditError};
use http::{Method, Request, header};
use serde_json::{Value, json};

use crate::browser::{ADMIN, Browser, VIEWER, settings_of_console};
use crate::receiver::Receiver;
use crate::support::{APP, Fixture};
use crate::watcher::mark;

const PAGE: &str = "apps/1400000000/webhooks";

#[tokio::test]
async fn whatever_is_done_about_a_dead_letter_leaves_a_line_and_nothing_else_does() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::start(None).await;
    let app = format!("accounts = \"open\"\n{}\ngive_up_seconds = 60\n", receiver.config());
    let mut settings = settings_of_console(folder.path(), &app);
    let path = folder.path().join("audit.log");
    settings.audit = Some(AuditSettings {
        path: path.clone(),
        max_bytes: 1 << 20,
        keep: 1,
        sync: true,
        on_error: OnAuditError::Refuse,
    });
    let fixture = Fixture::start(&settings).await;
    receiver.with(|received| received.refused.extend(["a", "b", "c"].map(str::to_owned)));
    for user in ["a", "b", "c"] {
        mark(&fixture, user, "x", "1").await;
    }
    mark(&fixture, "a", "x", "2").await;
    letters(&fixture, &receiver, 3).await;
    let lines = || -> Vec<Value> {
        let text = std::fs::read_to_string(&path).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        lines.filter(|line: &Value| line["changed"]["dead_letter"].is_string()).collect()
    };

    for (token, path, status) in [
        (VIEWER, "again?sdkappid=1400000000", 401),
        ("nobody's", "forget?sdkappid=1400000000", 401),
        (ADMIN, "forget?sdkappid=7", 404),
        (ADMIN, "forget?sdkappid=1400000000&from_account=nobody", 200),
    ] {
        assert_eq!(act(&fixture, token, path).await.0, status, "{path}");
    }
    let viewer = Browser::signed_in(&fixture, VIEWER).await;
    viewer.post_from(PAGE, PAGE, &[("of", "all"), ("do", "forget")]).await;
    assert_eq!(lines(), [json!(null); 0], "nothing was done");

    let again = act(&fixture, ADMIN, "again?sdkappid=1400000000&from_account=a").await;
    assert_eq!(again, (200, "{\"Count\":1}".to_owned()));
    let line = |call: &str, user: &str, revision: u64, what: &str| {
        json!({ "time": "", "sdkappid": APP, "identifier": null, "address": "127.0.0.1", "request_id": "r-1",
            "call": call, "user": user, "code": 0, "revision": revision, "changed": { "dead_letter": what } })
    };
    assert_eq!(without_time(lines()), [line("webhooks/again", "a", 2, "told again")]);
    letters(&fixture, &receiver, 3).await;

    let admin = Browser::signed_in(&fixture, ADMIN).await;
    admin.post_from(PAGE, PAGE, &[("user", "b"), ("do", "forget")]).await;
    let mut by_console = line("webhooks/forget", "b", 1, "forgotten");
    (by_console["console"], by_console["request_id"]) = (json!("admin"), Value::Null);
    assert_eq!(without_time(lines())[1..], [by_console]);

    let all = act(&fixture, ADMIN, "forget?sdkappid=1400000000").await;
    assert_eq!(all, (200, "{\"Count\":2}".to_owned()));
    let of_all = [line("webhooks/forget", "a", 2, "forgotten"), line("webhooks/forget", "c", 1, "forgotten")];
    assert_eq!(without_time(lines())[2..], of_all);
    letters(&fixture, &receiver, 0).await;
    fixture.stop().await;
}

/// Has an operator do something, and gives the status and the text of the answer.
async fn act(fixture: &Fixture, token: &str, what: &str) -> (u16, String) {
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("http://{}/v1/webhooks/{what}", fixture.admin()))
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header("x-request-id", "r-1")
        .body(Vec::new().into())
        .unwrap();
    let answer = fixture.exchange(request).await;
    (answer.status.as_u16(), answer.text)
}

/// Moves the clock until the console lists so many dead letters. Meanwhile others are told.
async fn letters(fixture: &Fixture, receiver: &Receiver, count: usize) {
    let admin = Browser::signed_in(fixture, ADMIN).await;
    for _ in 0..400 {
        let shown = admin.get(PAGE).await;
        if shown.html.matches("name=\"user\"").count() == count {
            return;
        }
        fixture.clock.advance(std::time::Duration::from_secs(20));
        receiver.takes_another(fixture).await;
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("there are not {count} dead letters: {}", admin.get(PAGE).await.html);
}

fn without_time(lines: Vec<Value>) -> Vec<Value> {
    let without = |mut line: Value| {
        assert!(line["time"].as_str().is_some_and(|time| time.starts_with("2026-04-03T")), "{line}");
        line["time"] = json!("");
        line
    };
    lines.into_iter().map(without).collect()
}
