//! The users of a run: their names, and what is kept for each.
//!
//! Every user has the same two groups, ten conversations with other users of the run in the first, every second of
//! them in the other one too, and marks on all of them. Whom a user talks to does not depend on how many users there
//! are, so that a smaller run can use what a larger one has left.

use std::ops::Range;

use foldmark_client::{Contact, ContactRecord, GetContactGroupReply, MarkItem, MarkKind};

/// The groups of each user. No other program makes groups of these names, so they tell the run's users from others.
pub(super) const GROUPS: [&str; 2] = ["foldmark bench 1", "foldmark bench 2"];
/// Conversations of each user.
pub(super) const RECORDS: u32 = 10;
/// The custom mark at first. Those of the load are as long, so that answers stay as long as they are.
const CUSTOM_MARK: &str = "00000000";
/// The bits of every standard mark.
const BITS: u64 = 0b110;

/// The users of a run.
pub(super) struct People {
    /// What their names begin with.
    pub(super) prefix: String,
    /// How many there are; more than [`RECORDS`].
    pub(super) count: u32,
}

impl People {
    /// The name of a user.
    pub(super) fn name(&self, number: u32) -> String {
        format!("{}{number:07}", self.prefix)
    }

    /// The names of some users.
    pub(super) fn names(&self, numbers: Range<u32>) -> Vec<String> {
        numbers.map(|number| self.name(number)).collect()
    }

    /// The conversation of a user that has this number, from 0 to below [`RECORDS`].
    pub(super) fn contact(&self, user: u32, conversation: u32) -> Contact<'static> {
        Contact::User(self.name(peer(user, conversation)).into())
    }

    /// The conversations in a group.
    pub(super) fn members(&self, user: u32, group: usize) -> Vec<Contact<'static>> {
        (0..RECORDS).step_by(group + 1).map(|conversation| self.contact(user, conversation)).collect()
    }

    /// The marks of a user.
    pub(super) fn marks(&self, user: u32) -> Vec<MarkItem<'static>> {
        (0..RECORDS).map(|conversation| mark(self.contact(user, conversation), CUSTOM_MARK.into())).collect()
    }

    /// Whether this is what a run keeps for a user.
    pub(super) fn is_made(&self, user: u32, kept: &GetContactGroupReply<'_>) -> bool {
        let is_peer = |record: &ContactRecord<'_>| {
            (0..RECORDS).any(|number| record.contact == self.contact(user, number))
        };
        kept.groups.iter().map(|group| group.name.as_ref()).eq(GROUPS)
            && kept.contacts.len() == RECORDS as usize
            && kept.contacts.iter().all(is_peer)
    }
}

/// A mark of a conversation.
pub(super) fn mark<'a>(contact: Contact<'a>, custom: std::borrow::Cow<'a, str>) -> MarkItem<'a> {
    MarkItem { kind: MarkKind::Both, contact, clear: 0, set: BITS, custom: Some(custom) }
}

/// The ten users before one, or, of the first ones, all the others of the first eleven.
fn peer(user: u32, conversation: u32) -> u32 {
    if user >= RECORDS {
        return user - RECORDS + conversation;
    }
    if conversation < user { conversation } else { conversation + 1 }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn everyone_talks_to_ten_others() {
        for user in 0..100 {
            let peers: BTreeSet<u32> = (0..RECORDS).map(|conversation| peer(user, conversation)).collect();
            assert_eq!(peers.len(), 10, "{user}");
            assert!(!peers.contains(&user), "{user}");
            assert!(peers.iter().all(|peer| *peer <= user.max(RECORDS)), "{user}: {peers:?}");
        }
    }

    #[test]
    fn names_fit_into_a_user_id() {
        let people = People { prefix: "p".repeat(24), count: 1_000_000 };
        assert!(people.name(people.count - 1).len() <= 32);
    }
}
