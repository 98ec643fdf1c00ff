//! The rules of reading: searches and pages.

use crate::command::Filter;
use crate::decide::{answer, refuse};
use crate::decision::{Found, Refusal, Reply, Verdict};
use crate::format::record::Row;
use crate::mark::GroupSet;
use crate::subject::Conversation;
use crate::view::{View, keep_lowest};

/// The records of `conversations`, and the groups that these are in.
pub(super) fn search<'a>(view: &'a View<'a>, conversations: &[Conversation<'a>]) -> Verdict<'a> {
    if let Some(index) = conversations.iter().position(|conversation| view.is_absent(*conversation)) {
        return refuse(Refusal::SearchedChatGroupUnknown { index });
    }
    let Some(head) = view.user() else {
        return answer(Reply::Found { records: Vec::new(), groups: Vec::new() });
    };
    let mut taken = vec![false; view.rows().len()];
    let mut records = Vec::with_capacity(view.rows().len());
    let mut referenced = GroupSet::default();
    for conversation in conversations {
        let Some(position) = view.position(*conversation) else { continue };
        if let (_, Row::Record(record)) = &view.rows()[position]
            && !taken[position]
        {
            taken[position] = true;
            referenced = GroupSet::from_bits(referenced.bits() | record.groups.bits());
            records.push(Found::new(*conversation, record, head));
        }
    }
    answer(Reply::Found { records, groups: head.groups_in(referenced).collect() })
}

/// The groups in their order, with the number of records in each. Those about disbanded chat groups count until they are
/// removed, as they do for the limits.
pub(super) fn groups<'a>(view: &'a View<'a>) -> Verdict<'a> {
    let Some(head) = view.user() else {
        return answer(Reply::Groups(Vec::new()));
    };
    let mut groups: Vec<_> = head.groups_in_order().into_iter().map(|group| (group, 0)).collect();
    for (_, record) in view.records().filter(|(_, record)| record.is_grouped()) {
        for (group, count) in &mut groups {
            *count += u32::from(record.groups.contains(group.slot));
        }
    }
    answer(Reply::Groups(groups))
}

/// As [`page`], of the records that `filter` lets through.
pub(super) fn list<'a>(view: &'a View<'a>, filter: &Filter<'_>, start: u64, limit: usize) -> Verdict<'a> {
    let is_unknown = |name| view.user().and_then(|head| head.group_named(name)).is_none();
    if filter.group.is_some_and(is_unknown) {
        return refuse(Refusal::GroupUnknown);
    }
    page(view, filter, start, limit)
}

/// The records from number `start` on, one page of them, without those about disbanded chat groups.
pub(super) fn page<'a>(view: &'a View<'a>, filter: &Filter<'_>, start: u64, limit: usize) -> Verdict<'a> {
    let Some(head) = view.user() else {
        return answer(Reply::Page { records: Vec::new(), groups: &[], next: None });
    };
    let slot = filter.group.and_then(|name| head.group_named(name)).map(|group| group.slot);
    let mut records: Vec<_> = view
        .records()
        .filter(|(conversation, record)| u64::from(record.number) >= start && !view.is_absent(*conversation))
        .filter(|(conversation, record)| filter.admits(*conversation, record, slot))
        .map(|(conversation, record)| Found::new(conversation, record, head))
        .collect();
    let more = records.len() > limit;
    keep_lowest(&mut records, limit, |found| found.record.number);
    records.sort_unstable_by_key(|found| found.record.number);
    let next = records.last().filter(|_| more).map(|found| found.record.number + 1);
    answer(Reply::Page { records, groups: &head.groups, next })
}
