//! Bad input: the documented code, a text that names the field and the limit, and nothing changed.

use crate::support::Fixture;

const CREATE: &str = "recentcontact/create_contact_group";
const UPDATE: &str = "recentcontact/update_contact_group";
const DELETE: &str = "recentcontact/del_contact_group";
const MARK: &str = "recentcontact/mark_contact";
const GET: &str = "recentcontact/get_contact_group";
const SEARCH: &str = "recentcontact/search_contact_group";

fn contacts(count: usize) -> String {
    let items: Vec<_> = (0..count).map(|n| format!(r#"{{"Type":1,"To_Account":"p{n}"}}"#)).collect();
    format!("[{}]", items.join(","))
}

fn create(name: &str, contacts: &str) -> String {
    format!(
        r#"{{"From_Account":"u","GroupContactItem":[{{"GroupName":"{name}","ContactItem":{contacts}}}]}}"#
    )
}

fn mark(item: &str) -> String {
    format!(r#"{{"From_Account":"u","MarkItem":[{{"ContactItem":{{"Type":1,"To_Account":"p"}},{item}}}]}}"#)
}

fn marks(count: usize) -> String {
    let item = r#"{"OptType":1,"SetMark":[1],"ContactItem":{"Type":1,"To_Account":"p"}}"#;
    format!(r#"{{"From_Account":"u","MarkItem":[{}]}}"#, vec![item; count].join(","))
}

fn search(contacts: &str) -> String {
    format!(r#"{{"From_Account":"u","ContactItem":{contacts}}}"#)
}

#[tokio::test]
async fn each_is_refused_by_code_and_text_and_changes_nothing() {
    let fixture =
        Fixture::with("accounts = \"open\"\nchat_groups = \"open\"\n[apps.limits]\ncalls_per_second = 0")
            .await;
    fixture.call(CREATE, &create("there", "[]")).await.ok();
    fixture.call(CREATE, &create("also", "[]")).await.ok();
    let rename = |old: &str, new: &str| {
        format!(
            r#"{{"From_Account":"u","UpdateType":1,"UpdateGroup":{{"UpdateGroupType":1,"OldGroupName":"{old}","NewGroupName":"{new}"}}}}"#
        )
    };
    let members = |group: &str, items: &str| {
        format!(
            r#"{{"From_Account":"u","UpdateType":1,"UpdateGroup":{{"UpdateGroupType":2,"OldGroupName":"{group}","ContactUpdateItem":{items}}}}}"#
        )
    };
    let deep =
        |depth: usize| format!(r#"{{"From_Account":"u","x":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
    let cases: Vec<(&str, String, i64, &str)> = vec![
        // Not JSON, or not an object.
        (GET, String::new(), 60003, ""),
        (GET, "{".into(), 60003, ""),
        (GET, "[]".into(), 60003, "object"),
        (GET, "null".into(), 60003, "object"),
        (GET, r#"{"From_Account":"u"} x"#.into(), 60003, ""),
        (GET, "\u{feff}{\"From_Account\":\"u\"}".into(), 60003, ""),
        (GET, r#"{"From_Account":"u","From_Account":"u"}"#.into(), 60003, ""),
        (GET, r#"{"From_Account":"u","x":"\ud800"}"#.into(), 60003, ""),
        (GET, deep(128), 60003, "128"),
        (GET, r#"{"From_Account":"u",}"#.into(), 60003, ""),
        // From_Account.
        (GET, "{}".into(), 50002, "From_Account"),
        (GET, r#"{"From_Account":null}"#.into(), 50002, "From_Account"),
        (GET, r#"{"From_Account":""}"#.into(), 50002, "From_Account"),
        (GET, r#"{"From_Account":7}"#.into(), 60015, "From_Account"),
        (GET, r#"{"From_Account":["u"]}"#.into(), 60015, "From_Account"),
        (GET, format!(r#"{{"From_Account":"{}"}}"#, "é".repeat(17)), 50002, "32 bytes"),
        (GET, r#"{"From_Account":"a\u0000b"}"#.into(), 50002, "From_Account"),
        (GET, r#"{"From_Account":"a\tb"}"#.into(), 50002, "control"),
        // Integers.
        (GET, r#"{"From_Account":"u","StartIndex":-1}"#.into(), 50002, "StartIndex"),
        (GET, r#"{"From_Account":"u","StartIndex":"0"}"#.into(), 50002, "StartIndex"),
        (GET, r#"{"From_Account":"u","StartIndex":1.0}"#.into(), 50002, "StartIndex"),
        (GET, r#"{"From_Account":"u","StartIndex":true}"#.into(), 50002, "StartIndex"),
        (GET, r#"{"From_Account":"u","StartIndex":99999999999999999999999}"#.into(), 50002, "StartIndex"),
        (GET, r#"{"From_Account":"u","StartIndex":1e400}"#.into(), 50002, "number"),
        // Groups.
        (CREATE, create("", "[]"), 51011, "GroupContactItem[0].GroupName must not be empty"),
        (CREATE, create(&"é".repeat(33), "[]"), 51011, "64 bytes"),
        (CREATE, create("a\\u0000", "[]"), 50002, "GroupName"),
        (CREATE, create("x", &contacts(101)), 51006, "100"),
        (CREATE, r#"{"From_Account":"u","GroupContactItem":[]}"#.into(), 50002, "exactly one"),
        (
            CREATE,
            r#"{"From_Account":"u","GroupContactItem":[{"GroupName":"a"},{"GroupName":"b"}]}"#.into(),
            50002,
            "exactly one",
        ),
        (
            CREATE,
            r#"{"From_Account":"u","GroupContactItem":{"GroupName":"a"}}"#.into(),
            50002,
            "GroupContactItem",
        ),
        (CREATE, r#"{"From_Account":"u"}"#.into(), 50002, "GroupContactItem"),
        (UPDATE, rename("there", ""), 51011, "UpdateGroup.NewGroupName"),
        (UPDATE, rename("there", &"x".repeat(65)), 51011, "64 bytes"),
        (UPDATE, rename("there", "also"), 50002, "NewGroupName"),
        (UPDATE, rename("none", "new"), 51009, "OldGroupName"),
        (UPDATE, rename("there", "x").replace("\"UpdateType\":1", "\"UpdateType\":2"), 50002, "UpdateType"),
        (
            UPDATE,
            rename("there", "x").replace("\"UpdateGroupType\":1", "\"UpdateGroupType\":3"),
            50002,
            "UpdateGroupType",
        ),
        (UPDATE, members("there", "[]"), 51006, "100"),
        (
            UPDATE,
            members("none", r#"[{"ContactOptType":1,"ContactItem":{"Type":1,"To_Account":"p"}}]"#),
            51009,
            "OldGroupName",
        ),
        (
            UPDATE,
            members("there", r#"[{"ContactOptType":3,"ContactItem":{"Type":1,"To_Account":"p"}}]"#),
            50002,
            "ContactOptType",
        ),
        (DELETE, r#"{"From_Account":"u","GroupName":"there"}"#.into(), 50002, "GroupName"),
        (DELETE, r#"{"From_Account":"u","GroupName":[]}"#.into(), 50002, "exactly one"),
        (DELETE, r#"{"From_Account":"u","GroupName":["there","also"]}"#.into(), 50002, "exactly one"),
        (DELETE, r#"{"From_Account":"u","GroupName":[""]}"#.into(), 51009, "GroupName"),
        (DELETE, r#"{"From_Account":"u","GroupName":["none"]}"#.into(), 51009, "GroupName"),
        // Marks.
        (MARK, marks(0), 51006, "100"),
        (MARK, marks(101), 51006, "100"),
        (MARK, r#"{"From_Account":"u"}"#.into(), 51006, "MarkItem"),
        (MARK, mark(r#""OptType":1,"SetMark":[64]"#), 50002, "63"),
        (MARK, mark(r#""OptType":1,"ClearMark":[-1]"#), 50002, "63"),
        (MARK, mark(r#""OptType":1,"SetMark":["1"]"#), 50002, "SetMark"),
        (MARK, mark(r#""OptType":1,"SetMark":1"#), 50002, "SetMark"),
        (MARK, mark(r#""OptType":4"#), 50002, "OptType"),
        (MARK, mark(r#""OptType":2"#), 50002, "CustomMark"),
        (MARK, mark(&format!(r#""OptType":2,"CustomMark":"{}""#, "é".repeat(129))), 50002, "256 bytes"),
        (MARK, mark(r#""OptType":2,"CustomMark":"a\u0000""#), 50002, "CustomMark"),
        (
            MARK,
            mark(r#""OptType":1,"SetMark":[1]"#).replace("\"To_Account\":\"p\"", "\"To_Account\":\"\""),
            50002,
            "To_Account",
        ),
        (MARK, mark(r#""OptType":1"#).replace("\"Type\":1", "\"Type\":3"), 50002, "Type"),
        (MARK, mark(r#""OptType":1"#).replace("\"Type\":1", "\"Type\":\"1\""), 50002, "Type"),
        // Searches.
        (SEARCH, search("[]"), 50002, "300"),
        (SEARCH, search(&contacts(301)), 50002, "300"),
        (SEARCH, r#"{"From_Account":"u"}"#.into(), 50002, "ContactItem"),
        (SEARCH, search(r#"[{"Type":1}]"#), 50002, "ContactItem[0].To_Account"),
        (SEARCH, search(&format!(r#"[{{"Type":2,"ToGroupId":"{}"}}]"#, "g".repeat(65))), 50002, "64 bytes"),
        (SEARCH, search(r#"[{"Type":2,"ToGroupId":"a\nb"}]"#), 50002, "control"),
    ];
    for (command, body, code, part) in cases {
        let answer = fixture.call(command, &body).await;
        assert_eq!(answer.code(), code, "{command} {body} gave {}", answer.text);
        answer.refused(code, part);
    }
    let after = fixture.call(GET, r#"{"From_Account":"u","StartIndex":null}"#).await;
    assert_eq!(after.revision(), Some(2), "nothing was changed by any of them");
    fixture.stop().await;
}

#[tokio::test]
async fn the_most_that_is_allowed_passes() {
    let fixture =
        Fixture::with("accounts = \"open\"\nchat_groups = \"open\"\n[apps.limits]\ncalls_per_second = 0")
            .await;
    let deep = format!(r#"{{"From_Account":"u","x":{}{}}}"#, "[".repeat(127), "]".repeat(127));
    fixture.call(GET, &deep).await.ok();
    fixture.call(CREATE, &create(&"é".repeat(32), &contacts(100))).await.ok();
    fixture.call(MARK, &marks(100)).await.ok();
    fixture.call(MARK, &mark(&format!(r#""OptType":2,"CustomMark":"{}""#, "é".repeat(128)))).await.ok();
    fixture.call(MARK, &mark(r#""OptType":1,"SetMark":[0,63],"ClearMark":[]"#)).await.ok();
    fixture.call(SEARCH, &search(&contacts(300))).await.ok();
    let twice = r#"[{"Type":1,"To_Account":"p1","ToGroupId":7},{"To_Account":"p1","Type":1}]"#;
    let found = fixture.call(SEARCH, &search(twice)).await.ok();
    assert_eq!(found["ContactResultItem"].as_array().unwrap().len(), 1);
    for n in 2..=20 {
        fixture.call(CREATE, &create(&format!("g{n}"), "[]")).await.ok();
    }
    fixture.call(CREATE, &create("g21", "[]")).await.refused(51010, "at most 20");
    fixture.stop().await;
}

#[tokio::test]
async fn the_thousandth_conversation_is_the_last() {
    let fixture = Fixture::with("accounts = \"open\"\n[apps.limits]\ncalls_per_second = 0").await;
    for call in 0..10 {
        let items: Vec<_> = (0..100)
            .map(|n| {
                format!(
                    r#"{{"OptType":1,"SetMark":[0],"ContactItem":{{"Type":1,"To_Account":"p{}"}}}}"#,
                    call * 100 + n
                )
            })
            .collect();
        let body = format!(r#"{{"From_Account":"u","MarkItem":[{}]}}"#, items.join(","));
        let answer = fixture.call(MARK, &body).await.ok();
        assert!(answer["ResultItem"].as_array().unwrap().iter().all(|result| result["ResultCode"] == 0));
    }
    let one_more = mark(r#""OptType":1,"SetMark":[0]"#);
    let answer = fixture.call(MARK, &one_more).await.ok();
    assert_eq!(answer["ResultItem"][0]["ResultCode"], 51008);
    assert!(answer["ResultItem"][0]["ResultInfo"].as_str().unwrap().contains("1000"));
    fixture.stop().await;
}
