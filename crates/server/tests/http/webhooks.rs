//! A back end is told what changes, by signed requests: each change, in order, whatever fails.

use std::time::Duration;

use foldmark_server::clock::Clock;
use foldmark_server::config::Settings;
use foldmark_server::{Beside, Server};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::admin::Operator;
use crate::receiver::Receiver;
use crate::support::{APP, Fixture, settings_in, settings_in_memory};
use crate::watcher::mark;

async fn start(receiver: &Receiver) -> Fixture {
    Fixture::start(&settings_for(receiver)).await
}

fn settings_for(receiver: &Receiver) -> Settings {
    settings_in_memory(&format!("accounts = \"open\"\n{}", receiver.config()))
}

#[tokio::test]
async fn each_change_is_told() {
    let receiver = Receiver::start(None).await;
    let fixture = start(&receiver).await;
    mark(&fixture, "alice", "bob", "1").await;
    let alice = receiver.follows("alice", 1).await;
    assert_eq!(alice.marks["bob"], "1");
    mark(&fixture, "alice", "carol", "2").await;
    mark(&fixture, "dave", "alice", "3").await;
    mark(&fixture, "alice", "bob", "").await;
    let alice = receiver.follows("alice", 3).await;
    assert_eq!(alice.marks.into_iter().collect::<Vec<_>>(), [("carol".to_owned(), "2".to_owned())]);
    assert_eq!(receiver.follows("dave", 1).await.marks["alice"], "3");
    let (_, first) = receiver.with(|received| received.taken[0].clone());
    assert_eq!(
        (&first["type"], &first["timestamp"]),
        (&json!("user.changed"), &json!("2026-04-03T11:50:00Z"))
    );
    assert_eq!(first["data"]["SdkAppid"], APP);
    assert_eq!((&first["data"]["Since"], &first["data"]["Revision"]), (&json!(0), &json!(1)));
    // A place in the feed that the back end can go on from by itself.
    let body = json!({ "From_Account": "alice", "Cursor": first["data"]["Cursor"] }).to_string();
    let since = fixture.call("foldmark/get_changes", &body).await.ok();
    assert_eq!(since["ContactItem"][0]["To_Account"], "carol");
    fixture.stop().await;
}

#[tokio::test]
async fn groups_deletions_and_new_beginnings_are_told() {
    let receiver = Receiver::start(None).await;
    let settings = settings_in_memory(&receiver.config());
    let fixture = Fixture::start(&settings).await;
    fixture.import(&["alice", "bob"]).await;
    let body = r#"{"From_Account":"alice","GroupContactItem":[{"GroupName":"work","ContactItem":[{"Type":1,"To_Account":"bob"}]}]}"#;
    fixture.call("recentcontact/create_contact_group", body).await.ok();
    let group = receiver
        .wait("the group", |received| {
            let mut events = received.taken.iter().map(|(_, event)| &event["data"]["GroupItem"][0]);
            events.find(|group| !group.is_null()).cloned()
        })
        .await;
    assert_eq!((&group["GroupName"], &group["GroupId"]), (&json!("work"), &json!(1)));
    fixture.call("im_open_login_svc/account_delete", r#"{"DeleteItem":[{"UserID":"alice"}]}"#).await.ok();
    let alice = receiver
        .wait("the end of the account", |received| {
            Some(received.follow("alice")).filter(|follower| follower.deleted)
        })
        .await;
    assert!(alice.marks.is_empty());
    fixture.import(&["alice"]).await;
    mark(&fixture, "alice", "bob", "again").await;
    let alice = receiver.follows("alice", alice.revision + 2).await;
    assert_eq!((alice.deleted, alice.marks["bob"].as_str()), (false, "again"));
    fixture.stop().await;
}

#[tokio::test]
async fn what_is_larger_than_an_event_comes_in_several() {
    let receiver = Receiver::start(None).await;
    let operator = Operator::of(settings_for(&receiver)).await;
    let fixture = &operator.fixture;
    for part in 0..3 {
        let items: Vec<Value> = (0..100)
            .map(|n| {
                let peer = format!("peer{part}-{n}");
                json!({ "OptType": 2, "ContactItem": { "Type": 1, "To_Account": peer }, "CustomMark": "m" })
            })
            .collect();
        let body = json!({ "From_Account": "alice", "MarkItem": items }).to_string();
        fixture.call("recentcontact/mark_contact", &body).await.ok();
    }
    let alice = receiver.follows("alice", 3).await;
    assert_eq!(alice.marks.len(), 300);
    let path = format!("/v1/subject?sdkappid={APP}&kind=users&id=alice");
    let line = operator.send(Method::GET, &path, "").await.text;
    mark(fixture, "alice", "one more", "1").await;
    receiver.follows("alice", 4).await;
    // All of it at once, of which the second event fails the first time: what was taken before comes again as it was.
    receiver.with(|received| {
        (received.taken, received.asked) = (Vec::new(), Vec::new());
        received.answers.extend([StatusCode::NO_CONTENT, StatusCode::SERVICE_UNAVAILABLE]);
    });
    let answer = operator.send(Method::POST, "/v1/subjects?replace=true", line).await;
    assert_eq!(answer.json()["Results"][0]["Outcome"], "put", "{}", answer.text);
    receiver.wait("the failure", |received| (received.asked.len() >= 2).then_some(())).await;
    let moving = async {
        loop {
            fixture.clock.advance(Duration::from_secs(10));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let all =
        receiver.wait("all events", |received| (received.taken.len() >= 4).then(|| received.taken.clone()));
    let taken = tokio::select! { () = moving => unreachable!(), taken = all => taken };
    assert_eq!(receiver.with(|received| received.follow("alice")).marks.len(), 300);
    let [first, repeated, second, third] = &taken[..] else { panic!("{} events", taken.len()) };
    let asked = receiver.with(|received| received.asked.clone());
    assert_eq!(asked, [&first.0, &second.0, &first.0, &second.0, &third.0].map(String::clone));
    assert_eq!(first.0, repeated.0, "the same id");
    assert_eq!(first.1["data"], repeated.1["data"], "the same page");
    assert_eq!(
        [&first.1, &second.1, &third.1].map(|event| event["data"]["More"] == true),
        [true, true, false]
    );
    operator.fixture.stop().await;
}

#[tokio::test]
async fn a_receiver_that_fails_is_told_later_in_order_and_of_everything() {
    let receiver = Receiver::start(None).await;
    let operator = Operator::of(settings_for(&receiver)).await;
    let fixture = &operator.fixture;
    receiver.with(|received| {
        received.answers.extend([StatusCode::INTERNAL_SERVER_ERROR; 2]);
        received.answers.push_back(StatusCode::TOO_MANY_REQUESTS);
    });
    for number in 1..=20 {
        mark(fixture, "alice", &format!("peer{}", number % 3), &number.to_string()).await;
        mark(fixture, "bob", "alice", &number.to_string()).await;
    }
    let moving = async {
        loop {
            fixture.clock.advance(Duration::from_secs(10));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let told = async { (receiver.follows("alice", 20).await, receiver.follows("bob", 20).await) };
    let (alice, bob) = tokio::select! { () = moving => unreachable!(), told = told => told };
    assert_eq!((alice.marks["peer2"].as_str(), bob.marks["alice"].as_str()), ("20", "20"));
    let revisions = receiver.with(|received| received.revisions("alice"));
    assert!(revisions.is_sorted_by(|a, b| a < b), "{revisions:?}");
    let (asked, taken) = receiver.with(|received| (received.asked.clone(), received.taken.clone()));
    assert!(asked.len() >= taken.len() + 3, "the failures were tried again");
    let status = admin(&operator, Method::GET, "/v1/webhooks").await;
    assert_eq!(status["Apps"][0]["Failed"], 3);
    assert_eq!(status["Apps"][0]["FailingSince"], Value::Null);
    operator.fixture.stop().await;
}

#[tokio::test]
async fn a_receiver_that_does_not_answer_or_is_not_there_is_waited_for() {
    let receiver = Receiver::start(None).await;
    let address = receiver.address;
    let config = receiver.config().replace("timeout_seconds = 60", "timeout_seconds = 1");
    let operator = Operator::of(settings_in_memory(&format!("accounts = \"open\"\n{config}"))).await;
    let fixture = &operator.fixture;
    receiver.with(|received| received.silent = true);
    mark(fixture, "alice", "bob", "1").await;
    receiver.wait("a first try", |received| (!received.asked.is_empty()).then_some(())).await;
    let failing = async {
        loop {
            let status = admin(&operator, Method::GET, "/v1/webhooks").await;
            if status["Apps"][0]["FailingSince"].is_number() {
                return status["Apps"][0]["LastFailure"]["Note"].clone();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let note = tokio::time::timeout(Duration::from_secs(20), failing).await.unwrap();
    assert_eq!(note, "no answer within 1 seconds");
    receiver.stop();
    mark(fixture, "alice", "carol", "2").await;
    fixture.clock.advance(Duration::from_secs(60));
    tokio::time::sleep(Duration::from_millis(100)).await;
    let receiver = Receiver::start(Some(address)).await;
    let moving = async {
        loop {
            fixture.clock.advance(Duration::from_secs(60));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let alice =
        tokio::select! { () = moving => unreachable!(), alice = receiver.follows("alice", 2) => alice };
    assert_eq!((alice.marks["bob"].as_str(), alice.marks["carol"].as_str()), ("1", "2"));
    operator.fixture.stop().await;
}

#[tokio::test]
async fn what_is_refused_for_a_day_becomes_a_dead_letter_that_can_be_told_again_or_forgotten() {
    let receiver = Receiver::start(None).await;
    let operator = Operator::of(settings_for(&receiver)).await;
    let fixture = &operator.fixture;
    receiver.with(|received| received.refused.extend(["alice".to_owned(), "eve".to_owned()]));
    mark(fixture, "alice", "bob", "1").await;
    mark(fixture, "eve", "bob", "1").await;
    mark(fixture, "bob", "alice", "1").await;
    receiver.follows("bob", 1).await;
    let letters = dead_letters(&operator, &receiver, 2).await;
    assert_eq!((&letters[0]["From_Account"], &letters[1]["From_Account"]), (&json!("alice"), &json!("eve")));
    assert_eq!((&letters[0]["Since"], &letters[0]["Revision"]), (&json!(0), &json!(1)));
    assert_eq!(letters[0]["Note"], "answered 422 Unprocessable Entity: it says no");
    assert!(letters[0]["Time"].as_u64().unwrap() >= 1_775_217_000 + 86_400);
    // What comes later is not held up by others' dead letters, and brings along what was not told.
    let asked = receiver.with(|received| received.asked.len());
    fixture.clock.advance(Duration::from_secs(86_400));
    mark(fixture, "bob", "alice", "2").await;
    receiver.follows("bob", 2).await;
    assert_eq!(receiver.with(|received| received.asked.len()), asked + 1, "dead letters are not tried again");
    receiver.with(|received| received.refused.clear());
    mark(fixture, "eve", "carol", "2").await;
    let eve = receiver.follows("eve", 2).await;
    assert_eq!((eve.marks["bob"].as_str(), eve.marks["carol"].as_str()), ("1", "2"));
    let again = format!("/v1/webhooks/again?sdkappid={APP}&from_account=alice");
    assert_eq!(admin(&operator, Method::POST, &again).await["Count"], 1);
    assert_eq!(receiver.follows("alice", 1).await.marks["bob"], "1");
    dead_letters(&operator, &receiver, 0).await;

    receiver.with(|received| received.refused.extend(["alice".to_owned()]));
    mark(fixture, "alice", "bob", "2").await;
    dead_letters(&operator, &receiver, 1).await;
    let forget = format!("/v1/webhooks/forget?sdkappid={APP}");
    assert_eq!(admin(&operator, Method::POST, &forget).await["Count"], 1);
    dead_letters(&operator, &receiver, 0).await;
    operator.fixture.stop().await;
}

#[tokio::test]
async fn whole_users_that_are_put_are_told_as_new() {
    let receiver = Receiver::start(None).await;
    let operator = Operator::of(settings_for(&receiver)).await;
    let fixture = &operator.fixture;
    mark(fixture, "alice", "bob", "before").await;
    let before = receiver.follows("alice", 1).await;
    let path = format!("/v1/subject?sdkappid={APP}&kind=users&id=alice");
    let line = operator.send(Method::GET, &path, "").await;
    assert_eq!(line.status, 200, "{}", line.text);
    let line = line.text;
    mark(fixture, "alice", "bob", "after").await;
    mark(fixture, "alice", "carol", "after").await;
    receiver.follows("alice", 3).await;
    let answer = operator.send(Method::POST, "/v1/subjects?replace=true", line).await;
    assert_eq!(answer.json()["Results"][0]["Outcome"], "put", "{}", answer.text);
    let alice = receiver.follows("alice", 4).await;
    assert_eq!(alice.marks, before.marks);
    assert_ne!(alice.incarnation, before.incarnation);
    operator.fixture.stop().await;
}

#[tokio::test]
async fn what_is_due_survives_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::start(None).await;
    let address = receiver.address;
    let settings = settings_in(folder.path(), &format!("accounts = \"open\"\n{}", receiver.config()));
    receiver.stop();
    let fixture = Fixture::start_beside(&settings, Beside::default()).await;
    for user in ["alice", "bob"] {
        mark(&fixture, user, "x", "1").await;
        mark(&fixture, user, "x", "2").await;
    }
    fixture.stop().await;
    let receiver = Receiver::start(Some(address)).await;
    let server = Server::start(&settings, Clock::system()).await.unwrap();
    for user in ["alice", "bob"] {
        let follower = receiver.follows(user, 2).await;
        assert_eq!(follower.marks["x"], "2");
    }
    assert!(server.stop().await);
}

#[tokio::test]
async fn nobody_is_told_where_nobody_is_configured() {
    let receiver = Receiver::start(None).await;
    let operator = Operator::of(settings_in_memory("accounts = \"open\"")).await;
    let fixture = &operator.fixture;
    mark(fixture, "alice", "bob", "1").await;
    assert_eq!(admin(&operator, Method::GET, "/v1/webhooks").await, json!({ "Apps": [] }));
    let dead = admin(&operator, Method::GET, &format!("/v1/webhooks/dead?sdkappid={APP}")).await;
    assert_eq!(dead["DeadLetters"], json!([]));
    operator.fixture.stop().await;
    assert!(receiver.with(|received| received.asked.is_empty()));
}

/// Moves the clock until there are so many dead letters, and gives them back. Meanwhile others are told.
async fn dead_letters(operator: &Operator, receiver: &Receiver, count: usize) -> Vec<Value> {
    for _ in 0..400 {
        let page = admin(operator, Method::GET, &format!("/v1/webhooks/dead?sdkappid={APP}")).await;
        let letters = page["DeadLetters"].as_array().unwrap().clone();
        if letters.len() == count {
            return letters;
        }
        operator.fixture.clock.advance(Duration::from_secs(3_600));
        receiver.takes_another(&operator.fixture).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("there are not {count} dead letters");
}

/// A call of operators, which is carried out.
async fn admin(operator: &Operator, method: Method, path: &str) -> Value {
    let answer = operator.send(method, path, "").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}
