//! The rules of groups: making, naming and deleting them, and who is in them.

use crate::command::{MemberChange, Reads};
use crate::decide::draft::Draft;
use crate::decide::{answer, refuse};
use crate::decision::{Decision, ItemResult, Refusal, Reply, Verdict};
use crate::mark::{GroupName, GroupNameError, Slot};
use crate::policy::{Context, Registration};
use crate::subject::Conversation;
use crate::view::View;

/// Makes a group, or finds the one that has the name already, and adds `members` to it.
pub(super) fn create<'a>(
    view: &'a View<'a>,
    context: &Context,
    name: &str,
    members: &[Conversation<'a>],
) -> Verdict<'a> {
    let name = match new_name(context, name) {
        Ok(name) => name,
        Err(refusal) => return refuse(refusal),
    };
    let run = |draft: &mut Draft<'a>| {
        let known = draft.head().group_named(name.as_str()).map(|group| group.slot);
        let slot = match known {
            Some(slot) => slot,
            None => draft.add_group(name.clone())?,
        };
        Ok(members.iter().map(|member| add(view, draft, slot, *member)).collect())
    };
    with_room(view, context, run, |draft, results| {
        let group = draft.head().group_named(name.as_str()).expect("the group was made or found");
        Reply::GroupCreated { id: group.id, results }
    })
}

/// Gives a group another name.
pub(super) fn rename<'a>(view: &'a View<'a>, context: &Context, old: &str, new: &str) -> Verdict<'a> {
    let name = match new_name(context, new) {
        Ok(name) => name,
        Err(refusal) => return refuse(refusal),
    };
    let Some(group) = view.user().and_then(|head| head.group_named(old)) else {
        return refuse(Refusal::GroupUnknown);
    };
    let reply = Reply::GroupRenamed { id: group.id };
    if old == new {
        return answer(reply);
    }
    if view.user().is_some_and(|head| head.group_named(new).is_some()) {
        return refuse(Refusal::GroupNameTaken);
    }
    let mut draft = Draft::new(view, context);
    draft.rename_group(group.id, name);
    finish(draft, reply)
}

/// Adds conversations to a group and removes others, in order.
pub(super) fn change_members<'a>(
    view: &'a View<'a>,
    context: &Context,
    group: &str,
    changes: &[MemberChange<'a>],
) -> Verdict<'a> {
    let Some(group) = view.user().and_then(|head| head.group_named(group)) else {
        return refuse(Refusal::GroupUnknown);
    };
    let (id, slot) = (group.id, group.slot);
    let run = |draft: &mut Draft<'a>| {
        let results = changes.iter().map(|change| match *change {
            MemberChange::Add(conversation) => add(view, draft, slot, conversation),
            MemberChange::Remove(conversation) => remove(draft, slot, conversation),
        });
        Ok(results.collect())
    };
    with_room(view, context, run, |_, results| Reply::MembersChanged { id, results })
}

/// Removes a group and takes every conversation out of it.
pub(super) fn delete<'a>(view: &'a View<'a>, context: &Context, name: &str) -> Verdict<'a> {
    let Some(group) = view.user().and_then(|head| head.group_named(name)) else {
        return refuse(Refusal::GroupUnknown);
    };
    let mut draft = Draft::new(view, context);
    draft.remove_group(group.id, group.slot);
    finish(draft, Reply::GroupDeleted { id: group.id })
}

/// Carries out items that may meet a full limit. If one does, the records about disbanded chat groups are removed
/// first and the items carried out again, in one commit; unless that helps none of them.
pub(super) fn with_room<'a>(
    view: &'a View<'a>,
    context: &Context,
    mut run: impl FnMut(&mut Draft<'a>) -> Result<Vec<ItemResult>, Refusal>,
    reply: impl FnOnce(&Draft<'a>, Vec<ItemResult>) -> Reply<'a>,
) -> Verdict<'a> {
    let mut draft = Draft::new(view, context);
    let mut results = match run(&mut draft) {
        Ok(results) => results,
        Err(refusal) => return refuse(refusal),
    };
    let lacks_room = results.iter().any(|result| result.is_err_and(Refusal::is_about_room));
    if lacks_room && context.policy.chat_groups == Registration::Registered {
        if view.reads < Reads::WholeWithChatGroups {
            return Verdict::Needs(Reads::WholeWithChatGroups);
        }
        let mut roomier = Draft::new(view, context);
        roomier.remove_disbanded();
        let retried = run(&mut roomier).expect("what was allowed without room is allowed with more");
        if retried != results {
            (draft, results) = (roomier, retried);
        }
    }
    let reply = reply(&draft, results);
    finish(draft, reply)
}

/// Ends a command that was carried out on `draft`.
pub(super) fn finish<'a>(draft: Draft<'a>, reply: Reply<'a>) -> Verdict<'a> {
    match draft.finish() {
        Ok(changes) => Verdict::Decided(Decision { outcome: Ok(reply), changes }),
        Err(reads) => Verdict::Needs(reads),
    }
}

/// Refuses a conversation whose other side does not exist.
pub(super) fn check_peer<'a>(view: &View<'a>, conversation: Conversation<'a>) -> ItemResult {
    match conversation {
        _ if !view.is_absent(conversation) => Ok(()),
        Conversation::User(_) => Err(Refusal::PeerUnknown),
        Conversation::ChatGroup(_) => Err(Refusal::ChatGroupUnknown),
    }
}

fn add<'a>(view: &View<'a>, draft: &mut Draft<'a>, slot: Slot, conversation: Conversation<'a>) -> ItemResult {
    check_peer(view, conversation)?;
    let mut content = draft.content(conversation);
    content.groups = content.groups.with(slot);
    draft.put(conversation, content)
}

fn remove<'a>(draft: &mut Draft<'a>, slot: Slot, conversation: Conversation<'a>) -> ItemResult {
    let mut content = draft.content(conversation);
    content.groups = content.groups.without(slot);
    draft.put(conversation, content)
}

fn new_name(context: &Context, name: &str) -> Result<GroupName, Refusal> {
    let limit = context.policy.limits.group_name_bytes;
    GroupName::parse(name, limit).map_err(|error| match error {
        GroupNameError::Empty => Refusal::GroupNameEmpty,
        GroupNameError::TooLong => Refusal::GroupNameTooLong { limit },
    })
}
