//! The rows beside a user's head: records, and removals in their place.
//!
//! Record: `0x03 | number | revision | timestamp | standard mark | group bitmap | custom mark | crc32`.
//! Removal: `0x04 | revision | time | crc32`.

use crate::format::bytes::{Malformed, Reader, put_number, put_text};
use crate::format::{Corrupt, Place};
use crate::limits;
use crate::mark::{CustomMark, GroupSet, StandardMark};
use crate::subject::{Revision, RowKey, Subject};

const RECORD: u8 = 0x03;
const REMOVAL: u8 = 0x04;

/// What a row under a conversation's key says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// The conversation has groups or marks.
    Record(Record),
    /// It had, and has no more.
    Removal(Removal),
}

/// What a user keeps about one conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Order of creation within the user, from 0; never given twice. The paging cursor.
    pub number: u32,
    /// The user's revision that last changed this record.
    pub revision: Revision,
    /// Unix seconds of the last change of groups or marks.
    pub timestamp: u64,
    /// The flag bits.
    pub standard_mark: StandardMark,
    /// The custom string.
    pub custom_mark: CustomMark,
    /// The groups that the conversation is in.
    pub groups: GroupSet,
}

impl Record {
    /// Whether the record carries a standard or a custom mark.
    pub fn is_marked(&self) -> bool {
        !self.standard_mark.is_empty() || !self.custom_mark.is_empty()
    }

    /// Whether the conversation is in a group.
    pub fn is_grouped(&self) -> bool {
        !self.groups.is_empty()
    }

    /// Whether the record says nothing any more.
    pub fn is_empty(&self) -> bool {
        !self.is_marked() && !self.is_grouped()
    }
}

/// Left where a record was, for those who follow a user's changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Removal {
    /// The user's revision that removed the record.
    pub revision: Revision,
    /// Unix seconds.
    pub time: u64,
}

/// The stored bytes of `row` under `key` of `subject`.
pub fn encode(subject: Subject<'_>, key: RowKey<'_>, row: &Row) -> Vec<u8> {
    let mut out = Vec::with_capacity(48);
    match row {
        Row::Record(record) => {
            out.push(RECORD);
            put_number(&mut out, record.number);
            put_number(&mut out, record.revision.get());
            put_number(&mut out, record.timestamp);
            put_number(&mut out, record.standard_mark.0);
            put_number(&mut out, record.groups.bits());
            put_text(&mut out, record.custom_mark.as_str());
        }
        Row::Removal(removal) => {
            out.push(REMOVAL);
            put_number(&mut out, removal.revision.get());
            put_number(&mut out, removal.time);
        }
    }
    Place::row(subject, key).seal(out)
}

/// Reads what [`encode`] wrote.
pub fn decode(subject: Subject<'_>, key: RowKey<'_>, value: &[u8]) -> Result<Row, Corrupt> {
    let place = Place::row(subject, key);
    let mut reader = place.open(value)?;
    let row = read(&mut reader).and_then(|row| reader.end().map(|()| row));
    row.map_err(|reason| place.corrupt(reason))
}

fn read(reader: &mut Reader<'_>) -> Result<Row, Malformed> {
    match reader.byte()? {
        RECORD => read_record(reader).map(Row::Record),
        REMOVAL => {
            Ok(Row::Removal(Removal { revision: Revision::new(reader.number()?), time: reader.number()? }))
        }
        _ => Err("the format is not known"),
    }
}

fn read_record(reader: &mut Reader<'_>) -> Result<Record, Malformed> {
    let number = reader.number()?;
    let revision = Revision::new(reader.number()?);
    let timestamp = reader.number()?;
    let standard_mark = StandardMark(reader.number()?);
    let groups = GroupSet::from_bits(reader.number()?);
    let custom_mark = reader.text(limits::CUSTOM_MARK_BYTES_CEILING)?;
    let custom_mark = CustomMark::parse(custom_mark, usize::MAX).ok_or("a text is too long")?;
    Ok(Record { number, revision, timestamp, standard_mark, custom_mark, groups })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::subject::{AppId, Conversation, UserId};

    fn subject() -> Subject<'static> {
        Subject::user(AppId::new(1_400_000_000).unwrap(), UserId::parse("user_0001").unwrap())
    }

    fn key(peer: &str) -> RowKey<'_> {
        Conversation::User(UserId::parse(peer).unwrap()).row_key()
    }

    fn sample() -> Record {
        Record {
            number: 7,
            revision: Revision::new(300),
            timestamp: 1_775_217_000,
            standard_mark: StandardMark(0b1111_1110),
            custom_mark: CustomMark::parse("abcde", 256).unwrap(),
            groups: GroupSet::from_bits(0b11),
        }
    }

    fn largest() -> Record {
        Record {
            number: u32::MAX,
            revision: Revision::new(u64::MAX),
            timestamp: u64::MAX,
            standard_mark: StandardMark(u64::MAX),
            custom_mark: CustomMark::parse(&"x".repeat(512), 512).unwrap(),
            groups: GroupSet::from_bits(u128::MAX),
        }
    }

    #[test]
    fn the_layout_is_pinned() {
        let hex = |row: &Row| {
            encode(subject(), key("user_0002"), row).iter().map(|b| format!("{b:02x}")).collect::<String>()
        };
        expect!["0307ac02e8d2bece06fe01030561626364651e7d3d85"].assert_eq(&hex(&Row::Record(sample())));
        let removal = Removal { revision: Revision::new(1), time: 1_775_217_000 };
        expect!["0401e8d2bece0601137cd2"].assert_eq(&hex(&Row::Removal(removal)));
    }

    #[test]
    fn rows_come_back() {
        let removal = Removal { revision: Revision::new(u64::MAX), time: 0 };
        for row in [Row::Record(sample()), Row::Record(largest()), Row::Removal(removal)] {
            let value = encode(subject(), key("b"), &row);
            assert!(value.len() <= limits::RECORD_VALUE_BYTES);
            assert_eq!(decode(subject(), key("b"), &value), Ok(row));
        }
    }

    #[test]
    fn any_flipped_bit_is_found() {
        let value = encode(subject(), key("b"), &Row::Record(sample()));
        for bit in 0..value.len() * 8 {
            let mut flipped = value.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(decode(subject(), key("b"), &flipped).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn a_value_under_another_key_is_found() {
        let value = encode(subject(), key("b"), &Row::Record(sample()));
        let error = decode(subject(), key("c"), &value).unwrap_err();
        expect![[r#"row 1 "c" of user "user_0001" of application 1400000000: the checksum does not match"#]]
            .assert_eq(&error.to_string());
    }

    #[test]
    fn truncated_values_are_found() {
        let value = encode(subject(), key("b"), &Row::Record(sample()));
        for length in 0..value.len() {
            assert!(decode(subject(), key("b"), &value[..length]).is_err());
        }
    }
}
