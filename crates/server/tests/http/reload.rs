//! A configuration that changes while calls are served.

use std::sync::{Arc, Mutex};

use foldmark_server::clock::Clock;
use foldmark_server::config::{Secret, Settings};
use foldmark_server::{Beside, Loader, Reloaded, Server};
use http::{Request, header};

use crate::support::{APP, Fixture, KEY, query, settings, settings_in_memory, usersig};

const GET: &str = "recentcontact/get_contact_group";
const BODY: &str = r#"{"From_Account":"u"}"#;
const OTHER_KEY: &str = "another key";

/// What the configuration is at the moment.
type Current = Arc<Mutex<Result<Settings, String>>>;

async fn start(settings: &Settings) -> (Fixture, Current) {
    let current: Current = Arc::new(Mutex::new(Ok(settings.clone())));
    let loader: Loader = {
        let current = Arc::clone(&current);
        Box::new(move || current.lock().unwrap().clone())
    };
    let beside = Beside { loader: Some(loader), ..Beside::default() };
    (Fixture::start_beside(settings, beside).await, current)
}

fn signed_with(fixture: &Fixture, key: &str) -> String {
    query(APP, "administrator", &usersig("administrator", key, fixture.clock.unix_seconds()))
}

#[tokio::test]
async fn keys_are_changed_without_a_gap() {
    let mut settings = settings("accounts = \"open\"");
    let (fixture, current) = start(&settings).await;
    let (old, new) = (signed_with(&fixture, KEY), signed_with(&fixture, OTHER_KEY));
    fixture.call_with(GET, &old, BODY).await.ok();
    fixture.call_with(GET, &new, BODY).await.refused(70009, "");

    settings.apps[0].keys = vec![Secret::new(OTHER_KEY.to_owned()), Secret::new(KEY.to_owned())];
    *current.lock().unwrap() = Ok(settings.clone());
    assert_eq!(fixture.reload(), Ok(Reloaded { apps: 1, restart: Vec::new() }));
    fixture.call_with(GET, &old, BODY).await.ok();
    fixture.call_with(GET, &new, BODY).await.ok();

    settings.apps[0].keys.truncate(1);
    *current.lock().unwrap() = Ok(settings);
    fixture.reload().unwrap();
    // It was remembered as good, and is not any more.
    fixture.call_with(GET, &old, BODY).await.refused(70009, "");
    fixture.call_with(GET, &new, BODY).await.ok();
    fixture.stop().await;
}

#[tokio::test]
async fn limits_and_rates_change_and_counting_goes_on_where_they_do_not() {
    let mut settings = settings("accounts = \"open\"");
    settings.apps[0].calls_per_second = Some(2);
    let (fixture, current) = start(&settings).await;
    fixture.call(GET, BODY).await.ok();
    fixture.call(GET, BODY).await.ok();
    settings.apps[0].policy.limits.groups = 1;
    *current.lock().unwrap() = Ok(settings.clone());
    fixture.reload().unwrap();
    fixture.call(GET, BODY).await.refused(60007, "too many calls");
    let create =
        |name: &str| format!(r#"{{"From_Account":"u","GroupContactItem":[{{"GroupName":"{name}"}}]}}"#);
    fixture.call("recentcontact/create_contact_group", &create("a")).await.ok();
    fixture.call("recentcontact/create_contact_group", &create("b")).await.refused(51010, "at most 1");

    settings.apps[0].calls_per_second = Some(0);
    *current.lock().unwrap() = Ok(settings);
    fixture.reload().unwrap();
    for _ in 0..10 {
        fixture.call(GET, BODY).await.ok();
    }
    fixture.stop().await;
}

#[tokio::test]
async fn a_wrong_configuration_changes_nothing_and_what_wants_a_restart_is_named() {
    let mut settings = settings("accounts = \"open\"");
    let (fixture, current) = start(&settings).await;
    *current.lock().unwrap() = Err("apps.0.key: is required and missing".to_owned());
    assert_eq!(fixture.reload(), Err("apps.0.key: is required and missing".to_owned()));
    fixture.call(GET, BODY).await.ok();

    settings.server.connections = 7;
    settings.server.allowed_clients = vec!["192.0.2.1/32".parse().unwrap()];
    *current.lock().unwrap() = Ok(settings);
    assert_eq!(fixture.reload(), Ok(Reloaded { apps: 1, restart: vec!["server.connections"] }));
    fixture.call(GET, BODY).await.refused(60021, "");
    fixture.stop().await;
}

#[tokio::test]
async fn operators_reload_with_their_token() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "the token").unwrap();
    let mut settings = settings_in_memory("accounts = \"open\"");
    settings.admin.token_file = Some(file);
    let (fixture, current) = start(&settings).await;
    let reload = |token: &'static str| {
        let uri = format!("http://{}/v1/reload", fixture.admin());
        let request = Request::post(uri).header(header::AUTHORIZATION, format!("Bearer {token}"));
        fixture.exchange(request.body(Default::default()).unwrap())
    };
    assert_eq!(reload("a guess").await.status, 401);
    let answer = reload("the token").await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, r#"{"Apps":1,"NeedsRestart":[]}"#));
    *current.lock().unwrap() = Err("apps.0.key: is required and missing".to_owned());
    let answer = reload("the token").await;
    assert_eq!(
        (answer.status.as_u16(), answer.text.as_str()),
        (422, "apps.0.key: is required and missing\n")
    );
    fixture.stop().await;
}

#[tokio::test]
async fn without_a_configuration_to_read_there_is_no_reload() {
    let server = Server::start(&settings_in_memory(""), Clock::system()).await.unwrap();
    assert!(server.reload().unwrap_err().contains("no configuration"));
    assert!(server.stop().await);
}
