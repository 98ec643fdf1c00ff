//! The document against itself, the golden files, the parsers, and the snapshot.

mod change;
mod check;

use std::collections::BTreeSet;
use std::fmt::Write;

use expect_test::{expect, expect_file};
use foldmark_core::limits::CUSTOM_MARK_BYTES_CEILING;
use foldmark_wire::accounts::{AccountCheck, AccountDelete, AccountImport, MultiaccountImport};
use foldmark_wire::chat_groups::{CreateGroup, DestroyGroup, GetAppidGroupList, GetGroupInfo};
use foldmark_wire::contact_groups::{
    CreateContactGroup, DeleteContactGroup, GetContactGroup, MarkContact, SearchContactGroup,
    UpdateContactGroup,
};
use foldmark_wire::devices::{
    Apply, CopyLayout, GetChanges, ListConversations, ListGroups, SetGroupEx, SetGroupOrder,
};
use foldmark_wire::json::parse_body;
use foldmark_wire::samples::{self, Sample};
use foldmark_wire::{CallName, Code, Fault};
use serde_json::Value;
use utoipa::openapi::OpenApi;

use self::change::changes;
use self::check::Checker;
use super::{codes, text};
use crate::codes::documented;

fn document() -> Value {
    serde_json::from_str(&text()).unwrap()
}

fn operation(document: &Value, call: CallName) -> &Value {
    &document["paths"][call.path()]["post"]
}

fn request(document: &Value, call: CallName) -> &Value {
    &operation(document, call)["requestBody"]["content"]["application/json"]
}

fn reply(document: &Value, call: CallName) -> &Value {
    &operation(document, call)["responses"]["200"]["content"]["application/json"]
}

/// What the server's parser of the call says of a body.
fn parse(call: CallName, body: &str) -> Result<(), Fault> {
    let body = parse_body(body.as_bytes())?;
    match call {
        CallName::CreateContactGroup => CreateContactGroup::parse(&body).map(drop),
        CallName::UpdateContactGroup => UpdateContactGroup::parse(&body).map(drop),
        CallName::DelContactGroup => DeleteContactGroup::parse(&body).map(drop),
        CallName::MarkContact => MarkContact::parse(&body, CUSTOM_MARK_BYTES_CEILING).map(drop),
        CallName::GetContactGroup => GetContactGroup::parse(&body).map(drop),
        CallName::SearchContactGroup => SearchContactGroup::parse(&body).map(drop),
        CallName::AccountImport => AccountImport::parse(&body).map(drop),
        CallName::MultiaccountImport => MultiaccountImport::parse(&body).map(drop),
        CallName::AccountCheck => AccountCheck::parse(&body).map(drop),
        CallName::AccountDelete => AccountDelete::parse(&body).map(drop),
        CallName::CreateGroup => CreateGroup::parse(&body).map(drop),
        CallName::DestroyGroup => DestroyGroup::parse(&body).map(drop),
        CallName::GetGroupInfo => GetGroupInfo::parse(&body).map(drop),
        CallName::GetAppidGroupList => GetAppidGroupList::parse(&body).map(drop),
        CallName::GetChanges => GetChanges::parse(&body).map(drop),
        CallName::SetGroupOrder => SetGroupOrder::parse(&body).map(drop),
        CallName::SetGroupEx => SetGroupEx::parse(&body).map(drop),
        CallName::ListGroups => ListGroups::parse(&body).map(drop),
        CallName::ListConversations => ListConversations::parse(&body).map(drop),
        CallName::Apply => Apply::parse(&body, CUSTOM_MARK_BYTES_CEILING).map(drop),
        CallName::CopyLayout => CopyLayout::parse(&body).map(drop),
    }
}

/// `UPDATE_EXPECT=1` accepts a change.
#[test]
fn the_snapshot_is_the_document() {
    expect_file!["../../../../docs/openapi.json"].assert_eq(&text());
    assert_eq!(text(), text());
}

#[test]
fn it_is_openapi_3_1() {
    let read: OpenApi = serde_json::from_str(&text()).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), document(), "nothing is lost by reading it");
    assert_eq!(document()["openapi"], "3.1.0");
}

#[test]
fn every_call_is_described_once() {
    let document = document();
    let paths = document["paths"].as_object().unwrap();
    let calls: Vec<&str> =
        CallName::ALL.into_iter().map(CallName::path).chain([crate::watch::PATH]).collect();
    assert_eq!(paths.keys().collect::<Vec<_>>(), calls);
    for call in CallName::ALL {
        let methods: Vec<_> = paths[call.path()].as_object().unwrap().keys().collect();
        assert_eq!(methods, ["post"]);
        let operation = operation(&document, call);
        assert_eq!(operation["operationId"], call.command());
        assert_eq!(operation["tags"], serde_json::json!([call.service()]));
        assert_eq!(operation["responses"].as_object().unwrap().len(), 1, "the status is always 200");
    }
}

#[test]
fn the_watch_is_described_with_its_events_and_codes() {
    let document = document();
    let path = document["paths"][crate::watch::PATH].as_object().unwrap();
    assert_eq!(path.keys().collect::<Vec<_>>(), ["get"]);
    let description = path["get"]["description"].as_str().unwrap();
    for code in codes::for_a_watch() {
        let row = format!("| {} | {} |", code.number(), code.text());
        assert!(description.contains(&row), "{code:?}");
    }
    let mut names: Vec<&str> = Vec::new();
    for parameter in path["get"]["parameters"].as_array().unwrap() {
        names.push(parameter["name"].as_str().or(parameter["$ref"].as_str()).unwrap());
    }
    assert_eq!(names[5..], ["From_Account", "Cursor", "Last-Event-ID"]);
    let content = &path["get"]["responses"]["200"]["content"];
    let events = content["text/event-stream"]["x-events"].as_object().unwrap();
    assert_eq!(
        events.keys().collect::<BTreeSet<_>>(),
        BTreeSet::from_iter(["changes", "end", "reset", "user"].map(str::to_owned).iter())
    );
    let example = content["text/event-stream"]["examples"]["of_a_user"]["value"].as_str().unwrap();
    assert!(example.starts_with("retry: 1000\nid: AQ0123456789\nevent: changes\ndata: {"), "{example}");
    assert_eq!(content["application/json"]["schema"]["$ref"], "#/components/schemas/Refusal");
}

#[test]
fn webhooks_are_described_with_their_headers_and_samples() {
    let document = document();
    let webhooks = document["webhooks"].as_object().unwrap();
    assert_eq!(webhooks.keys().collect::<Vec<_>>(), ["userChanged", "userDeleted"]);
    for (webhook, sample) in webhooks.values().zip([samples::USER_CHANGED, samples::USER_DELETED]) {
        assert_eq!(webhook.as_object().unwrap().keys().collect::<Vec<_>>(), ["post"]);
        let operation = &webhook["post"];
        assert_eq!(operation["security"], serde_json::json!([]), "a signature says who is calling");
        assert_eq!(
            operation["responses"].as_object().unwrap().keys().collect::<Vec<_>>(),
            ["2XX", "default"]
        );
        let mut headers = Vec::new();
        for parameter in operation["parameters"].as_array().unwrap() {
            let place = parameter["$ref"].as_str().unwrap().strip_prefix('#').unwrap();
            let parameter = document.pointer(place).unwrap();
            assert_eq!((&parameter["in"], &parameter["required"]), (&"header".into(), &true.into()));
            headers.push(parameter["name"].as_str().unwrap());
        }
        assert_eq!(headers, ["webhook-id", "webhook-timestamp", "webhook-signature"]);
        let content = &operation["requestBody"]["content"]["application/json"];
        assert_eq!(examples(content), read(&[sample]));
    }
}

#[test]
fn every_reference_leads_somewhere_and_everything_is_referred_to() {
    let document = document();
    let mut used = BTreeSet::new();
    references(&document, &mut used);
    let mut there = BTreeSet::new();
    for kind in ["schemas", "parameters", "headers"] {
        for name in document["components"][kind].as_object().unwrap().keys() {
            there.insert(format!("#/components/{kind}/{name}"));
        }
    }
    assert_eq!(used, there);
    let kinds: Vec<_> = document["components"].as_object().unwrap().keys().collect();
    assert_eq!(kinds.len(), 4, "{kinds:?}: what is said twice is a component");
}

fn references(value: &Value, used: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if name == "$ref" {
                    used.insert(value.as_str().unwrap().to_owned());
                }
                references(value, used);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, used)),
        _ => {}
    }
}

#[test]
fn every_field_is_explained_and_no_object_is_without_a_name() {
    let document = document();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        assert!(schema["description"].is_string(), "{name}");
        for (field, schema) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            assert!(!schema["description"].as_str().unwrap().is_empty(), "{name}.{field}");
            assert!(schema.get("properties").is_none(), "{name}.{field}");
            let items = schema.get("items");
            assert!(items.is_none_or(|items| items.get("properties").is_none()), "{name}.{field}");
        }
    }
}

#[test]
fn examples_are_the_golden_files() {
    let document = document();
    for call in CallName::ALL {
        assert_eq!(examples(request(&document, call)), read(&samples::requests(call)), "{call:?}");
        let mut replies = samples::replies(call);
        if codes::for_the_whole(call).contains(&Code::NotImported) {
            replies.push(samples::FAULT);
        }
        assert_eq!(examples(reply(&document, call)), read(&replies), "{call:?}");
    }
}

fn examples(content: &Value) -> Vec<(String, Value)> {
    let examples = content["examples"].as_object().unwrap().iter();
    let mut examples: Vec<_> =
        examples.map(|(name, example)| (name.clone(), example["value"].clone())).collect();
    examples.sort_by(|left, right| left.0.cmp(&right.0));
    examples
}

fn read(samples: &[Sample]) -> Vec<(String, Value)> {
    let samples =
        samples.iter().map(|sample| (sample.name.to_owned(), serde_json::from_str(sample.text).unwrap()));
    let mut samples: Vec<_> = samples.collect();
    samples.sort_by(|left, right| left.0.cmp(&right.0));
    samples
}

/// So no field is described that nobody has seen.
#[test]
fn samples_are_as_their_schemas_say_and_have_every_field_between_them() {
    let document = document();
    let mut checker = Checker::new(&document);
    for call in CallName::ALL {
        for sample in samples::requests(call) {
            checker.check(&request(&document, call)["schema"], &serde_json::from_str(sample.text).unwrap());
            assert_eq!(parse(call, sample.text), Ok(()), "{call:?} {}", sample.name);
        }
        for sample in samples::replies(call).into_iter().chain([samples::FAULT]) {
            checker.check(&reply(&document, call)["schema"], &serde_json::from_str(sample.text).unwrap());
        }
    }
    for (schema, sample) in [
        ("WatchChanges", samples::WATCH_CHANGES),
        ("WatchedUser", samples::WATCH_USER),
        ("Refusal", samples::FAULT),
        ("UserChanged", samples::USER_CHANGED),
        ("UserDeleted", samples::USER_DELETED),
    ] {
        let named = serde_json::json!({ "$ref": format!("#/components/schemas/{schema}") });
        checker.check(&named, &serde_json::from_str(sample.text).unwrap());
    }
    assert_eq!(checker.faults, [""; 0]);
    let mut described = BTreeSet::new();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        for field in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            described.insert(format!("{name}.{}", field.0));
        }
    }
    let unseen: Vec<_> = described.difference(&checker.seen).collect();
    assert_eq!(unseen, [""; 0]);
}

/// Each field of each sample left out, of another type, at its limits and one over: the schema and the parser have the
/// same opinion, but for what is listed, which schemas cannot say or which is refused for one item, or later.
#[test]
fn schemas_and_parsers_refuse_the_same() {
    let document = document();
    let mut differences = BTreeSet::new();
    let mut tried = 0;
    for call in CallName::ALL {
        let schema = &request(&document, call)["schema"];
        for sample in samples::requests(call) {
            for changed in changes(&document, schema, &serde_json::from_str(sample.text).unwrap()) {
                let by_schema = Checker::new(&document).check(schema, &changed.body);
                let parsed = parse(call, &changed.body.to_string());
                tried += 1;
                if by_schema != parsed.is_ok() {
                    let parser =
                        parsed.map_or_else(|fault| fault.to_string(), |()| "the parser takes it".to_owned());
                    differences.insert(format!("{} {}: {parser}", call.command(), changed.what));
                }
            }
        }
    }
    assert!(tried > 400, "{tried}");
    let mut text = String::new();
    for difference in differences {
        let _ = writeln!(text, "{difference}");
    }
    expect![[r#"
        account_check /CheckItem/0/UserID too long: the parser takes it
        account_check /CheckItem/0/UserID too short: the parser takes it
        account_check /CheckItem/1/UserID too long: the parser takes it
        account_check /CheckItem/1/UserID too short: the parser takes it
        account_delete /DeleteItem/0/UserID too long: the parser takes it
        account_delete /DeleteItem/0/UserID too short: the parser takes it
        account_delete /DeleteItem/1/UserID too long: the parser takes it
        account_delete /DeleteItem/1/UserID too short: the parser takes it
        apply /CommandItem/0/Command "del_contact_group": CommandItem[0].GroupName is missing (50002)
        apply /CommandItem/0/Command "mark_contact": CommandItem[0].MarkItem must hold 1 to 100 conversations (51006)
        apply /CommandItem/0/Command "set_group_ex": CommandItem[0].GroupItem is missing (50002)
        apply /CommandItem/0/Command "set_group_order": CommandItem[0].GroupName is missing (50002)
        apply /CommandItem/0/Command "update_contact_group": CommandItem[0].UpdateType is missing (50002)
        apply /CommandItem/0/GroupContactItem left out: CommandItem[0].GroupContactItem is missing (50002)
        apply /CommandItem/0/GroupContactItem/0/ContactItem/0/To_Account left out: CommandItem[0].GroupContactItem[0].ContactItem[0].To_Account is missing (50002)
        apply /CommandItem/0/GroupContactItem/0/ContactItem/0/Type 2: CommandItem[0].GroupContactItem[0].ContactItem[0].ToGroupId is missing (50002)
        apply /CommandItem/0/GroupContactItem/0/GroupName too long: the parser takes it
        apply /CommandItem/0/GroupContactItem/0/GroupName too short: the parser takes it
        apply /CommandItem/1/Command "create_contact_group": CommandItem[1].GroupContactItem is missing (50002)
        apply /CommandItem/1/Command "del_contact_group": CommandItem[1].GroupName is missing (50002)
        apply /CommandItem/1/Command "mark_contact": CommandItem[1].MarkItem must hold 1 to 100 conversations (51006)
        apply /CommandItem/1/Command "set_group_ex": CommandItem[1].GroupItem is missing (50002)
        apply /CommandItem/1/Command "set_group_order": CommandItem[1].GroupName is missing (50002)
        apply /CommandItem/1/UpdateGroup left out: CommandItem[1].UpdateGroup is missing (50002)
        apply /CommandItem/1/UpdateGroup/NewGroupName left out: CommandItem[1].UpdateGroup.NewGroupName is missing (50002)
        apply /CommandItem/1/UpdateGroup/NewGroupName too long: the parser takes it
        apply /CommandItem/1/UpdateGroup/NewGroupName too short: the parser takes it
        apply /CommandItem/1/UpdateGroup/OldGroupName too long: the parser takes it
        apply /CommandItem/1/UpdateGroup/OldGroupName too short: the parser takes it
        apply /CommandItem/1/UpdateGroup/UpdateGroupType 2: CommandItem[1].UpdateGroup.ContactUpdateItem must hold 1 to 100 conversations (51006)
        apply /CommandItem/1/UpdateType left out: CommandItem[1].UpdateType is missing (50002)
        apply /CommandItem/2/Command "create_contact_group": CommandItem[2].GroupContactItem is missing (50002)
        apply /CommandItem/2/Command "del_contact_group": CommandItem[2].GroupName is missing (50002)
        apply /CommandItem/2/Command "set_group_ex": CommandItem[2].GroupItem is missing (50002)
        apply /CommandItem/2/Command "set_group_order": CommandItem[2].GroupName is missing (50002)
        apply /CommandItem/2/Command "update_contact_group": CommandItem[2].UpdateType is missing (50002)
        apply /CommandItem/2/MarkItem left out: CommandItem[2].MarkItem must hold 1 to 100 conversations (51006)
        apply /CommandItem/2/MarkItem/0/ContactItem/To_Account left out: CommandItem[2].MarkItem[0].ContactItem.To_Account is missing (50002)
        apply /CommandItem/2/MarkItem/0/ContactItem/Type 2: CommandItem[2].MarkItem[0].ContactItem.ToGroupId is missing (50002)
        apply /CommandItem/2/MarkItem/0/OptType 2: CommandItem[2].MarkItem[0].CustomMark is missing (50002)
        apply /CommandItem/3/Command "create_contact_group": CommandItem[3].GroupContactItem is missing (50002)
        apply /CommandItem/3/Command "del_contact_group": CommandItem[3].GroupName is missing (50002)
        apply /CommandItem/3/Command "mark_contact": CommandItem[3].MarkItem must hold 1 to 100 conversations (51006)
        apply /CommandItem/3/Command "set_group_order": CommandItem[3].GroupName is missing (50002)
        apply /CommandItem/3/Command "update_contact_group": CommandItem[3].UpdateType is missing (50002)
        apply /CommandItem/3/GroupItem left out: CommandItem[3].GroupItem is missing (50002)
        apply /CommandItem/3/GroupItem/0/GroupName too long: the parser takes it
        apply /CommandItem/3/GroupItem/0/GroupName too short: the parser takes it
        apply /CommandItem/4/Command "create_contact_group": CommandItem[4].GroupContactItem is missing (50002)
        apply /CommandItem/4/Command "mark_contact": CommandItem[4].MarkItem must hold 1 to 100 conversations (51006)
        apply /CommandItem/4/Command "set_group_ex": CommandItem[4].GroupItem is missing (50002)
        apply /CommandItem/4/Command "update_contact_group": CommandItem[4].UpdateType is missing (50002)
        apply /CommandItem/4/GroupName left out: CommandItem[4].GroupName is missing (50002)
        apply /CommandItem/4/GroupName/0 too long: the parser takes it
        apply /CommandItem/4/GroupName/0 too short: the parser takes it
        apply /CommandItem/5/Command "create_contact_group": CommandItem[5].GroupContactItem is missing (50002)
        apply /CommandItem/5/Command "mark_contact": CommandItem[5].MarkItem must hold 1 to 100 conversations (51006)
        apply /CommandItem/5/Command "set_group_ex": CommandItem[5].GroupItem is missing (50002)
        apply /CommandItem/5/Command "update_contact_group": CommandItem[5].UpdateType is missing (50002)
        apply /CommandItem/5/GroupName left out: CommandItem[5].GroupName is missing (50002)
        apply /CommandItem/5/GroupName of as many as may be: CommandItem[5].GroupName must hold exactly one name (50002)
        apply /CommandItem/5/GroupName/0 too long: the parser takes it
        apply /CommandItem/5/GroupName/0 too short: the parser takes it
        create_contact_group /GroupContactItem/0/ContactItem/0/To_Account left out: GroupContactItem[0].ContactItem[0].To_Account is missing (50002)
        create_contact_group /GroupContactItem/0/ContactItem/0/Type 2: GroupContactItem[0].ContactItem[0].ToGroupId is missing (50002)
        create_contact_group /GroupContactItem/0/ContactItem/1/ToGroupId left out: GroupContactItem[0].ContactItem[1].ToGroupId is missing (50002)
        create_contact_group /GroupContactItem/0/ContactItem/1/Type 1: GroupContactItem[0].ContactItem[1].To_Account is missing (50002)
        create_contact_group /GroupContactItem/0/GroupName too long: the parser takes it
        create_contact_group /GroupContactItem/0/GroupName too short: the parser takes it
        create_group /GroupId as long as may be: GroupId must not be longer than 48 bytes (10015)
        del_contact_group /GroupName/0 too long: the parser takes it
        del_contact_group /GroupName/0 too short: the parser takes it
        destroy_group /GroupId as long as may be: GroupId must not be longer than 48 bytes (10015)
        get_group_info /GroupIdList/0 too long: the parser takes it
        get_group_info /GroupIdList/0 too short: the parser takes it
        get_group_info /GroupIdList/1 too long: the parser takes it
        get_group_info /GroupIdList/1 too short: the parser takes it
        list_conversations /CustomMark too long: the parser takes it
        list_conversations /CustomMarkPrefix too long: the parser takes it
        list_conversations /GroupName too long: the parser takes it
        list_conversations /GroupName too short: the parser takes it
        mark_contact /MarkItem/0/ContactItem/To_Account left out: MarkItem[0].ContactItem.To_Account is missing (50002)
        mark_contact /MarkItem/0/ContactItem/Type 2: MarkItem[0].ContactItem.ToGroupId is missing (50002)
        mark_contact /MarkItem/0/OptType 2: MarkItem[0].CustomMark is missing (50002)
        mark_contact /MarkItem/1/ContactItem/ToGroupId left out: MarkItem[1].ContactItem.ToGroupId is missing (50002)
        mark_contact /MarkItem/1/ContactItem/Type 1: MarkItem[1].ContactItem.To_Account is missing (50002)
        mark_contact /MarkItem/1/CustomMark left out: MarkItem[1].CustomMark is missing (50002)
        multiaccount_import /AccountList left out: Accounts and AccountList must hold 1 to 100 accounts together (70402)
        multiaccount_import /AccountList/0/FaceUrl too long: the parser takes it
        multiaccount_import /AccountList/0/Nick too long: the parser takes it
        multiaccount_import /AccountList/0/UserID too long: the parser takes it
        multiaccount_import /AccountList/0/UserID too short: the parser takes it
        multiaccount_import /AccountList/1/UserID too long: the parser takes it
        multiaccount_import /AccountList/1/UserID too short: the parser takes it
        multiaccount_import /Accounts left out: Accounts and AccountList must hold 1 to 100 accounts together (70402)
        multiaccount_import /Accounts/0 too long: the parser takes it
        multiaccount_import /Accounts/0 too short: the parser takes it
        multiaccount_import /Accounts/1 too long: the parser takes it
        multiaccount_import /Accounts/1 too short: the parser takes it
        search_contact_group /ContactItem/0/To_Account left out: ContactItem[0].To_Account is missing (50002)
        search_contact_group /ContactItem/0/Type 2: ContactItem[0].ToGroupId is missing (50002)
        search_contact_group /ContactItem/1/ToGroupId left out: ContactItem[1].ToGroupId is missing (50002)
        search_contact_group /ContactItem/1/Type 1: ContactItem[1].To_Account is missing (50002)
        set_group_ex /GroupItem/0/GroupName too long: the parser takes it
        set_group_ex /GroupItem/0/GroupName too short: the parser takes it
        set_group_ex /GroupItem/1/GroupName too long: the parser takes it
        set_group_ex /GroupItem/1/GroupName too short: the parser takes it
        set_group_order /GroupName/0 too long: the parser takes it
        set_group_order /GroupName/0 too short: the parser takes it
        set_group_order /GroupName/1 too long: the parser takes it
        set_group_order /GroupName/1 too short: the parser takes it
        update_contact_group /UpdateGroup/ContactUpdateItem left out: UpdateGroup.ContactUpdateItem must hold 1 to 100 conversations (51006)
        update_contact_group /UpdateGroup/ContactUpdateItem/0/ContactItem/To_Account left out: UpdateGroup.ContactUpdateItem[0].ContactItem.To_Account is missing (50002)
        update_contact_group /UpdateGroup/ContactUpdateItem/0/ContactItem/Type 2: UpdateGroup.ContactUpdateItem[0].ContactItem.ToGroupId is missing (50002)
        update_contact_group /UpdateGroup/ContactUpdateItem/1/ContactItem/ToGroupId left out: UpdateGroup.ContactUpdateItem[1].ContactItem.ToGroupId is missing (50002)
        update_contact_group /UpdateGroup/ContactUpdateItem/1/ContactItem/Type 1: UpdateGroup.ContactUpdateItem[1].ContactItem.To_Account is missing (50002)
        update_contact_group /UpdateGroup/NewGroupName left out: UpdateGroup.NewGroupName is missing (50002)
        update_contact_group /UpdateGroup/NewGroupName too long: the parser takes it
        update_contact_group /UpdateGroup/NewGroupName too short: the parser takes it
        update_contact_group /UpdateGroup/OldGroupName too long: the parser takes it
        update_contact_group /UpdateGroup/OldGroupName too short: the parser takes it
        update_contact_group /UpdateGroup/UpdateGroupType 1: UpdateGroup.NewGroupName is missing (50002)
        update_contact_group /UpdateGroup/UpdateGroupType 2: UpdateGroup.ContactUpdateItem must hold 1 to 100 conversations (51006)
    "#]].assert_eq(&text);
}

#[test]
fn every_documented_code_is_in_the_description_of_its_call() {
    let document = document();
    let all = document["components"]["schemas"]["ErrorCode"]["description"].as_str().unwrap();
    for call in CallName::ALL {
        let description = operation(&document, call)["description"].as_str().unwrap();
        let answered: Vec<Code> =
            [codes::for_the_whole(call), codes::for_an_item(call)].into_iter().flatten().collect();
        for code in documented(Some(call)) {
            let row = format!("| {} | {} |", code.number(), code.text());
            let number = code.number().to_string();
            assert!(all.contains(&row), "{code:?}");
            let is_told = if answered.contains(&code) {
                description.contains(&row)
            } else {
                description.split([' ', ',', '.', '\n']).any(|word| word == number)
            };
            assert!(is_told, "{call:?} {code:?}");
        }
        for code in answered {
            let is_own = [Code::RevisionChanged, Code::KeyReused].contains(&code);
            assert!(is_own || documented(Some(call)).contains(&code), "{call:?} answers with {code:?}");
        }
    }
}
