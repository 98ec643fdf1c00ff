//! A history, command by command, with everything that must hold after each.

use std::collections::{BTreeMap, BTreeSet};

use foldmark_core::command::{Command, Reads};
use foldmark_core::decision::Refusal;
use foldmark_core::image::UserImage;
use foldmark_core::policy::Registration;

use crate::feed::Feed;
use crate::naive::{Naive, User};
use crate::support::answer::{Answer, Shown};
use crate::support::given::setting;
use crate::support::language::{others, parse};
use crate::support::snapshot::Snapshot;
use crate::support::world::{Outcome, World};

/// The world, the naive model of it, and what has been seen of every user so far.
pub(crate) struct Run {
    world: World,
    naive: Naive,
    seen: BTreeMap<String, Seen>,
}

#[derive(Default)]
struct Seen {
    group_ids: BTreeSet<u32>,
    record_numbers: BTreeSet<u32>,
    feed: Feed,
}

impl Run {
    pub(crate) fn new() -> Run {
        Run { world: World::new(), naive: Naive::default(), seen: BTreeMap::new() }
    }

    /// Carries out one line in both worlds.
    pub(crate) fn line(&mut self, line: &str) {
        if setting(&mut self.world, line) {
            return;
        }
        let (name, command) = parse(line);
        let before = self.world.snapshot(name);
        let outcome = self.world.run(name, &command);
        let after = self.world.snapshot(name);

        let expected = self.naive.run(name, &command, &self.world.policy, self.world.now);
        assert_eq!(outcome.answer, expected, "{line}");
        if let (Some(user), Some(after)) = (self.naive.users.get(name), &after) {
            check_same(user, after);
        }
        assert_eq!(self.world.chat_group(name).is_some_and(|head| head.alive), self.naive.is_alive(name));
        if self.world.policy.chat_groups == Registration::Open {
            assert!(outcome.reads <= Reads::Whole, "nobody asks whether chat groups are alive");
        }
        check_items(&command, &outcome, before.as_ref(), after.as_ref());
        if is_read(&command) {
            assert!(outcome.changes.is_none(), "reading changes nothing: {line}");
        }
        self.check_never_reused(name, before.as_ref(), after.as_ref());
        let seen = self.seen.entry(name.to_owned()).or_default();
        seen.feed.follow(after.as_ref(), outcome.changes.as_ref());
        self.check_repeated(name, &command, &outcome);
    }

    /// Whoever moves to another store is the same there, and can move only once.
    pub(crate) fn check_moves(&self) {
        for name in ["ann", "bob", "carl"] {
            let Some(here) = self.world.snapshot(name) else { continue };
            let mut there = World::new();
            self.world.look(name, |view| {
                let image = UserImage::of(view).expect("something is stored");
                let put = Command::PutUser { image: &image, replace: false };
                assert_eq!(there.run(name, &put).answer, Answer::Done);
                assert!(there.run(name, &put).changes.is_none(), "again");
            });
            let there = there.snapshot(name).expect("he was put");
            assert_eq!((here.groups(), here.shown()), (there.groups(), there.shown()));
            let facts = |user: &Snapshot| {
                let head = user.head.clone();
                (head.imported, head.nick, head.face_url, head.next_group_id, head.next_record_number)
            };
            assert_eq!(facts(&here), facts(&there));
            assert!(there.removals.is_empty() && there.head.removed_groups.is_empty());
        }
    }

    /// Ann carries out `lines` together in one copy of the world, and one after the other in another.
    pub(crate) fn check_apply(&self, lines: &[String]) {
        let (mut together, mut apart) = (self.world.clone(), self.world.clone());
        let text = format!("apply {}", lines.join("; "));
        let (_, command) = parse(&text);
        let outcome = together.run("ann", &command);
        let answers: Vec<Answer> = lines.iter().map(|line| apart.run("ann", &parse(line).1).answer).collect();
        let fails = |answer: &Answer| answer.is_refused() || answer.results().iter().any(Result::is_err);
        let all_work = !answers.iter().any(fails);
        match outcome.answer {
            Answer::Applied { ids } => {
                assert!(all_work, "{text}: {answers:?}");
                assert_eq!(ids.len(), lines.len());
                let seen = |world: &World| {
                    let snapshot = world.snapshot("ann").expect("he was written");
                    let mut shown = snapshot.shown();
                    // Whether a conversation that was forgotten in between begins anew depends on the commit.
                    shown.iter_mut().for_each(|shown| shown.number = 0);
                    shown.sort_by(|a, b| a.name.cmp(&b.name));
                    (snapshot.groups(), shown)
                };
                assert_eq!(seen(&together), seen(&apart), "{text}");
                let revision = |world: &World| world.snapshot("ann").map_or(0, |user| user.revision);
                assert!(revision(&together) <= revision(&self.world) + 1, "one commit");
            }
            Answer::NotApplied { .. } | Answer::Refused(_) => {
                assert!(!all_work, "{text}: {answers:?}");
                assert!(outcome.changes.is_none() && together.kept("ann") == self.world.kept("ann"));
            }
            other => panic!("{other}"),
        }
    }

    /// No group and no record gets an id or number that was ever given before.
    fn check_never_reused(&mut self, name: &str, before: Option<&Snapshot>, after: Option<&Snapshot>) {
        let Some(after) = after else { return };
        let seen = self.seen.entry(name.to_owned()).or_default();
        for id in after.groups().into_keys() {
            let old = before.is_some_and(|before| before.groups().contains_key(&id));
            assert_eq!(seen.group_ids.insert(id), !old, "group {id}\n{after}");
        }
        for (other, record) in &after.records {
            let old = before.and_then(|before| before.records.get(other));
            let old = old.is_some_and(|old| old.number == record.number);
            let number = record.number;
            assert_eq!(seen.record_numbers.insert(number), !old, "#{number}\n{after}");
        }
    }

    /// A command that can be sent again without harm changes nothing the second time, and gets the same answer.
    fn check_repeated(&mut self, name: &str, command: &Command<'_>, outcome: &Outcome) {
        if outcome.answer.is_refused() {
            return;
        }
        let again = match command {
            Command::RenameGroup { old, new } if old != new => Answer::Refused(Refusal::GroupUnknown),
            Command::DeleteGroup { .. } => Answer::Refused(Refusal::GroupUnknown),
            Command::DestroyChatGroup => Answer::Refused(Refusal::NoSuchChatGroup),
            Command::ChangeMembers { .. } | Command::Mark { .. } if !is_repeatable(command, outcome) => {
                return;
            }
            // Both depend on who was named and on the policy; the tables have them.
            Command::CreateChatGroup { .. } | Command::DeleteAccount => return,
            _ => outcome.answer.clone(),
        };
        let repeated = self.world.clone().run(name, command);
        assert_eq!(repeated.answer, again, "{command:?} again");
        assert!(repeated.changes.is_none(), "{command:?} again");
    }
}

/// Whether no conversation is named twice and nobody lacked room that a later item may have made.
fn is_repeatable(command: &Command<'_>, outcome: &Outcome) -> bool {
    let named = others(command);
    let once: BTreeSet<&str> = named.iter().copied().collect();
    let full =
        |refusal: &Refusal| matches!(refusal, Refusal::TooManyGrouped { .. } | Refusal::TooManyMarked { .. });
    let results = outcome.answer.results().iter();
    let lacked_room = results.filter_map(|result| result.as_ref().err()).any(full);
    once.len() == named.len() && !lacked_room
}

fn is_read(command: &Command<'_>) -> bool {
    !command.writes()
}

fn check_same(user: &User, snapshot: &Snapshot) {
    let head = &snapshot.head;
    assert_eq!(user.imported, head.imported);
    assert_eq!((&*user.nick, &*user.face), (&*head.nick, &*head.face_url));
    assert_eq!(user.groups, snapshot.groups());
    assert_eq!(user.shown(), snapshot.shown());
}

/// One result an item, and nothing changed of a conversation all of whose items were refused. Only the records of
/// disbanded chat groups may go by themselves, to make room.
fn check_items(
    command: &Command<'_>,
    outcome: &Outcome,
    before: Option<&Snapshot>,
    after: Option<&Snapshot>,
) {
    if outcome.answer.is_refused() || is_read(command) {
        return;
    }
    let results = outcome.answer.results();
    let named = others(command);
    if !matches!(command, Command::CreateChatGroup { .. }) {
        assert_eq!(results.len(), named.len(), "one result an item");
    }
    let accepted: BTreeSet<&str> =
        named.iter().zip(results).filter(|(_, result)| result.is_ok()).map(|(name, _)| *name).collect();
    for (name, result) in named.iter().zip(results) {
        if accepted.contains(name) || *result == Err(Refusal::ChatGroupUnknown) {
            continue;
        }
        assert_eq!(shown(before, name), shown(after, name), "{name} was refused");
    }
}

fn shown(snapshot: Option<&Snapshot>, name: &str) -> Option<Shown> {
    let all = snapshot?.shown();
    all.into_iter().find(|shown| shown.name == name)
}
