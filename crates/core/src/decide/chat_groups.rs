//! The rules of chat groups: whether they exist, and who owns them.

use crate::changes::Changes;
use crate::decide::refuse;
use crate::decision::{Decision, Refusal, Reply, Verdict};
use crate::format::chat_group::{self, ChatGroupHead};
use crate::policy::Context;
use crate::subject::{Conversation, UserId};
use crate::view::View;

/// Makes a chat group, or brings a disbanded one back.
pub(super) fn create<'a>(
    view: &'a View<'a>,
    context: &Context,
    kind: &str,
    name: &str,
    owner: Option<UserId<'a>>,
) -> Verdict<'a> {
    if owner.is_some_and(|owner| view.is_absent(Conversation::User(owner))) {
        return refuse(Refusal::OwnerUnknown);
    }
    let owner = owner.map_or("", UserId::as_str);
    if let Some(head) = view.chat_group().filter(|head| head.alive) {
        return refuse(Refusal::ChatGroupTaken { same_owner: !owner.is_empty() && *head.owner == *owner });
    }
    let created = context.now;
    commit(
        view,
        &ChatGroupHead { alive: true, kind: kind.into(), name: name.into(), owner: owner.into(), created },
    )
}

/// Disbands a chat group. Users' records about it stay where they are, hidden.
pub(super) fn destroy<'a>(view: &'a View<'a>) -> Verdict<'a> {
    match view.chat_group() {
        Some(head) if head.alive => commit(view, &ChatGroupHead { alive: false, ..head.clone() }),
        _ => refuse(Refusal::NoSuchChatGroup),
    }
}

pub(super) fn commit<'a>(view: &View<'a>, head: &ChatGroupHead) -> Verdict<'a> {
    let revision = view.revision.next();
    let head = chat_group::encode(view.subject, revision, head);
    let changes = Changes { revision, head, rows: Vec::new(), due: false };
    Verdict::Decided(Decision::new(Reply::Done, Some(changes)))
}
