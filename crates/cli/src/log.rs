//! The log, on stderr.

use std::io::{self, IsTerminal};

use foldmark_server::config::{LogFormat, LogSettings};
use tracing_subscriber::EnvFilter;

use crate::failure::Failure;

/// Starts to log. Once a process.
pub(crate) fn start(settings: &LogSettings) -> Result<(), Failure> {
    let filter = filter(settings)?;
    let terminal = io::stderr().is_terminal();
    let builder = tracing_subscriber::fmt().with_writer(io::stderr).with_env_filter(filter);
    let started = match settings.format {
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
        LogFormat::Auto if !terminal => builder.json().flatten_event(true).try_init(),
        LogFormat::Auto | LogFormat::Text => builder.with_ansi(terminal).try_init(),
    };
    started.map_err(|error| Failure::failed(format!("the log cannot be started: {error}")))
}

/// Takes the filter apart.
pub(crate) fn filter(settings: &LogSettings) -> Result<EnvFilter, Failure> {
    EnvFilter::try_new(&settings.filter)
        .map_err(|error| Failure::usage(format!("the configuration is wrong\n  log.filter: {error}")))
}
