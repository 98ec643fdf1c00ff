//! Everything that can be asked of one subject, as values that are already well formed.
//!
//! A command borrows from the request that it came from. It also says what `decide` will have to see: which rows of the
//! subject, and which other subjects' existence.

use crate::image::{ChatGroupImage, UserImage};
use crate::policy::{Policy, Registration};
use crate::subject::{Conversation, RowKey, UserId};

/// One thing to do to, or to read of, one subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command<'a> {
    /// Make a group of a user, or find the one of that name, and add conversations to it.
    CreateGroup {
        /// Not measured yet.
        name: &'a str,
        /// The first members, in order.
        members: Vec<Conversation<'a>>,
    },
    /// Give a group another name.
    RenameGroup {
        /// The present name.
        old: &'a str,
        /// Not measured yet.
        new: &'a str,
    },
    /// Add conversations to a group and remove others, one after the other.
    ChangeMembers {
        /// The group's name.
        group: &'a str,
        /// In order.
        changes: Vec<MemberChange<'a>>,
    },
    /// Remove a group and take every conversation out of it.
    DeleteGroup {
        /// The group's name.
        name: &'a str,
    },
    /// Set and clear marks of conversations, one after the other.
    Mark {
        /// In order.
        items: Vec<MarkItem<'a>>,
    },
    /// List a user's records, a page at a time.
    GetPage {
        /// Number of the first record that may be on the page.
        start: u64,
    },
    /// Look up the records of these conversations.
    Search {
        /// In order; repeats are looked up once.
        conversations: Vec<Conversation<'a>>,
    },
    /// Make an account known, or change its profile.
    ImportAccount {
        /// At most [`crate::limits::PROFILE_TEXT_BYTES`]; `None` leaves it as it is.
        nick: Option<&'a str>,
        /// At most [`crate::limits::PROFILE_TEXT_BYTES`]; `None` leaves it as it is.
        face_url: Option<&'a str>,
    },
    /// Empty a user and forget the account.
    DeleteAccount,
    /// Make a chat group known. The subject is the chat group.
    CreateChatGroup {
        /// At most [`crate::limits::CHAT_GROUP_TYPE_BYTES`].
        kind: &'a str,
        /// At most [`crate::limits::CHAT_GROUP_NAME_BYTES`].
        name: &'a str,
        /// The owner, if one is named.
        owner: Option<UserId<'a>>,
    },
    /// Disband a chat group. The subject is the chat group.
    DestroyChatGroup,
    /// Put a whole user where there is nothing of him, or where the same is already.
    PutUser {
        /// The user, with ids, numbers and timestamps as they are to be.
        image: &'a UserImage<'a>,
        /// Whether what is there of the user is to go.
        replace: bool,
    },
    /// Put a whole chat group. The subject is the chat group.
    PutChatGroup {
        /// The chat group.
        image: &'a ChatGroupImage,
        /// Whether it may change what an existing one is.
        replace: bool,
    },
    /// Say that the user was taken back to an earlier state, so that nobody goes on where he was before. Nothing that
    /// callers are told of the user changes.
    RenewIncarnation,
}

/// One step of [`Command::ChangeMembers`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberChange<'a> {
    /// Put the conversation into the group.
    Add(Conversation<'a>),
    /// Take it out.
    Remove(Conversation<'a>),
}

impl<'a> MemberChange<'a> {
    /// The conversation that is meant.
    pub fn conversation(self) -> Conversation<'a> {
        match self {
            MemberChange::Add(conversation) | MemberChange::Remove(conversation) => conversation,
        }
    }
}

/// One step of [`Command::Mark`]. What is not named stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarkItem<'a> {
    /// The conversation that is meant.
    pub conversation: Conversation<'a>,
    /// Bits to clear, before others are set.
    pub clear: u64,
    /// Bits to set.
    pub set: u64,
    /// The new custom mark; empty removes it. Longer ones than the application's limit must not come here.
    pub custom: Option<&'a str>,
}

impl MarkItem<'_> {
    /// Whether the item can only take away, so that the peer need not exist any more.
    pub fn only_removes(&self) -> bool {
        self.set == 0 && self.custom.is_none_or(str::is_empty)
    }
}

/// How much of a user a view holds. Later ones hold all that earlier ones do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reads {
    /// The head, and the records of the conversations that the command names.
    Named,
    /// The head and every row.
    Whole,
    /// Every row, and the state of every chat group that the user has a record about.
    WholeWithChatGroups,
}

impl<'a> Command<'a> {
    /// What `decide` has to see at first. It may ask for more.
    pub fn reads(&self, policy: &Policy) -> Reads {
        match self {
            Command::GetPage { .. } if policy.chat_groups == Registration::Registered => {
                Reads::WholeWithChatGroups
            }
            Command::GetPage { .. }
            | Command::DeleteGroup { .. }
            | Command::DeleteAccount
            | Command::PutUser { .. } => Reads::Whole,
            _ => Reads::Named,
        }
    }

    /// Whether the command may change something.
    pub fn writes(&self) -> bool {
        !matches!(self, Command::GetPage { .. } | Command::Search { .. })
    }

    /// The rows of the conversations that the command names, in ascending order, each once.
    pub fn row_keys(&self) -> Vec<RowKey<'a>> {
        let mut keys: Vec<RowKey<'a>> = match self {
            Command::CreateGroup { members, .. } => members.iter().map(|member| member.row_key()).collect(),
            Command::ChangeMembers { changes, .. } => {
                changes.iter().map(|change| change.conversation().row_key()).collect()
            }
            Command::Mark { items } => items.iter().map(|item| item.conversation.row_key()).collect(),
            Command::Search { conversations } => conversations.iter().map(|c| c.row_key()).collect(),
            _ => Vec::new(),
        };
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// The other sides whose existence the command depends on, in ascending order, each once.
    pub fn questions(&self, policy: &Policy) -> Vec<Conversation<'a>> {
        let mut asked = Vec::new();
        let mut ask = |conversation: Conversation<'a>| {
            let registration = match conversation {
                Conversation::User(_) => policy.accounts,
                Conversation::ChatGroup(_) => policy.chat_groups,
            };
            if registration == Registration::Registered {
                asked.push(conversation);
            }
        };
        match self {
            Command::CreateGroup { members, .. } => members.iter().copied().for_each(ask),
            Command::ChangeMembers { changes, .. } => {
                for change in changes {
                    if let MemberChange::Add(conversation) = *change {
                        ask(conversation);
                    }
                }
            }
            Command::Mark { items } => {
                for item in items.iter().filter(|item| !item.only_removes()) {
                    ask(item.conversation);
                }
            }
            Command::Search { conversations } => {
                for conversation in conversations {
                    if matches!(conversation, Conversation::ChatGroup(_)) {
                        ask(*conversation);
                    }
                }
            }
            Command::CreateChatGroup { owner: Some(owner), .. } => ask(Conversation::User(*owner)),
            _ => {}
        }
        asked.sort_unstable();
        asked.dedup();
        asked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lookups_write_nothing() {
        assert!(!Command::GetPage { start: 0 }.writes());
        assert!(!Command::Search { conversations: Vec::new() }.writes());
        for command in [
            Command::CreateGroup { name: "g", members: Vec::new() },
            Command::RenameGroup { old: "g", new: "h" },
            Command::DeleteGroup { name: "g" },
            Command::Mark { items: Vec::new() },
            Command::DeleteAccount,
            Command::DestroyChatGroup,
        ] {
            assert!(command.writes(), "{command:?}");
        }
    }
}
