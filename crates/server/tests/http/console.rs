//! The console over HTTP: who gets in, who may change what, and that changes are those of the calls.

use std::time::Duration;

use http::header;

use crate::browser::{ADMIN, Browser, VIEWER, settings_of_console};
use crate::support::{APP, Fixture};

const GET: &str = "recentcontact/get_contact_group";

async fn start() -> (Fixture, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings_of_console(
        folder.path(),
        "accounts = \"open\"\nchat_groups = \"open\"\nmark_names = [\"40=Invoice due\"]",
    );
    (Fixture::start(&settings).await, folder)
}

fn path(page: &str) -> String {
    format!("apps/{APP}/{page}")
}

async fn group(fixture: &Fixture, user: &str, name: &str, peers: &[&str]) {
    let items: Vec<_> =
        peers.iter().map(|peer| serde_json::json!({ "Type": 1, "To_Account": peer })).collect();
    let body = serde_json::json!({
        "From_Account": user,
        "GroupContactItem": [{ "GroupName": name, "ContactItem": items }],
    });
    fixture.call("recentcontact/create_contact_group", &body.to_string()).await.ok();
}

#[tokio::test]
async fn nothing_is_shown_to_those_who_have_not_shown_a_token() {
    let (fixture, _folder) = start().await;
    let browser = Browser::new(&fixture);
    for page in ["", &path("users"), &path("user?id=a"), &path("chat-groups"), &path("accounts")] {
        let shown = browser.get(page).await;
        assert_eq!((shown.status.as_u16(), shown.location()), (303, "/console/sign-in"), "{page}");
    }
    for page in
        ["undo", "language", "sign-out", &path("user/change"), &path("chat-groups"), &path("accounts")]
    {
        assert_eq!(browser.send("POST", page, &[], &[]).await.status, 403, "{page}");
    }
    let mut forged = Browser::new(&fixture);
    forged.session = Some("0".repeat(64));
    assert_eq!(forged.get(&path("users")).await.status, 303);
    let page = browser.get("sign-in").await;
    assert_eq!(page.status, 200);
    page.has("type=\"password\"");
    fixture.stop().await;
}

#[tokio::test]
async fn browsers_are_told_to_fetch_nothing_from_elsewhere_and_to_keep_nothing() {
    let (fixture, _folder) = start().await;
    let browser = Browser::signed_in(&fixture, ADMIN).await;
    for page in ["sign-in", &path("users"), "no/such/page"] {
        let shown = browser.get(page).await;
        let policy = shown.headers["content-security-policy"].to_str().unwrap();
        for part in ["default-src 'none'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"]
        {
            assert!(policy.contains(part), "{policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(shown.headers["cache-control"], "no-store");
        assert_eq!(shown.headers["x-content-type-options"], "nosniff");
        shown.has_not("style=");
        shown.has_not("onclick");
    }
    fixture.stop().await;
}

#[tokio::test]
async fn a_session_begins_anew_at_each_sign_in_and_its_cookie_is_for_the_console_alone() {
    let (fixture, _folder) = start().await;
    let mut browser = Browser::new(&fixture);
    // Somebody else's idea of a session is not taken.
    browser.session = Some("f".repeat(64));
    let shown = browser.sign_in(ADMIN).await;
    let cookie = shown.headers[header::SET_COOKIE].to_str().unwrap();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/console/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let first = browser.session.clone().unwrap();
    assert_ne!(first, "f".repeat(64));
    assert_eq!(browser.get(&path("users")).await.status, 200);
    browser.sign_in(VIEWER).await;
    let second = browser.session.replace(first);
    assert_eq!(browser.get(&path("users")).await.status, 303, "the session before is over");
    browser.session = second;
    assert_eq!(browser.post_from(&path("users"), "sign-out", &[]).await.location(), "/console/sign-in");
    assert_eq!(browser.get(&path("users")).await.status, 303);
    fixture.stop().await;
}

#[tokio::test]
async fn a_session_ends_after_a_time_without_requests() {
    let (fixture, _folder) = start().await;
    let browser = Browser::signed_in(&fixture, ADMIN).await;
    fixture.clock.advance(Duration::from_secs(29 * 60));
    assert_eq!(browser.get(&path("users")).await.status, 200);
    fixture.clock.advance(Duration::from_secs(29 * 60));
    let refresh = browser.send("GET", "overview", &[], &[("foldmark-refresh", "1")]).await;
    assert_eq!(refresh.status, 200, "an open page still shows");
    fixture.clock.advance(Duration::from_secs(60));
    assert_eq!(browser.get(&path("users")).await.status, 303);
    fixture.stop().await;
}

#[tokio::test]
async fn tokens_are_guessed_slowly() {
    let (fixture, _folder) = start().await;
    let mut browser = Browser::new(&fixture);
    for _ in 0..10 {
        assert_eq!(browser.sign_in("guess").await.status, 403);
    }
    let shown = browser.sign_in(ADMIN).await;
    assert_eq!(shown.status, 429, "the right one has to wait too");
    assert!(shown.headers.contains_key(header::RETRY_AFTER));
    fixture.clock.advance(Duration::from_secs(61));
    assert_eq!(browser.sign_in(ADMIN).await.status, 303);
    fixture.stop().await;
}

#[tokio::test]
async fn a_form_needs_the_session_s_secret_and_a_page_of_this_host() {
    let (fixture, _folder) = start().await;
    let browser = Browser::signed_in(&fixture, ADMIN).await;
    group(&fixture, "alice", "work", &["bob"]).await;
    let page = path("user?id=alice");
    let csrf = browser.get(&page).await.csrf();
    let change = path("user/change");
    let fields = |csrf| [("csrf", csrf), ("id", "alice"), ("do", "delete"), ("group", "work")];
    for (csrf, headers) in [
        ("", &[][..]),
        ("wrong", &[]),
        (&csrf, &[("origin", "http://evil.example")]),
        (&csrf, &[("origin", "null")]),
        (&csrf, &[("sec-fetch-site", "cross-site")]),
    ] {
        let shown = browser.send("POST", &change, &fields(csrf), headers).await;
        assert_eq!(shown.status, 403, "{csrf:?} {headers:?}");
    }
    let other = Browser::signed_in(&fixture, ADMIN).await;
    assert_eq!(other.send("POST", &change, &fields(&csrf), &[]).await.status, 403, "another session's");
    // A GET changes nothing, whatever it holds.
    assert_eq!(browser.get(&format!("{change}?csrf={csrf}&id=alice&do=delete&group=work")).await.status, 405);
    browser.get(&page).await.has("work");
    assert_eq!(browser.send("POST", &change, &fields(&csrf), &[]).await.status, 303);
    browser.get(&page).await.has("This user has no groups.");
    fixture.stop().await;
}

#[tokio::test]
async fn a_viewer_sees_everything_and_changes_nothing() {
    let (fixture, _folder) = start().await;
    let browser = Browser::signed_in(&fixture, VIEWER).await;
    group(&fixture, "alice", "work", &["bob"]).await;
    let page = browser.get(&path("user?id=alice")).await;
    page.has("work");
    page.has("bob");
    page.has_not("/user/change");
    for (at, fields) in [
        (path("user/change"), &[("id", "alice"), ("do", "delete"), ("group", "work")][..]),
        (path("accounts"), &[("accounts", "mallory")]),
        (path("chat-groups"), &[("type", "Public"), ("name", "n"), ("group_id", "g")]),
        ("undo".to_owned(), &[]),
    ] {
        let shown = browser.post_from(&path("users"), &at, fields).await;
        assert_eq!(shown.status, 403, "{at}");
        shown.has("The viewer token lets you look");
    }
    let reply = fixture.call(GET, r#"{"From_Account":"alice"}"#).await.ok();
    assert_eq!(reply["ContactItem"].as_array().unwrap().len(), 1);
    fixture.stop().await;
}

#[tokio::test]
async fn what_is_changed_by_forms_is_seen_by_calls_and_can_be_taken_back() {
    let (fixture, _folder) = start().await;
    let browser = Browser::signed_in(&fixture, ADMIN).await;
    group(&fixture, "alice", "work", &["bob", "carol"]).await;
    let (page, change) = (path("user?id=alice"), path("user/change"));
    let do_it = async |fields: &[(&str, &str)]| {
        let mut all = vec![("id", "alice")];
        all.extend(fields);
        let shown = browser.post_from(&page, &change, &all).await;
        assert_eq!(shown.location(), format!("/console/{page}"));
        browser.get(&page).await
    };
    let records = async || {
        let reply = fixture.call(GET, r#"{"From_Account":"alice"}"#).await.ok();
        reply["ContactItem"].clone()
    };
    do_it(&[("do", "create"), ("name", "home")]).await.has("Group “home” was created.");
    do_it(&[("do", "rename"), ("group", "home"), ("name", "family")]).await.has("now called “family”");
    do_it(&[("do", "put"), ("group", "family"), ("peers", "dave\r\n erin \r\n")]).await.has("dave");
    do_it(&[("do", "set"), ("bit", "40"), ("c", "ubob"), ("c", "ucarol")]).await.has("Invoice due");
    do_it(&[("do", "custom"), ("mark", "VIP"), ("c", "ubob")]).await.has("VIP");
    let before = records().await;
    assert_eq!(before.as_array().unwrap().len(), 4);

    let shown = do_it(&[("do", "delete"), ("group", "work")]).await;
    shown.has("with 2 conversations was deleted");
    shown.has("/console/undo");
    browser.post_from(&page, "undo", &[]).await;
    browser.get(&page).await.has("The last change was taken back.");
    let after = records().await;
    // The group has a new id, and everything else is as it was.
    let told = |records: &serde_json::Value| -> Vec<(String, usize, String)> {
        let all = records.as_array().unwrap().iter();
        let of = |record: &serde_json::Value| {
            let peer = record["To_Account"].as_str().unwrap().to_owned();
            let groups = record["ContactGroupId"].as_array().map_or(0, Vec::len);
            (peer, groups, record["StandardMark"].as_str().unwrap_or_default().to_owned())
        };
        all.map(of).collect()
    };
    assert_eq!(told(&before), told(&after));
    let shown = browser.get(&path("user?id=alice&group=work")).await;
    shown.has("carol");
    shown.has_not("value=\"udave\"");
    browser.post_from(&page, "undo", &[]).await;
    browser.get(&page).await.has("nothing to take back");

    // What the calls refuse is told as they tell it.
    do_it(&[("do", "rename"), ("group", "nothing"), ("name", "x")]).await.has("51009");
    do_it(&[("do", "create"), ("name", "work")]).await.has("already");
    do_it(&[("do", "set"), ("bit", "64"), ("c", "ubob")]).await.has("0 to 63");
    do_it(&[("do", "add"), ("group", "work")]).await.has("Tick at least one");
    fixture.stop().await;
}

#[tokio::test]
async fn whatever_users_write_comes_out_as_text() {
    let (fixture, _folder) = start().await;
    let browser = Browser::signed_in(&fixture, ADMIN).await;
    let evil = "\"><script>alert(1)</script>";
    let body = serde_json::json!({ "UserID": "<i>m&m", "Nick": evil, "FaceUrl": "javascript:alert(1)" });
    fixture.call("im_open_login_svc/account_import", &body.to_string()).await.ok();
    group(&fixture, "<i>m&m", evil, &["<b>p</b>"]).await;
    let mark = serde_json::json!({ "From_Account": "<i>m&m", "MarkItem": [
        { "OptType": 2, "ContactItem": { "Type": 1, "To_Account": "<b>p</b>" }, "CustomMark": evil }
    ]});
    fixture.call("recentcontact/mark_contact", &mark.to_string()).await.ok();
    for page in [path("users"), path("user?id=%3Ci%3Em%26m"), path("users?prefix=%22%3E%3Cscript%3Ealert(1)")]
    {
        let shown = browser.get(&page).await;
        assert_eq!(shown.status, 200, "{page}");
        for markup in ["<script>", "<b>p", "<i>m", "href=\"javascript"] {
            shown.has_not(markup);
        }
        shown.has("&#60;");
    }
    fixture.stop().await;
}

#[tokio::test]
async fn the_console_speaks_chinese_to_who_wants_it() {
    let (fixture, _folder) = start().await;
    let browser = Browser::signed_in(&fixture, ADMIN).await;
    let shown = browser.send("GET", &path("users"), &[], &[("accept-language", "zh-CN,zh;q=0.9")]).await;
    shown.has("lang=\"zh-CN\"");
    shown.has("用户");
    let chosen = browser.post_from(&path("users"), "language", &[("to", "zh")]).await;
    assert_eq!(chosen.location(), format!("/console/{}", path("users")));
    assert!(chosen.headers[header::SET_COOKIE].to_str().unwrap().starts_with("foldmark_language=zh"));
    fixture.stop().await;
}

#[tokio::test]
async fn accounts_are_imported_from_a_text_and_the_wrong_ones_are_told() {
    let (fixture, _folder) = start().await;
    let browser = Browser::signed_in(&fixture, ADMIN).await;
    let text: String = (0..250).map(|number| format!("user{number:03}\tNick {number}\r\n")).collect();
    let text = text + &"x".repeat(40) + "\n";
    let shown = browser.post_from(&path("accounts"), &path("accounts"), &[("accounts", &text)]).await;
    assert_eq!(shown.status, 303);
    let shown = browser.get(&path("accounts")).await;
    shown.has("250 accounts were imported.");
    shown.has(&"x".repeat(40));
    let shown = browser.get(&path("users?prefix=user24")).await;
    shown.has("user249");
    shown.has("Nick 249");
    shown.has_not("user100");
    browser.get(&path("users?prefix=nobody")).await.has("No user id begins with this.");
    fixture.stop().await;
}

#[tokio::test]
async fn chat_groups_are_registered_and_disbanded() {
    let (fixture, _folder) = start().await;
    let browser = Browser::signed_in(&fixture, ADMIN).await;
    let page = path("chat-groups");
    browser.get(&page).await.has("There are no chat groups yet.");
    let fields = [("do", "create"), ("group_id", "team"), ("type", "Public"), ("name", "The team")];
    browser.post_from(&page, &page, &fields).await;
    browser.get(&page).await.has("The team");
    let fields = [("do", "disband"), ("group_id", "team"), ("type", "Public"), ("name", "The team")];
    browser.post_from(&page, &page, &fields).await;
    let shown = browser.get(&page).await;
    shown.has("Chat group team was disbanded.");
    shown.has("disbanded</span>");
    fixture.stop().await;
}

#[tokio::test]
async fn without_tls_it_is_for_this_machine_alone_unless_somebody_says_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings_of_console(folder.path(), "");
    let mut listen = |listen: &str, plain_http| {
        let overrides = [("admin.listen".to_owned(), listen.to_owned())];
        let loaded = foldmark_server::config::load(None, &Default::default(), &overrides).unwrap();
        settings.admin.listen = loaded.admin.listen;
        settings.console.as_mut().unwrap().plain_http = plain_http;
        settings.clone()
    };
    for (address, plain_http, status) in
        [("127.0.0.1:0", false, 200), ("0.0.0.0:0", false, 403), ("0.0.0.0:0", true, 200)]
    {
        let fixture = Fixture::start(&listen(address, plain_http)).await;
        let shown = Browser::new(&fixture).get("sign-in").await;
        assert_eq!(shown.status, status, "{address} {plain_http}");
        if status == 403 {
            shown.has("admin.tls");
        }
        fixture.stop().await;
    }
    settings.console = None;
    let fixture = Fixture::start(&settings).await;
    assert_eq!(Browser::new(&fixture).get("sign-in").await.status, 401, "as for whatever is not there");
    fixture.stop().await;
}
