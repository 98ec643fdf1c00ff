//! Applications with open accounts or chat groups, and limits of their own.

use crate::support::Fixture;

fn mark(user: &str, contact: &str) -> String {
    format!(
        r#"{{"From_Account":"{user}","MarkItem":[{{"OptType":1,"SetMark":[0],"ContactItem":{contact}}}]}}"#
    )
}

#[tokio::test]
async fn registered_is_the_default() {
    let fixture = Fixture::new().await;
    let contact = r#"{"Type":1,"To_Account":"peer"}"#;
    fixture.call("recentcontact/mark_contact", &mark("u", contact)).await.refused(50001, "From_Account");
    fixture.import(&["u"]).await;
    let answer = fixture.call("recentcontact/mark_contact", &mark("u", contact)).await.ok();
    assert_eq!(answer["ResultItem"][0]["ResultCode"], 50001);
    let answer =
        fixture.call("recentcontact/mark_contact", &mark("u", r#"{"Type":2,"ToGroupId":"g"}"#)).await.ok();
    assert_eq!(answer["ResultItem"][0]["ResultCode"], 51007);
    fixture.stop().await;
}

#[tokio::test]
async fn open_means_existing_by_being_named() {
    let fixture = Fixture::with("accounts = \"open\"\nchat_groups = \"open\"").await;
    for contact in [r#"{"Type":1,"To_Account":"peer"}"#, r#"{"Type":2,"ToGroupId":"g"}"#] {
        let answer = fixture.call("recentcontact/mark_contact", &mark("u", contact)).await.ok();
        assert_eq!(answer["ResultItem"][0]["ResultCode"], 0);
    }
    let page = fixture.call("recentcontact/get_contact_group", r#"{"From_Account":"never seen"}"#).await.ok();
    assert_eq!(page["ContactItem"], serde_json::json!([]));
    let check =
        fixture.call("im_open_login_svc/account_check", r#"{"CheckItem":[{"UserID":"any"}]}"#).await.ok();
    assert_eq!(check["ResultItem"][0]["AccountStatus"], "Imported");
    fixture.stop().await;
}

#[tokio::test]
async fn limits_are_the_applications_own() {
    let fixture = Fixture::with("accounts = \"open\"\n[apps.limits]\ngroups = 1\nmarked_conversations = 1\ngroup_name_bytes = 4\ncustom_mark_bytes = 5").await;
    let create =
        |name: &str| format!(r#"{{"From_Account":"u","GroupContactItem":[{{"GroupName":"{name}"}}]}}"#);
    fixture.call("recentcontact/create_contact_group", &create("éé")).await.ok();
    fixture.call("recentcontact/create_contact_group", &create("éée")).await.refused(51011, "4 bytes");
    fixture.call("recentcontact/create_contact_group", &create("b")).await.refused(51010, "at most 1");
    let two = r#"{"From_Account":"u","MarkItem":[
        {"OptType":2,"CustomMark":"12345","ContactItem":{"Type":1,"To_Account":"a"}},
        {"OptType":1,"SetMark":[1],"ContactItem":{"Type":1,"To_Account":"b"}}]}"#;
    let answer = fixture.call("recentcontact/mark_contact", two).await.ok();
    assert_eq!(
        (answer["ResultItem"][0]["ResultCode"].as_u64(), answer["ResultItem"][1]["ResultCode"].as_u64()),
        (Some(0), Some(51008))
    );
    fixture
        .call("recentcontact/mark_contact", &two.replace("12345", "123456"))
        .await
        .refused(50002, "5 bytes");
    fixture.stop().await;
}
