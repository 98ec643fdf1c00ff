//! The log, on stderr.

use std::io::{self, IsTerminal};

use foldmark_server::config::{LogFormat, LogSettings};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::reload::{self, Handle};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt};

use crate::failure::Failure;

/// The filter of a started log, which can be changed.
#[derive(Clone, Debug)]
pub(crate) struct LogFilter(Handle<EnvFilter, Registry>);

/// Starts to log. Once a process.
pub(crate) fn start(settings: &LogSettings) -> Result<LogFilter, Failure> {
    let (filter, handle) = reload::Layer::new(filter(settings)?);
    let terminal = io::stderr().is_terminal();
    let lines = fmt::layer().with_writer(io::stderr);
    let lines = match settings.format {
        LogFormat::Auto if terminal => lines.with_ansi(true).boxed(),
        LogFormat::Text => lines.with_ansi(terminal).boxed(),
        LogFormat::Auto | LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    let started = tracing_subscriber::registry().with(filter).with(lines).try_init();
    started.map_err(|error| Failure::failed(format!("the log cannot be started: {error}")))?;
    Ok(LogFilter(handle))
}

impl LogFilter {
    /// Logs what these settings say from now on.
    pub(crate) fn change(&self, settings: &LogSettings) -> Result<(), Failure> {
        let filter = filter(settings)?;
        self.0.reload(filter).map_err(|error| Failure::failed(format!("the log cannot be changed: {error}")))
    }
}

/// Takes the filter apart.
pub(crate) fn filter(settings: &LogSettings) -> Result<EnvFilter, Failure> {
    EnvFilter::try_new(&settings.filter)
        .map_err(|error| Failure::usage(format!("the configuration is wrong\n  log.filter: {error}")))
}
