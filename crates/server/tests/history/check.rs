//! The checks of a history.

use std::collections::BTreeMap;

use foldmark_core::subject::{AppId, Conversation, Subject, SubjectKind};
use serde_json::{Value, json};

use crate::record::{Call, Decision, History};
use crate::replay::State;
use crate::support::APP;

/// Everything that happened to one subject.
#[derive(Default)]
struct Timeline<'a> {
    /// By the revision that they made.
    commits: BTreeMap<u64, (&'a Call, &'a Decision)>,
    /// Those that changed nothing.
    others: Vec<(&'a Call, &'a Decision)>,
    /// The states, by revision from 0.
    states: Vec<State>,
}

/// Fails if the history is not one that a single, correct server could have made.
pub(crate) fn check(history: &History) {
    let mut timelines: BTreeMap<Subject<'static>, Timeline<'_>> = BTreeMap::new();
    for call in &history.calls {
        let decision = history.decisions.get(&call.id).unwrap_or_else(|| panic!("{call:?} was not decided"));
        let timeline = timelines.entry(decision.subject).or_default();
        match decision.committed {
            Some(revision) => {
                let twice = timeline.commits.insert(revision, (call, decision));
                assert!(twice.is_none(), "revision {revision} of {:?} was made twice", decision.subject);
            }
            None => timeline.others.push((call, decision)),
        }
    }
    let (mut commits, mut refusals) = (0, 0);
    for (subject, timeline) in &mut timelines {
        replay(*subject, timeline);
        check_order(timeline);
        commits += timeline.commits.len();
        refusals += timeline.others.iter().filter(|(call, _)| call.reply["ErrorCode"] != 0).count();
    }
    assert!(commits > history.calls.len() / 10 && refusals > 10, "the workload reached the rules");
    for timeline in timelines.values() {
        for (call, decision) in timeline.commits.values().chain(&timeline.others) {
            check_facts(call, decision, &timelines);
        }
    }
    check_end(history, &timelines);
}

/// Decides every command again in the order of revisions, and compares each reply.
fn replay(subject: Subject<'_>, timeline: &mut Timeline<'_>) {
    let mut state = State::default();
    timeline.states.push(state.clone());
    for (revision, (call, decision)) in &timeline.commits {
        assert_eq!(*revision, state.revision + 1, "a commit of {subject:?} is missing");
        assert_eq!(decision.base, state.revision);
        let (told_by_replay, after) = state.replay(decision);
        assert_eq!(told(call), told_by_replay, "{call:?}\n{decision:?}");
        assert_eq!(after.revision, *revision, "the replay changes something as well: {decision:?}");
        check_revision(call, *revision);
        state = after;
        timeline.states.push(state.clone());
    }
    for (call, decision) in &timeline.others {
        let state = timeline.states.get(decision.base as usize).expect("a revision that was made");
        let (told_by_replay, after) = state.replay(decision);
        assert_eq!(told(call), told_by_replay, "{call:?}\n{decision:?}");
        assert_eq!(after.revision, state.revision, "the replay changes nothing either: {decision:?}");
        check_revision(call, decision.base);
    }
}

/// The header says the revision, in the replies that have it.
fn check_revision(call: &Call, revision: u64) {
    let batch = call.reply.get("ResultItem").is_some_and(|items| items[0].get("UserID").is_some());
    if !batch {
        assert_eq!(call.revision, revision, "{call:?}");
    }
}

/// A call depends on a revision that was current at some moment between its start and its end.
fn check_order(timeline: &Timeline<'_>) {
    let window = |revision: u64| timeline.commits.get(&revision).map(|(call, _)| (call.start, call.end));
    let depends = timeline.commits.values().map(|(call, decision)| (*call, decision.base));
    let depends = depends.chain(timeline.others.iter().map(|(call, decision)| (*call, decision.base)));
    for (call, base) in depends {
        if let Some((started, _)) = window(base) {
            assert!(started < call.end, "{call:?} saw revision {base} before it was asked for");
        }
        // All later commits are replaced by later ones still: it is enough that each was not over before the start.
        for (later, (other, _)) in timeline.commits.range(base + 1..) {
            assert!(other.end > call.start || other.id == call.id, "{call:?} missed revision {later}");
        }
    }
}

/// What was said of others was so at some moment of the call.
fn check_facts(call: &Call, decision: &Decision, timelines: &BTreeMap<Subject<'static>, Timeline<'_>>) {
    for asked in &decision.asked {
        let said = !decision.absent.contains(asked);
        let subject = peer(*asked);
        let Some(timeline) = timelines.get(&subject) else {
            assert!(!said, "{subject:?} was never made");
            continue;
        };
        let possible = timeline.states.iter().any(|state| {
            let begun = timeline.commits.get(&state.revision).is_none_or(|(made, _)| made.start < call.end);
            let over =
                timeline.commits.get(&(state.revision + 1)).is_some_and(|(next, _)| next.end < call.start);
            begun && !over && state.exists(subject) == said
        });
        assert!(possible, "{call:?} was told {said} of {subject:?}");
    }
}

fn peer(conversation: Conversation<'static>) -> Subject<'static> {
    conversation.peer_subject(AppId::new(APP).unwrap())
}

/// The store ends with what the replay ends with.
fn check_end(history: &History, timelines: &BTreeMap<Subject<'static>, Timeline<'_>>) {
    for (user, records) in &history.finally {
        let app = AppId::new(APP).unwrap();
        let subject = Subject::parse(app, SubjectKind::User, user).unwrap();
        let state = timelines[&subject].states.last().unwrap();
        assert_eq!(records.is_some(), state.exists(subject), "{user}");
        let Some(records) = records else { continue };
        let page = Decision {
            subject: timelines.keys().copied().find(|other| *other == subject).unwrap(),
            command: foldmark_core::command::Command::GetPage { start: 0 },
            context: timelines[&subject].commits.values().next().unwrap().1.context,
            reads: foldmark_core::command::Reads::WholeWithChatGroups,
            asked: Vec::new(),
            absent: timelines
                .iter()
                .filter(|(subject, timeline)| {
                    subject.kind() == SubjectKind::ChatGroup
                        && !timeline.states.last().unwrap().exists(**subject)
                })
                .map(|(subject, _)| {
                    Conversation::ChatGroup(
                        foldmark_core::subject::ChatGroupId::parse(subject.id_str()).unwrap(),
                    )
                })
                .collect(),
            base: state.revision,
            committed: None,
        };
        let (told_by_replay, _) = state.replay(&page);
        let records: Vec<_> = records.iter().map(record).collect();
        assert_eq!(json!(records), told_by_replay["records"], "{user}");
    }
}

/// What matters of a reply: what a command's outcome decides.
pub(crate) fn told(call: &Call) -> Value {
    let reply = &call.reply;
    if reply["ErrorCode"] != 0 {
        return json!({ "code": reply["ErrorCode"] });
    }
    if let Some(group) = reply.get("GroupResultItem") {
        return json!({ "group": group[0]["GroupItem"]["GroupId"], "results": codes(&group[0]["ResultItem"]) });
    }
    if let Some(result) = reply.get("UpdateGroupResult") {
        return json!({ "group": result["GroupId"], "results": codes(&result["ContactResultItem"]) });
    }
    if let Some(records) = reply.get("ContactItem") {
        return json!({ "records": records_of(records), "groups": groups(&reply["GroupItem"]), "next": reply["NextStartIndex"] });
    }
    if let Some(records) = reply.get("ContactResultItem") {
        return json!({ "records": records_of(records), "groups": groups(&reply["GroupItem"]) });
    }
    if let Some(group) = reply.get("GroupItem") {
        return json!({ "group": group[0]["GroupId"] });
    }
    match reply.get("ResultItem") {
        // Of the accounts that a call deletes there is one.
        Some(results) if results[0].get("UserID").is_some() => match results[0]["ResultCode"].as_i64() {
            Some(70107) => json!({ "code": 50001 }),
            code => {
                assert_eq!(code, Some(0));
                json!({})
            }
        },
        Some(results) => json!({ "results": codes(results) }),
        None => json!({}),
    }
}

fn codes(results: &Value) -> Vec<&Value> {
    results.as_array().unwrap().iter().map(|result| &result["ResultCode"]).collect()
}

fn groups(groups: &Value) -> Vec<Value> {
    groups.as_array().unwrap().iter().map(|group| json!([group["GroupId"], group["GroupName"]])).collect()
}

fn records_of(records: &Value) -> Vec<Value> {
    records.as_array().unwrap().iter().map(record).collect()
}

fn record(record: &Value) -> Value {
    let peer = record.get("To_Account").unwrap_or(&record["ToGroupId"]);
    let custom = record.get("CustomMark").cloned().unwrap_or_else(|| json!(""));
    let groups = record.get("ContactGroupId").cloned().unwrap_or_else(|| json!([]));
    json!([record["Type"], peer, record["StandardMark"], custom, groups, record["Timestamp"]])
}
