//! What every store asks of a commit before it takes it on, so that all of them refuse the same programming errors.

use foldmark_core::changes::Changes;
use foldmark_core::subject::{Kind, Revision, Subject, SubjectKind};

use crate::StoreError;

/// The longest key of a row that stores take, in bytes. The longest in use is the id of a chat group.
pub(crate) const ROW_KEY_BYTES: usize = 256;

/// Refuses changes that no caller in its right mind makes. A refusal means a bug in the caller and is an error rather
/// than a panic because the caller serves others too.
pub(crate) fn check(subject: Subject<'_>, base: Revision, changes: &Changes) -> Result<(), StoreError> {
    if changes.revision.get().checked_sub(1) != Some(base.get()) {
        return Err(refused("their revision is not the one after their base"));
    }
    if subject.kind() == SubjectKind::ChatGroup && !changes.rows.is_empty() {
        return Err(refused("a chat group has no rows"));
    }
    if subject.kind() == SubjectKind::ChatGroup && changes.due {
        return Err(refused("nobody is told of chat groups"));
    }
    for row in &changes.rows {
        if row.kind == Kind::HEAD {
            return Err(refused("the head is not a row"));
        }
        if row.key.len() > ROW_KEY_BYTES {
            return Err(refused("the key of a row is too long"));
        }
    }
    Ok(())
}

fn refused(reason: &str) -> StoreError {
    StoreError::Failed(format!("these changes cannot be stored: {reason}"))
}
