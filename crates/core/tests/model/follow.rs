//! Followers of one user, who know nothing but what they are told and a cursor.

use std::collections::BTreeMap;

use foldmark_core::command::Command;
use foldmark_core::feed::Cursor;
use proptest::prelude::*;

use crate::lines::{arrange, feed_line, line};
use crate::support::answer::{Answer, Shown, Told};
use crate::support::given::{Given, setting};
use crate::support::language::{others, parse};

const USER: &str = "ann";

/// What happens next.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Somebody does something.
    Line(String),
    /// This follower asks for a page of this size.
    Ask(usize, usize),
    /// A new follower comes.
    Come,
    /// The whole world is as it was when it was saved last, as after a restore; Ann is another one from here on.
    Restore,
    /// The world is saved.
    Save,
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => line().prop_map(Step::Line),
        2 => arrange().prop_map(|line| Step::Line(format!("{USER}> {line}"))),
        8 => (0..4_usize, 1..4_usize).prop_map(|(follower, limit)| Step::Ask(follower, limit)),
        1 => Just(Step::Come),
        1 => Just(Step::Restore),
        1 => Just(Step::Save),
    ]
}

pub(crate) fn step_near_bounds() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => feed_line().prop_map(Step::Line),
        6 => (0..4_usize, 1..60_usize).prop_map(|(follower, limit)| Step::Ask(follower, limit)),
        1 => Just(Step::Come),
    ]
}

/// A user and those who follow him.
pub(crate) struct Follow {
    given: Given,
    saved: Given,
    /// Makes sure that no two incarnations are the same.
    restored: u64,
    followers: Vec<Follower>,
}

#[derive(Default)]
struct Follower {
    cursor: Option<Cursor<'static>>,
    state: State,
    asked: bool,
    /// By the last page.
    was_reset: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct State {
    groups: BTreeMap<u32, (String, u32, String)>,
    records: BTreeMap<String, Shown>,
}

impl Follow {
    pub(crate) fn new(prelude: &str) -> Follow {
        let mut follow = Follow::given("never written");
        for line in prelude.lines().map(str::trim) {
            follow.step(&Step::Line(line.to_owned()));
        }
        follow
    }

    pub(crate) fn given(given: &str) -> Follow {
        let followers = vec![Follower::default()];
        Follow { given: Given::new(given), saved: Given::new(given), restored: 0, followers }
    }

    pub(crate) fn step(&mut self, step: &Step) {
        match step {
            Step::Line(line) if setting(&mut self.given.world, line) => {}
            Step::Line(line) => {
                let (name, command) = parse(line);
                if self.given.world.kept(USER).is_some_and(|_| line.starts_with("mark u")) {
                    others(&command).iter().for_each(|other| self.given.suppose(other));
                }
                self.given.world.run(name, &command);
            }
            Step::Ask(follower, limit) => {
                let place = follower % self.followers.len();
                self.ask(place, *limit);
            }
            Step::Come => self.followers.push(Follower::default()),
            Step::Save => self.saved = self.given.clone(),
            Step::Restore => {
                self.given = self.saved.clone();
                self.restored += 1;
                self.given.world.skip_chance(self.restored * 1_000_000);
                self.given.world.run(USER, &Command::RenewIncarnation);
            }
        }
    }

    /// Everyone catches up, one by one as slowly as can be, and knows what there is.
    pub(crate) fn end(&mut self) {
        for place in 0..self.followers.len() {
            let mut asked = 0;
            while self.ask(place, 7) {
                asked += 1;
                let follower = &self.followers[place];
                assert!(asked == 1 || !follower.was_reset, "nothing happened meanwhile");
                assert!(asked < 400, "the end is never reached");
            }
        }
    }

    /// Asks for a page, and says whether there is more. At the end the follower must know everything.
    fn ask(&mut self, place: usize, limit: usize) -> bool {
        let from = self.followers[place].cursor;
        let outcome = self.given.world.run(USER, &Command::GetChanges { from, limit });
        assert!(outcome.changes.is_none());
        let told = match outcome.answer {
            Answer::Changes(told) => told,
            // Not imported, or not any more.
            answer => {
                assert!(answer.is_refused(), "{answer}");
                return false;
            }
        };
        let present = self.present();
        let follower = &mut self.followers[place];
        assert!(told.reset || follower.asked, "everything comes first");
        follower.apply(&told, limit);
        if !told.more {
            assert_eq!(follower.state, present);
            let world = &mut self.given.world;
            let again = world.run(USER, &Command::GetChanges { from: Some(told.cursor), limit }).answer;
            let Answer::Changes(again) = again else { panic!("{again}") };
            let empty = again.records.is_empty() && again.removed.is_empty();
            let empty = empty && again.groups.is_empty() && again.removed_groups.is_empty();
            assert!(empty && !again.more && !again.reset, "nothing is told twice: {again}");
        }
        told.more
    }

    fn present(&self) -> State {
        let Some(snapshot) = self.given.world.snapshot(USER) else {
            return State::default();
        };
        let groups = snapshot.head.groups.iter().map(|group| {
            let (name, ex) = (group.name.as_str().to_owned(), group.ex.as_str().to_owned());
            (group.id.0, (name, group.order, ex))
        });
        let records = snapshot.shown().into_iter();
        State {
            groups: groups.collect(),
            records: records.map(|shown| (shown.name.clone(), shown)).collect(),
        }
    }
}

impl Follower {
    fn apply(&mut self, told: &Told, limit: usize) {
        let count = told.records.len() + told.removed.len() + told.groups.len() + told.removed_groups.len();
        assert!(count <= limit && (count == limit || !told.more), "{count} of {limit}: {told}");
        self.asked = true;
        self.was_reset = told.reset;
        self.cursor = Some(told.cursor);
        if told.reset {
            self.state = State::default();
        }
        for record in &told.records {
            self.state.records.insert(record.name.clone(), record.clone());
        }
        for name in &told.removed {
            self.state.records.remove(name);
        }
        for (id, name, order, ex) in &told.groups {
            self.state.groups.insert(*id, (name.clone(), *order, ex.clone()));
        }
        for id in &told.removed_groups {
            self.state.groups.remove(id);
        }
    }
}
