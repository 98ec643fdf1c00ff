//! Who and what data is about: applications, users, chat groups, conversations, and the subject of a commit.
//!
//! All ids are borrowed and `Copy`: they are parsed once from a request or a stored key and then passed about freely.
//! A parsed id holds no byte below 0x20, no 0x7f and, being UTF-8, no 0xff, so that keys built from it are unambiguous.

use std::fmt;

use thiserror::Error;

use crate::limits;

/// The number of an application, `sdkappid` on the wire. Never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AppId(u32);

impl AppId {
    /// Takes any number but zero.
    pub fn new(number: u32) -> Option<AppId> {
        (number != 0).then_some(AppId(number))
    }

    /// The number as the wire has it.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for AppId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The id of a user within an application: 1 to 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId<'a>(&'a str);

impl<'a> UserId<'a> {
    /// Takes 1 to [`limits::USER_ID_BYTES`] bytes without control characters.
    pub fn parse(text: &'a str) -> Result<UserId<'a>, IdError> {
        check(text, limits::USER_ID_BYTES)?;
        Ok(UserId(text))
    }

    /// The id as text.
    pub fn as_str(self) -> &'a str {
        self.0
    }
}

/// The id of a chat group within an application: 1 to 64 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChatGroupId<'a>(&'a str);

impl<'a> ChatGroupId<'a> {
    /// Takes 1 to [`limits::CHAT_GROUP_ID_BYTES`] bytes without control characters.
    pub fn parse(text: &'a str) -> Result<ChatGroupId<'a>, IdError> {
        check(text, limits::CHAT_GROUP_ID_BYTES)?;
        Ok(ChatGroupId(text))
    }

    /// The id as text.
    pub fn as_str(self) -> &'a str {
        self.0
    }
}

/// A conversation of a user. Its order is that of the stored rows: kind, then bytes of the peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Conversation<'a> {
    /// One-to-one, kind 1.
    User(UserId<'a>),
    /// With a chat group, kind 2.
    ChatGroup(ChatGroupId<'a>),
}

impl<'a> Conversation<'a> {
    /// The kind of the conversation's stored row.
    pub fn kind(self) -> Kind {
        match self {
            Conversation::User(_) => Kind::USER_RECORD,
            Conversation::ChatGroup(_) => Kind::CHAT_GROUP_RECORD,
        }
    }

    /// The other side's id.
    pub fn peer(self) -> &'a str {
        match self {
            Conversation::User(user) => user.as_str(),
            Conversation::ChatGroup(chat_group) => chat_group.as_str(),
        }
    }

    /// The key of the conversation's stored row.
    pub fn row_key(self) -> RowKey<'a> {
        RowKey { kind: self.kind(), key: self.peer().as_bytes() }
    }

    /// The subject that says whether the other side exists.
    pub fn peer_subject(self, app: AppId) -> Subject<'a> {
        match self {
            Conversation::User(user) => Subject::user(app, user),
            Conversation::ChatGroup(chat_group) => Subject::chat_group(app, chat_group),
        }
    }
}

/// What a commit is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject<'a> {
    /// The application that the subject belongs to.
    pub app: AppId,
    /// Which user or chat group.
    pub id: SubjectId<'a>,
}

/// A subject within its application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubjectId<'a> {
    /// A user: a head and rows.
    User(UserId<'a>),
    /// A chat group: a head only.
    ChatGroup(ChatGroupId<'a>),
}

/// The two kinds of subjects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubjectKind {
    /// Users.
    User,
    /// Chat groups.
    ChatGroup,
}

impl<'a> Subject<'a> {
    /// The user `id` of `app`.
    pub fn user(app: AppId, id: UserId<'a>) -> Subject<'a> {
        Subject { app, id: SubjectId::User(id) }
    }

    /// The chat group `id` of `app`.
    pub fn chat_group(app: AppId, id: ChatGroupId<'a>) -> Subject<'a> {
        Subject { app, id: SubjectId::ChatGroup(id) }
    }

    /// Builds a subject of `kind` from the text of its id.
    pub fn parse(app: AppId, kind: SubjectKind, id: &'a str) -> Result<Subject<'a>, IdError> {
        match kind {
            SubjectKind::User => Ok(Subject::user(app, UserId::parse(id)?)),
            SubjectKind::ChatGroup => Ok(Subject::chat_group(app, ChatGroupId::parse(id)?)),
        }
    }

    /// Whether this is a user or a chat group.
    pub fn kind(self) -> SubjectKind {
        match self.id {
            SubjectId::User(_) => SubjectKind::User,
            SubjectId::ChatGroup(_) => SubjectKind::ChatGroup,
        }
    }

    /// The text of the id.
    pub fn id_str(self) -> &'a str {
        match self.id {
            SubjectId::User(user) => user.as_str(),
            SubjectId::ChatGroup(chat_group) => chat_group.as_str(),
        }
    }
}

/// A counter in every head that each commit raises by one. Zero: the subject was never written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(u64);

impl Revision {
    /// The revision of a subject that was never written.
    pub const ZERO: Revision = Revision(0);

    /// The revision with this number.
    pub fn new(number: u64) -> Revision {
        Revision(number)
    }

    /// The number.
    pub fn get(self) -> u64 {
        self.0
    }

    /// The revision that a commit on this one makes.
    pub fn next(self) -> Revision {
        Revision(self.0 + 1)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a stored row is: 0 the head, 1 and 2 records, 3 keys of requests, 4 due rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind(pub u8);

impl Kind {
    /// The one row that every subject has.
    pub const HEAD: Kind = Kind(0);
    /// A record about a one-to-one conversation.
    pub const USER_RECORD: Kind = Kind(1);
    /// A record about a conversation with a chat group.
    pub const CHAT_GROUP_RECORD: Kind = Kind(2);
    /// The outcome of a call that was made under a key of the caller's; under the empty key the list of all of them.
    pub const REQUEST_KEY: Kind = Kind(3);
    /// What others are still to be told of the user. Stores keep it where all of these are found, not beside the head.
    pub const DUE: Kind = Kind(4);
}

/// Names a row of a subject beside its head. Ordered as stores keep rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowKey<'a> {
    /// Not [`Kind::HEAD`].
    pub kind: Kind,
    /// Bytes whose meaning depends on the kind.
    pub key: &'a [u8],
}

/// What a caller calls a request, so that it is carried out once however often it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestKey<'a>(&'a str);

impl<'a> RequestKey<'a> {
    /// Takes 1 to [`limits::REQUEST_KEY_BYTES`] visible ASCII characters.
    pub fn parse(text: &'a str) -> Option<RequestKey<'a>> {
        let fits = !text.is_empty() && text.len() <= limits::REQUEST_KEY_BYTES;
        (fits && text.bytes().all(|byte| byte.is_ascii_graphic())).then_some(RequestKey(text))
    }

    /// The key as text.
    pub fn as_str(self) -> &'a str {
        self.0
    }

    /// The key of the stored row that remembers the request.
    pub fn row_key(self) -> RowKey<'a> {
        RowKey { kind: Kind::REQUEST_KEY, key: self.0.as_bytes() }
    }
}

/// Why a text is no id.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum IdError {
    /// It has no characters.
    #[error("must not be empty")]
    Empty,
    /// It is longer than the limit.
    #[error("must be at most {limit} bytes")]
    TooLong {
        /// In bytes.
        limit: usize,
    },
    /// It holds a byte below 0x20 or 0x7f.
    #[error("must not contain control characters")]
    Control,
}

fn check(text: &str, limit: usize) -> Result<(), IdError> {
    if text.is_empty() {
        return Err(IdError::Empty);
    }
    if text.len() > limit {
        return Err(IdError::TooLong { limit });
    }
    if text.bytes().any(|byte| byte < 0x20 || byte == 0x7f) {
        return Err(IdError::Control);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_measured_in_bytes() {
        assert!(UserId::parse(&"ä".repeat(16)).is_ok());
        assert_eq!(UserId::parse(&"ä".repeat(17)), Err(IdError::TooLong { limit: 32 }));
        assert!(ChatGroupId::parse(&"g".repeat(64)).is_ok());
        assert_eq!(ChatGroupId::parse(&"g".repeat(65)), Err(IdError::TooLong { limit: 64 }));
        assert_eq!(UserId::parse(""), Err(IdError::Empty));
    }

    #[test]
    fn ids_hold_no_control_characters() {
        for bad in ["a\0", "\n", "a\u{1f}b", "\u{7f}"] {
            assert_eq!(UserId::parse(bad), Err(IdError::Control), "{bad:?}");
        }
        assert!(UserId::parse(" @TGS#<b>&\u{202e}").is_ok());
    }

    #[test]
    fn numbers_are_shown_plainly() {
        assert_eq!(AppId::new(1_400_000_000).unwrap().to_string(), "1400000000");
        assert_eq!(Revision::new(7).to_string(), "7");
        assert_eq!(AppId::new(0), None);
    }

    #[test]
    fn conversations_sort_as_their_rows() {
        let user = Conversation::User(UserId::parse("z").unwrap());
        let chat_group = Conversation::ChatGroup(ChatGroupId::parse("a").unwrap());
        assert!(user < chat_group);
        assert!(user.row_key() < chat_group.row_key());
    }
}
