//! What `tracing` is told of a call: its span, its repeats, its end. Never a key, a UserSig, a body or a user's id.

use std::time::Duration;

use foldmark_wire::CallName;
use tracing::Span;
use tracing::field::Empty;

use crate::client::Client;
use crate::error::Error;

/// The span of a call with all its tries.
pub(crate) fn span(client: &Client, call: CallName) -> Span {
    tracing::debug_span!(
        target: "foldmark_client",
        "call",
        otel.kind = "client",
        call = call.as_str(),
        server = client.0.base,
        sdkappid = client.0.sdkappid,
        tries = Empty,
        outcome = Empty,
        code = Empty,
    )
}

/// A call is going to be made again.
pub(crate) fn again(tries: u32, pause: Duration, error: &Error) {
    let pause_ms = pause.as_millis() as u64;
    let (kind, code) = (error.kind(), code(error));
    tracing::debug!(target: "foldmark_client", tries, pause_ms, kind, code, "a call is made again");
}

/// A watch has lost its connection, and will make another one.
pub(crate) fn watches_again(failed: u32, pause: Duration, error: &Error) {
    let pause_ms = pause.as_millis() as u64;
    let (kind, code) = (error.kind(), code(error));
    tracing::debug!(target: "foldmark_client", failed, pause_ms, kind, code, "a watch connects again");
}

/// A call has ended: with this failure, or well. What the failure says in words is the caller's to tell.
pub(crate) fn end(span: &Span, tries: u32, error: Option<&Error>) {
    span.record("tries", tries);
    span.record("outcome", error.map_or("ok", Error::kind));
    if let Some(code) = error.and_then(code) {
        span.record("code", code);
    }
    let _entered = span.enter();
    tracing::debug!(target: "foldmark_client", tries, outcome = error.map_or("ok", Error::kind), "a call has ended");
}

fn code(error: &Error) -> Option<i32> {
    match error {
        Error::Refused { code, .. } => Some(*code),
        _ => None,
    }
}
