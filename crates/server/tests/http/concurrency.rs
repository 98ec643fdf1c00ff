//! Many clients at once.

use std::collections::BTreeSet;

use foldmark_harness::quick_folder;
use futures_util::future::join_all;

use crate::place::CLIENTS;
use crate::support::{Fixture, settings_in};

const APP: &str = "accounts = \"open\"\n[apps.limits]\ncalls_per_second = 0";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_clients_of_one_user_all_succeed() {
    let folder = quick_folder().unwrap();
    let fixture = Fixture::start(&settings_in(folder.path(), APP)).await;
    let calls = (0..CLIENTS).map(|client| {
        let fixture = &fixture;
        async move {
            let mut revisions = Vec::new();
            for n in 0..8 {
                let body = format!(r#"{{"From_Account":"u","MarkItem":[{{"OptType":1,"SetMark":[{n}],"ContactItem":{{"Type":1,"To_Account":"peer{client}"}}}}]}}"#);
                let answer = fixture.call("recentcontact/mark_contact", &body).await;
                assert_eq!(answer.ok()["ResultItem"][0]["ResultCode"], 0);
                revisions.push(answer.revision().unwrap());
            }
            assert!(revisions.is_sorted(), "what one client sees goes forward");
            revisions
        }
    });
    let revisions: BTreeSet<_> = join_all(calls).await.into_iter().flatten().collect();
    assert_eq!(revisions, (1..=8 * CLIENTS as u64).collect(), "each call made a revision of its own");
    let page = fixture.call("recentcontact/get_contact_group", r#"{"From_Account":"u"}"#).await.ok();
    let records = page["ContactItem"].as_array().unwrap();
    assert_eq!(records.len(), CLIENTS);
    assert!(records.iter().all(|record| record["StandardMark"] == "11111111"));
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_full_user_takes_exactly_as_many_as_there_is_room_for() {
    let room = CLIENTS / 3;
    let app = format!("{APP}\nmarked_conversations = {room}");
    let folder = quick_folder().unwrap();
    let fixture = Fixture::start(&settings_in(folder.path(), &app)).await;
    let calls = (0..CLIENTS).map(|client| {
        let fixture = &fixture;
        async move {
            let body = format!(r#"{{"From_Account":"u","MarkItem":[{{"OptType":2,"CustomMark":"m","ContactItem":{{"Type":1,"To_Account":"peer{client}"}}}}]}}"#);
            fixture.call("recentcontact/mark_contact", &body).await.ok()["ResultItem"][0]["ResultCode"].as_i64().unwrap()
        }
    });
    let codes = join_all(calls).await;
    assert_eq!(codes.iter().filter(|code| **code == 0).count(), room);
    assert_eq!(codes.iter().filter(|code| **code == 51008).count(), CLIENTS - room);
    fixture.stop().await;
}
