//! What a user has, by his writer's own account, and every revision of it.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use foldmark_wire::contact::Contact;

/// What a follower can be told of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Item {
    /// A group by its number.
    Group(u32),
    /// What is kept about a conversation.
    Record(Contact<'static>),
}

/// A group.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Group {
    pub(super) id: u32,
    pub(super) name: String,
    pub(super) ex: String,
}

/// What is kept about a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Record {
    pub(super) mark: u64,
    pub(super) custom: String,
    pub(super) groups: BTreeSet<u32>,
}

/// What a device shows: groups in their order, and the conversations of which something is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Shown {
    pub(super) groups: Vec<Group>,
    pub(super) records: BTreeMap<Contact<'static>, Record>,
}

/// A user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct State {
    pub(super) shown: Shown,
    /// Whether the account is there.
    pub(super) imported: bool,
    /// The number of the next group. It never goes back.
    pub(super) next_group: u32,
}

impl Default for State {
    fn default() -> State {
        State { shown: Shown::default(), imported: false, next_group: 1 }
    }
}

/// Everything that a user ever was, in digests.
#[derive(Debug)]
pub(super) struct History {
    /// What was shown at each revision, from 0 on.
    shown: Vec<u64>,
    /// The revisions that changed an item, in order, and what they made of it; `None`: it was gone.
    items: BTreeMap<Item, Vec<(u64, Option<u64>)>>,
    /// The revisions that put the user there anew: a deleted account, an image.
    renewed: Vec<u64>,
    /// The revisions that took something away, each as often as it took one.
    removed_groups: Vec<u64>,
    removed_records: Vec<u64>,
}

/// How much was removed between two revisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Removed {
    pub(super) groups: usize,
    pub(super) records: usize,
}

impl History {
    /// That of a user who was never written.
    pub(super) fn new() -> History {
        History {
            shown: vec![digest(&Shown::default())],
            items: BTreeMap::new(),
            renewed: Vec::new(),
            removed_groups: Vec::new(),
            removed_records: Vec::new(),
        }
    }

    /// The newest revision.
    pub(super) fn revision(&self) -> u64 {
        self.shown.len() as u64 - 1
    }

    /// Notes a commit, which went through these states one after the other, the one before it first.
    pub(super) fn commit(&mut self, states: &[State], renews: bool) {
        let revision = self.shown.len() as u64;
        for pair in states.windows(2) {
            self.changed(revision, &pair[0].shown, &pair[1].shown);
        }
        if renews {
            self.renewed.push(revision);
        }
        self.shown.push(states.last().map_or(0, |state| digest(&state.shown)));
    }

    fn changed(&mut self, revision: u64, before: &Shown, after: &Shown) {
        let group = |shown: &Shown, id| shown.groups.iter().find(|group| group.id == id).map(digest);
        let ids = |shown: &Shown| shown.groups.iter().map(|group| group.id).collect::<Vec<_>>();
        // A change of the order may give any of them another place.
        let kept = |shown: &Shown, other: &Shown| {
            let other = ids(other);
            ids(shown).into_iter().filter(|id| other.contains(id)).collect::<Vec<_>>()
        };
        let is_reordered = kept(before, after) != kept(after, before);
        let all: BTreeSet<u32> = ids(before).into_iter().chain(ids(after)).collect();
        for id in all {
            let now = group(after, id);
            if is_reordered || group(before, id) != now {
                self.items.entry(Item::Group(id)).or_default().push((revision, now));
                self.removed_groups.extend(now.is_none().then_some(revision));
            }
        }
        let gone = before.records.keys().filter(|contact| !after.records.contains_key(*contact));
        let gone: Vec<_> = gone.cloned().collect();
        self.removed_records.extend(gone.iter().map(|_| revision));
        for contact in gone {
            self.items.entry(Item::Record(contact)).or_default().push((revision, None));
        }
        for (contact, record) in &after.records {
            if before.records.get(contact) != Some(record) {
                let versions = self.items.entry(Item::Record(contact.clone())).or_default();
                versions.push((revision, Some(digest(record))));
            }
        }
    }

    /// What was shown at a revision; `None` if nobody made it.
    pub(super) fn shown_at(&self, revision: u64) -> Option<u64> {
        self.shown.get(usize::try_from(revision).ok()?).copied()
    }

    /// The last change of an item at a revision, and what it made of it.
    pub(super) fn item_at(&self, item: &Item, revision: u64) -> Option<(u64, Option<u64>)> {
        let versions = self.items.get(item)?;
        let behind = versions.partition_point(|(changed, _)| *changed <= revision);
        versions[..behind].last().copied()
    }

    /// Whether the user was put there anew behind one revision and up to another.
    pub(super) fn is_renewed(&self, behind: u64, to: u64) -> bool {
        count(&self.renewed, behind, to) > 0
    }

    /// What was removed behind one revision and up to another.
    pub(super) fn removed(&self, behind: u64, to: u64) -> Removed {
        Removed {
            groups: count(&self.removed_groups, behind, to),
            records: count(&self.removed_records, behind, to),
        }
    }
}

/// How many of these, which ascend, lie behind `behind` and not behind `to`.
fn count(revisions: &[u64], behind: u64, to: u64) -> usize {
    let up_to = |end| revisions.partition_point(|revision| *revision <= end);
    up_to(to).saturating_sub(up_to(behind))
}

/// A number that tells one value from another. Within one run only: it may be another one with another compiler.
pub(super) fn digest(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(groups: &[(u32, &str)], peers: &[&'static str]) -> State {
        let group = |(id, name): &(u32, &str)| Group { id: *id, name: (*name).into(), ex: String::new() };
        let record = |peer: &&'static str| (Contact::user(*peer), Record { mark: 1, ..Record::default() });
        let shown =
            Shown { groups: groups.iter().map(group).collect(), records: peers.iter().map(record).collect() };
        State { shown, ..State::default() }
    }

    #[test]
    fn a_history_knows_what_changed_when() {
        let mut history = History::new();
        let states =
            [State::default(), state(&[(1, "a"), (2, "b")], &["x", "y"]), state(&[(1, "c")], &["y"])];
        history.commit(&states[..2], false);
        history.commit(&states[1..], true);
        assert_eq!((history.revision(), history.shown_at(2)), (2, Some(digest(&states[2].shown))));
        assert_eq!(history.shown_at(3), None);
        let gone = Item::Record(Contact::user("x"));
        let there = history.item_at(&gone, 1);
        assert!(matches!(there, Some((1, Some(_)))), "{there:?}");
        assert_eq!(history.item_at(&gone, 7), Some((2, None)));
        assert_eq!(history.item_at(&gone, 0), None);
        assert_eq!(
            history.item_at(&Item::Record(Contact::user("y")), 2).map(|(revision, _)| revision),
            Some(1)
        );
        assert_eq!(history.item_at(&Item::Group(1), 2).map(|(revision, _)| revision), Some(2));
        assert_eq!(history.removed(1, 2), Removed { groups: 1, records: 1 });
        assert_eq!(history.removed(2, 2), Removed { groups: 0, records: 0 });
        assert!(history.is_renewed(1, 2) && !history.is_renewed(0, 1) && !history.is_renewed(2, 9));
    }

    #[test]
    fn a_new_order_may_change_every_group_and_no_record() {
        let mut history = History::new();
        let states =
            [State::default(), state(&[(1, "a"), (2, "b")], &["x"]), state(&[(2, "b"), (1, "a")], &["x"])];
        history.commit(&states[..2], false);
        history.commit(&states[1..], false);
        assert_ne!(history.shown_at(1), history.shown_at(2));
        for (item, revision) in
            [(Item::Group(1), 2), (Item::Group(2), 2), (Item::Record(Contact::user("x")), 1)]
        {
            assert_eq!(history.item_at(&item, 2).map(|(changed, _)| changed), Some(revision), "{item:?}");
        }
    }

    #[test]
    fn what_one_commit_did_and_undid_is_changed_by_it() {
        let mut history = History::new();
        let one = state(&[], &["x"]);
        history.commit(&[State::default(), one.clone(), State::default(), one], false);
        assert_eq!(history.revision(), 1);
        assert!(matches!(history.item_at(&Item::Record(Contact::user("x")), 1), Some((1, Some(_)))));
    }
}
