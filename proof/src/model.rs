//! What a writer knows about the data that only he writes: the acknowledged state, and what a call would make of it.
//!
//! A *part* is the share of one user that one writer has for himself: groups and conversations whose names nobody else
//! uses. So each part is a small, exact, sequential model, even if a user has several writers at once. The model knows
//! just those rules that the drawn calls need: they are drawn so that none is refused.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::random::Random;

/// A conversation: its type on the wire, 1 or 2, and its peer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Contact {
    pub(crate) kind: u64,
    pub(crate) peer: String,
}

/// What is kept about a conversation. Groups go by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) groups: BTreeSet<String>,
    pub(crate) mark: u64,
    pub(crate) custom: String,
}

/// One writer's share of a user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Part {
    /// The groups by name, with the id if it is known.
    pub(crate) groups: BTreeMap<String, Option<u64>>,
    /// The conversations of which something is kept.
    pub(crate) records: BTreeMap<Contact, Record>,
}

/// The names that a part's writer uses and nobody else.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    /// What each name begins with.
    pub(crate) prefix: String,
    /// How many groups he has at most.
    pub(crate) groups: u64,
    /// How many conversations he has. The last one is kept for [`Call::fence`].
    pub(crate) contacts: u64,
}

/// One item of a call that marks.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    contact: Contact,
    clear: Vec<u64>,
    set: Vec<u64>,
    custom: Option<String>,
}

/// One call that writes.
#[derive(Clone, Debug)]
pub(crate) enum Call {
    /// `mark_contact`
    Mark(Vec<Mark>),
    /// `create_contact_group`
    Create { name: String, members: Vec<Contact> },
    /// `update_contact_group` of members; `true` adds.
    Members { name: String, changes: Vec<(bool, Contact)> },
    /// `update_contact_group` of the name
    Rename { old: String, new: String },
    /// `del_contact_group`
    Delete { name: String },
}

impl Contact {
    /// The conversation object of the wire.
    pub(crate) fn json(&self) -> Value {
        match self.kind {
            1 => json!({"Type": 1, "To_Account": self.peer}),
            _ => json!({"Type": 2, "ToGroupId": self.peer}),
        }
    }
}

impl Names {
    /// The conversation with this number.
    pub(crate) fn contact(&self, number: u64) -> Contact {
        Contact { kind: 1 + number % 2, peer: format!("{}-{number}", self.prefix) }
    }

    /// Whether a name is one of these.
    pub(crate) fn own(&self, name: &str) -> bool {
        name.strip_prefix(self.prefix.as_str()).is_some_and(|rest| rest.starts_with('-'))
    }

    fn group(&self, number: u64) -> String {
        format!("{}-{number}", self.prefix)
    }
}

impl Call {
    /// Draws a call that will not be refused.
    pub(crate) fn draw(random: &mut Random, part: &Part, names: &Names) -> Call {
        let existing: Vec<&String> = part.groups.keys().collect();
        let free = |name: &String| !part.groups.contains_key(name);
        // Twice as many names as groups, so that names come back after a while.
        let unused = names.group(random.below(names.groups * 2));
        let room = (part.groups.len() as u64) < names.groups;
        match (random.below(10), random.pick(&existing)) {
            (0..=3, _) => Call::Mark(drawn(random, |random| Mark::draw(random, names))),
            (4, Some(name)) => Call::Delete { name: (*name).clone() },
            (5, Some(old)) if free(&unused) => Call::Rename { old: (*old).clone(), new: unused },
            (4..=7, Some(name)) => Call::Members {
                name: (*name).clone(),
                changes: drawn(random, |random| (!random.once_in(3), any_contact(random, names))),
            },
            (_, Some(name)) if !room => Call::Create {
                name: (*name).clone(),
                members: drawn(random, |random| any_contact(random, names)),
            },
            _ => Call::Create {
                name: unused,
                members: match random.once_in(5) {
                    true => Vec::new(),
                    false => drawn(random, |random| any_contact(random, names)),
                },
            },
        }
    }

    /// A call that gives every conversation the longest custom mark.
    pub(crate) fn fill(names: &Names) -> Call {
        let mark = |number| Mark {
            contact: names.contact(number),
            clear: Vec::new(),
            set: Vec::new(),
            custom: Some("x".repeat(256)),
        };
        Call::Mark((0..names.contacts).map(mark).collect())
    }

    /// A call that always makes a change, `tag` being new, and touches nothing that drawn calls touch.
    pub(crate) fn fence(names: &Names, tag: u64) -> Call {
        Call::Mark(vec![Mark {
            contact: names.contact(names.contacts - 1),
            clear: Vec::new(),
            set: Vec::new(),
            custom: Some(format!("fence-{tag}")),
        }])
    }

    /// The call's path.
    pub(crate) fn command(&self) -> &'static str {
        match self {
            Call::Mark(_) => "recentcontact/mark_contact",
            Call::Create { .. } => "recentcontact/create_contact_group",
            Call::Members { .. } | Call::Rename { .. } => "recentcontact/update_contact_group",
            Call::Delete { .. } => "recentcontact/del_contact_group",
        }
    }

    /// The call's body, about `user`.
    pub(crate) fn body(&self, user: &str) -> Value {
        let contacts = |contacts: &[Contact]| contacts.iter().map(Contact::json).collect::<Vec<_>>();
        match self {
            Call::Mark(items) => {
                json!({"From_Account": user, "MarkItem": items.iter().map(Mark::json).collect::<Vec<_>>()})
            }
            Call::Create { name, members } => {
                json!({"From_Account": user, "GroupContactItem": [{"GroupName": name, "ContactItem": contacts(members)}]})
            }
            Call::Members { name, changes } => {
                let item = |(add, contact): &(bool, Contact)| json!({"ContactOptType": if *add { 1 } else { 2 }, "ContactItem": contact.json()});
                let items: Vec<Value> = changes.iter().map(item).collect();
                json!({"From_Account": user, "UpdateType": 1, "UpdateGroup": {
                    "UpdateGroupType": 2, "OldGroupName": name, "ContactUpdateItem": items}})
            }
            Call::Rename { old, new } => {
                json!({"From_Account": user, "UpdateType": 1, "UpdateGroup": {
                    "UpdateGroupType": 1, "OldGroupName": old, "NewGroupName": new}})
            }
            Call::Delete { name } => json!({"From_Account": user, "GroupName": [name]}),
        }
    }

    /// The id of the group that the call made or found, as its answer says.
    pub(crate) fn group_id(&self, answer: &Value) -> Option<u64> {
        match self {
            Call::Create { .. } => answer["GroupResultItem"][0]["GroupItem"]["GroupId"].as_u64(),
            _ => None,
        }
    }

    /// How many items the call has.
    pub(crate) fn items(&self) -> usize {
        match self {
            Call::Mark(items) => items.len(),
            Call::Create { members, .. } => members.len(),
            Call::Members { changes, .. } => changes.len(),
            Call::Rename { .. } | Call::Delete { .. } => 1,
        }
    }
}

impl Mark {
    fn draw(random: &mut Random, names: &Names) -> Mark {
        let bits = |random: &mut Random| {
            let count = random.below(4);
            (0..count).map(|_| random.below(64)).collect::<Vec<_>>()
        };
        let contact = any_contact(random, names);
        if random.once_in(4) {
            // What takes a record away, if it is in no group.
            return Mark { contact, clear: (0..64).collect(), set: Vec::new(), custom: Some(String::new()) };
        }
        Mark {
            contact,
            clear: bits(random),
            set: bits(random),
            custom: random.once_in(2).then(|| custom(random)),
        }
    }

    fn json(&self) -> Value {
        match &self.custom {
            Some(custom) => {
                json!({"OptType": 3, "ContactItem": self.contact.json(), "ClearMark": self.clear, "SetMark": self.set,
                    "CustomMark": custom})
            }
            None => {
                json!({"OptType": 1, "ContactItem": self.contact.json(), "ClearMark": self.clear, "SetMark": self.set})
            }
        }
    }
}

impl Part {
    /// Carries a call out.
    pub(crate) fn apply(&mut self, call: &Call) {
        match call {
            Call::Mark(items) => {
                for item in items {
                    let record = self.records.entry(item.contact.clone()).or_default();
                    for bit in &item.clear {
                        record.mark &= !(1 << bit);
                    }
                    for bit in &item.set {
                        record.mark |= 1 << bit;
                    }
                    if let Some(custom) = &item.custom {
                        record.custom.clone_from(custom);
                    }
                }
            }
            Call::Create { name, members } => {
                self.groups.entry(name.clone()).or_default();
                for member in members {
                    self.add(name, member);
                }
            }
            Call::Members { name, changes } => {
                for (add, contact) in changes {
                    match self.records.get_mut(contact) {
                        _ if *add => self.add(name, contact),
                        Some(record) => drop(record.groups.remove(name)),
                        None => {}
                    }
                }
            }
            Call::Rename { old, new } => {
                let id = self.groups.remove(old).flatten();
                self.groups.insert(new.clone(), id);
                for record in self.records.values_mut() {
                    if record.groups.remove(old) {
                        record.groups.insert(new.clone());
                    }
                }
            }
            Call::Delete { name } => {
                self.groups.remove(name);
                for record in self.records.values_mut() {
                    record.groups.remove(name);
                }
            }
        }
        self.records.retain(|_, record| *record != Record::default());
    }

    /// Says how `found` differs from this, if it does. An id that is not known may be any.
    pub(crate) fn difference(&self, found: &Part) -> Option<String> {
        for (name, id) in &self.groups {
            match found.groups.get(name) {
                None => return Some(format!("the group {name} is missing")),
                Some(other) if id.is_some() && id != other => {
                    return Some(format!("the group {name} has the id {other:?}, not {id:?}"));
                }
                Some(_) => {}
            }
        }
        if let Some(name) = found.groups.keys().find(|name| !self.groups.contains_key(*name)) {
            return Some(format!("the group {name} should not be there"));
        }
        for (contact, record) in &self.records {
            match found.records.get(contact) {
                None => return Some(format!("the record of {} is missing", contact.peer)),
                Some(other) if other != record => {
                    return Some(format!("the record of {} is {other:?}, not {record:?}", contact.peer));
                }
                Some(_) => {}
            }
        }
        let extra = found.records.keys().find(|contact| !self.records.contains_key(*contact));
        extra.map(|contact| format!("the record of {} should not be there", contact.peer))
    }

    fn add(&mut self, name: &str, contact: &Contact) {
        let record = self.records.entry(contact.clone()).or_default();
        record.groups.insert(name.to_owned());
    }
}

fn any_contact(random: &mut Random, names: &Names) -> Contact {
    names.contact(random.below(names.contacts - 1))
}

/// One item, a few, or as many as a call may have.
fn drawn<T>(random: &mut Random, mut draw: impl FnMut(&mut Random) -> T) -> Vec<T> {
    let count = match random.below(10) {
        0..=3 => 1,
        4..=8 => random.between(2, 12),
        _ => random.between(40, 100),
    };
    (0..count).map(|_| draw(random)).collect()
}

fn custom(random: &mut Random) -> String {
    let len = match random.once_in(10) {
        true => 256,
        false => random.between(1, 40),
    };
    (0..len).map(|_| char::from(b'a' + random.below(26) as u8)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        Names { prefix: "w".to_owned(), groups: 3, contacts: 5 }
    }

    #[test]
    fn groups_and_records_come_and_go() {
        let names = names();
        let mut part = Part::default();
        let contact = names.contact(0);
        part.apply(&Call::Create {
            name: "w-0".to_owned(),
            members: vec![contact.clone(), names.contact(1)],
        });
        part.apply(&Call::Rename { old: "w-0".to_owned(), new: "w-1".to_owned() });
        part.apply(&Call::Members {
            name: "w-1".to_owned(),
            changes: vec![(false, names.contact(1)), (false, names.contact(2))],
        });
        assert_eq!(part.records.keys().collect::<Vec<_>>(), [&contact]);
        assert!(part.records[&contact].groups.contains("w-1"));
        part.apply(&Call::Mark(vec![Mark {
            contact: contact.clone(),
            clear: vec![3],
            set: vec![3, 63],
            custom: None,
        }]));
        part.apply(&Call::Delete { name: "w-1".to_owned() });
        assert_eq!(part.records[&contact].mark, 1 << 63 | 1 << 3);
        part.apply(&Call::Mark(vec![Mark {
            contact,
            clear: vec![3, 63],
            set: vec![],
            custom: Some(String::new()),
        }]));
        assert_eq!(part, Part::default());
    }

    #[test]
    fn every_difference_is_seen() {
        let names = names();
        let mut random = Random::new(5);
        let mut part = Part::default();
        for _ in 0..200 {
            let call = Call::draw(&mut random, &part, &names);
            let before = part.clone();
            part.apply(&call);
            assert_eq!(before.difference(&part).is_some(), before != part, "{call:?}");
            assert_eq!(part.difference(&before).is_some(), before != part, "{call:?}");
            assert!(part.groups.len() <= 3 && part.records.len() <= 5);
        }
    }

    #[test]
    fn a_fence_changes_what_no_drawn_call_changes() {
        let names = names();
        let mut random = Random::new(6);
        let mut part = Part::default();
        for tag in 0..200 {
            let call = Call::draw(&mut random, &part, &names);
            let mut other = part.clone();
            let before = part.clone();
            part.apply(&Call::fence(&names, tag));
            assert!(before.difference(&part).is_some());
            part.apply(&call);
            other.apply(&call);
            other.apply(&Call::fence(&names, tag));
            assert_eq!(part, other, "{call:?}");
        }
    }

    #[test]
    fn an_unknown_id_is_any_and_a_known_one_is_itself() {
        let part = |id| Part { groups: BTreeMap::from([("w-0".to_owned(), id)]), records: BTreeMap::new() };
        assert_eq!(part(None).difference(&part(Some(4))), None);
        assert_eq!(part(Some(4)).difference(&part(Some(4))), None);
        assert!(part(Some(3)).difference(&part(Some(4))).is_some());
    }

    #[test]
    fn names_are_told_apart_by_their_prefix() {
        let names = names();
        assert!(names.own("w-7") && !names.own("w2-7") && !names.own("v-7"));
    }
}
