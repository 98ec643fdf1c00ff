//! Making one backup: the members of its file, one after the other. Everything here may block.

use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use foldmark_core::subject::AppId;
use foldmark_store::{SnapshotError, SnapshotFacts, WalkFrom};
use foldmark_wire::transfer::{self as wire, ExportHead, Line, Totals};
use tokio::sync::mpsc;

use super::BackupError;
use super::archive::Writer;
use super::manifest::{CONFIG, DATA, DataKind, FORMAT, Manifest, SUBJECTS};
use crate::clock::Clock;
use crate::gate::Gate;
use crate::limits;
use crate::tasks::Tasks;
use crate::transfer::{self, Kind, PageQuery};
use crate::utc;

const BUFFER_BYTES: usize = 1 << 20;
/// After so many bytes it is looked whether the disk still has room.
const LOOK_EVERY: u64 = 16 << 20;

/// What backups are made of.
pub(super) struct Source {
    pub(super) gate: Arc<Gate>,
    pub(super) tasks: Tasks,
    pub(super) clock: Clock,
    /// The kind of the store.
    pub(super) store: &'static str,
}

/// A backup that was made.
pub(super) struct Made {
    pub(super) bytes: u64,
    pub(super) manifest: Manifest,
}

/// Writes a backup to `file`, which is empty and in the folder `place`, and makes it durable.
pub(super) fn make(source: &Source, mut file: &File, place: &Path) -> Result<Made, BackupError> {
    let snapshot_bytes = source.gate.executor().store().snapshot_bytes().map_err(unreadable)?;
    // How long an export will be, nobody knows before.
    let needed = snapshot_bytes.unwrap_or(0);
    let free = free_bytes(file)?;
    if free < needed.saturating_add(limits::BACKUP_LEAVES_BYTES) {
        let place = place.display().to_string();
        return Err(BackupError::NoRoom { place, free, needed, reserve: limits::BACKUP_LEAVES_BYTES });
    }
    let mut attempt = 1;
    loop {
        match attempt_to_make(source, file.try_clone()?, snapshot_bytes.is_some()) {
            Err(Trouble::Interrupted) if attempt < limits::BACKUP_ATTEMPTS => {
                attempt += 1;
                file.set_len(0)?;
                file.seek(SeekFrom::Start(0))?;
            }
            Err(Trouble::Interrupted) => return Err(unreadable(SnapshotError::Interrupted)),
            Err(Trouble::Failed(_)) if source.tasks.is_stopping() => return Err(BackupError::Stopping),
            Err(Trouble::Failed(error)) => return Err(error),
            Ok(manifest) => {
                file.sync_all()?;
                return Ok(Made { bytes: file.metadata()?.len(), manifest });
            }
        }
    }
}

/// Why an attempt has failed.
enum Trouble {
    /// Another one may succeed.
    Interrupted,
    Failed(BackupError),
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Trouble {
        Trouble::Failed(error.into())
    }
}

impl From<SnapshotError> for Trouble {
    fn from(error: SnapshotError) -> Trouble {
        match error {
            SnapshotError::Interrupted => Trouble::Interrupted,
            SnapshotError::Sink(error) => error.into(),
            error => Trouble::Failed(unreadable(error)),
        }
    }
}

fn attempt_to_make(source: &Source, file: File, has_snapshot: bool) -> Result<Manifest, Trouble> {
    let started = source.clock.unix_seconds();
    let guarded = Guarded { file, tasks: &source.tasks, since_look: 0 };
    let mut writer = Writer::new(BufWriter::with_capacity(BUFFER_BYTES, guarded), started);
    let config = &source.gate.live().described;
    writer.add(CONFIG, config.len() as u64, &mut config.as_bytes())?;
    let (data, data_format, facts) = if has_snapshot {
        let store = source.gate.executor().store();
        let facts: Result<SnapshotFacts, Trouble> = writer.add_written(DATA, |out| Ok(store.snapshot(out)?));
        let facts = facts?;
        (DataKind::Snapshot, facts.data_format, facts)
    } else {
        let facts = writer.add_written(SUBJECTS, |out| export(source, started, out))?;
        (DataKind::Export, wire::FORMAT, facts)
    };
    let manifest = Manifest {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started: utc::to_text(started),
        ended: utc::to_text(source.clock.unix_seconds()),
        store: source.store.to_owned(),
        data,
        data_format,
        users: facts.users,
        chat_groups: facts.chat_groups,
        applications: facts.applications,
        secrets: false,
        files: Vec::new(),
    };
    let (_, manifest) = writer.finish(manifest)?;
    Ok(manifest)
}

/// Writes all subjects of the configured applications, as `foldmark export` does.
fn export(source: &Source, started: u64, out: &mut dyn Write) -> Result<SnapshotFacts, Trouble> {
    let mut totals = Totals::default();
    let version = env!("CARGO_PKG_VERSION").into();
    let mut line = |line: &Line<'_>| writeln!(out, "{}", line.to_text());
    line(&Line::Export(ExportHead { format: wire::FORMAT, version, time: started }))?;
    let mut facts = SnapshotFacts::default();
    for app in source.gate.live().apps.ids() {
        for kind in [Kind::ChatGroups, Kind::Users] {
            let more = export_kind(source, app, kind, out)?;
            if more != Totals::default() {
                facts.applications.insert(app.get());
            }
            totals += more;
        }
    }
    writeln!(out, "{}", Line::End(totals).to_text())?;
    (facts.users, facts.chat_groups) = (totals.users, totals.chat_groups);
    Ok(facts)
}

/// Writes the subjects of one kind, page after page.
fn export_kind(source: &Source, app: AppId, kind: Kind, out: &mut dyn Write) -> Result<Totals, Trouble> {
    let mut totals = Totals::default();
    let mut cursor = None;
    loop {
        let query = PageQuery { sdkappid: app.get(), kind, cursor, limit: None };
        let from = query.from().unwrap_or(WalkFrom::Start);
        let (sender, mut lines) = mpsc::channel(limits::EXPORT_READS);
        source.tasks.start(transfer::page(source.gate.clone(), app, query, from, sender));
        // The last line of a page is not for the file: it says how to go on.
        let mut last: Option<Bytes> = None;
        while let Some(next) = lines.blocking_recv() {
            if let Some(line) = last.replace(next) {
                out.write_all(&line)?;
            }
        }
        let last = last.unwrap_or_default();
        match serde_json::from_slice(&last) {
            Ok(Line::Checkpoint(page)) => {
                totals += page.totals;
                let Some(next) = page.next else { return Ok(totals) };
                cursor = Some(next);
            }
            Ok(Line::Failed(failure)) => return Err(Trouble::Failed(unreadable(failure.reason))),
            _ => return Err(Trouble::Failed(unreadable("a page of users broke off"))),
        }
    }
}

/// A file that is written only while the server runs and the disk has room for others, too.
struct Guarded<'a> {
    file: File,
    tasks: &'a Tasks,
    /// Bytes.
    since_look: u64,
}

impl Write for Guarded<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.tasks.is_stopping() {
            return Err(io::Error::other("the server stops"));
        }
        if self.since_look >= LOOK_EVERY {
            self.since_look = 0;
            if free_bytes(&self.file)? < limits::BACKUP_LEAVES_BYTES {
                let leaves = limits::BACKUP_LEAVES_BYTES;
                let reason = format!("the disk would be left with less than {leaves} bytes of free room");
                return Err(io::Error::new(io::ErrorKind::StorageFull, reason));
            }
        }
        let written = self.file.write(bytes)?;
        self.since_look += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Seek for Guarded<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

/// The room that is left on the disk of a file for whoever is not root.
fn free_bytes(file: &File) -> io::Result<u64> {
    let facts = rustix::fs::fstatvfs(file)?;
    Ok(facts.f_bavail.saturating_mul(facts.f_frsize))
}

fn unreadable(error: impl std::fmt::Display) -> BackupError {
    BackupError::Data(error.to_string())
}
