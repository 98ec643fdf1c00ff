//! Watching: against the real server, also while it is replaced, and against one that misbehaves.

use std::collections::BTreeMap;
use std::time::Duration;

use foldmark_client::{AppEvent, Changes, Client, Code, Contact, Error, MarkItem, Watch};
use foldmark_harness::free_address;
use foldmark_server::clock::Clock;
use foldmark_server::{Server, config};

use crate::support::{Faulty, KEY, SDKAPPID, Step, builder, real, timed, url};

const USER: &str = "alice";
const OPEN: [(&str, &str); 1] = [("apps.0.accounts", "open")];

async fn mark(client: &Client, peer: &str) {
    client.mark_contact(USER, &[MarkItem::setting(Contact::user(peer), 1)]).await.unwrap();
}

/// What is told next, which is soon.
async fn told<T>(watch: &mut Watch<T>) -> T {
    let next = tokio::time::timeout(Duration::from_secs(30), watch.try_next()).await;
    next.expect("something is told in time").unwrap().expect("the watch goes on")
}

fn peers(changes: &Changes) -> Vec<&str> {
    changes.page.contacts.iter().map(|record| record.contact.peer()).collect()
}

#[tokio::test]
async fn changes_are_told_as_they_happen_and_from_any_place_on() {
    let (server, client) = real(&OPEN).await;
    mark(&client, "bob").await;
    let mut watch = client.watch(USER, None);
    let first = told(&mut watch).await;
    assert_eq!((peers(&first), first.page.reset, first.revision), (vec!["bob"], true, 1));
    mark(&client, "carol").await;
    let second = told(&mut watch).await;
    assert_eq!((peers(&second), second.page.reset, second.revision), (vec!["carol"], false, 2));
    drop(watch);
    mark(&client, "dave").await;
    let mut watch = client.watch(USER, Some(&first.page.cursor));
    assert_eq!(peers(&told(&mut watch).await), ["carol", "dave"]);
    let page = client.get_changes(USER, Some(&second.page.cursor), None).await.unwrap().value;
    assert_eq!(page.contacts.len(), 1, "the cursors are those of the call");
    drop(watch);
    assert!(server.stop().await);
}

#[tokio::test]
async fn an_administrator_is_told_who_changes() {
    let (server, client) = real(&OPEN).await;
    let mut watch = client.watch_application(None);
    let AppEvent::Reset { .. } = told(&mut watch).await else { panic!("it begins with a reset") };
    mark(&client, "bob").await;
    let AppEvent::Changed { user, revision, cursor } = told(&mut watch).await else { panic!("a user") };
    assert_eq!((user.as_str(), revision), (USER, 1));
    mark(&client, "carol").await;
    drop(watch);
    let mut watch = client.watch_application(Some(&cursor));
    let changed = told(&mut watch).await;
    assert!(matches!(changed, AppEvent::Changed { revision: 2, .. }), "{changed:?}");
    drop(watch);
    assert!(server.stop().await);
}

#[tokio::test]
async fn a_watch_outlives_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let start = async |listen: &str| {
        let path = folder.path().join("data");
        let settings = [
            ("server.listen", listen),
            ("admin.listen", "off"),
            ("store.path", path.to_str().unwrap()),
            ("apps.0.sdkappid", "1400000000"),
            ("apps.0.key", KEY),
            ("apps.0.accounts", "open"),
        ];
        let settings = settings.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let settings = config::load(None, &BTreeMap::new(), &settings).unwrap();
        Server::start(&settings, Clock::system()).await.unwrap()
    };
    // Nobody else gets this port while the server is away.
    let address = free_address().unwrap().to_string();
    let server = start(&address).await;
    let client = builder(&url(&server)).build().unwrap();
    mark(&client, "bob").await;
    let mut watch = client.watch(USER, None);
    told(&mut watch).await;
    // The server stops although somebody watches, since it tells him.
    let (next, server) = tokio::join!(told(&mut watch), async {
        assert!(server.stop().await);
        let server = start(&address).await;
        mark(&builder(&url(&server)).build().unwrap(), "carol").await;
        server
    });
    assert_eq!((peers(&next), next.page.reset), (vec!["carol"], false), "what was told is not told again");
    drop(watch);
    assert!(server.stop().await);
}

const FIRST: &str = "retry: 1000\nid: c 1\nevent: changes\ndata: {\"Cursor\":\"c 1\",\"Revision\":1,\"ActionStatus\":\"OK\",\"ErrorCode\":0,\"ErrorInfo\":\"\"}\n\n";
const SECOND: &str = "id: c2\nevent: changes\ndata: {\"Cursor\":\"c2\",\"Revision\":2,\"ActionStatus\":\"OK\",\"ErrorCode\":0,\"ErrorInfo\":\"\"}\n\n";
const STOPPING: &str = "event: end\ndata: {\"ActionStatus\":\"FAIL\",\"ErrorCode\":60008,\"ErrorInfo\":\"the server stops\"}\n\n";
const GREETING: &str = "retry: 1000\n:\n\n";
const EXPIRED: &str =
    "event: end\ndata: {\"ActionStatus\":\"FAIL\",\"ErrorCode\":70001,\"ErrorInfo\":\"expired\"}\n\n";
const FORBIDDEN: &str =
    "event: end\ndata: {\"ActionStatus\":\"FAIL\",\"ErrorCode\":50003,\"ErrorInfo\":\"no\"}\n\n";

fn watch(server: &Faulty) -> Watch<Changes> {
    let client = builder(&server.url).watch_silence(Duration::from_secs(1)).build().unwrap();
    client.watch("a user", None)
}

#[tokio::test]
async fn a_connection_that_ends_however_is_made_again_where_it_was() {
    for step in [
        Step::Events(FIRST),
        // Comments are signs of life, and silence is none.
        Step::EventsAndStall(first_and_beat()),
        Step::Events(first_and_end()),
    ] {
        let steps: &'static [Step] = Box::leak(Box::new([step, Step::Close, Step::Events(SECOND)]));
        let server = Faulty::start(steps);
        let mut watch = watch(&server);
        assert_eq!(told(&mut watch).await.revision, 1);
        let (second, time) = timed(told(&mut watch)).await;
        assert_eq!(second.revision, 2);
        assert_eq!(server.requests(), 3);
        assert!(time > Duration::from_millis(1_400), "two pauses, {time:?}");
        let head = server.last_head();
        assert!(head.contains("&From_Account=a%20user&Cursor=c%201 HTTP/1.1"), "{head}");
        assert!(
            head.starts_with("GET /v4/foldmark/watch?sdkappid=")
                && head.contains("accept: text/event-stream")
        );
    }
}

fn first_and_beat() -> &'static str {
    Box::leak(format!("{FIRST}:\n\n").into_boxed_str())
}

fn first_and_end() -> &'static str {
    Box::leak(format!("{FIRST}{STOPPING}").into_boxed_str())
}

#[tokio::test]
async fn what_is_refused_for_good_ends_the_watch() {
    const REFUSED: Step = Step::Answer(200, r#"{"ActionStatus":"FAIL","ErrorCode":50003,"ErrorInfo":"no"}"#);
    for step in [&[REFUSED], &[Step::Events(FORBIDDEN)]] {
        let server = Faulty::start(step);
        let mut watch = watch(&server);
        assert_eq!(watch.try_next().await.unwrap_err().code(), Some(Code::NotAdministrator));
        assert_eq!(watch.try_next().await, Ok(None));
        assert_eq!(server.requests(), 1);
    }
    for step in [&[Step::Answer(200, "<html>")], &[Step::Events("event: changes\ndata: ?\n\n")]] {
        let server = Faulty::start(step);
        let error = watch(&server).try_next().await.unwrap_err();
        assert!(matches!(error, Error::Malformed { .. }), "{error}");
        assert_eq!(server.requests(), 1);
    }
}

#[tokio::test]
async fn before_anything_was_told_tries_are_counted() {
    for step in [Step::Close, Step::Stall, Step::Events(STOPPING)] {
        let steps: &'static [Step] = Box::leak(Box::new([step]));
        let server = Faulty::start(steps);
        let client = builder(&server.url).retries(1).timeout(Duration::from_secs(1)).build().unwrap();
        let (ended, time) = timed(client.watch(USER, None).try_next()).await;
        assert!(ended.unwrap_err().is_retryable());
        assert_eq!(server.requests(), 2);
        assert!(time > Duration::from_millis(450), "{time:?}");
    }
}

#[tokio::test]
async fn an_expired_usersig_is_renewed_once_by_who_has_the_key() {
    let server = Faulty::start(&[Step::Events(EXPIRED), Step::Events(FIRST)]);
    assert_eq!(told(&mut watch(&server)).await.revision, 1);
    let server = Faulty::start(&[Step::Events(EXPIRED)]);
    let error = watch(&server).try_next().await.unwrap_err();
    assert_eq!((error.code(), server.requests()), (Some(Code::UserSigExpired), 2));
    let server = Faulty::start(&[Step::Events(EXPIRED)]);
    let client = Client::builder(&server.url, SDKAPPID).usersig("eJx").build().unwrap();
    let error = client.watch(USER, None).try_next().await.unwrap_err();
    assert_eq!((error.code(), server.requests()), (Some(Code::UserSigExpired), 1));
}

#[tokio::test]
async fn usersigs_of_an_idle_watch_are_renewed_as_often_as_they_expire() {
    let expired = Step::Events(Box::leak(format!("{GREETING}{EXPIRED}").into_boxed_str()));
    let server = Faulty::start(Box::leak(Box::new([expired, expired, expired, Step::Events(SECOND)])));
    // Nothing is told before the last connection, so that tries would run out if they were counted.
    let client = builder(&server.url).retries(1).build().unwrap();
    assert_eq!(told(&mut client.watch(USER, Some("c 1"))).await.revision, 2);
    assert_eq!(server.requests(), 4);
}

#[tokio::test]
async fn waiting_can_be_given_up_without_a_loss() {
    let (server, client) = real(&OPEN).await;
    let mut watch = client.watch(USER, None);
    told(&mut watch).await;
    for _ in 0..20 {
        assert!(tokio::time::timeout(Duration::from_millis(1), watch.try_next()).await.is_err());
    }
    mark(&client, "bob").await;
    assert_eq!(peers(&told(&mut watch).await), ["bob"]);
    drop(watch);
    assert!(server.stop().await);
}
