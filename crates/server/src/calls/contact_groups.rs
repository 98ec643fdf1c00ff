//! The six calls for conversation groups and marks. Each turns its body into a command and the reply into a body.

use std::borrow::Cow;

use foldmark_core::command::{Command, MarkItem, MemberChange};
use foldmark_core::decision::{Found, ItemResult, Reply};
use foldmark_core::format::head::Group;
use foldmark_core::subject::{ChatGroupId, Conversation, IdError, Subject, UserId};
use foldmark_wire::contact::Contact;
use foldmark_wire::contact_groups::{
    CreateContactGroup, DeleteContactGroup, GetContactGroup, MarkContact, MarkItem as WireMark,
    MemberChange as WireChange, SearchContactGroup, Update, UpdateContactGroup,
};
use foldmark_wire::contact_groups_reply::{
    ContactRecord, ContactResult, CreateContactGroupReply, CreatedContactGroup, DeleteContactGroupReply,
    GetContactGroupReply, GroupItem, MarkContactReply, MarkResult, MemberResult, SearchContactGroupReply,
    UpdateContactGroupReply, UpdateGroupResult, UpdateKind,
};
use foldmark_wire::marks::StandardMark;
use foldmark_wire::reply::write_ok;
use foldmark_wire::{Code, Fault};

use crate::calls::{Answer, Call, mismatch};

pub(super) async fn create(call: &Call<'_>) -> Result<Answer, Fault> {
    let request = CreateContactGroup::parse(call.body)?;
    let members = conversations(&request.contacts)?;
    let command = Command::CreateGroup { name: &request.group_name, members };
    call.execute(user(call, &request.from_account)?, &command, |reply| {
        let Reply::GroupCreated { id, results } = reply else { mismatch() };
        let results = request.contacts.iter().zip(results);
        write_ok(&CreateContactGroupReply {
            groups: vec![CreatedContactGroup {
                group: GroupItem { name: Cow::Borrowed(&request.group_name), id: id.0 },
                results: results
                    .map(|(contact, result)| ContactResult::new(contact.borrowed(), call.item_fault(result)))
                    .collect(),
            }],
        })
    })
    .await
}

pub(super) async fn update(call: &Call<'_>) -> Result<Answer, Fault> {
    let request = UpdateContactGroup::parse(call.body)?;
    let user = user(call, &request.from_account)?;
    match &request.update {
        Update::Rename { old, new } => {
            let command = Command::RenameGroup { old, new };
            call.execute(user, &command, |reply| {
                let Reply::GroupRenamed { id } = reply else { mismatch() };
                write_update(UpdateKind::Rename, id.0, old, new, Vec::new())
            })
            .await
        }
        Update::Members { group, items } => {
            let mut changes = Vec::with_capacity(items.len());
            for item in items {
                let conversation = conversation(&item.contact)?;
                changes.push(match item.change {
                    WireChange::Add => MemberChange::Add(conversation),
                    WireChange::Remove => MemberChange::Remove(conversation),
                });
            }
            let command = Command::ChangeMembers { group, changes };
            call.execute(user, &command, |reply| {
                let Reply::MembersChanged { id, results } = reply else { mismatch() };
                let results = items.iter().zip(results).map(|(item, result)| {
                    MemberResult::new(item.change, item.contact.borrowed(), call.item_fault(result))
                });
                write_update(UpdateKind::Members, id.0, group, group, results.collect())
            })
            .await
        }
    }
}

fn write_update(kind: UpdateKind, id: u32, old: &str, new: &str, results: Vec<MemberResult<'_>>) -> Vec<u8> {
    let (name, old_name) = (Cow::Borrowed(new), Cow::Borrowed(old));
    write_ok(&UpdateContactGroupReply { result: UpdateGroupResult { kind, name, id, old_name, results } })
}

pub(super) async fn delete(call: &Call<'_>) -> Result<Answer, Fault> {
    let request = DeleteContactGroup::parse(call.body)?;
    let command = Command::DeleteGroup { name: &request.group_name };
    call.execute(user(call, &request.from_account)?, &command, |reply| {
        let Reply::GroupDeleted { id } = reply else { mismatch() };
        let group = GroupItem { name: Cow::Borrowed(&request.group_name), id: id.0 };
        write_ok(&DeleteContactGroupReply { groups: vec![group] })
    })
    .await
}

pub(super) async fn mark(call: &Call<'_>) -> Result<Answer, Fault> {
    let request = MarkContact::parse(call.body, call.app.policy.limits.custom_mark_bytes)?;
    let items = mark_items(&request.items)?;
    call.execute(user(call, &request.from_account)?, &Command::Mark { items }, |reply| {
        let Reply::Marked { results } = reply else { mismatch() };
        let results = request.items.iter().zip(results).map(|(item, result): (_, ItemResult)| {
            MarkResult::new(item.kind, item.contact.borrowed(), call.item_fault(result))
        });
        write_ok(&MarkContactReply { results: results.collect() })
    })
    .await
}

pub(super) async fn get(call: &Call<'_>) -> Result<Answer, Fault> {
    let request = GetContactGroup::parse(call.body)?;
    let command = Command::GetPage { start: request.start_index };
    call.execute(user(call, &request.from_account)?, &command, |reply| {
        let Reply::Page { records, groups, next } = reply else { mismatch() };
        write_ok(&GetContactGroupReply {
            contacts: records.into_iter().map(record).collect(),
            groups: groups.iter().map(group_item).collect(),
            complete_flag: next.is_none().into(),
            next_start_index: next.unwrap_or(0).into(),
        })
    })
    .await
}

pub(super) async fn search(call: &Call<'_>) -> Result<Answer, Fault> {
    let request = SearchContactGroup::parse(call.body)?;
    let command = Command::Search { conversations: conversations(&request.contacts)? };
    call.execute(user(call, &request.from_account)?, &command, |reply| {
        let Reply::Found { records, groups } = reply else { mismatch() };
        write_ok(&SearchContactGroupReply {
            contacts: records.into_iter().map(record).collect(),
            groups: groups.into_iter().map(group_item).collect(),
        })
    })
    .await
}

pub(super) fn mark_items<'a>(items: &'a [WireMark<'_>]) -> Result<Vec<MarkItem<'a>>, Fault> {
    let mut marks = Vec::with_capacity(items.len());
    for item in items {
        let conversation = conversation(&item.contact)?;
        let custom = item.custom.as_deref();
        marks.push(MarkItem { conversation, clear: item.clear, set: item.set, custom });
    }
    Ok(marks)
}

pub(super) fn record(found: Found<'_>) -> ContactRecord<'_> {
    ContactRecord {
        contact: contact(found.conversation),
        standard_mark: StandardMark(found.record.standard_mark.0),
        custom_mark: Cow::Borrowed(found.record.custom_mark.as_str()),
        group_ids: found.group_ids().map(|id| id.0).collect(),
        timestamp: found.record.timestamp,
    }
}

pub(super) fn contact(conversation: Conversation<'_>) -> Contact<'_> {
    match conversation {
        Conversation::User(user) => Contact::User(Cow::Borrowed(user.as_str())),
        Conversation::ChatGroup(chat_group) => Contact::ChatGroup(Cow::Borrowed(chat_group.as_str())),
    }
}

pub(super) fn group_item(group: &Group) -> GroupItem<'_> {
    GroupItem { name: Cow::Borrowed(group.name.as_str()), id: group.id.0 }
}

pub(super) fn user<'a>(call: &Call<'_>, from_account: &'a str) -> Result<Subject<'a>, Fault> {
    let user = UserId::parse(from_account).map_err(|error| bad_id("From_Account", error))?;
    Ok(Subject::user(call.app.id, user))
}

pub(super) fn conversations<'a>(contacts: &'a [Contact<'_>]) -> Result<Vec<Conversation<'a>>, Fault> {
    contacts.iter().map(conversation).collect()
}

pub(super) fn conversation<'a>(contact: &'a Contact<'_>) -> Result<Conversation<'a>, Fault> {
    match contact {
        Contact::User(user) => {
            let user = UserId::parse(user).map_err(|error| bad_id("To_Account", error))?;
            Ok(Conversation::User(user))
        }
        Contact::ChatGroup(chat_group) => {
            let chat_group = ChatGroupId::parse(chat_group).map_err(|error| bad_id("ToGroupId", error))?;
            Ok(Conversation::ChatGroup(chat_group))
        }
    }
}

fn bad_id(field: &str, error: IdError) -> Fault {
    Fault::new(Code::Parameter, format!("{field} {error}"))
}
