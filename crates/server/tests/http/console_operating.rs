//! The console's pages about the server itself: overview, applications, health.

use std::time::Duration;

use foldmark_core::subject::AppId;
use foldmark_server::config::{AppSettings, BackupSettings, Secret, Settings};
use foldmark_server::{Beside, Loader};

use crate::browser::{ADMIN, Browser, VIEWER, settings_of_console};
use crate::support::{APP, Fixture, KEY, settings_in};

const OVERVIEW: &str = "overview?app=1400000000";

/// One server that can be reloaded, to what it is.
async fn start(settings: &Settings) -> Fixture {
    let again = settings.clone();
    let loader: Loader = Box::new(move || Ok(again.clone()));
    Fixture::start_beside(settings, Beside { loader: Some(loader), ..Beside::default() }).await
}

/// The text of a page.
async fn told(browser: &Browser<'_>, path: &str) -> String {
    let shown = browser.get(path).await;
    assert_eq!(shown.status, 200, "{path}: {}", shown.html);
    text(&shown.html)
}

/// The text of a page once `part` is in it.
async fn told_with(browser: &Browser<'_>, path: &str, part: &str) -> String {
    for _ in 0..400 {
        let told = told(browser, path).await;
        if told.contains(part) {
            return told;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{path} never has {part:?}: {}", told(browser, path).await);
}

/// What a page says, without its tags.
fn text(page: &str) -> String {
    let mut text = String::new();
    for part in page.split('<') {
        text.push(' ');
        text.push_str(part.split_once('>').map_or(part, |(_, behind)| behind));
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn the_overview_tells_of_the_calls_and_of_what_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings_in(&folder.path().join("data"), "");
    settings.admin.token_file = settings_of_console(folder.path(), "").admin.token_file;
    settings.apps.push(AppSettings::new(AppId::new(7).unwrap(), Secret::new(KEY.to_owned())));
    let fixture = start(&settings).await;
    let browser = Browser::signed_in(&fixture, ADMIN).await;
    let before = told(&browser, OVERVIEW).await;
    assert!(before.contains("There were no calls since the server was started."), "{before}");
    fixture.sample_peers().await;
    let mark = r#"{"From_Account":"user_0001","MarkItem":[{"OptType":1,"ContactItem":{"Type":1,"To_Account":"user_0002"},"SetMark":[0]}]}"#;
    fixture.call("recentcontact/mark_contact", mark).await.ok();
    fixture.call("recentcontact/mark_contact", "{}").await.refused(50_002, "From_Account");
    fixture.clock.advance(Duration::from_secs(10));

    let now = told_with(&browser, OVERVIEW, "1400000000 0.50 20.00 %").await;
    assert!(now.contains("0–5 min ago 5 0.50 20.00 %"), "pictures have their table: {now}");
    let page = browser.get(OVERVIEW).await;
    page.has("Now 0.50, at most 0.50 in the last hour.");
    page.has("data-live=\"10\"");

    fixture.clock.advance(Duration::from_secs(601));
    let later = told_with(&browser, OVERVIEW, "2 0 1 1 2026-04-03 12:").await;
    for part in ["50002", "mark_contact 2", "7 – – – – – 0 0 0 0 2026", "Commits per second –"] {
        assert!(later.contains(part), "{part:?} is not in {later}");
    }
    let other = told(&browser, "overview?app=7").await;
    assert!(other.contains("There were no calls"), "the other application had none: {other}");
    fixture.stop().await;
}

#[tokio::test]
async fn what_was_not_watched_is_no_rate() {
    let folder = tempfile::tempdir().unwrap();
    let fixture = start(&settings_of_console(folder.path(), "")).await;
    let browser = Browser::signed_in(&fixture, ADMIN).await;
    fixture.import(&["a", "b"]).await;
    fixture.clock.advance(Duration::from_secs(300));
    let told = told_with(&browser, OVERVIEW, "account_import 2").await;
    assert!(told.contains("Nothing was measured in the last hour."), "{told}");
    assert!(told.contains("This kind of store tells nothing"), "{told}");
    fixture.stop().await;
}

#[tokio::test]
async fn applications_are_shown_without_their_keys() {
    let folder = tempfile::tempdir().unwrap();
    let app = "administrators = [\"administrator\", \"<script>alert(1)</script>\"]\n\
               previous_key = \"a short key\"\nallowed_clients = [\"127.0.0.0/8\"]\naccounts = \"open\"\n\
               [apps.limits]\ncalls_per_second = 7\ngroups = 33\n[apps.limits.calls]\nmark_contact = 3\n";
    let fixture = start(&settings_of_console(folder.path(), app)).await;
    let browser = Browser::signed_in(&fixture, VIEWER).await;
    let page = browser.get("applications").await;
    let told = text(&page.html);
    for part in
        ["5b…5e, 64 characters", "too short for a hint", "127.0.0.0/8", "exist by being named", " 33 "]
    {
        assert!(told.contains(part), "{part:?} is not in {told}");
    }
    assert!(told.contains("mark_contact 3") && told.contains("account_import 7"), "{told}");
    page.has_not(KEY);
    page.has_not("a short key");
    page.has_not("<script>alert");
    assert!(told.contains("alert(1)"), "names are text: {told}");
    fixture.stop().await;
}

#[tokio::test]
async fn a_backup_and_a_reload_are_done_by_administrators_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings_of_console(folder.path(), "");
    let every = Duration::from_secs(7 * 86_400);
    settings.backup = Some(BackupSettings { folder: folder.path().join("backups"), every, keep: 3 });
    let fixture = start(&settings).await;
    let admin = Browser::signed_in(&fixture, ADMIN).await;
    // The schedule makes the first one at once.
    let first = told_with(&admin, "health", "the newest is of 2026-04-03").await;
    assert!(first.contains("calls can be served"), "{first}");
    assert_eq!(first.matches(".tar").count(), 1, "{first}");
    let answer = admin.post_from("health", "health/reload", &[]).await;
    assert_eq!((answer.status.as_u16(), answer.location()), (303, "/console/health"));
    let reloaded = told(&admin, "health").await;
    assert!(reloaded.contains("The configuration was reloaded; 1 applications are served."), "{reloaded}");
    fixture.clock.advance(Duration::from_secs(60));
    assert_eq!(admin.post_from("health", "health/backup", &[]).await.status, 303);
    let begun = told(&admin, "health").await;
    assert!(begun.contains("The backup was begun."), "{begun}");
    let newest = told_with(&admin, "health", "the newest is of 2026-04-03 11:51").await;
    assert_eq!(newest.matches(".tar").count(), 2, "{newest}");

    let viewer = Browser::signed_in(&fixture, VIEWER).await;
    viewer.get("health").await.has_not("health/backup");
    for action in ["health/backup", "health/reload"] {
        assert_eq!(viewer.post_from("health", action, &[]).await.status, 403, "{action} as a viewer");
        assert_eq!(admin.send("POST", action, &[], &[]).await.status, 403, "{action} by no form of ours");
        assert_eq!(admin.send("GET", action, &[], &[]).await.status, 405, "{action} by a link");
    }
    fixture.stop().await;
}

#[tokio::test]
async fn a_store_and_a_backup_that_fail_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings_of_console(folder.path(), "");
    std::fs::write(folder.path().join("file"), "").unwrap();
    let every = Duration::from_secs(86_400);
    settings.backup = Some(BackupSettings { folder: folder.path().join("file"), every, keep: 3 });
    let fixture = start(&settings).await;
    let browser = Browser::signed_in(&fixture, VIEWER).await;
    told_with(&browser, "health", "the last one failed, and there is none").await;
    fixture.leave().await;
    let leaving = told(&browser, "health").await;
    assert!(leaving.contains("Ready bad the server stops"), "{leaving}");
    fixture.stop().await;
}

#[tokio::test]
async fn the_pages_are_for_those_who_are_signed_in_and_speak_chinese() {
    let folder = tempfile::tempdir().unwrap();
    let fixture = start(&settings_of_console(folder.path(), "")).await;
    let browser = Browser::signed_in(&fixture, VIEWER).await;
    for (path, title) in [(OVERVIEW, "概览"), ("applications", "应用列表"), ("health", "健康状况")]
    {
        let page = browser.send("GET", path, &[], &[("cookie", "foldmark_language=zh")]).await;
        page.has(&format!("<h1>{title}</h1>"));
        page.has("aria-current=\"page\"");
        let nobody = Browser::new(&fixture).get(path).await;
        assert_eq!((nobody.status.as_u16(), nobody.location()), (303, "/console/sign-in"), "{path}");
        nobody.has_not(&APP.to_string());
    }
    fixture.stop().await;
}
