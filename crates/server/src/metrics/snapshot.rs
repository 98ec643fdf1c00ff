//! What merely is: looked at when somebody asks for figures. What a kind of store does not have is left out.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use foldmark_store::Measures;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

use super::names;
use super::process::{self, Process};
use crate::webhooks::Summary;

/// The state of a server at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Snapshot {
    pub(crate) in_flight: u64,
    pub(crate) in_flight_max: u64,
    pub(crate) connections: u64,
    pub(crate) connections_max: u64,
    pub(crate) watchers: u64,
    pub(crate) body_memory_bytes: u64,
    pub(crate) ready: bool,
    pub(crate) store: Measures,
    /// Unix seconds.
    pub(crate) certificate_expires: Option<i64>,
    /// Of the last backup in the configured folder; Unix seconds of its beginning.
    pub(crate) backup_time: Option<u64>,
    pub(crate) backup_bytes: Option<u64>,
    pub(crate) backup_seconds: Option<f64>,
    pub(crate) webhooks: Summary,
}

/// Gives the last snapshot that was set to whoever encodes.
#[derive(Debug, Default)]
pub(super) struct SnapshotCollector {
    last: Mutex<Snapshot>,
}

impl SnapshotCollector {
    pub(super) fn set(&self, snapshot: Snapshot) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = snapshot;
    }
}

impl Collector for SnapshotCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let now = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let mut out = Out(&mut encoder);
        out.gauge(names::IN_FLIGHT, "Calls that are worked on", Some(now.in_flight))?;
        out.gauge(names::IN_FLIGHT_MAX, "Calls that may be worked on at once", Some(now.in_flight_max))?;
        out.gauge(names::CONNECTIONS, "Open connections", Some(now.connections))?;
        out.gauge(names::CONNECTIONS_MAX, "Connections that may be open", Some(now.connections_max))?;
        out.gauge(names::WATCHERS, "Connections that watch changes", Some(now.watchers))?;
        out.gauge(names::BODY_MEMORY, "Memory that bodies are counted with", Some(now.body_memory_bytes))?;
        out.gauge(names::READY, "Whether calls can be served", Some(u64::from(now.ready)))?;
        out.gauge(names::QUEUE, "Commits that wait for the store's writer", now.store.queue_commits)?;
        out.gauge(names::USED, "What the data takes up", now.store.used_bytes)?;
        out.gauge(names::MAP, "Present size of the memory map", now.store.map_bytes)?;
        out.gauge(names::MAP_MAX, "Size up to which the memory map grows", now.store.map_bytes_max)?;
        out.gauge(
            names::READERS,
            "Most readers of the database at once since it was opened",
            now.store.readers,
        )?;
        let expires = now.certificate_expires.map(|seconds| seconds.max(0) as u64);
        out.gauge(names::CERTIFICATE_EXPIRY, "When the certificate that is served expires", expires)?;
        out.gauge(names::BACKUP_TIME, "When the last backup that is kept was begun", now.backup_time)?;
        out.gauge(names::BACKUP_BYTES, "Length of the last backup that is kept", now.backup_bytes)?;
        if let Some(seconds) = now.backup_seconds {
            let help = "How long the last backup that is kept took";
            out.put(names::BACKUP_SECONDS, help, &ConstGauge::new(seconds))?;
        }
        out.webhooks(&now.webhooks)?;
        match process::look() {
            Some(process) => out.process(&process),
            None => Ok(()),
        }
    }
}

struct Out<'a, 'b>(&'a mut DescriptorEncoder<'b>);

impl Out<'_, '_> {
    fn gauge(&mut self, name: &str, help: &str, value: Option<u64>) -> fmt::Result {
        let Some(value) = value else {
            return Ok(());
        };
        self.put(name, help, &ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX)))
    }

    /// Of all applications together.
    fn webhooks(&mut self, all: &Summary) -> fmt::Result {
        self.counter(names::WEBHOOK_EVENTS, "Events that receivers of webhooks have taken", all.delivered)?;
        self.counter(names::WEBHOOK_FAILURES, "Requests that they have not taken", all.failed)?;
        self.counter(names::WEBHOOK_GIVEN_UP, "Users whose changes were given up to be told", all.given_up)?;
        self.gauge(names::WEBHOOK_WAITING, "Users whose changes wait to be told", Some(all.waiting))?;
        self.gauge(names::WEBHOOK_DEAD, "Users with dead letters, as of the last look", Some(all.dead))?;
        let help = "Applications whose receiver takes nothing";
        self.gauge(names::WEBHOOK_RECEIVERS_FAILING, help, Some(all.receivers_failing))?;
        let help = "For how long the first of these receivers has taken nothing";
        self.gauge(names::WEBHOOK_FAILING, help, Some(all.failing_seconds))
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        self.put(name, help, &ConstCounter::new(value))
    }

    /// Under the names that all programs tell of themselves.
    fn process(&mut self, process: &Process) -> fmt::Result {
        let cpu = ConstCounter::new(process.cpu_seconds);
        self.put("process_cpu_seconds", "Processor time used", &cpu)?;
        self.gauge("process_resident_memory_bytes", "Memory in use", Some(process.resident_bytes))?;
        self.gauge("process_virtual_memory_bytes", "Address space in use", Some(process.virtual_bytes))?;
        self.gauge("process_threads", "Threads", Some(process.threads))?;
        self.gauge("process_open_fds", "Open file descriptors", process.open_fds)?;
        self.gauge("process_max_fds", "File descriptors that may be open", process.max_fds)?;
        let start = ConstGauge::new(process.start_unix_seconds);
        self.put("process_start_time_seconds", "When the process started, in Unix seconds", &start)
    }

    fn put(&mut self, name: &str, help: &str, metric: &impl EncodeMetric) -> fmt::Result {
        let encoder = self.0.encode_descriptor(name, help, None, metric.metric_type())?;
        metric.encode(encoder)
    }
}
