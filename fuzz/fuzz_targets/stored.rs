//! Stored values: heads, records, removals, due rows and chat groups, as raw bytes and behind a checksum that is right.
//!
//! The first byte says which value and whether the checksum is made right. What is accepted must be written as no more
//! bytes than it was read from, and must be read from them again as the same value.

#![no_main]

use foldmark_core::command::Reads;
use foldmark_core::format::{chat_group, due, head, record};
use foldmark_core::stored::Stored;
use foldmark_core::subject::{AppId, ChatGroupId, Conversation, Revision, Subject, UserId};
use foldmark_core::verify;
use foldmark_core::view::View;
use libfuzzer_sys::fuzz_target;

const REVISION: u64 = 11;

fuzz_target!(|data: &[u8]| {
    let Some((&way, rest)) = data.split_first() else { return };
    let app = AppId::new(1).expect("1 is not 0");
    let user = Subject::user(app, UserId::parse("u").expect("it is an id"));
    let group = Subject::chat_group(app, ChatGroupId::parse("g").expect("it is an id"));
    let peer = Conversation::User(UserId::parse("p").expect("it is an id"));
    let revision = Revision::new(REVISION);
    let seal = |start: &[u8], revision: Option<u64>| {
        if way & 0x80 == 0 { sealed(start, revision, rest) } else { rest.to_vec() }
    };
    match way & 0x03 {
        0 => {
            let value = seal(b"\0\0\0\x01\0u\0\0", Some(REVISION));
            let imported = head::decode_imported(user, revision, &value);
            let Ok(read) = head::decode(user, revision, &value) else { return };
            assert_eq!(imported, Ok(read.imported));
            let written = head::encode(user, revision, &read);
            assert!(written.len() <= value.len());
            assert_eq!(head::decode(user, revision, &written), Ok(read));
            look(user, &Stored::new(revision, &value));
        }
        1 => {
            let key = peer.row_key();
            let value = seal(b"\0\0\0\x01\0u\0\x01p", None);
            let Ok(read) = record::decode(user, key, &value) else { return };
            let written = record::encode(user, key, &read);
            assert!(written.len() <= value.len());
            assert_eq!(record::decode(user, key, &written), Ok(read));
            let mut stored = Stored::new(revision, &head::encode(user, revision, &head::UserHead::new(7)));
            stored.push(key, &value);
            look(user, &stored);
        }
        2 => {
            let value = seal(b"\0\0\0\x01\0u\0\x04", None);
            let Ok(read) = due::decode(user, &value) else { return };
            let written = due::encode(user, &read);
            assert!(written.len() <= value.len());
            assert_eq!(due::decode(user, &written), Ok(read));
        }
        _ => {
            let value = seal(b"\0\0\0\x01\xffg\0\0", Some(REVISION));
            let Ok(read) = chat_group::decode(group, revision, &value) else { return };
            let written = chat_group::encode(group, revision, &read);
            assert!(written.len() <= value.len());
            assert_eq!(chat_group::decode(group, revision, &written), Ok(read));
            look(group, &Stored::new(revision, &value));
        }
    }
});

/// The recount finds what it finds, and never panics.
fn look(subject: Subject<'_>, stored: &Stored) {
    if let Ok(view) = View::decode(subject, stored, Reads::Whole) {
        let _ = verify::check(&view);
    }
}

/// The value with the checksum that belongs to it; see `foldmark_core::format`.
fn sealed(start: &[u8], revision: Option<u64>, body: &[u8]) -> Vec<u8> {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(start);
    if let Some(revision) = revision {
        hasher.update(&revision.to_be_bytes());
    }
    hasher.update(body);
    [body, &hasher.finalize().to_le_bytes()].concat()
}
