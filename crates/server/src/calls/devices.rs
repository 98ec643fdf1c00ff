//! Foldmark's own calls: changes, orders, lists, commands together, copies. As thin as the others.

use std::borrow::Cow;

use foldmark_core::command::{Command, Filter, GroupExItem, MemberChange, TextFilter};
use foldmark_core::decision::{Refusal, Reply};
use foldmark_core::feed::ChangesPage;
use foldmark_core::format::head::Group;
use foldmark_core::layout::Layout;
use foldmark_core::limits as core_limits;
use foldmark_core::subject::Kind;
use foldmark_wire::contact_groups::{MemberChange as WireChange, Update};
use foldmark_wire::devices::{
    Apply, ApplyItem, CopyLayout, GetChanges, ListConversations, ListGroups, SetGroupEx, SetGroupOrder,
};
use foldmark_wire::devices_reply::{
    AppliedCommand, ApplyReply, CopiedLayout, CopyLayoutReply, CountedGroup, DescribedGroup, GetChangesReply,
    GroupSetReply, ListConversationsReply, ListGroupsReply,
};
use foldmark_wire::reply::write_ok;
use foldmark_wire::{Code, Fault};
use futures_util::future::join_all;

use crate::calls::contact_groups::{
    contact, conversation, conversations, group_item, mark_items, record, user,
};
use crate::calls::{Answer, Call, mismatch, refusals};
use crate::{cursor, limits};

pub(super) async fn get_changes(call: &Call<'_>) -> Result<Answer, Fault> {
    let request = GetChanges::parse(call.body)?;
    let subject = user(call, &request.from_account)?;
    let seals = cursor::Seals::new(call.app, subject);
    let bytes = request.cursor.as_deref().map(|text| seals.open(text)).transpose()?;
    let from = bytes.as_deref().map(cursor::read).transpose()?;
    let limit = request.limit.map_or(core_limits::CHANGES_PER_PAGE_DEFAULT, |limit| limit as usize);
    call.execute(subject, &Command::GetChanges { from, limit }, |reply| {
        let Reply::Changes(page) = reply else { mismatch() };
        write_ok(&changes_reply(*page, &seals))
    })
    .await
}

/// A page of changes as it is told.
pub(crate) fn changes_reply<'a>(page: ChangesPage<'a>, seals: &cursor::Seals<'_>) -> GetChangesReply<'a> {
    GetChangesReply {
        contacts: page.records.into_iter().map(record).collect(),
        removed: page.removed.into_iter().map(contact).collect(),
        groups: page.groups.into_iter().map(described).collect(),
        removed_groups: page.removed_groups.into_iter().map(|id| id.0).collect(),
        cursor: seals.seal(&cursor::write(&page.cursor)).into(),
        more: page.more,
        reset: page.reset,
    }
}

pub(super) async fn set_group_order(call: &Call<'_>) -> Result<Answer, Fault> {
    let request = SetGroupOrder::parse(call.body)?;
    call.execute(user(call, &request.from_account)?, &order_command(&request), done).await
}

pub(super) async fn set_group_ex(call: &Call<'_>) -> Result<Answer, Fault> {
    let request = SetGroupEx::parse(call.body)?;
    call.execute(user(call, &request.from_account)?, &ex_command(&request), done).await
}

fn done(_: Reply<'_>) -> Vec<u8> {
    write_ok(&GroupSetReply {})
}

pub(super) async fn list_groups(call: &Call<'_>) -> Result<Answer, Fault> {
    let request = ListGroups::parse(call.body)?;
    call.execute(user(call, &request.from_account)?, &Command::ListGroups, |reply| {
        let Reply::Groups(groups) = reply else { mismatch() };
        let groups = groups.into_iter().map(|(group, count)| CountedGroup { group: described(group), count });
        write_ok(&ListGroupsReply { groups: groups.collect() })
    })
    .await
}

pub(super) async fn list_conversations(call: &Call<'_>) -> Result<Answer, Fault> {
    let request = ListConversations::parse(call.body)?;
    let equal = request.custom_mark.as_deref().map(TextFilter::Equal);
    let prefix = request.custom_mark_prefix.as_deref().map(TextFilter::Prefix);
    let filter = Filter {
        group: request.group_name.as_deref(),
        all_bits: request.all_marks,
        any_bits: request.any_marks,
        custom: equal.or(prefix),
        kind: request.kind.map(Kind),
        changed_since: request.changed_since,
    };
    let limit = request.limit.map_or(core_limits::RECORDS_PER_PAGE, |limit| limit as usize);
    let command = Command::ListConversations { filter, start: request.start_index, limit };
    call.execute(user(call, &request.from_account)?, &command, |reply| {
        let Reply::Page { records, groups, next } = reply else { mismatch() };
        write_ok(&ListConversationsReply {
            contacts: records.into_iter().map(record).collect(),
            groups: groups.iter().map(group_item).collect(),
            complete_flag: next.is_none().into(),
            next_start_index: next.unwrap_or(0).into(),
        })
    })
    .await
}

pub(super) async fn apply(call: &Call<'_>) -> Result<Answer, Fault> {
    let request = Apply::parse(call.body, call.app.policy.limits.custom_mark_bytes)?;
    let subject = user(call, &request.from_account)?;
    let mut commands = Vec::with_capacity(request.commands.len());
    for item in &request.commands {
        commands.push(command(item)?);
    }
    let finish = |outcome: Result<Reply<'_>, Refusal>| match outcome {
        Ok(Reply::Applied { ids }) => {
            let results = request.commands.iter().zip(ids).map(|(item, id)| AppliedCommand {
                command: item.call().command().into(),
                group_id: id.map(|id| id.0),
            });
            Answer::general(write_ok(&ApplyReply { results: results.collect() }))
        }
        Ok(Reply::NotApplied { command, item, refusal }) => {
            Answer::fault(&not_applied(call, &request.commands[command], command, item, refusal))
        }
        Ok(_) => mismatch(),
        Err(refusal) => Answer::fault(&call.fault(refusal)),
    };
    let executed = call.decide(subject, &Command::Apply { commands }, finish).await?;
    Ok(Answer { revision: Some(executed.revision), ..executed.value })
}

/// The fault of the command that stopped the others, in its own words.
fn not_applied(
    call: &Call<'_>,
    command: &ApplyItem<'_>,
    place: usize,
    item: Option<usize>,
    refusal: Refusal,
) -> Fault {
    let fault = call.fault_as(command.call(), refusal);
    let item = item.map_or(String::new(), |item| format!(", item {item}"));
    Fault::new(fault.code, format!("CommandItem[{place}]{item}: {}", fault.info))
}

pub(super) async fn copy_layout(call: &Call<'_>) -> Result<Answer, Fault> {
    let request = CopyLayout::parse(call.body)?;
    let template = user(call, &request.from_account)?;
    let read = call.decide(template, &Command::ReadLayout, layout).await?;
    let layout = read.value.map_err(|refusal| call.fault(refusal))?;
    let mut results = Vec::with_capacity(request.to_accounts.len());
    for some in request.to_accounts.chunks(limits::LAYOUT_COMMITS) {
        results.extend(join_all(some.iter().map(|to| copy(call, to, &layout))).await);
    }
    let results = request.to_accounts.iter().zip(results);
    let results = results.map(|(to, result)| CopiedLayout::new(Cow::Borrowed(to), result.err()));
    Ok(Answer::general(write_ok(&CopyLayoutReply { results: results.collect() })))
}

fn layout(outcome: Result<Reply<'_>, Refusal>) -> Result<Layout, Refusal> {
    match outcome? {
        Reply::Layout(layout) => Ok(layout),
        _ => mismatch(),
    }
}

async fn copy(call: &Call<'_>, to: &str, layout: &Layout) -> Result<(), Fault> {
    let copied = call.decide(user(call, to)?, &Command::CopyLayout { layout }, |done| done.map(drop)).await?;
    copied.value.map_err(|refusal| match refusal {
        Refusal::UserUnknown => {
            Fault::new(Code::NotImported, "To_Account names an account that is not imported")
        }
        other => refusals::fault(call.name, other),
    })
}

fn command<'a>(item: &'a ApplyItem<'_>) -> Result<Command<'a>, Fault> {
    Ok(match item {
        ApplyItem::CreateContactGroup(request) => {
            Command::CreateGroup { name: &request.group_name, members: conversations(&request.contacts)? }
        }
        ApplyItem::UpdateContactGroup(request) => match &request.update {
            Update::Rename { old, new } => Command::RenameGroup { old, new },
            Update::Members { group, items } => {
                let mut changes = Vec::with_capacity(items.len());
                for item in items {
                    let conversation = conversation(&item.contact)?;
                    changes.push(match item.change {
                        WireChange::Add => MemberChange::Add(conversation),
                        WireChange::Remove => MemberChange::Remove(conversation),
                    });
                }
                Command::ChangeMembers { group, changes }
            }
        },
        ApplyItem::DelContactGroup(request) => Command::DeleteGroup { name: &request.group_name },
        ApplyItem::MarkContact(request) => Command::Mark { items: mark_items(&request.items)? },
        ApplyItem::SetGroupOrder(request) => order_command(request),
        ApplyItem::SetGroupEx(request) => ex_command(request),
    })
}

fn order_command<'a>(request: &'a SetGroupOrder<'_>) -> Command<'a> {
    Command::SetGroupOrder { names: request.names.iter().map(AsRef::as_ref).collect() }
}

fn ex_command<'a>(request: &'a SetGroupEx<'_>) -> Command<'a> {
    let items = request.groups.iter().map(|group| GroupExItem { group: &group.name, ex: &group.ex });
    Command::SetGroupEx { items: items.collect() }
}

fn described(group: &Group) -> DescribedGroup<'_> {
    DescribedGroup {
        name: Cow::Borrowed(group.name.as_str()),
        id: group.id.0,
        order: group.order,
        ex: Cow::Borrowed(group.ex.as_str()),
    }
}
