//! Whole subjects apart from any store: what moves when users are exported, imported or restored.
//!
//! An image holds what users decided about and the numbers that must never be given twice. It leaves out what belongs
//! to one store's history: revisions, the incarnation, removals, and the places of groups in bitmaps. An image that
//! exists can be put: it keeps every bound and every relation that `verify` checks.

use std::collections::BTreeSet;

use thiserror::Error;

use crate::format::chat_group::ChatGroupHead;
use crate::limits;
use crate::mark::{CustomMark, GroupEx, GroupId, GroupName, StandardMark};
use crate::subject::{Conversation, UserId};
use crate::view::View;

/// A whole user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserImage<'a>(UserParts<'a>);

/// What a [`UserImage`] is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserParts<'a> {
    /// Whether the account is imported.
    pub imported: bool,
    /// Nickname.
    pub nick: &'a str,
    /// URL of the user's picture.
    pub face_url: &'a str,
    /// The id of the next group: above that of every group there ever was.
    pub next_group_id: u32,
    /// The number of the next record: above that of every record there ever was.
    pub next_record_number: u32,
    /// The groups; in an image in ascending order of id.
    pub groups: Vec<GroupImage>,
    /// The records; in an image in ascending order of conversation.
    pub records: Vec<RecordImage<'a>>,
}

/// A group of a [`UserImage`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupImage {
    /// Unique among the user's groups, and never 0.
    pub id: GroupId,
    /// Unique among the user's groups.
    pub name: GroupName,
    /// Groups are shown in ascending order of this, then of their ids.
    pub order: u32,
    /// What a user interface keeps about it.
    pub ex: GroupEx,
}

/// A record of a [`UserImage`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordImage<'a> {
    /// What the record is about; one record each.
    pub conversation: Conversation<'a>,
    /// Order of creation, unique within the user.
    pub number: u32,
    /// Unix seconds of the last change of groups or marks.
    pub timestamp: u64,
    /// The flag bits.
    pub standard_mark: StandardMark,
    /// The custom string.
    pub custom_mark: CustomMark,
    /// The groups that the conversation is in; in an image ascending.
    pub groups: Vec<GroupId>,
}

/// A chat group, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatGroupImage(ChatGroupHead);

/// Why something is no image.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ImageError {
    /// A text is longer than may be.
    #[error("the {what} has {bytes} bytes, and may have at most {limit}")]
    TextTooLong {
        /// Which text.
        what: &'static str,
        /// Its length.
        bytes: usize,
        /// The longest.
        limit: usize,
    },
    /// There is more of something than the highest limit that can be configured allows.
    #[error("there are {count} {what}, and may be at most {ceiling}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// How many there may be.
        ceiling: u32,
    },
    /// Only accounts have a nickname and a face URL.
    #[error("a user who is not imported has a nickname or a face URL")]
    ProfileWithoutAccount,
    /// The next number to give is out of range.
    #[error("the next {what} is {next}, and must be from {least} to {most}")]
    NextOutOfRange {
        /// Of what.
        what: &'static str,
        /// As given.
        next: u32,
        /// The first number.
        least: u32,
        /// The number behind the last.
        most: u32,
    },
    /// A group has the id 0, or one that was not given yet.
    #[error("group {id} is not from 1 to below the next group id, {next}")]
    GroupIdNotGiven {
        /// The group's.
        id: u32,
        /// The next group id.
        next: u32,
    },
    /// Two groups have the same id.
    #[error("group {id} is there twice")]
    GroupTwice {
        /// Their id.
        id: u32,
    },
    /// Two groups have the same name.
    #[error("group {id} has the name of another group")]
    NameTwice {
        /// The second group's id.
        id: u32,
    },
    /// Two records are about the same conversation.
    #[error("conversation {conversation:?} is there twice")]
    ConversationTwice {
        /// The peer.
        conversation: String,
    },
    /// A record has a number that was not given yet.
    #[error("conversation {conversation:?} has number {number}, and the next number is {next}")]
    NumberNotGiven {
        /// The peer.
        conversation: String,
        /// The record's number.
        number: u32,
        /// The next record number.
        next: u32,
    },
    /// Two records have the same number.
    #[error("conversation {conversation:?} has number {number}, which another one has too")]
    NumberTwice {
        /// The peer.
        conversation: String,
        /// The record's number.
        number: u32,
    },
    /// A record says nothing.
    #[error("conversation {conversation:?} is in no group and has no mark")]
    Empty {
        /// The peer.
        conversation: String,
    },
    /// A conversation is in a group that the user does not have, or is in one twice.
    #[error("conversation {conversation:?} is in group {id}, which does not exist or was named before")]
    NoSuchGroup {
        /// The peer.
        conversation: String,
        /// The group's id.
        id: u32,
    },
    /// The owner of a chat group is no possible user.
    #[error("the owner is no user id")]
    Owner,
}

impl<'a> UserImage<'a> {
    /// Checks and orders the parts.
    pub fn new(mut parts: UserParts<'a>) -> Result<UserImage<'a>, ImageError> {
        check_text("nickname", parts.nick, limits::PROFILE_TEXT_BYTES)?;
        check_text("face URL", parts.face_url, limits::PROFILE_TEXT_BYTES)?;
        let has_profile = !parts.nick.is_empty() || !parts.face_url.is_empty();
        if has_profile && !parts.imported {
            return Err(ImageError::ProfileWithoutAccount);
        }
        check_next("group id", parts.next_group_id, 1)?;
        check_next("record number", parts.next_record_number, 0)?;
        parts.groups.sort_unstable_by_key(|group| group.id);
        check_groups(&parts.groups, parts.next_group_id)?;
        parts.records.sort_unstable_by_key(|record| record.conversation);
        for record in &mut parts.records {
            record.groups.sort_unstable();
        }
        check_records(&parts)?;
        Ok(UserImage(parts))
    }

    /// The user of `view`, which must hold every row; `None` if nothing was ever written.
    pub fn of(view: &'a View<'_>) -> Option<UserImage<'a>> {
        let head = view.user()?;
        let groups = head.groups.iter();
        let groups = groups.map(|group| GroupImage {
            id: group.id,
            name: group.name.clone(),
            order: group.order,
            ex: group.ex.clone(),
        });
        let groups = groups.collect();
        let mut records = Vec::with_capacity(head.records as usize);
        for (conversation, record) in view.records() {
            records.push(RecordImage {
                conversation,
                number: record.number,
                timestamp: record.timestamp,
                standard_mark: record.standard_mark,
                custom_mark: record.custom_mark.clone(),
                groups: head.groups_in(record.groups).map(|group| group.id).collect(),
            });
        }
        Some(UserImage(UserParts {
            imported: head.imported,
            nick: &head.nick,
            face_url: &head.face_url,
            next_group_id: head.next_group_id,
            next_record_number: head.next_record_number,
            groups,
            records,
        }))
    }

    /// What it is made of.
    pub fn parts(&self) -> &UserParts<'a> {
        &self.0
    }

    /// Whether putting `other` over this user would change nothing: all is the same, except that numbers may have
    /// been given since.
    pub(crate) fn covers(&self, other: &UserImage<'_>) -> bool {
        let (ours, theirs) = (&self.0, &other.0);
        ours.imported == theirs.imported
            && ours.nick == theirs.nick
            && ours.face_url == theirs.face_url
            && ours.next_group_id >= theirs.next_group_id
            && ours.next_record_number >= theirs.next_record_number
            && ours.groups == theirs.groups
            && ours.records == theirs.records
    }
}

impl RecordImage<'_> {
    /// Whether the conversation carries a standard or a custom mark.
    fn is_marked(&self) -> bool {
        !self.standard_mark.is_empty() || !self.custom_mark.is_empty()
    }
}

impl ChatGroupImage {
    /// Checks the head of a chat group.
    pub fn new(head: ChatGroupHead) -> Result<ChatGroupImage, ImageError> {
        check_text("type", &head.kind, limits::CHAT_GROUP_TYPE_BYTES)?;
        check_text("name", &head.name, limits::CHAT_GROUP_NAME_BYTES)?;
        if !head.owner.is_empty() && UserId::parse(&head.owner).is_err() {
            return Err(ImageError::Owner);
        }
        Ok(ChatGroupImage(head))
    }

    /// The chat group of `view`; `None` if nothing was ever written.
    pub fn of(view: &View<'_>) -> Option<ChatGroupImage> {
        view.chat_group().cloned().map(ChatGroupImage)
    }

    /// What is known of it.
    pub fn head(&self) -> &ChatGroupHead {
        &self.0
    }
}

fn check_text(what: &'static str, text: &str, limit: usize) -> Result<(), ImageError> {
    if text.len() > limit {
        return Err(ImageError::TextTooLong { what, bytes: text.len(), limit });
    }
    Ok(())
}

fn check_next(what: &'static str, next: u32, least: u32) -> Result<(), ImageError> {
    let most = limits::NUMBER_MAX + 1;
    if !(least..=most).contains(&next) {
        return Err(ImageError::NextOutOfRange { what, next, least, most });
    }
    Ok(())
}

fn check_count(what: &'static str, count: usize, ceiling: u32) -> Result<(), ImageError> {
    if count > ceiling as usize {
        return Err(ImageError::TooMany { what, count, ceiling });
    }
    Ok(())
}

fn check_groups(groups: &[GroupImage], next: u32) -> Result<(), ImageError> {
    check_count("groups", groups.len(), limits::GROUPS_CEILING)?;
    let mut names = BTreeSet::new();
    let mut previous = GroupId(0);
    for group in groups {
        let id = group.id.0;
        if id == 0 || id >= next {
            return Err(ImageError::GroupIdNotGiven { id, next });
        }
        if group.id == previous {
            return Err(ImageError::GroupTwice { id });
        }
        if !names.insert(group.name.as_str()) {
            return Err(ImageError::NameTwice { id });
        }
        previous = group.id;
    }
    Ok(())
}

fn check_records(parts: &UserParts<'_>) -> Result<(), ImageError> {
    let grouped = parts.records.iter().filter(|record| !record.groups.is_empty()).count();
    check_count("conversations in groups", grouped, limits::GROUPED_CONVERSATIONS_CEILING)?;
    let marked = parts.records.iter().filter(|record| record.is_marked()).count();
    check_count("conversations with marks", marked, limits::MARKED_CONVERSATIONS_CEILING)?;
    let next = parts.next_record_number;
    let mut numbers = BTreeSet::new();
    let mut previous = None;
    for record in &parts.records {
        let number = record.number;
        let conversation = || record.conversation.peer().to_owned();
        if previous == Some(record.conversation) {
            return Err(ImageError::ConversationTwice { conversation: conversation() });
        }
        if number >= next {
            return Err(ImageError::NumberNotGiven { conversation: conversation(), number, next });
        }
        if !numbers.insert(number) {
            return Err(ImageError::NumberTwice { conversation: conversation(), number });
        }
        if record.groups.is_empty() && !record.is_marked() {
            return Err(ImageError::Empty { conversation: conversation() });
        }
        let mut last = None;
        for id in &record.groups {
            let exists = parts.groups.binary_search_by_key(id, |group| group.id).is_ok();
            if !exists || last == Some(id) {
                return Err(ImageError::NoSuchGroup { conversation: conversation(), id: id.0 });
            }
            last = Some(id);
        }
        previous = Some(record.conversation);
    }
    Ok(())
}
