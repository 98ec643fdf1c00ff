//! Safe retries and races: `if_revision` and idempotency keys, for the vendor's calls and Foldmark's own.

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;
use serde_json::json;

use crate::support::{Answer, Fixture};

const MARK: &str = r#"{"From_Account":"user_0001","MarkItem":[{"OptType":1,"ContactItem":{"Type":1,"To_Account":"p"},"SetMark":[1]},{"OptType":1,"ContactItem":{"Type":2,"ToGroupId":"@gone"},"SetMark":[1]}]}"#;
const UNMARK: &str = r#"{"From_Account":"user_0001","MarkItem":[{"OptType":1,"ContactItem":{"Type":1,"To_Account":"p"},"ClearMark":[1]}]}"#;

async fn guarded(server: &Fixture, call: &str, guard: &str, body: &str) -> Answer {
    server.call_with(call, &format!("{}&{guard}", server.query()), body).await
}

#[tokio::test]
async fn a_call_goes_through_only_at_the_revision_that_it_expects() {
    let server = Fixture::with("accounts = \"open\"").await;
    let mark = "recentcontact/mark_contact";
    let first = guarded(&server, mark, "if_revision=0", MARK).await;
    first.ok();
    let answer = guarded(&server, mark, "if_revision=0", UNMARK).await;
    answer.refused(52_001, "the user is at revision 1");
    assert_eq!(answer.revision(), Some(1));
    guarded(&server, mark, "if_revision=1", UNMARK).await.ok();
    let order = r#"{"From_Account":"user_0001","GroupName":["a"]}"#;
    let answer = guarded(&server, "foldmark/set_group_order", "if_revision=1", order).await;
    answer.refused(52_001, "the user is at revision 2");
    server.stop().await;
}

#[tokio::test]
async fn a_call_that_is_repeated_is_answered_as_the_first_time_byte_for_byte() {
    let server = Fixture::with("accounts = \"open\"").await;
    let mark = "recentcontact/mark_contact";
    let first = guarded(&server, mark, "idempotency_key=k1", MARK).await;
    let codes = first.ok()["ResultItem"].as_array().unwrap().clone();
    assert_eq!((&codes[0]["ResultCode"], &codes[1]["ResultCode"]), (&json!(0), &json!(51_007)));
    server.call(mark, UNMARK).await.ok();
    let again = guarded(&server, mark, "idempotency_key=k1&if_revision=0", MARK).await;
    assert_eq!(
        (&again.text, again.revision()),
        (&first.text, Some(1)),
        "also with a revision that has passed"
    );
    let answer = guarded(&server, mark, "idempotency_key=k1", UNMARK).await;
    answer.refused(52_002, "Another call was made under this idempotency key.");
    let answer = guarded(&server, "foldmark/set_group_order", "idempotency_key=k1", MARK).await;
    assert_eq!(answer.code(), 50_002, "a wrong body is found first");
    // Everything that changes one user can be repeated.
    for (call, body) in [
        (
            "recentcontact/create_contact_group",
            json!({ "From_Account": "user_0001", "GroupContactItem": [{ "GroupName": "a", "ContactItem": [{ "Type": 1, "To_Account": "q" }] }] }),
        ),
        (
            "recentcontact/update_contact_group",
            json!({ "From_Account": "user_0001", "UpdateType": 1, "UpdateGroup": { "UpdateGroupType": 1, "OldGroupName": "a", "NewGroupName": "b" } }),
        ),
        (
            "foldmark/set_group_ex",
            json!({ "From_Account": "user_0001", "GroupItem": [{ "GroupName": "b", "Ex": "red" }] }),
        ),
        (
            "foldmark/apply",
            json!({ "From_Account": "user_0001", "CommandItem": [{ "Command": "create_contact_group", "GroupContactItem": [{ "GroupName": "c" }] }] }),
        ),
        ("foldmark/set_group_order", json!({ "From_Account": "user_0001", "GroupName": ["c"] })),
        ("recentcontact/del_contact_group", json!({ "From_Account": "user_0001", "GroupName": ["b"] })),
        ("im_open_login_svc/account_import", json!({ "UserID": "user_0001", "Nick": "Ann" })),
    ] {
        let guard = format!("idempotency_key=of-{}", call.replace('/', "."));
        let first = guarded(&server, call, &guard, &body.to_string()).await;
        first.ok();
        server.call(mark, if first.revision().unwrap() % 2 == 0 { MARK } else { UNMARK }).await.ok();
        let again = guarded(&server, call, &guard, &body.to_string()).await;
        assert_eq!((&again.text, again.revision()), (&first.text, first.revision()), "{call}");
    }
    server.stop().await;
}

#[tokio::test]
async fn the_key_may_stand_in_a_header() {
    let server = Fixture::with("accounts = \"open\"").await;
    let send = |body: &'static str| {
        let uri = format!("http://{}/v4/recentcontact/mark_contact?{}", server.address(), server.query());
        let request = Request::builder().method(Method::POST).uri(uri).header("Idempotency-Key", "k");
        server.send_request(request.body(Full::new(Bytes::from_static(body.as_bytes()))).unwrap())
    };
    let first = send(MARK).await;
    server.call("recentcontact/mark_contact", UNMARK).await.ok();
    assert_eq!(send(MARK).await.text, first.text);
    send(UNMARK).await.refused(52_002, "idempotency key");
    server.stop().await;
}

#[tokio::test]
async fn a_refused_call_may_be_sent_again_under_its_key() {
    let server = Fixture::new().await;
    let mark = "recentcontact/mark_contact";
    guarded(&server, mark, "idempotency_key=k", MARK).await.refused(50_001, "From_Account");
    server.import(&["user_0001", "p"]).await;
    guarded(&server, mark, "idempotency_key=k", MARK).await.ok();
    guarded(&server, mark, "idempotency_key=k", MARK).await.ok();
    assert_eq!(server.call(mark, MARK).await.revision(), Some(2));
    server.stop().await;
}

#[tokio::test]
async fn many_repeats_at_once_change_once() {
    let server = Fixture::with("accounts = \"open\"").await;
    let body = r#"{"From_Account":"user_0001","GroupContactItem":[{"GroupName":"a"}]}"#;
    let calls = (0..16).map(|_| {
        guarded(&server, "recentcontact/create_contact_group", "idempotency_key=k&if_revision=0", body)
    });
    for answer in futures_util::future::join_all(calls).await {
        answer.ok();
        assert_eq!(answer.revision(), Some(1));
    }
    server.stop().await;
}

#[tokio::test]
async fn calls_that_do_not_change_one_user_refuse_guards() {
    let server = Fixture::with("accounts = \"open\"").await;
    for (call, body) in [
        ("recentcontact/search_contact_group", "{}"),
        ("foldmark/get_changes", "{}"),
        ("foldmark/copy_layout", "{}"),
        ("im_open_login_svc/account_delete", "{}"),
        ("group_open_http_svc/create_group", "{}"),
    ] {
        guarded(&server, call, "if_revision=1", body).await.refused(60_025, "if_revision is not possible");
        guarded(&server, call, "idempotency_key=k", body)
            .await
            .refused(60_025, "idempotency_key is not possible");
    }
    let mark = "recentcontact/mark_contact";
    guarded(&server, mark, "if_revision=x", MARK).await.refused(60_025, "if_revision");
    guarded(&server, mark, "idempotency_key=a%20b", MARK).await.refused(60_025, "visible ASCII");
    server.stop().await;
}
