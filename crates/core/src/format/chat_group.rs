//! A chat group's head, its only row.
//!
//! Layout: `0x02 | flags | type | name | owner | created | crc32`. Flags: bit 0 says that it is alive.

use crate::format::bytes::{Malformed, Reader, put_number, put_text};
use crate::format::{Corrupt, Place};
use crate::limits;
use crate::subject::{Revision, Subject};

const CHAT_GROUP_HEAD: u8 = 0x02;
const ALIVE: u8 = 1;

/// What is known of a chat group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatGroupHead {
    /// False once it was disbanded.
    pub alive: bool,
    /// The type as it was given: `Public`, `Private` and so on.
    pub kind: Box<str>,
    /// Its name.
    pub name: Box<str>,
    /// The owner's user id; empty if none was named.
    pub owner: Box<str>,
    /// Unix seconds.
    pub created: u64,
}

/// The stored bytes of `head` at `revision` of `subject`.
pub fn encode(subject: Subject<'_>, revision: Revision, head: &ChatGroupHead) -> Vec<u8> {
    let mut out = Vec::with_capacity(64);
    out.push(CHAT_GROUP_HEAD);
    out.push(if head.alive { ALIVE } else { 0 });
    put_text(&mut out, &head.kind);
    put_text(&mut out, &head.name);
    put_text(&mut out, &head.owner);
    put_number(&mut out, head.created);
    Place::head(subject, revision).seal(out)
}

/// Reads what [`encode`] wrote at the same revision.
pub fn decode(subject: Subject<'_>, revision: Revision, value: &[u8]) -> Result<ChatGroupHead, Corrupt> {
    let place = Place::head(subject, revision);
    let mut reader = place.open(value)?;
    let head = read(&mut reader).and_then(|head| reader.end().map(|()| head));
    head.map_err(|reason| place.corrupt(reason))
}

/// Reads whether the chat group is alive, and no more of it. Its checksum is checked.
pub fn decode_alive(subject: Subject<'_>, revision: Revision, value: &[u8]) -> Result<bool, Corrupt> {
    let place = Place::head(subject, revision);
    let mut reader = place.open(value)?;
    read_alive(&mut reader).map_err(|reason| place.corrupt(reason))
}

fn read_alive(reader: &mut Reader<'_>) -> Result<bool, Malformed> {
    if reader.byte()? != CHAT_GROUP_HEAD {
        return Err("the format is not known");
    }
    match reader.byte()? {
        0 => Ok(false),
        ALIVE => Ok(true),
        _ => Err("a flag is not known"),
    }
}

fn read(reader: &mut Reader<'_>) -> Result<ChatGroupHead, Malformed> {
    Ok(ChatGroupHead {
        alive: read_alive(reader)?,
        kind: reader.text(limits::CHAT_GROUP_TYPE_BYTES)?.into(),
        name: reader.text(limits::CHAT_GROUP_NAME_BYTES)?.into(),
        owner: reader.text(limits::USER_ID_BYTES)?.into(),
        created: reader.number()?,
    })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::subject::{AppId, ChatGroupId};

    fn subject() -> Subject<'static> {
        Subject::chat_group(AppId::new(1).unwrap(), ChatGroupId::parse("@TGS#1B2AUI7RZ").unwrap())
    }

    fn sample() -> ChatGroupHead {
        ChatGroupHead {
            alive: true,
            kind: "Public".into(),
            name: "n".into(),
            owner: "o".into(),
            created: 1_700_000_000,
        }
    }

    #[test]
    fn the_layout_is_pinned() {
        let value = encode(subject(), Revision::new(1), &sample());
        let hex: String = value.iter().map(|byte| format!("{byte:02x}")).collect();
        expect!["0201065075626c6963016e016f80e2cfaa06b8db2c02"].assert_eq(&hex);
    }

    #[test]
    fn heads_come_back() {
        for head in [sample(), ChatGroupHead { alive: false, owner: "".into(), ..sample() }] {
            let value = encode(subject(), Revision::new(1), &head);
            assert_eq!(decode(subject(), Revision::new(1), &value), Ok(head));
        }
    }

    #[test]
    fn any_flipped_bit_is_found() {
        let value = encode(subject(), Revision::new(1), &sample());
        for bit in 0..value.len() * 8 {
            let mut flipped = value.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(decode(subject(), Revision::new(1), &flipped).is_err(), "bit {bit}");
        }
    }
}
