//! What the parsers refuse, and in which words.

use super::*;
use crate::json::parse_body;

fn refused<T: std::fmt::Debug>(body: &str, parse: impl Fn(&Object<'_>) -> Result<T, Fault>) -> String {
    let body = parse_body(body.as_bytes()).unwrap();
    parse(&body).map(|_| ()).unwrap_err().to_string()
}

fn apply(items: &str) -> String {
    let body = format!(r#"{{"From_Account":"u","CommandItem":[{items}]}}"#);
    refused(&body, |body| Apply::parse(body, 256).map(|_| ()))
}

#[test]
fn a_command_names_no_user_of_its_own() {
    assert_eq!(
        apply(r#"{"Command":"del_contact_group","GroupName":["g"],"From_Account":"u"}"#),
        "CommandItem[0].From_Account must not be given: the call names the user (50002)"
    );
    for command in ApplyItem::CALLS {
        let text = apply(&format!(r#"{{"From_Account":"other","Command":"{}"}}"#, command.command()));
        assert!(text.starts_with("CommandItem[0].From_Account must not be given"), "{text}");
    }
}

#[test]
fn what_is_wrong_in_a_command_is_said_with_its_place() {
    let mark = r#"{"Command":"mark_contact","MarkItem":[]}"#;
    assert_eq!(
        apply(&format!(r#"{{"Command":"set_group_order","GroupName":["a"]}},{mark}"#)),
        "CommandItem[1].MarkItem must hold 1 to 100 conversations (51006)"
    );
    assert_eq!(
        apply(r#"{"Command":"apply"}"#),
        "CommandItem[0].Command must be one of create_contact_group, update_contact_group, del_contact_group, \
         mark_contact, set_group_order, set_group_ex (50002)"
    );
    assert_eq!(apply(r#"{"GroupName":["g"]}"#), "CommandItem[0].Command is missing (50002)");
    assert_eq!(apply("7"), "CommandItem[0] must be an object (50002)");
    assert_eq!(apply(""), "CommandItem must hold 1 to 100 commands (50002)");
}

#[test]
fn commands_and_their_conversations_are_counted() {
    let one = r#"{"Command":"set_group_order","GroupName":["a"]}"#;
    assert_eq!(apply(&vec![one; 101].join(",")), "CommandItem must hold 1 to 100 commands (50002)");
    let contact = r#"{"Type":1,"To_Account":"a"}"#;
    let create = |count: usize| {
        let contacts = vec![contact; count].join(",");
        let group = format!(r#"{{"GroupName":"g","ContactItem":[{contacts}]}}"#);
        format!(r#"{{"Command":"create_contact_group","GroupContactItem":[{group}]}}"#)
    };
    let full = vec![create(100); 5].join(",");
    assert_eq!(
        apply(&format!("{full},{}", create(1))),
        "CommandItem must name at most 500 conversations (51006)"
    );
    let body = format!(r#"{{"From_Account":"u","CommandItem":[{full},{}]}}"#, create(0));
    let body = parse_body(body.as_bytes()).unwrap();
    assert_eq!(Apply::parse(&body, 256).unwrap().commands.len(), 6);
}

#[test]
fn the_user_of_an_apply_comes_first_whatever_the_order() {
    let body = |user: &str| format!(r#"{{"CommandItem":[{{"Command":"x"}}]{user}}}"#);
    let parse = |body: &Object<'_>| Apply::parse(body, 256).map(|_| ());
    assert_eq!(refused(&body(""), parse), "From_Account is missing (50002)");
    assert_eq!(refused(&body(r#","From_Account":7"#), parse), "From_Account must be a string (60015)");
    assert!(refused(&body(r#","From_Account":"u""#), parse).starts_with("CommandItem[0].Command must be"));
}

#[test]
fn lengths_and_counts_are_bounded() {
    let changes = |rest: &str| {
        refused(&format!(r#"{{"From_Account":"u",{rest}}}"#), |body| GetChanges::parse(body).map(|_| ()))
    };
    assert_eq!(changes(r#""Limit":0"#), "Limit must be an integer from 1 to 500 (50002)");
    assert_eq!(changes(r#""Limit":501"#), "Limit must be an integer from 1 to 500 (50002)");
    let long = "x".repeat(257);
    assert_eq!(changes(&format!(r#""Cursor":"{long}""#)), "Cursor must not be longer than 256 bytes (50002)");
    let ex = |ex: &str| {
        let body = format!(r#"{{"From_Account":"u","GroupItem":[{{"GroupName":"g","Ex":"{ex}"}}]}}"#);
        refused(&body, |body| SetGroupEx::parse(body).map(|_| ()))
    };
    assert_eq!(ex(&"é".repeat(257)), "GroupItem[0].Ex must not be longer than 512 bytes (50002)");
    assert_eq!(ex("a\\u0000"), "GroupItem[0].Ex must not contain a NUL character (50002)");
    let order = |names: &str| {
        let body = format!(r#"{{"From_Account":"u","GroupName":{names}}}"#);
        refused(&body, |body| SetGroupOrder::parse(body).map(|_| ()))
    };
    assert_eq!(order("[]"), "GroupName must hold 1 to 100 names (50002)");
    assert_eq!(order("\"g\""), "GroupName must be an array (50002)");
    let copy = |to: &str| {
        let body = format!(r#"{{"From_Account":"u","To_Account":{to}}}"#);
        refused(&body, |body| CopyLayout::parse(body).map(|_| ()))
    };
    assert_eq!(copy("[]"), "To_Account must hold 1 to 100 accounts (50002)");
    assert_eq!(copy(r#"["a",7]"#), "To_Account[1] must be a string (60015)");
    assert_eq!(copy(r#"["a",""]"#), "To_Account[1] must not be empty (50002)");
}

#[test]
fn a_custom_mark_is_equal_or_begins() {
    let body = r#"{"From_Account":"u","CustomMark":"a","CustomMarkPrefix":"a"}"#;
    let text = refused(body, |body| ListConversations::parse(body).map(|_| ()));
    assert_eq!(text, "CustomMarkPrefix must not stand with CustomMark (50002)");
}
