//! The audit log: who changed what, for whom, when and from where. One line of JSON for each commit, and for each dead
//! letter of webhooks that an operator deals with, in files that are only ever appended to.
//!
//! A line is begun before the commit and finished after it, so that none is missing: a call that is given up half way,
//! or whose outcome nobody knows, leaves a line that says so. Calls never write themselves. They hand their lines to
//! one thread through a bounded queue, and wait, without holding up anyone else, until their line is where the
//! configuration wants it. Refused calls change nothing and leave no line.

mod changed;
mod files;
mod line;
mod read;
mod writer;

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use foldmark_core::changes::Changes;
use foldmark_core::subject::{Revision, Subject};
use foldmark_core::view::View;
use thiserror::Error;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

pub use read::{ReadError, Reading, read};

use crate::clock::Clock;
use crate::config::{AuditSettings, OnAuditError};
use crate::limits;
use crate::tokens::Role;
use line::Line;
use writer::Message;

/// On whose behalf something is changed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller<'a> {
    pub(crate) address: IpAddr,
    /// `None`: an operator.
    pub(crate) identifier: Option<&'a str>,
    pub(crate) call: &'static str,
    /// The role of an operator who calls by the console.
    pub(crate) console: Option<Role>,
    /// What the caller is answered if nobody finds out what became of the change, where that is a code.
    pub(crate) unknown_code: Option<i32>,
}

/// The audit log of one server.
#[derive(Debug)]
pub(crate) struct Audit {
    queue: mpsc::Sender<Message>,
    state: Arc<State>,
    clock: Clock,
    /// Whether answers wait until their lines are on disk.
    waits: bool,
    /// Whether changes are refused while lines cannot be written.
    refuses: bool,
}

/// What callers and the writer tell each other.
#[derive(Debug, Default)]
pub(super) struct State {
    /// The last lines could not be written.
    pub(super) broken: AtomicBool,
    /// Lines that there was no room for since the last one that was written.
    pub(super) lost: AtomicU64,
    /// When it was last tried whether the files can be written again, in milliseconds of the monotonic clock.
    probed: AtomicU64,
}

/// How the audit log of a server goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AuditStatus {
    /// The last lines could not be written.
    pub(crate) is_broken: bool,
    /// Lines that there was no room for since then.
    pub(crate) lost: u64,
    /// Whether changes are refused meanwhile.
    pub(crate) refuses: bool,
}

/// The log could not be opened.
#[derive(Debug, Error)]
#[error("the audit log {}: {error}", path.display())]
pub struct AuditOpenError {
    path: PathBuf,
    error: std::io::Error,
}

/// The line of a change, or of one that was about to happen, is not where it has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotWritten;

impl Audit {
    /// Opens the file, cuts off what a crash has left half written, and starts the writer.
    pub(crate) fn open(settings: &AuditSettings, clock: &Clock) -> Result<Audit, AuditOpenError> {
        let state = Arc::new(State::default());
        let (queue, messages) = mpsc::channel(limits::AUDIT_QUEUE);
        let started = writer::start(settings, messages, state.clone(), clock.clone());
        started.map_err(|error| AuditOpenError { path: settings.path.clone(), error })?;
        Ok(Audit {
            queue,
            state,
            clock: clock.clone(),
            waits: settings.sync,
            refuses: settings.on_error == OnAuditError::Refuse,
        })
    }

    /// Asked before anything is changed. While lines cannot be written it tries now and then, by an empty write,
    /// whether they can be again.
    pub(crate) async fn admit(&self) -> Result<(), NotWritten> {
        if !self.refuses || !self.state.broken.load(Ordering::Acquire) {
            return Ok(());
        }
        let now = self.clock.monotonic().as_millis() as u64;
        let before = self.state.probed.load(Ordering::Relaxed);
        let is_due = now.saturating_sub(before) >= limits::AUDIT_RETRY.as_millis() as u64;
        let swap =
            |now| self.state.probed.compare_exchange(before, now, Ordering::Relaxed, Ordering::Relaxed);
        if !is_due || swap(now).is_err() {
            return Err(NotWritten);
        }
        let (done, outcome) = oneshot::channel();
        if self.queue.try_send(Message::Probe(done)).is_err() {
            return Err(NotWritten);
        }
        match outcome.await {
            Ok(true) => Ok(()),
            _ => Err(NotWritten),
        }
    }

    /// Begins the line of changes that are about to be sent to the store.
    pub(crate) fn begin<'a>(
        &'a self,
        caller: Caller<'a>,
        request_id: Option<&'a str>,
        view: &View<'a>,
        changes: &Changes,
    ) -> Entry<'a> {
        let line = Line::new(caller, request_id, view.subject, changed::changed(view, changes));
        Entry { audit: self, line: Some(line) }
    }

    /// Begins the line about a user's dead letter, which is about to be dealt with.
    pub(crate) fn begin_dead_letter<'a>(
        &'a self,
        caller: Caller<'a>,
        request_id: Option<&'a str>,
        subject: Subject<'a>,
        what: &'static str,
    ) -> Entry<'a> {
        Entry { audit: self, line: Some(Line::new(caller, request_id, subject, changed::dead_letter(what))) }
    }

    /// How it goes.
    pub(crate) fn status(&self) -> AuditStatus {
        AuditStatus {
            is_broken: self.state.broken.load(Ordering::Acquire),
            lost: self.state.lost.load(Ordering::Acquire),
            refuses: self.refuses,
        }
    }

    /// Waits until everything is written, and ends the writer.
    pub(crate) async fn close(&self) {
        let (done, ended) = oneshot::channel();
        if self.queue.send(Message::Close(done)).await.is_ok() {
            let _ = ended.await;
        }
    }

    /// Hands a line over. Whoever waits is told by what is given back; `None`: there is no place for the line.
    async fn enqueue(&self, text: String) -> Option<oneshot::Receiver<bool>> {
        let (done, outcome) = oneshot::channel();
        let Ok(Ok(place)) = timeout(limits::AUDIT_WAIT, self.queue.reserve()).await else {
            self.lose();
            return None;
        };
        place.send(Message::Line { text, done: self.waits.then_some(done) });
        Some(outcome)
    }

    /// Waits for a line that was handed over, if that is configured.
    async fn written(&self, queued: Option<oneshot::Receiver<bool>>) -> Result<(), NotWritten> {
        let is_written = match queued {
            Some(_) if !self.waits => true,
            Some(outcome) => outcome.await == Ok(true),
            None => false,
        };
        if is_written || !self.refuses { Ok(()) } else { Err(NotWritten) }
    }

    /// Counts a line that there is no room for. The file will say that it is missing.
    fn lose(&self) {
        if self.state.lost.fetch_add(1, Ordering::AcqRel) == 0 {
            tracing::error!("the audit log is behind, and lines are lost; the log will say how many");
        }
    }
}

/// A line that was begun. Dropped as it is, it says that nobody knows what became of the change.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    audit: &'a Audit,
    /// `None`: there is nothing more to say.
    line: Option<Line<'a>>,
}

impl Entry<'_> {
    /// Nothing was changed.
    pub(crate) fn dismiss(&mut self) {
        self.line = None;
    }

    /// The change is durable.
    pub(crate) async fn durable(mut self, revision: Revision) -> Result<(), NotWritten> {
        let Some(line) = &self.line else { return Ok(()) };
        let text = line.text(self.audit.clock.unix_milliseconds(), Some(revision));
        let queued = self.audit.enqueue(text).await;
        // From here on the line says it all, also if the caller goes away before it is written.
        self.line = None;
        self.audit.written(queued).await
    }
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        let Some(line) = self.line.take() else { return };
        let text = line.text(self.audit.clock.unix_milliseconds(), None);
        if self.audit.queue.try_send(Message::Line { text, done: None }).is_err() {
            self.audit.lose();
        }
    }
}

/// How often the writer tries again at most, whoever asks.
pub(super) fn is_due(now: Duration, failed: Duration) -> bool {
    now.saturating_sub(failed) >= limits::AUDIT_RETRY
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use foldmark_core::command::{Command, Reads};
    use foldmark_core::decide::decide;
    use foldmark_core::decision::Verdict;
    use foldmark_core::policy::{Context, Policy};
    use foldmark_core::stored::Stored;
    use foldmark_core::subject::{AppId, UserId};
    use futures_util::FutureExt;

    use super::*;

    const CALLER: Caller<'static> = Caller {
        address: IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
        identifier: Some("administrator"),
        call: "account_import",
        console: None,
        unknown_code: Some(70_169),
    };
    const START: &str = r#"{"time":"2026-04-03T11:50:00.000Z","sdkappid":7,"identifier":"administrator","address":"127.0.0.1","request_id":"r-1","call":"account_import","user":"u","#;

    fn audit(path: &Path, on_error: OnAuditError) -> Audit {
        let settings =
            AuditSettings { path: path.to_owned(), max_bytes: 1 << 20, keep: 1, sync: true, on_error };
        Audit::open(&settings, &Clock::manual(1_775_217_000)).unwrap()
    }

    /// Begins the line of an import, and gives it to `then`.
    async fn with_entry<T>(audit: &Audit, then: impl AsyncFnOnce(Entry<'_>) -> T) -> T {
        let subject = Subject::user(AppId::new(7).unwrap(), UserId::parse("u").unwrap());
        let stored = Stored::absent();
        let view = View::decode(subject, &stored, Reads::Named).unwrap();
        let context = Context { now: 1, random: 1, policy: Policy::default() };
        let command = Command::ImportAccount { nick: Some("U"), face_url: None };
        let Verdict::Decided(decision) = decide(&view, &command, &context) else { panic!("it is decided") };
        then(audit.begin(CALLER, Some("r-1"), &view, &decision.changes.unwrap())).await
    }

    #[tokio::test]
    async fn a_line_says_what_became_of_the_change() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.log");
        let audit = audit(&path, OnAuditError::Refuse);
        with_entry(&audit, async |entry| entry.durable(Revision::new(1)).await.unwrap()).await;
        with_entry(&audit, async |mut entry| entry.dismiss()).await;
        // As when the caller goes away while the store is at work.
        with_entry(&audit, async |entry| drop(entry)).await;
        // And as when he goes away while the line is on its way to the disk: there is one line all the same.
        with_entry(&audit, async |entry| {
            let _ = entry.durable(Revision::new(2)).now_or_never();
        })
        .await;
        audit.lose();
        audit.lose();
        audit.close().await;
        let changed = r#""changed":{"account":"imported"}}"#;
        let expected = format!(
            "{START}\"code\":0,\"revision\":1,{changed}\n{START}\"code\":70169,\"revision\":null,{changed}\n\
             {START}\"code\":0,\"revision\":2,{changed}\n\
             {{\"time\":\"2026-04-03T11:50:00.000Z\",\"lost\":2}}\n"
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), expected);
    }

    #[tokio::test]
    async fn while_lines_cannot_be_written_changes_are_refused_if_that_is_wanted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.log");
        std::os::unix::fs::symlink("/dev/full", &path).unwrap();
        let audit = audit(&path, OnAuditError::Refuse);
        assert_eq!(audit.admit().await, Ok(()), "nobody knows yet");
        let durable = with_entry(&audit, async |entry| entry.durable(Revision::new(1)).await).await;
        assert_eq!(durable, Err(NotWritten));
        assert_eq!(audit.admit().await, Err(NotWritten), "and it was tried");
        fs::remove_file(&path).unwrap();
        assert_eq!(audit.admit().await, Err(NotWritten), "not tried again so soon");
        audit.clock.advance(limits::AUDIT_RETRY);
        assert_eq!(audit.admit().await, Ok(()));
        audit.close().await;
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(
            text,
            format!("{START}\"code\":0,\"revision\":1,\"changed\":{{\"account\":\"imported\"}}}}\n")
        );
    }

    #[tokio::test]
    async fn what_finds_no_room_in_memory_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.log");
        std::os::unix::fs::symlink("/dev/full", &path).unwrap();
        let audit = audit(&path, OnAuditError::Log);
        let line = format!("{}\n", "x".repeat(1 << 20));
        for _ in 0..limits::AUDIT_PENDING_BYTES / line.len() + 3 {
            let queued = audit.enqueue(line.clone()).await;
            assert_eq!(audit.written(queued).await, Ok(()), "changes go on");
        }
        fs::remove_file(&path).unwrap();
        audit.close().await;
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.matches('x').count() >> 20, 15);
        assert!(text.ends_with("\"lost\":3}\n"), "{}", text.lines().last().unwrap());
    }
}
