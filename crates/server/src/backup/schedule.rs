//! Backups on a schedule.

use std::sync::Arc;

use super::{BackupError, Backups};
use crate::limits;

/// Makes backups when they are due, until the server stops. Without a configured folder there is nothing to do.
pub(crate) async fn run(backups: Arc<Backups>) {
    let tasks = backups.source.tasks.clone();
    let (Some(shelf), Some(settings)) = (&backups.shelf, &backups.settings) else {
        return;
    };
    shelf.sweep();
    let every = settings.every.as_secs();
    let mut not_before = 0;
    loop {
        tokio::select! {
            () = tasks.stopping() => return,
            () = tokio::time::sleep(limits::BACKUP_LOOK) => {}
        }
        let now = backups.clock.unix_seconds();
        // The newest one, whoever asked for it. After a start it is the newest of the folder, so that one that was missed
        // while the server was down is made at once.
        let last = backups.status().succeeded.map(|last| last.time);
        if now < not_before || !is_due(last, now, every) {
            continue;
        }
        // One that fails is told of in the log and by the status.
        let kept = backups.keep().await;
        if kept.is_err_and(|error| !matches!(error, BackupError::Busy)) {
            not_before = now + limits::BACKUP_RETRY.as_secs().min(every);
        }
    }
}

/// Whether a backup is due if the last one is of the moment `last`. One of the future, made before the clock was set
/// back, must not put off all others.
fn is_due(last: Option<u64>, now: u64, every: u64) -> bool {
    last.is_none_or(|last| now >= last.saturating_add(every) || last > now.saturating_add(every))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn due_is_what_is_missing_old_or_of_the_future() {
        assert!(is_due(None, 1_000, 100));
        assert!(!is_due(Some(1_000), 1_099, 100));
        assert!(is_due(Some(1_000), 1_100, 100));
        assert!(!is_due(Some(1_100), 1_000, 100));
        assert!(is_due(Some(1_101), 1_000, 100));
    }
}
