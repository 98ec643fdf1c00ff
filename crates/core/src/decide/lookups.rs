//! The rules of reading: searches and pages.

use crate::decide::{answer, refuse};
use crate::decision::{Found, Refusal, Reply, Verdict};
use crate::format::record::Row;
use crate::limits;
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

/// The records from number `start` on, one page of them, without those about disbanded chat groups.
pub(super) fn page<'a>(view: &'a View<'a>, start: u64) -> Verdict<'a> {
    let Some(head) = view.user() else {
        return answer(Reply::Page { records: Vec::new(), groups: &[], next: None });
    };
    let mut records: Vec<_> = view
        .records()
        .filter(|(conversation, record)| u64::from(record.number) >= start && !view.is_absent(*conversation))
        .map(|(conversation, record)| Found::new(conversation, record, head))
        .collect();
    let more = records.len() > limits::RECORDS_PER_PAGE;
    keep_lowest(&mut records, limits::RECORDS_PER_PAGE, |found| found.record.number);
    records.sort_unstable_by_key(|found| found.record.number);
    let next = records.last().filter(|_| more).map(|found| found.record.number + 1);
    answer(Reply::Page { records, groups: &head.groups, next })
}
