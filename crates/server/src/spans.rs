//! Spans of calls: what a call's time went to, for those who record it elsewhere.
//!
//! They have a target of their own, so that a subscriber can take them and nothing else. Without one that does they are
//! never made: each costs a comparison then. They hold what the log says of calls and no more: no identifier, UserSig,
//! key or body, and no user. Failures are marked without their texts, which may name a user. Numbers are `i64`: those
//! without a sign would reach receivers as texts.

use foldmark_core::subject::Revision;
use foldmark_wire::{CallName, Code};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use tracing::field::Empty;
use tracing::{Instrument, Span, trace_span};

use crate::request_id;

/// The target of all these spans.
pub const SPANS: &str = "foldmark::spans";

/// Makes a call's span the child of what the request's headers name.
pub type SpanParent = Box<dyn Fn(&Span, &HeaderMap) + Send + Sync>;

/// The span of a call, from the request's head to its answer. A path that names no call is the caller's own text and is
/// left out.
pub(crate) fn call(head: &Parts, request_id: &HeaderValue, parent: Option<&SpanParent>) -> Span {
    let span = trace_span!(
        target: SPANS,
        "call",
        otel.name = CallName::from_path(head.uri.path()).map_or("none", CallName::as_str),
        otel.kind = "server",
        otel.status_code = Empty,
        url.path = CallName::from_path(head.uri.path()).map(CallName::path),
        sdkappid = Empty,
        request_id = request_id::text(request_id),
        code = Empty,
    );
    if let Some(parent) = parent
        && !span.is_disabled()
    {
        parent(&span, &head.headers);
    }
    span
}

/// Says how a call was answered.
pub(crate) fn answered(span: &Span, sdkappid: Option<u32>, code: Option<Code>) {
    if span.is_disabled() {
        return;
    }
    if let Some(sdkappid) = sdkappid {
        span.record("sdkappid", i64::from(sdkappid));
    }
    span.record("code", i64::from(code.map_or(0, Code::number)));
    if code.is_some_and(is_failure) {
        span.record("otel.status_code", "ERROR");
    }
}

/// The span of looking at a subject. `attempt` counts from 1; `whole` says that all of the subject is read.
pub(crate) fn view(attempt: u32, whole: bool) -> Span {
    let attempt = i64::from(attempt);
    trace_span!(target: SPANS, "view", attempt, whole, revision = Empty, otel.status_code = Empty)
}

/// Says which revision was seen.
pub(crate) fn seen(span: &Span, revision: Revision) {
    if !span.is_disabled() {
        span.record("revision", revision.get() as i64);
    }
}

/// The span of a commit that makes `revision`. One that another server overtook is not a failure: `conflict` says so.
pub(crate) fn commit(attempt: u32, revision: Revision) -> Span {
    trace_span!(
        target: SPANS,
        "commit",
        attempt = i64::from(attempt),
        revision = revision.get() as i64,
        conflict = Empty,
        otel.status_code = Empty
    )
}

/// Says that a commit was overtaken.
pub(crate) fn overtaken(span: &Span) {
    if !span.is_disabled() {
        span.record("conflict", true);
    }
}

/// Says that what the span is about has failed.
pub(crate) fn failed(span: &Span) {
    if !span.is_disabled() {
        span.record("otel.status_code", "ERROR");
    }
}

/// Awaits `work` as a part of the span.
pub(crate) async fn within<T>(span: &Span, work: impl Future<Output = T>) -> T {
    work.instrument(span.clone()).await
}

/// Whether the fault is the server's and not the caller's.
fn is_failure(code: Code) -> bool {
    matches!(
        code,
        Code::GroupInternal
            | Code::Internal
            | Code::TimedOut
            | Code::BackendTimedOut
            | Code::AccountTimedOut
            | Code::AccountInternal
    )
}
