//! How many calls a server takes in a second.

use std::time::Duration;

use crate::support::Fixture;
use crate::watcher::Watch;

#[tokio::test]
async fn call_rates_are_kept_by_call() {
    let fixture = Fixture::with("accounts = \"open\"\n[apps.limits]\ncalls_per_second = 0\n[apps.limits.calls]\nget_contact_group = 3").await;
    let get = r#"{"From_Account":"u"}"#;
    let mark = r#"{"From_Account":"u","MarkItem":[{"OptType":1,"SetMark":[0],"ContactItem":{"Type":1,"To_Account":"p"}}]}"#;
    for _ in 0..3 {
        fixture.call("recentcontact/get_contact_group", get).await.ok();
    }
    fixture.call("recentcontact/get_contact_group", get).await.refused(60007, "get_contact_group");
    for _ in 0..300 {
        fixture.call("recentcontact/mark_contact", mark).await.ok();
    }
    fixture.clock.advance(Duration::from_secs(1));
    fixture.call("recentcontact/get_contact_group", get).await.ok();
    fixture.stop().await;
}

#[tokio::test]
async fn watches_that_begin_take_nothing_from_calls() {
    let fixture = Fixture::with("accounts = \"open\"\n[apps.limits.calls]\nget_changes = 3").await;
    let get = r#"{"From_Account":"u"}"#;
    let query = format!("{}&From_Account=u", fixture.query());
    for _ in 0..2 {
        for _ in 0..3 {
            Watch::open(&fixture, &query, None).await.unwrap();
        }
        assert_eq!(Watch::open(&fixture, &query, None).await.err().unwrap()["ErrorCode"], 60007);
        for _ in 0..3 {
            fixture.call("foldmark/get_changes", get).await.ok();
        }
        fixture.call("foldmark/get_changes", get).await.refused(60007, "get_changes");
        fixture.clock.advance(Duration::from_secs(1));
    }
    fixture.stop().await;
}

#[tokio::test]
async fn the_documented_rates_are_the_default() {
    let fixture = Fixture::with("accounts = \"open\"").await;
    let get = r#"{"From_Account":"u"}"#;
    for _ in 0..200 {
        fixture.call("recentcontact/get_contact_group", get).await.ok();
    }
    fixture.call("recentcontact/get_contact_group", get).await.refused(60007, "too many");
    fixture.stop().await;
}
