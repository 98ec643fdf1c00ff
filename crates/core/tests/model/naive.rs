//! The protocol written down as plainly as can be: sets and maps, no bitmaps, no counters, everything copied.

use std::collections::{BTreeMap, BTreeSet};

use foldmark_core::command::{Command, MarkItem, MemberChange};
use foldmark_core::decision::{ItemResult, Refusal};
use foldmark_core::policy::{Policy, Registration};
use foldmark_core::subject::Conversation;

use crate::support::answer::{Answer, Shown};

const PAGE: usize = 100;

/// Everyone.
#[derive(Default)]
pub(crate) struct Naive {
    pub(crate) users: BTreeMap<String, User>,
    chat_groups: BTreeMap<String, ChatGroup>,
}

/// What is kept about a user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) imported: bool,
    pub(crate) nick: String,
    pub(crate) face: String,
    pub(crate) groups: BTreeMap<u32, String>,
    pub(crate) records: BTreeMap<String, Record>,
    groups_made: u32,
    records_made: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    number: u32,
    groups: BTreeSet<u32>,
    bits: BTreeSet<u32>,
    custom: String,
    timestamp: u64,
}

struct ChatGroup {
    alive: bool,
    owner: String,
}

/// A command while it is carried out.
struct Call<'n> {
    all: &'n Naive,
    policy: &'n Policy,
    now: u64,
}

impl Naive {
    pub(crate) fn run(&mut self, name: &str, command: &Command<'_>, policy: &Policy, now: u64) -> Answer {
        match command {
            Command::CreateChatGroup { owner, .. } => {
                let owner = owner.map_or("", |owner| owner.as_str());
                return self.found(name, owner, policy);
            }
            Command::DestroyChatGroup => return self.disband(name),
            Command::ImportAccount { nick, face_url } => {
                let user = self.users.entry(name.to_owned()).or_default();
                user.imported = true;
                user.nick = nick.map_or(user.nick.clone(), str::to_owned);
                user.face = face_url.map_or(user.face.clone(), str::to_owned);
                return Answer::Done;
            }
            _ => {}
        }
        let mut user = self.users.get(name).cloned().unwrap_or_default();
        if policy.accounts == Registration::Registered && !user.imported {
            return Answer::Refused(Refusal::UserUnknown);
        }
        let all = self;
        let call = Call { all, policy, now };
        let answer = call.carry_out(&mut user, command);
        if !answer.is_refused() {
            all.users.insert(name.to_owned(), user);
        }
        answer
    }

    /// Whether there is a chat group `id`, alive.
    pub(crate) fn is_alive(&self, id: &str) -> bool {
        self.chat_groups.get(id).is_some_and(|chat_group| chat_group.alive)
    }

    fn found(&mut self, id: &str, owner: &str, policy: &Policy) -> Answer {
        if !owner.is_empty() && policy.accounts == Registration::Registered && !self.imported(owner) {
            return Answer::Refused(Refusal::OwnerUnknown);
        }
        if let Some(other) = self.chat_groups.get(id).filter(|other| other.alive) {
            let same_owner = !owner.is_empty() && other.owner == owner;
            return Answer::Refused(Refusal::ChatGroupTaken { same_owner });
        }
        let owner = owner.to_owned();
        self.chat_groups.insert(id.to_owned(), ChatGroup { alive: true, owner });
        Answer::Done
    }

    fn disband(&mut self, id: &str) -> Answer {
        match self.chat_groups.get_mut(id) {
            Some(chat_group) if chat_group.alive => {
                chat_group.alive = false;
                Answer::Done
            }
            _ => Answer::Refused(Refusal::NoSuchChatGroup),
        }
    }

    fn imported(&self, name: &str) -> bool {
        self.users.get(name).is_some_and(|user| user.imported)
    }
}

impl Call<'_> {
    fn carry_out(&self, user: &mut User, command: &Command<'_>) -> Answer {
        match command {
            Command::CreateGroup { name, members } => self.create(user, name, members),
            Command::RenameGroup { old, new } => self.rename(user, old, new),
            Command::ChangeMembers { group, changes } => {
                let Some(id) = user.group(group) else {
                    return Answer::Refused(Refusal::GroupUnknown);
                };
                let results = self.with_room(user, |user| {
                    let change = |change: &MemberChange<'_>| match *change {
                        MemberChange::Add(other) => self.add(user, id, other),
                        MemberChange::Remove(other) => {
                            self.leave(user, id, other.peer());
                            Ok(())
                        }
                    };
                    changes.iter().map(change).collect()
                });
                Answer::Changed { id, results }
            }
            Command::DeleteGroup { name } => {
                let Some(id) = user.group(name) else {
                    return Answer::Refused(Refusal::GroupUnknown);
                };
                let members: Vec<String> = user.records.keys().cloned().collect();
                for member in members {
                    self.leave(user, id, &member);
                }
                user.groups.remove(&id);
                Answer::Deleted { id }
            }
            Command::Mark { items } => Answer::Marked {
                results: self
                    .with_room(user, |user| items.iter().map(|item| self.mark(user, item)).collect()),
            },
            Command::GetPage { start } => self.page(user, *start),
            Command::Search { conversations } => self.search(user, conversations),
            Command::DeleteAccount => {
                *user = User {
                    groups_made: user.groups_made,
                    records_made: user.records_made,
                    ..User::default()
                };
                Answer::Done
            }
            _ => panic!("not about a user's data"),
        }
    }

    fn create(&self, user: &mut User, name: &str, members: &[Conversation<'_>]) -> Answer {
        if let Err(refusal) = self.check_name(name) {
            return Answer::Refused(refusal);
        }
        let id = match user.group(name) {
            Some(id) => id,
            None => {
                let limit = self.policy.limits.groups;
                if user.groups.len() >= limit as usize {
                    return Answer::Refused(Refusal::TooManyGroups { limit });
                }
                user.groups_made += 1;
                user.groups.insert(user.groups_made, name.to_owned());
                user.groups_made
            }
        };
        let results =
            self.with_room(user, |user| members.iter().map(|member| self.add(user, id, *member)).collect());
        Answer::Created { id, results }
    }

    fn rename(&self, user: &mut User, old: &str, new: &str) -> Answer {
        if let Err(refusal) = self.check_name(new) {
            return Answer::Refused(refusal);
        }
        let Some(id) = user.group(old) else {
            return Answer::Refused(Refusal::GroupUnknown);
        };
        if user.group(new).is_some_and(|other| other != id) {
            return Answer::Refused(Refusal::GroupNameTaken);
        }
        user.groups.insert(id, new.to_owned());
        Answer::Renamed { id }
    }

    /// Runs items; if one met a full limit, runs them again without the records of disbanded chat groups, if that
    /// makes a difference to any.
    fn with_room(
        &self,
        user: &mut User,
        mut run: impl FnMut(&mut User) -> Vec<ItemResult>,
    ) -> Vec<ItemResult> {
        let mut roomier = user.clone();
        let results = run(user);
        let full = |result: &ItemResult| {
            matches!(result, Err(Refusal::TooManyGrouped { .. } | Refusal::TooManyMarked { .. }))
        };
        if !results.iter().any(full) {
            return results;
        }
        roomier.records.retain(|name, _| !self.is_hidden(name));
        let retried = run(&mut roomier);
        if retried == results {
            return results;
        }
        *user = roomier;
        retried
    }

    fn add(&self, user: &mut User, id: u32, other: Conversation<'_>) -> ItemResult {
        self.check_peer(other)?;
        let name = other.peer();
        let groups = user.records.get(name).map(|record| record.groups.clone());
        let groups = groups.unwrap_or_default();
        if groups.contains(&id) {
            return Ok(());
        }
        let limit = self.policy.limits.grouped_conversations;
        let grouped = user.records.values().filter(|record| !record.groups.is_empty());
        if groups.is_empty() && grouped.count() >= limit as usize {
            return Err(Refusal::TooManyGrouped { limit });
        }
        let record = self.change(user, name);
        record.groups.insert(id);
        Ok(())
    }

    fn leave(&self, user: &mut User, id: u32, name: &str) {
        if user.records.get(name).is_some_and(|record| record.groups.contains(&id)) {
            self.change(user, name).groups.remove(&id);
            user.records.retain(|_, record| !record.is_empty());
        }
    }

    fn mark(&self, user: &mut User, item: &MarkItem<'_>) -> ItemResult {
        if item.set != 0 || item.custom.is_some_and(|custom| !custom.is_empty()) {
            self.check_peer(item.conversation)?;
        }
        let name = item.conversation.peer();
        let (old_bits, old_custom) = match user.records.get(name) {
            Some(record) => (record.bits.clone(), record.custom.clone()),
            None => Default::default(),
        };
        let mut bits = old_bits.clone();
        bits.retain(|bit| item.clear >> bit & 1 == 0);
        bits.extend((0..64).filter(|bit| item.set >> bit & 1 == 1));
        let custom = item.custom.map_or(old_custom.clone(), str::to_owned);
        if bits == old_bits && custom == old_custom {
            return Ok(());
        }
        let limit = self.policy.limits.marked_conversations;
        let marked = user.records.values().filter(|record| record.is_marked());
        let was_marked = !old_bits.is_empty() || !old_custom.is_empty();
        if !was_marked && marked.count() >= limit as usize {
            return Err(Refusal::TooManyMarked { limit });
        }
        let record = self.change(user, name);
        record.bits = bits;
        record.custom = custom;
        user.records.retain(|_, record| !record.is_empty());
        Ok(())
    }

    /// The record of `name`, made if there is none, to be changed now.
    fn change<'u>(&self, user: &'u mut User, name: &str) -> &'u mut Record {
        if !user.records.contains_key(name) {
            let record = Record {
                number: user.records_made,
                groups: BTreeSet::new(),
                bits: BTreeSet::new(),
                custom: String::new(),
                timestamp: 0,
            };
            user.records.insert(name.to_owned(), record);
            user.records_made += 1;
        }
        let record = user.records.get_mut(name).expect("it is there now");
        record.timestamp = self.now;
        record
    }

    fn page(&self, user: &User, start: u64) -> Answer {
        let mut records = user.shown();
        records.retain(|shown| u64::from(shown.number) >= start && !self.is_hidden(&shown.name));
        let next = (records.len() > PAGE).then(|| records[PAGE - 1].number + 1);
        records.truncate(PAGE);
        Answer::Page { records, groups: user.groups.clone().into_iter().collect(), next }
    }

    fn search(&self, user: &User, conversations: &[Conversation<'_>]) -> Answer {
        let hidden = conversations.iter().position(|other| self.is_hidden(other.peer()));
        if let Some(index) = hidden {
            return Answer::Refused(Refusal::SearchedChatGroupUnknown { index });
        }
        let all = user.shown();
        let mut records: Vec<Shown> = Vec::new();
        let mut groups = BTreeSet::new();
        for other in conversations {
            let found = all.iter().find(|shown| shown.name == other.peer());
            if let Some(found) = found.filter(|found| !records.contains(found)) {
                records.push(found.clone());
                groups.extend(found.groups.iter().map(|id| (*id, user.groups[id].clone())));
            }
        }
        Answer::Found { records, groups: groups.into_iter().collect() }
    }

    fn check_name(&self, name: &str) -> Result<(), Refusal> {
        let limit = self.policy.limits.group_name_bytes;
        match name.len() {
            0 => Err(Refusal::GroupNameEmpty),
            length if length > limit => Err(Refusal::GroupNameTooLong { limit }),
            _ => Ok(()),
        }
    }

    fn check_peer(&self, other: Conversation<'_>) -> ItemResult {
        let name = other.peer();
        match other {
            Conversation::User(_) => {
                let registered = self.policy.accounts == Registration::Registered;
                if registered && !self.all.imported(name) {
                    return Err(Refusal::PeerUnknown);
                }
            }
            Conversation::ChatGroup(_) if self.is_hidden(name) => return Err(Refusal::ChatGroupUnknown),
            Conversation::ChatGroup(_) => {}
        }
        Ok(())
    }

    /// Whether `name` is a chat group that does not exist where chat groups must be registered.
    fn is_hidden(&self, name: &str) -> bool {
        name.starts_with('@')
            && !self.all.is_alive(name)
            && self.policy.chat_groups == Registration::Registered
    }
}

impl User {
    /// The records, in order of number.
    pub(crate) fn shown(&self) -> Vec<Shown> {
        let mut all = Vec::new();
        for (name, record) in &self.records {
            all.push(Shown {
                name: name.clone(),
                number: record.number,
                groups: record.groups.iter().copied().collect(),
                bits: record.bits.iter().fold(0, |bits, bit| bits | 1 << bit),
                custom: record.custom.clone(),
                timestamp: record.timestamp,
            });
        }
        all.sort_by_key(|shown| shown.number);
        all
    }

    fn group(&self, name: &str) -> Option<u32> {
        let found = self.groups.iter().find(|(_, other)| *other == name);
        found.map(|(id, _)| *id)
    }
}

impl Record {
    fn is_marked(&self) -> bool {
        !self.bits.is_empty() || !self.custom.is_empty()
    }

    fn is_empty(&self) -> bool {
        self.groups.is_empty() && !self.is_marked()
    }
}
