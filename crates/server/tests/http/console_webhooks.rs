//! The console's page about the webhooks of an application.

use std::time::Duration;

use foldmark_server::config::Settings;
use foldmark_server::{Beside, Loader};
use tempfile::TempDir;

use crate::browser::{ADMIN, Browser, Shown, VIEWER, settings_of_console};
use crate::receiver::Receiver;
use crate::support::{APP, Fixture};
use crate::watcher::mark;

const PAGE: &str = "apps/1400000000/webhooks";
const HOSTILE: &str = "<b>\"&'mallory";

fn settings_for(receiver: &Receiver, folder: &TempDir) -> Settings {
    let webhook = receiver.config().replace("/hook\"", "/hook?token=hidden\"");
    let app = format!(
        "accounts = \"open\"\nlimits.calls_per_second = 0\n{webhook}\ngive_up_seconds = 60\nat_once = 64\n"
    );
    settings_of_console(folder.path(), &app)
}

/// The page once `part` is in it, while time goes on and others are told.
async fn shown_with(browser: &Browser<'_>, fixture: &Fixture, receiver: &Receiver, part: &str) -> Shown {
    for _ in 0..400 {
        let shown = browser.get(PAGE).await;
        assert_eq!(shown.status, 200, "{}", shown.html);
        if shown.html.contains(part) {
            return shown;
        }
        fixture.clock.advance(Duration::from_secs(20));
        receiver.takes_another(fixture).await;
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("the page never has {part:?}: {}", browser.get(PAGE).await.html);
}

/// The page once it says that so many events were taken, while time stands still.
async fn shown_with_delivered(browser: &Browser<'_>, count: usize) -> Shown {
    let part = format!("<dt>Delivered</dt><dd>{count}</dd>");
    for _ in 0..400 {
        let shown = browser.get(PAGE).await;
        if shown.html.contains(&part) {
            return shown;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("the page never has {part:?}: {}", browser.get(PAGE).await.html);
}

/// The link to the page of a user with a dead letter.
fn letter_of(user: &str) -> String {
    format!("/console/apps/{APP}/user?id={user}\">")
}

#[tokio::test]
async fn the_receiver_and_dead_letters_are_shown_and_dealt_with_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::start(None).await;
    let fixture = Fixture::start(&settings_for(&receiver, &folder)).await;
    let admin = Browser::signed_in(&fixture, ADMIN).await;
    let first = admin.get(PAGE).await;
    first.has("nothing was delivered yet");
    first.has(&format!("http://{}/hook<", receiver.address));
    first.has_not("token=");
    first.has("There are none.");
    first.has("<a href=\"/console/apps/1400000000/webhooks\" aria-current=\"page\">Webhooks</a>");

    let refused = ["alice", "eve", HOSTILE];
    receiver.with(|received| received.refused.extend(refused.map(str::to_owned)));
    for user in ["bob", "alice", "eve", HOSTILE] {
        mark(&fixture, user, "x", "1").await;
    }
    mark(&fixture, "alice", "y", "1").await;
    shown_with(&admin, &fixture, &receiver, "<dt>Given up</dt><dd>3</dd>").await;
    let taken = receiver.with(|received| received.taken.len());
    let shown = shown_with_delivered(&admin, taken).await;
    shown.has("it takes what it is told");
    shown.has("this server");
    shown.has("answered 422 Unprocessable Entity: it says no");
    shown.has(&letter_of("eve"));
    shown.has(&letter_of("%3Cb%3E%22%26%27mallory"));
    shown.has_not("<b>\"");
    let row = shown.html.split("<tr>").find(|row| row.contains(&letter_of("alice"))).unwrap();
    assert!(
        row.contains("<td class=\"number\">0</td>") && row.contains("<td class=\"number\">2</td>"),
        "{row}"
    );
    assert!(row.contains("<td class=\"time\">2026-04-03 1"), "{row}");

    receiver.with(|received| received.refused.clear());
    let again = admin.post_from(PAGE, PAGE, &[("user", HOSTILE), ("do", "again")]).await;
    assert_eq!((again.status.as_u16(), again.location()), (303, "/console/apps/1400000000/webhooks"));
    receiver.follows(HOSTILE, 1).await;
    let told = admin.get(PAGE).await;
    told.has("is told again.");
    told.has(&letter_of("alice"));
    admin.post_from(PAGE, PAGE, &[("user", "eve"), ("do", "forget")]).await;
    let left = shown_with(&admin, &fixture, &receiver, "The dead letter of user eve was forgotten.").await;
    left.has(&letter_of("alice"));
    for gone in ["eve", "%3Cb%3E%22%26%27mallory"] {
        left.has_not(&letter_of(gone));
    }
    admin.post_from(PAGE, PAGE, &[("user", "eve"), ("do", "again")]).await;
    admin.get(PAGE).await.has("There is no such dead letter any more.");
    admin.post_from(PAGE, PAGE, &[("do", "forget")]).await;
    let unclear = admin.get(PAGE).await;
    unclear.has("does not say what to do with whom");
    unclear.has(&letter_of("alice"));
    assert!(receiver.with(|received| received.revisions("eve")).is_empty(), "he was forgotten, not told");
    fixture.stop().await;
}

#[tokio::test]
async fn all_dead_letters_are_dealt_with_wherever_they_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::start(None).await;
    let fixture = Fixture::start(&settings_for(&receiver, &folder)).await;
    let users: Vec<String> = (0..130).map(|number| format!("user_{number:03}")).collect();
    receiver.with(|received| received.refused.extend(users.clone()));
    for user in &users {
        mark(&fixture, user, "x", "1").await;
    }
    let admin = Browser::signed_in(&fixture, ADMIN).await;
    let first = shown_with(&admin, &fixture, &receiver, "<dt>Given up</dt><dd>130</dd>").await;
    let count = |shown: &Shown| shown.html.matches("name=\"user\"").count();
    assert_eq!(count(&first), 100);
    let (_, next) = first.html.split_once("rel=\"next\" href=\"?").unwrap();
    let next = format!("{PAGE}?{}", next.split('"').next().unwrap());
    let second = admin.get(&next).await;
    assert_eq!(count(&second), 30);
    second.has_not("rel=\"next\"");
    second.has(&letter_of("user_129"));
    assert_eq!(admin.get(&format!("{PAGE}?cursor=*")).await.status, 400);
    // Back to where it was.
    let one = admin.post_from(&next, PAGE, &[("user", "user_129"), ("do", "forget")]).await;
    assert_eq!(one.location(), format!("/console/{next}"));

    receiver.with(|received| received.refused.remove("user_128"));
    let all = admin.post_from(&next, PAGE, &[("of", "all"), ("do", "again")]).await;
    assert_eq!(all.location(), "/console/apps/1400000000/webhooks");
    admin.get(PAGE).await.has("129 dead letters are told again.");
    receiver.follows("user_128", 1).await;
    shown_with(&admin, &fixture, &receiver, "<dt>Given up</dt><dd>258</dd>").await;
    admin.post_from(PAGE, PAGE, &[("of", "all"), ("do", "forget")]).await;
    let none = admin.get(PAGE).await;
    none.has("128 dead letters were forgotten.");
    none.has("There are none.");
    fixture.stop().await;
}

#[tokio::test]
async fn a_viewer_looks_and_changes_nothing_and_forms_come_from_our_pages() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::start(None).await;
    let fixture = Fixture::start(&settings_for(&receiver, &folder)).await;
    receiver.with(|received| received.refused.insert("alice".to_owned()));
    mark(&fixture, "alice", "x", "1").await;
    let viewer = Browser::signed_in(&fixture, VIEWER).await;
    let shown = shown_with(&viewer, &fixture, &receiver, &letter_of("alice")).await;
    shown.has_not("value=\"again\"");
    shown.has_not("value=\"forget\"");
    let admin = Browser::signed_in(&fixture, ADMIN).await;
    let csrf = admin.get(PAGE).await.csrf();
    for fields in [
        [("user", "alice"), ("do", "forget")],
        [("of", "all"), ("do", "forget")],
        [("user", "alice"), ("do", "again")],
    ] {
        assert_eq!(viewer.post_from(PAGE, PAGE, &fields).await.status, 403, "a viewer");
        assert_eq!(admin.send("POST", PAGE, &fields, &[]).await.status, 403, "by no form of ours");
        assert_eq!(Browser::new(&fixture).send("POST", PAGE, &fields, &[]).await.status, 403, "nobody");
        let mut all = fields.to_vec();
        all.push(("csrf", &csrf));
        let foreign = admin.send("POST", PAGE, &all, &[("origin", "http://evil.example")]).await;
        assert_eq!(foreign.status, 403, "from elsewhere");
    }
    assert_eq!(Browser::new(&fixture).get(PAGE).await.location(), "/console/sign-in");
    assert_eq!(admin.get("apps/7/webhooks").await.status, 404);
    admin.get(PAGE).await.has(&letter_of("alice"));
    let chinese = viewer.send("GET", PAGE, &[], &[("cookie", "foldmark_language=zh")]).await;
    chinese.has("<h2 id=\"dead\">死信</h2>");
    fixture.stop().await;
}

#[tokio::test]
async fn without_a_receiver_the_page_says_how_to_get_one_and_shows_what_was_left() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::start(None).await;
    let settings = settings_for(&receiver, &folder);
    let mut without = settings.clone();
    without.apps[0].webhook = None;
    let loader: Loader = Box::new(move || Ok(without.clone()));
    let fixture =
        Fixture::start_beside(&settings, Beside { loader: Some(loader), ..Beside::default() }).await;
    receiver.with(|received| received.refused.insert("alice".to_owned()));
    mark(&fixture, "alice", "x", "1").await;
    let admin = Browser::signed_in(&fixture, ADMIN).await;
    shown_with(&admin, &fixture, &receiver, &letter_of("alice")).await.has_not("[apps.webhook]");
    admin.post_from("health", "health/reload", &[]).await;
    let shown = admin.get(PAGE).await;
    shown.has("[apps.webhook]");
    shown.has(&letter_of("alice"));
    admin.post_from(PAGE, PAGE, &[("user", "alice"), ("do", "forget")]).await;
    admin.get(PAGE).await.has("There are none.");
    fixture.stop().await;
}
