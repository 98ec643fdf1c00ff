//! Users who act for themselves, and every way around that somebody may think of.

use std::time::Duration;

use bytes::Bytes;
use foldmark_wire::CallName;
use foldmark_wire::samples;
use http::{Method, Request};
use http_body_util::Full;
use serde_json::Value;

use crate::support::{APP, Answer, Fixture, KEY, query, settings, usersig};

const OPEN: &str = "accounts = \"open\"\nchat_groups = \"open\"\nend_users = true\n\
                    limits.end_user_calls_per_second = 0\nlimits.calls_per_second = 0";

/// Calls as `identifier`, with a genuine UserSig of his own.
async fn call_as(server: &Fixture, identifier: &str, call: &str, body: &str) -> Answer {
    let usersig = usersig(identifier, KEY, server.clock.unix_seconds());
    server.call_with(call, &query(APP, identifier, &usersig), body).await
}

fn path(call: CallName) -> String {
    format!("{}/{}", call.service(), call.command())
}

#[tokio::test]
async fn end_users_may_make_the_calls_about_themselves_and_no_others() {
    let server = Fixture::with(OPEN).await;
    for call in CallName::ALL {
        for sample in samples::requests(call) {
            let own = call_as(&server, "user_0001", &path(call), sample.text).await;
            let refused = call.not_administrator_code().number();
            let is_refused = own.code() == i64::from(refused);
            assert_eq!(is_refused, !call.is_for_end_users(), "{} {}", call.command(), own.text);
            // The same body of somebody else.
            call_as(&server, "user_0009", &path(call), sample.text)
                .await
                .refused(refused.into(), "administrator");
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn without_the_option_nothing_changes() {
    let server = Fixture::with("accounts = \"open\"").await;
    for call in CallName::ALL {
        let body = samples::requests(call)[0].text;
        let refused = call.not_administrator_code().number();
        call_as(&server, "user_0001", &path(call), body).await.refused(refused.into(), "administrator");
    }
    server.stop().await;
}

#[tokio::test]
async fn no_body_is_about_another_user() {
    let server = Fixture::with(OPEN).await;
    let search = "recentcontact/search_contact_group";
    let contacts = r#""ContactItem":[{"Type":1,"To_Account":"p"}]"#;
    let body = |user: &str| format!(r#"{{{user}{contacts}}}"#);
    call_as(&server, "ann", search, &body(r#""From_Account":"ann","#)).await.ok();
    call_as(&server, "ann", search, &body(r#""From_Account":"\u0061nn","#)).await.ok();
    for user in [
        "",
        r#""From_Account":null,"#,
        r#""From_Account":"","#,
        r#""From_Account":"bob","#,
        r#""From_Account":"Ann","#,
        r#""From_Account":"ann ","#,
        r#""From_Account":" ann","#,
        r#""From_Account":"ann\u0000","#,
        r#""From_Account":"a\u0430nn","#,
        r#""From_Account":7,"#,
        r#""From_Account":["ann"],"#,
        r#""From_Account":{"x":"ann"},"#,
        r#""from_account":"ann","#,
        r#""From_Account ":"ann","#,
    ] {
        call_as(&server, "ann", search, &body(user)).await.refused(50_003, "administrator");
    }
    for twice in [
        r#""From_Account":"ann","From_Account":"bob","#,
        r#""From_Account":"bob","From_Account":"ann","#,
        r#""From_Account":"ann","\u0046rom_Account":"bob","#,
    ] {
        call_as(&server, "ann", search, &body(twice)).await.refused(60_003, "same key twice");
    }
    server.stop().await;
}

#[tokio::test]
async fn commands_within_a_call_name_nobody_else() {
    let server = Fixture::with(OPEN).await;
    let apply = |command: &str| format!(r#"{{"From_Account":"ann","CommandItem":[{command}]}}"#);
    let create = r#"{"Command":"create_contact_group","GroupContactItem":[{"GroupName":"g"}]"#;
    call_as(&server, "ann", "foldmark/apply", &apply(&format!("{create}}}"))).await.ok();
    for user in ["bob", "ann"] {
        let command = format!(r#"{create},"From_Account":"{user}"}}"#);
        let answer = call_as(&server, "ann", "foldmark/apply", &apply(&command)).await;
        answer.refused(50_002, "CommandItem[0].From_Account must not be given");
    }
    let answer = call_as(&server, "ann", "foldmark/apply", &apply(r#"{"Command":"copy_layout"}"#)).await;
    answer.refused(50_002, "CommandItem[0].Command must be one of");
    let copy = r#"{"From_Account":"ann","To_Account":["ann"]}"#;
    call_as(&server, "ann", "foldmark/copy_layout", copy).await.refused(50_003, "administrator");
    // A cursor of another user is none of his.
    let bobs = call_as(&server, "bob", "foldmark/get_changes", r#"{"From_Account":"bob"}"#).await.ok();
    let cursor = bobs["Cursor"].as_str().unwrap();
    let body = format!(r#"{{"From_Account":"ann","Cursor":"{cursor}"}}"#);
    call_as(&server, "ann", "foldmark/get_changes", &body).await.refused(52_003, "cursor");
    server.stop().await;
}

#[tokio::test]
async fn the_url_says_who_calls_and_the_usersig_proves_it() {
    let server = Fixture::with(OPEN).await;
    let body = r#"{"From_Account":"bob"}"#;
    let list = "foldmark/list_groups";
    let anns = usersig("ann", KEY, server.clock.unix_seconds());
    // Ann's signature does not make her Bob, whatever stands where.
    server.call_with(list, &query(APP, "bob", &anns), body).await.refused(70_013, "identifier");
    let twice = format!("{}&identifier=bob", query(APP, "ann", &anns));
    server.call_with(list, &twice, body).await.refused(50_003, "administrator");
    let twice = format!("identifier=bob&{}", query(APP, "ann", &anns));
    server.call_with(list, &twice, body).await.refused(70_013, "identifier");
    // The administrator's name is no end user's, in whatever case.
    let admins = usersig("Administrator", KEY, server.clock.unix_seconds());
    server
        .call_with(list, &query(APP, "Administrator", &admins), body)
        .await
        .refused(50_003, "administrator");
    server.call(list, body).await.ok();
    let expired = usersig("bob", KEY, server.clock.unix_seconds() - 86_401);
    server.call_with(list, &query(APP, "bob", &expired), body).await.refused(70_001, "expired");
    server.stop().await;
}

#[tokio::test]
async fn an_account_that_is_not_imported_has_nothing_to_act_on() {
    let server = Fixture::with("end_users = true").await;
    let body = r#"{"From_Account":"ann"}"#;
    call_as(&server, "ann", "foldmark/list_groups", body).await.refused(50_001, "From_Account");
    server.import(&["ann"]).await;
    call_as(&server, "ann", "foldmark/list_groups", body).await.ok();
    server.stop().await;
}

#[tokio::test]
async fn each_end_user_has_a_rate_of_his_own() {
    let app = "accounts = \"open\"\nend_users = true\nlimits.end_user_calls_per_second = 3";
    // Each server counts by itself; one is enough to see it.
    let server = Fixture::start_beside(&settings(app), Default::default()).await;
    let list = |user: &'static str| {
        let body = format!(r#"{{"From_Account":"{user}"}}"#);
        let server = &server;
        async move { call_as(server, user, "foldmark/list_groups", &body).await }
    };
    for _ in 0..3 {
        list("ann").await.ok();
    }
    list("ann").await.refused(60_007, "too many calls of the user in a second");
    list("bob").await.ok();
    for _ in 0..9 {
        server.call("foldmark/list_groups", r#"{"From_Account":"ann"}"#).await.ok();
    }
    server.clock.advance(Duration::from_secs(1));
    list("ann").await.ok();
    server.stop().await;
}

#[tokio::test]
async fn what_end_users_may_not_call_takes_nothing_from_administrators() {
    let app = "accounts = \"open\"\nend_users = true\nlimits.end_user_calls_per_second = 30\n\
               limits.calls.account_check = 2\nlimits.calls.copy_layout = 2";
    let server = Fixture::start_beside(&settings(app), Default::default()).await;
    let calls = [
        ("foldmark/copy_layout", r#"{"From_Account":"ann","To_Account":["bob"]}"#, 50_003),
        ("im_open_login_svc/account_check", r#"{"CheckItem":[{"UserID":"ann"}]}"#, 70_403),
    ];
    for (call, body, refused) in calls {
        for _ in 0..15 {
            call_as(&server, "ann", call, body).await.refused(refused, "administrator");
        }
    }
    for (call, body, _) in calls {
        server.call(call, body).await.ok();
        // They count for himself, as all his calls do.
        call_as(&server, "ann", call, body).await.refused(60_007, "too many calls of the user");
    }
    server.stop().await;
}

#[tokio::test]
async fn pages_of_configured_origins_alone_may_call_for_end_users() {
    let mut settings = settings(OPEN);
    let from = |server: &Fixture, identifier: &str, origin: &str| {
        let usersig = usersig(identifier, KEY, server.clock.unix_seconds());
        let query = query(APP, identifier, &usersig);
        let uri = format!("http://{}/v4/foldmark/list_groups?{query}", server.address());
        let request = Request::builder().method(Method::POST).uri(uri).header("Origin", origin);
        request.body(Full::new(Bytes::from_static(br#"{"From_Account":"ann"}"#))).unwrap()
    };
    let server = Fixture::start(&settings).await;
    let answer = server.send_request(from(&server, "ann", "https://a.example")).await;
    answer.refused(60_021, "server.cors_origins");
    server.send_request(from(&server, "administrator", "https://a.example")).await.ok();
    server.stop().await;

    settings = crate::support::settings(OPEN);
    settings.server.cors_origins = vec!["https://a.example".to_owned()];
    let server = Fixture::start(&settings).await;
    let answer = server.send_request(from(&server, "ann", "https://a.example")).await;
    answer.ok();
    assert_eq!(answer.headers["access-control-allow-origin"], "https://a.example");
    assert_eq!(answer.headers["access-control-expose-headers"], "Foldmark-Revision, X-Request-Id");
    for other in
        ["https://b.example", "null", "", "https://a.example.b", "http://a.example", "https://a.example:8443"]
    {
        let answer = server.send_request(from(&server, "ann", other)).await;
        answer.refused(60_021, "server.cors_origins");
        let asks = Request::options(format!("http://{}/v4/foldmark/list_groups", server.address()));
        let asks = asks.header("Origin", other).header("Access-Control-Request-Method", "POST");
        let preflight = server.send_request(asks.body(Full::default()).unwrap()).await.headers;
        for headers in [&answer.headers, &preflight] {
            assert!(!headers.keys().any(|name| name.as_str().starts_with("access-control")), "{other}");
            assert_eq!(headers["vary"], "Origin");
        }
    }
    let answered: Value = server.send_request(from(&server, "administrator", "https://b.example")).await.ok();
    assert_eq!(answered["GroupItem"], Value::Array(Vec::new()));
    server.stop().await;
}
