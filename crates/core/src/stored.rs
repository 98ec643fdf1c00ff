//! What a store gives back of one subject: its revision, head and rows as bytes, read in one consistent snapshot.
//!
//! All bytes lie in one buffer, so that reading a user of many rows costs two allocations.

use std::ops::Range;

use crate::subject::{Kind, Revision, RowKey};

/// The stored bytes of one subject, or of the part of it that was asked for. Rows are in ascending order.
#[derive(Clone, Debug, Default)]
pub struct Stored {
    revision: Revision,
    head: Option<Range<usize>>,
    rows: Vec<Span>,
    bytes: Vec<u8>,
}

#[derive(Clone, Debug)]
struct Span {
    kind: Kind,
    key: Range<usize>,
    value: Range<usize>,
}

/// One stored row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredRow<'a> {
    /// Which row.
    pub key: RowKey<'a>,
    /// Its bytes.
    pub value: &'a [u8],
}

impl Stored {
    /// A subject that was never written.
    pub fn absent() -> Stored {
        Stored::default()
    }

    /// A subject with a head and, so far, no rows.
    pub fn new(revision: Revision, head: &[u8]) -> Stored {
        Stored { revision, head: Some(0..head.len()), rows: Vec::new(), bytes: head.to_vec() }
    }

    /// Adds a row. Rows must be added in ascending order.
    pub fn push(&mut self, key: RowKey<'_>, value: &[u8]) {
        debug_assert!(self.rows().next_back().is_none_or(|last| last.key < key), "rows are added in order");
        let start = self.bytes.len();
        self.bytes.extend_from_slice(key.key);
        let middle = self.bytes.len();
        self.bytes.extend_from_slice(value);
        self.rows.push(Span { kind: key.kind, key: start..middle, value: middle..self.bytes.len() });
    }

    /// The subject's revision, [`Revision::ZERO`] if it was never written.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// The head's bytes.
    pub fn head(&self) -> Option<&[u8]> {
        self.head.clone().map(|range| &self.bytes[range])
    }

    /// The rows that were read, in ascending order.
    pub fn rows(&self) -> impl DoubleEndedIterator<Item = StoredRow<'_>> + ExactSizeIterator {
        self.rows.iter().map(|span| StoredRow {
            key: RowKey { kind: span.kind, key: &self.bytes[span.key.clone()] },
            value: &self.bytes[span.value.clone()],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_back_what_was_put_in() {
        let mut stored = Stored::new(Revision::new(3), b"head");
        let first = RowKey { kind: Kind(1), key: b"bob" };
        let second = RowKey { kind: Kind(2), key: b"" };
        stored.push(first, b"one");
        stored.push(second, b"");
        assert_eq!(stored.revision(), Revision::new(3));
        assert_eq!(stored.head(), Some(&b"head"[..]));
        let rows: Vec<_> = stored.rows().collect();
        assert_eq!(rows, [StoredRow { key: first, value: b"one" }, StoredRow { key: second, value: b"" }]);
        assert_eq!(Stored::absent().head(), None);
    }
}
