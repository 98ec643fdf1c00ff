//! What comes out of `decide`: a reply or a refusal, and the changes that go with it.

use crate::changes::Changes;
use crate::command::Reads;
use crate::feed::ChangesPage;
use crate::format::head::{Group, UserHead};
use crate::format::record::Record;
use crate::layout::Layout;
use crate::mark::GroupId;
use crate::subject::{Conversation, Revision};

/// The outcome of looking at a command.
#[derive(Clone, Debug)]
pub enum Verdict<'a> {
    /// It is decided.
    Decided(Decision<'a>),
    /// It cannot be decided on this view: read as much as this says, and ask again.
    Needs(Reads),
}

/// What to answer, and what to commit first.
#[derive(Clone, Debug)]
pub struct Decision<'a> {
    /// The answer.
    pub outcome: Result<Reply<'a>, Refusal>,
    /// What has to be durable before the answer may be given; `None` if nothing changes. A refusal changes nothing.
    pub changes: Option<Changes>,
    /// Set if the answer is that of an earlier call: the revision which that call made.
    pub repeats: Option<Revision>,
}

impl<'a> Decision<'a> {
    /// An answer, and what has to be durable before it may be given.
    pub(crate) fn new(reply: Reply<'a>, changes: Option<Changes>) -> Decision<'a> {
        Decision { outcome: Ok(reply), changes, repeats: None }
    }
}

/// A command that was carried out.
#[derive(Clone, Debug)]
pub enum Reply<'a> {
    /// The group exists now; one result for each member, in order.
    GroupCreated {
        /// New, or that of the group that had the name already.
        id: GroupId,
        /// One for each member.
        results: Vec<ItemResult>,
    },
    /// The group has its new name.
    GroupRenamed {
        /// Unchanged by the renaming.
        id: GroupId,
    },
    /// The members were changed, each with its own result, in order.
    MembersChanged {
        /// The group's.
        id: GroupId,
        /// One for each change.
        results: Vec<ItemResult>,
    },
    /// The group is gone.
    GroupDeleted {
        /// The id that it had.
        id: GroupId,
    },
    /// The marks were changed, each with its own result, in order.
    Marked {
        /// One for each item.
        results: Vec<ItemResult>,
    },
    /// One page of records.
    Page {
        /// In order of creation.
        records: Vec<Found<'a>>,
        /// Every group of the user, in ascending order of id.
        groups: &'a [Group],
        /// Where the next page starts; `None` after the last.
        next: Option<u32>,
    },
    /// The records that were found.
    Found {
        /// In the order asked, each once.
        records: Vec<Found<'a>>,
        /// The groups that these records are in, in ascending order of id.
        groups: Vec<&'a Group>,
    },
    /// One page of changes.
    Changes(Box<ChangesPage<'a>>),
    /// The groups in their order, each with the number of conversations in it.
    Groups(Vec<(&'a Group, u32)>),
    /// Commands were carried out together: for each the id of its group, if it was about one.
    Applied {
        /// In the order of the commands.
        ids: Vec<Option<GroupId>>,
    },
    /// Of commands that were to be carried out together this one could not be; so none was.
    NotApplied {
        /// Which command, from 0.
        command: usize,
        /// Which of its items, from 0; `None` if it was refused as a whole.
        item: Option<usize>,
        /// Why.
        refusal: Refusal,
    },
    /// What can be copied to others.
    Layout(Layout),
    /// Done; there is nothing to tell.
    Done,
}

/// A record in a reply.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    /// Which conversation.
    pub conversation: Conversation<'a>,
    /// What is kept about it.
    pub record: &'a Record,
    /// The user's head, which knows the groups that the record is in.
    head: &'a UserHead,
}

impl<'a> Found<'a> {
    pub(crate) fn new(conversation: Conversation<'a>, record: &'a Record, head: &'a UserHead) -> Found<'a> {
        Found { conversation, record, head }
    }

    /// The ids of the groups that the conversation is in, ascending.
    pub fn group_ids(self) -> impl Iterator<Item = GroupId> + 'a {
        self.head.groups_in(self.record.groups).map(|group| group.id)
    }
}

/// What became of one item of a command.
pub type ItemResult = Result<(), Refusal>;

/// A documented "no". Nothing of what it refuses was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The user whose data is meant is not imported.
    UserUnknown,
    /// The other side of the conversation is a user who is not imported.
    PeerUnknown,
    /// The other side of the conversation is a chat group that does not exist or was disbanded.
    ChatGroupUnknown,
    /// As [`Refusal::ChatGroupUnknown`], for the conversation at this place of a search.
    SearchedChatGroupUnknown {
        /// From 0.
        index: usize,
    },
    /// As many conversations are in groups as may be.
    TooManyGrouped {
        /// The application's limit.
        limit: u32,
    },
    /// As many conversations carry marks as may be.
    TooManyMarked {
        /// The application's limit.
        limit: u32,
    },
    /// The user has no group of this name.
    GroupUnknown,
    /// The user has as many groups as may be.
    TooManyGroups {
        /// The application's limit.
        limit: u32,
    },
    /// A group must have a name.
    GroupNameEmpty,
    /// The group's new name is too long.
    GroupNameTooLong {
        /// The application's limit, in bytes.
        limit: usize,
    },
    /// Another group of the user has this name.
    GroupNameTaken,
    /// The user has used up every record number.
    RecordNumbersUsedUp,
    /// The user has used up every group id.
    GroupIdsUsedUp,
    /// The owner named for a chat group is not imported.
    OwnerUnknown,
    /// A chat group of this id is alive.
    ChatGroupTaken {
        /// Whether it belongs to the owner who was named.
        same_owner: bool,
    },
    /// There is no chat group of this id, or it was disbanded.
    NoSuchChatGroup,
    /// What is to be put whole would replace something, and was not told to.
    Occupied,
    /// A group is named twice where each may be named once.
    GroupTwice {
        /// The place of the second naming, from 0.
        index: usize,
    },
    /// As [`Refusal::GroupUnknown`], for the group at this place of a list.
    ListedGroupUnknown {
        /// From 0.
        index: usize,
    },
    /// More conversations have groups or marks than can be copied.
    LayoutTooLarge {
        /// How many there are.
        conversations: usize,
        /// How many there may be.
        limit: usize,
    },
    /// The user is not at the revision that was expected.
    RevisionChanged {
        /// The revision that he is at.
        present: Revision,
    },
    /// Another call was made under this key.
    KeyReused,
    /// The user is too large for one commit.
    TooLarge {
        /// The size of the commit, at most.
        bytes: usize,
        /// The largest.
        limit: usize,
    },
}

impl Refusal {
    /// Whether removing records of disbanded chat groups could help.
    pub(crate) fn is_about_room(self) -> bool {
        matches!(self, Refusal::TooManyGrouped { .. } | Refusal::TooManyMarked { .. })
    }
}
