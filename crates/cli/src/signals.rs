//! Waiting to be told something: to stop by Ctrl-C or SIGTERM, to read the configuration again by SIGHUP.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::failure::Failure;

/// The signals that stop a server. From its making on they no longer end the process by themselves.
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

/// The signal that makes a server read its configuration again. From its making on it no longer ends the process.
pub(crate) struct Hangups(Signal);

impl Signals {
    pub(crate) fn new() -> Result<Signals, Failure> {
        Ok(Signals {
            interrupt: signal(SignalKind::interrupt()).map_err(|error| failed(&error))?,
            terminate: signal(SignalKind::terminate()).map_err(|error| failed(&error))?,
        })
    }

    /// Resolves when one of the signals comes.
    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

impl Hangups {
    pub(crate) fn new() -> Result<Hangups, Failure> {
        Ok(Hangups(signal(SignalKind::hangup()).map_err(|error| failed(&error))?))
    }

    /// Resolves when the signal comes.
    pub(crate) async fn next(&mut self) {
        self.0.recv().await;
    }
}

fn failed(error: &io::Error) -> Failure {
    Failure::failed(format!("signals cannot be handled: {error}"))
}
