//! Watching in the console: who is shown what, and until when.

use std::time::Duration;

use bytes::Bytes;
use foldmark_wire::CallName;
use http::Request;
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::json;

use crate::browser::{ADMIN, Browser, VIEWER, settings_of_console};
use crate::support::{APP, Fixture};
use crate::watcher::{Watch, mark, peers};

async fn start() -> (Fixture, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let fixture = Fixture::start(&settings_of_console(folder.path(), "accounts = \"open\"")).await;
    (fixture, folder)
}

fn events(user: &str) -> String {
    format!("apps/{APP}/api/watch/events?user={user}")
}

async fn watch(fixture: &Fixture, browser: &Browser<'_>, user: &str) -> Watch {
    of_console(fixture, browser.session.as_deref().unwrap(), &events(user)).await.unwrap()
}

/// Of the console, by the session of this cookie; an `Err` is the status and the place of another answer.
async fn of_console(fixture: &Fixture, session: &str, path: &str) -> Result<Watch, (u16, String)> {
    let request = Request::get(format!("http://{}/console/{path}", fixture.admin()))
        .header("cookie", format!("foldmark_console={session}"));
    let client = Client::builder(TokioExecutor::new()).build_http();
    let response = client.request(request.body(Full::<Bytes>::default()).unwrap()).await.unwrap();
    let header =
        |name: &str| response.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
    if header("content-type") != "text/event-stream" {
        return Err((response.status().as_u16(), header("location")));
    }
    assert_eq!(header("cache-control"), "no-store");
    assert!(header("content-security-policy").starts_with("default-src 'none'"));
    Ok(Watch { body: response.into_body(), rest: String::new() })
}

#[tokio::test]
async fn operators_and_viewers_follow_a_user_live_and_are_given_no_usersig() {
    let (fixture, _folder) = start().await;
    for token in [ADMIN, VIEWER] {
        let browser = Browser::signed_in(&fixture, token).await;
        browser.get(&format!("apps/{APP}/api")).await.has("/api/watch\">watch</a>");
        let page = browser.get(&format!("apps/{APP}/api/watch")).await;
        page.has_not("data-watch");
        let page = browser.get(&format!("apps/{APP}/api/watch?user=alice")).await;
        page.has(&format!("data-watch=\"/console/{}\"", events("alice")));
        page.has("From_Account=alice");
        page.has_not("eJ");
        let mut watch = watch(&fixture, &browser, "alice").await;
        assert_eq!(watch.changes().await.data["Reset"], true);
        mark(&fixture, "alice", "bob", token).await;
        let told = watch.changes().await;
        assert_eq!(peers(&told), ["bob"]);
        assert_eq!(told.data["ContactItem"][0]["CustomMark"], token);
    }
    fixture.stop().await;
}

#[tokio::test]
async fn the_whole_application_can_be_watched_and_a_refusal_is_shown() {
    let (fixture, _folder) = start().await;
    let browser = Browser::signed_in(&fixture, VIEWER).await;
    let page = browser.get(&format!("apps/{APP}/api/watch?user=&do=watch")).await;
    page.has(&format!("data-watch=\"/console/{}\"", events("")));
    let mut all = watch(&fixture, &browser, "").await;
    assert_eq!(all.next().await.unwrap().name, "reset");
    mark(&fixture, "alice", "bob", "1").await;
    let told = all.next().await.unwrap();
    assert_eq!((told.name.as_str(), &told.data["From_Account"]), ("user", &json!("alice")));
    let mut wrong = watch(&fixture, &browser, &"x".repeat(33)).await;
    let told = wrong.next().await.unwrap();
    assert_eq!((told.name.as_str(), &told.data["ErrorCode"]), ("end", &json!(50002)));
    assert!(wrong.next().await.is_none());
    assert_eq!(browser.get("apps/7/api/watch").await.status, 404);
    assert_eq!(browser.get("apps/7/api/watch/events?user=alice").await.status, 404);
    fixture.stop().await;
}

#[tokio::test]
async fn a_watch_ends_with_its_session_and_after_its_time() {
    let (fixture, _folder) = start().await;
    let nobody = of_console(&fixture, "", &events("alice")).await.err().unwrap();
    assert_eq!(nobody, (303, "/console/sign-in".to_owned()));

    let browser = Browser::signed_in(&fixture, ADMIN).await;
    let mut watched = watch(&fixture, &browser, "alice").await;
    watched.changes().await;
    let home = format!("apps/{APP}/api/{}", CallName::GetChanges.command());
    assert_eq!(browser.post_from(&home, "sign-out", &[]).await.status, 303);
    // What happens afterwards is not shown any more.
    mark(&fixture, "alice", "bob", "secret").await;
    let told = watched.next().await.unwrap();
    assert_eq!((told.name.as_str(), &told.data), ("closed", &json!("session")));
    assert!(watched.next().await.is_none());

    let browser = Browser::signed_in(&fixture, ADMIN).await;
    let mut watched = watch(&fixture, &browser, "alice").await;
    watched.changes().await;
    // Shorter than the time after which a session ends that nobody uses.
    fixture.clock.advance(Duration::from_secs(15 * 60));
    let told = watched.next().await.unwrap();
    assert_eq!((told.name.as_str(), &told.data), ("closed", &json!("time")));
    assert_eq!(browser.get(&home).await.status, 200, "the session goes on");
    fixture.stop().await;
}
