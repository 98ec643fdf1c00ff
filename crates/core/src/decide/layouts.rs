//! The rules of copying groups and marks from one user to another.

use crate::decide::draft::Draft;
use crate::decide::groups::new_name;
use crate::decide::{answer, refuse};
use crate::decision::{Refusal, Reply, Verdict};
use crate::layout::{Layout, LayoutGroup, LayoutRecord, Peer};
use crate::limits;
use crate::mark::StandardMark;
use crate::subject::Conversation;
use crate::view::View;

/// Takes what a user's calls show of him.
pub(super) fn read<'a>(view: &'a View<'a>) -> Verdict<'a> {
    let Some(head) = view.user() else {
        return answer(Reply::Layout(Layout::default()));
    };
    let groups = head.groups_in_order();
    let mut records: Vec<_> =
        view.records().filter(|(conversation, _)| !view.is_absent(*conversation)).collect();
    if records.len() > limits::CONVERSATIONS_PER_LAYOUT {
        let limit = limits::CONVERSATIONS_PER_LAYOUT;
        return refuse(Refusal::LayoutTooLarge { conversations: records.len(), limit });
    }
    records.sort_unstable_by_key(|(_, record)| record.number);
    let place = |slot| groups.iter().position(|group| group.slot == slot);
    let mut layout = Layout::default();
    for (conversation, record) in records {
        layout.records.push(LayoutRecord {
            peer: Peer::of(conversation),
            standard_mark: record.standard_mark,
            custom_mark: record.custom_mark.clone(),
            groups: head.groups_in(record.groups).filter_map(|group| place(group.slot)).collect(),
        });
    }
    for group in groups {
        layout.groups.push(LayoutGroup { name: group.name.clone(), ex: group.ex.clone() });
    }
    answer(Reply::Layout(layout))
}

/// Adds a layout to a user. What he has decided himself stays: the `Ex` of his groups, his custom marks, and bits that
/// he has set. A conversation with himself is left out. Nobody is asked whether the other sides exist: the layout's user
/// could name them.
pub(super) fn copy<'a>(draft: &mut Draft<'a>, layout: &'a Layout) -> Result<Reply<'a>, Refusal> {
    let mut slots = Vec::with_capacity(layout.groups.len());
    for group in &layout.groups {
        let name = new_name(draft.context(), group.name.as_str())?;
        let known = draft.head().group_named(name.as_str()).map(|known| known.slot);
        let slot = match known {
            Some(slot) => slot,
            None => draft.add_group(name)?,
        };
        let there = draft.head().group_named(group.name.as_str()).expect("the group was made or found");
        if there.ex.is_empty() {
            let id = there.id;
            draft.set_group_ex(id, group.ex.clone());
        }
        slots.push(slot);
    }
    for record in &layout.records {
        let conversation = record.peer.conversation();
        if is_self(draft.view(), conversation) {
            continue;
        }
        let mut content = draft.content(conversation);
        content.standard_mark = StandardMark(content.standard_mark.0 | record.standard_mark.0);
        if content.custom_mark.is_empty() {
            content.custom_mark = record.custom_mark.clone();
        }
        for place in &record.groups {
            content.groups = content.groups.with(slots[*place]);
        }
        draft.put(conversation, content)?;
    }
    Ok(Reply::Done)
}

fn is_self(view: &View<'_>, conversation: Conversation<'_>) -> bool {
    matches!(conversation, Conversation::User(user) if user.as_str() == view.subject.id_str())
}
