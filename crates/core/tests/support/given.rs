//! Descriptions of a state, a line each.
//!
//! ```text
//! never written                       nothing is stored of Ann; otherwise she is imported
//! not imported                        Ann has a head, but no account
//! nick Ann, face http
//! forgotten 3                         changes are known from there on
//! revision 5                          before everything else that has a revision
//! next group 3                        next record 1
//! group 1 work, rev 5
//! removed group 2, rev 5
//! #0 bob: in 1, bits 0 3, custom "x", at 10, rev 5
//! removed dora: at 10, rev 5
//! absent bob @team                    never imported, never founded; everyone else who is named exists
//! disbanded @team
//! chat-group @team Public "The team" owner bob
//! limits groups 2, grouped 3, marked 3, name 8
//! open accounts                       open chat-groups
//! clock 100
//! ```
//!
//! The revision is 5, revisions left out are the state's own, times left out are 10, the next numbers follow the
//! highest that are used, and counters are counted.

use std::collections::BTreeSet;

use foldmark_core::format::chat_group::ChatGroupHead;
use foldmark_core::format::head::{Group, RemovedGroup, UserHead};
use foldmark_core::format::record::{Record, Removal, Row};
use foldmark_core::mark::{CustomMark, GroupEx, GroupId, GroupName, GroupSet, Slot, StandardMark};
use foldmark_core::policy::Registration;
use foldmark_core::subject::Revision;

use crate::support::words::Words;
use crate::support::world::{ANN, World};

/// A world as described, and who must not come to exist in it by being named.
#[derive(Clone)]
pub(crate) struct Given {
    pub(crate) world: World,
    absent: BTreeSet<String>,
}

impl Given {
    pub(crate) fn new(text: &str) -> Given {
        let mut builder = Builder::new();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            builder.line(line);
        }
        builder.build()
    }

    /// Makes `name` exist, unless the description says something about it.
    pub(crate) fn suppose(&mut self, name: &str) {
        if self.absent.contains(name) || self.world.kept(name).is_some() {
            return;
        }
        if name.starts_with('@') {
            self.world.keep_chat_group(name, &plain_chat_group());
        } else {
            let head = UserHead { imported: true, ..UserHead::new(0) };
            self.world.keep_user(name, 1, &head, &[]);
        }
    }
}

/// Changes what the policy of `world` says, or its clock; false if `line` is about something else.
pub(crate) fn setting(world: &mut World, line: &str) -> bool {
    let mut words = Words::new(line);
    match words.next() {
        "clock" => world.now = words.number(),
        "open" => *registration(world, &mut words) = Registration::Open,
        "registered" => *registration(world, &mut words) = Registration::Registered,
        "limits" => {
            let limits = &mut world.policy.limits;
            let mut more = true;
            while more {
                match words.next() {
                    "groups" => limits.groups = words.number(),
                    "grouped" => limits.grouped_conversations = words.number(),
                    "marked" => limits.marked_conversations = words.number(),
                    "name" => limits.group_name_bytes = words.number(),
                    other => words.unknown(other),
                }
                more = words.more();
            }
        }
        _ => return false,
    }
    words.end();
    true
}

fn registration<'w>(world: &'w mut World, words: &mut Words<'_>) -> &'w mut Registration {
    match words.next() {
        "accounts" => &mut world.policy.accounts,
        "chat-groups" => &mut world.policy.chat_groups,
        other => words.unknown(other),
    }
}

struct Builder {
    world: World,
    absent: BTreeSet<String>,
    written: bool,
    revision: u64,
    head: UserHead,
    rows: Vec<(String, Row)>,
}

impl Builder {
    fn new() -> Builder {
        Builder {
            world: World::new(),
            absent: BTreeSet::new(),
            written: true,
            revision: 5,
            head: UserHead { imported: true, ..UserHead::new(0) },
            rows: Vec::new(),
        }
    }

    fn line(&mut self, line: &str) {
        if setting(&mut self.world, line) {
            return;
        }
        let mut words = Words::new(line);
        match words.next() {
            "never" => {
                words.expect("written");
                self.written = false;
            }
            "not" => {
                words.expect("imported");
                self.head.imported = false;
            }
            "nick" => self.profile(&mut words),
            "revision" => self.revision = words.number(),
            "forgotten" => self.head.changes_since = Revision::new(words.number()),
            "next" => match words.next() {
                "group" => self.head.next_group_id = words.number(),
                "record" => self.head.next_record_number = words.number(),
                other => words.unknown(other),
            },
            "group" => self.group(&mut words),
            "removed" => self.removed(&mut words),
            "absent" => self.absent.extend(words.names().into_iter().map(str::to_owned)),
            "disbanded" => {
                for name in words.names() {
                    let head = ChatGroupHead { alive: false, ..plain_chat_group() };
                    self.world.keep_chat_group(name, &head);
                }
            }
            "chat-group" => {
                let name = words.next();
                let head = ChatGroupHead {
                    kind: words.next().into(),
                    name: words.next().into(),
                    owner: if words.take("owner") { words.next() } else { "" }.into(),
                    ..plain_chat_group()
                };
                self.world.keep_chat_group(name, &head);
            }
            word if word.starts_with('#') => self.record(word, &mut words),
            other => words.unknown(other),
        }
        words.end();
    }

    fn profile(&mut self, words: &mut Words<'_>) {
        self.head.nick = words.next().into();
        words.expect(",");
        words.expect("face");
        self.head.face_url = words.next().into();
    }

    fn group(&mut self, words: &mut Words<'_>) {
        let id = words.number();
        let slot = self.head.groups.len() as u8;
        let name = GroupName::parse(words.next(), usize::MAX).expect("tests describe valid groups");
        self.head.groups.push(Group {
            id: GroupId(id),
            slot: Slot::new(slot).expect("tests describe few groups"),
            name,
            revision: self.revision_of(words),
            order: 0,
            ex: GroupEx::default(),
        });
        self.head.next_group_id = self.head.next_group_id.max(id + 1);
    }

    fn removed(&mut self, words: &mut Words<'_>) {
        if words.take("group") {
            let id = words.number();
            let revision = self.revision_of(words);
            self.head.removed_groups.push(RemovedGroup { id: GroupId(id), revision });
            self.head.next_group_id = self.head.next_group_id.max(id + 1);
            return;
        }
        let name = words.next().to_owned();
        let time = if words.take(":") && words.take("at") { words.number() } else { 10 };
        let revision = self.revision_of(words);
        self.rows.push((name, Row::Removal(Removal { revision, time })));
    }

    fn record(&mut self, number: &str, words: &mut Words<'_>) {
        let mut record = Record {
            number: number[1..].parse().expect("a record has a number"),
            revision: Revision::new(self.revision),
            timestamp: 10,
            standard_mark: StandardMark::default(),
            custom_mark: CustomMark::default(),
            groups: GroupSet::default(),
        };
        let name = words.next().to_owned();
        words.expect(":");
        let mut more = true;
        while more {
            match words.next() {
                "in" => {
                    for id in words.numbers() {
                        let group = self.head.groups.iter().find(|group| group.id.0 == id);
                        let group = group.expect("groups are described before records");
                        record.groups = record.groups.with(group.slot);
                    }
                }
                "bits" => {
                    for bit in words.numbers() {
                        record.standard_mark.0 |= 1 << bit;
                    }
                }
                "custom" => record.custom_mark = custom_mark(words.next()),
                "at" => record.timestamp = words.number(),
                "rev" => record.revision = Revision::new(words.number()),
                other => words.unknown(other),
            }
            more = words.more();
        }
        self.head.next_record_number = self.head.next_record_number.max(record.number + 1);
        self.rows.push((name, Row::Record(record)));
    }

    fn revision_of(&self, words: &mut Words<'_>) -> Revision {
        if words.ended() {
            return Revision::new(self.revision);
        }
        words.expect(",");
        words.expect("rev");
        Revision::new(words.number())
    }

    fn build(mut self) -> Given {
        for (_, row) in &self.rows {
            match row {
                Row::Record(record) => {
                    self.head.records += 1;
                    self.head.grouped += u32::from(record.is_grouped());
                    self.head.marked += u32::from(record.is_marked());
                }
                Row::Removal(_) => self.head.removals += 1,
            }
        }
        if self.written {
            self.world.keep_user(ANN, self.revision, &self.head, &self.rows);
            let snapshot = self.world.snapshot(ANN).expect("it was just stored");
            snapshot.check();
        }
        if !self.written {
            self.absent.insert(ANN.to_owned());
        }
        let mut given = Given { world: self.world, absent: self.absent };
        for (name, _) in &self.rows {
            given.suppose(name);
        }
        given
    }
}

fn custom_mark(text: &str) -> CustomMark {
    CustomMark::parse(text, usize::MAX).expect("tests describe valid custom marks")
}

fn plain_chat_group() -> ChatGroupHead {
    ChatGroupHead { alive: true, kind: "Public".into(), name: "Team".into(), owner: "".into(), created: 10 }
}
