//! What is accepted and what is refused with which code.

use super::*;
use crate::json::parse_body;

fn create(fields: &str) -> String {
    let text = format!("{{{fields}}}");
    match CreateGroup::parse(&parse_body(text.as_bytes()).unwrap()) {
        Ok(_) => "ok".to_owned(),
        Err(fault) => fault.to_string(),
    }
}

#[test]
fn types_have_one_name_each() {
    for kind in ChatGroupType::ALL {
        assert_eq!(ChatGroupType::from_name(kind.as_str()), Some(kind));
        assert_eq!(serde_json::to_string(&kind).unwrap(), format!("{:?}", kind.as_str()));
    }
    assert_eq!(ChatGroupType::from_name("public"), None);
}

#[test]
fn create_checks_every_field() {
    let base = r#""Type":"Work","Name":"n""#;
    let long_id = "x".repeat(49);
    let members = |count: usize| vec![r#"{"Member_Account":"u","Role":7}"#; count].join(",");
    for (rest, expected) in [
        ("", "ok".to_owned()),
        (r#","Owner_Account":null,"GroupId":null,"MemberList":null,"Introduction":5"#, "ok".to_owned()),
        (r#","GroupId":"@TGS#1B2AUI7RZ""#, "ok".to_owned()),
        (&format!(r#","MemberList":[{}]"#, members(100)), "ok".to_owned()),
        (
            &format!(r#","MemberList":[{}]"#, members(101)),
            "MemberList must not hold more than 100 members (10005)".to_owned(),
        ),
        (r#","MemberList":[{}]"#, "MemberList[0].Member_Account is missing (10004)".to_owned()),
        (r#","MemberList":[7]"#, "MemberList[0] must be an object (10004)".to_owned()),
        (r#","Owner_Account":"""#, "Owner_Account must not be empty (10004)".to_owned()),
        (r#","Owner_Account":7"#, "Owner_Account must be a string (10004)".to_owned()),
        (r#","GroupId":7"#, "GroupId must be a string (10015)".to_owned()),
        (r#","GroupId":"""#, "GroupId must not be empty (10015)".to_owned()),
        (r#","GroupId":"é""#, "GroupId must hold printable ASCII characters only (10015)".to_owned()),
        (
            &format!(r#","GroupId":"{long_id}""#),
            "GroupId must not be longer than 48 bytes (10015)".to_owned(),
        ),
    ] {
        assert_eq!(create(&format!("{base}{rest}")), expected);
    }
    assert_eq!(create(r#""Name":"n""#), "Type is missing (10004)");
    assert_eq!(create(r#""Type":"Work""#), "Name is missing (10004)");
    assert_eq!(create(r#""Type":"Work","Name":"""#), "Name must not be empty (10004)");
    let name = "x".repeat(101);
    let fault = "Name must not be longer than 100 bytes (10004)";
    assert_eq!(create(&format!(r#""Type":"Work","Name":"{name}""#)), fault);
    assert!(create(r#""Type":"work","Name":"n""#).ends_with("Community (10004)"));
}

#[test]
fn destroy_needs_a_possible_id() {
    let destroy = |body: &str| match DestroyGroup::parse(&parse_body(body.as_bytes()).unwrap()) {
        Ok(_) => 0,
        Err(fault) => fault.code.number(),
    };
    assert_eq!(destroy(r#"{"GroupId":"g"}"#), 0);
    assert_eq!(destroy(r#"{"GroupId":"a\n"}"#), 10015);
    assert_eq!(destroy(r#"{"GroupId":[]}"#), 10015);
    assert_eq!(destroy("{}"), 10004);
}

#[test]
fn info_gives_each_bad_id_its_element() {
    let text = r#"{"GroupIdList":["g","","a\u0001"],"ResponseFilter":7}"#;
    let body = parse_body(text.as_bytes()).unwrap();
    let request = GetGroupInfo::parse(&body).unwrap();
    assert_eq!(request.group_ids[0], Ok("g".into()));
    let element = ChatGroupInfo::from(request.group_ids[1].clone().unwrap_err());
    assert_eq!((element.code, element.info.as_ref()), (10015, "GroupIdList[1] must not be empty"));
    assert_eq!(element.facts, None);
    assert!(request.group_ids[2].is_err());
}

#[test]
fn wrong_info_calls_are_10004() {
    let ids = |count: usize| format!(r#"{{"GroupIdList":[{}]}}"#, vec!["\"g\""; count].join(","));
    assert!(GetGroupInfo::parse(&parse_body(ids(50).as_bytes()).unwrap()).is_ok());
    for body in [
        ids(51),
        ids(0),
        "{}".to_owned(),
        r#"{"GroupIdList":"g"}"#.to_owned(),
        r#"{"GroupIdList":[1]}"#.to_owned(),
    ] {
        let body = parse_body(body.as_bytes()).unwrap();
        assert_eq!(GetGroupInfo::parse(&body).unwrap_err().code, Code::GroupParameter);
    }
}

#[test]
fn the_list_has_defaults_and_bounds() {
    let parse = |body: &str| GetAppidGroupList::parse(&parse_body(body.as_bytes()).unwrap());
    assert_eq!(parse("{}").unwrap(), GetAppidGroupList { limit: 10_000, next: 0, kind: None });
    let request = parse(r#"{"Limit":1,"Next":18446744073709551615,"GroupType":"Meeting"}"#).unwrap();
    assert_eq!(request, GetAppidGroupList { limit: 1, next: u64::MAX, kind: Some(ChatGroupType::Meeting) });
    for body in
        [r#"{"Limit":0}"#, r#"{"Limit":10001}"#, r#"{"Limit":"1"}"#, r#"{"Next":-1}"#, r#"{"GroupType":"x"}"#]
    {
        assert_eq!(parse(body).unwrap_err().code, Code::GroupParameter, "{body}");
    }
}

#[test]
fn more_facts_than_are_known_are_tolerated() {
    let json =
        r#"{"GroupId":"g","ErrorCode":0,"Type":"Public","Name":"n","MemberNum":5,"Owner_Account":null}"#;
    let info: ChatGroupInfo<'_> = serde_json::from_str(json).unwrap();
    let facts = info.facts.unwrap();
    assert_eq!((facts.name.as_ref(), facts.owner_account.as_ref(), facts.create_time), ("n", "", 0));
}
