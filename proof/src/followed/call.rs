//! What a user's writer does: calls that are drawn so that none is refused, and what each makes of the user.

use std::collections::BTreeSet;

use foldmark_wire::contact::Contact;
use serde_json::{Value, json};

use super::state::{Group, Record, Shown, State};
use crate::random::Random;

/// Groups of a user, at most.
const GROUPS: u64 = 12;
/// Names of groups: twice as many, so that names come back after a while.
const NAMES: u64 = 2 * GROUPS;
/// Conversations of one command, at most.
const ITEMS: u64 = 100;

/// One call that writes.
#[derive(Clone, Debug)]
pub(super) enum Call {
    /// `mark_contact`
    Mark(Vec<Mark>),
    /// `create_contact_group`
    Create { name: String, members: BTreeSet<Contact<'static>> },
    /// `update_contact_group` of members; `true` adds
    Members { name: String, changes: Vec<(bool, Contact<'static>)> },
    /// `update_contact_group` of the name
    Rename { old: String, new: String },
    /// `del_contact_group`
    Delete { name: String },
    /// `set_group_order`
    Order { names: Vec<String> },
    /// `set_group_ex`: names, and what is kept about them
    Ex { groups: Vec<(String, String)> },
    /// `apply`
    Apply(Vec<Call>),
    /// `account_import`
    Import,
    /// `account_delete`
    DeleteAccount,
    /// An operator's import of the user as he once was
    Put(Box<Image>),
}

/// One item of a call that marks.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    contact: Contact<'static>,
    clear: u64,
    set: u64,
    custom: String,
}

/// A user as he once was.
#[derive(Clone, Debug)]
pub(super) struct Image {
    /// The line that an export has of him.
    pub(super) line: String,
    pub(super) shown: Shown,
}

/// What calls are drawn from.
pub(super) struct Drawer<'a> {
    pub(super) random: &'a mut Random,
    /// How many conversations the user may have.
    pub(super) peers: u64,
    /// Whether nothing can be done but for an account.
    pub(super) is_registered: bool,
    /// Texts that were given so far. Each is given once, so that nothing becomes again what it was.
    pub(super) texts: &'a mut u64,
    /// What can be put.
    pub(super) image: Option<&'a Image>,
}

/// The conversation with this number: with users and in chat groups by turns.
pub(super) fn contact(number: u64) -> Contact<'static> {
    match number % 2 {
        0 => Contact::user(peer(number)),
        _ => Contact::chat_group(peer(number)),
    }
}

/// The user or chat group with this number.
pub(super) fn peer(number: u64) -> String {
    format!("p{number}")
}

impl Drawer<'_> {
    /// A call for a user who has this.
    pub(super) fn draw(&mut self, state: &State) -> Call {
        // Who has that already is not put there anew, or is, depending on when he got it.
        let image = self.image.filter(|image| image.shown != state.shown || !state.imported);
        let is_away = self.is_registered && !state.imported;
        match (self.random.below(200), image) {
            (0, _) if state.imported => Call::DeleteAccount,
            (1 | 2, Some(image)) => Call::Put(Box::new(image.clone())),
            (0..100, Some(image)) if is_away => Call::Put(Box::new(image.clone())),
            (3 | 4, _) if !state.imported => Call::Import,
            _ if is_away => Call::Import,
            (5..=24, _) => self.together(state),
            _ => self.usual(state),
        }
    }

    /// Some commands in one commit. The last one changes something for sure, so that the commit is one.
    fn together(&mut self, state: &State) -> Call {
        let mut after = state.clone();
        let mut calls = Vec::new();
        for _ in 0..self.random.between(1, 4) {
            let call = self.usual(&after);
            call.carry_out(&mut after);
            calls.push(call);
        }
        let contact = self.any();
        calls.push(Call::Mark(vec![self.marked(contact)]));
        Call::Apply(calls)
    }

    fn usual(&mut self, state: &State) -> Call {
        let names: Vec<String> = state.shown.groups.iter().map(|group| group.name.clone()).collect();
        let unused = format!("g{}", self.random.below(NAMES));
        let is_free = !names.contains(&unused);
        let some = self.random.pick(&names).cloned();
        match (self.random.below(20), some) {
            (0..=7, _) => {
                let contacts = self.contacts();
                Call::Mark(contacts.into_iter().map(|contact| self.mark(contact)).collect())
            }
            (8, Some(name)) => Call::Delete { name },
            (9, Some(old)) if is_free => Call::Rename { old, new: unused },
            (10 | 11, Some(_)) => Call::Order { names: self.some_of(names) },
            (12, Some(_)) => {
                let names = self.some_of(names);
                Call::Ex { groups: names.into_iter().map(|name| (name, self.text())).collect() }
            }
            (13.., Some(name)) if !is_free || names.len() as u64 >= GROUPS => {
                let contacts = self.contacts();
                let change = |contact| (!self.random.once_in(3), contact);
                Call::Members { name, changes: contacts.into_iter().map(change).collect() }
            }
            _ if is_free && (names.len() as u64) < GROUPS => {
                let members = if self.random.once_in(5) { BTreeSet::new() } else { self.contacts() };
                Call::Create { name: unused, members }
            }
            _ => {
                let contact = self.any();
                Call::Mark(vec![self.marked(contact)])
            }
        }
    }

    fn mark(&mut self, contact: Contact<'static>) -> Mark {
        match self.random.once_in(3) {
            // What takes the record away, if it is in no group.
            true => Mark { contact, clear: u64::MAX, set: 0, custom: String::new() },
            false => self.marked(contact),
        }
    }

    /// A mark that the conversation cannot have already.
    fn marked(&mut self, contact: Contact<'static>) -> Mark {
        let bits = |random: &mut Random| (0..random.below(4)).fold(0, |bits, _| bits | 1 << random.below(64));
        let (clear, set) = (bits(self.random), bits(self.random));
        Mark { contact, clear, set, custom: self.text() }
    }

    fn any(&mut self) -> Contact<'static> {
        contact(self.random.below(self.peers))
    }

    fn text(&mut self) -> String {
        *self.texts += 1;
        let longer = if self.random.once_in(10) { 200 } else { self.random.below(20) };
        format!("{}{}", self.texts, "x".repeat(longer as usize))
    }

    /// One conversation, a few, or as many as a call may have, none twice: what a command does to one it does not undo.
    fn contacts(&mut self) -> BTreeSet<Contact<'static>> {
        let count = match self.random.below(10) {
            0..=4 => 1,
            5..=8 => self.random.between(2, 12),
            _ => self.random.between(40, ITEMS),
        };
        (0..count).map(|_| self.any()).collect()
    }

    /// At least one of these, which are not none, in any order.
    fn some_of(&mut self, mut names: Vec<String>) -> Vec<String> {
        let count = self.random.between(1, names.len() as u64);
        (0..count).map(|_| names.remove(self.random.below(names.len() as u64) as usize)).collect()
    }
}

impl Call {
    /// The call's path; `None`, if it is none of the protocol.
    pub(super) fn path(&self) -> Option<&'static str> {
        match self {
            Call::Import => Some("im_open_login_svc/account_import"),
            Call::DeleteAccount => Some("im_open_login_svc/account_delete"),
            Call::Put(_) => None,
            Call::Mark(_) => Some("recentcontact/mark_contact"),
            Call::Create { .. } => Some("recentcontact/create_contact_group"),
            Call::Members { .. } | Call::Rename { .. } => Some("recentcontact/update_contact_group"),
            Call::Delete { .. } => Some("recentcontact/del_contact_group"),
            Call::Order { .. } => Some("foldmark/set_group_order"),
            Call::Ex { .. } => Some("foldmark/set_group_ex"),
            Call::Apply(_) => Some("foldmark/apply"),
        }
    }

    /// The call's body, about `user`.
    pub(super) fn body(&self, user: &str) -> Value {
        let mut body = match self {
            Call::Import => return json!({ "UserID": user }),
            Call::DeleteAccount => return json!({ "DeleteItem": [{ "UserID": user }] }),
            Call::Apply(calls) => {
                let command = |call: &Call| {
                    let mut command = call.fields();
                    let name = call.path().and_then(|path| path.split_once('/'));
                    command["Command"] = json!(name.map(|(_, name)| name));
                    command
                };
                json!({ "CommandItem": calls.iter().map(command).collect::<Vec<_>>() })
            }
            _ => self.fields(),
        };
        body["From_Account"] = json!(user);
        body
    }

    fn fields(&self) -> Value {
        match self {
            Call::Mark(items) => json!({ "MarkItem": items.iter().map(Mark::json).collect::<Vec<_>>() }),
            Call::Create { name, members } => {
                json!({ "GroupContactItem": [{ "GroupName": name, "ContactItem": members }] })
            }
            Call::Members { name, changes } => {
                let item = |(add, contact): &(bool, Contact<'_>)| json!({ "ContactOptType": if *add { 1 } else { 2 }, "ContactItem": contact });
                let items: Vec<Value> = changes.iter().map(item).collect();
                json!({ "UpdateType": 1, "UpdateGroup": {
                    "UpdateGroupType": 2, "OldGroupName": name, "ContactUpdateItem": items } })
            }
            Call::Rename { old, new } => json!({ "UpdateType": 1, "UpdateGroup": {
                "UpdateGroupType": 1, "OldGroupName": old, "NewGroupName": new } }),
            Call::Delete { name } => json!({ "GroupName": [name] }),
            Call::Order { names } => json!({ "GroupName": names }),
            Call::Ex { groups } => {
                let item = |(name, ex): &(String, String)| json!({ "GroupName": name, "Ex": ex });
                json!({ "GroupItem": groups.iter().map(item).collect::<Vec<_>>() })
            }
            Call::Apply(_) | Call::Import | Call::DeleteAccount | Call::Put(_) => Value::Null,
        }
    }

    /// Whether followers have to begin anew behind it.
    pub(super) fn renews(&self) -> bool {
        matches!(self, Call::DeleteAccount | Call::Put(_))
    }

    /// What it makes of a user, step by step, the user as he was first.
    pub(super) fn states(&self, before: &State) -> Vec<State> {
        let mut states = vec![before.clone()];
        let steps = match self {
            Call::Apply(calls) => calls,
            call => std::slice::from_ref(call),
        };
        let mut state = before.clone();
        for step in steps {
            step.carry_out(&mut state);
            states.push(state.clone());
        }
        states
    }

    fn carry_out(&self, state: &mut State) {
        let shown = &mut state.shown;
        match self {
            Call::Mark(items) => {
                for item in items {
                    let record = shown.records.entry(item.contact.clone()).or_default();
                    record.mark = record.mark & !item.clear | item.set;
                    record.custom.clone_from(&item.custom);
                }
            }
            Call::Create { name, members } => {
                let (id, ex) = (state.next_group, String::new());
                state.next_group += 1;
                shown.groups.push(Group { id, name: name.clone(), ex });
                for member in members {
                    shown.records.entry(member.clone()).or_default().groups.insert(id);
                }
            }
            Call::Members { name, changes } => {
                let id = shown.id(name);
                for (add, contact) in changes {
                    match shown.records.get_mut(contact) {
                        Some(record) if !add => drop(record.groups.remove(&id)),
                        None if !add => {}
                        _ => drop(shown.records.entry(contact.clone()).or_default().groups.insert(id)),
                    }
                }
            }
            Call::Rename { old, new } => shown.group(old).name.clone_from(new),
            Call::Delete { name } => {
                let id = shown.id(name);
                shown.groups.retain(|group| group.id != id);
                for record in shown.records.values_mut() {
                    record.groups.remove(&id);
                }
            }
            Call::Order { names } => {
                let place = |group: &Group| names.iter().position(|name| *name == group.name);
                // The sort is stable: the others stay as they are.
                shown.groups.sort_by_key(|group| place(group).unwrap_or(names.len()));
            }
            Call::Ex { groups } => {
                for (name, ex) in groups {
                    shown.group(name).ex.clone_from(ex);
                }
            }
            Call::Apply(calls) => calls.iter().for_each(|call| call.carry_out(state)),
            Call::Import => state.imported = true,
            Call::DeleteAccount => {
                *shown = Shown::default();
                state.imported = false;
            }
            Call::Put(image) => {
                shown.clone_from(&image.shown);
                state.imported = true;
            }
        }
        state.shown.records.retain(|_, record| *record != Record::default());
    }

    /// The numbers of the groups that it made of this user.
    pub(super) fn made(&self, before: &State) -> Vec<u32> {
        let states = self.states(before);
        let made = states.windows(2).filter(|pair| pair[1].next_group > pair[0].next_group);
        made.map(|pair| pair[0].next_group).collect()
    }
}

impl Shown {
    fn group(&mut self, name: &str) -> &mut Group {
        let group = self.groups.iter_mut().find(|group| group.name == name);
        group.expect("only groups that are there are drawn")
    }

    fn id(&mut self, name: &str) -> u32 {
        self.group(name).id
    }
}

impl Mark {
    fn json(&self) -> Value {
        let bits = |mark: u64| (0..64).filter(|bit| mark >> bit & 1 == 1).collect::<Vec<u64>>();
        json!({ "OptType": 3, "ContactItem": self.contact, "ClearMark": bits(self.clear), "SetMark": bits(self.set),
            "CustomMark": self.custom })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(count: u64, mut look: impl FnMut(&Call, &[State])) {
        let (mut random, mut texts) = (Random::new(3), 0);
        let mut state = State { imported: true, ..State::default() };
        let mut image = None;
        for number in 0..count {
            let mut drawer = Drawer {
                random: &mut random,
                peers: 30,
                is_registered: true,
                texts: &mut texts,
                image: image.as_ref(),
            };
            let call = drawer.draw(&state);
            let states = call.states(&state);
            look(&call, &states);
            state = states[states.len() - 1].clone();
            if number % 50 == 10 && state.imported {
                image = Some(Image { line: String::new(), shown: state.shown.clone() });
            }
        }
    }

    #[test]
    fn drawn_calls_keep_a_user_as_he_may_be() {
        let mut renewed = 0;
        drawn(2_000, |call, states| {
            let (before, after) = (&states[0], &states[states.len() - 1]);
            let names: BTreeSet<&str> = after.shown.groups.iter().map(|group| group.name.as_str()).collect();
            assert_eq!(names.len(), after.shown.groups.len(), "{call:?}");
            assert!(names.len() as u64 <= GROUPS && after.shown.records.len() <= 30, "{call:?}");
            assert!(after.shown.records.values().all(|record| *record != Record::default()), "{call:?}");
            assert!(after.next_group >= before.next_group);
            let is_sure = call.renews() || matches!(call, Call::Apply(_) | Call::Import);
            assert!(before != after || !is_sure, "{call:?}");
            assert!(before.imported || matches!(call, Call::Import | Call::Put(_)), "{call:?}");
            renewed += u64::from(call.renews());
        });
        assert!(renewed > 0);
    }

    /// Else it could make a revision that shows nothing, and its writer would not know.
    #[test]
    fn no_single_command_undoes_what_it_did() {
        drawn(2_000, |call, _| {
            let contacts: Vec<_> = match call {
                Call::Mark(items) => items.iter().map(|item| &item.contact).collect(),
                Call::Members { changes, .. } => changes.iter().map(|(_, contact)| contact).collect(),
                _ => return,
            };
            assert_eq!(contacts.iter().collect::<BTreeSet<_>>().len(), contacts.len(), "{call:?}");
        });
    }

    #[test]
    fn groups_are_made_named_ordered_and_deleted() {
        let mut state = State::default();
        let name = |name: &str| name.to_owned();
        let calls = [
            Call::Create { name: name("a"), members: BTreeSet::from([contact(0), contact(1)]) },
            Call::Create { name: name("b"), members: BTreeSet::new() },
            Call::Create { name: name("c"), members: BTreeSet::from([contact(1)]) },
            Call::Order { names: vec![name("c")] },
            Call::Rename { old: name("b"), new: name("d") },
            Call::Ex { groups: vec![(name("c"), name("ex"))] },
            Call::Delete { name: name("a") },
        ];
        assert_eq!(Call::Apply(calls.to_vec()).made(&state), [1, 2, 3]);
        for call in &calls {
            call.carry_out(&mut state);
        }
        let groups: Vec<_> =
            state.shown.groups.iter().map(|group| (group.id, &*group.name, &*group.ex)).collect();
        assert_eq!(groups, [(3, "c", "ex"), (2, "d", "")]);
        assert_eq!(state.shown.records.keys().collect::<Vec<_>>(), [&contact(1)]);
    }
}
