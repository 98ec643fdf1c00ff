//! Who may call.

use std::time::Duration;

use foldmark_wire::usersig::NewUserSig;

use crate::support::{APP, Fixture, KEY, NOW, query, settings, usersig};

const GET: &str = "recentcontact/get_contact_group";
const BODY: &str = r#"{"From_Account":"u"}"#;

#[tokio::test]
async fn only_right_signatures_pass() {
    let fixture = Fixture::with("accounts = \"open\"").await;
    let good = usersig("administrator", KEY, NOW);
    fixture.call_with(GET, &query(APP, "administrator", &good), BODY).await.ok();
    fixture
        .call_with(GET, &query(APP, "administrator", &good.replace('*', "%2A").replace('_', "%5F")), BODY)
        .await
        .ok();

    let cases = [
        (query(APP, "administrator", ""), 70002),
        (query(APP, "administrator", "garbage"), 70003),
        (query(APP, "administrator", &usersig("administrator", "another key", NOW)), 70009),
        (query(APP, "other", &good), 70013),
        (query(7, "administrator", &good), 70020),
        (query(APP, "administrator", &usersig("administrator", KEY, NOW - 90_000)), 70001),
    ];
    for (query, code) in cases {
        fixture.call_with(GET, &query, BODY).await.refused(code, "");
    }
    let foreign = NewUserSig {
        sdkappid: 7,
        key: KEY.as_bytes(),
        identifier: "administrator",
        now: NOW,
        expire: 60,
        userbuf: None,
    };
    fixture.call_with(GET, &query(APP, "administrator", &foreign.make()), BODY).await.refused(70014, "");
    fixture.stop().await;
}

#[tokio::test]
async fn a_remembered_signature_still_expires() {
    let fixture = Fixture::with("accounts = \"open\"").await;
    let query = fixture.query();
    fixture.call_with(GET, &query, BODY).await.ok();
    fixture.clock.advance(Duration::from_secs(86_400));
    fixture.call_with(GET, &query, BODY).await.ok();
    fixture.clock.advance(Duration::from_secs(1));
    fixture.call_with(GET, &query, BODY).await.refused(70001, "");
    fixture.stop().await;
}

#[tokio::test]
async fn callers_who_are_no_administrators_get_the_services_own_code() {
    let fixture = Fixture::new().await;
    let query = query(APP, "user_0001", &usersig("user_0001", KEY, NOW));
    fixture.call_with(GET, &query, BODY).await.refused(50003, "");
    fixture.call_with("im_open_login_svc/account_import", &query, BODY).await.refused(70403, "");
    fixture.call_with("group_open_http_svc/destroy_group", &query, BODY).await.refused(10007, "");
    fixture.stop().await;
}

#[tokio::test]
async fn the_previous_key_is_accepted_while_it_is_configured() {
    let fixture = Fixture::with("accounts = \"open\"\nprevious_key = \"old\"").await;
    for key in [KEY, "old"] {
        fixture
            .call_with(GET, &query(APP, "administrator", &usersig("administrator", key, NOW)), BODY)
            .await
            .ok();
    }
    fixture
        .call_with(GET, &query(APP, "administrator", &usersig("administrator", "", NOW)), BODY)
        .await
        .refused(70009, "");
    fixture.stop().await;
}

#[tokio::test]
async fn too_many_failures_are_held_off_but_a_right_signature_is_served() {
    let mut settings = settings("accounts = \"open\"");
    settings.server.failed_signatures_per_minute = 3;
    let fixture = Fixture::start(&settings).await;
    let bad = query(APP, "administrator", &usersig("administrator", "wrong", NOW));
    for _ in 0..3 {
        fixture.call_with(GET, &bad, BODY).await.refused(70009, "");
    }
    fixture.call_with(GET, &bad, BODY).await.refused(70050, "");
    fixture.call(GET, BODY).await.ok();
    let other = query(APP, "someone", &usersig("someone", "wrong", NOW));
    fixture.call_with(GET, &other, BODY).await.refused(70009, "");
    fixture.clock.advance(Duration::from_secs(60));
    fixture.call_with(GET, &bad, BODY).await.refused(70009, "");
    fixture.stop().await;
}

#[tokio::test]
async fn checks_come_in_the_documented_order() {
    let fixture = Fixture::new().await;
    let not_admin = query(APP, "user", &usersig("user", KEY, NOW));
    let cases = [
        // Each has every later fault as well.
        ("/v4/recentcontact/nothing".to_owned(), "GET", 60009),
        (format!("/v4/{GET}"), "GET", 60002),
        (format!("/v4/{GET}?identifier=x"), "POST", 60012),
        (format!("/v4/{GET}?sdkappid=x"), "POST", 60025),
        (format!("/v4/{GET}?sdkappid=7&identifier=x"), "POST", 70020),
        (format!("/v4/{GET}?sdkappid={APP}&identifier=x"), "POST", 70002),
        (format!("/v4/{GET}?{not_admin}"), "POST", 60003),
    ];
    for (path, method, code) in cases {
        fixture.send(method.parse().unwrap(), &path, "not json").await.refused(code, "");
    }
    fixture.call_with(GET, &not_admin, "{}").await.refused(50003, "");
    fixture.call(GET, r#"{"StartIndex":-1,"From_Account":"u"}"#).await.refused(50002, "StartIndex");
    fixture.call(GET, BODY).await.refused(50001, "From_Account");
    fixture.stop().await;
}
