//! Deciding recorded commands again, on states that are built from nothing but earlier decisions.

use std::collections::BTreeMap;

use foldmark_core::changes::Changes;
use foldmark_core::command::Reads;
use foldmark_core::decide::decide;
use foldmark_core::decision::{Found, ItemResult, Refusal, Reply, Verdict};
use foldmark_core::stored::Stored;
use foldmark_core::subject::{Conversation, Kind, Revision, RowKey, Subject};
use foldmark_core::view::{View, exists};
use serde_json::{Value, json};

use crate::record::Decision;

/// The stored bytes of one subject at one revision.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    pub(crate) revision: u64,
    head: Option<Vec<u8>>,
    rows: BTreeMap<(Kind, Vec<u8>), Vec<u8>>,
}

impl State {
    /// Decides again. Gives what a client must have been told, and the state after it; an `Err` if the server cannot
    /// have decided on this state.
    pub(crate) fn replay(&self, decision: &Decision) -> Result<(Value, State), String> {
        let stored = self.stored(decision);
        let view = View::decode(decision.subject, &stored, decision.reads).unwrap();
        let view = view.with_answers(decision.asked.iter().copied(), decision.absent.iter().copied());
        if !view.questions(&decision.command, &decision.context.policy).is_empty() {
            return Err(format!("the server did not ask about everyone: {decision:?}"));
        }
        let Verdict::Decided(decided) = decide(&view, &decision.command, &decision.context) else {
            return Err(format!("the replay wants to read more than the server did: {decision:?}"));
        };
        let after = decided.changes.as_ref().map_or_else(|| self.clone(), |changes| self.after(changes));
        Ok((render(decided.outcome), after))
    }

    /// Whether the account is imported, or the chat group alive.
    pub(crate) fn exists(&self, subject: Subject<'_>) -> bool {
        exists(subject, &self.all()).unwrap()
    }

    fn after(&self, changes: &Changes) -> State {
        assert_eq!(changes.revision.get(), self.revision + 1);
        let mut after =
            State { revision: changes.revision.get(), head: Some(changes.head.clone()), ..self.clone() };
        for row in &changes.rows {
            let key = (row.kind, row.key.to_vec());
            match &row.value {
                Some(value) => after.rows.insert(key, value.clone()),
                None => after.rows.remove(&key),
            };
        }
        after
    }

    fn stored(&self, decision: &Decision) -> Stored {
        if decision.reads >= Reads::Whole {
            return self.all();
        }
        let keys = decision.command.row_keys();
        self.rows_where(|key| keys.contains(&key))
    }

    fn all(&self) -> Stored {
        self.rows_where(|_| true)
    }

    fn rows_where(&self, wanted: impl Fn(RowKey<'_>) -> bool) -> Stored {
        let Some(head) = &self.head else { return Stored::absent() };
        let mut stored = Stored::new(Revision::new(self.revision), head);
        for ((kind, key), value) in &self.rows {
            let key = RowKey { kind: *kind, key };
            if wanted(key) {
                stored.push(key, value);
            }
        }
        stored
    }
}

/// What matters of an outcome, in the form that [`crate::told::told`] takes out of a reply.
fn render(outcome: Result<Reply<'_>, Refusal>) -> Value {
    match outcome {
        Err(refusal) => json!({ "code": code(refusal) }),
        Ok(Reply::GroupCreated { id, results } | Reply::MembersChanged { id, results }) => {
            json!({ "group": id.0, "results": codes(&results) })
        }
        Ok(Reply::GroupRenamed { id }) => json!({ "group": id.0, "results": [] }),
        Ok(Reply::GroupDeleted { id }) => json!({ "group": id.0 }),
        Ok(Reply::Marked { results }) => json!({ "results": codes(&results) }),
        Ok(Reply::Page { records, groups, next }) => json!({
            "records": records.into_iter().map(record).collect::<Vec<_>>(),
            "groups": groups.iter().map(|group| json!([group.id.0, group.name.as_str()])).collect::<Vec<_>>(),
            "next": next.unwrap_or(0),
        }),
        Ok(Reply::Found { records, groups }) => json!({
            "records": records.into_iter().map(record).collect::<Vec<_>>(),
            "groups": groups.iter().map(|group| json!([group.id.0, group.name.as_str()])).collect::<Vec<_>>(),
        }),
        Ok(Reply::Groups(groups)) => {
            let counted = groups.into_iter().map(|(group, count)| {
                json!([group.id.0, group.name.as_str(), group.order, group.ex.as_str(), count])
            });
            json!({ "counted": counted.collect::<Vec<_>>() })
        }
        Ok(Reply::Applied { ids }) => {
            json!({ "applied": ids.iter().map(|id| id.map(|id| id.0)).collect::<Vec<_>>() })
        }
        Ok(Reply::NotApplied { refusal, .. }) => json!({ "code": code(refusal) }),
        Ok(Reply::Changes(_) | Reply::Layout(_)) => unreachable!("no call of the workload asks for these"),
        Ok(Reply::Done) => json!({}),
    }
}

fn record(found: Found<'_>) -> Value {
    let kind = match found.conversation {
        Conversation::User(_) => 1,
        Conversation::ChatGroup(_) => 2,
    };
    let bits = match found.record.standard_mark.0 {
        0 => String::new(),
        bits => format!("{bits:b}"),
    };
    let groups: Vec<_> = found.group_ids().map(|id| id.0).collect();
    json!([
        kind,
        found.conversation.peer(),
        bits,
        found.record.custom_mark.as_str(),
        groups,
        found.record.timestamp
    ])
}

fn codes(results: &[ItemResult]) -> Vec<i64> {
    results.iter().map(|result| result.map_or_else(code, |()| 0)).collect()
}

fn code(refusal: Refusal) -> i64 {
    match refusal {
        Refusal::UserUnknown | Refusal::PeerUnknown => 50001,
        Refusal::GroupNameTaken | Refusal::GroupTwice { .. } => 50002,
        Refusal::ChatGroupUnknown | Refusal::SearchedChatGroupUnknown { .. } => 51007,
        Refusal::TooManyGrouped { .. } | Refusal::TooManyMarked { .. } | Refusal::RecordNumbersUsedUp => {
            51008
        }
        Refusal::GroupUnknown | Refusal::ListedGroupUnknown { .. } => 51009,
        Refusal::TooManyGroups { .. } | Refusal::GroupIdsUsedUp => 51010,
        Refusal::GroupNameEmpty | Refusal::GroupNameTooLong { .. } => 51011,
        Refusal::OwnerUnknown => 10019,
        Refusal::ChatGroupTaken { same_owner: true } => 10025,
        Refusal::ChatGroupTaken { same_owner: false } => 10021,
        Refusal::NoSuchChatGroup => 10010,
        Refusal::LayoutTooLarge { .. } | Refusal::RevisionChanged { .. } | Refusal::KeyReused => {
            unreachable!("no call of the workload is guarded, or copies a layout")
        }
        Refusal::Occupied | Refusal::TooLarge { .. } => {
            unreachable!("no call of the workload puts a whole subject")
        }
    }
}
