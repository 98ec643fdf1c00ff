//! The checks of a history.

use std::collections::BTreeMap;

use foldmark_core::subject::{AppId, Subject};

use crate::record::{Call, Decision, Decisions, History, Told};
use crate::support::APP;
use crate::timeline::Timeline;

/// What was in a history that passed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Summary {
    /// Commits that were acknowledged.
    pub(crate) commits: usize,
    /// Calls that failed.
    pub(crate) failed: usize,
    /// Those of them that sent a change and left open whether it happened...
    pub(crate) open: usize,
    /// ...and of these the ones that must have made it, or what came later could not have.
    pub(crate) happened: usize,
}

/// Fails if the history is not one that a single, correct server could have made.
pub(crate) fn check(history: &History) -> Summary {
    let mut summary = Summary::default();
    let mut refusals = 0;
    let mut timelines: BTreeMap<Subject<'static>, Timeline<'_>> = BTreeMap::new();
    let mut answered = Vec::new();
    let undecided = Decisions::default();
    for call in &history.calls {
        let decisions = history.decisions.get(&call.id).unwrap_or(&undecided);
        let told = call.told();
        match (told, &decisions.durable, &decisions.tried) {
            (Told::Answered, Some(decision), _) => {
                timelines.entry(decision.subject).or_default().add(call, decision);
                answered.push((call, decision));
                summary.commits += usize::from(decision.committed.is_some());
                refusals += usize::from(decision.committed.is_none() && call.reply["ErrorCode"] != 0);
            }
            (Told::Answered, None, _) => panic!("{call:?} was not decided"),
            (_, Some(_), _) => panic!("{call:?} is durable, and its client was told that something broke"),
            (Told::Open, None, Some(decision)) => {
                timelines.entry(decision.subject).or_default().add_open(call, decision);
                summary.open += 1;
            }
            (Told::Open | Told::NotDone, None, _) => {}
        }
        summary.failed += usize::from(told != Told::Answered);
    }
    assert!(summary.commits > history.calls.len() / 10 && refusals > 10, "the workload reached the rules");
    for (subject, timeline) in &mut timelines {
        timeline.replay(*subject);
        summary.happened += timeline.made().filter(|made| made.open).count();
    }
    for (call, decision) in answered {
        check_order(call, decision, &timelines[&decision.subject]);
        check_facts(call, decision, &timelines);
    }
    summary
}

/// A call depends on a revision that was current at some moment between its start and its end.
fn check_order(call: &Call, decision: &Decision, timeline: &Timeline<'_>) {
    let base = decision.base;
    if let Some(made) = timeline.maker(base) {
        assert!(made.call.start < call.end, "{call:?} saw revision {base} before it was asked for");
    }
    // All later commits are replaced by later ones still: it is enough that each was not over before the start.
    for (made, later) in timeline.made().zip(1..).skip(base as usize) {
        assert!(made.end() > call.start || made.call.id == call.id, "{call:?} missed revision {later}");
    }
}

/// What was said of others was so at some moment of the call.
fn check_facts(call: &Call, decision: &Decision, timelines: &BTreeMap<Subject<'static>, Timeline<'_>>) {
    for asked in &decision.asked {
        let said = !decision.absent.contains(asked);
        let subject = asked.peer_subject(AppId::new(APP).unwrap());
        let Some(timeline) = timelines.get(&subject) else {
            assert!(!said, "{subject:?} was never made");
            continue;
        };
        let possible = timeline.existed().zip(0..).any(|(existed, revision)| {
            let begun = timeline.maker(revision).is_none_or(|made| made.call.start < call.end);
            let over = timeline.maker(revision + 1).is_some_and(|next| next.end() < call.start);
            begun && !over && existed == said
        });
        assert!(possible, "{call:?} was told {said} of {subject:?}");
    }
}
