//! Everything that happened to one subject, put in order by its revisions.
//!
//! A revision that nobody was told of must be the work of a call that failed and left open what became of its change.
//! Which one is found by trying: what follows must be what the servers answered.

use std::collections::BTreeMap;

use foldmark_core::subject::Subject;

use crate::record::{Call, Decision};
use crate::replay::State;
use crate::told::told;

/// Calls by a revision.
type Calls<'a> = BTreeMap<u64, Vec<(&'a Call, &'a Decision)>>;

/// The history of one subject.
#[derive(Default)]
pub(crate) struct Timeline<'a> {
    /// Acknowledged commits, by the revision that they made.
    commits: BTreeMap<u64, (&'a Call, &'a Decision)>,
    /// Answered calls that changed nothing, by the revision that they saw.
    others: Calls<'a>,
    /// Changes that may have happened, by the revision that they would have replaced.
    open: Calls<'a>,
    /// The newest revision that a server has seen.
    newest: u64,
    /// What was found: how each revision came about, from 1.
    steps: Vec<Step<'a>>,
    /// Whether the subject existed at each revision, from 0.
    existed: Vec<bool>,
}

/// A revision.
struct Step<'a> {
    made: Made<'a>,
    state: State,
}

/// How a revision came about.
#[derive(Clone, Copy)]
pub(crate) struct Made<'a> {
    pub(crate) call: &'a Call,
    /// The call's client was not told so.
    pub(crate) open: bool,
}

impl Made<'_> {
    /// The tick by which it must have happened, if there is one.
    pub(crate) fn end(&self) -> u64 {
        if self.open { u64::MAX } else { self.call.end }
    }
}

impl<'a> Timeline<'a> {
    /// Adds a call that was answered.
    pub(crate) fn add(&mut self, call: &'a Call, decision: &'a Decision) {
        self.newest = self.newest.max(decision.committed.unwrap_or(decision.base));
        let Some(revision) = decision.committed else {
            self.others.entry(decision.base).or_default().push((call, decision));
            return;
        };
        let twice = self.commits.insert(revision, (call, decision));
        assert!(twice.is_none(), "revision {revision} of {:?} was made twice", decision.subject);
    }

    /// Adds a call that may have made the change that it tried.
    pub(crate) fn add_open(&mut self, call: &'a Call, decision: &'a Decision) {
        self.open.entry(decision.base).or_default().push((call, decision));
    }

    /// Decides every command again in the order of revisions, and compares each reply.
    pub(crate) fn replay(&mut self, subject: Subject<'_>) {
        let mut steps = Vec::new();
        if let Err(reason) = self.go_on(&mut steps) {
            panic!("{subject:?}: {reason}");
        }
        self.existed.push(State::default().exists(subject));
        self.existed.extend(steps.iter().map(|step| step.state.exists(subject)));
        self.steps = steps;
    }

    /// What made `revision`; nothing makes 0.
    pub(crate) fn maker(&self, revision: u64) -> Option<Made<'a>> {
        let at = usize::try_from(revision).unwrap().checked_sub(1)?;
        self.steps.get(at).map(|step| step.made)
    }

    /// What made each revision, from 1.
    pub(crate) fn made(&self) -> impl Iterator<Item = Made<'a>> {
        self.steps.iter().map(|step| step.made)
    }

    /// Whether the subject existed at each revision, from 0.
    pub(crate) fn existed(&self) -> impl Iterator<Item = bool> {
        self.existed.iter().copied()
    }

    /// Adds steps up to the newest revision. An `Err` says what cannot be explained.
    fn go_on(&self, steps: &mut Vec<Step<'a>>) -> Result<(), String> {
        loop {
            let state = steps.last().map_or_else(State::default, |step| step.state.clone());
            self.compare_others(&state)?;
            let revision = state.revision + 1;
            if let Some((call, decision)) = self.commits.get(&revision) {
                let state = acknowledged(&state, call, decision)?;
                steps.push(Step { made: Made { call, open: false }, state });
            } else if revision > self.newest {
                return Ok(());
            } else {
                return self.guess(steps, &state);
            }
        }
    }

    /// As [`Timeline::go_on`], when nobody was told of the next revision.
    fn guess(&self, steps: &mut Vec<Step<'a>>, state: &State) -> Result<(), String> {
        let known = steps.len();
        let mut reason = format!("revision {} is no call's work", state.revision + 1);
        for (call, decision) in self.open.get(&state.revision).into_iter().flatten() {
            let after = match state.replay(decision) {
                Ok((_, after)) => after,
                Err(other) => {
                    reason = other;
                    continue;
                }
            };
            if after.revision != state.revision + 1 {
                continue;
            }
            steps.push(Step { made: Made { call, open: true }, state: after });
            match self.go_on(steps) {
                Ok(()) => return Ok(()),
                Err(other) => reason = other,
            }
            steps.truncate(known);
        }
        Err(reason)
    }

    /// Compares the replies that changed nothing on this state.
    fn compare_others(&self, state: &State) -> Result<(), String> {
        for (call, decision) in self.others.get(&state.revision).into_iter().flatten() {
            let after = compare(state, call, decision)?;
            if after.revision != state.revision {
                return Err(format!("the replay changes something: {decision:?}"));
            }
            check_revision(call, state.revision)?;
        }
        Ok(())
    }
}

/// The state after an acknowledged commit.
fn acknowledged(state: &State, call: &Call, decision: &Decision) -> Result<State, String> {
    if decision.base != state.revision {
        return Err(format!("a commit made revision {} of another base: {decision:?}", state.revision + 1));
    }
    let after = compare(state, call, decision)?;
    if after.revision != state.revision + 1 {
        return Err(format!("the replay changes nothing: {decision:?}"));
    }
    check_revision(call, after.revision)?;
    Ok(after)
}

fn compare(state: &State, call: &Call, decision: &Decision) -> Result<State, String> {
    let (by_replay, after) = state.replay(decision)?;
    let by_server = told(call);
    if by_server != by_replay {
        return Err(format!("{by_server} was told where {by_replay} is right: {call:?}\n{decision:?}"));
    }
    Ok(after)
}

/// The header says the revision, in the replies that have it.
fn check_revision(call: &Call, revision: u64) -> Result<(), String> {
    let batch = call.reply.get("ResultItem").is_some_and(|items| items[0].get("UserID").is_some());
    match batch || call.revision == revision {
        true => Ok(()),
        false => Err(format!("the header does not say revision {revision}: {call:?}")),
    }
}
