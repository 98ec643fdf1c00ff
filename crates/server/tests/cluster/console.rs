//! The console of one server of a cluster: users in no order, found by whole ids, and counted.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;

use crate::browser::{ADMIN, Browser, settings_of_console};
use crate::support::{APP, Fixture, settings};

/// More than a page shows.
const USERS: usize = 130;

#[tokio::test]
async fn users_are_listed_found_by_their_whole_ids_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings("");
    settings.admin.token_file = settings_of_console(folder.path(), "").admin.token_file;
    let fixture = Fixture::start(&settings).await;
    let ids: BTreeSet<String> = (0..USERS).map(|number| format!("user_{number:04}")).collect();
    for some in ids.iter().cloned().collect::<Vec<_>>().chunks(100) {
        let accounts: Vec<_> = some.iter().map(|id| json!({ "UserID": id })).collect();
        let body = json!({ "AccountList": accounts }).to_string();
        fixture.call("im_open_login_svc/multiaccount_import", &body).await.ok();
    }
    fixture.chat_group("@TGS#1B2AUI7RZ").await;
    let browser = Browser::signed_in(&fixture, ADMIN).await;

    let (mut listed, mut pages) = (Vec::new(), 0);
    let mut next = Some(format!("apps/{APP}/users"));
    while let Some(path) = next {
        let shown = browser.get(&path).await;
        assert_eq!(shown.status, 200, "{}", shown.html);
        listed.extend(links(&shown.html, "/user?id="));
        let query = links(&shown.html, "rel=\"next\" href=\"?").pop();
        next = query.map(|query| format!("apps/{APP}/users?{}", query.replace("&#38;", "&")));
        pages += 1;
    }
    assert!(pages > 1, "{pages}");
    assert_eq!(listed.len(), USERS, "nobody twice");
    assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), ids);

    let shown = browser.get(&format!("apps/{APP}/users?prefix=user_0042")).await;
    assert_eq!(links(&shown.html, "/user?id="), ["user_0042"]);
    let shown = browser.get(&format!("apps/{APP}/users?prefix=user_004")).await;
    assert!(links(&shown.html, "/user?id=").is_empty(), "a cluster keeps no order of ids");
    shown.has("No user has this id.");

    // What is changed at this server is what calls to any show.
    let user = format!("apps/{APP}/user?id=user_0042");
    let fields = [("id", "user_0042"), ("do", "create"), ("name", "work")];
    browser.post_from(&user, &format!("apps/{APP}/user/change"), &fields).await;
    for _ in 0..2 {
        let body = r#"{"From_Account":"user_0042"}"#;
        let groups = fixture.call("foldmark/list_groups", body).await.ok();
        assert_eq!(groups["GroupItem"][0]["GroupName"], "work");
    }

    let mut overview = String::new();
    for _ in 0..400 {
        overview = browser.get(&format!("overview?app={APP}")).await.html;
        if overview.contains(&format!("<td class=\"number\">{USERS}</td>")) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(overview.contains(&format!("<td class=\"number\">{USERS}</td>")), "{overview}");
    fixture.stop().await;
}

/// What stands between `start` and the next quotation mark, wherever that is on a page.
fn links(html: &str, start: &str) -> Vec<String> {
    html.split(start).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}
