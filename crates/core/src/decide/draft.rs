//! A user while a command is carried out: the view, with what the command has changed so far laid over it.
//!
//! All changes of a user's records and groups go through here, so that the counters, the record numbers, the revisions
//! and the removals are kept in one place.

use std::collections::BTreeMap;

use crate::changes::{Changes, RowChange};
use crate::command::Reads;
use crate::decision::{ItemResult, Refusal};
use crate::format::head::{self, Group, RemovedGroup, UserHead};
use crate::format::record::{self, Record, Removal, Row};
use crate::format::request_key::LIST_KEY;
use crate::image::UserImage;
use crate::limits;
use crate::mark::{CustomMark, GroupEx, GroupId, GroupName, GroupSet, Slot, StandardMark};
use crate::policy::Context;
use crate::subject::{Conversation, Revision, RowKey};
use crate::view::View;

/// A user, changed in memory only.
pub(super) struct Draft<'a> {
    view: &'a View<'a>,
    context: Context,
    /// The revision that these changes will make.
    revision: Revision,
    head: UserHead,
    /// The records that were touched, as they are now; `None` where there is none any more.
    touched: BTreeMap<Conversation<'a>, Option<Record>>,
    changed: bool,
}

/// The part of a record that users decide about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) standard_mark: StandardMark,
    pub(super) custom_mark: CustomMark,
    pub(super) groups: GroupSet,
}

impl<'a> Draft<'a> {
    pub(super) fn new(view: &'a View<'a>, context: &Context) -> Draft<'a> {
        Draft {
            view,
            context: *context,
            revision: view.revision.next(),
            head: view.user().cloned().unwrap_or_else(|| UserHead::new(context.random)),
            touched: BTreeMap::new(),
            changed: false,
        }
    }

    pub(super) fn view(&self) -> &'a View<'a> {
        self.view
    }

    pub(super) fn context(&self) -> &Context {
        &self.context
    }

    pub(super) fn head(&self) -> &UserHead {
        &self.head
    }

    /// The head, to change account facts.
    pub(super) fn change_head(&mut self) -> &mut UserHead {
        self.changed = true;
        &mut self.head
    }

    /// What is said about `conversation` now; empty if there is no record.
    pub(super) fn content(&self, conversation: Conversation<'a>) -> Content {
        let record = self.record(conversation);
        Content {
            standard_mark: record.map_or(StandardMark::default(), |record| record.standard_mark),
            custom_mark: record.map_or_else(CustomMark::default, |record| record.custom_mark.clone()),
            groups: record.map_or(GroupSet::default(), |record| record.groups),
        }
    }

    /// Makes the record of `conversation` say `content`: makes it, changes it or removes it, within the limits.
    /// Content that is there already changes nothing, not even at a full limit.
    pub(super) fn put(&mut self, conversation: Conversation<'a>, content: Content) -> ItemResult {
        let old = self.content(conversation);
        if content == old {
            return Ok(());
        }
        let was = self.record(conversation);
        let was_there = was.is_some();
        let (was_grouped, was_marked) = was.map_or((false, false), |r| (r.is_grouped(), r.is_marked()));
        let record = Record {
            number: was.map_or(self.head.next_record_number, |record| record.number),
            revision: self.revision,
            timestamp: self.context.now,
            standard_mark: content.standard_mark,
            custom_mark: content.custom_mark,
            groups: content.groups,
        };
        let limits = &self.context.policy.limits;
        if record.is_grouped() && !was_grouped && self.head.grouped >= limits.grouped_conversations {
            return Err(Refusal::TooManyGrouped { limit: limits.grouped_conversations });
        }
        if record.is_marked() && !was_marked && self.head.marked >= limits.marked_conversations {
            return Err(Refusal::TooManyMarked { limit: limits.marked_conversations });
        }
        if !was_there && self.head.next_record_number > limits::NUMBER_MAX {
            return Err(Refusal::RecordNumbersUsedUp);
        }

        self.changed = true;
        step(&mut self.head.grouped, was_grouped, record.is_grouped());
        step(&mut self.head.marked, was_marked, record.is_marked());
        step(&mut self.head.records, was_there, !record.is_empty());
        if !was_there {
            self.head.next_record_number += 1;
        }
        let now = (!record.is_empty()).then_some(record);
        self.touched.insert(conversation, now);
        Ok(())
    }

    /// Adds a group of that name, and says where.
    pub(super) fn add_group(&mut self, name: GroupName) -> Result<Slot, Refusal> {
        let limit = self.context.policy.limits.groups;
        if self.head.groups.len() >= limit as usize {
            return Err(Refusal::TooManyGroups { limit });
        }
        if self.head.next_group_id > limits::NUMBER_MAX {
            return Err(Refusal::GroupIdsUsedUp);
        }
        let taken = self.head.slots();
        let slot = (0..limits::SLOTS as u8).filter_map(Slot::new).find(|slot| !taken.contains(*slot));
        let slot = slot.expect("there are more slots than groups may be");
        let id = GroupId(self.head.next_group_id);
        self.changed = true;
        self.head.next_group_id += 1;
        let last = self.head.groups.iter().map(|group| group.order).max().unwrap_or(0);
        // Behind all others, if they have an order.
        let order = if last == 0 { 0 } else { last.saturating_add(1) };
        let ex = GroupEx::default();
        self.head.groups.push(Group { id, slot, name, revision: self.revision, order, ex });
        Ok(slot)
    }

    /// Gives the group `id` another name.
    pub(super) fn rename_group(&mut self, id: GroupId, name: GroupName) {
        let revision = self.revision;
        let group = self.group(id);
        group.name = name;
        group.revision = revision;
        self.changed = true;
    }

    /// Shows the groups in this order, which has every group once.
    pub(super) fn order_groups(&mut self, ids: &[GroupId]) {
        let revision = self.revision;
        for (place, id) in (1..).zip(ids) {
            let group = self.group(*id);
            if group.order != place {
                group.order = place;
                group.revision = revision;
                self.changed = true;
            }
        }
    }

    /// Sets what is kept about the group `id` beside its name.
    pub(super) fn set_group_ex(&mut self, id: GroupId, ex: GroupEx) {
        let revision = self.revision;
        let group = self.group(id);
        if group.ex != ex {
            group.ex = ex;
            group.revision = revision;
            self.changed = true;
        }
    }

    fn group(&mut self, id: GroupId) -> &mut Group {
        let group = self.head.groups.iter_mut().find(|group| group.id == id);
        group.expect("only a group that was found is changed")
    }

    /// Removes a group and takes every conversation out of it. The view must hold the whole user.
    pub(super) fn remove_group(&mut self, id: GroupId, slot: Slot) {
        let view = self.view;
        // Who is in the group was so from the start, or was touched since. Looking up all others is what would make many
        // deletions in one commit slow.
        let from_start = view.records().filter(|(_, record)| record.groups.contains(slot));
        let kept = from_start.map(|(conversation, _)| conversation);
        let mut members: Vec<_> = kept.chain(self.touched.keys().copied()).collect();
        members.retain(|conversation| {
            self.record(*conversation).is_some_and(|record| record.groups.contains(slot))
        });
        for conversation in members {
            let mut content = self.content(conversation);
            content.groups = content.groups.without(slot);
            self.put(conversation, content).expect("taking away meets no limit");
        }
        self.head.groups.retain(|group| group.id != id);
        self.head.removed_groups.push(RemovedGroup { id, revision: self.revision });
        if self.head.removed_groups.len() > limits::REMOVED_GROUPS {
            let forgotten = self.head.removed_groups.remove(0);
            self.forget_changes(forgotten.revision);
        }
        self.changed = true;
    }

    /// Removes the records about chat groups that are no more. The view must hold the whole user and the state of
    /// all its chat groups.
    pub(super) fn remove_disbanded(&mut self) {
        let nothing = Content {
            standard_mark: StandardMark::default(),
            custom_mark: CustomMark::default(),
            groups: GroupSet::default(),
        };
        for (conversation, _) in self.view.records() {
            if matches!(conversation, Conversation::ChatGroup(_)) && self.view.is_absent(conversation) {
                self.put(conversation, nothing.clone()).expect("taking away meets no limit");
            }
        }
    }

    /// Forgets every record, removal and group, so that only the head is left. The view must hold the whole user.
    pub(super) fn empty(mut self) -> Changes {
        let keys = self.view.rows().iter().map(|(conversation, _)| conversation.row_key());
        let mut rows: Vec<RowChange> =
            keys.map(|key| RowChange { kind: key.kind, key: key.key.into(), value: None }).collect();
        rows.extend(self.forget_calls());
        let head = UserHead {
            next_group_id: self.head.next_group_id,
            next_record_number: self.head.next_record_number,
            changes_since: self.revision,
            ..UserHead::new(self.head.incarnation)
        };
        self.head = head;
        self.seal(rows)
    }

    /// Makes the user the same of a new incarnation, whose changes are known from here on.
    pub(super) fn renew(mut self) -> Changes {
        self.head.incarnation = self.context.random;
        self.head.changes_since = self.revision;
        self.seal(Vec::new())
    }

    /// Makes the user what `image` says, of a new incarnation. The view must hold the whole user.
    ///
    /// Numbers that were given stay given, so that nobody who kept one takes another's data for his.
    pub(super) fn become_image(mut self, image: &'a UserImage<'a>) -> Changes {
        let parts = image.parts();
        let mut head = UserHead {
            imported: parts.imported,
            nick: parts.nick.into(),
            face_url: parts.face_url.into(),
            next_group_id: parts.next_group_id.max(self.head.next_group_id),
            next_record_number: parts.next_record_number.max(self.head.next_record_number),
            changes_since: self.revision,
            ..UserHead::new(self.context.random)
        };
        for (group, slot) in parts.groups.iter().zip(0..) {
            let slot = Slot::new(slot).expect("an image has fewer groups than there are slots");
            head.groups.push(Group {
                id: group.id,
                slot,
                name: group.name.clone(),
                revision: self.revision,
                order: group.order,
                ex: group.ex.clone(),
            });
        }
        let mut rows: BTreeMap<_, Option<Row>> =
            self.view.rows().iter().map(|(conversation, _)| (*conversation, None)).collect();
        for record in &parts.records {
            let conversation = record.conversation;
            let record = Record {
                number: record.number,
                revision: self.revision,
                timestamp: record.timestamp,
                standard_mark: record.standard_mark,
                custom_mark: record.custom_mark.clone(),
                groups: head.slots_of(&record.groups),
            };
            head.grouped += u32::from(record.is_grouped());
            head.marked += u32::from(record.is_marked());
            head.records += 1;
            rows.insert(conversation, Some(Row::Record(record)));
        }
        self.head = head;
        let mut rows = self.encode(rows);
        rows.extend(self.forget_calls());
        self.seal(rows)
    }

    /// The calls that are remembered by their keys, to be deleted: they were about what is no more.
    fn forget_calls(&self) -> Vec<RowChange> {
        let mut keys: Vec<RowKey<'_>> = Vec::new();
        if !self.view.listed_keys().is_empty() {
            keys.push(LIST_KEY);
        }
        keys.extend(self.view.kept_calls().iter().map(|(key, _)| key.row_key()));
        keys.iter().map(|key| RowChange { kind: key.kind, key: key.key.into(), value: None }).collect()
    }

    /// The changes to commit, `None` if there are none. Fails if more of the user has to be read first.
    pub(super) fn finish(mut self) -> Result<Option<Changes>, Reads> {
        if !self.changed {
            return Ok(None);
        }
        let touched = std::mem::take(&mut self.touched);
        let mut rows = BTreeMap::new();
        for (conversation, now) in touched {
            let before = self.view.row(conversation);
            let row = match (now, before) {
                (Some(record), before) => {
                    if matches!(before, Some(Row::Removal(_))) {
                        self.head.removals -= 1;
                    }
                    Row::Record(record)
                }
                (None, Some(Row::Record(_))) => {
                    self.head.removals += 1;
                    Row::Removal(Removal { revision: self.revision, time: self.context.now })
                }
                // Made and removed by this very command: nobody has seen it.
                (None, _) => continue,
            };
            rows.insert(conversation, Some(row));
        }
        if self.head.removals > limits::REMOVALS && self.view.reads < Reads::Whole {
            return Err(Reads::Whole);
        }
        if self.view.reads >= Reads::Whole {
            self.collect_removals(&mut rows);
        }
        let rows = self.encode(rows);
        Ok(Some(self.seal(rows)))
    }

    fn encode(&self, rows: BTreeMap<Conversation<'a>, Option<Row>>) -> Vec<RowChange> {
        let rows = rows.into_iter().map(|(conversation, row)| {
            let key = conversation.row_key();
            let value = row.map(|row| record::encode(self.view.subject, key, &row));
            RowChange { kind: key.kind, key: key.key.into(), value }
        });
        rows.collect()
    }

    /// Deletes removals for good: those that are too old and, if they are too many, the oldest. Removals of one
    /// revision go together, so that whoever has seen a later revision misses nothing.
    fn collect_removals(&mut self, rows: &mut BTreeMap<Conversation<'a>, Option<Row>>) {
        let mut removals = Vec::new();
        for (conversation, row) in self.view.rows() {
            if let (Row::Removal(removal), false) = (row, rows.contains_key(conversation)) {
                removals.push((*removal, *conversation));
            }
        }
        for (conversation, row) in rows.iter() {
            if let Some(Row::Removal(removal)) = row {
                removals.push((*removal, *conversation));
            }
        }
        removals.sort_unstable_by_key(|(removal, conversation)| (removal.revision, *conversation));

        let excess = if removals.len() > limits::REMOVALS as usize {
            removals.len() - limits::REMOVALS_KEPT as usize
        } else {
            0
        };
        let oldest_kept = self.context.now.saturating_sub(limits::REMOVAL_AGE_SECONDS);
        let mut last = None;
        for (index, (removal, _)) in removals.iter().enumerate() {
            if index < excess || removal.time < oldest_kept {
                last = Some(removal.revision);
            }
        }
        let Some(last) = last else { return };
        for (_, conversation) in removals.iter().filter(|(removal, _)| removal.revision <= last) {
            rows.insert(*conversation, None);
            self.head.removals -= 1;
        }
        self.forget_changes(last);
    }

    fn forget_changes(&mut self, up_to: Revision) {
        self.head.changes_since = self.head.changes_since.max(up_to);
    }

    fn seal(self, rows: Vec<RowChange>) -> Changes {
        let head = head::encode(self.view.subject, self.revision, &self.head);
        Changes { revision: self.revision, head, rows, due: self.context.policy.tells }
    }

    fn record(&self, conversation: Conversation<'a>) -> Option<&Record> {
        match self.touched.get(&conversation) {
            Some(now) => now.as_ref(),
            None => self.view.record(conversation),
        }
    }
}

fn step(counter: &mut u32, before: bool, after: bool) {
    match (before, after) {
        (false, true) => *counter += 1,
        (true, false) => *counter -= 1,
        _ => {}
    }
}
