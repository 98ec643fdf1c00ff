//! An independent recount of one subject: whether everything that is kept twice, or bounded, or unique, is so.
//!
//! Checksums find bytes that changed on their own. This finds what no checksum can: values that are intact one by one
//! and contradict each other, because a row was lost or came back, or because a rule was wrong. It shares no code with
//! `decide`, so that a mistake there is not made here again.

use std::collections::BTreeSet;

use thiserror::Error;

use crate::format::head::UserHead;
use crate::format::record::{Record, Row};
use crate::limits;
use crate::mark::GroupSet;
use crate::subject::{Conversation, Revision, SubjectKind, UserId};
use crate::view::View;

/// Something about one subject that cannot be as it is.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Problem {
    /// A stored subject has the revision of one that was never written.
    #[error("the revision is 0")]
    RevisionZero,
    /// A counter of the head is not what counting gives.
    #[error("the head counts {stored} {what}, but there are {counted}")]
    Miscounted {
        /// What is counted.
        what: &'static str,
        /// By the head.
        stored: u32,
        /// In truth.
        counted: usize,
    },
    /// There is more of something than the highest limit that can be configured allows.
    #[error("there are {counted} {what}, and can be at most {ceiling}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many there are.
        counted: usize,
        /// How many there may be.
        ceiling: u32,
    },
    /// The next number to give is one that can never be given.
    #[error("the next {what} is {next}")]
    NextOutOfRange {
        /// Of what.
        what: &'static str,
        /// As stored.
        next: u32,
    },
    /// Something is newer than the subject that it belongs to.
    #[error("{what} has revision {found}")]
    RevisionOutOfRange {
        /// What, and which.
        what: String,
        /// Its revision, which is 0 or above the subject's.
        found: Revision,
    },
    /// A group has an id that was not given yet, or is not behind the one before it.
    #[error("group {id} is out of order")]
    GroupId {
        /// The group's id.
        id: u32,
    },
    /// Two groups have the same place in the records' bitmaps.
    #[error("group {id} shares its slot with another group")]
    SharedSlot {
        /// The second group's id.
        id: u32,
    },
    /// Two groups have the same name.
    #[error("group {id} has the name of another group")]
    SharedName {
        /// The second group's id.
        id: u32,
    },
    /// A removed group has an id that was not given yet, is there twice, is still there, or is out of order.
    #[error("removed group {id} is out of order")]
    RemovedGroup {
        /// The group's id.
        id: u32,
    },
    /// A record has a number that was not given yet.
    #[error("the record of {conversation} has number {number}, which was not given yet")]
    NumberNotGiven {
        /// Which record.
        conversation: String,
        /// Its number.
        number: u32,
    },
    /// Two records have the same number.
    #[error("the record of {conversation} shares number {number} with another record")]
    SharedNumber {
        /// The second record.
        conversation: String,
        /// Their number.
        number: u32,
    },
    /// A record says nothing, and should have been removed.
    #[error("the record of {conversation} is empty")]
    Empty {
        /// Which record.
        conversation: String,
    },
    /// A record is in a group that its user does not have.
    #[error("the record of {conversation} is in a group that does not exist")]
    NoSuchGroup {
        /// Which record.
        conversation: String,
    },
    /// A call is remembered by a key that is not listed, or the other way round, or listed twice.
    #[error("the request key {key:?} is not once in the list and once remembered")]
    RequestKey {
        /// The key.
        key: String,
    },
    /// The owner of a chat group is no possible user.
    #[error("the owner is no user id")]
    Owner,
}

/// Checks a whole subject: for a user, the view must hold every row. Nothing is found if nothing is stored.
pub fn check(view: &View<'_>) -> Vec<Problem> {
    match view.subject.kind() {
        SubjectKind::User => match view.user() {
            Some(head) => {
                let mut problems = check_user(view.revision, head, view.rows());
                problems.extend(check_request_keys(view));
                problems
            }
            None => Vec::new(),
        },
        SubjectKind::ChatGroup => check_chat_group(view),
    }
}

fn check_chat_group(view: &View<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let Some(head) = view.chat_group() else {
        return problems;
    };
    if view.revision == Revision::ZERO {
        problems.push(Problem::RevisionZero);
    }
    if !head.owner.is_empty() && UserId::parse(&head.owner).is_err() {
        problems.push(Problem::Owner);
    }
    problems
}

fn check_user(revision: Revision, head: &UserHead, rows: &[(Conversation<'_>, Row)]) -> Vec<Problem> {
    let mut found = Findings { revision, problems: Vec::new() };
    if revision == Revision::ZERO {
        found.problems.push(Problem::RevisionZero);
    }
    found.next_number("group id", head.next_group_id, 1);
    found.next_number("record number", head.next_record_number, 0);
    // Those who follow changes may be told from the present revision on, at the latest.
    if head.changes_since > revision {
        found.revision_of("the start of known changes", head.changes_since);
    }
    found.groups(head);
    found.removed_groups(head);
    found.rows(head, rows);
    found.problems
}

fn check_request_keys(view: &View<'_>) -> Vec<Problem> {
    let mut found = Findings { revision: view.revision, problems: Vec::new() };
    let (listed, kept) = (view.listed_keys(), view.kept_calls());
    found.at_most("request keys", listed.len(), limits::REQUEST_KEYS as u32);
    let mut unmatched: BTreeSet<&str> = kept.iter().map(|(key, _)| key.as_str()).collect();
    for listed in listed {
        if !unmatched.remove(&*listed.key) {
            found.problems.push(Problem::RequestKey { key: listed.key.to_string() });
        }
    }
    for key in unmatched {
        found.problems.push(Problem::RequestKey { key: key.to_owned() });
    }
    for (key, call) in kept {
        found.revision_of(&format!("the request key {:?}", key.as_str()), call.revision);
    }
    found.problems
}

struct Findings {
    /// The user's.
    revision: Revision,
    problems: Vec<Problem>,
}

impl Findings {
    fn next_number(&mut self, what: &'static str, next: u32, least: u32) {
        if next < least || next > limits::NUMBER_MAX + 1 {
            self.problems.push(Problem::NextOutOfRange { what, next });
        }
    }

    fn revision_of(&mut self, what: &str, found: Revision) {
        if found == Revision::ZERO || found > self.revision {
            let what = what.to_owned();
            self.problems.push(Problem::RevisionOutOfRange { what, found });
        }
    }

    fn at_most(&mut self, what: &'static str, counted: usize, ceiling: u32) {
        if counted > ceiling as usize {
            self.problems.push(Problem::TooMany { what, counted, ceiling });
        }
    }

    fn groups(&mut self, head: &UserHead) {
        self.at_most("groups", head.groups.len(), limits::GROUPS_CEILING);
        let mut last = 0;
        let mut slots = GroupSet::default();
        let mut names = BTreeSet::new();
        for group in &head.groups {
            let id = group.id.0;
            if id <= last || id >= head.next_group_id {
                self.problems.push(Problem::GroupId { id });
            }
            last = id;
            if slots.contains(group.slot) {
                self.problems.push(Problem::SharedSlot { id });
            }
            slots = slots.with(group.slot);
            if !names.insert(group.name.as_str()) {
                self.problems.push(Problem::SharedName { id });
            }
            self.revision_of(&format!("group {id}"), group.revision);
        }
    }

    fn removed_groups(&mut self, head: &UserHead) {
        self.at_most("removed groups", head.removed_groups.len(), limits::REMOVED_GROUPS as u32);
        let mut ids: BTreeSet<u32> = head.groups.iter().map(|group| group.id.0).collect();
        let mut last = Revision::ZERO;
        for removed in &head.removed_groups {
            let id = removed.id.0;
            let is_new = ids.insert(id);
            if id == 0 || id >= head.next_group_id || !is_new || removed.revision < last {
                self.problems.push(Problem::RemovedGroup { id });
            }
            last = removed.revision;
            self.revision_of(&format!("removed group {id}"), removed.revision);
        }
    }

    fn rows(&mut self, head: &UserHead, rows: &[(Conversation<'_>, Row)]) {
        let slots = head.slots().bits();
        let (mut records, mut removals, mut grouped, mut marked) = (0, 0, 0, 0);
        let mut numbers = BTreeSet::new();
        for (conversation, row) in rows {
            match row {
                Row::Record(record) => {
                    records += 1;
                    grouped += usize::from(record.is_grouped());
                    marked += usize::from(record.is_marked());
                    self.record(head, slots, *conversation, record);
                    if !numbers.insert(record.number) {
                        let conversation = name(*conversation);
                        self.problems.push(Problem::SharedNumber { conversation, number: record.number });
                    }
                }
                Row::Removal(removal) => {
                    removals += 1;
                    self.revision_of(&format!("the removal of {}", name(*conversation)), removal.revision);
                }
            }
        }
        for (what, stored, counted) in [
            ("records", head.records, records),
            ("removals", head.removals, removals),
            ("grouped conversations", head.grouped, grouped),
            ("marked conversations", head.marked, marked),
        ] {
            if stored as usize != counted {
                self.problems.push(Problem::Miscounted { what, stored, counted });
            }
        }
        self.at_most("grouped conversations", grouped, limits::GROUPED_CONVERSATIONS_CEILING);
        self.at_most("marked conversations", marked, limits::MARKED_CONVERSATIONS_CEILING);
        self.at_most("removals", removals, limits::REMOVALS);
    }

    fn record(&mut self, head: &UserHead, slots: u128, conversation: Conversation<'_>, record: &Record) {
        if record.is_empty() {
            self.problems.push(Problem::Empty { conversation: name(conversation) });
        }
        if record.groups.bits() & !slots != 0 {
            self.problems.push(Problem::NoSuchGroup { conversation: name(conversation) });
        }
        if record.number >= head.next_record_number {
            let conversation = name(conversation);
            self.problems.push(Problem::NumberNotGiven { conversation, number: record.number });
        }
        self.revision_of(&format!("the record of {}", name(conversation)), record.revision);
    }
}

fn name(conversation: Conversation<'_>) -> String {
    match conversation {
        Conversation::User(user) => format!("user {:?}", user.as_str()),
        Conversation::ChatGroup(chat_group) => format!("chat group {:?}", chat_group.as_str()),
    }
}

#[cfg(test)]
mod tests;
