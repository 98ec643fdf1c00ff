//! Leases: which server carries out a task that only one shall.
//!
//! A task is a row of the table `leases` with the number of its holder, which the cluster forgets when the lease ends.
//! Whoever takes or renews one does so conditionally, by the same kind of agreement as commits, and counts its time
//! from before he asked, so that the cluster's time is always the later one. The cluster counts whole seconds, and a
//! second that has begun is a whole one to it: so it is given one more than was asked for. A lease needs the clocks of
//! the nodes to go together, within that second; nothing may depend on it but that work is not done twice.
//!
//! Both statements are updates. An insert would leave a mark of the row, with a time of its own, that a renewal does
//! not lengthen or shorten.

use std::time::Duration;

use scylla::client::session::Session;
use scylla::statement::prepared::PreparedStatement;
use scylla::value::{CqlValue, Row};

use super::Inner;
use super::error::Failure;
use super::options::ConnectError;
use super::read::unreadable;
use super::statements::prepare;
use crate::StoreError;

/// Longer ones Cassandra refuses: twenty years.
const MAX_SECONDS: i32 = 20 * 365 * 24 * 3_600;

/// Conditional: sets the holder of a task if it is the one that is named. Sent once, as commits are.
pub(super) async fn statement(session: &Session, keyspace: &str) -> Result<PreparedStatement, ConnectError> {
    let text = format!("UPDATE {keyspace}.leases USING TTL ? SET holder = ? WHERE name = ? IF holder = ?");
    prepare(session, text).await
}

/// See [`Store::lead`](crate::Store::lead). What is not answered is not granted; at worst nobody leads for one lease.
pub(super) async fn lead(inner: &Inner, task: &str, who: u64, lease: Duration) -> Result<bool, StoreError> {
    let _permit = inner.committing()?;
    let who = who.cast_signed();
    match take(inner, task, who, Some(who), lease).await? {
        Answer::Taken => Ok(true),
        Answer::HeldBy(Some(_)) => Ok(false),
        Answer::HeldBy(None) => {
            let taken = take(inner, task, who, None, lease).await?;
            Ok(matches!(taken, Answer::Taken))
        }
    }
}

enum Answer {
    Taken,
    HeldBy(Option<i64>),
}

/// Takes a task over from `holder`.
async fn take(
    inner: &Inner,
    task: &str,
    who: i64,
    holder: Option<i64>,
    lease: Duration,
) -> Result<Answer, StoreError> {
    let values = (seconds(lease), who, task, holder);
    let result = match inner.session.execute_unpaged(&inner.statements.lead, values).await {
        Ok(result) => result,
        Err(error) => match Failure::of(&error) {
            Failure::NotDone(error) | Failure::Open(error) => return Err(error),
        },
    };
    let result = result.into_rows_result().map_err(|error| unreadable(&error))?;
    let row: Row = result.first_row().map_err(|error| unreadable(&error))?;
    let (mut taken, mut holder) = (None, None);
    // By name: which columns come along is a matter of the cluster's kind, and of whether the row is there.
    for (column, value) in result.column_specs().iter().zip(&row.columns) {
        match (column.name(), value) {
            ("[applied]", Some(CqlValue::Boolean(value))) => taken = Some(*value),
            ("holder", Some(CqlValue::BigInt(value))) => holder = Some(*value),
            _ => {}
        }
    }
    match taken {
        Some(true) => Ok(Answer::Taken),
        Some(false) => Ok(Answer::HeldBy(holder)),
        None => Err(unreadable(&"it does not say whether it was applied")),
    }
}

/// For how long the cluster keeps a lease.
fn seconds(lease: Duration) -> i32 {
    let whole = lease.as_secs().saturating_add(u64::from(lease.subsec_nanos() > 0));
    i32::try_from(whole.saturating_add(1)).unwrap_or(MAX_SECONDS).min(MAX_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cluster_never_forgets_a_lease_early() {
        let cases = [(0, 1), (1, 2), (999, 2), (1_000, 2), (1_001, 3), (30_000, 31)];
        for (millis, kept) in cases {
            assert_eq!(seconds(Duration::from_millis(millis)), kept, "{millis} ms");
        }
        assert_eq!(seconds(Duration::MAX), MAX_SECONDS);
    }
}
