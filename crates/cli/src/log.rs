//! The log, on stderr, and what takes spans beside it.
//!
//! Each has a filter of its own. Spans of calls never come into the log, whatever its filter says, so that they are not
//! even made unless somebody takes them.

use std::io::{self, IsTerminal};

use foldmark_server::SPANS;
use foldmark_server::config::{LogFormat, LogSettings};
use tracing_subscriber::filter::{FilterExt, LevelFilter, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::reload::{self, Handle};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt};

use crate::failure::Failure;
use crate::trace::SpanLayer;

/// The filter of a started log, which can be changed.
#[derive(Clone, Debug)]
pub(crate) struct LogFilter(Handle<EnvFilter, Registry>);

/// Starts to log, and lets `spans` take what it wants. Once a process.
pub(crate) fn start(settings: &LogSettings, spans: Option<SpanLayer>) -> Result<LogFilter, Failure> {
    let (filter, handle) = reload::Layer::new(filter(settings)?);
    let terminal = io::stderr().is_terminal();
    let lines = fmt::layer().with_writer(io::stderr);
    let lines = match settings.format {
        LogFormat::Auto if terminal => lines.with_ansi(true).boxed(),
        LogFormat::Text => lines.with_ansi(terminal).boxed(),
        LogFormat::Auto | LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    let mut layers = vec![with_filter(lines, filter)];
    layers.extend(spans);
    let started = tracing_subscriber::registry().with(layers).try_init();
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

fn with_filter(lines: SpanLayer, filter: reload::Layer<EnvFilter, Registry>) -> SpanLayer {
    // The hint keeps that of the other filter valid: what no filter takes by its level costs one comparison.
    let no_spans = filter_fn(|metadata| metadata.target() != SPANS).with_max_level_hint(LevelFilter::TRACE);
    lines.with_filter(no_spans.and(filter)).boxed()
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, MutexGuard, PoisonError};

    use tracing::subscriber::with_default;

    use super::*;

    /// Whether a span is made is settled once for all subscribers of a process, so that these tests take turns.
    fn turn() -> MutexGuard<'static, ()> {
        static TURN: Mutex<()> = Mutex::new(());
        TURN.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[test]
    fn spans_of_calls_are_not_made_for_the_log() {
        let _turn = turn();
        for text in ["trace", "info", "foldmark::spans=trace", "[call{code}]=trace", "[call]=trace"] {
            let (filter, handle) = reload::Layer::new(EnvFilter::new(text));
            let lines = fmt::layer().with_writer(io::sink).boxed();
            let subscriber = tracing_subscriber::registry().with(vec![with_filter(lines, filter)]);
            with_default(subscriber, || {
                let made = || tracing::trace_span!(target: SPANS, "call", code = 0);
                assert!(made().is_disabled(), "{text}");
                handle.reload(EnvFilter::new("off")).unwrap();
                assert!(!tracing::enabled!(tracing::Level::ERROR) && made().is_disabled(), "{text}");
                handle.reload(EnvFilter::new("debug")).unwrap();
                assert!(tracing::enabled!(tracing::Level::DEBUG) && made().is_disabled(), "{text}");
            });
        }
    }

    #[test]
    fn another_layer_takes_them() {
        let _turn = turn();
        let (filter, _handle) = reload::Layer::new(EnvFilter::new("info"));
        let lines = fmt::layer().with_writer(io::sink).boxed();
        let spans =
            fmt::layer().with_writer(io::sink).with_filter(filter_fn(|metadata| metadata.target() == SPANS));
        let layers = vec![with_filter(lines, filter), spans.boxed()];
        with_default(tracing_subscriber::registry().with(layers), || {
            assert!(!tracing::trace_span!(target: SPANS, "call").is_disabled());
            assert!(tracing::trace_span!("other").is_disabled());
            assert!(!tracing::enabled!(tracing::Level::DEBUG) && tracing::enabled!(tracing::Level::INFO));
        });
    }
}
