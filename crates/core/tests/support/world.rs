//! A store in memory and the cycle of a command: read, find out, decide, apply.

use std::collections::BTreeMap;

use foldmark_core::changes::Changes;
use foldmark_core::command::{Command, Reads};
use foldmark_core::decide::decide;
use foldmark_core::decision::Verdict;
use foldmark_core::format::chat_group::{self, ChatGroupHead};
use foldmark_core::format::head::{self, UserHead};
use foldmark_core::format::record::{self, Row};
use foldmark_core::policy::{Context, Policy};
use foldmark_core::stored::Stored;
use foldmark_core::subject::{AppId, Kind, Revision, RowKey, Subject};
use foldmark_core::view::{self, View};

use crate::support::answer::Answer;
use crate::support::language::conversation;
use crate::support::snapshot::Snapshot;

/// The user whom commands are about unless they say otherwise.
pub(crate) const ANN: &str = "ann";

/// Everyone's stored bytes, the policy, and the moment.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) policy: Policy,
    pub(crate) now: u64,
    random: u64,
    subjects: BTreeMap<String, Kept>,
}

/// The stored bytes of one subject.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    revision: Revision,
    head: Vec<u8>,
    rows: BTreeMap<(Kind, Box<[u8]>), Vec<u8>>,
}

/// A command that was decided and, if it changed anything, committed.
pub(crate) struct Outcome {
    pub(crate) answer: Answer,
    pub(crate) changes: Option<Changes>,
    /// How much of the subject had to be read.
    pub(crate) reads: Reads,
    /// The revision of the earlier call whose answer was given. Not every test target asks.
    #[allow(dead_code)]
    pub(crate) repeats: Option<Revision>,
}

impl World {
    pub(crate) fn new() -> World {
        World { policy: Policy::default(), now: 100, random: 0, subjects: BTreeMap::new() }
    }

    /// Carries out `command` of `name`, and checks what holds of every command.
    pub(crate) fn run(&mut self, name: &str, command: &Command<'_>) -> Outcome {
        let is_new = self.kept(name).is_none();
        let outcome = self.decide(name, command);
        if let Some(changes) = &outcome.changes {
            assert!(!outcome.answer.is_refused(), "a refusal changes nothing");
            self.apply(name, changes);
            let snapshot = self.snapshot(name).filter(|_| is_new);
            let incarnation = snapshot.map_or(self.random, |snapshot| snapshot.head.incarnation);
            assert_eq!(incarnation, self.random, "chance makes the incarnation");
        }
        outcome
    }

    /// Lets the random numbers go on from elsewhere: those of another life of the world are not met again.
    #[allow(dead_code)]
    pub(crate) fn skip_chance(&mut self, numbers: u64) {
        self.random += numbers;
    }

    fn decide(&mut self, name: &str, command: &Command<'_>) -> Outcome {
        self.random += 1;
        let context = Context { now: self.now, random: self.random, policy: self.policy };
        let keys = command.row_keys();
        let mut reads = command.reads(&self.policy);
        loop {
            let keys = (reads == Reads::Named).then_some(keys.as_slice());
            let stored = self.read(name, keys);
            let view = View::decode(subject(name), &stored, reads).expect("what was stored is read");
            let view = self.answer(view, command);
            match decide(&view, command, &context) {
                Verdict::Needs(more) => {
                    assert!(more > reads, "asking for more must end");
                    reads = more;
                }
                Verdict::Decided(decision) => {
                    return Outcome {
                        answer: Answer::of(&decision.outcome),
                        changes: decision.changes,
                        reads,
                        repeats: decision.repeats,
                    };
                }
            }
        }
    }

    /// Answers every question about others.
    fn answer<'a>(&self, mut view: View<'a>, command: &Command<'a>) -> View<'a> {
        loop {
            let asked = view.questions(command, &self.policy);
            if asked.is_empty() {
                return view;
            }
            let absent = asked.iter().copied().filter(|conversation| !self.exists(conversation.peer()));
            let absent: Vec<_> = absent.collect();
            view = view.with_answers(asked, absent);
        }
    }

    fn apply(&mut self, name: &str, changes: &Changes) {
        let kept = self.subjects.entry(name.to_owned()).or_default();
        assert_eq!(changes.revision.get(), kept.revision.get() + 1, "one more than the base");
        let keys: Vec<_> = changes.rows.iter().map(|row| row.row_key()).collect();
        assert!(keys.is_sorted_by(|a, b| a < b), "rows ascend, each once");
        assert!(keys.iter().all(|key| key.kind != Kind::HEAD));
        kept.revision = changes.revision;
        kept.head.clone_from(&changes.head);
        for row in &changes.rows {
            let key = (row.kind, row.key.clone());
            match &row.value {
                Some(value) => drop(kept.rows.insert(key, value.clone())),
                None => drop(kept.rows.remove(&key)),
            }
        }
        if let Some(snapshot) = self.snapshot(name) {
            snapshot.check();
        }
    }

    /// The user `name`, `None` if nothing is stored of him or if it is a chat group.
    pub(crate) fn snapshot(&self, name: &str) -> Option<Snapshot> {
        if name.starts_with('@') {
            return None;
        }
        self.look(name, Snapshot::of)
    }

    /// The head of the chat group `name`.
    pub(crate) fn chat_group(&self, name: &str) -> Option<ChatGroupHead> {
        if !name.starts_with('@') {
            return None;
        }
        let kept = self.subjects.get(name)?;
        Some(chat_group::decode(subject(name), kept.revision, &kept.head).expect("what was stored is read"))
    }

    /// Hands everything that is stored of `name` to `look`.
    pub(crate) fn look<T>(&self, name: &str, look: impl FnOnce(&View<'_>) -> T) -> T {
        let stored = self.read(name, None);
        let view = View::decode(subject(name), &stored, Reads::Whole).expect("what was stored is read");
        look(&view)
    }

    /// The bytes of `name`.
    pub(crate) fn kept(&self, name: &str) -> Option<&Kept> {
        self.subjects.get(name)
    }

    /// Whether the user `name` is imported, or the chat group alive.
    pub(crate) fn exists(&self, name: &str) -> bool {
        view::exists(subject(name), &self.read(name, Some(&[]))).expect("what was stored is read")
    }

    /// Stores a user as he is, at `revision`.
    pub(crate) fn keep_user(&mut self, name: &str, revision: u64, head: &UserHead, rows: &[(String, Row)]) {
        let revision = Revision::new(revision);
        let mut kept =
            Kept { revision, head: head::encode(subject(name), revision, head), rows: BTreeMap::new() };
        for (other, row) in rows {
            let key = conversation(other).row_key();
            let value = record::encode(subject(name), key, row);
            kept.rows.insert((key.kind, key.key.into()), value);
        }
        self.subjects.insert(name.to_owned(), kept);
    }

    /// Stores a chat group as it is.
    pub(crate) fn keep_chat_group(&mut self, name: &str, head: &ChatGroupHead) {
        let revision = Revision::new(1);
        let kept =
            Kept { revision, head: chat_group::encode(subject(name), revision, head), rows: BTreeMap::new() };
        self.subjects.insert(name.to_owned(), kept);
    }

    /// Reads the head and the rows of `keys`, or all rows.
    fn read(&self, name: &str, keys: Option<&[RowKey<'_>]>) -> Stored {
        let Some(kept) = self.subjects.get(name) else {
            return Stored::absent();
        };
        let mut stored = Stored::new(kept.revision, &kept.head);
        for ((kind, key), value) in &kept.rows {
            let key = RowKey { kind: *kind, key };
            if keys.is_none_or(|keys| keys.contains(&key)) {
                stored.push(key, value);
            }
        }
        stored
    }
}

fn subject(name: &str) -> Subject<'_> {
    let app = AppId::new(1).expect("1 is not 0");
    conversation(name).peer_subject(app)
}
