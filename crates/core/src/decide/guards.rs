//! The rules of safe retries and races: a call that was made before is not carried out again, and one that expects
//! another revision is not carried out at all.

use crate::changes::{Changes, RowChange};
use crate::command::{Command, Guard, KeyedCall};
use crate::decide::{decide, refuse};
use crate::decision::{Decision, Refusal, Reply, Verdict};
use crate::format::request_key::{self, KeptCall, KeptOutcome, LIST_KEY, ListedKey};
use crate::limits;
use crate::policy::Context;
use crate::subject::{RequestKey, RowKey};
use crate::view::View;

/// Decides `command` if nothing of `guard` is against it. A call that was made before is recognised whatever the user's
/// revision is by now.
pub(super) fn guarded<'a>(
    view: &'a View<'a>,
    guard: &Guard<'a>,
    command: &Command<'a>,
    context: &Context,
) -> Verdict<'a> {
    if let Some(call) = &guard.call
        && let Some(kept) = view.kept_call(call.key)
        && !is_old(kept.time, context)
    {
        if kept.hash != call.hash {
            return refuse(Refusal::KeyReused);
        }
        let outcome = Ok(reply_of(&kept.outcome));
        return Verdict::Decided(Decision { outcome, changes: None, repeats: Some(kept.revision) });
    }
    if let Some(expected) = guard.if_revision
        && expected != view.revision
    {
        return refuse(Refusal::RevisionChanged { present: view.revision });
    }
    let mut verdict = decide(view, command, context);
    if let Verdict::Decided(Decision { outcome: Ok(reply), changes: Some(changes), .. }) = &mut verdict
        && let Some(call) = &guard.call
    {
        remember(view, call, reply, context, changes);
    }
    verdict
}

/// Adds what was answered to the commit, and takes away what need not be remembered any more.
fn remember(
    view: &View<'_>,
    call: &KeyedCall<'_>,
    reply: &Reply<'_>,
    context: &Context,
    changes: &mut Changes,
) {
    let mut listed: Vec<ListedKey> = view.listed_keys().to_vec();
    let mut gone = Vec::new();
    listed.retain(|other| {
        let stays = !is_old(other.time, context) && *other.key != *call.key.as_str();
        if !stays {
            gone.push(other.key.clone());
        }
        stays
    });
    while listed.len() >= limits::REQUEST_KEYS {
        gone.push(listed.remove(0).key);
    }
    listed.push(ListedKey { key: call.key.as_str().into(), time: context.now });
    let kept = KeptCall {
        revision: changes.revision,
        time: context.now,
        hash: call.hash,
        outcome: kept_outcome(reply),
    };
    let mut rows = vec![row(call.key.row_key(), Some(request_key::encode(view.subject, call.key, &kept)))];
    gone.retain(|key| **key != *call.key.as_str());
    for key in &gone {
        let key = RequestKey::parse(key).expect("a key that was listed is one");
        rows.push(row(key.row_key(), None));
    }
    rows.sort_unstable_by(|left, right| left.key.cmp(&right.key));
    changes.rows.push(row(LIST_KEY, Some(request_key::encode_list(view.subject, &listed))));
    changes.rows.extend(rows);
}

fn row(key: RowKey<'_>, value: Option<Vec<u8>>) -> RowChange {
    RowChange { kind: key.kind, key: key.key.into(), value }
}

fn is_old(time: u64, context: &Context) -> bool {
    time.saturating_add(limits::REQUEST_KEY_AGE_SECONDS) <= context.now
}

fn kept_outcome(reply: &Reply<'_>) -> KeptOutcome {
    match reply {
        Reply::GroupCreated { id, results } => KeptOutcome::Created(*id, results.clone()),
        Reply::GroupRenamed { id } => KeptOutcome::Renamed(*id),
        Reply::MembersChanged { id, results } => KeptOutcome::Changed(*id, results.clone()),
        Reply::GroupDeleted { id } => KeptOutcome::Deleted(*id),
        Reply::Marked { results } => KeptOutcome::Marked(results.clone()),
        Reply::Applied { ids } => KeptOutcome::Applied(ids.clone()),
        Reply::Done => KeptOutcome::Done,
        Reply::Page { .. }
        | Reply::Found { .. }
        | Reply::Changes(_)
        | Reply::Groups(_)
        | Reply::NotApplied { .. }
        | Reply::Layout(_) => unreachable!("such a reply changes nothing"),
    }
}

fn reply_of<'a>(outcome: &KeptOutcome) -> Reply<'a> {
    match outcome {
        KeptOutcome::Created(id, results) => Reply::GroupCreated { id: *id, results: results.clone() },
        KeptOutcome::Renamed(id) => Reply::GroupRenamed { id: *id },
        KeptOutcome::Changed(id, results) => Reply::MembersChanged { id: *id, results: results.clone() },
        KeptOutcome::Deleted(id) => Reply::GroupDeleted { id: *id },
        KeptOutcome::Marked(results) => Reply::Marked { results: results.clone() },
        KeptOutcome::Applied(ids) => Reply::Applied { ids: ids.clone() },
        KeptOutcome::Done => Reply::Done,
    }
}
