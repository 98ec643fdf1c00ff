//! The bound values of the statements that batches are made of, borrowed from what they write.

use foldmark_core::changes::RowChange;
use foldmark_core::subject::RowKey;
use scylla::errors::SerializationError;
use scylla::serialize::row::{RowSerializationContext, SerializeRow};
use scylla::serialize::writers::RowWriter;

use super::commit::Guard;

/// The name of a subject's partition: application, kind of subject, id.
pub(super) type Partition<'a> = (i64, i8, &'a str);

/// The values of one statement of a batch; each variant belongs to the statement of the same name.
#[derive(Clone, Copy)]
pub(super) enum Part<'a> {
    /// `commit_head`
    Head {
        value: &'a [u8],
        revision: i64,
        place: i8,
        signature: [u8; 24],
        partition: Partition<'a>,
        guard: Guard,
    },
    /// `put` if the row has a value, else `delete`.
    Row { partition: Partition<'a>, row: &'a RowChange },
    /// `sweep_head`
    SweepHead { partition: Partition<'a>, revision: i64 },
    /// `sweep_between`
    SweepBetween { partition: Partition<'a>, after: RowKey<'a>, before: RowKey<'a> },
    /// `sweep_behind`
    SweepBehind { partition: Partition<'a>, after: RowKey<'a> },
}

impl SerializeRow for Part<'_> {
    fn serialize(
        &self,
        context: &RowSerializationContext<'_>,
        writer: &mut RowWriter<'_>,
    ) -> Result<(), SerializationError> {
        match *self {
            Part::Head { value, revision, place, signature, partition: (app, kind, id), guard } => {
                let signature = signature.as_slice();
                let values = (value, revision, place, signature, app, kind, id, guard.revision, guard.fence);
                values.serialize(context, writer)
            }
            Part::Row { partition: (app, kind, id), row } => {
                let (row_kind, row_key) = (i16::from(row.kind.0), &*row.key);
                match &row.value {
                    Some(value) => {
                        (app, kind, id, row_kind, row_key, value.as_slice()).serialize(context, writer)
                    }
                    None => (app, kind, id, row_kind, row_key).serialize(context, writer),
                }
            }
            Part::SweepHead { partition: (app, kind, id), revision } => {
                (revision, app, kind, id, revision).serialize(context, writer)
            }
            Part::SweepBetween { partition: (app, kind, id), after, before } => {
                let (after_kind, before_kind) = (i16::from(after.kind.0), i16::from(before.kind.0));
                (app, kind, id, after_kind, after.key, before_kind, before.key).serialize(context, writer)
            }
            Part::SweepBehind { partition: (app, kind, id), after } => {
                (app, kind, id, i16::from(after.kind.0), after.key).serialize(context, writer)
            }
        }
    }

    fn is_empty(&self) -> bool {
        false
    }
}
