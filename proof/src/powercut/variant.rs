//! The contents that a file may have after a power cut: which of its pending writes are kept, wholly or in part.
//!
//! A disk writes a sector of 512 bytes wholly or not at all; a page cache writes pages of 4 KiB, in any order. So a
//! pending write falls into *units* of a page, and a unit may be torn at a sector.

use super::disk::File;
use crate::random::Random;

/// Bytes that a disk writes at once.
pub(super) const SECTOR: u64 = 512;
/// Bytes that a page cache writes at once.
const PAGE: u64 = 4096;
/// How many combinations of each kind are left to chance.
const DRAWN: u64 = 6;

/// A part of a pending write that lies in one page.
struct Unit<'a> {
    /// Which write.
    write: usize,
    offset: u64,
    bytes: &'a [u8],
}

/// A choice of what is kept of a file's pending writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Variant {
    /// Nothing.
    Nothing,
    /// Nothing but the new length.
    Length,
    /// Everything.
    Everything,
    /// Everything but this unit.
    Without(usize),
    /// Everything before this unit.
    Before(usize),
    /// This write up to this unit, and all other writes.
    WriteTornBefore(usize),
    /// This unit up to a sector; of the others, all or those before.
    Torn { unit: usize, sectors: u64, others: bool },
    /// Units by chance.
    Units(u64),
    /// Sectors by chance.
    Sectors(u64),
}

/// The pending writes of a file in units.
pub(super) struct Pending<'a> {
    file: &'a File,
    units: Vec<Unit<'a>>,
}

impl<'a> Pending<'a> {
    /// Takes the pending writes of a file apart.
    pub(super) fn new(file: &'a File) -> Pending<'a> {
        let mut units = Vec::new();
        for (write, pending) in file.pending.iter().enumerate() {
            let mut offset = pending.offset;
            let mut rest = pending.bytes.as_slice();
            while !rest.is_empty() {
                let len = (PAGE - offset % PAGE).min(rest.len() as u64);
                let (bytes, more) = rest.split_at(len as usize);
                units.push(Unit { write, offset, bytes });
                offset += len;
                rest = more;
            }
        }
        Pending { file, units }
    }

    /// All choices. The first two are the ends: nothing, and everything.
    pub(super) fn variants(&self) -> Vec<Variant> {
        let mut variants = vec![Variant::Nothing];
        if self.units.is_empty() {
            return variants;
        }
        variants.extend([Variant::Everything, Variant::Length]);
        for (number, unit) in self.units.iter().enumerate() {
            variants.extend([Variant::Without(number), Variant::Before(number)]);
            if number > 0 && self.units[number - 1].write == unit.write {
                variants.push(Variant::WriteTornBefore(number));
            }
            for sectors in 1..unit.sectors() {
                for others in [true, false] {
                    variants.push(Variant::Torn { unit: number, sectors, others });
                }
            }
        }
        if self.units.len() > 1 {
            variants.extend((0..DRAWN).map(Variant::Units));
        }
        variants.extend((0..DRAWN).map(Variant::Sectors));
        variants
    }

    /// The length of the file with this choice, in bytes.
    pub(super) fn len(&self, variant: Variant, kept: &[(u64, &[u8])]) -> u64 {
        let kept = kept.iter().map(|(offset, bytes)| offset + bytes.len() as u64);
        let all = self.units.iter().map(|unit| unit.offset + unit.bytes.len() as u64);
        let end = match variant {
            Variant::Length => all.max(),
            _ => kept.max(),
        };
        end.unwrap_or_default().max(self.file.durable.len() as u64)
    }

    /// The parts that this choice keeps, in order. `seed` is for choices that are left to chance.
    pub(super) fn kept(&self, variant: Variant, seed: u64) -> Vec<(u64, &'a [u8])> {
        let mut random = match variant {
            Variant::Units(number) => Random::of(seed, &[1, number]),
            Variant::Sectors(number) => Random::of(seed, &[2, number]),
            _ => Random::new(seed),
        };
        let mut parts = Vec::new();
        for (number, unit) in self.units.iter().enumerate() {
            let whole = match variant {
                Variant::Nothing | Variant::Length => false,
                Variant::Everything => true,
                Variant::Without(lost) => number != lost,
                Variant::Before(end) => number < end,
                Variant::WriteTornBefore(end) => number < end || unit.write != self.units[end].write,
                Variant::Torn { unit: torn, others, .. } => number < torn || (others && number > torn),
                Variant::Units(_) => random.once_in(2),
                Variant::Sectors(_) => false,
            };
            if whole {
                parts.push((unit.offset, unit.bytes));
            }
            match variant {
                Variant::Torn { unit: torn, sectors, .. } if torn == number => {
                    parts.extend(unit.by_sector().take(sectors as usize));
                }
                Variant::Sectors(_) => parts.extend(unit.by_sector().filter(|_| random.once_in(2))),
                _ => {}
            }
        }
        parts
    }
}

impl<'a> Unit<'a> {
    fn sectors(&self) -> u64 {
        self.by_sector().count() as u64
    }

    fn by_sector(&self) -> impl Iterator<Item = (u64, &'a [u8])> + use<'a> {
        let (mut offset, mut rest) = (self.offset, self.bytes);
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let len = (SECTOR - offset % SECTOR).min(rest.len() as u64);
            let (sector, more) = rest.split_at(len as usize);
            let part = (offset, sector);
            offset += len;
            rest = more;
            Some(part)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::disk::Disk;
    use super::super::log::Event;
    use super::super::log::tests::log_of;
    use super::*;

    /// A file of two certain pages of 1, with pending writes of (offset, length, byte).
    fn file(writes: &[(u64, usize, u8)]) -> File {
        let mut bytes = vec![1; 8192];
        let mut disk = Disk::default();
        let mut events = vec![
            Event::Opened { file: 1, path: "/f".into(), made: true, folder: false },
            Event::Write { ticket: 1, file: 1, offset: 0, bytes: 0..8192, syncs: true },
            Event::Ended(1),
        ];
        for ((offset, len, byte), ticket) in writes.iter().zip(2..) {
            let start = bytes.len();
            bytes.resize(start + len, *byte);
            events.push(Event::Write {
                ticket,
                file: 1,
                offset: *offset,
                bytes: start..start + len,
                syncs: false,
            });
        }
        let log = log_of(events, bytes);
        for event in &log.events {
            disk.apply(event, &log).unwrap();
        }
        disk.file(1).unwrap().clone()
    }

    fn contents(file: &File, variant: Variant) -> Vec<u8> {
        let pending = Pending::new(file);
        let kept = pending.kept(variant, 4);
        let mut contents = file.with(kept.iter().copied());
        contents.resize(pending.len(variant, &kept) as usize, 0);
        contents
    }

    #[test]
    fn variants_keep_what_they_say() {
        let file = file(&[(4096, 8192, 2), (0, 100, 3)]);
        let byte = |variant, at: usize| contents(&file, variant).get(at).copied();
        let at = |variant| [byte(variant, 0), byte(variant, 5000), byte(variant, 9000)];
        assert_eq!(at(Variant::Nothing), [Some(1), Some(1), None]);
        assert_eq!(at(Variant::Length), [Some(1), Some(1), Some(0)]);
        assert_eq!(at(Variant::Everything), [Some(3), Some(2), Some(2)]);
        assert_eq!(at(Variant::Without(0)), [Some(3), Some(1), Some(2)]);
        assert_eq!(at(Variant::Before(1)), [Some(1), Some(2), None]);
        assert_eq!(at(Variant::WriteTornBefore(1)), [Some(3), Some(2), None]);
        let torn = |others| Variant::Torn { unit: 0, sectors: 2, others };
        assert_eq!(at(torn(true)), [Some(3), Some(2), Some(2)]);
        assert_eq!(at(torn(false)), [Some(1), Some(2), None]);
        assert_eq!([byte(torn(true), 4096 + 1023), byte(torn(true), 4096 + 1024)], [Some(2), Some(1)]);
    }

    #[test]
    fn there_are_variants_of_every_unit_and_sector() {
        let file = file(&[(4096, 8192, 2), (0, 100, 3)]);
        let variants = Pending::new(&file).variants();
        let torn = variants.iter().filter(|variant| matches!(variant, Variant::Torn { .. }));
        assert_eq!(torn.count(), 2 * 7 * 2);
        let without = variants.iter().filter(|variant| matches!(variant, Variant::Without(_)));
        assert_eq!(without.count(), 3);
        assert_eq!(variants[..2], [Variant::Nothing, Variant::Everything]);
    }

    #[test]
    fn chance_keeps_some_and_is_the_same_again() {
        let file = file(&[(4096, 8192, 2)]);
        let drawn = contents(&file, Variant::Sectors(3));
        assert_eq!(drawn, contents(&file, Variant::Sectors(3)));
        assert!(drawn[4096..].contains(&2) && drawn != contents(&file, Variant::Everything));
        for sector in drawn.chunks(SECTOR as usize) {
            assert!(sector.iter().all(|byte| *byte == sector[0]), "sectors are whole");
        }
    }
}
