//! What is accepted, what is refused with which code and text, and which of several faults wins.

use std::borrow::Cow;

use super::*;
use crate::json::parse_body;
use crate::limits::CUSTOM_MARK_BYTES_DEFAULT;

type Parse = fn(&str) -> String;

fn outcome<T>(result: Result<T, Fault>) -> String {
    match result {
        Ok(_) => "ok".to_owned(),
        Err(fault) => fault.to_string(),
    }
}

fn create(body: &str) -> String {
    outcome(CreateContactGroup::parse(&parse_body(body.as_bytes()).unwrap()))
}

fn update(body: &str) -> String {
    outcome(UpdateContactGroup::parse(&parse_body(body.as_bytes()).unwrap()))
}

fn delete(body: &str) -> String {
    outcome(DeleteContactGroup::parse(&parse_body(body.as_bytes()).unwrap()))
}

fn mark(body: &str) -> String {
    outcome(MarkContact::parse(&parse_body(body.as_bytes()).unwrap(), CUSTOM_MARK_BYTES_DEFAULT))
}

fn get(body: &str) -> String {
    outcome(GetContactGroup::parse(&parse_body(body.as_bytes()).unwrap()))
}

fn search(body: &str) -> String {
    outcome(SearchContactGroup::parse(&parse_body(body.as_bytes()).unwrap()))
}

/// A list of conversations, without its brackets.
fn contacts(count: usize) -> String {
    vec![r#"{"Type":1,"To_Account":"u"}"#; count].join(",")
}

#[test]
fn from_account_is_checked_alike_in_every_call() {
    let calls: [(Parse, &str); 6] = [
        (create, r#""GroupContactItem":[{"GroupName":"g"}]"#),
        (
            update,
            r#""UpdateType":1,"UpdateGroup":{"UpdateGroupType":1,"OldGroupName":"a","NewGroupName":"b"}"#,
        ),
        (delete, r#""GroupName":["g"]"#),
        (mark, r#""MarkItem":[{"OptType":1,"ContactItem":{"Type":1,"To_Account":"u"}}]"#),
        (get, r#""StartIndex":0"#),
        (search, r#""ContactItem":[{"Type":1,"To_Account":"u"}]"#),
    ];
    for (parse, rest) in calls {
        let with = |from: &str| parse(&format!(r#"{{{rest},"From_Account":{from}}}"#));
        assert_eq!(with(r#""u""#), "ok");
        assert_eq!(with(&format!("{:?}", "x".repeat(32))), "ok");
        assert_eq!(with("7"), "From_Account must be a string (60015)");
        assert_eq!(with("[\"u\"]"), "From_Account must be a string (60015)");
        assert_eq!(with("null"), "From_Account is missing (50002)");
        assert_eq!(with(r#""""#), "From_Account must not be empty (50002)");
        let too_long = format!("{:?}", "x".repeat(33));
        assert_eq!(with(&too_long), "From_Account must not be longer than 32 bytes (50002)");
        assert_eq!(with(r#""a\u0007""#), "From_Account must not contain control characters (50002)");
        assert_eq!(parse(&format!("{{{rest}}}")), "From_Account is missing (50002)");
        assert_eq!(parse("{}"), "From_Account is missing (50002)");
    }
}

#[test]
fn the_first_fault_in_the_document_wins_and_missing_fields_come_last() {
    assert_eq!(
        create(r#"{"GroupContactItem":[],"From_Account":7}"#),
        "GroupContactItem must hold exactly one group (50002)"
    );
    assert_eq!(
        create(r#"{"From_Account":7,"GroupContactItem":[]}"#),
        "From_Account must be a string (60015)"
    );
    assert_eq!(
        mark(r#"{"MarkItem":[],"From_Account":7}"#),
        "MarkItem must hold 1 to 100 conversations (51006)"
    );
    assert_eq!(
        mark(r#"{"MarkItem":[{"ContactItem":{"Type":9},"OptType":9}],"From_Account":7}"#),
        "MarkItem[0].ContactItem.Type must be an integer from 1 to 2 (50002)"
    );
    assert_eq!(
        search(r#"{"ContactItem":[{"Type":1,"To_Account":""}]}"#),
        "ContactItem[0].To_Account must not be empty (50002)"
    );
    assert_eq!(search("{}"), "From_Account is missing (50002)");
    assert_eq!(update(r#"{"From_Account":"u"}"#), "UpdateType is missing (50002)");
}

#[test]
fn create_takes_one_group_and_any_list_up_to_100() {
    let with = |group: &str| create(&format!(r#"{{"From_Account":"u","GroupContactItem":{group}}}"#));
    assert_eq!(with(r#"[{"GroupName":"g"}]"#), "ok");
    assert_eq!(with(r#"[{"GroupName":"","ContactItem":null}]"#), "ok");
    assert_eq!(with(r#"[{"GroupName":"\u0001 é","ContactItem":[],"More":[null]}]"#), "ok");
    assert_eq!(with(&format!(r#"[{{"GroupName":"{}"}}]"#, "x".repeat(1000))), "ok");
    assert_eq!(with(&format!(r#"[{{"GroupName":"g","ContactItem":[{}]}}]"#, contacts(100))), "ok");
    assert_eq!(
        with(&format!(r#"[{{"GroupName":"g","ContactItem":[{}]}}]"#, contacts(101))),
        "GroupContactItem[0].ContactItem must hold 1 to 100 conversations (51006)"
    );
    assert_eq!(with("null"), "GroupContactItem is missing (50002)");
    assert_eq!(with("{}"), "GroupContactItem must be an array (50002)");
    assert_eq!(with("[{},{}]"), "GroupContactItem must hold exactly one group (50002)");
    assert_eq!(with("[null]"), "GroupContactItem[0] must be an object (50002)");
    assert_eq!(with("[{}]"), "GroupContactItem[0].GroupName is missing (50002)");
    assert_eq!(with(r#"[{"GroupName":1}]"#), "GroupContactItem[0].GroupName must be a string (50002)");
    assert_eq!(
        with(r#"[{"GroupName":"a\u0000"}]"#),
        "GroupContactItem[0].GroupName must not contain a NUL character (50002)"
    );
    assert_eq!(
        with(r#"[{"GroupName":"g","ContactItem":[null]}]"#),
        "GroupContactItem[0].ContactItem[0] must be an object (50002)"
    );
}

#[test]
fn update_knows_two_types() {
    let with = |rest: &str| update(&format!(r#"{{"From_Account":"u",{rest}}}"#));
    let rename = r#""UpdateGroup":{"UpdateGroupType":1,"OldGroupName":"a","NewGroupName":"b"}"#;
    assert_eq!(with(&format!(r#"{rename},"UpdateType":1"#)), "ok");
    for wrong in ["2", "0", "-1"] {
        let fault = "UpdateType must be an integer from 1 to 1 (50002)";
        assert_eq!(with(&format!(r#"{rename},"UpdateType":{wrong}"#)), fault);
    }
    assert_eq!(with(r#""UpdateGroup":7,"UpdateType":"1""#), "UpdateType must be an integer (50002)");
    assert_eq!(with(r#""UpdateGroup":7"#), "UpdateType is missing (50002)");
    assert_eq!(with(r#""UpdateType":1"#), "UpdateGroup is missing (50002)");
    assert_eq!(with(r#""UpdateType":1,"UpdateGroup":[]"#), "UpdateGroup must be an object (50002)");
}

#[test]
fn what_the_type_of_an_update_does_not_use_is_ignored() {
    let with =
        |group: &str| update(&format!(r#"{{"From_Account":"u","UpdateType":1,"UpdateGroup":{{{group}}}}}"#));
    assert_eq!(
        with(r#""ContactUpdateItem":[],"UpdateGroupType":1,"OldGroupName":"a","NewGroupName":"b""#),
        "ok"
    );
    assert_eq!(
        with(r#""ContactUpdateItem":7,"UpdateGroupType":1,"OldGroupName":"","NewGroupName":"""#),
        "ok"
    );
    let items = r#""ContactUpdateItem":[{"ContactOptType":2,"ContactItem":{"Type":1,"To_Account":"u"}}]"#;
    assert_eq!(with(&format!(r#""NewGroupName":7,"UpdateGroupType":2,"OldGroupName":"a",{items}"#)), "ok");
    assert_eq!(with(r#""OldGroupName":"a""#), "UpdateGroup.UpdateGroupType is missing (50002)");
    assert_eq!(
        with(r#""NewGroupName":7,"UpdateGroupType":3"#),
        "UpdateGroup.UpdateGroupType must be an integer from 1 to 2 (50002)"
    );
    assert_eq!(
        with(r#""UpdateGroupType":1,"NewGroupName":"b""#),
        "UpdateGroup.OldGroupName is missing (50002)"
    );
    assert_eq!(
        with(r#""UpdateGroupType":1,"OldGroupName":"a""#),
        "UpdateGroup.NewGroupName is missing (50002)"
    );
    for name in ["OldGroupName", "NewGroupName"] {
        let fault = format!("UpdateGroup.{name} must not contain a NUL character (50002)");
        assert_eq!(with(&format!(r#""UpdateGroupType":1,"{name}":"\u0000""#)), fault);
    }
}

#[test]
fn update_takes_1_to_100_changes() {
    let with = |items: &str| {
        let group = format!(r#"{{"UpdateGroupType":2,"OldGroupName":"a"{items}}}"#);
        update(&format!(r#"{{"From_Account":"u","UpdateType":1,"UpdateGroup":{group}}}"#))
    };
    let count = "UpdateGroup.ContactUpdateItem must hold 1 to 100 conversations (51006)";
    let item = r#"{"ContactOptType":1,"ContactItem":{"Type":1,"To_Account":"u"}}"#;
    assert_eq!(with(&format!(r#","ContactUpdateItem":[{}]"#, vec![item; 100].join(","))), "ok");
    assert_eq!(with(&format!(r#","ContactUpdateItem":[{}]"#, vec![item; 101].join(","))), count);
    assert_eq!(with(r#","ContactUpdateItem":[]"#), count);
    assert_eq!(with(r#","ContactUpdateItem":null"#), count);
    assert_eq!(with(""), count);
    for (item, fault) in [
        ("7", " must be an object (50002)"),
        (r#"{"ContactOptType":1}"#, ".ContactItem is missing (50002)"),
        (r#"{"ContactItem":{"Type":1,"To_Account":"u"}}"#, ".ContactOptType is missing (50002)"),
        (r#"{"ContactOptType":3}"#, ".ContactOptType must be an integer from 1 to 2 (50002)"),
    ] {
        let fault = format!("UpdateGroup.ContactUpdateItem[0]{fault}");
        assert_eq!(with(&format!(r#","ContactUpdateItem":[{item}]"#)), fault);
    }
}

#[test]
fn delete_takes_one_name() {
    let with = |names: &str| delete(&format!(r#"{{"From_Account":"u","GroupName":{names}}}"#));
    assert_eq!(with(r#"[""]"#), "ok");
    assert_eq!(with(r#""g""#), "GroupName must be an array (50002)");
    assert_eq!(with("[]"), "GroupName must hold exactly one name (50002)");
    assert_eq!(with(r#"["a","b"]"#), "GroupName must hold exactly one name (50002)");
    assert_eq!(with("[null]"), "GroupName[0] must be a string (50002)");
    assert_eq!(with(r#"["\u0000"]"#), "GroupName[0] must not contain a NUL character (50002)");
    assert_eq!(with("null"), "GroupName is missing (50002)");
}

fn mark_item(fields: &str) -> Result<MarkItem<'static>, Fault> {
    let text = format!(
        r#"{{"From_Account":"u","MarkItem":[{{{fields},"ContactItem":{{"Type":1,"To_Account":"u"}}}}]}}"#
    );
    let body = parse_body(text.as_bytes()).unwrap();
    let request = MarkContact::parse(&body, CUSTOM_MARK_BYTES_DEFAULT)?;
    let item = request.items[0].clone();
    let custom = item.custom.map(|custom| Cow::Owned(custom.into_owned()));
    Ok(MarkItem {
        kind: item.kind,
        contact: item.contact.into_owned(),
        clear: item.clear,
        set: item.set,
        custom,
    })
}

#[test]
fn a_mark_item_holds_only_what_its_type_covers() {
    let item = mark_item(r#""CustomMark":7,"OptType":1,"SetMark":[0,63,0],"ClearMark":[]"#).unwrap();
    assert_eq!((item.kind, item.clear, item.set, item.custom), (MarkKind::Standard, 0, 1 | 1 << 63, None));
    let item = mark_item(r#""SetMark":7,"ClearMark":[99],"CustomMark":"","OptType":2"#).unwrap();
    assert_eq!((item.kind, item.clear, item.set, item.custom), (MarkKind::Custom, 0, 0, Some("".into())));
    let item = mark_item(r#""OptType":3,"ClearMark":[1],"SetMark":[1]"#).unwrap();
    assert_eq!((item.kind, item.clear, item.set, item.custom), (MarkKind::Both, 2, 2, None));
    let item = mark_item(r#""OptType":1,"SetMark":null"#).unwrap();
    assert_eq!((item.clear, item.set), (0, 0));
}

#[test]
fn wrong_mark_items_are_50002() {
    let too_long = format!(r#""OptType":2,"CustomMark":"{}""#, "x".repeat(257));
    for (fields, fault) in [
        (r#""SetMark":[1]"#, "OptType is missing"),
        (r#""OptType":4"#, "OptType must be an integer from 1 to 3"),
        (r#""OptType":257"#, "OptType must be an integer from 1 to 3"),
        (r#""OptType":2"#, "CustomMark is missing"),
        (r#""OptType":2,"CustomMark":null"#, "CustomMark is missing"),
        (r#""OptType":2,"CustomMark":1"#, "CustomMark must be a string"),
        (r#""OptType":3,"CustomMark":"\u0000""#, "CustomMark must not contain a NUL character"),
        (&too_long, "CustomMark must not be longer than 256 bytes"),
        (r#""OptType":1,"SetMark":1"#, "SetMark must be an array"),
        (r#""OptType":1,"SetMark":[64]"#, "SetMark[0] must be an integer from 0 to 63"),
        (r#""OptType":3,"ClearMark":[1,-1]"#, "ClearMark[1] must be an integer from 0 to 63"),
        (r#""OptType":3,"ClearMark":[1.0]"#, "ClearMark[0] must be an integer"),
        (r#""OptType":3,"ClearMark":["1"]"#, "ClearMark[0] must be an integer"),
        (r#""OptType":3,"ClearMark":[null]"#, "ClearMark[0] must be an integer"),
    ] {
        let expected = format!("MarkItem[0].{fault} (50002)");
        assert_eq!(mark_item(fields).unwrap_err().to_string(), expected);
    }
    assert!(mark_item(&format!(r#""OptType":2,"CustomMark":"{}""#, "é".repeat(128))).is_ok());
    assert!(mark_item(r#""OptType":2,"CustomMark":"\u0001\n""#).is_ok());
}

#[test]
fn mark_takes_1_to_100_items() {
    let with = |items: &str| mark(&format!(r#"{{"From_Account":"u"{items}}}"#));
    let item = r#"{"OptType":1,"ContactItem":{"Type":1,"To_Account":"u"}}"#;
    let count = "MarkItem must hold 1 to 100 conversations (51006)";
    assert_eq!(with(&format!(r#","MarkItem":[{}]"#, vec![item; 100].join(","))), "ok");
    assert_eq!(with(&format!(r#","MarkItem":[{}]"#, vec![item; 101].join(","))), count);
    for items in [r#","MarkItem":[]"#, r#","MarkItem":null"#, ""] {
        assert_eq!(with(items), count);
    }
    assert_eq!(with(r#","MarkItem":{}"#), "MarkItem must be an array (50002)");
    assert_eq!(with(r#","MarkItem":[{"OptType":1}]"#), "MarkItem[0].ContactItem is missing (50002)");
}

#[test]
fn get_counts_a_missing_start_as_0() {
    let start =
        |body: &str| GetContactGroup::parse(&parse_body(body.as_bytes()).unwrap()).unwrap().start_index;
    assert_eq!(start(r#"{"From_Account":"u","StartIndex":null,"StartTime":"x"}"#), 0);
    assert_eq!(start(r#"{"From_Account":"u"}"#), 0);
    assert_eq!(start(r#"{"From_Account":"u","StartIndex":18446744073709551615}"#), u64::MAX);
    for (wrong, what) in [
        ("-1", "must be an integer from 0 to 18446744073709551615"),
        ("18446744073709551616", "must be an integer"),
        ("1e2", "must be an integer"),
        ("\"0\"", "must be an integer"),
        ("false", "must be an integer"),
    ] {
        let fault = get(&format!(r#"{{"From_Account":"u","StartIndex":{wrong}}}"#));
        assert_eq!(fault, format!("StartIndex {what} (50002)"));
    }
}

#[test]
fn search_takes_1_to_300_conversations() {
    let with = |items: &str| search(&format!(r#"{{"From_Account":"u","ContactItem":{items}}}"#));
    let count = "ContactItem must hold 1 to 300 conversations (50002)";
    assert_eq!(with(&format!("[{}]", contacts(300))), "ok");
    assert_eq!(with(&format!("[{}]", contacts(301))), count);
    assert_eq!(with("[]"), count);
    assert_eq!(with("null"), "ContactItem is missing (50002)");
    assert_eq!(with("{}"), "ContactItem must be an array (50002)");
}

#[test]
fn a_legal_call_of_full_size_passes() {
    let id = "\\u00e9".repeat(32);
    let item = format!(r#"{{"Type":2,"ToGroupId":"{id}","Padding":"{}"}}"#, "x".repeat(800));
    let body = format!(r#"{{"From_Account":"u","ContactItem":[{}]}}"#, vec![item; 300].join(","));
    assert!(body.len() > 300_000);
    assert_eq!(search(&body), "ok");
}

#[test]
fn what_the_client_writes_the_server_reads() {
    let awkward = "quote\" back\\ line\n tab\t é 😀 </script>";
    let update = Update::Rename { old: awkward.into(), new: "".into() };
    let request = UpdateContactGroup { from_account: "u".into(), update };
    let text = serde_json::to_string(&request).unwrap();
    assert_eq!(UpdateContactGroup::parse(&parse_body(text.as_bytes()).unwrap()).unwrap(), request);

    let contacts = vec![];
    let request = CreateContactGroup { from_account: "é".into(), group_name: awkward.into(), contacts };
    let text = serde_json::to_string(&request).unwrap();
    assert_eq!(CreateContactGroup::parse(&parse_body(text.as_bytes()).unwrap()).unwrap(), request);

    for kind in [MarkKind::Standard, MarkKind::Custom, MarkKind::Both] {
        let custom = (kind != MarkKind::Standard).then(|| awkward.into());
        let set = if kind == MarkKind::Custom { 0 } else { u64::MAX };
        let item = MarkItem { kind, contact: Contact::ChatGroup("g".into()), clear: 0, set, custom };
        let request = MarkContact { from_account: "u".into(), items: vec![item] };
        let text = serde_json::to_string(&request).unwrap();
        let body = parse_body(text.as_bytes()).unwrap();
        assert_eq!(MarkContact::parse(&body, CUSTOM_MARK_BYTES_DEFAULT).unwrap(), request);
    }
}
