//! Following one user's changes: where a follower is, and what he is told next.
//!
//! Every group, every record and every removal bears the revision that changed it last. Told in the order of these
//! revisions, whoever applies them comes to the present state, and a place in that order is all that has to be
//! remembered in between. What is changed while a follower is on his way moves behind him and is told later, once.

use crate::decision::Found;
use crate::format::head::Group;
use crate::mark::GroupId;
use crate::subject::{Conversation, Revision};

/// How far a follower has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor<'a> {
    /// That of the user whom he follows; of another one he knows nothing.
    pub incarnation: u64,
    /// Everything that was removed up to this revision he has never heard of, or knows to be gone.
    pub base: Revision,
    /// Everything up to here is told, but for what comes behind `after` in this very revision.
    pub revision: Revision,
    /// `None`: the whole revision is told.
    pub after: Option<Item<'a>>,
}

/// What can change. Their order is that in which the changes of one revision are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Item<'a> {
    /// A group that is no more.
    RemovedGroup(GroupId),
    /// A group.
    Group(GroupId),
    /// A record, or that there is none any more.
    Conversation(Conversation<'a>),
}

impl Cursor<'_> {
    /// The last revision that is told wholly.
    pub(crate) fn complete(&self) -> Revision {
        match self.after {
            None => self.revision,
            Some(_) => Revision::new(self.revision.get().saturating_sub(1)),
        }
    }
}

/// One page of changes. Its parts can be applied in any order: nothing is in it twice.
#[derive(Clone, Debug)]
pub struct ChangesPage<'a> {
    /// The follower has to forget everything first.
    pub reset: bool,
    /// Records as they are now.
    pub records: Vec<Found<'a>>,
    /// Conversations that have no record any more.
    pub removed: Vec<Conversation<'a>>,
    /// Groups as they are now.
    pub groups: Vec<&'a Group>,
    /// Groups that are no more.
    pub removed_groups: Vec<GroupId>,
    /// Where to go on.
    pub cursor: Cursor<'a>,
    /// Whether more is to be told already now.
    pub more: bool,
}
