//! What a turn comes to.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// One turn of one side.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Figures {
    /// How many operations were answered.
    pub(crate) operations: u64,
    /// How many a second.
    pub(crate) per_second: f64,
    /// By kind of request.
    pub(crate) latencies: Vec<Latency>,
    /// Processor time of the server for each operation, in microseconds, where it was measured.
    pub(crate) processor_us: Option<f64>,
}

/// The times of one kind of request.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Latency {
    /// How many there were.
    pub(crate) count: u64,
    /// Half took no longer, in microseconds.
    pub(crate) p50_us: f64,
    /// 99 of 100 took no longer, in microseconds.
    pub(crate) p99_us: f64,
}

impl Figures {
    /// Of so many operations in this time.
    pub(crate) fn new(operations: u64, took: Duration, latencies: Vec<Latency>) -> Figures {
        let per_second = operations as f64 / took.as_secs_f64();
        Figures { operations, per_second, latencies, processor_us: None }
    }
}
