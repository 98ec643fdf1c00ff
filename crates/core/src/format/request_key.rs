//! Calls that are remembered by keys of their callers, so that one that is repeated is not carried out twice.
//!
//! They lie beside a user's records, under kind 3. Under the key that the caller gave:
//! `0x06 | revision | time | hash of the call (32 bytes) | outcome | crc32`. Under the empty key, the list of all of
//! them, oldest first: `0x07 | count | for each: key, time | crc32`. A user without such calls has neither.
//!
//! Outcome: what was done as one byte, then what the answer said. 1 a group was made: `id | results`. 2 renamed: `id`.
//! 3 members changed: `id | results`. 4 deleted: `id`. 5 marked: `results`. 6 done: nothing. 7 applied: `count | for each
//! command the group's id, or 0`. Results: `count | for each 0, or the number of a refusal`, and after that of a limit
//! the limit.

use crate::decision::{ItemResult, Refusal};
use crate::format::bytes::{Malformed, Reader, put_number, put_text};
use crate::format::{Corrupt, Place};
use crate::limits;
use crate::mark::GroupId;
use crate::subject::{Kind, RequestKey, Revision, RowKey, Subject};

const KEPT: u8 = 0x06;
const LIST: u8 = 0x07;

/// Names the list of all keys of a user.
pub const LIST_KEY: RowKey<'static> = RowKey { kind: Kind::REQUEST_KEY, key: &[] };

/// A call that changed something, and what it was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptCall {
    /// The user's revision that it made.
    pub revision: Revision,
    /// Unix seconds.
    pub time: u64,
    /// Of the call's name and body.
    pub hash: [u8; 32],
    /// What it was answered.
    pub outcome: KeptOutcome,
}

/// What a remembered call was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeptOutcome {
    /// A group was made or found, and members added.
    Created(GroupId, Vec<ItemResult>),
    /// A group was renamed.
    Renamed(GroupId),
    /// The members of a group were changed.
    Changed(GroupId, Vec<ItemResult>),
    /// A group was deleted.
    Deleted(GroupId),
    /// Marks were changed.
    Marked(Vec<ItemResult>),
    /// There was nothing to tell.
    Done,
    /// Commands were carried out together; the group of each, if it was about one.
    Applied(Vec<Option<GroupId>>),
}

/// One entry of the list of a user's keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedKey {
    /// As the caller gave it.
    pub key: Box<str>,
    /// Unix seconds of the call.
    pub time: u64,
}

/// The stored bytes of a remembered call.
pub fn encode(subject: Subject<'_>, key: RequestKey<'_>, call: &KeptCall) -> Vec<u8> {
    let mut out = Vec::with_capacity(96);
    out.push(KEPT);
    put_number(&mut out, call.revision.get());
    put_number(&mut out, call.time);
    out.extend_from_slice(&call.hash);
    match &call.outcome {
        KeptOutcome::Created(id, results) => put_outcome(&mut out, 1, Some(*id), Some(results)),
        KeptOutcome::Renamed(id) => put_outcome(&mut out, 2, Some(*id), None),
        KeptOutcome::Changed(id, results) => put_outcome(&mut out, 3, Some(*id), Some(results)),
        KeptOutcome::Deleted(id) => put_outcome(&mut out, 4, Some(*id), None),
        KeptOutcome::Marked(results) => put_outcome(&mut out, 5, None, Some(results)),
        KeptOutcome::Done => put_outcome(&mut out, 6, None, None),
        KeptOutcome::Applied(ids) => {
            out.push(7);
            put_number(&mut out, ids.len() as u64);
            for id in ids {
                put_number(&mut out, id.map_or(0, |id| id.0));
            }
        }
    }
    Place::row(subject, key.row_key()).seal(out)
}

/// Reads what [`encode`] wrote.
pub fn decode(subject: Subject<'_>, key: RowKey<'_>, value: &[u8]) -> Result<KeptCall, Corrupt> {
    let place = Place::row(subject, key);
    let mut reader = place.open(value)?;
    let call = read(&mut reader).and_then(|call| reader.end().map(|()| call));
    call.map_err(|reason| place.corrupt(reason))
}

/// The stored bytes of the list of keys.
pub fn encode_list(subject: Subject<'_>, list: &[ListedKey]) -> Vec<u8> {
    let mut out = vec![LIST];
    put_number(&mut out, list.len() as u64);
    for listed in list {
        put_text(&mut out, &listed.key);
        put_number(&mut out, listed.time);
    }
    Place::row(subject, LIST_KEY).seal(out)
}

/// Reads what [`encode_list`] wrote.
pub fn decode_list(subject: Subject<'_>, value: &[u8]) -> Result<Vec<ListedKey>, Corrupt> {
    let place = Place::row(subject, LIST_KEY);
    let mut reader = place.open(value)?;
    let list = read_list(&mut reader).and_then(|list| reader.end().map(|()| list));
    list.map_err(|reason| place.corrupt(reason))
}

fn put_outcome(out: &mut Vec<u8>, tag: u8, id: Option<GroupId>, results: Option<&[ItemResult]>) {
    out.push(tag);
    if let Some(id) = id {
        put_number(out, id.0);
    }
    let Some(results) = results else { return };
    put_number(out, results.len() as u64);
    for result in results {
        match result {
            Ok(()) => out.push(0),
            Err(Refusal::PeerUnknown) => out.push(1),
            Err(Refusal::ChatGroupUnknown) => out.push(2),
            Err(Refusal::TooManyGrouped { limit }) => {
                out.push(3);
                put_number(out, *limit);
            }
            Err(Refusal::TooManyMarked { limit }) => {
                out.push(4);
                put_number(out, *limit);
            }
            Err(Refusal::RecordNumbersUsedUp) => out.push(5),
            Err(other) => unreachable!("no item is refused by {other:?}"),
        }
    }
}

fn read(reader: &mut Reader<'_>) -> Result<KeptCall, Malformed> {
    if reader.byte()? != KEPT {
        return Err("the format is not known");
    }
    let revision = Revision::new(reader.number()?);
    let time = reader.number()?;
    let mut hash = [0; 32];
    for byte in &mut hash {
        *byte = reader.byte()?;
    }
    let outcome = match reader.byte()? {
        1 => KeptOutcome::Created(GroupId(reader.number()?), read_results(reader)?),
        2 => KeptOutcome::Renamed(GroupId(reader.number()?)),
        3 => KeptOutcome::Changed(GroupId(reader.number()?), read_results(reader)?),
        4 => KeptOutcome::Deleted(GroupId(reader.number()?)),
        5 => KeptOutcome::Marked(read_results(reader)?),
        6 => KeptOutcome::Done,
        7 => KeptOutcome::Applied(read_ids(reader)?),
        _ => return Err("an outcome is not known"),
    };
    Ok(KeptCall { revision, time, hash, outcome })
}

fn read_results(reader: &mut Reader<'_>) -> Result<Vec<ItemResult>, Malformed> {
    let count: usize = reader.number()?;
    if count > limits::CONVERSATIONS_PER_COMMAND {
        return Err("too many results");
    }
    let mut results = Vec::with_capacity(count);
    for _ in 0..count {
        results.push(match reader.byte()? {
            0 => Ok(()),
            1 => Err(Refusal::PeerUnknown),
            2 => Err(Refusal::ChatGroupUnknown),
            3 => Err(Refusal::TooManyGrouped { limit: reader.number()? }),
            4 => Err(Refusal::TooManyMarked { limit: reader.number()? }),
            5 => Err(Refusal::RecordNumbersUsedUp),
            _ => return Err("a refusal is not known"),
        });
    }
    Ok(results)
}

fn read_ids(reader: &mut Reader<'_>) -> Result<Vec<Option<GroupId>>, Malformed> {
    let count: usize = reader.number()?;
    if count > limits::COMMANDS_PER_APPLY {
        return Err("too many results");
    }
    let mut ids = Vec::with_capacity(count);
    for _ in 0..count {
        ids.push(Some(GroupId(reader.number()?)).filter(|id| id.0 != 0));
    }
    Ok(ids)
}

fn read_list(reader: &mut Reader<'_>) -> Result<Vec<ListedKey>, Malformed> {
    if reader.byte()? != LIST {
        return Err("the format is not known");
    }
    let count: usize = reader.number()?;
    if count > limits::REQUEST_KEYS {
        return Err("too many keys");
    }
    let mut list = Vec::with_capacity(count);
    for _ in 0..count {
        let key = reader.text(limits::REQUEST_KEY_BYTES)?;
        if RequestKey::parse(key).is_none() {
            return Err("a key holds what no key may");
        }
        list.push(ListedKey { key: key.into(), time: reader.number()? });
    }
    Ok(list)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::subject::{AppId, UserId};

    fn subject() -> Subject<'static> {
        Subject::user(AppId::new(1).unwrap(), UserId::parse("u").unwrap())
    }

    fn key() -> RequestKey<'static> {
        RequestKey::parse("7f3a").unwrap()
    }

    fn every_refusal() -> Vec<ItemResult> {
        vec![
            Ok(()),
            Err(Refusal::PeerUnknown),
            Err(Refusal::ChatGroupUnknown),
            Err(Refusal::TooManyGrouped { limit: 1_000 }),
            Err(Refusal::TooManyMarked { limit: u32::MAX }),
            Err(Refusal::RecordNumbersUsedUp),
        ]
    }

    fn samples() -> Vec<KeptCall> {
        let outcomes = [
            KeptOutcome::Created(GroupId(3), every_refusal()),
            KeptOutcome::Renamed(GroupId(u32::MAX)),
            KeptOutcome::Changed(
                GroupId(u32::MAX),
                vec![Err(Refusal::TooManyMarked { limit: u32::MAX }); limits::CONVERSATIONS_PER_COMMAND],
            ),
            KeptOutcome::Deleted(GroupId(1)),
            KeptOutcome::Marked(Vec::new()),
            KeptOutcome::Done,
            KeptOutcome::Applied(vec![Some(GroupId(u32::MAX)); limits::COMMANDS_PER_APPLY]),
            KeptOutcome::Applied(vec![None, Some(GroupId(2))]),
        ];
        let call =
            |outcome| KeptCall { revision: Revision::new(u64::MAX), time: u64::MAX, hash: [7; 32], outcome };
        outcomes.map(call).into()
    }

    #[test]
    fn the_layouts_are_pinned() {
        let hex = |bytes: Vec<u8>| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let call = KeptCall {
            revision: Revision::new(9),
            time: 1_775_217_000,
            hash: [0xab; 32],
            outcome: KeptOutcome::Created(GroupId(3), every_refusal()),
        };
        expect!["0609e8d2bece06abababababababababababababababababababababababababababababababab01030600010203e80704ffffffff0f0566c355dc"].assert_eq(&hex(encode(subject(), key(), &call)));
        let list = [ListedKey { key: "7f3a".into(), time: 1_775_217_000 }];
        expect!["07010437663361e8d2bece06e6d84b5d"].assert_eq(&hex(encode_list(subject(), &list)));
    }

    #[test]
    fn calls_and_lists_come_back_and_fit_their_bounds() {
        for call in samples() {
            let value = encode(subject(), key(), &call);
            assert!(value.len() <= limits::REQUEST_KEY_VALUE_BYTES, "{}", value.len());
            assert_eq!(decode(subject(), key().row_key(), &value), Ok(call));
        }
        let listed = ListedKey { key: "k".repeat(limits::REQUEST_KEY_BYTES).into(), time: u64::MAX };
        let list = vec![listed; limits::REQUEST_KEYS];
        let value = encode_list(subject(), &list);
        assert!(value.len() <= limits::REQUEST_KEY_LIST_BYTES);
        assert_eq!(decode_list(subject(), &value), Ok(list));
    }

    #[test]
    fn any_flipped_bit_and_any_cut_is_found() {
        let call = encode(subject(), key(), &samples()[0]);
        let list = encode_list(subject(), &[ListedKey { key: "a".into(), time: 1 }]);
        for bit in 0..call.len() * 8 {
            let mut flipped = call.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(decode(subject(), key().row_key(), &flipped).is_err(), "bit {bit}");
        }
        for length in 0..list.len() {
            assert!(decode_list(subject(), &list[..length]).is_err(), "length {length}");
        }
        let elsewhere = RequestKey::parse("other").unwrap();
        assert!(decode(subject(), elsewhere.row_key(), &call).is_err(), "under another key");
    }
}
