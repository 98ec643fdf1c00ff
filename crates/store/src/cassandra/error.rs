//! What the driver's errors mean for a store.

use scylla::errors::{DbError, ExecutionError, RequestAttemptError};
use scylla::statement::Consistency as Level;

use crate::StoreError;

/// What a failed request says about itself.
#[derive(Debug)]
pub(super) enum Failure {
    /// It was not carried out and never will be.
    NotDone(StoreError),
    /// It may have been carried out, or still be.
    Open(StoreError),
}

impl Failure {
    /// Reads it from the driver's error. Whatever is not known to say that nothing happened is open.
    pub(super) fn of(error: &ExecutionError) -> Failure {
        let reason = store_error(error);
        match error {
            // No connection was found to send it on, or it could not be put into bytes.
            ExecutionError::BadQuery(_)
            | ExecutionError::EmptyPlan
            | ExecutionError::PrepareError(_)
            | ExecutionError::ConnectionPoolError(_) => Failure::NotDone(reason),
            ExecutionError::LastAttemptError(attempt) if was_not_done(attempt) => Failure::NotDone(reason),
            _ => Failure::Open(reason),
        }
    }

    /// The error for callers that need not know.
    pub(super) fn into_error(self) -> StoreError {
        match self {
            Failure::NotDone(error) | Failure::Open(error) => error,
        }
    }
}

/// The store's word for a driver's error.
pub(super) fn store_error(error: &ExecutionError) -> StoreError {
    match error {
        ExecutionError::RequestTimeout(_) => StoreError::Timeout,
        ExecutionError::LastAttemptError(RequestAttemptError::DbError(db, _)) => match db {
            DbError::ReadTimeout { .. } | DbError::WriteTimeout { .. } => StoreError::Timeout,
            DbError::Overloaded | DbError::RateLimitReached { .. } => StoreError::Busy,
            _ => StoreError::Failed(error.to_string()),
        },
        ExecutionError::LastAttemptError(RequestAttemptError::UnableToAllocStreamId) => StoreError::Busy,
        _ => StoreError::Failed(error.to_string()),
    }
}

fn was_not_done(attempt: &RequestAttemptError) -> bool {
    match attempt {
        RequestAttemptError::SerializationError(_)
        | RequestAttemptError::CqlRequestSerialization(_)
        | RequestAttemptError::UnableToAllocStreamId => true,
        RequestAttemptError::DbError(db, _) => match db {
            // Refused before anything was begun.
            DbError::SyntaxError
            | DbError::Unauthorized
            | DbError::AuthenticationError
            | DbError::IsBootstrapping
            | DbError::Unprepared { .. } => true,
            // Too few nodes are alive to agree, which is found before the agreement is begun. With another level it
            // is found afterwards, when what was agreed upon is to be spread.
            DbError::Unavailable { consistency, .. } => {
                matches!(consistency, Level::Serial | Level::LocalSerial)
            }
            _ => false,
        },
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use scylla::errors::WriteType;

    use super::*;

    fn db(error: DbError) -> ExecutionError {
        ExecutionError::LastAttemptError(RequestAttemptError::DbError(error, "told".to_owned()))
    }

    fn unavailable(consistency: Level) -> ExecutionError {
        db(DbError::Unavailable { consistency, required: 2, alive: 1 })
    }

    fn write_timeout(write_type: WriteType) -> ExecutionError {
        db(DbError::WriteTimeout { consistency: Level::Quorum, received: 1, required: 2, write_type })
    }

    #[test]
    fn only_what_surely_did_not_happen_is_called_so() {
        for error in [
            ExecutionError::EmptyPlan,
            unavailable(Level::Serial),
            unavailable(Level::LocalSerial),
            db(DbError::SyntaxError),
        ] {
            assert!(matches!(Failure::of(&error), Failure::NotDone(_)), "{error}");
        }
        for error in [
            ExecutionError::RequestTimeout(Duration::from_secs(1)),
            unavailable(Level::Quorum),
            unavailable(Level::LocalQuorum),
            write_timeout(WriteType::Cas),
            write_timeout(WriteType::Simple),
            db(DbError::Invalid),
            db(DbError::ServerError),
            db(DbError::Overloaded),
            db(DbError::Other(0x1700)),
        ] {
            assert!(matches!(Failure::of(&error), Failure::Open(_)), "{error}");
        }
    }

    #[test]
    fn errors_have_the_names_of_the_seam() {
        let timeout = store_error(&write_timeout(WriteType::Cas));
        assert!(matches!(timeout, StoreError::Timeout));
        assert!(matches!(store_error(&db(DbError::Overloaded)), StoreError::Busy));
        let failed = store_error(&unavailable(Level::Serial)).to_string();
        assert!(failed.contains("Not enough nodes are alive"), "{failed}");
    }
}
