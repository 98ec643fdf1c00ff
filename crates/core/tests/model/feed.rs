//! What follows a user's changes: from the state at an earlier revision and what the user keeps of the changes since,
//! the present state must come out.

use std::collections::BTreeMap;

use foldmark_core::changes::Changes;

use crate::support::answer::Shown;
use crate::support::snapshot::Snapshot;

/// The states of one user that a follower may have seen.
#[derive(Default)]
pub(crate) struct Feed {
    seen: Vec<(u64, Visible)>,
    last: Option<Snapshot>,
}

/// What the calls of the protocol show of a user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Visible {
    groups: BTreeMap<u32, String>,
    records: BTreeMap<String, Shown>,
}

impl Feed {
    /// Takes the state after a command, and brings every earlier state up to it.
    pub(crate) fn follow(&mut self, snapshot: Option<&Snapshot>, changes: Option<&Changes>) {
        let Some(snapshot) = snapshot else { return };
        if self.seen.is_empty() && snapshot.revision <= 1 {
            self.seen.push((0, Visible::default()));
        }
        let now = Visible::of(snapshot);
        let since = snapshot.head.changes_since.get();
        for (revision, seen) in self.seen.iter().filter(|(revision, _)| *revision >= since) {
            let mut told = seen.clone();
            told.tell(snapshot, *revision);
            assert_eq!(told, now, "from revision {revision}\n{snapshot}");
        }
        if let Some(last) = &self.last {
            check_promise(last, snapshot, changes);
        }
        if self.seen.last().is_none_or(|(revision, _)| *revision < snapshot.revision) {
            self.seen.push((snapshot.revision, now));
        }
        self.last = Some(snapshot.clone());
    }
}

impl Visible {
    fn of(snapshot: &Snapshot) -> Visible {
        let records = snapshot.shown().into_iter();
        Visible {
            groups: snapshot.groups(),
            records: records.map(|shown| (shown.name.clone(), shown)).collect(),
        }
    }

    /// Applies what changed after `revision`.
    fn tell(&mut self, snapshot: &Snapshot, revision: u64) {
        for shown in snapshot.shown() {
            if snapshot.records[&shown.name].revision.get() > revision {
                self.records.insert(shown.name.clone(), shown);
            }
        }
        for (name, removal) in &snapshot.removals {
            if removal.revision.get() > revision {
                self.records.remove(name);
            }
        }
        for group in &snapshot.head.groups {
            if group.revision.get() > revision {
                self.groups.insert(group.id.0, group.name.as_str().to_owned());
            }
        }
        for removed in &snapshot.head.removed_groups {
            if removed.revision.get() > revision {
                self.groups.remove(&removed.id.0);
            }
        }
    }
}

/// Changes are forgotten only when something that told of them is, and then no more of them than that.
fn check_promise(last: &Snapshot, now: &Snapshot, changes: Option<&Changes>) {
    assert_eq!(last.head.incarnation, now.head.incarnation, "one incarnation");
    let (was, is) = (last.head.changes_since.get(), now.head.changes_since.get());
    if last.head.imported && !now.head.imported {
        assert_eq!(is, now.revision, "an account that is deleted leaves nothing to tell");
        return;
    }
    let mut forgotten = was;
    let deleted = changes.iter().flat_map(|changes| &changes.rows);
    for row in deleted.filter(|row| row.value.is_none()) {
        let name = std::str::from_utf8(&row.key).expect("keys are names");
        let told = last.removals.get(name);
        // A row that was still a record was removed in this very commit.
        forgotten = forgotten.max(told.map_or(now.revision, |removal| removal.revision.get()));
    }
    for removed in &last.head.removed_groups {
        if !now.head.removed_groups.contains(removed) {
            forgotten = forgotten.max(removed.revision.get());
        }
    }
    let emptied = now.groups().is_empty() && now.shown().is_empty() && is == now.revision;
    assert!(is == forgotten || emptied, "{was} became {is}, expected {forgotten}\n{now}");
}
