//! Bodies of requests: read whole, within their time, their length, and the memory that all of them have together.
//!
//! A body is counted as it arrives, so that one that was announced and does not come takes nothing. While it is worked
//! on it is counted as the tree that the worst of bodies becomes.

use std::pin::pin;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use foldmark_wire::limits::BODY_BYTES_MAX;
use foldmark_wire::{Code, Fault};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use crate::limits;

/// The memory for bodies under way.
#[derive(Debug)]
pub(crate) struct BodyMemory {
    units: usize,
    /// A permit is [`UNIT`] bytes.
    free: Semaphore,
}

/// A body that has arrived, and the memory that it is counted with until it is dropped.
#[derive(Debug)]
pub(crate) struct HeldBody<'a> {
    pub(crate) bytes: Bytes,
    _memory: SemaphorePermit<'a>,
}

const UNIT: usize = 1_024;

impl BodyMemory {
    pub(crate) fn new(bytes: u64) -> BodyMemory {
        let units = usize::try_from(bytes / UNIT as u64).unwrap_or(usize::MAX);
        let units = units.min(Semaphore::MAX_PERMITS);
        BodyMemory { units, free: Semaphore::new(units) }
    }

    /// What bodies are counted with now, in bytes.
    pub(crate) fn taken(&self) -> u64 {
        ((self.units - self.free.available_permits()) * UNIT) as u64
    }

    /// Reads a body within this time.
    pub(crate) async fn read(&self, body: Incoming, time: Duration) -> Result<HeldBody<'_>, Fault> {
        match timeout(time, pin!(self.collect(body))).await {
            Ok(read) => read,
            Err(_) => Err(Fault::new(
                Code::BackendTimedOut,
                "service timeout or request format error: the body did not arrive in time",
            )),
        }
    }

    async fn collect(&self, mut body: Incoming) -> Result<HeldBody<'_>, Fault> {
        let mut memory = self.take(0)?;
        let mut whole = Bytes::new();
        let mut parts = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| Fault::new(Code::JsonParse, "the body ended too early"))?;
            let Ok(data) = frame.into_data() else { continue };
            if parts.len() + data.len() > BODY_BYTES_MAX {
                let text = format!("the body must be at most {BODY_BYTES_MAX} bytes");
                return Err(Fault::new(Code::JsonParse, text));
            }
            memory.merge(self.take(data.len())?);
            if parts.is_empty() && body.is_end_stream() {
                // Nearly all bodies come in one piece, which need not be copied.
                whole = data;
                break;
            }
            parts.extend_from_slice(&data);
        }
        if whole.is_empty() {
            whole = parts.freeze();
        }
        memory.merge(self.take(whole.len() * (limits::BODY_TREE_FACTOR - 1))?);
        Ok(HeldBody { bytes: whole, _memory: memory })
    }

    fn take(&self, bytes: usize) -> Result<SemaphorePermit<'_>, Fault> {
        let units = u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX);
        self.free.try_acquire_many(units).map_err(|_| {
            Fault::new(Code::BackendTimedOut, "the server has no memory for further bodies; try again later")
        })
    }
}
