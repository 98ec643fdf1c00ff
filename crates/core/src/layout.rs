//! What of one user can be copied to others: his groups with their order and `Ex`, and what he keeps about
//! conversations.

use crate::mark::{CustomMark, GroupEx, GroupName, StandardMark};
use crate::subject::{ChatGroupId, Conversation, UserId};

/// Groups and records of a user, without ids, numbers and revisions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// In the order in which they are shown.
    pub(crate) groups: Vec<LayoutGroup>,
    /// In order of creation.
    pub(crate) records: Vec<LayoutRecord>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LayoutGroup {
    pub(crate) name: GroupName,
    pub(crate) ex: GroupEx,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LayoutRecord {
    pub(crate) peer: Peer,
    pub(crate) standard_mark: StandardMark,
    pub(crate) custom_mark: CustomMark,
    /// Places among the layout's groups.
    pub(crate) groups: Vec<usize>,
}

/// The other side of a conversation, kept for longer than what it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    User(Box<str>),
    ChatGroup(Box<str>),
}

impl Layout {
    /// Groups, and conversations.
    pub fn counts(&self) -> (usize, usize) {
        (self.groups.len(), self.records.len())
    }

    /// Every conversation, in no order, each once.
    pub fn conversations(&self) -> impl Iterator<Item = Conversation<'_>> {
        self.records.iter().map(|record| record.peer.conversation())
    }
}

impl Peer {
    pub(crate) fn of(conversation: Conversation<'_>) -> Peer {
        match conversation {
            Conversation::User(user) => Peer::User(user.as_str().into()),
            Conversation::ChatGroup(chat_group) => Peer::ChatGroup(chat_group.as_str().into()),
        }
    }

    pub(crate) fn conversation(&self) -> Conversation<'_> {
        const WAS_ONE: &str = "the id of a stored record is one";
        match self {
            Peer::User(id) => Conversation::User(UserId::parse(id).expect(WAS_ONE)),
            Peer::ChatGroup(id) => Conversation::ChatGroup(ChatGroupId::parse(id).expect(WAS_ONE)),
        }
    }
}
