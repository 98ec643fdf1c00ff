//! The key space of the embedded store: one ordered map in which the rows of a subject are neighbours.
//!
//! ```text
//! app:u32 BE | user id | 0x00 | kind:u8 | key of the row      a user's head is kind 0 with an empty key
//! app:u32 BE | 0xFE | user id                                 a due row
//! app:u32 BE | 0xFF | chat group id                           the head of a chat group
//! 0:u32 BE | name                                             rows of the store itself; no application is number 0
//! ```
//!
//! Ids hold neither bytes below 0x20 nor 0xFE or 0xFF. So 0x00 ends a user id, the users of an application come before
//! its due rows and chat groups, no key belongs to two subjects, and ascending keys of one user are ascending (kind, key).

use foldmark_core::limits;
use foldmark_core::subject::{AppId, Kind, RowKey, Subject, SubjectId, UserId};

use crate::check::ROW_KEY_BYTES;

/// The version of the format of everything in the map, as bytes behind a fixed word.
pub(crate) const FORMAT: &[u8] = b"\0\0\0\0format";
/// A number that the store writes to find out whether it can.
pub(crate) const MARKER: &[u8] = b"\0\0\0\0marker";

const APP_BYTES: usize = 4;
pub(crate) const USER_END: u8 = 0x00;
/// Greater than [`USER_END`], less than any byte of an id: behind the rows of a user, before any other user.
const BEHIND_USER: u8 = 0x01;
pub(crate) const DUE: u8 = 0xfe;
pub(crate) const CHAT_GROUP: u8 = 0xff;

const CAPACITY: usize = APP_BYTES + limits::USER_ID_BYTES + 2 + ROW_KEY_BYTES;
// LMDB takes no longer keys, and the buffer must hold a chat group's key too.
const _: () = assert!(CAPACITY <= 511);
const _: () = assert!(APP_BYTES + 1 + limits::CHAT_GROUP_ID_BYTES <= CAPACITY);

/// A key on the stack, first of a subject's head, then moved to its other rows.
#[derive(Clone)]
pub(crate) struct Key {
    bytes: [u8; CAPACITY],
    len: usize,
    /// Where the kind of a user's row stands; the end of the key for chat groups.
    kind_at: usize,
}

impl Key {
    /// The key of the head of `subject`.
    pub(crate) fn head(subject: Subject<'_>) -> Key {
        let mut key = Key::app(subject.app);
        match subject.id {
            SubjectId::User(user) => {
                key.push(user.as_str().as_bytes());
                key.push(&[USER_END]);
                key.kind_at = key.len;
                key.push(&[Kind::HEAD.0]);
            }
            SubjectId::ChatGroup(chat_group) => {
                key.push(&[CHAT_GROUP]);
                key.push(chat_group.as_str().as_bytes());
                key.kind_at = key.len;
            }
        }
        key
    }

    /// Before every user of `app`.
    pub(crate) fn first_user(app: AppId) -> Key {
        Key::app(app)
    }

    /// Behind every row of the user, before every other user that sorts later.
    pub(crate) fn behind_user(app: AppId, user: UserId<'_>) -> Key {
        let mut key = Key::app(app);
        key.push(user.as_str().as_bytes());
        key.push(&[BEHIND_USER]);
        key
    }

    /// Before every row of the user, behind every other user that sorts earlier.
    pub(crate) fn at_user(app: AppId, user: UserId<'_>) -> Key {
        let mut key = Key::app(app);
        key.push(user.as_str().as_bytes());
        key
    }

    /// Before every due row of `app`, behind every user; also what the keys of all its due rows begin with.
    pub(crate) fn dues(app: AppId) -> Key {
        let mut key = Key::app(app);
        key.push(&[DUE]);
        key
    }

    /// The key of the due row of a user.
    pub(crate) fn due(app: AppId, user: UserId<'_>) -> Key {
        let mut key = Key::dues(app);
        key.push(user.as_str().as_bytes());
        key
    }

    /// Before every chat group of `app`, behind every due row; also what the keys of all its chat groups begin with.
    pub(crate) fn chat_groups(app: AppId) -> Key {
        let mut key = Key::app(app);
        key.push(&[CHAT_GROUP]);
        key
    }

    /// Makes this key of a user's head or row the key of another row of the user.
    ///
    /// # Panics
    ///
    /// If the row's key is longer than [`ROW_KEY_BYTES`].
    pub(crate) fn set_row(&mut self, row: RowKey<'_>) {
        self.len = self.kind_at;
        self.push(&[row.kind.0]);
        self.push(row.key);
    }

    /// Reads which row of the same user is at `stored`, a key between this user's head and [`Key::behind_user`].
    pub(crate) fn row_of<'a>(&self, stored: &'a [u8]) -> Option<RowKey<'a>> {
        let (kind, key) = stored.get(self.kind_at..)?.split_first()?;
        Some(RowKey { kind: Kind(*kind), key })
    }

    /// The key as the map has it.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    fn app(app: AppId) -> Key {
        let mut key = Key { bytes: [0; CAPACITY], len: 0, kind_at: 0 };
        key.push(&app.get().to_be_bytes());
        key.kind_at = key.len;
        key
    }

    fn push(&mut self, bytes: &[u8]) {
        let end = self.len + bytes.len();
        self.bytes[self.len..end].copy_from_slice(bytes);
        self.len = end;
    }
}

/// Whose head is at this key, if it is a user's head.
pub(crate) fn user_of_key(stored: &[u8]) -> Option<(AppId, UserId<'_>)> {
    let app = AppId::new(u32::from_be_bytes(*stored.first_chunk()?))?;
    Some((app, user_of_head(stored)?))
}

/// The user whose head is at this key, if it is a user's head.
pub(crate) fn user_of_head(stored: &[u8]) -> Option<UserId<'_>> {
    let id = stored.get(APP_BYTES..)?.strip_suffix(&[USER_END, Kind::HEAD.0])?;
    UserId::parse(str::from_utf8(id).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use foldmark_core::subject::ChatGroupId;

    use super::*;

    fn app(number: u32) -> AppId {
        AppId::new(number).unwrap()
    }

    fn user(id: &str) -> UserId<'_> {
        UserId::parse(id).unwrap()
    }

    fn row(id: &str, kind: u8, key: &[u8]) -> Vec<u8> {
        let mut made = Key::head(Subject::user(app(1), user(id)));
        made.set_row(RowKey { kind: Kind(kind), key });
        made.as_bytes().to_vec()
    }

    fn head(id: &str) -> Vec<u8> {
        Key::head(Subject::user(app(1), user(id))).as_bytes().to_vec()
    }

    #[test]
    fn keys_are_laid_out_as_documented() {
        assert_eq!(head("ab"), b"\0\0\0\x01ab\0\0");
        assert_eq!(row("ab", 2, b"g"), b"\0\0\0\x01ab\0\x02g");
        let chat_group = Subject::chat_group(app(0x0102_0304), ChatGroupId::parse("@TGS#1").unwrap());
        assert_eq!(Key::head(chat_group).as_bytes(), b"\x01\x02\x03\x04\xff@TGS#1");
        assert_eq!(Key::due(app(1), user("ab")).as_bytes(), b"\0\0\0\x01\xfeab");
    }

    #[test]
    fn neighbours_sort_as_documented() {
        let chat_group = Subject::chat_group(app(1), ChatGroupId::parse(" ").unwrap());
        let sorted = [
            FORMAT.to_vec(),
            Key::first_user(app(1)).as_bytes().to_vec(),
            Key::at_user(app(1), user("a")).as_bytes().to_vec(),
            head("a"),
            row("a", 1, b""),
            row("a", 1, b"\0"),
            row("a", 1, b"\xff\xff"),
            row("a", 2, b""),
            row("a", 255, b"\xff"),
            Key::behind_user(app(1), user("a")).as_bytes().to_vec(),
            Key::at_user(app(1), user("a ")).as_bytes().to_vec(),
            head("a "),
            row("a ", 1, b"x"),
            head("aa"),
            head("\u{10ffff}"),
            Key::dues(app(1)).as_bytes().to_vec(),
            Key::due(app(1), user("a")).as_bytes().to_vec(),
            Key::due(app(1), user("\u{10ffff}")).as_bytes().to_vec(),
            Key::chat_groups(app(1)).as_bytes().to_vec(),
            Key::head(chat_group).as_bytes().to_vec(),
            Key::first_user(app(2)).as_bytes().to_vec(),
        ];
        assert!(sorted.is_sorted_by(|a, b| a < b), "{sorted:?}");
    }

    #[test]
    fn stored_keys_are_read_back() {
        let key = Key::head(Subject::user(app(1), user("ab")));
        let stored = row("ab", 2, b"\0\xff");
        assert_eq!(key.row_of(&stored), Some(RowKey { kind: Kind(2), key: b"\0\xff" }));
        assert_eq!(key.row_of(&head("ab")), Some(RowKey { kind: Kind::HEAD, key: b"" }));
        assert_eq!(user_of_head(&head("ab")), Some(user("ab")));
        assert_eq!(user_of_head(&row("ab", 1, b"")), None);
        assert_eq!(user_of_head(&row("ab", 1, b"\0\0")), None);
    }

    #[test]
    fn the_longest_ids_and_keys_fit() {
        let id = "u".repeat(limits::USER_ID_BYTES);
        assert_eq!(row(&id, 1, &[7; ROW_KEY_BYTES]).len(), CAPACITY);
    }
}
