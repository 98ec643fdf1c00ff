//! Cursors of change feeds as texts that only this server's applications can make.
//!
//! A cursor is `version | incarnation | base | revision | item | seal`, in Base64 without padding. The seal is the first
//! half of an HMAC-SHA256 over the application, the user and what stands before; its key is derived from the
//! application's, so that it is good for nothing else. What is inside is no secret, and means nothing to anybody else.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use foldmark_core::feed::{Cursor, Item};
use foldmark_core::mark::GroupId;
use foldmark_core::subject::{ChatGroupId, Conversation, Revision, Subject, UserId};
use foldmark_wire::{Code, Fault};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::apps::App;
use crate::config::Secret;

const VERSION: u8 = 1;
const SEAL_BYTES: usize = 16;

/// Makes and checks the seals of one user's cursors.
pub(crate) struct Seals<'a> {
    app: &'a App,
    user: Subject<'a>,
}

impl<'a> Seals<'a> {
    pub(crate) fn new(app: &'a App, user: Subject<'a>) -> Seals<'a> {
        Seals { app, user }
    }

    /// The text of a cursor with these bytes, sealed with the application's present key.
    pub(crate) fn seal(&self, bytes: &[u8]) -> String {
        let key = self.app.keys.first().expect("an application has a key");
        let mut sealed = bytes.to_vec();
        sealed.extend_from_slice(&self.seal_with(key, bytes));
        URL_SAFE_NO_PAD.encode(sealed)
    }

    /// The bytes of a cursor that was sealed with a key that is still accepted.
    pub(crate) fn open(&self, text: &str) -> Result<Vec<u8>, Fault> {
        let mut sealed = URL_SAFE_NO_PAD.decode(text).map_err(|_| invalid())?;
        let Some(length) = sealed.len().checked_sub(SEAL_BYTES) else {
            return Err(invalid());
        };
        let (bytes, seal) = sealed.split_at(length);
        if !self.app.keys.iter().any(|key| self.seal_with(key, bytes).ct_eq(seal).into()) {
            return Err(invalid());
        }
        sealed.truncate(length);
        Ok(sealed)
    }

    fn seal_with(&self, key: &Secret, bytes: &[u8]) -> [u8; SEAL_BYTES] {
        let derived = hmac(key.expose().as_bytes(), &[b"foldmark cursor"]);
        let user = self.user.id_str();
        let length = [user.len() as u8];
        let seal = hmac(&derived, &[&self.user.app.get().to_be_bytes(), &length, user.as_bytes(), bytes]);
        let (half, _) = seal.split_first_chunk().expect("an HMAC is longer than its half");
        *half
    }
}

/// The bytes of `cursor`.
pub(crate) fn write(cursor: &Cursor<'_>) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    bytes.extend_from_slice(&cursor.incarnation.to_be_bytes());
    bytes.extend_from_slice(&cursor.base.get().to_be_bytes());
    bytes.extend_from_slice(&cursor.revision.get().to_be_bytes());
    match cursor.after {
        None => {}
        Some(Item::RemovedGroup(id)) => put(&mut bytes, REMOVED_GROUP, &id.0.to_be_bytes()),
        Some(Item::Group(id)) => put(&mut bytes, GROUP, &id.0.to_be_bytes()),
        Some(Item::Conversation(conversation)) => {
            let tag = match conversation {
                Conversation::User(_) => USER,
                Conversation::ChatGroup(_) => CHAT_GROUP,
            };
            put(&mut bytes, tag, conversation.peer().as_bytes());
        }
    }
    bytes
}

/// Reads what [`write`] wrote.
pub(crate) fn read(bytes: &[u8]) -> Result<Cursor<'_>, Fault> {
    parse(bytes).ok_or_else(invalid)
}

const REMOVED_GROUP: u8 = 1;
const GROUP: u8 = 2;
const USER: u8 = 3;
const CHAT_GROUP: u8 = 4;

fn put(bytes: &mut Vec<u8>, tag: u8, item: &[u8]) {
    bytes.push(tag);
    bytes.extend_from_slice(item);
}

fn parse(bytes: &[u8]) -> Option<Cursor<'_>> {
    let (&version, rest) = bytes.split_first()?;
    if version != VERSION {
        return None;
    }
    let (incarnation, rest) = rest.split_first_chunk()?;
    let (base, rest) = rest.split_first_chunk()?;
    let (revision, rest) = rest.split_first_chunk()?;
    let after = match rest.split_first() {
        None => None,
        Some((&REMOVED_GROUP, id)) => Some(Item::RemovedGroup(group_id(id)?)),
        Some((&GROUP, id)) => Some(Item::Group(group_id(id)?)),
        Some((&tag, peer)) => {
            let peer = str::from_utf8(peer).ok()?;
            Some(Item::Conversation(match tag {
                USER => Conversation::User(UserId::parse(peer).ok()?),
                CHAT_GROUP => Conversation::ChatGroup(ChatGroupId::parse(peer).ok()?),
                _ => return None,
            }))
        }
    };
    let revision_of = |bytes: &[u8; 8]| Revision::new(u64::from_be_bytes(*bytes));
    Some(Cursor {
        incarnation: u64::from_be_bytes(*incarnation),
        base: revision_of(base),
        revision: revision_of(revision),
        after,
    })
}

fn group_id(bytes: &[u8]) -> Option<GroupId> {
    Some(GroupId(u32::from_be_bytes(bytes.try_into().ok()?)))
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("an HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn invalid() -> Fault {
    Fault::from(Code::CursorInvalid)
}

#[cfg(test)]
mod tests {
    use foldmark_core::subject::AppId;

    use super::*;
    use crate::clock::Clock;
    use crate::config::AppSettings;

    fn app(number: u32, keys: &[&str]) -> App {
        let app = AppId::new(number).unwrap();
        let mut settings = AppSettings::new(app, Secret::new(keys[0].to_owned()));
        settings.keys.extend(keys[1..].iter().map(|key| Secret::new((*key).to_owned())));
        App::new(&settings, &Clock::manual(0), None)
    }

    fn user(number: u32, id: &str) -> Subject<'_> {
        Subject::user(AppId::new(number).unwrap(), UserId::parse(id).unwrap())
    }

    #[test]
    fn cursors_come_back() {
        let peer = Conversation::User(UserId::parse("ü").unwrap());
        let long = "g".repeat(64);
        let team = Conversation::ChatGroup(ChatGroupId::parse(&long).unwrap());
        let items = [
            None,
            Some(Item::RemovedGroup(GroupId(7))),
            Some(Item::Group(GroupId(u32::MAX))),
            Some(Item::Conversation(peer)),
            Some(Item::Conversation(team)),
        ];
        for after in items {
            let (base, revision) = (Revision::new(3), Revision::new(u64::MAX));
            let cursor = Cursor { incarnation: u64::MAX, base, revision, after };
            let bytes = write(&cursor);
            assert_eq!(read(&bytes), Ok(cursor));
            let app = app(1, &["k"]);
            let text = Seals::new(&app, user(1, "u")).seal(&bytes);
            assert!(text.len() <= foldmark_wire::limits::CURSOR_BYTES_MAX, "{}", text.len());
        }
        for bad in [&[][..], &[2; 25], &[1; 24], &[1; 26]] {
            assert!(read(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_cursor_is_good_for_its_user_and_key_alone() {
        let app_one = app(1, &["new", "old"]);
        let text = Seals::new(&app_one, user(1, "ann")).seal(b"bytes");
        let opened = |app: &App, user: Subject<'_>| Seals::new(app, user).open(&text).ok();
        assert_eq!(opened(&app_one, user(1, "ann")).as_deref(), Some(&b"bytes"[..]));
        assert_eq!(opened(&app(1, &["newer", "new"]), user(1, "ann")).as_deref(), Some(&b"bytes"[..]));
        assert_eq!(opened(&app(1, &["newer"]), user(1, "ann")), None);
        assert_eq!(opened(&app_one, user(1, "bob")), None);
        assert_eq!(opened(&app(2, &["new"]), user(2, "ann")), None);
    }

    #[test]
    fn any_change_of_a_cursor_is_found() {
        let app = app(1, &["k"]);
        let seals = Seals::new(&app, user(1, "ann"));
        let text = seals.seal(b"bytes");
        for place in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
            assert!(seals.open(str::from_utf8(&changed).unwrap()).is_err(), "{place}");
            assert!(seals.open(&text[..place]).is_err(), "{place}");
        }
        assert!(seals.open("").is_err() && seals.open("é").is_err());
    }
}
