//! What a commit changes, by comparing what was read with what is written: whichever command it came from, and whatever
//! was tidied up with it.

use foldmark_core::changes::Changes;
use foldmark_core::format::chat_group;
use foldmark_core::format::head::{self, UserHead};
use foldmark_core::format::record::{self, Record, Row};
use foldmark_core::subject::{ChatGroupId, Conversation, Kind, SubjectKind, UserId};
use foldmark_core::view::View;
use serde::Serialize;

use crate::limits::AUDIT_CONVERSATIONS;

/// A summary, for one line.
#[derive(Debug, Default, Serialize)]
pub(super) struct Changed {
    /// `imported`, `deleted` or `profile`.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'static str>,
    /// `created`, `disbanded` or `changed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    chat_group: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    groups: Vec<GroupChange>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    conversations: Vec<ConversationChange>,
    /// Further conversations that were changed.
    #[serde(skip_serializing_if = "is_zero")]
    more_conversations: usize,
    /// `told again` or `forgotten`: what a receiver had refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    dead_letter: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct GroupChange {
    id: u32,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    old_name: Option<String>,
    /// `created`, `renamed`, `described` (its `Ex`), `moved` (its order) or `removed`.
    change: &'static str,
}

#[derive(Debug, Default, Serialize)]
struct ConversationChange {
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chat_group: Option<String>,
    /// Ids of groups.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    joined: Vec<u32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    left: Vec<u32>,
    /// Numbers of bits.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    set: Vec<u32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cleared: Vec<u32>,
    /// `set` or `removed`. What it says is nobody's business here.
    #[serde(skip_serializing_if = "Option::is_none")]
    custom: Option<&'static str>,
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// What `changes` make of the subject of `view`.
pub(super) fn changed(view: &View<'_>, changes: &Changes) -> Changed {
    match view.subject.kind() {
        SubjectKind::User => user_changed(view, changes),
        SubjectKind::ChatGroup => chat_group_changed(view, changes),
    }
}

/// What became of a user's dead letter.
pub(super) fn dead_letter(what: &'static str) -> Changed {
    Changed { dead_letter: Some(what), ..Changed::default() }
}

fn chat_group_changed(view: &View<'_>, changes: &Changes) -> Changed {
    let new = chat_group::decode(view.subject, changes.revision, &changes.head).expect(WRITTEN_NOW);
    let was_alive = view.chat_group().is_some_and(|head| head.alive);
    let chat_group = match (was_alive, new.alive) {
        (false, true) => "created",
        (true, false) => "disbanded",
        _ => "changed",
    };
    Changed { chat_group: Some(chat_group), ..Changed::default() }
}

const WRITTEN_NOW: &str = "what was encoded just now can be decoded";

fn user_changed(view: &View<'_>, changes: &Changes) -> Changed {
    let nobody = UserHead::new(0);
    let old = view.user().unwrap_or(&nobody);
    let new = head::decode(view.subject, changes.revision, &changes.head).expect(WRITTEN_NOW);
    let mut changed =
        Changed { account: account(old, &new), groups: groups(old, &new), ..Changed::default() };
    for row in &changes.rows {
        let Some(conversation) = conversation_of(row.kind, &row.key) else { continue };
        let before = view.record(conversation);
        let after = match &row.value {
            None => None,
            Some(value) => match record::decode(view.subject, row.row_key(), value).expect(WRITTEN_NOW) {
                Row::Record(record) => Some(record),
                Row::Removal(_) => None,
            },
        };
        if before.is_none() && after.is_none() {
            // A removal that is old enough to go.
            continue;
        }
        let Some(change) = conversation_change(conversation, (old, before), (&new, after.as_ref())) else {
            continue;
        };
        match changed.conversations.len() < AUDIT_CONVERSATIONS {
            true => changed.conversations.push(change),
            false => changed.more_conversations += 1,
        }
    }
    changed
}

fn account(old: &UserHead, new: &UserHead) -> Option<&'static str> {
    match (old.imported, new.imported) {
        (false, true) => Some("imported"),
        (true, false) => Some("deleted"),
        _ if (&old.nick, &old.face_url) != (&new.nick, &new.face_url) => Some("profile"),
        _ => None,
    }
}

fn groups(old: &UserHead, new: &UserHead) -> Vec<GroupChange> {
    let mut changes = Vec::new();
    for group in &old.groups {
        let now = new.groups.iter().find(|now| now.id == group.id);
        let (name, old_name, change) = match now {
            None => (&group.name, None, "removed"),
            Some(now) if now.name != group.name => (&now.name, Some(&group.name), "renamed"),
            Some(now) if now.ex != group.ex => (&now.name, None, "described"),
            Some(now) if now.order != group.order => (&now.name, None, "moved"),
            Some(_) => continue,
        };
        let old_name = old_name.map(|name| name.as_str().to_owned());
        changes.push(GroupChange { id: group.id.0, name: name.as_str().to_owned(), old_name, change });
    }
    for group in &new.groups {
        if old.groups.iter().all(|before| before.id != group.id) {
            let name = group.name.as_str().to_owned();
            changes.push(GroupChange { id: group.id.0, name, old_name: None, change: "created" });
        }
    }
    changes
}

/// `None`: all that callers see of it stayed as it was.
fn conversation_change(
    conversation: Conversation<'_>,
    (old_head, old): (&UserHead, Option<&Record>),
    (new_head, new): (&UserHead, Option<&Record>),
) -> Option<ConversationChange> {
    let ids = |head: &UserHead, record: Option<&Record>| -> Vec<u32> {
        record.map_or(Vec::new(), |record| head.groups_in(record.groups).map(|group| group.id.0).collect())
    };
    let (before, after) = (ids(old_head, old), ids(new_head, new));
    let only_in = |some: &[u32], others: &[u32]| -> Vec<u32> {
        some.iter().filter(|id| !others.contains(id)).copied().collect()
    };
    let bits = |record: Option<&Record>| record.map_or(0, |record| record.standard_mark.0);
    let custom = |record: Option<&Record>| record.map_or("", |record| record.custom_mark.as_str()).to_owned();
    let mut change = ConversationChange {
        joined: only_in(&after, &before),
        left: only_in(&before, &after),
        set: numbers(bits(new) & !bits(old)),
        cleared: numbers(bits(old) & !bits(new)),
        custom: match (custom(old), custom(new)) {
            (before, after) if before == after => None,
            (_, after) if after.is_empty() => Some("removed"),
            _ => Some("set"),
        },
        ..ConversationChange::default()
    };
    let is_same = change.joined.is_empty()
        && change.left.is_empty()
        && change.set.is_empty()
        && change.cleared.is_empty()
        && change.custom.is_none();
    if is_same {
        return None;
    }
    match conversation {
        Conversation::User(user) => change.user = Some(user.as_str().to_owned()),
        Conversation::ChatGroup(group) => change.chat_group = Some(group.as_str().to_owned()),
    }
    Some(change)
}

fn numbers(bits: u64) -> Vec<u32> {
    (0..u64::BITS).filter(|bit| bits & (1 << bit) != 0).collect()
}

fn conversation_of(kind: Kind, key: &[u8]) -> Option<Conversation<'_>> {
    let peer = str::from_utf8(key).ok()?;
    match kind {
        Kind::USER_RECORD => UserId::parse(peer).ok().map(Conversation::User),
        Kind::CHAT_GROUP_RECORD => ChatGroupId::parse(peer).ok().map(Conversation::ChatGroup),
        _ => None,
    }
}
