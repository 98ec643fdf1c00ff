//! The account calls.

use expect_test::expect;

use crate::support::Fixture;

#[tokio::test]
async fn importing_is_idempotent_and_keeps_the_profile() {
    let fixture = Fixture::new().await;
    let import = r#"{ "UserID": "user_0001", "Nick": "One", "FaceUrl": "http://www.example.com/1.png" }"#;
    let answer = fixture.call("im_open_login_svc/account_import", import).await;
    expect![[r#"{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}"#]].assert_eq(&answer.text);
    assert_eq!(answer.revision(), Some(1));
    let again = fixture.call("im_open_login_svc/account_import", import).await;
    assert_eq!(again.revision(), Some(1), "nothing changed");
    let plain = fixture.call("im_open_login_svc/account_import", r#"{"UserID":"user_0001"}"#).await;
    assert_eq!(plain.revision(), Some(1), "a missing field leaves the profile alone");
    let other =
        fixture.call("im_open_login_svc/account_import", r#"{"Identifier":"user_0001","Nick":"Uno"}"#).await;
    assert_eq!(other.revision(), Some(2));
    fixture.stop().await;
}

#[tokio::test]
async fn batches_give_a_result_each() {
    let fixture = Fixture::new().await;
    let import = format!(r#"{{"Accounts":["a","b","{}"]}}"#, "x".repeat(33));
    let answer = fixture.call("im_open_login_svc/multiaccount_import", &import).await;
    let failed = answer.ok()["FailAccounts"].clone();
    assert_eq!(failed, serde_json::json!(["x".repeat(33)]));

    let check = r#"{"CheckItem":[{"UserID":"a"},{"UserID":"nobody"}]}"#;
    let answer = fixture.call("im_open_login_svc/account_check", check).await;
    expect![[r#"{"ResultItem":[{"UserID":"a","ResultCode":0,"ResultInfo":"","AccountStatus":"Imported"},{"UserID":"nobody","ResultCode":0,"ResultInfo":"","AccountStatus":"NotImported"}],"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}"#]].assert_eq(&answer.text);

    let delete = r#"{"DeleteItem":[{"UserID":"a"},{"UserID":"nobody"}]}"#;
    let answer = fixture.call("im_open_login_svc/account_delete", delete).await.ok();
    assert_eq!(answer["ResultItem"][0]["ResultCode"], 0);
    assert_eq!(answer["ResultItem"][1]["ResultCode"], 70107);
    let answer = fixture.call("im_open_login_svc/account_check", check).await.ok();
    assert_eq!(answer["ResultItem"][0]["AccountStatus"], "NotImported");
    fixture.stop().await;
}

#[tokio::test]
async fn a_deleted_user_comes_back_empty_and_goes_on_counting() {
    let fixture = Fixture::new().await;
    fixture.sample_peers().await;
    let create = r#"{"From_Account":"user_0001","GroupContactItem":[{"GroupName":"g","ContactItem":[{"Type":1,"To_Account":"user_0002"}]}]}"#;
    fixture.call("recentcontact/create_contact_group", create).await.ok();
    fixture.call("im_open_login_svc/account_delete", r#"{"DeleteItem":[{"UserID":"user_0001"}]}"#).await.ok();
    let get = r#"{"From_Account":"user_0001","StartIndex":0}"#;
    fixture.call("recentcontact/get_contact_group", get).await.refused(50001, "From_Account");
    fixture.import(&["user_0001"]).await;
    let page = fixture.call("recentcontact/get_contact_group", get).await.ok();
    assert_eq!(
        (page["ContactItem"].clone(), page["GroupItem"].clone()),
        (serde_json::json!([]), serde_json::json!([]))
    );
    let made = fixture.call("recentcontact/create_contact_group", create).await.ok();
    assert_eq!(made["GroupResultItem"][0]["GroupItem"]["GroupId"], 2);
    fixture.stop().await;
}

#[tokio::test]
async fn bad_accounts_are_refused() {
    let fixture = Fixture::new().await;
    let import = |id: &str| format!(r#"{{"UserID":"{id}"}}"#);
    for (id, part) in
        [("", "UserID"), (&*"x".repeat(33), "32"), ("a\\nb", "control"), ("a\\u0000", "control")]
    {
        fixture.call("im_open_login_svc/account_import", &import(id)).await.refused(70402, part);
    }
    fixture.call("im_open_login_svc/account_import", "{}").await.refused(70402, "UserID");
    let many: Vec<_> = (0..101).map(|n| format!("\"u{n}\"")).collect();
    let many = format!(r#"{{"Accounts":[{}]}}"#, many.join(","));
    fixture.call("im_open_login_svc/multiaccount_import", &many).await.refused(70402, "100");
    fixture.call("im_open_login_svc/multiaccount_import", r#"{"Accounts":[]}"#).await.refused(70402, "100");
    fixture.stop().await;
}
