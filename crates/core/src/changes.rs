//! What one commit writes: the subject's new head and its changed rows, as bytes that stores do not look into.

use crate::subject::{Kind, Revision, RowKey};

/// The new bytes of one subject. Applied wholly or not at all, on the base revision that it was decided on; the
/// subject's revision becomes the one after the base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// The revision that these changes make: one more than their base.
    pub revision: Revision,
    /// The head's new value.
    pub head: Vec<u8>,
    /// Rows beside the head, in ascending order, each key once.
    pub rows: Vec<RowChange>,
    /// Whether others are to be told of this commit: it leaves a due row. Never of a chat group.
    pub due: bool,
}

/// The fate of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowChange {
    /// The row's kind, never [`Kind::HEAD`].
    pub kind: Kind,
    /// The row's key within its kind.
    pub key: Box<[u8]>,
    /// The new value; `None` deletes the row, which need not exist.
    pub value: Option<Vec<u8>>,
}

impl RowChange {
    /// Which row this is.
    pub fn row_key(&self) -> RowKey<'_> {
        RowKey { kind: self.kind, key: &self.key }
    }
}
