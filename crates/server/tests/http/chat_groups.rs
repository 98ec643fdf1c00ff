//! The chat group calls, and what they mean for conversations.

use expect_test::expect;

use crate::support::Fixture;

const CREATE: &str = "group_open_http_svc/create_group";
const DESTROY: &str = "group_open_http_svc/destroy_group";
const LIST: &str = "group_open_http_svc/get_appid_group_list";

#[tokio::test]
async fn chat_groups_live_die_and_come_back() {
    let fixture = Fixture::new().await;
    fixture.import(&["owner", "other"]).await;
    let create =
        |owner: &str| format!(r#"{{"Type":"Public","Name":"n","GroupId":"g","Owner_Account":"{owner}"}}"#);
    fixture.call(CREATE, &create("nobody")).await.refused(10019, "Owner_Account");
    let answer = fixture.call(CREATE, &create("owner")).await;
    expect![[r#"{"GroupId":"g","ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}"#]].assert_eq(&answer.text);
    fixture.call(CREATE, &create("owner")).await.refused(10025, "GroupId");
    fixture.call(CREATE, &create("other")).await.refused(10021, "GroupId");
    fixture.call(DESTROY, r#"{"GroupId":"g"}"#).await.ok();
    fixture.call(DESTROY, r#"{"GroupId":"g"}"#).await.refused(10010, "GroupId");
    fixture.call(CREATE, &create("other")).await.ok();
    fixture.stop().await;
}

#[tokio::test]
async fn ids_are_drawn_when_none_is_given() {
    let fixture = Fixture::new().await;
    let answer = fixture.call(CREATE, r#"{"Type":"Private","Name":"n"}"#).await.ok();
    let id = answer["GroupId"].as_str().unwrap();
    assert!(id.starts_with("@TGS#") && id.len() == 14, "{id}");
    let answer = fixture.call(CREATE, r#"{"Type":"Community","Name":"n"}"#).await.ok();
    assert!(answer["GroupId"].as_str().unwrap().starts_with("@TGS#_@TGS#c"));
    fixture.stop().await;
}

#[tokio::test]
async fn info_has_a_result_for_each() {
    let fixture = Fixture::new().await;
    fixture.chat_group("@TGS#1B2AUI7RZ").await;
    let answer = fixture
        .call("group_open_http_svc/get_group_info", r#"{"GroupIdList":["@TGS#1B2AUI7RZ","none"]}"#)
        .await;
    let json = answer.ok();
    assert_eq!(json["GroupInfo"][0]["ErrorCode"], 0);
    assert_eq!(json["GroupInfo"][0]["Name"], "n");
    assert_eq!(json["GroupInfo"][0]["Type"], "Public");
    assert_eq!(json["GroupInfo"][1]["ErrorCode"], 10010);
    fixture.stop().await;
}

#[tokio::test]
async fn listing_meets_each_once() {
    let fixture = Fixture::new().await;
    let mut expected: Vec<_> = (0..50).map(|n| format!("group{n}")).collect();
    for id in &expected {
        fixture.chat_group(id).await;
    }
    fixture.call(DESTROY, r#"{"GroupId":"group7"}"#).await.ok();
    expected.remove(7);
    fixture.clock.advance(std::time::Duration::from_secs(10));
    let all = fixture.call(LIST, "{}").await.ok();
    assert_eq!((all["TotalCount"].as_u64(), all["Next"].as_u64()), (Some(49), Some(0)));

    let mut seen = Vec::new();
    let mut next = 0;
    loop {
        // The documented rate is one call a second.
        fixture.clock.advance(std::time::Duration::from_secs(2));
        let page = fixture.call(LIST, &format!(r#"{{"Limit":10,"Next":{next}}}"#)).await.ok();
        seen.extend(
            page["GroupIdList"].as_array().unwrap().iter().map(|g| g["GroupId"].as_str().unwrap().to_owned()),
        );
        next = page["Next"].as_u64().unwrap();
        assert!(next < 1 << 53);
        if next == 0 {
            break;
        }
    }
    seen.sort();
    expected.sort();
    assert_eq!(seen, expected);
    fixture.clock.advance(std::time::Duration::from_secs(2));
    let none = fixture.call(LIST, r#"{"GroupType":"Community"}"#).await.ok();
    assert_eq!(none["TotalCount"], 0);
    fixture.stop().await;
}

#[tokio::test]
async fn conversations_with_disbanded_chat_groups_are_hidden() {
    let fixture = Fixture::new().await;
    fixture.sample_peers().await;
    let item = r#"{"Type":2,"ToGroupId":"@TGS#1B2AUI7RZ"}"#;
    let mark = format!(
        r#"{{"From_Account":"user_0001","MarkItem":[{{"OptType":1,"SetMark":[0],"ContactItem":{item}}}]}}"#
    );
    let search = format!(r#"{{"From_Account":"user_0001","ContactItem":[{item}]}}"#);
    fixture.call("recentcontact/mark_contact", &mark).await.ok();
    assert_eq!(
        fixture.call("recentcontact/search_contact_group", &search).await.ok()["ContactResultItem"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    fixture.call(DESTROY, r#"{"GroupId":"@TGS#1B2AUI7RZ"}"#).await.ok();
    fixture
        .call("recentcontact/search_contact_group", &search)
        .await
        .refused(51007, "ContactItem[0].ToGroupId");
    let page = fixture.call("recentcontact/get_contact_group", r#"{"From_Account":"user_0001"}"#).await.ok();
    assert_eq!(page["ContactItem"], serde_json::json!([]));
    let marked = fixture.call("recentcontact/mark_contact", &mark).await.ok();
    assert_eq!(marked["ResultItem"][0]["ResultCode"], 51007);
    let clear = mark.replace("SetMark", "ClearMark");
    let cleared = fixture.call("recentcontact/mark_contact", &clear).await.ok();
    assert_eq!(cleared["ResultItem"][0]["ResultCode"], 0);
    fixture.stop().await;
}

#[tokio::test]
async fn bad_parameters_are_refused_with_the_services_own_codes() {
    let fixture = Fixture::new().await;
    fixture.call(CREATE, r#"{"Type":"Odd","Name":"n"}"#).await.refused(10004, "Type");
    fixture.call(CREATE, r#"{"Type":"Public"}"#).await.refused(10004, "Name");
    let long = format!(r#"{{"Type":"Public","Name":"n","GroupId":"{}"}}"#, "x".repeat(49));
    fixture.call(CREATE, &long).await.refused(10015, "48");
    fixture.call(CREATE, r#"{"Type":"Public","Name":"n","GroupId":"é"}"#).await.refused(10015, "GroupId");
    fixture.call(LIST, r#"{"Limit":10001}"#).await.refused(10004, "10000");
    fixture.stop().await;
}
