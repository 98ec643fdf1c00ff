//! A user's head: account facts, groups and counters.
//!
//! Layout: `0x01 | incarnation (8 bytes, big endian) | flags | nick | face url | next group id | next record number |
//! grouped | marked | records | removals | changes known since | groups | removed groups | crc32`.
//! Groups: count, then for each in ascending order of id `id minus the previous id | slot | name | revision`.
//! Removed groups: count, then for each, oldest first, `id | revision`. Flags: bit 0 says that the account is imported.
//!
//! A head whose groups have an order or an `Ex` has format 0x05: the same fields, then sections, each with its tag, in
//! ascending order, none of them empty. There is one so far, section 1: for each group, in ascending order of id,
//! `order | ex`. A head that needs no section has format 0x01, so that nothing changes for users without.
//!
//! The revision stands beside the head, in the store's keeping, and is covered by the head's checksum.

use crate::format::bytes::{Malformed, Reader, put_number, put_text};
use crate::format::{Corrupt, Place};
use crate::limits;
use crate::mark::{GroupEx, GroupId, GroupName, GroupSet, Slot};
use crate::subject::{Revision, Subject};

const USER_HEAD: u8 = 0x01;
const USER_HEAD_WITH_SECTIONS: u8 = 0x05;
const SECTION_GROUPS: u8 = 1;
const IMPORTED: u8 = 1;

/// The one row that every user has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserHead {
    /// Random; another one after the user was restored or imported whole. Revisions of two incarnations do not compare.
    pub incarnation: u64,
    /// Whether the account is imported now.
    pub imported: bool,
    /// Nickname.
    pub nick: Box<str>,
    /// URL of the user's picture.
    pub face_url: Box<str>,
    /// The id of the next group.
    pub next_group_id: u32,
    /// The number of the next record.
    pub next_record_number: u32,
    /// Records in at least one group.
    pub grouped: u32,
    /// Records with a standard or custom mark.
    pub marked: u32,
    /// Rows that are records.
    pub records: u32,
    /// Rows that are removals.
    pub removals: u32,
    /// Whoever has seen this revision or a later one can still be told all changes since.
    pub changes_since: Revision,
    /// The groups, in ascending order of id.
    pub groups: Vec<Group>,
    /// The groups removed last, oldest first.
    pub removed_groups: Vec<RemovedGroup>,
}

/// A group of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Never changes.
    pub id: GroupId,
    /// Its bit in the records' bitmaps.
    pub slot: Slot,
    /// Unique among the user's groups.
    pub name: GroupName,
    /// The user's revision that made it, or changed it last.
    pub revision: Revision,
    /// Groups are shown in ascending order of this, then of their ids. 0 until the user puts groups in order.
    pub order: u32,
    /// What a user interface keeps about it.
    pub ex: GroupEx,
}

/// A group that is no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RemovedGroup {
    /// The id that it had.
    pub id: GroupId,
    /// The user's revision that removed it.
    pub revision: Revision,
}

impl UserHead {
    /// The head of a user of whom nothing is stored yet.
    pub fn new(incarnation: u64) -> UserHead {
        UserHead {
            incarnation,
            imported: false,
            nick: "".into(),
            face_url: "".into(),
            next_group_id: 1,
            next_record_number: 0,
            grouped: 0,
            marked: 0,
            records: 0,
            removals: 0,
            changes_since: Revision::ZERO,
            groups: Vec::new(),
            removed_groups: Vec::new(),
        }
    }

    /// The group of this name.
    pub fn group_named(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.name.as_str() == name)
    }

    /// The groups in the order in which they are to be shown.
    pub fn groups_in_order(&self) -> Vec<&Group> {
        let mut groups: Vec<&Group> = self.groups.iter().collect();
        groups.sort_by_key(|group| (group.order, group.id));
        groups
    }

    /// The groups in `set`, in ascending order of id.
    pub fn groups_in(&self, set: GroupSet) -> impl Iterator<Item = &Group> {
        self.groups.iter().filter(move |group| set.contains(group.slot))
    }

    /// The places of the groups with these ids, which must be ascending.
    pub(crate) fn slots_of(&self, ids: &[GroupId]) -> GroupSet {
        let found = self.groups.iter().filter(|group| ids.binary_search(&group.id).is_ok());
        found.fold(GroupSet::default(), |set, group| set.with(group.slot))
    }

    /// Every slot that is taken.
    pub fn slots(&self) -> GroupSet {
        self.groups.iter().fold(GroupSet::default(), |set, group| set.with(group.slot))
    }
}

/// The stored bytes of `head` at `revision` of `subject`.
pub fn encode(subject: Subject<'_>, revision: Revision, head: &UserHead) -> Vec<u8> {
    let mut out = Vec::with_capacity(64 + head.groups.len() * 24);
    let has_section = head.groups.iter().any(|group| group.order != 0 || !group.ex.is_empty());
    out.push(if has_section { USER_HEAD_WITH_SECTIONS } else { USER_HEAD });
    out.extend_from_slice(&head.incarnation.to_be_bytes());
    out.push(if head.imported { IMPORTED } else { 0 });
    put_text(&mut out, &head.nick);
    put_text(&mut out, &head.face_url);
    for number in
        [head.next_group_id, head.next_record_number, head.grouped, head.marked, head.records, head.removals]
    {
        put_number(&mut out, number);
    }
    put_number(&mut out, head.changes_since.get());
    put_number(&mut out, head.groups.len() as u64);
    let mut previous = 0;
    for group in &head.groups {
        put_number(&mut out, group.id.0 - previous);
        previous = group.id.0;
        out.push(group.slot.get());
        put_text(&mut out, group.name.as_str());
        put_number(&mut out, group.revision.get());
    }
    put_number(&mut out, head.removed_groups.len() as u64);
    for removed in &head.removed_groups {
        put_number(&mut out, removed.id.0);
        put_number(&mut out, removed.revision.get());
    }
    if has_section {
        out.push(SECTION_GROUPS);
        for group in &head.groups {
            put_number(&mut out, group.order);
            put_text(&mut out, group.ex.as_str());
        }
    }
    Place::head(subject, revision).seal(out)
}

/// Reads what [`encode`] wrote at the same revision.
pub fn decode(subject: Subject<'_>, revision: Revision, value: &[u8]) -> Result<UserHead, Corrupt> {
    let place = Place::head(subject, revision);
    let mut reader = place.open(value)?;
    let head = read(&mut reader).and_then(|head| reader.end().map(|()| head));
    head.map_err(|reason| place.corrupt(reason))
}

/// Reads only whether the account is imported.
pub fn decode_imported(subject: Subject<'_>, revision: Revision, value: &[u8]) -> Result<bool, Corrupt> {
    let place = Place::head(subject, revision);
    let mut reader = place.open(value)?;
    read_start(&mut reader).map(|start| start.imported).map_err(|reason| place.corrupt(reason))
}

/// What every format of a head begins with.
struct Start {
    has_sections: bool,
    incarnation: u64,
    imported: bool,
}

fn read_start(reader: &mut Reader<'_>) -> Result<Start, Malformed> {
    let has_sections = match reader.byte()? {
        USER_HEAD => false,
        USER_HEAD_WITH_SECTIONS => true,
        _ => return Err("the format is not known"),
    };
    let incarnation = reader.fixed_u64()?;
    let imported = match reader.byte()? {
        0 => false,
        IMPORTED => true,
        _ => return Err("a flag is not known"),
    };
    Ok(Start { has_sections, incarnation, imported })
}

fn read(reader: &mut Reader<'_>) -> Result<UserHead, Malformed> {
    let start = read_start(reader)?;
    let mut head = UserHead {
        incarnation: start.incarnation,
        imported: start.imported,
        nick: reader.text(limits::PROFILE_TEXT_BYTES)?.into(),
        face_url: reader.text(limits::PROFILE_TEXT_BYTES)?.into(),
        next_group_id: reader.number()?,
        next_record_number: reader.number()?,
        grouped: reader.number()?,
        marked: reader.number()?,
        records: reader.number()?,
        removals: reader.number()?,
        changes_since: Revision::new(reader.number()?),
        groups: read_groups(reader)?,
        removed_groups: read_removed_groups(reader)?,
    };
    if start.has_sections {
        read_sections(reader, &mut head.groups)?;
    }
    Ok(head)
}

/// Only one way to write a head: what says nothing is not there.
fn read_sections(reader: &mut Reader<'_>, groups: &mut [Group]) -> Result<(), Malformed> {
    if reader.is_at_end() {
        return Err("there are no sections");
    }
    if reader.byte()? != SECTION_GROUPS {
        return Err("a section is not known");
    }
    let mut says_something = false;
    for group in groups {
        group.order = reader.number()?;
        let ex = reader.text(limits::GROUP_EX_BYTES)?;
        group.ex = GroupEx::parse(ex).ok_or("a text is too long")?;
        says_something |= group.order != 0 || !group.ex.is_empty();
    }
    if !says_something {
        return Err("a section says nothing");
    }
    Ok(())
}

fn read_groups(reader: &mut Reader<'_>) -> Result<Vec<Group>, Malformed> {
    let count: u32 = reader.number()?;
    if count > limits::GROUPS_CEILING {
        return Err("too many groups");
    }
    let mut groups = Vec::with_capacity(count as usize);
    let mut slots = GroupSet::default();
    let mut id = 0_u32;
    for _ in 0..count {
        let step = reader.number()?;
        if step == 0 {
            return Err("groups are out of order");
        }
        id = id.checked_add(step).ok_or("an integer is too large")?;
        let slot = Slot::new(reader.byte()?).ok_or("a slot is out of range")?;
        if slots.contains(slot) {
            return Err("two groups share a slot");
        }
        slots = slots.with(slot);
        let name = reader.text(limits::GROUP_NAME_BYTES_CEILING)?;
        let name =
            GroupName::parse(name, limits::GROUP_NAME_BYTES_CEILING).map_err(|_| "a group has no name")?;
        let revision = Revision::new(reader.number()?);
        groups.push(Group { id: GroupId(id), slot, name, revision, order: 0, ex: GroupEx::default() });
    }
    Ok(groups)
}

fn read_removed_groups(reader: &mut Reader<'_>) -> Result<Vec<RemovedGroup>, Malformed> {
    let count: usize = reader.number()?;
    if count > limits::REMOVED_GROUPS {
        return Err("too many removed groups");
    }
    let mut removed = Vec::with_capacity(count);
    for _ in 0..count {
        removed
            .push(RemovedGroup { id: GroupId(reader.number()?), revision: Revision::new(reader.number()?) });
    }
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::subject::{AppId, UserId};

    fn subject() -> Subject<'static> {
        Subject::user(AppId::new(1).unwrap(), UserId::parse("u").unwrap())
    }

    fn sample() -> UserHead {
        let group = |id, slot, name| Group {
            id: GroupId(id),
            slot: Slot::new(slot).unwrap(),
            name: GroupName::parse(name, 64).unwrap(),
            revision: Revision::new(2),
            order: 0,
            ex: GroupEx::default(),
        };
        UserHead {
            imported: true,
            nick: "One".into(),
            next_group_id: 6,
            next_record_number: 10,
            grouped: 1,
            marked: 2,
            records: 3,
            removals: 4,
            changes_since: Revision::new(5),
            groups: vec![group(1, 0, "work"), group(5, 2, "家")],
            removed_groups: vec![RemovedGroup { id: GroupId(2), revision: Revision::new(9) }],
            ..UserHead::new(0x0102_0304_0506_0708)
        }
    }

    fn ordered() -> UserHead {
        let mut head = sample();
        head.groups[0].order = 2;
        head.groups[1].order = 1;
        head.groups[1].ex = GroupEx::parse("{\"colour\":\"red\"}").unwrap();
        head
    }

    fn largest() -> UserHead {
        let groups = (0..limits::GROUPS_CEILING).map(|n| Group {
            id: GroupId(limits::NUMBER_MAX - limits::GROUPS_CEILING + n),
            slot: Slot::new(n as u8).unwrap(),
            name: GroupName::parse(&"n".repeat(limits::GROUP_NAME_BYTES_CEILING), usize::MAX).unwrap(),
            revision: Revision::new(u64::MAX),
            order: u32::MAX,
            ex: GroupEx::parse(&"e".repeat(limits::GROUP_EX_BYTES)).unwrap(),
        });
        let removed = RemovedGroup { id: GroupId(u32::MAX), revision: Revision::new(u64::MAX) };
        UserHead {
            nick: "x".repeat(limits::PROFILE_TEXT_BYTES).into(),
            face_url: "x".repeat(limits::PROFILE_TEXT_BYTES).into(),
            next_group_id: u32::MAX,
            next_record_number: u32::MAX,
            grouped: u32::MAX,
            marked: u32::MAX,
            records: u32::MAX,
            removals: u32::MAX,
            changes_since: Revision::new(u64::MAX),
            groups: groups.collect(),
            removed_groups: vec![removed; limits::REMOVED_GROUPS],
            ..UserHead::new(u64::MAX)
        }
    }

    #[test]
    fn the_layout_is_pinned() {
        let value = encode(subject(), Revision::new(11), &sample());
        let hex: String = value.iter().map(|byte| format!("{byte:02x}")).collect();
        expect!["01010203040506070801034f6e6500060a010203040502010004776f726b02040203e5aeb602010209a4060608"]
            .assert_eq(&hex);
    }

    #[test]
    fn the_layout_with_sections_is_pinned() {
        let value = encode(subject(), Revision::new(11), &ordered());
        let hex: String = value.iter().map(|byte| format!("{byte:02x}")).collect();
        expect!["05010203040506070801034f6e6500060a010203040502010004776f726b02040203e5aeb60201020901020001107b22636f6c6f7572223a22726564227d0fe35508"].assert_eq(&hex);
    }

    #[test]
    fn a_section_that_says_nothing_or_is_not_known_is_refused() {
        let revision = Revision::new(11);
        let place = Place::head(subject(), revision);
        let plain = encode(subject(), revision, &sample());
        let with = |section: &[u8]| {
            let mut value = plain[..plain.len() - 4].to_vec();
            value[0] = USER_HEAD_WITH_SECTIONS;
            value.extend_from_slice(section);
            decode(subject(), revision, &place.seal(value)).map_err(|error| error.to_string())
        };
        for (section, reason) in [
            (&[][..], "there are no sections"),
            (&[1, 0, 0, 0, 0], "a section says nothing"),
            (&[1, 0, 0, 0], "ends too early"),
            (&[2, 1, 0, 0, 0], "a section is not known"),
            (&[1, 1, 0, 0, 0, 2], "bytes are left over"),
        ] {
            let error = with(section).unwrap_err();
            assert!(error.ends_with(reason), "{section:?}: {error}");
        }
        assert_eq!(with(&[1, 1, 0, 0, 0]).unwrap().groups[0].order, 1);
    }

    #[test]
    fn heads_come_back_and_fit_their_bound() {
        for head in [UserHead::new(1), sample(), ordered(), largest()] {
            let value = encode(subject(), Revision::new(11), &head);
            assert!(value.len() <= limits::HEAD_VALUE_BYTES);
            assert_eq!(decode_imported(subject(), Revision::new(11), &value), Ok(head.imported));
            assert_eq!(decode(subject(), Revision::new(11), &value), Ok(head));
        }
    }

    #[test]
    fn another_revision_is_found() {
        let value = encode(subject(), Revision::new(11), &sample());
        assert!(decode(subject(), Revision::new(12), &value).is_err());
        assert!(decode_imported(subject(), Revision::new(12), &value).is_err());
    }

    #[test]
    fn any_flipped_bit_and_any_cut_is_found() {
        let value = encode(subject(), Revision::new(11), &ordered());
        for bit in 0..value.len() * 8 {
            let mut flipped = value.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(decode(subject(), Revision::new(11), &flipped).is_err(), "bit {bit}");
        }
        for length in 0..value.len() {
            assert!(decode(subject(), Revision::new(11), &value[..length]).is_err(), "length {length}");
        }
    }
}
