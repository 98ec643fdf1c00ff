//! The rules of following a user: what is told from a cursor on.

use crate::command::Reads;
use crate::decide::answer;
use crate::decision::{Found, Reply, Verdict};
use crate::feed::{ChangesPage, Cursor, Item};
use crate::format::head::{Group, UserHead};
use crate::format::record::Row;
use crate::subject::{Conversation, Revision};
use crate::view::View;

/// One page of what changed since `from`. If that is not known any more, or was of another incarnation, everything is
/// told from the start.
///
/// What a chat group is plays no part: disbanding one changes no user, so that nobody could be told.
pub(super) fn changes<'a>(view: &'a View<'a>, from: Option<&Cursor<'a>>, limit: usize) -> Verdict<'a> {
    let nobody = UserHead::new(0);
    let head = view.user().unwrap_or(&nobody);
    let known = from.filter(|cursor| is_known(view, head, cursor));
    let end =
        Cursor { incarnation: head.incarnation, base: view.revision, revision: view.revision, after: None };
    if known.is_some_and(|cursor| cursor.revision == view.revision && cursor.after.is_none()) {
        return answer(Reply::Changes(Box::new(page(false, end, false))));
    }
    if view.reads < Reads::Whole {
        return Verdict::Needs(Reads::Whole);
    }
    let start = known.copied().unwrap_or(Cursor { revision: Revision::ZERO, ..end });
    let mut told = changed(view, &start);
    told.sort_unstable_by_key(|change| (change.revision, change.item));
    let more = told.len() > limit;
    told.truncate(limit);
    let cursor = match told.last() {
        Some(last) if more => Cursor { revision: last.revision, after: Some(last.item), ..start },
        _ => end,
    };
    let mut page = page(known.is_none(), cursor, more);
    for change in told {
        match (change.what, change.item) {
            (What::Record(found), _) => page.records.push(found),
            (What::Group(group), _) => page.groups.push(group),
            (What::Gone, Item::Conversation(conversation)) => page.removed.push(conversation),
            (What::Gone, Item::RemovedGroup(id) | Item::Group(id)) => page.removed_groups.push(id),
        }
    }
    answer(Reply::Changes(Box::new(page)))
}

/// Whether everything that was removed since can still be told.
fn is_known(view: &View<'_>, head: &UserHead, cursor: &Cursor<'_>) -> bool {
    cursor.incarnation == head.incarnation
        && cursor.base <= view.revision
        && cursor.revision <= view.revision
        && head.changes_since <= cursor.base.max(cursor.complete())
}

fn page(reset: bool, cursor: Cursor<'_>, more: bool) -> ChangesPage<'_> {
    ChangesPage {
        reset,
        records: Vec::new(),
        removed: Vec::new(),
        groups: Vec::new(),
        removed_groups: Vec::new(),
        cursor,
        more,
    }
}

/// Something that changed, at its place in the order of telling.
struct Change<'a> {
    revision: Revision,
    item: Item<'a>,
    what: What<'a>,
}

enum What<'a> {
    Record(Found<'a>),
    Group(&'a Group),
    Gone,
}

/// What changed behind `start`, in no order. What was removed before the follower came is nothing to him.
fn changed<'a>(view: &'a View<'a>, start: &Cursor<'a>) -> Vec<Change<'a>> {
    let mut changes = Vec::new();
    let Some(head) = view.user() else {
        return changes;
    };
    let mut tell = |revision: Revision, item: Item<'a>, what: What<'a>| {
        let is_behind = match start.after {
            None => revision > start.revision,
            Some(after) => (revision, item) > (start.revision, after),
        };
        if is_behind && (revision > start.base || !matches!(what, What::Gone)) {
            changes.push(Change { revision, item, what });
        }
    };
    for removed in &head.removed_groups {
        tell(removed.revision, Item::RemovedGroup(removed.id), What::Gone);
    }
    for group in &head.groups {
        tell(group.revision, Item::Group(group.id), What::Group(group));
    }
    for (conversation, row) in view.rows() {
        let conversation: Conversation<'a> = *conversation;
        let item = Item::Conversation(conversation);
        match row {
            Row::Record(record) => {
                tell(record.revision, item, What::Record(Found::new(conversation, record, head)));
            }
            Row::Removal(removal) => tell(removal.revision, item, What::Gone),
        }
    }
    changes
}
