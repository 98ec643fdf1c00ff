//! Everything that can be asked of one subject, as values that are already well formed.
//!
//! A command borrows from the request that it came from. It also says what `decide` will have to see: which rows of the
//! subject, and which other subjects' existence.

use crate::feed::Cursor;
use crate::format::record::Record;
use crate::format::request_key::LIST_KEY;
use crate::image::{ChatGroupImage, UserImage};
use crate::layout::Layout;
use crate::mark::Slot;
use crate::policy::{Policy, Registration};
use crate::subject::{Conversation, Kind, RequestKey, Revision, RowKey, UserId};

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
    /// Tell what changed since an earlier look.
    GetChanges {
        /// Where the earlier look ended; `None` for the whole.
        from: Option<Cursor<'a>>,
        /// Changes on the page, from 1 to [`crate::limits::CHANGES_PER_PAGE`].
        limit: usize,
    },
    /// List a user's groups in their order, with the number of conversations in each.
    ListGroups,
    /// List those of a user's records that a filter lets through, a page at a time.
    ListConversations {
        /// Which records.
        filter: Filter<'a>,
        /// Number of the first record that may be on the page.
        start: u64,
        /// Records on the page, from 1 to [`crate::limits::RECORDS_PER_PAGE`].
        limit: usize,
    },
    /// Put groups in an order: those that are named come first, the others follow as they are.
    SetGroupOrder {
        /// Names, each once.
        names: Vec<&'a str>,
    },
    /// Set what is kept about groups beside their names.
    SetGroupEx {
        /// In order.
        items: Vec<GroupExItem<'a>>,
    },
    /// Carry out all of these, or none.
    Apply {
        /// In order, at most [`crate::limits::COMMANDS_PER_APPLY`]: those that make, rename, change, delete, order and
        /// describe groups, and marks. They name at most [`crate::limits::CONVERSATIONS_PER_APPLY`] conversations.
        commands: Vec<Command<'a>>,
    },
    /// Take what of a user can be copied to others.
    ReadLayout,
    /// Add the groups and marks of another user to those of this one, all or none.
    CopyLayout {
        /// What to add.
        layout: &'a Layout,
    },
    /// Carry out a command that changes one user, once and only if he is as expected.
    Guarded {
        /// What is asked beside.
        guard: Guard<'a>,
        /// Not guarded itself.
        command: Box<Command<'a>>,
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

/// One step of [`Command::SetGroupEx`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupExItem<'a> {
    /// The group's name.
    pub group: &'a str,
    /// At most [`crate::limits::GROUP_EX_BYTES`]; empty removes it.
    pub ex: &'a str,
}

/// What has to hold beside what a command asks by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Guard<'a> {
    /// The user must have this revision.
    pub if_revision: Option<Revision>,
    /// If this very call was made before and changed something, its outcome is given again and nothing changed.
    pub call: Option<KeyedCall<'a>>,
}

/// A call with a key of the caller's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyedCall<'a> {
    /// Unique among the user's calls of a day.
    pub key: RequestKey<'a>,
    /// Of the call's name and body, so that another call under the same key is told from the same one.
    pub hash: [u8; 32],
}

/// Which records to list: those for which everything holds that is said here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filter<'a> {
    /// The conversation is in the group of this name.
    pub group: Option<&'a str>,
    /// All of these bits are set.
    pub all_bits: u64,
    /// One of these bits is set; 0 asks nothing.
    pub any_bits: u64,
    /// What the custom mark is.
    pub custom: Option<TextFilter<'a>>,
    /// [`Kind::USER_RECORD`] or [`Kind::CHAT_GROUP_RECORD`].
    pub kind: Option<Kind>,
    /// The record's last change was at this Unix second or later.
    pub changed_since: u64,
}

/// What a text has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextFilter<'a> {
    /// Exactly this.
    Equal(&'a str),
    /// Something that begins so, and not empty.
    Prefix(&'a str),
}

impl Filter<'_> {
    /// Whether a record is let through; `slot` is the place of the group that is named, if there is one.
    pub(crate) fn admits(&self, conversation: Conversation<'_>, record: &Record, slot: Option<Slot>) -> bool {
        let bits = record.standard_mark.0;
        let custom = record.custom_mark.as_str();
        (self.group.is_none() || slot.is_some_and(|slot| record.groups.contains(slot)))
            && bits & self.all_bits == self.all_bits
            && (self.any_bits == 0 || bits & self.any_bits != 0)
            && self.kind.is_none_or(|kind| conversation.kind() == kind)
            && record.timestamp >= self.changed_since
            && match self.custom {
                None => true,
                Some(TextFilter::Equal(text)) => custom == text,
                Some(TextFilter::Prefix(text)) => !custom.is_empty() && custom.starts_with(text),
            }
    }
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
            Command::GetPage { .. } | Command::ListConversations { .. } | Command::ReadLayout
                if policy.chat_groups == Registration::Registered =>
            {
                Reads::WholeWithChatGroups
            }
            Command::Guarded { command, .. } => command.reads(policy),
            Command::Apply { commands } => {
                commands.iter().map(|command| command.reads(policy)).max().unwrap_or(Reads::Named)
            }
            Command::GetPage { .. }
            | Command::ListConversations { .. }
            | Command::ReadLayout
            | Command::ListGroups
            | Command::GetChanges { from: None, .. }
            | Command::DeleteGroup { .. }
            | Command::DeleteAccount
            | Command::PutUser { .. } => Reads::Whole,
            _ => Reads::Named,
        }
    }

    /// Whether the command may change something.
    pub fn writes(&self) -> bool {
        !matches!(
            self,
            Command::GetPage { .. }
                | Command::Search { .. }
                | Command::GetChanges { .. }
                | Command::ListGroups
                | Command::ListConversations { .. }
                | Command::ReadLayout
        )
    }

    /// The rows that the command names, of conversations and of keys, in ascending order, each once.
    pub fn row_keys(&self) -> Vec<RowKey<'a>> {
        let mut keys: Vec<RowKey<'a>> = match self {
            Command::Guarded { guard, command } => {
                let mut keys = command.row_keys();
                if let Some(call) = guard.call {
                    keys.extend([LIST_KEY, call.key.row_key()]);
                }
                keys
            }
            Command::Apply { commands } => commands.iter().flat_map(Command::row_keys).collect(),
            Command::CopyLayout { layout } => layout.conversations().map(Conversation::row_key).collect(),
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
            Command::Guarded { command, .. } => return command.questions(policy),
            Command::Apply { commands } => {
                asked.extend(commands.iter().flat_map(|command| command.questions(policy)));
            }
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
        let list = Command::ListConversations { filter: Filter::default(), start: 0, limit: 1 };
        for command in [
            Command::GetPage { start: 0 },
            Command::Search { conversations: Vec::new() },
            Command::GetChanges { from: None, limit: 1 },
            Command::ListGroups,
            list,
            Command::ReadLayout,
        ] {
            assert!(!command.writes(), "{command:?}");
        }
        for command in [
            Command::CreateGroup { name: "g", members: Vec::new() },
            Command::RenameGroup { old: "g", new: "h" },
            Command::DeleteGroup { name: "g" },
            Command::Mark { items: Vec::new() },
            Command::SetGroupOrder { names: Vec::new() },
            Command::SetGroupEx { items: Vec::new() },
            Command::Apply { commands: Vec::new() },
            Command::DeleteAccount,
            Command::DestroyChatGroup,
        ] {
            assert!(command.writes(), "{command:?}");
        }
    }
}
