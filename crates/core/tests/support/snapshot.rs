//! The whole of one user, decoded from the stored bytes and recounted.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use foldmark_core::format::head::UserHead;
use foldmark_core::format::record::{Record, Removal, Row};
use foldmark_core::limits;
use foldmark_core::subject::RequestKey;
use foldmark_core::view::View;

use crate::support::answer::Shown;
use crate::support::words::quoted;

/// A user as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Snapshot {
    pub(crate) revision: u64,
    pub(crate) head: UserHead,
    pub(crate) records: BTreeMap<String, Record>,
    pub(crate) removals: BTreeMap<String, Removal>,
    /// Keys of requests and the revisions of their calls, oldest first.
    pub(crate) keys: Vec<(String, u64)>,
}

impl Snapshot {
    /// The user of `view`, which must hold every row; `None` if nothing was ever written.
    pub(crate) fn of(view: &View<'_>) -> Option<Snapshot> {
        let mut snapshot = Snapshot {
            revision: view.revision.get(),
            head: view.user()?.clone(),
            records: BTreeMap::new(),
            removals: BTreeMap::new(),
            keys: Vec::new(),
        };
        for listed in view.listed_keys() {
            let key = RequestKey::parse(&listed.key).expect("a key that was listed is one");
            let call = view.kept_call(key).expect("a key that is listed is remembered");
            snapshot.keys.push((listed.key.to_string(), call.revision.get()));
        }
        assert_eq!(snapshot.keys.len(), view.kept_calls().len(), "each is listed once");
        assert!(snapshot.keys.len() <= limits::REQUEST_KEYS);
        for (conversation, row) in view.rows() {
            let name = conversation.peer().to_owned();
            match row {
                Row::Record(record) => drop(snapshot.records.insert(name, record.clone())),
                Row::Removal(removal) => drop(snapshot.removals.insert(name, *removal)),
            }
        }
        Some(snapshot)
    }

    /// Every invariant of a stored user that can be seen in one state.
    pub(crate) fn check(&self) {
        let head = &self.head;
        let records = self.records.values();
        let grouped = records.clone().filter(|record| record.groups.bits() != 0).count();
        let marked = records
            .clone()
            .filter(|record| record.standard_mark.0 != 0 || !record.custom_mark.as_str().is_empty())
            .count();
        assert_eq!(head.grouped as usize, grouped, "conversations in groups\n{self}");
        assert_eq!(head.marked as usize, marked, "conversations with marks\n{self}");
        assert_eq!(head.records as usize, self.records.len(), "records\n{self}");
        assert_eq!(head.removals as usize, self.removals.len(), "removals\n{self}");
        assert!(self.removals.len() <= limits::REMOVALS as usize, "removals");
        for record in records.clone() {
            assert!(!record.is_empty(), "a record that says nothing\n{self}");
            assert!(record.number < head.next_record_number, "number\n{self}");
            assert!(record.revision.get() <= self.revision, "revision\n{self}");
        }
        let numbers: BTreeSet<u32> = records.map(|record| record.number).collect();
        assert_eq!(numbers.len(), self.records.len(), "numbers are unique\n{self}");

        let groups = head.groups.iter();
        assert!(groups.is_sorted_by(|a, b| a.id < b.id), "ids ascend\n{self}");
        let groups = self.groups();
        assert!(groups.keys().all(|id| *id < head.next_group_id), "ids\n{self}");
        let names: BTreeSet<&String> = groups.values().collect();
        assert_eq!(names.len(), groups.len(), "names are unique\n{self}");
        assert!(head.removed_groups.len() <= limits::REMOVED_GROUPS);
        for removed in &head.removed_groups {
            assert!(!groups.contains_key(&removed.id.0), "a removed group is gone\n{self}");
            assert!(removed.revision.get() <= self.revision);
        }
        assert!(head.changes_since.get() <= self.revision, "changes\n{self}");
        if !head.imported {
            assert!(head.nick.is_empty() && head.face_url.is_empty(), "profile");
        }
    }

    /// The records, in order of number.
    pub(crate) fn shown(&self) -> Vec<Shown> {
        let mut all = Vec::new();
        for (name, record) in &self.records {
            all.push(Shown {
                name: name.clone(),
                number: record.number,
                groups: self.head.groups_in(record.groups).map(|group| group.id.0).collect(),
                bits: record.standard_mark.0,
                custom: record.custom_mark.as_str().to_owned(),
                timestamp: record.timestamp,
            });
        }
        all.sort_by_key(|shown| shown.number);
        all
    }

    /// The groups: id and name.
    pub(crate) fn groups(&self) -> BTreeMap<u32, String> {
        let groups = self.head.groups.iter();
        groups.map(|group| (group.id.0, group.name.as_str().to_owned())).collect()
    }
}

/// In the words of the descriptions that [`given`](crate::support::given) reads, and the counters.
impl fmt::Display for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = &self.head;
        if !head.imported {
            writeln!(f, "not imported")?;
        }
        if !head.nick.is_empty() || !head.face_url.is_empty() {
            writeln!(f, "nick {}, face {}", quoted(&head.nick), quoted(&head.face_url))?;
        }
        writeln!(
            f,
            "revision {}, changes since {}, next group {}, next record {}",
            self.revision, head.changes_since, head.next_group_id, head.next_record_number
        )?;
        writeln!(
            f,
            "counted: {} grouped, {} marked, {} records, {} removals",
            head.grouped, head.marked, head.records, head.removals
        )?;
        for group in &head.groups {
            let name = quoted(group.name.as_str());
            write!(f, "group {} {name}", group.id.0)?;
            if group.order != 0 {
                write!(f, ", order {}", group.order)?;
            }
            if !group.ex.is_empty() {
                write!(f, ", ex {}", quoted(group.ex.as_str()))?;
            }
            writeln!(f, ", rev {}", group.revision)?;
        }
        for removed in &head.removed_groups {
            writeln!(f, "removed group {}, rev {}", removed.id.0, removed.revision)?;
        }
        for shown in self.shown() {
            writeln!(f, "{shown}, rev {}", self.records[&shown.name].revision)?;
        }
        for (name, removal) in &self.removals {
            let Removal { revision, time } = removal;
            writeln!(f, "removed {}: at {time}, rev {revision}", quoted(name))?;
        }
        for (key, revision) in &self.keys {
            writeln!(f, "call {key}, rev {revision}")?;
        }
        Ok(())
    }
}
