//! The rules of groups: making, naming, ordering and deleting them, and who is in them.

use crate::command::{GroupExItem, MemberChange};
use crate::decide::draft::Draft;
use crate::decision::{ItemResult, Refusal, Reply};
use crate::mark::{GroupEx, GroupId, GroupName, GroupNameError, Slot};
use crate::policy::Context;
use crate::subject::Conversation;
use crate::view::View;

/// Makes a group, or finds the one that has the name already, and adds `members` to it.
pub(super) fn create<'a>(
    draft: &mut Draft<'a>,
    name: &str,
    members: &[Conversation<'a>],
) -> Result<Reply<'a>, Refusal> {
    let name = new_name(draft.context(), name)?;
    let slot = match draft.head().group_named(name.as_str()) {
        Some(group) => group.slot,
        None => draft.add_group(name.clone())?,
    };
    let results = members.iter().map(|member| add(draft, slot, *member)).collect();
    let group = draft.head().group_named(name.as_str()).expect("the group was made or found");
    Ok(Reply::GroupCreated { id: group.id, results })
}

/// Gives a group another name.
pub(super) fn rename<'a>(draft: &mut Draft<'a>, old: &str, new: &str) -> Result<Reply<'a>, Refusal> {
    let name = new_name(draft.context(), new)?;
    let (id, _) = group(draft, old)?;
    if old == new {
        return Ok(Reply::GroupRenamed { id });
    }
    if draft.head().group_named(new).is_some() {
        return Err(Refusal::GroupNameTaken);
    }
    draft.rename_group(id, name);
    Ok(Reply::GroupRenamed { id })
}

/// Adds conversations to a group and removes others, in order.
pub(super) fn change_members<'a>(
    draft: &mut Draft<'a>,
    name: &str,
    changes: &[MemberChange<'a>],
) -> Result<Reply<'a>, Refusal> {
    let (id, slot) = group(draft, name)?;
    let results = changes.iter().map(|change| match *change {
        MemberChange::Add(conversation) => add(draft, slot, conversation),
        MemberChange::Remove(conversation) => remove(draft, slot, conversation),
    });
    let results = results.collect();
    Ok(Reply::MembersChanged { id, results })
}

/// Removes a group and takes every conversation out of it.
pub(super) fn delete<'a>(draft: &mut Draft<'a>, name: &str) -> Result<Reply<'a>, Refusal> {
    let (id, slot) = group(draft, name)?;
    draft.remove_group(id, slot);
    Ok(Reply::GroupDeleted { id })
}

/// Shows the groups of these names first, in this order, and the others behind them as they are.
pub(super) fn order<'a>(draft: &mut Draft<'a>, names: &[&str]) -> Result<Reply<'a>, Refusal> {
    let before: Vec<GroupId> = draft.head().groups_in_order().iter().map(|group| group.id).collect();
    let mut after = Vec::with_capacity(before.len());
    for (index, name) in names.iter().enumerate() {
        let Some(group) = draft.head().group_named(name) else {
            return Err(Refusal::ListedGroupUnknown { index });
        };
        if after.contains(&group.id) {
            return Err(Refusal::GroupTwice { index });
        }
        after.push(group.id);
    }
    for id in &before {
        if !after.contains(id) {
            after.push(*id);
        }
    }
    if after != before {
        draft.order_groups(&after);
    }
    Ok(Reply::Done)
}

/// Sets what is kept about groups beside their names.
pub(super) fn set_ex<'a>(draft: &mut Draft<'a>, items: &[GroupExItem<'_>]) -> Result<Reply<'a>, Refusal> {
    for (index, item) in items.iter().enumerate() {
        let Some(group) = draft.head().group_named(item.group) else {
            return Err(Refusal::ListedGroupUnknown { index });
        };
        let id = group.id;
        draft.set_group_ex(id, GroupEx::parse(item.ex).expect("its length was checked before"));
    }
    Ok(Reply::Done)
}

/// Refuses a conversation whose other side does not exist.
pub(super) fn check_peer<'a>(view: &View<'a>, conversation: Conversation<'a>) -> ItemResult {
    match conversation {
        _ if !view.is_absent(conversation) => Ok(()),
        Conversation::User(_) => Err(Refusal::PeerUnknown),
        Conversation::ChatGroup(_) => Err(Refusal::ChatGroupUnknown),
    }
}

pub(super) fn new_name(context: &Context, name: &str) -> Result<GroupName, Refusal> {
    let limit = context.policy.limits.group_name_bytes;
    GroupName::parse(name, limit).map_err(|error| match error {
        GroupNameError::Empty => Refusal::GroupNameEmpty,
        GroupNameError::TooLong => Refusal::GroupNameTooLong { limit },
    })
}

fn group(draft: &Draft<'_>, name: &str) -> Result<(GroupId, Slot), Refusal> {
    let group = draft.head().group_named(name).ok_or(Refusal::GroupUnknown)?;
    Ok((group.id, group.slot))
}

fn add<'a>(draft: &mut Draft<'a>, slot: Slot, conversation: Conversation<'a>) -> ItemResult {
    check_peer(draft.view(), conversation)?;
    let mut content = draft.content(conversation);
    content.groups = content.groups.with(slot);
    draft.put(conversation, content)
}

fn remove<'a>(draft: &mut Draft<'a>, slot: Slot, conversation: Conversation<'a>) -> ItemResult {
    let mut content = draft.content(conversation);
    content.groups = content.groups.without(slot);
    draft.put(conversation, content)
}
