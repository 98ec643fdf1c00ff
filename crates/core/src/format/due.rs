//! Due rows: that a user has commits which others are to be told of, and have not been told yet.
//!
//! `0x08 | first | newest | set aside | note | crc32`: the revisions (8 bytes each, big endian) of the first and the
//! newest of these commits, the one up to which telling was given up (0: it was not), and a text about that. Stores
//! that keep a user's due row in one place keep it so. Like a removal or a record it says nothing by itself: what is
//! told is what the user's own rows say of these revisions.

use crate::format::bytes::{Reader, put_text};
use crate::format::{Corrupt, Place};
use crate::limits;
use crate::subject::{Kind, Revision, RowKey, Subject};

const DUE: u8 = 0x08;

/// Part of what the checksum covers: no due row passes for another row of the user.
const DUE_KEY: RowKey<'static> = RowKey { kind: Kind::DUE, key: &[] };

/// What is due of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The first commit that was not told.
    pub first: Revision,
    /// The newest one.
    pub newest: Revision,
    /// Up to which commit telling was given up, and what was noted about it.
    pub aside: Option<Aside>,
}

/// That telling was given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aside {
    /// Everything up to here was tried in vain.
    pub revision: Revision,
    /// At most [`limits::DUE_NOTE_BYTES`]; stores do not look into it.
    pub note: String,
}

impl Due {
    /// The commit of `revision` is due, too.
    #[must_use]
    pub fn and(self, revision: Revision) -> Due {
        Due { first: self.first.min(revision), newest: self.newest.max(revision), ..self }
    }

    /// One commit is due.
    pub fn of(revision: Revision) -> Due {
        Due { first: revision, newest: revision, aside: None }
    }

    /// Telling what is due up to `revision` was given up; without a note, it was not, and is tried again. What is not due
    /// is not concerned.
    pub fn put_aside(&mut self, revision: Revision, note: &str) {
        if revision < self.first {
            return;
        }
        let note = fitting(note).to_owned();
        self.aside = (!note.is_empty()).then(|| Aside { revision: revision.min(self.newest), note });
    }

    /// Whether telling all of this was given up, and nothing came after it.
    pub fn is_set_aside(&self) -> bool {
        self.aside.as_ref().is_some_and(|aside| aside.revision >= self.newest)
    }

    /// What is left when everything up to `revision` was told; `None` if that is nothing.
    pub fn settled(self, revision: Revision) -> Option<Due> {
        let aside = self.aside.filter(|aside| aside.revision > revision);
        (self.newest > revision).then(|| Due { first: self.first.max(revision.next()), aside, ..self })
    }
}

/// As much of a note as is kept.
pub fn fitting(note: &str) -> &str {
    let mut end = note.len().min(limits::DUE_NOTE_BYTES);
    while !note.is_char_boundary(end) {
        end -= 1;
    }
    &note[..end]
}

/// The stored bytes of what is due of `subject`.
pub fn encode(subject: Subject<'_>, due: &Due) -> Vec<u8> {
    let mut out = vec![DUE];
    let (aside, note) = match &due.aside {
        None => (Revision::ZERO, ""),
        Some(aside) => (aside.revision, aside.note.as_str()),
    };
    for revision in [due.first, due.newest, aside] {
        out.extend_from_slice(&revision.get().to_be_bytes());
    }
    put_text(&mut out, note);
    Place::row(subject, DUE_KEY).seal(out)
}

/// Reads what [`encode`] wrote.
pub fn decode(subject: Subject<'_>, value: &[u8]) -> Result<Due, Corrupt> {
    let place = Place::row(subject, DUE_KEY);
    let mut reader = place.open(value)?;
    read(&mut reader).and_then(|due| reader.end().map(|()| due)).map_err(|reason| place.corrupt(reason))
}

fn read(reader: &mut Reader<'_>) -> Result<Due, &'static str> {
    if reader.byte()? != DUE {
        return Err("the format is not known");
    }
    let mut revision = || reader.fixed_u64().map(Revision::new);
    let (first, newest, aside) = (revision()?, revision()?, revision()?);
    let note = reader.text(limits::DUE_NOTE_BYTES)?;
    if first == Revision::ZERO || first > newest || aside > newest {
        return Err("its revisions are out of order");
    }
    let aside = (aside != Revision::ZERO).then(|| Aside { revision: aside, note: note.to_owned() });
    if aside.is_none() && !note.is_empty() {
        return Err("a note about nothing");
    }
    Ok(Due { first, newest, aside })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subject::{AppId, UserId};

    fn subject() -> Subject<'static> {
        Subject::user(AppId::new(1).unwrap(), UserId::parse("u").unwrap())
    }

    fn due(first: u64, newest: u64, aside: Option<(u64, &str)>) -> Due {
        let aside =
            aside.map(|(revision, note)| Aside { revision: Revision::new(revision), note: note.into() });
        Due { first: Revision::new(first), newest: Revision::new(newest), aside }
    }

    #[test]
    fn the_layout_is_pinned() {
        let value = encode(subject(), &due(2, 0x0103, Some((3, "no"))));
        let fields = b"\x08\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\x01\x03\0\0\0\0\0\0\0\x03\x02no";
        assert_eq!(value[..value.len() - 4], fields[..]);
    }

    #[test]
    fn what_was_written_comes_back_and_nothing_else_does() {
        for due in
            [due(1, 1, None), due(3, u64::MAX, None), due(2, 9, Some((9, ""))), due(2, 9, Some((4, "it")))]
        {
            let value = encode(subject(), &due);
            assert_eq!(decode(subject(), &value).as_ref(), Ok(&due));
            for bit in 0..value.len() * 8 {
                let mut flipped = value.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                assert!(decode(subject(), &flipped).is_err(), "bit {bit}");
            }
            let other = Subject::user(AppId::new(2).unwrap(), UserId::parse("u").unwrap());
            assert!(decode(other, &value).is_err());
        }
    }

    #[test]
    fn revisions_out_of_order_are_refused() {
        for wrong in [due(0, 1, None), due(2, 1, None), due(1, 2, Some((3, "")))] {
            assert!(decode(subject(), &encode(subject(), &wrong)).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn notes_are_cut_between_characters() {
        assert_eq!(fitting("it said no"), "it said no");
        assert_eq!(fitting(&"\u{20ac}".repeat(200)).len(), 510);
        assert_eq!(fitting(&"e".repeat(600)).len(), limits::DUE_NOTE_BYTES);
    }

    #[test]
    fn settling_takes_away_what_was_told_and_no_more() {
        let before = due(3, 7, Some((5, "it")));
        assert_eq!(before.clone().settled(Revision::new(2)), Some(before.clone()));
        assert_eq!(before.clone().settled(Revision::new(4)), Some(due(5, 7, Some((5, "it")))));
        assert_eq!(before.clone().settled(Revision::new(5)), Some(due(6, 7, None)));
        assert_eq!(before.clone().settled(Revision::new(7)), None);
        assert_eq!(before.clone().settled(Revision::new(9)), None);
        assert!(!before.is_set_aside() && due(3, 7, Some((7, "it"))).is_set_aside());
        assert_eq!(before.and(Revision::new(8)), due(3, 8, Some((5, "it"))));
    }
}
