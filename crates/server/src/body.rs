//! Bodies of requests: read whole, within their time, their length, and the memory that all of them have together.
//!
//! A body is counted as it arrives, so that one that was announced and does not come takes nothing. While it is worked
//! on it is counted as the tree that the worst of bodies becomes.

use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use foldmark_wire::limits::BODY_BYTES_MAX;
use foldmark_wire::{Code, Fault};
use http_body_util::BodyExt;
use hyper::body::Body;
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

/// Reads what is left of the body of a request that is refused, and keeps nothing of it. A client that writes all before
/// it reads anything would otherwise see a broken connection in place of the answer. Given up when it takes too long.
pub(crate) async fn discard(body: &mut (impl Body<Data = Bytes> + Unpin)) {
    if body.is_end_stream() {
        return;
    }
    let reading = async {
        let mut bytes = 0;
        while let Some(Ok(frame)) = body.frame().await {
            bytes += frame.data_ref().map_or(0, Bytes::len);
            if bytes > BODY_BYTES_MAX {
                return;
            }
        }
    };
    // Whoever is slower than this sees the broken connection.
    let _ = timeout(limits::DISCARD, reading).await;
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
    pub(crate) async fn read(
        &self,
        body: &mut (impl Body<Data = Bytes> + Unpin),
        time: Duration,
    ) -> Result<HeldBody<'_>, Fault> {
        match timeout(time, pin!(self.collect(body))).await {
            Ok(read) => read,
            Err(_) => Err(Fault::new(
                Code::BackendTimedOut,
                "service timeout or request format error: the body did not arrive in time",
            )),
        }
    }

    async fn collect(&self, body: &mut (impl Body<Data = Bytes> + Unpin)) -> Result<HeldBody<'_>, Fault> {
        let mut memory = self.take(0)?;
        let mut parts = Vec::new();
        let mut length = 0;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| Fault::new(Code::JsonParse, "the body ended too early"))?;
            let Ok(data) = frame.into_data() else { continue };
            length += data.len();
            if length > BODY_BYTES_MAX {
                let text = format!("the body must be at most {BODY_BYTES_MAX} bytes");
                return Err(Fault::new(Code::JsonParse, text));
            }
            memory.merge(self.take(data.len())?);
            parts.push(data);
        }
        memory.merge(self.take(length * (limits::BODY_TREE_FACTOR - 1))?);
        // Nearly all bodies come in one piece, which need not be copied.
        let bytes = match parts.len() {
            0 | 1 => parts.pop().unwrap_or_default(),
            _ => Bytes::from(parts.concat()),
        };
        Ok(HeldBody { bytes, _memory: memory })
    }

    fn take(&self, bytes: usize) -> Result<SemaphorePermit<'_>, Fault> {
        let units = u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX);
        self.free.try_acquire_many(units).map_err(|_| {
            Fault::new(Code::BackendTimedOut, "the server has no memory for further bodies; try again later")
        })
    }
}
