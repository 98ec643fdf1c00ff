//! The stored formats: what the bytes of a head and of a row mean.
//!
//! Every value is `format byte | fields | crc32`. A format byte names one layout for ever; a changed layout gets a new
//! byte, and old ones are read for ever. Integers are LEB128 unless said otherwise. The checksum, little endian, covers
//! the row's key and, for a head, the revision as well as the value, so that bytes that ended up under another key, or
//! beside another revision, are found as surely as flipped bits. Nothing here depends on a serialisation library.
//!
//! | byte | value |
//! | --- | --- |
//! | 0x01 | head of a user |
//! | 0x02 | head of a chat group |
//! | 0x03 | record |
//! | 0x04 | removal |
//! | 0x05 | head of a user whose groups have an order or an `Ex` |
//! | 0x06 | call that is remembered by its key |
//! | 0x07 | list of such keys |
//! | 0x08 | due row: which commits others are still to be told of |

mod bytes;
pub mod chat_group;
pub mod due;
pub mod head;
pub mod record;
pub mod request_key;

use thiserror::Error;

use crate::format::bytes::Reader;
use crate::subject::{Kind, Revision, RowKey, Subject, SubjectKind};

/// Stored bytes that are not what was written.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{what} of {kind} {id:?} of application {app}: {reason}")]
pub struct Corrupt {
    what: String,
    kind: &'static str,
    id: String,
    app: u32,
    reason: &'static str,
}

impl Corrupt {
    /// Names the row of `subject` whose bytes are wrong.
    pub fn new(subject: Subject<'_>, row: RowKey<'_>, reason: &'static str) -> Corrupt {
        let what = match row.kind {
            Kind::HEAD => "head".to_owned(),
            Kind(kind) => format!("row {kind} {:?}", String::from_utf8_lossy(row.key)),
        };
        let kind = match subject.kind() {
            SubjectKind::User => "user",
            SubjectKind::ChatGroup => "chat group",
        };
        Corrupt { what, kind, id: subject.id_str().to_owned(), app: subject.app.get(), reason }
    }
}

/// Names the head among the rows of a subject.
pub const HEAD_KEY: RowKey<'static> = RowKey { kind: Kind::HEAD, key: &[] };

/// Where a value belongs: part of what its checksum covers.
#[derive(Clone, Copy)]
struct Place<'a> {
    subject: Subject<'a>,
    row: RowKey<'a>,
    /// The subject's revision, in a head only.
    revision: Option<Revision>,
}

impl<'a> Place<'a> {
    fn head(subject: Subject<'a>, revision: Revision) -> Place<'a> {
        Place { subject, row: HEAD_KEY, revision: Some(revision) }
    }

    fn row(subject: Subject<'a>, row: RowKey<'a>) -> Place<'a> {
        Place { subject, row, revision: None }
    }

    fn corrupt(self, reason: &'static str) -> Corrupt {
        Corrupt::new(self.subject, self.row, reason)
    }

    /// Ends a value with its checksum.
    fn seal(self, mut value: Vec<u8>) -> Vec<u8> {
        let checksum = self.checksum(&value);
        value.extend_from_slice(&checksum.to_le_bytes());
        value
    }

    /// Checks a value's checksum and gives the bytes before it.
    fn open<'v>(self, value: &'v [u8]) -> Result<Reader<'v>, Corrupt> {
        let Some((body, checksum)) = value.split_last_chunk::<4>() else {
            return Err(self.corrupt("too short to hold a checksum"));
        };
        if self.checksum(body) != u32::from_le_bytes(*checksum) {
            return Err(self.corrupt("the checksum does not match"));
        }
        Ok(Reader::new(body))
    }

    fn checksum(self, body: &[u8]) -> u32 {
        let mut start = [0; 5];
        start[..4].copy_from_slice(&self.subject.app.get().to_be_bytes());
        start[4] = match self.subject.kind() {
            SubjectKind::User => 0,
            SubjectKind::ChatGroup => 0xff,
        };
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&start);
        hasher.update(self.subject.id_str().as_bytes());
        hasher.update(&[0, self.row.kind.0]);
        hasher.update(self.row.key);
        if let Some(revision) = self.revision {
            hasher.update(&revision.get().to_be_bytes());
        }
        hasher.update(body);
        hasher.finalize()
    }
}
