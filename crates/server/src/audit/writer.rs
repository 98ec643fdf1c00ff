//! The one thread that writes the audit log. It takes what has come in the meantime together, so that one sync of the
//! disk does for many calls.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::files::Files;
use super::{State, is_due};
use crate::clock::Clock;
use crate::config::AuditSettings;
use crate::limits::{AUDIT_BATCH, AUDIT_PENDING_BYTES};
use crate::utc;

/// What the writer is asked for.
#[derive(Debug)]
pub(super) enum Message {
    /// Write a line. Who waits is told whether it was written.
    Line { text: String, done: Option<oneshot::Sender<bool>> },
    /// Find out whether lines can be written.
    Probe(oneshot::Sender<bool>),
    /// Write what is there, and end.
    Close(oneshot::Sender<bool>),
}

/// Opens the files and starts the thread.
#[expect(clippy::disallowed_methods, reason = "the one thread of the audit log, which `Audit::close` ends")]
pub(super) fn start(
    settings: &AuditSettings,
    messages: mpsc::Receiver<Message>,
    state: Arc<State>,
    clock: Clock,
) -> io::Result<()> {
    let files = Files::open(settings)?;
    let writer = Writer { files, state, clock, pending: Vec::new(), failed: None };
    std::thread::Builder::new().name("audit".to_owned()).spawn(move || writer.run(messages))?;
    Ok(())
}

struct Writer {
    files: Files,
    state: Arc<State>,
    clock: Clock,
    /// Lines that are not in the file.
    pending: Vec<u8>,
    /// When writing last failed, if it has not succeeded since.
    failed: Option<Duration>,
}

impl Writer {
    fn run(mut self, mut messages: mpsc::Receiver<Message>) {
        while let Some(first) = messages.blocking_recv() {
            let mut waiting = Vec::new();
            let mut asked = false;
            let mut closes = false;
            let mut next = Some(first);
            let mut count = 0;
            while let Some(message) = next {
                match message {
                    Message::Line { text, done } => {
                        self.keep(&text);
                        waiting.extend(done);
                    }
                    Message::Probe(done) => {
                        asked = true;
                        waiting.push(done);
                    }
                    Message::Close(done) => {
                        (asked, closes) = (true, true);
                        waiting.push(done);
                    }
                }
                count += 1;
                next = if count < AUDIT_BATCH && !closes { messages.try_recv().ok() } else { None };
            }
            let written = self.write(asked);
            for done in waiting {
                let _ = done.send(written);
            }
            if closes {
                return;
            }
        }
    }

    fn keep(&mut self, line: &str) {
        if self.pending.len() + line.len() > AUDIT_PENDING_BYTES {
            self.state.lost.fetch_add(1, Ordering::AcqRel);
            return;
        }
        self.pending.extend_from_slice(line.as_bytes());
    }

    /// Writes what is pending. After a failure it is tried again now and then only, unless somebody asks.
    fn write(&mut self, asked: bool) -> bool {
        let now = self.clock.monotonic();
        if self.failed.is_some_and(|failed| !asked && !is_due(now, failed)) {
            return false;
        }
        let lost = self.state.lost.swap(0, Ordering::AcqRel);
        let kept = self.pending.len();
        if lost > 0 {
            let time = utc::to_text_with_milliseconds(self.clock.unix_milliseconds());
            self.pending.extend_from_slice(format!("{{\"time\":\"{time}\",\"lost\":{lost}}}\n").as_bytes());
        }
        match self.files.append(&self.pending) {
            Ok(()) => {
                self.pending.clear();
                self.state.broken.store(false, Ordering::Release);
                if self.failed.take().is_some() {
                    tracing::info!(lost, "the audit log is written again");
                }
                true
            }
            Err(error) => {
                self.pending.truncate(kept);
                self.state.lost.fetch_add(lost, Ordering::AcqRel);
                self.state.broken.store(true, Ordering::Release);
                if self.failed.replace(now).is_none() {
                    tracing::error!(%error, "the audit log cannot be written; its lines wait in memory");
                }
                false
            }
        }
    }
}
