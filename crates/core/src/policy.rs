//! What an application allows, and what `decide` is told about the moment of a call.

use crate::limits;

/// Everything that comes into a decision from outside the data: time, chance, and the application's policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    /// Unix seconds.
    pub now: u64,
    /// A fresh random number, used up by at most one decision.
    pub random: u64,
    /// The application's policy at the time of the call.
    pub policy: Policy,
}

/// What an application allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Whether users have to be imported before they are named.
    pub accounts: Registration,
    /// Whether chat groups have to be created before they are named.
    pub chat_groups: Registration,
    /// How much a user may keep.
    pub limits: Limits,
    /// Whether others are told what changes of users.
    pub tells: bool,
}

/// Whether something has to be registered before a command may name it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Registration {
    /// It has to be registered first.
    #[default]
    Registered,
    /// It exists by being named.
    Open,
}

/// How much one user of an application may keep. Lowering a limit takes nothing away: it refuses what would add.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Groups of a user; at most [`limits::GROUPS_CEILING`].
    pub groups: u32,
    /// Conversations in at least one group; at most [`limits::GROUPED_CONVERSATIONS_CEILING`].
    pub grouped_conversations: u32,
    /// Conversations with a standard or custom mark; at most [`limits::MARKED_CONVERSATIONS_CEILING`].
    pub marked_conversations: u32,
    /// Bytes of a group name; at most [`limits::GROUP_NAME_BYTES_CEILING`].
    pub group_name_bytes: usize,
    /// Bytes of a custom mark; at most [`limits::CUSTOM_MARK_BYTES_CEILING`].
    pub custom_mark_bytes: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            groups: limits::GROUPS_DEFAULT,
            grouped_conversations: limits::GROUPED_CONVERSATIONS_DEFAULT,
            marked_conversations: limits::MARKED_CONVERSATIONS_DEFAULT,
            group_name_bytes: limits::GROUP_NAME_BYTES_DEFAULT,
            custom_mark_bytes: limits::CUSTOM_MARK_BYTES_DEFAULT,
        }
    }
}
