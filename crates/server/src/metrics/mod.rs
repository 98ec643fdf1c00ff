//! Figures for whoever runs a server, in the format that Prometheus scrapes.
//!
//! What happens is counted where it happens; what merely is (sizes, queues, the process) is looked at when somebody
//! asks. Every label has a fixed set of values, so that no caller can make the figures grow.

mod names;
mod process;
mod snapshot;

use std::sync::Arc;
use std::time::Duration;

use foldmark_store::embedded::Transaction;
use foldmark_wire::{CallName, Code};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

pub(crate) use snapshot::Snapshot;

use snapshot::SnapshotCollector;

use crate::figures::TransactionFigures;

/// The content type of what [`Metrics::render`] gives.
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// All figures of one server.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    snapshot: Arc<SnapshotCollector>,
    /// In the order of [`CallName::ALL`], then what names no call.
    calls: Vec<CallMetrics>,
    requests: Family<CallCode, Counter>,
    limit_hits: Family<CallCode, Counter>,
    reloads: Family<Outcome, Counter>,
    conflicts: Counter,
    backup_failures: Counter,
    transaction_commits: Histogram,
    sync: Histogram,
    /// The same, for who looks at this server alone.
    pub(crate) transactions: TransactionFigures,
}

/// What is counted of each call. Looked up by its place, because it is on the way of every call.
#[derive(Debug)]
struct CallMetrics {
    name: &'static str,
    succeeded: Counter,
    duration: Histogram,
    request_bytes: Histogram,
    response_bytes: Histogram,
}

/// One request that was answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answered {
    /// `None`: the path names no call.
    pub(crate) call: Option<CallName>,
    /// The code of the answer as a whole. `None`: 0.
    pub(crate) code: Option<Code>,
    pub(crate) duration: Duration,
    pub(crate) request_bytes: usize,
    pub(crate) response_bytes: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabel {
    call: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallCode {
    call: &'static str,
    code: i32,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct BuildInfo {
    version: &'static str,
    store: &'static str,
}

/// The label of requests that name no call.
const NO_CALL: &str = "none";

impl Metrics {
    /// With everything at zero. `store` is the kind of the store.
    pub(crate) fn new(store: &'static str) -> Metrics {
        let mut registry = Registry::default();
        let requests = Family::<CallCode, Counter>::default();
        registry.register(names::REQUESTS, "Requests by call and code of the answer", requests.clone());
        let durations =
            by_call(&mut registry, names::DURATION, "Time from a request's head to its answer", latencies);
        let sent = by_call(&mut registry, names::REQUEST_BYTES, "Length of request bodies", lengths);
        let answered = by_call(&mut registry, names::RESPONSE_BYTES, "Length of answers", lengths);
        let all = CallName::ALL.iter().map(|call| call.command()).chain([NO_CALL]);
        let calls = all.map(|name| CallMetrics {
            name,
            succeeded: requests.get_or_create_owned(&CallCode { call: name, code: 0 }),
            duration: durations.get_or_create_owned(&CallLabel { call: name }),
            request_bytes: sent.get_or_create_owned(&CallLabel { call: name }),
            response_bytes: answered.get_or_create_owned(&CallLabel { call: name }),
        });
        let calls = calls.collect();

        let limit_hits = Family::<CallCode, Counter>::default();
        registry.register(
            names::LIMIT_HITS,
            "Calls and items that a limit of the application refused",
            limit_hits.clone(),
        );
        let reloads = Family::<Outcome, Counter>::default();
        for outcome in [RELOADED, REFUSED] {
            let _ = reloads.get_or_create(&Outcome { outcome });
        }
        registry.register(names::RELOADS, "Reloads of the configuration", reloads.clone());
        let conflicts = Counter::default();
        registry.register(names::CONFLICTS, "Commits that another one overtook", conflicts.clone());
        let backup_failures = Counter::default();
        registry.register(
            names::BACKUP_FAILURES,
            "Backups to the configured folder that were not made",
            backup_failures.clone(),
        );
        let transaction_commits = Histogram::new(exponential_buckets(1.0, 2.0, 11));
        registry.register(names::BATCH, "Commits in one transaction", transaction_commits.clone());
        let sync = latencies();
        registry.register(names::SYNC, "Time to make one transaction durable", sync.clone());
        let build = Family::<BuildInfo, Gauge>::default();
        build.get_or_create(&BuildInfo { version: env!("CARGO_PKG_VERSION"), store }).set(1);
        registry.register(names::BUILD_INFO, "Version and kind of store", build);
        let snapshot = Arc::new(SnapshotCollector::default());
        registry.register_collector(Box::new(Arc::clone(&snapshot)));
        Metrics {
            registry,
            snapshot,
            calls,
            requests,
            limit_hits,
            reloads,
            conflicts,
            backup_failures,
            transaction_commits,
            sync,
            transactions: TransactionFigures::default(),
        }
    }

    /// Counts a request.
    pub(crate) fn answered(&self, answered: &Answered) {
        let place = answered.call.map_or(CallName::ALL.len(), |call| call as usize);
        let call = &self.calls[place];
        match answered.code {
            None => call.succeeded.inc(),
            Some(code) => {
                self.requests.get_or_create(&CallCode { call: call.name, code: code.number() }).inc()
            }
        };
        call.duration.observe(answered.duration.as_secs_f64());
        call.request_bytes.observe(answered.request_bytes as f64);
        call.response_bytes.observe(answered.response_bytes as f64);
    }

    /// Counts that a limit of the application refused a call, or an item of one.
    pub(crate) fn limit_hit(&self, call: CallName, code: Code) {
        let label = CallCode { call: call.command(), code: code.number() };
        self.limit_hits.get_or_create(&label).inc();
    }

    /// Counts a commit that another one overtook.
    pub(crate) fn conflict(&self) {
        self.conflicts.inc();
    }

    /// Counts a backup that was not made.
    pub(crate) fn backup_failed(&self) {
        self.backup_failures.inc();
    }

    /// Counts a transaction of the store.
    pub(crate) fn transaction(&self, transaction: Transaction) {
        self.transaction_commits.observe(transaction.commits as f64);
        self.sync.observe(transaction.sync.as_secs_f64());
        self.transactions.count(&transaction);
    }

    /// Counts a reload.
    pub(crate) fn reloaded(&self, succeeded: bool) {
        let outcome = if succeeded { RELOADED } else { REFUSED };
        self.reloads.get_or_create(&Outcome { outcome }).inc();
    }

    /// Everything as text, with what is now.
    pub(crate) fn render(&self, now: Snapshot) -> String {
        self.snapshot.set(now);
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)
            .expect("a string takes all text");
        text
    }
}

const RELOADED: &str = "reloaded";
const REFUSED: &str = "refused";

type ByCall = Family<CallLabel, Histogram, fn() -> Histogram>;

fn by_call(registry: &mut Registry, name: &str, help: &str, make: fn() -> Histogram) -> ByCall {
    let family = ByCall::new_with_constructor(make);
    registry.register(name, help, family.clone());
    family
}

/// From a tenth of a millisecond to longer than any call may take.
fn latencies() -> Histogram {
    Histogram::new(exponential_buckets(0.000_1, 2.0, 16))
}

/// From 64 bytes to the longest body.
fn lengths() -> Histogram {
    Histogram::new(exponential_buckets(64.0, 4.0, 8))
}
