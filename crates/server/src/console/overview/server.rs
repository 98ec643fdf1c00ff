//! The server and its store on the overview.

use super::application::points;
use crate::console::Console;
use crate::console::language::Language;
use crate::console::numbers;
use crate::console::plot::Plot;
use crate::figures::{SampleTime, ServerSample};

use super::hour;

/// The server.
pub(super) struct Server {
    pub(super) in_flight: u64,
    pub(super) in_flight_max: u64,
    /// Of a store that has it.
    pub(super) store: Option<StoreSize>,
    pub(super) facts: Vec<(&'static str, String)>,
    /// Of a store with transactions.
    pub(super) plots: Vec<Plot>,
    pub(super) steps: Vec<Step>,
}

/// How full the store is.
pub(super) struct StoreSize {
    pub(super) used: u64,
    pub(super) max: u64,
    pub(super) used_text: String,
    pub(super) map_text: String,
    pub(super) max_text: String,
}

/// Five minutes.
pub(super) struct Step {
    pub(super) label: String,
    pub(super) commits: String,
    pub(super) batch: String,
    pub(super) sync: String,
    pub(super) in_flight: String,
    pub(super) used: String,
}

impl Server {
    pub(super) fn of(console: &Console, language: Language) -> Server {
        let gate = &console.admin.gate;
        let (in_flight, in_flight_max) = gate.in_flight();
        let measures = gate.executor().store().measures();
        let samples = console.admin.history.server();
        let store = match (measures.used_bytes, measures.map_bytes, measures.map_bytes_max) {
            (Some(used), Some(map), Some(max)) => Some(StoreSize {
                used,
                max,
                used_text: numbers::bytes(used),
                map_text: numbers::bytes(map),
                max_text: numbers::bytes(max),
            }),
            _ => None,
        };
        let has_transactions = measures.queue_commits.is_some();
        let mut facts = Vec::new();
        if has_transactions {
            let latest = samples.last().filter(|(time, _)| time.is_now());
            let nothing = || "–".to_owned();
            let batch = latest.and_then(|(_, sample)| sample.batch()).map_or_else(nothing, numbers::measured);
            let sync = |pick: fn(&ServerSample) -> Option<u64>| {
                latest.and_then(|(_, sample)| pick(sample)).map_or_else(nothing, numbers::duration)
            };
            let commits = latest.map_or_else(nothing, |(time, sample)| {
                numbers::measured(sample.commits as f64 / time.seconds)
            });
            facts.push((language.t("Commits per second"), commits));
            facts.push((language.t("Commits in a transaction"), batch));
            facts.push((language.t("Time of a sync, p50"), sync(|sample| sample.sync_p50)));
            facts.push((language.t("Time of a sync, p99"), sync(|sample| sample.sync_p99)));
        }
        let plots = if has_transactions { plots(language, &samples) } else { Vec::new() };
        Server {
            in_flight: in_flight as u64,
            in_flight_max: in_flight_max as u64,
            store,
            facts,
            plots,
            steps: hour::steps(language, &samples).iter().map(step).collect(),
        }
    }
}

fn plots(language: Language, samples: &[(SampleTime, ServerSample)]) -> Vec<Plot> {
    let batches = points(samples, |_, sample| sample.batch());
    let sync = |pick: fn(&ServerSample) -> Option<u64>| {
        points(samples, |_, sample| pick(sample).map(|microseconds| microseconds as f64))
    };
    let syncs = vec![("p50", sync(|sample| sample.sync_p50)), ("p99", sync(|sample| sample.sync_p99))];
    let words = |now: &str, most: &str| language.fill("Now {}, at most {} in the last hour.", &[&now, &most]);
    let duration = |microseconds: f64| numbers::duration(microseconds as u64);
    vec![
        Plot::new(
            language.t("Commits in a transaction"),
            vec![(language.t("on average"), batches)],
            numbers::measured,
            words,
        ),
        Plot::new(language.t("Time of a sync"), syncs, duration, words),
    ]
}

fn step(step: &hour::Step<'_, ServerSample>) -> Step {
    let nothing = || "–".to_owned();
    let (commits, transactions) = (step.sum(|sample| sample.commits), step.sum(|sample| sample.transactions));
    let batch = (transactions != 0).then(|| commits as f64 / transactions as f64);
    let is_known = !step.samples.is_empty();
    Step {
        label: step.label.clone(),
        commits: if is_known { numbers::count(commits) } else { nothing() },
        batch: batch.map_or_else(nothing, numbers::measured),
        sync: step.most(|sample| sample.sync_p99).map_or_else(nothing, numbers::duration),
        in_flight: step.most(|sample| Some(sample.in_flight)).map_or_else(nothing, numbers::count),
        used: step.most(|sample| sample.store.used_bytes).map_or_else(nothing, numbers::bytes),
    }
}
