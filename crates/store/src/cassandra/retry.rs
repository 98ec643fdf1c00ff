//! When the driver sends a request again by itself: only if doing so is harmless, and only because a connection broke.
//!
//! A node that dies, or is given up because it stands still, takes all requests on its connections with it, while the
//! others could answer. Everything else that can go wrong would go wrong there too, or is about the data.

use scylla::errors::RequestAttemptError;
use scylla::policies::retry::{RequestInfo, RetryDecision, RetryPolicy, RetrySession};

/// How many other nodes are tried: one for each that may fail at a time, and one that may just have failed too.
const OTHERS: u32 = 2;

/// Tries other nodes when connections break.
#[derive(Debug)]
pub(super) struct OtherNodes;

#[derive(Debug, Default)]
struct Tried {
    others: u32,
}

impl RetryPolicy for OtherNodes {
    fn new_session(&self) -> Box<dyn RetrySession> {
        Box::new(Tried::default())
    }
}

impl RetrySession for Tried {
    fn decide_should_retry(&mut self, request: RequestInfo<'_>) -> RetryDecision {
        let is_broken = matches!(request.error, RequestAttemptError::BrokenConnectionError(_));
        if !request.is_idempotent || !is_broken || self.others == OTHERS {
            return RetryDecision::DontRetry;
        }
        self.others += 1;
        RetryDecision::RetryNextTarget(None)
    }

    fn reset(&mut self) {
        *self = Tried::default();
    }
}
