//! Traces: spans of calls for a receiver of OpenTelemetry's protocol.
//!
//! Nothing of it touches a call. Finished spans go into a queue with a bound, and are dropped when it is full; a thread of
//! its own sends them.

#[cfg(feature = "otlp")]
mod delivery;
#[cfg(feature = "otlp")]
mod otlp;

use foldmark_server::SpanParent;
use foldmark_server::config::TraceSettings;
use tracing_subscriber::{Layer, Registry};

use crate::failure::Failure;

/// Takes spans of calls. What it does to others is nothing.
pub(crate) type SpanLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// What traces are made with; nothing if none are configured.
#[derive(Default)]
pub(crate) struct Traces {
    /// For the subscriber.
    pub(crate) layer: Option<SpanLayer>,
    /// For the server.
    pub(crate) parent: Option<SpanParent>,
    #[cfg(feature = "otlp")]
    provider: Option<opentelemetry_sdk::trace::SdkTracerProvider>,
}

/// Whether this program can do what is configured.
pub(crate) fn check(settings: &TraceSettings) -> Result<(), Failure> {
    if settings.endpoint.is_some() && !cfg!(feature = "otlp") {
        return Err(Failure::usage(
            "the configuration is wrong\n  trace.endpoint: this program was built without the feature `otlp`",
        ));
    }
    Ok(())
}

/// Begins to take spans, if that is configured. Has to be called within the runtime that is to send them.
pub(crate) fn start(settings: &TraceSettings) -> Result<Traces, Failure> {
    check(settings)?;
    match &settings.endpoint {
        #[cfg(feature = "otlp")]
        Some(endpoint) => otlp::start(settings, endpoint),
        _ => Ok(Traces::default()),
    }
}

impl Traces {
    /// Sends what is left, and waits for that a bounded time.
    pub(crate) fn end(self) {
        #[cfg(feature = "otlp")]
        if let Some(provider) = self.provider {
            otlp::end(&provider);
        }
    }
}
