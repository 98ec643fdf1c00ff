//! Bringing an emulator back to its seed, by the commits that every import makes.
//!
//! What the seed does not have is put as something empty: to callers that is the same as never having been there. As
//! everywhere, revisions go on, so that nothing that was read before the reset can be taken for what came after it.

use std::collections::BTreeSet;

use foldmark_core::subject::{AppId, SubjectKind};
use foldmark_store::{Store, StoreError, WalkFrom};
use foldmark_wire::transfer::{ChatGroupLine, Line, Outcome, UserLine};

use crate::gate::Gate;
use crate::limits;
use crate::transfer::{self, Puts};

/// The ids of all subjects of a kind that were ever written.
pub(super) async fn subjects(
    store: &dyn Store,
    app: AppId,
    kind: SubjectKind,
) -> Result<Vec<String>, String> {
    let failed = |error: StoreError| error.to_string();
    let mut ids = Vec::new();
    let mut from = Some(WalkFrom::Start);
    while let Some(here) = from {
        let page = store.walk(app, kind, &here, limits::WALK_PAGE).await.map_err(failed)?;
        ids.extend(page.entries.into_iter().map(|entry| entry.id));
        from = page.next;
    }
    Ok(ids)
}

/// Makes these applications hold what `seed` says, a line each, and nothing else.
pub(super) async fn bring_back(gate: &Gate, apps: &[AppId], seed: &[String]) -> Result<(), String> {
    let mut kept = BTreeSet::new();
    for line in seed {
        match serde_json::from_str(line).map_err(|error| error.to_string())? {
            Line::User(user) => kept.insert((user.sdkappid, true, user.id.into_owned())),
            Line::ChatGroup(group) => kept.insert((group.sdkappid, false, group.id.into_owned())),
            _ => false,
        };
    }
    let mut lines = Vec::new();
    for app in apps {
        for kind in [SubjectKind::User, SubjectKind::ChatGroup] {
            let is_user = kind == SubjectKind::User;
            for id in subjects(gate.executor().store(), *app, kind).await? {
                if !kept.contains(&(app.get(), is_user, id.clone())) {
                    lines.push(if is_user { no_user(*app, &id) } else { no_chat_group(*app, &id) });
                }
            }
        }
    }
    put(gate, &lines).await?;
    put(gate, seed).await
}

/// Puts lines of an export over what is there.
pub(super) async fn put(gate: &Gate, lines: &[String]) -> Result<(), String> {
    for some in lines.chunks(limits::IMPORT_COMMITS) {
        let puts = Puts { gate, replace: true, caller: None, request_id: None };
        let reply = transfer::import(puts, &some.join("\n")).await;
        if let Some(result) = reply.results.into_iter().find(|result| result.outcome != Outcome::Put) {
            return Err(result.reason.into_owned());
        }
    }
    Ok(())
}

fn no_user(app: AppId, id: &str) -> String {
    let line = UserLine {
        sdkappid: app.get(),
        id: id.into(),
        imported: false,
        nick: "".into(),
        face_url: "".into(),
        next_group_id: 1,
        next_number: 0,
        groups: Vec::new(),
        conversations: Vec::new(),
    };
    Line::User(line).to_text()
}

fn no_chat_group(app: AppId, id: &str) -> String {
    let line = ChatGroupLine {
        sdkappid: app.get(),
        id: id.into(),
        alive: false,
        kind: "".into(),
        name: "".into(),
        owner: "".into(),
        created: 0,
    };
    Line::ChatGroup(line).to_text()
}
