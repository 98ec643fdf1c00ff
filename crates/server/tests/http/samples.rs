//! The documented samples, field for field and in field order.

use expect_test::{Expect, expect};

use crate::support::Fixture;

#[track_caller]
fn same(actual: &str, expected: &Expect) {
    expected.assert_eq(actual);
}

#[tokio::test]
async fn the_documented_search_is_answered_as_documented() {
    let fixture = Fixture::new().await;
    fixture.sample_peers().await;
    let both = r#"[{"Type":1,"To_Account":"user_0002"},{"Type":2,"ToGroupId":"@TGS#1B2AUI7RZ"}]"#;
    let create = format!(
        r#"{{"From_Account":"user_0001","GroupContactItem":[{{"GroupName":"group_0001","ContactItem":{both}}}]}}"#
    );
    let answer = fixture.call("recentcontact/create_contact_group", &create).await;
    same(
        &answer.text,
        &expect![[
            r#"{"GroupResultItem":[{"GroupItem":{"GroupName":"group_0001","GroupId":1},"ResultItem":[{"ContactItem":{"Type":1,"To_Account":"user_0002"},"ResultCode":0,"ResultInfo":""},{"ContactItem":{"Type":2,"ToGroupId":"@TGS#1B2AUI7RZ"},"ResultCode":0,"ResultInfo":""}]}],"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","ErrorDisplay":""}"#
        ]],
    );
    let create = r#"{"From_Account":"user_0001","GroupContactItem":[{"GroupName":"group_0002","ContactItem":[{"Type":1,"To_Account":"user_0002"}]}]}"#;
    fixture.call("recentcontact/create_contact_group", create).await.ok();
    let mark = r#"{"From_Account":"user_0001","MarkItem":[{"OptType":3,"ContactItem":{"Type":1,"To_Account":"user_0002"},"SetMark":[1,2,3,4,5,6,7],"CustomMark":"abcde"}]}"#;
    let answer = fixture.call("recentcontact/mark_contact", mark).await;
    same(
        &answer.text,
        &expect![[
            r#"{"ResultItem":[{"OptType":3,"ContactItem":{"Type":1,"To_Account":"user_0002"},"ResultCode":0,"ResultInfo":""}],"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","ErrorDisplay":""}"#
        ]],
    );

    let search = format!(r#"{{"From_Account": "user_0001","ContactItem": {both}}}"#);
    let answer = fixture.call("recentcontact/search_contact_group", &search).await;
    same(
        &answer.text,
        &expect![[
            r#"{"ContactResultItem":[{"Type":1,"To_Account":"user_0002","StandardMark":"11111110","CustomMark":"abcde","ContactGroupId":[1,2],"Timestamp":1775217000},{"Type":2,"ToGroupId":"@TGS#1B2AUI7RZ","StandardMark":"","ContactGroupId":[1],"Timestamp":1775217000}],"GroupItem":[{"GroupName":"group_0001","GroupId":1},{"GroupName":"group_0002","GroupId":2}],"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}"#
        ]],
    );
    assert_eq!(answer.revision(), Some(4), "import, two groups, marks");

    let answer = fixture
        .call("recentcontact/get_contact_group", r#"{"From_Account":"user_0001","StartIndex":0}"#)
        .await;
    same(
        &answer.text,
        &expect![[
            r#"{"ContactItem":[{"Type":1,"To_Account":"user_0002","StandardMark":"11111110","CustomMark":"abcde","ContactGroupId":[1,2],"Timestamp":1775217000},{"Type":2,"ToGroupId":"@TGS#1B2AUI7RZ","StandardMark":"","ContactGroupId":[1],"Timestamp":1775217000}],"GroupItem":[{"GroupName":"group_0001","GroupId":1},{"GroupName":"group_0002","GroupId":2}],"CompleteFlag":1,"NextStartIndex":0,"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}"#
        ]],
    );
    fixture.stop().await;
}

#[tokio::test]
async fn updates_and_deletion_are_answered_as_documented() {
    let fixture = Fixture::new().await;
    fixture.sample_peers().await;
    let create = r#"{"From_Account":"user_0001","GroupContactItem":[{"GroupName":"group_0001"}]}"#;
    let answer = fixture.call("recentcontact/create_contact_group", create).await;
    same(
        &answer.text,
        &expect![[
            r#"{"GroupResultItem":[{"GroupItem":{"GroupName":"group_0001","GroupId":1},"ResultItem":[]}],"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","ErrorDisplay":""}"#
        ]],
    );

    let members = r#"{"From_Account":"user_0001","UpdateType":1,"UpdateGroup":{"UpdateGroupType":2,"OldGroupName":"group_0001","ContactUpdateItem":[{"ContactOptType":1,"ContactItem":{"Type":1,"To_Account":"user_0002"}},{"ContactOptType":2,"ContactItem":{"Type":2,"ToGroupId":"@TGS#1B2AUI7RZ"}}]}}"#;
    let answer = fixture.call("recentcontact/update_contact_group", members).await;
    same(
        &answer.text,
        &expect![[
            r#"{"UpdateType":1,"UpdateGroupResult":{"UpdateGroupType":2,"GroupName":"group_0001","GroupId":1,"OldGroupName":"group_0001","ContactResultItem":[{"ContactOptType":1,"ContactItem":{"Type":1,"To_Account":"user_0002"},"ResultCode":0,"ResultInfo":""},{"ContactOptType":2,"ContactItem":{"Type":2,"ToGroupId":"@TGS#1B2AUI7RZ"},"ResultCode":0,"ResultInfo":""}]},"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}"#
        ]],
    );

    let rename = r#"{"From_Account":"user_0001","UpdateType":1,"UpdateGroup":{"UpdateGroupType":1,"OldGroupName":"group_0001","NewGroupName":"group_0002","ContactUpdateItem":[]}}"#;
    let answer = fixture.call("recentcontact/update_contact_group", rename).await;
    same(
        &answer.text,
        &expect![[
            r#"{"UpdateType":1,"UpdateGroupResult":{"UpdateGroupType":1,"GroupName":"group_0002","GroupId":1,"OldGroupName":"group_0001","ContactResultItem":[]},"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}"#
        ]],
    );

    let delete = r#"{"From_Account":"user_0001","GroupName":["group_0002"]}"#;
    let answer = fixture.call("recentcontact/del_contact_group", delete).await;
    same(
        &answer.text,
        &expect![[
            r#"{"GroupItem":[{"GroupName":"group_0002","GroupId":1}],"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}"#
        ]],
    );
    fixture.call("recentcontact/del_contact_group", delete).await.refused(51009, "GroupName[0]");
    fixture.stop().await;
}

#[tokio::test]
async fn a_refusal_carries_the_revision_too_and_changes_nothing() {
    let fixture = Fixture::new().await;
    fixture.sample_peers().await;
    let delete = r#"{"From_Account":"user_0001","GroupName":["none"]}"#;
    let first = fixture.call("recentcontact/del_contact_group", delete).await;
    first.refused(51009, "names no conversation group");
    assert_eq!(first.revision(), Some(1));
    let unknown =
        fixture.call("recentcontact/get_contact_group", r#"{"From_Account":"nobody","StartIndex":0}"#).await;
    unknown.refused(50001, "From_Account");
    assert_eq!(unknown.revision(), Some(0));
    fixture.stop().await;
}

#[tokio::test]
async fn pages_hold_a_hundred_records_and_lead_to_the_next() {
    let fixture = Fixture::with("accounts = \"open\"").await;
    for call in 0..3 {
        let items: Vec<_> = (0..70)
            .map(|n| {
                format!(
                    r#"{{"OptType":1,"SetMark":[0],"ContactItem":{{"Type":1,"To_Account":"peer{}"}}}}"#,
                    call * 70 + n
                )
            })
            .collect();
        let body = format!(r#"{{"From_Account":"u","MarkItem":[{}]}}"#, items.join(","));
        fixture.call("recentcontact/mark_contact", &body).await.ok();
    }
    let mut seen = Vec::new();
    let mut start = 0;
    let mut pages = Vec::new();
    loop {
        let body = format!(r#"{{"From_Account":"u","StartIndex":{start}}}"#);
        let page = fixture.call("recentcontact/get_contact_group", &body).await.ok();
        let records = page["ContactItem"].as_array().unwrap().clone();
        pages.push((
            records.len(),
            page["CompleteFlag"].as_u64().unwrap(),
            page["NextStartIndex"].as_u64().unwrap(),
        ));
        seen.extend(records.iter().map(|record| record["To_Account"].as_str().unwrap().to_owned()));
        start = page["NextStartIndex"].as_u64().unwrap();
        if page["CompleteFlag"] == 1 {
            break;
        }
    }
    assert_eq!(pages, [(100, 0, 100), (100, 0, 200), (10, 1, 0)]);
    assert_eq!(seen, (0..210).map(|n| format!("peer{n}")).collect::<Vec<_>>());
    fixture.stop().await;
}
