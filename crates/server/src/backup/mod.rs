//! Backups of the whole service: made beside a running server, on a schedule or on demand.
//!
//! A backup is one file, see [`archive`]. It is made on the disk before anybody gets any of it: the embedded store's
//! copy holds a read transaction, during which freed pages cannot be used again, and nobody who fetches a backup over
//! a slow network may make that last. The price is room for one copy, where `backup.folder` is, or else beside the data; a
//! backup that would leave the disk nearly full is not begun, and given up if it comes to that.
//!
//! One is made at a time.

pub mod archive;
mod calls;
mod make;
pub mod manifest;
mod renew;
mod schedule;
mod shelf;
mod status;

pub use renew::renew;

pub(crate) use calls::router;
pub(crate) use schedule::run;

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use thiserror::Error;
use tokio::sync::OwnedMutexGuard;

use crate::clock::Clock;
use crate::config::{BackupSettings, Settings, StoreSettings};
use crate::gate::Gate;
use crate::tasks::Tasks;
use make::{Made, Source};
use shelf::Shelf;
use status::{Failed, Kept, Status};

/// The backups of one server.
pub(crate) struct Backups {
    source: Arc<Source>,
    clock: Clock,
    /// Where backups are kept; `None` if only those that are asked for are made.
    shelf: Option<Shelf>,
    settings: Option<BackupSettings>,
    /// Where a backup is made that is not kept.
    place: PathBuf,
    turn: Arc<tokio::sync::Mutex<()>>,
    status: Mutex<Status>,
}

/// The folder of backups.
pub(crate) struct Listed {
    pub(crate) folder: String,
    pub(crate) every: Duration,
    /// How many are kept.
    pub(crate) keep: usize,
    /// The oldest first.
    pub(crate) backups: Vec<Kept>,
}

/// Why there is no backup.
#[derive(Debug, Error)]
pub(crate) enum BackupError {
    /// Another one is being made.
    #[error("another backup is being made")]
    Busy,
    /// Nothing says where to keep them.
    #[error("there is no place for backups: set backup.folder")]
    NoFolder,
    /// The server stops.
    #[error("the server stops")]
    Stopping,
    /// The disk has too little room.
    #[error(
        "{place} has {free} bytes of free room, and the backup takes about {needed} and must leave {reserve}"
    )]
    NoRoom {
        /// The folder.
        place: String,
        /// Bytes.
        free: u64,
        /// Bytes.
        needed: u64,
        /// Bytes.
        reserve: u64,
    },
    /// The file cannot be written.
    #[error("it cannot be written: {0}")]
    Io(#[from] io::Error),
    /// The data cannot be read.
    #[error("{0}")]
    Data(String),
}

impl Backups {
    pub(crate) fn new(settings: &Settings, gate: Arc<Gate>, clock: Clock, tasks: Tasks) -> Backups {
        let shelf = settings.backup.as_ref().map(|backup| Shelf::new(backup.folder.clone()));
        let place = match (&settings.backup, &settings.store) {
            (Some(backup), _) => backup.folder.clone(),
            (None, StoreSettings::Embedded(embedded)) => embedded.path.clone(),
            (None, _) => std::env::temp_dir(),
        };
        let status = Status::at_start(shelf.as_ref().and_then(Shelf::newest));
        let source = Source { gate, tasks, clock: clock.clone(), store: settings.store.kind() };
        Backups {
            source: Arc::new(source),
            clock,
            shelf,
            settings: settings.backup.clone(),
            place,
            turn: Arc::default(),
            status: Mutex::new(status),
        }
    }

    /// How the last ones went.
    pub(crate) fn status(&self) -> Status {
        let mut status = self.locked().clone();
        status.running = self.turn.try_lock().is_err();
        status
    }

    /// Whether there is a folder for them.
    pub(crate) fn has_folder(&self) -> bool {
        self.shelf.is_some()
    }

    /// What is in the configured folder; `None` if there is none, or if the server stops.
    pub(crate) async fn listed(&self) -> Option<Listed> {
        let (shelf, settings) = (self.shelf.clone()?, self.settings.as_ref()?);
        let folder = shelf.folder().display().to_string();
        let backups = self.source.tasks.blocking(move || shelf.list()).await?;
        Some(Listed { folder, every: settings.every, keep: settings.keep, backups })
    }

    /// Makes a backup in the configured folder, unless one is being made, and removes those that are too many.
    pub(crate) async fn keep(&self) -> Result<Kept, BackupError> {
        let turn = self.turn.clone().try_lock_owned().map_err(|_| BackupError::Busy)?;
        let (Some(shelf), Some(settings)) = (self.shelf.clone(), &self.settings) else {
            return Err(BackupError::NoFolder);
        };
        let start = self.clock.monotonic();
        let keep = settings.keep;
        let made = self.make(turn, move |source| {
            let unfinished = shelf.begin(source.clock.unix_seconds())?;
            let made = make::make(source, unfinished.file(), shelf.folder())?;
            let (name, time) = unfinished.finish()?;
            shelf.retain(keep);
            Ok((name, time, made))
        });
        let kept = made.await.map(|(name, time, made)| Kept {
            name,
            time,
            bytes: made.bytes,
            manifest: Some(made.manifest),
            seconds: Some(self.clock.monotonic().saturating_sub(start).as_secs_f64()),
        });
        self.remember(&kept);
        kept
    }

    /// Makes a backup that nobody keeps, in its turn, and gives it as a file without a name, read from its start, with
    /// its length.
    pub(crate) async fn pass(&self) -> Result<(File, u64), BackupError> {
        let turn = self.turn.clone().lock_owned().await;
        let place = self.place.clone();
        self.make(turn, move |source| {
            std::fs::create_dir_all(&place)?;
            let file = tempfile::tempfile_in(&place)?;
            let Made { bytes, .. } = make::make(source, &file, &place)?;
            Ok((file, bytes))
        })
        .await
    }

    /// Runs `make` where it may block, to its end even if nobody waits for it any more.
    async fn make<T: Send + 'static>(
        &self,
        turn: OwnedMutexGuard<()>,
        make: impl FnOnce(&Source) -> Result<T, BackupError> + Send + 'static,
    ) -> Result<T, BackupError> {
        let source = self.source.clone();
        let working = self.source.tasks.blocking(move || {
            let _turn = turn;
            make(&source)
        });
        working
            .await
            .unwrap_or_else(|| Err(BackupError::Data("the making of the backup has panicked".to_owned())))
    }

    fn remember(&self, outcome: &Result<Kept, BackupError>) {
        match outcome {
            Ok(kept) => {
                let (name, bytes) = (&kept.name, kept.bytes);
                tracing::info!(name, bytes, seconds = kept.seconds, "a backup was made");
                self.locked().succeeded = Some(kept.clone());
            }
            Err(error) => {
                tracing::error!(%error, "a backup was not made");
                self.source.gate.metrics().backup_failed();
                let time = self.clock.unix_seconds();
                self.locked().failed = Some(Failed { time, reason: error.to_string() });
            }
        }
    }

    fn locked(&self) -> MutexGuard<'_, Status> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
