//! Following changes as they happen.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use foldmark_server::config::{Secret, Settings};
use foldmark_server::{Beside, Loader};
use http::Request;
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::json;

use crate::support::{APP, Fixture, KEY, query, settings_in_memory, usersig};
use crate::watcher::{Watch, mark, peers};

async fn start(app: &str) -> Fixture {
    Fixture::start(&settings_in_memory(&format!("accounts = \"open\"\n{app}"))).await
}

#[tokio::test]
async fn whoever_watches_is_told_all_and_then_each_change() {
    let fixture = start("").await;
    mark(&fixture, "alice", "bob", "1").await;
    let mut watch = Watch::of(&fixture, "alice").await;
    let first = watch.changes().await;
    assert_eq!((peers(&first), &first.data["Reset"]), (vec!["bob"], &json!(true)));
    mark(&fixture, "carol", "x", "not alice's").await;
    mark(&fixture, "alice", "dave", "2").await;
    let second = watch.changes().await;
    assert_eq!((peers(&second), &second.data["Reset"]), (vec!["dave"], &json!(false)));
    assert_eq!(second.data["Revision"], 2);
    assert_eq!(second.id, second.data["Cursor"].as_str().unwrap());
    mark(&fixture, "alice", "dave", "").await;
    let third = watch.changes().await;
    assert_eq!(third.data["RemovedItem"], json!([{ "Type": 1, "To_Account": "dave" }]));
    fixture.stop().await;
}

#[tokio::test]
async fn a_watch_and_its_refusal_have_the_name_of_their_request() {
    let fixture = start("").await;
    let client = Client::builder(TokioExecutor::new()).build_http();
    for query in [format!("{}&From_Account=alice", fixture.query()), "sdkappid=0".to_owned()] {
        let uri = format!("http://{}/v4/foldmark/watch?{query}", fixture.address());
        let request = || Request::get(&uri);
        for (request, given) in [(request().header("x-request-id", "mine-1"), true), (request(), false)] {
            let answer = client.request(request.body(Full::<Bytes>::default()).unwrap()).await.unwrap();
            let name = answer.headers()["x-request-id"].to_str().unwrap();
            assert_eq!(name == "mine-1", given, "{name}");
            assert!(!name.is_empty());
        }
    }
    fixture.stop().await;
}

#[tokio::test]
async fn whoever_comes_back_goes_on_where_he_was() {
    let fixture = start("").await;
    mark(&fixture, "alice", "bob", "1").await;
    let mut watch = Watch::of(&fixture, "alice").await;
    let id = watch.changes().await.id;
    drop(watch);
    mark(&fixture, "alice", "carol", "2").await;
    let query = format!("{}&From_Account=alice", fixture.query());
    let mut watch = Watch::open(&fixture, &query, Some(&id)).await.unwrap();
    let event = watch.changes().await;
    assert_eq!((peers(&event), &event.data["Reset"]), (vec!["carol"], &json!(false)));
    let query = format!("{query}&Cursor={id}");
    let mut watch = Watch::open(&fixture, &query, None).await.unwrap();
    assert_eq!(peers(&watch.changes().await), ["carol"]);
    // A place that nobody knows is a new beginning.
    let mut watch = Watch::open(&fixture, &query, Some("somewhere")).await.unwrap();
    let event = watch.changes().await;
    assert_eq!((peers(&event), &event.data["Reset"]), (vec!["bob", "carol"], &json!(true)));
    fixture.stop().await;
}

#[tokio::test]
async fn the_url_of_a_watch_is_read_as_that_of_a_call() {
    let fixture = start("end_users = true").await;
    mark(&fixture, "a+b", "plus", "1").await;
    mark(&fixture, "a b", "space", "1").await;
    for (identifier, user, peer) in
        [("a+b", "a+b", "plus"), ("a%2Bb", "a+b", "plus"), ("a%20b", "a b", "space")]
    {
        let query = query(APP, identifier, &usersig(user, KEY, fixture.clock.unix_seconds()));
        let mut watch =
            Watch::open(&fixture, &format!("{query}&From_Account={identifier}"), None).await.unwrap();
        assert_eq!(peers(&watch.changes().await), [peer]);
    }
    let query = format!("{}&From_Account=a%zz", fixture.query());
    let refused = Watch::open(&fixture, &query, None).await.err().unwrap();
    assert_eq!(refused["ErrorCode"], 60_002);
    // Nobody is to believe himself guarded who is not.
    for guard in ["if_revision=1", "idempotency_key=k"] {
        let query = format!("{}&From_Account=a&{guard}", fixture.query());
        let refused = Watch::open(&fixture, &query, None).await.err().unwrap();
        assert_eq!(refused["ErrorCode"], 60_025, "{refused}");
    }
    fixture.stop().await;
}

#[tokio::test]
async fn many_watchers_of_a_busy_user_all_end_at_what_he_keeps() {
    let fixture = Arc::new(start("").await);
    let writes = async {
        for number in 0..60 {
            let peer = format!("peer{}", number % 7);
            let custom = if number % 3 == 0 { String::new() } else { number.to_string() };
            mark(&fixture, "alice", &peer, &custom).await;
        }
        mark(&fixture, "alice", "last", "end").await;
    };
    let follow = async || {
        let mut watch = Watch::of(&fixture, "alice").await;
        let mut kept = BTreeMap::new();
        loop {
            let event = watch.changes().await;
            if event.data["Reset"] == true {
                kept.clear();
            }
            for item in event.data["ContactItem"].as_array().unwrap() {
                kept.insert(item["To_Account"].as_str().unwrap().to_owned(), item["CustomMark"].clone());
            }
            for item in event.data["RemovedItem"].as_array().unwrap() {
                kept.remove(item["To_Account"].as_str().unwrap());
            }
            if kept.contains_key("last") {
                return kept;
            }
        }
    };
    let (one, two, three, ()) = tokio::join!(follow(), follow(), follow(), writes);
    let reply = fixture.call("recentcontact/get_contact_group", r#"{"From_Account":"alice"}"#).await.ok();
    let records = reply["ContactItem"].as_array().unwrap().iter();
    let kept: BTreeMap<_, _> = records
        .map(|item| (item["To_Account"].as_str().unwrap().to_owned(), item["CustomMark"].clone()))
        .collect();
    for followed in [one, two, three] {
        assert_eq!(followed, kept);
    }
    Arc::into_inner(fixture).unwrap().stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_changes_while_a_watcher_reads_is_told_too() {
    let fixture = start("[apps.limits]\ncalls_per_second = 0").await;
    let mut watch = Watch::of(&fixture, "alice").await;
    watch.changes().await;
    for round in 0..300 {
        let text = round.to_string();
        let one = mark(&fixture, "alice", "one", &text);
        let two = mark(&fixture, "alice", "two", &text);
        let three = mark(&fixture, "alice", "three", &text);
        let told = async {
            let mut told = BTreeSet::new();
            while told.len() < 3 {
                let event = watch.changes().await;
                for item in event.data["ContactItem"].as_array().unwrap() {
                    assert_eq!(item["CustomMark"], text.as_str(), "nothing is told twice");
                    told.insert(item["To_Account"].as_str().unwrap().to_owned());
                }
            }
        };
        tokio::join!(one, two, three, told);
    }
    fixture.stop().await;
}

#[tokio::test]
async fn end_users_watch_themselves_alone_and_only_where_they_may() {
    let own = |fixture: &Fixture, identifier: &str| {
        query(APP, identifier, &usersig(identifier, KEY, fixture.clock.unix_seconds()))
    };
    let closed = start("").await;
    let asked = format!("{}&From_Account=alice", own(&closed, "alice"));
    assert_eq!(Watch::open(&closed, &asked, None).await.err().unwrap()["ErrorCode"], 50003);
    closed.stop().await;

    let mut settings = settings_in_memory("accounts = \"open\"\nend_users = true");
    settings.server.cors_origins = vec!["https://chat.example".to_owned()];
    let fixture = Fixture::start(&settings).await;
    let alice = own(&fixture, "alice");
    let mut watch = Watch::open(&fixture, &format!("{alice}&From_Account=alice"), None).await.unwrap();
    watch.changes().await;
    for (query, code) in [
        (format!("{alice}&From_Account=bob"), 50003),
        (alice.clone(), 50003),
        (format!("{alice}&From_Account=bob&From_Account=alice"), 50003),
        (format!("{alice}&from_account=alice"), 50003),
        (format!("{alice}&From_Account="), 50002),
        (format!("{}&From_Account=alice", query(APP, "alice", "forged")), 70003),
        (format!("{}&From_Account=alice", query(APP, "alice", "")), 70002),
    ] {
        let refusal = Watch::open(&fixture, &query, None).await.err().expect(&query);
        assert_eq!(refusal["ErrorCode"], code, "{query}: {refusal}");
    }
    for (origin, may) in [("https://chat.example", true), ("https://evil.example", false)] {
        let uri = format!("http://{}/v4/foldmark/watch?{alice}&From_Account=alice", fixture.address());
        let client = Client::builder(TokioExecutor::new()).build_http();
        let request = Request::get(uri).header("origin", origin).body(Full::<Bytes>::default()).unwrap();
        let response = client.request(request).await.unwrap();
        assert_eq!(response.headers()["content-type"] == "text/event-stream", may, "{origin}");
        assert_eq!(response.headers().contains_key("access-control-allow-origin"), may, "{origin}");
    }
    let post = fixture.call_with("foldmark/watch", &format!("{alice}&From_Account=alice"), "{}").await;
    assert_eq!(post.code(), 60002);
    fixture.stop().await;
}

#[tokio::test]
async fn a_watch_ends_with_its_usersig_and_with_its_key() {
    let settings = settings_in_memory("accounts = \"open\"");
    let current: Arc<Mutex<Settings>> = Arc::new(Mutex::new(settings.clone()));
    let loader: Loader = {
        let current = Arc::clone(&current);
        Box::new(move || Ok(current.lock().unwrap().clone()))
    };
    let beside = Beside { loader: Some(loader), ..Beside::default() };
    let fixture = Fixture::start_beside(&settings, beside).await;
    let mut watch = Watch::of(&fixture, "alice").await;
    watch.changes().await;
    fixture.clock.advance(Duration::from_secs(86_401));
    mark(&fixture, "alice", "bob", "1").await;
    let end = watch.next().await.unwrap();
    assert_eq!((end.name.as_str(), &end.data["ErrorCode"]), ("end", &json!(70001)), "{end:?}");
    assert!(watch.next().await.is_none());

    let mut watch = Watch::of(&fixture, "alice").await;
    watch.changes().await;
    let other = "another key".to_owned();
    current.lock().unwrap().apps[0].keys = vec![Secret::new(other.clone())];
    fixture.reload().unwrap();
    let now = fixture.clock.unix_seconds();
    let signed = query(APP, "administrator", &usersig("administrator", &other, now));
    let item =
        json!({ "OptType": 2, "ContactItem": { "Type": 1, "To_Account": "carol" }, "CustomMark": "1" });
    let body = json!({ "From_Account": "alice", "MarkItem": [item] });
    fixture.call_with("recentcontact/mark_contact", &signed, &body.to_string()).await.ok();
    let end = watch.next().await.unwrap();
    assert_eq!(end.name, "end");
    assert_eq!(end.data["ErrorCode"], 70009);
    fixture.stop().await;
}

#[tokio::test]
async fn a_watch_ends_when_the_server_stops_and_says_so() {
    let fixture = start("").await;
    let mut watch = Watch::of(&fixture, "alice").await;
    watch.changes().await;
    let (end, ()) = tokio::join!(watch.next(), fixture.stop());
    let end = end.unwrap();
    assert_eq!((end.name.as_str(), &end.data["ErrorCode"]), ("end", &json!(60008)));
    assert!(watch.next().await.is_none());
}

#[tokio::test]
async fn a_watch_ends_with_its_account() {
    let fixture = Fixture::start(&settings_in_memory("")).await;
    fixture.import(&["alice", "bob"]).await;
    let mut watch = Watch::of(&fixture, "alice").await;
    watch.changes().await;
    fixture.call("im_open_login_svc/account_delete", r#"{"DeleteItem":[{"UserID":"alice"}]}"#).await.ok();
    let mut last = watch.next().await.unwrap();
    while last.name == "changes" {
        last = watch.next().await.expect("the watch ends with an event that says why");
    }
    assert_eq!((last.name.as_str(), &last.data["ErrorCode"]), ("end", &json!(50001)));
    fixture.stop().await;
}

#[tokio::test]
async fn an_administrator_watches_the_whole_application() {
    let fixture = start("end_users = true").await;
    let mut watch = Watch::open(&fixture, &fixture.query(), None).await.unwrap();
    assert_eq!(watch.next().await.unwrap().name, "reset");
    for user in ["alice", "bob", "alice"] {
        mark(&fixture, user, "peer", user).await;
        mark(&fixture, user, "other", user).await;
    }
    let mut users = BTreeSet::new();
    let mut place = String::new();
    while users.len() < 2 {
        let event = watch.next().await.unwrap();
        assert_eq!(event.name, "user");
        users.insert(event.data["From_Account"].as_str().unwrap().to_owned());
        place = event.id;
    }
    drop(watch);
    mark(&fixture, "carol", "peer", "1").await;
    let mut watch = Watch::open(&fixture, &fixture.query(), Some(&place)).await.unwrap();
    loop {
        let event = watch.next().await.unwrap();
        assert_eq!(event.name, "user", "nothing was missed");
        if event.data["From_Account"] == "carol" {
            break;
        }
    }
    let mut lost = Watch::open(&fixture, &fixture.query(), Some("0123456789abcdef-7")).await.unwrap();
    assert_eq!(lost.next().await.unwrap().name, "reset");
    fixture.stop().await;
}

#[tokio::test]
async fn a_users_devices_keep_no_administrator_from_watching_him() {
    let mut settings = settings_in_memory("accounts = \"open\"\nend_users = true");
    settings.watch.per_user = 1;
    let fixture = Fixture::start(&settings).await;
    let own = query(APP, "alice", &usersig("alice", KEY, fixture.clock.unix_seconds()));
    let own = format!("{own}&From_Account=alice");
    let mut device = Watch::open(&fixture, &own, None).await.unwrap();
    device.changes().await;
    let refused = Watch::open(&fixture, &own, None).await.err().expect("it is refused");
    assert_eq!(refused["ErrorCode"], 60008);
    assert!(refused["ErrorInfo"].as_str().unwrap().contains("of his own"), "{refused}");
    let mut back_end = Watch::of(&fixture, "alice").await;
    back_end.changes().await;
    fixture.stop().await;
}

#[tokio::test]
async fn there_are_so_many_and_the_refusal_says_so() {
    let mut settings = settings_in_memory("accounts = \"open\"");
    settings.watch.connections = 2;
    settings.watch.per_user = 1;
    let fixture = Fixture::start(&settings).await;
    let mut one = Watch::of(&fixture, "alice").await;
    one.changes().await;
    let refused = async |user: &str| {
        let query = format!("{}&From_Account={user}", fixture.query());
        Watch::open(&fixture, &query, None).await.err().expect("it is refused")
    };
    let refusal = refused("alice").await;
    assert_eq!(refusal["ErrorCode"], 60008);
    assert!(refusal["ErrorInfo"].as_str().unwrap().contains("this user"), "{refusal}");
    let mut two = Watch::of(&fixture, "bob").await;
    two.changes().await;
    assert!(refused("carol").await["ErrorInfo"].as_str().unwrap().contains("2 connections watch"));
    let figures = Request::get(format!("http://{}/metrics", fixture.admin()));
    let figures = fixture.exchange(figures.body(Default::default()).unwrap()).await.text;
    assert!(figures.contains("foldmark_watchers 2\n"), "{figures}");
    fixture.stop().await;
}
