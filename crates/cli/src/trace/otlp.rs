//! Spans of calls as OpenTelemetry's.
//!
//! No global is set: the subscriber has its layer, the server its hook, and that is all. Nothing is read from the
//! environment that the configuration says too; only the headers of `OTEL_EXPORTER_OTLP_HEADERS` are added to what is sent.

use std::time::Duration;

use foldmark_server::config::TraceSettings;
use foldmark_server::{SPANS, SpanParent};
use http::HeaderMap;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::{TraceContextExt, TracerProvider};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{Protocol, RetryPolicy, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::resource::TelemetryResourceDetector;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, filter_fn};

use super::delivery::Delivery;
use super::{SpanLayer, Traces};
use crate::failure::Failure;

/// Finished spans that wait to be sent, of about a kilobyte each. What comes on top is dropped.
const QUEUE: usize = 8_192;
/// Spans in one request.
const BATCH: usize = 512;
/// How long a span waits for others.
const DELAY: Duration = Duration::from_secs(1);
/// Time for one batch, repetitions included.
const EXPORT: Duration = Duration::from_secs(5);
/// Time for what is left at the end.
const END: Duration = Duration::from_secs(3);

pub(super) fn start(settings: &TraceSettings, endpoint: &str) -> Result<Traces, Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::failed(format!("traces cannot be sent: {error}"));
    let delivery = Delivery::new(endpoint).map_err(|error| failed(&error))?;
    let exporter = SpanExporter::builder()
        .with_http()
        .with_endpoint(format!("{endpoint}/v1/traces"))
        .with_protocol(Protocol::HttpBinary)
        .with_timeout(EXPORT)
        .with_retry_policy(RetryPolicy::recommended())
        .with_http_client(delivery)
        .build()
        .map_err(|error| failed(&error))?;
    let batches = BatchConfigBuilder::default()
        .with_max_queue_size(QUEUE)
        .with_max_export_batch_size(BATCH)
        .with_scheduled_delay(DELAY)
        .build();
    let provider = SdkTracerProvider::builder()
        .with_span_processor(BatchSpanProcessor::builder(exporter).with_batch_config(batches).build())
        .with_sampler(sampler(settings.sample_percent))
        .with_resource(resource(&settings.service_name))
        .build();
    Ok(Traces { layer: Some(layer(&provider)), parent: Some(parent()), provider: Some(provider) })
}

/// Waits for what is left. Whether it was delivered is told by who delivers.
pub(super) fn end(provider: &SdkTracerProvider) {
    let ended = tokio::task::block_in_place(|| provider.shutdown_with_timeout(END));
    if let Err(error) = ended {
        tracing::debug!(%error, "the last spans were not delivered");
    }
}

/// The caller's word, or a share of the calls of those who give none.
fn sampler(percent: u32) -> Sampler {
    Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(f64::from(percent) / 100.0)))
}

fn resource(service_name: &str) -> Resource {
    Resource::builder_empty()
        .with_detector(Box::new(TelemetryResourceDetector))
        .with_service_name(service_name.to_owned())
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build()
}

/// Spans alone, and of them only those of calls: events may say what no span says.
fn layer(provider: &SdkTracerProvider) -> SpanLayer {
    let taken = filter_fn(|metadata| metadata.is_span() && metadata.target() == SPANS);
    tracing_opentelemetry::layer()
        .with_tracer(provider.tracer(env!("CARGO_PKG_NAME")))
        .with_location(false)
        .with_threads(false)
        .with_level(false)
        .with_target(false)
        .with_tracked_inactivity(false)
        .with_context_activation(false)
        .with_filter(taken.with_max_level_hint(LevelFilter::TRACE))
        .boxed()
}

/// The caller's `traceparent`, if it is right.
fn parent() -> SpanParent {
    let propagator = TraceContextPropagator::new();
    Box::new(move |span, headers| {
        let context = propagator.extract_with_context(&Context::new(), &Traceparent(headers));
        if context.span().span_context().is_valid() {
            // It fails for spans that have begun or that nobody takes, and this one is new.
            let _ = span.set_parent(context);
        }
    })
}

/// The one header that is looked at. `tracestate` is not: it may be long and hold anything, and would go with each span.
struct Traceparent<'a>(&'a HeaderMap);

impl Extractor for Traceparent<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        if name != TRACEPARENT {
            return None;
        }
        self.0.get(TRACEPARENT)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        vec![TRACEPARENT]
    }
}

const TRACEPARENT: &str = "traceparent";

#[cfg(test)]
mod tests {
    use opentelemetry::trace::SpanContext;

    use super::*;

    fn extracted(headers: &[(&'static str, &'static str)]) -> SpanContext {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &Traceparent(&map));
        context.span().span_context().clone()
    }

    #[test]
    fn a_right_traceparent_is_taken_and_nothing_else() {
        let right = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let context = extracted(&[("traceparent", right), ("tracestate", "vendor=secret")]);
        assert_eq!(context.trace_id().to_string(), "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(context.span_id().to_string(), "b7ad6b7169203331");
        assert!(context.is_remote() && context.is_sampled());
        assert_eq!(context.trace_state().header(), "");
        for wrong in
            ["", "00", "00-0-0-01", "00-00000000000000000000000000000000-b7ad6b7169203331-01", "\u{7f}"]
        {
            let Ok(_) = http::HeaderValue::from_str(wrong) else { continue };
            assert!(!extracted(&[("traceparent", wrong)]).is_valid(), "{wrong:?}");
        }
    }
}
