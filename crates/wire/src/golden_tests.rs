//! The golden files: every documented sample of a request or a reply, and one of our own where there is none.
//!
//! A request has to parse to the expected value and to be written as the file again; a reply has to be written as
//! the file and to be read back. Files are compared without the white space between their tokens, so the order
//! of the fields counts.

use std::borrow::Cow;
use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::accounts::*;
use crate::chat_groups::*;
use crate::code::Code;
use crate::contact::Contact;
use crate::contact_groups::*;
use crate::contact_groups_reply::*;
use crate::devices::*;
use crate::devices_reply::*;
use crate::fault::Fault;
use crate::json::{Object, parse_body};
use crate::limits::CUSTOM_MARK_BYTES_DEFAULT;
use crate::marks::StandardMark;
use crate::reply::{Reply, ReplyError, read_reply, write_fault, write_ok};

/// A golden file as text.
macro_rules! golden {
    ($path:literal) => {
        include_str!(concat!("../golden/", $path))
    };
}

/// The text without the white space between tokens.
fn compact(json: &str) -> String {
    let mut compact = String::new();
    let mut in_string = false;
    let mut escaped = false;
    for character in json.chars() {
        if character == '"' && !escaped {
            in_string = !in_string;
        }
        escaped = in_string && character == '\\' && !escaped;
        if in_string || !character.is_ascii_whitespace() {
            compact.push(character);
        }
    }
    compact
}

fn check_request<T: Serialize + PartialEq + Debug>(golden: &str, parsed: Result<T, Fault>, expected: T) {
    assert_eq!(parsed, Ok(expected));
    assert_eq!(serde_json::to_string(&parsed.unwrap()).unwrap(), compact(golden));
}

fn check_reply<T: Reply + DeserializeOwned + PartialEq + Debug>(golden: &str, reply: &T) {
    assert_eq!(String::from_utf8(write_ok(reply)).unwrap(), compact(golden));
    assert_eq!(&read_reply::<T>(golden.as_bytes()).unwrap(), reply);
}

fn body(golden: &str) -> Object<'_> {
    parse_body(golden.as_bytes()).unwrap()
}

fn user(id: &'static str) -> Contact<'static> {
    Contact::User(Cow::Borrowed(id))
}

fn chat_group() -> Contact<'static> {
    Contact::ChatGroup(Cow::Borrowed("@TGS#1B2AUI7RZ"))
}

fn group(name: &'static str, id: u32) -> GroupItem<'static> {
    GroupItem { name: name.into(), id }
}

fn me() -> Cow<'static, str> {
    Cow::Borrowed("user_0001")
}

#[test]
fn compact_keeps_strings_as_they_are() {
    assert_eq!(compact(" { \"a b\" : \"\\\" \\\\\" , \"c\":\t1 }\n"), "{\"a b\":\"\\\" \\\\\",\"c\":1}");
}

#[test]
fn fault() {
    let golden = golden!("fault.json");
    let fault = Fault::new(Code::NotImported, "...");
    assert_eq!(String::from_utf8(write_fault(&fault)).unwrap(), compact(golden));
    let error = read_reply::<DestroyGroupReply>(golden.as_bytes()).unwrap_err();
    assert!(matches!(error, ReplyError::Refused { code: 50001, code_known: Some(Code::NotImported), .. }));
}

#[test]
fn create_contact_group() {
    let golden = golden!("create_contact_group/request.json");
    let expected = CreateContactGroup {
        from_account: me(),
        group_name: "group_0001".into(),
        contacts: vec![user("user_0002"), chat_group()],
    };
    check_request(golden, CreateContactGroup::parse(&body(golden)), expected);

    let results = vec![ContactResult::new(user("user_0002"), None), ContactResult::new(chat_group(), None)];
    let created = CreatedContactGroup { group: group("group_0001", 1), results };
    let reply = CreateContactGroupReply { groups: vec![created] };
    check_reply(golden!("create_contact_group/reply.json"), &reply);
}

#[test]
fn update_contact_group() {
    let golden = golden!("update_contact_group/request_rename.json");
    let update = Update::Rename { old: "group_0001".into(), new: "group_0002".into() };
    let expected = UpdateContactGroup { from_account: me(), update };
    check_request(golden, UpdateContactGroup::parse(&body(golden)), expected);

    let golden = golden!("update_contact_group/request_members.json");
    let items = vec![
        MemberItem { change: MemberChange::Add, contact: user("user_0002") },
        MemberItem { change: MemberChange::Remove, contact: chat_group() },
    ];
    let update = Update::Members { group: "group_0001".into(), items };
    let expected = UpdateContactGroup { from_account: me(), update };
    check_request(golden, UpdateContactGroup::parse(&body(golden)), expected);

    let mut result = UpdateGroupResult {
        kind: UpdateKind::Members,
        name: "group_0001".into(),
        id: 1,
        old_name: "group_0001".into(),
        results: vec![MemberResult::new(MemberChange::Add, user("user_0002"), None)],
    };
    let reply = UpdateContactGroupReply { result: result.clone() };
    check_reply(golden!("update_contact_group/reply_members.json"), &reply);

    result.kind = UpdateKind::Rename;
    result.name = "group_0002".into();
    result.results.clear();
    check_reply(golden!("update_contact_group/reply_rename.json"), &UpdateContactGroupReply { result });
}

#[test]
fn del_contact_group() {
    let golden = golden!("del_contact_group/request.json");
    let expected = DeleteContactGroup { from_account: me(), group_name: "group_0001".into() };
    check_request(golden, DeleteContactGroup::parse(&body(golden)), expected);

    let reply = DeleteContactGroupReply { groups: vec![group("group_0001", 1)] };
    check_reply(golden!("del_contact_group/reply.json"), &reply);
}

#[test]
fn mark_contact() {
    let golden = golden!("mark_contact/request.json");
    let item = MarkItem {
        kind: MarkKind::Both,
        contact: user("user_0002"),
        clear: 0,
        set: 0b1110,
        custom: Some("abcd".into()),
    };
    let expected = MarkContact { from_account: me(), items: vec![item] };
    check_request(golden, MarkContact::parse(&body(golden), CUSTOM_MARK_BYTES_DEFAULT), expected);

    let golden = golden!("mark_contact/request_clear.json");
    let standard = MarkItem {
        kind: MarkKind::Standard,
        contact: user("user_0002"),
        clear: 1 | 1 << 63,
        set: 1 << 32,
        custom: None,
    };
    let custom =
        MarkItem { kind: MarkKind::Custom, contact: chat_group(), clear: 0, set: 0, custom: Some("".into()) };
    let expected = MarkContact { from_account: me(), items: vec![standard, custom] };
    check_request(golden, MarkContact::parse(&body(golden), CUSTOM_MARK_BYTES_DEFAULT), expected);

    let results = vec![MarkResult::new(MarkKind::Both, user("user_0002"), None)];
    check_reply(golden!("mark_contact/reply.json"), &MarkContactReply { results });

    let refusal = Some(Code::ChatGroupUnresolved.into());
    let results = vec![MarkResult::new(MarkKind::Custom, chat_group(), refusal)];
    check_reply(golden!("mark_contact/reply_refused.json"), &MarkContactReply { results });
}

#[test]
fn get_contact_group() {
    let golden = golden!("get_contact_group/request.json");
    let expected = GetContactGroup { from_account: me(), start_index: 0 };
    check_request(golden, GetContactGroup::parse(&body(golden)), expected);

    let first = ContactRecord {
        contact: user("user_0002"),
        standard_mark: StandardMark(0b11_1001),
        custom_mark: "".into(),
        group_ids: vec![1, 2].into(),
        timestamp: 1_670_843_110,
    };
    let second = ContactRecord {
        contact: chat_group(),
        standard_mark: StandardMark(0b11_1001),
        custom_mark: "abcd".into(),
        group_ids: vec![].into(),
        timestamp: 1_672_998_266,
    };
    let reply = GetContactGroupReply {
        contacts: vec![first, second],
        groups: vec![group("group_0001", 1), group("group_0002", 2)],
        complete_flag: 1,
        next_start_index: 0,
    };
    check_reply(golden!("get_contact_group/reply.json"), &reply);
}

#[test]
fn search_contact_group() {
    let expected =
        || SearchContactGroup { from_account: me(), contacts: vec![user("user_0002"), chat_group()] };
    let golden = golden!("search_contact_group/request.json");
    check_request(golden, SearchContactGroup::parse(&body(golden)), expected());
    let golden = golden!("search_contact_group/request_compact.json");
    check_request(golden, SearchContactGroup::parse(&body(golden)), expected());

    let first = ContactRecord {
        contact: user("user_0002"),
        standard_mark: StandardMark(0b1111_1110),
        custom_mark: "abcde".into(),
        group_ids: vec![1, 2].into(),
        timestamp: 1_775_217_000,
    };
    let second = ContactRecord {
        contact: chat_group(),
        standard_mark: StandardMark(0),
        custom_mark: "".into(),
        group_ids: vec![1].into(),
        timestamp: 1_775_186_067,
    };
    let reply = SearchContactGroupReply {
        contacts: vec![first, second],
        groups: vec![group("group_0001", 1), group("group_0002", 2)],
    };
    check_reply(golden!("search_contact_group/reply.json"), &reply);
    check_reply(golden!("search_contact_group/reply_compact.json"), &reply);
}

#[test]
fn account_import() {
    let golden = golden!("account_import/request.json");
    let expected = AccountImport {
        user_id: me(),
        nick: Some("One".into()),
        face_url: Some("http://www.example.com/1.png".into()),
    };
    check_request(golden, AccountImport::parse(&body(golden)), expected.clone());
    check_reply(golden!("account_import/reply.json"), &AccountImportReply {});

    let golden = golden!("multiaccount_import/request_profiles.json");
    let request = MultiaccountImport::new([expected, AccountImport::new("user_0002")]);
    check_request(golden, MultiaccountImport::parse(&body(golden)), request);
    let golden = golden!("multiaccount_import/request_names.json");
    let request = MultiaccountImport::new([AccountImport::new(me()), AccountImport::new("user_0002")]);
    check_request(golden, MultiaccountImport::parse(&body(golden)), request);
    let failed = "a user id that is far too long for an account".into();
    let reply = MultiaccountImportReply { fail_accounts: vec![failed] };
    check_reply(golden!("multiaccount_import/reply.json"), &reply);
}

#[test]
fn account_check_and_delete() {
    let golden = golden!("account_check/request.json");
    let expected = AccountCheck::new([me(), "user_0002".into()]);
    check_request(golden, AccountCheck::parse(&body(golden)), expected);
    let fault = Fault::new(Code::AccountParameter, "CheckItem[2].UserID must not be empty");
    let results = vec![
        AccountCheckResult::new(me(), AccountStatus::Imported),
        AccountCheckResult::new("user_0002", AccountStatus::NotImported),
        BadAccount { user_id: "".into(), fault }.into(),
    ];
    check_reply(golden!("account_check/reply.json"), &AccountCheckReply { results });

    let golden = golden!("account_delete/request.json");
    let expected = AccountDelete::new([me(), "user_0002".into()]);
    check_request(golden, AccountDelete::parse(&body(golden)), expected);
    let results = vec![
        AccountDeleteResult::new(me(), None),
        AccountDeleteResult::new("user_0002", Some(Code::NoSuchAccount.into())),
    ];
    check_reply(golden!("account_delete/reply.json"), &AccountDeleteReply { results });
}

#[test]
fn create_and_destroy_group() {
    let golden = golden!("create_group/request.json");
    let expected = CreateGroup {
        kind: ChatGroupType::Public,
        name: "The readers".into(),
        owner_account: Some(me()),
        group_id: Some("@TGS#1B2AUI7RZ".into()),
        members: vec!["user_0002".into()],
    };
    check_request(golden, CreateGroup::parse(&body(golden)), expected);
    let golden = golden!("create_group/request_least.json");
    let expected = CreateGroup {
        kind: ChatGroupType::AvChatRoom,
        name: "The stage".into(),
        owner_account: None,
        group_id: None,
        members: vec![],
    };
    check_request(golden, CreateGroup::parse(&body(golden)), expected);
    let reply = CreateGroupReply { group_id: "@TGS#1B2AUI7RZ".into() };
    check_reply(golden!("create_group/reply.json"), &reply);

    let golden = golden!("destroy_group/request.json");
    let expected = DestroyGroup { group_id: "@TGS#1B2AUI7RZ".into() };
    check_request(golden, DestroyGroup::parse(&body(golden)), expected);
    check_reply(golden!("destroy_group/reply.json"), &DestroyGroupReply {});
}

#[test]
fn get_group_info_and_list() {
    let golden = golden!("get_group_info/request.json");
    let expected = GetGroupInfo::new(["@TGS#1B2AUI7RZ".into(), "unknown".into()]);
    check_request(golden, GetGroupInfo::parse(&body(golden)), expected);
    let facts = ChatGroupFacts {
        kind: "Public".into(),
        name: "The readers".into(),
        owner_account: me(),
        create_time: 1_775_186_067,
    };
    let groups = vec![
        ChatGroupInfo::known("@TGS#1B2AUI7RZ", facts),
        ChatGroupInfo::refused("unknown", Code::NoSuchChatGroup.into()),
    ];
    check_reply(golden!("get_group_info/reply.json"), &GetGroupInfoReply { groups });

    let golden = golden!("get_appid_group_list/request.json");
    let expected = GetAppidGroupList { limit: 100, next: 1 << 33, kind: Some(ChatGroupType::Public) };
    check_request(golden, GetAppidGroupList::parse(&body(golden)), expected);
    let listed = |group_id: &'static str| ListedChatGroup { group_id: group_id.into() };
    let groups = vec![listed("@TGS#1B2AUI7RZ"), listed("readers")];
    let reply = GetAppidGroupListReply { total_count: 2, groups, next: 0 };
    check_reply(golden!("get_appid_group_list/reply.json"), &reply);
}

/// Parses a body as every request there is.
fn record() -> ContactRecord<'static> {
    ContactRecord {
        contact: user("user_0002"),
        standard_mark: StandardMark(0b1110),
        custom_mark: "abcd".into(),
        group_ids: vec![1].into(),
        timestamp: 1_670_843_110,
    }
}

fn described(name: &'static str, id: u32, order: u32, ex: &'static str) -> DescribedGroup<'static> {
    DescribedGroup { name: name.into(), id, order, ex: ex.into() }
}

#[test]
fn get_changes() {
    let golden = golden!("get_changes/request.json");
    let cursor = || Cow::Borrowed("AQ0123456789");
    let expected = GetChanges { from_account: me(), cursor: Some(cursor()), limit: Some(100) };
    check_request(golden, GetChanges::parse(&body(golden)), expected);
    let golden = golden!("get_changes/request_first.json");
    let expected = GetChanges { from_account: me(), cursor: None, limit: None };
    check_request(golden, GetChanges::parse(&body(golden)), expected);

    let reply = GetChangesReply {
        contacts: vec![record()],
        removed: vec![chat_group()],
        groups: vec![described("group_0001", 1, 2, "{\"icon\":1}")],
        removed_groups: vec![2],
        cursor: cursor(),
        more: false,
        reset: false,
    };
    check_reply(golden!("get_changes/reply.json"), &reply);
}

fn ex(name: &'static str, ex: &'static str) -> GroupEx<'static> {
    GroupEx { name: name.into(), ex: ex.into() }
}

#[test]
fn set_group_order_and_ex() {
    let golden = golden!("set_group_order/request.json");
    let names = vec!["group_0002".into(), "group_0001".into()];
    let expected = SetGroupOrder { from_account: me(), names };
    check_request(golden, SetGroupOrder::parse(&body(golden)), expected);
    check_reply(golden!("set_group_order/reply.json"), &GroupSetReply {});

    let golden = golden!("set_group_ex/request.json");
    let groups = vec![ex("group_0001", "{\"icon\":1}"), ex("group_0002", "")];
    let expected = SetGroupEx { from_account: me(), groups };
    check_request(golden, SetGroupEx::parse(&body(golden)), expected);
    check_reply(golden!("set_group_ex/reply.json"), &GroupSetReply {});
}

#[test]
fn list_groups_and_conversations() {
    let golden = golden!("list_groups/request.json");
    check_request(golden, ListGroups::parse(&body(golden)), ListGroups { from_account: me() });
    let counted = |group, count| CountedGroup { group, count };
    let groups = vec![
        counted(described("group_0002", 2, 1, ""), 0),
        counted(described("group_0001", 1, 2, "{\"icon\":1}"), 12),
    ];
    check_reply(golden!("list_groups/reply.json"), &ListGroupsReply { groups });

    let golden = golden!("list_conversations/request.json");
    let expected = ListConversations {
        from_account: me(),
        group_name: Some("group_0001".into()),
        all_marks: 0b10,
        any_marks: 0b1100,
        custom_mark: Some("abcd".into()),
        custom_mark_prefix: None,
        kind: Some(1),
        changed_since: 1_670_843_110,
        start_index: 17,
        limit: Some(50),
    };
    check_request(golden, ListConversations::parse(&body(golden)), expected);
    let golden = golden!("list_conversations/request_prefix.json");
    let expected = ListConversations {
        from_account: me(),
        custom_mark_prefix: Some("ab".into()),
        ..ListConversations::default()
    };
    check_request(golden, ListConversations::parse(&body(golden)), expected);
    let reply = ListConversationsReply {
        contacts: vec![record()],
        groups: vec![group("group_0001", 1)],
        complete_flag: 0,
        next_start_index: 21,
    };
    check_reply(golden!("list_conversations/reply.json"), &reply);
}

#[test]
fn apply() {
    let golden = golden!("apply/request.json");
    let name = |name: &'static str| Cow::Borrowed(name);
    let mark =
        MarkItem { kind: MarkKind::Standard, contact: user("user_0002"), clear: 0, set: 2, custom: None };
    let commands = vec![
        ApplyItem::CreateContactGroup(CreateContactGroup {
            from_account: me(),
            group_name: name("group_0001"),
            contacts: vec![user("user_0002")],
        }),
        ApplyItem::UpdateContactGroup(UpdateContactGroup {
            from_account: me(),
            update: Update::Rename { old: name("group_0001"), new: name("group_0002") },
        }),
        ApplyItem::MarkContact(MarkContact { from_account: me(), items: vec![mark] }),
        ApplyItem::SetGroupEx(SetGroupEx { from_account: me(), groups: vec![ex("group_0002", "red")] }),
        ApplyItem::SetGroupOrder(SetGroupOrder { from_account: me(), names: vec![name("group_0002")] }),
        ApplyItem::DelContactGroup(DeleteContactGroup { from_account: me(), group_name: name("group_0002") }),
    ];
    let applied = |command: &ApplyItem<'_>, group_id| AppliedCommand {
        command: command.call().command().into(),
        group_id,
    };
    let ids = [Some(1), Some(1), None, None, None, Some(1)];
    let results = commands.iter().zip(ids).map(|(command, id)| applied(command, id)).collect();
    let expected = Apply { from_account: me(), commands };
    check_request(golden, Apply::parse(&body(golden), CUSTOM_MARK_BYTES_DEFAULT), expected);
    check_reply(golden!("apply/reply.json"), &ApplyReply { results });
}

#[test]
fn copy_layout() {
    let golden = golden!("copy_layout/request.json");
    let to_accounts = vec!["user_0002".into(), "user_0003".into()];
    let expected = CopyLayout { from_account: me(), to_accounts };
    check_request(golden, CopyLayout::parse(&body(golden)), expected);
    let refusal = Fault::new(Code::NotImported, "...");
    let results = vec![
        CopiedLayout::new("user_0002".into(), None),
        CopiedLayout::new("user_0003".into(), Some(refusal)),
    ];
    check_reply(golden!("copy_layout/reply.json"), &CopyLayoutReply { results });
}

fn codes_of_all_calls(body: &Object<'_>) -> Vec<Option<i32>> {
    fn code<T>(parsed: Result<T, Fault>) -> Option<i32> {
        parsed.err().map(|fault| fault.code.number())
    }
    vec![
        code(CreateContactGroup::parse(body)),
        code(UpdateContactGroup::parse(body)),
        code(DeleteContactGroup::parse(body)),
        code(MarkContact::parse(body, CUSTOM_MARK_BYTES_DEFAULT)),
        code(GetContactGroup::parse(body)),
        code(SearchContactGroup::parse(body)),
        code(AccountImport::parse(body)),
        code(MultiaccountImport::parse(body)),
        code(AccountCheck::parse(body)),
        code(AccountDelete::parse(body)),
        code(CreateGroup::parse(body)),
        code(DestroyGroup::parse(body)),
        code(GetGroupInfo::parse(body)),
        code(GetAppidGroupList::parse(body)),
        code(GetChanges::parse(body)),
        code(SetGroupOrder::parse(body)),
        code(SetGroupEx::parse(body)),
        code(ListGroups::parse(body)),
        code(ListConversations::parse(body)),
        code(Apply::parse(body, CUSTOM_MARK_BYTES_DEFAULT)),
        code(CopyLayout::parse(body)),
    ]
}

#[test]
fn damaged_requests_are_refused_with_a_code_of_the_parser() {
    let requests = [
        golden!("create_contact_group/request.json"),
        golden!("update_contact_group/request_rename.json"),
        golden!("update_contact_group/request_members.json"),
        golden!("del_contact_group/request.json"),
        golden!("mark_contact/request_clear.json"),
        golden!("get_contact_group/request.json"),
        golden!("multiaccount_import/request_profiles.json"),
        golden!("account_check/request.json"),
        golden!("create_group/request.json"),
        golden!("get_group_info/request.json"),
        golden!("get_appid_group_list/request.json"),
        golden!("get_changes/request.json"),
        golden!("list_conversations/request.json"),
        golden!("apply/request.json"),
        golden!("copy_layout/request.json"),
    ];
    for request in requests {
        let text = compact(request);
        for end in 0..text.len() {
            assert_eq!(
                parse_body(&text.as_bytes()[..end]).unwrap_err().code,
                Code::JsonParse,
                "{end} of {text}"
            );
        }
        for index in 0..text.len() {
            for byte in *b"\"\\{}[],:0-e \0\xff" {
                let mut damaged = text.clone().into_bytes();
                damaged[index] = byte;
                match parse_body(&damaged) {
                    Err(fault) => assert!(matches!(fault.code.number(), 60003 | 50002), "{fault}"),
                    Ok(body) => {
                        for code in codes_of_all_calls(&body).into_iter().flatten() {
                            assert!(matches!(code, 50002 | 51006 | 60015 | 70402 | 10004 | 10015), "{code}");
                        }
                    }
                }
            }
        }
    }
}
