//! One application on the overview: its last hour, its codes, its calls.

use foldmark_core::subject::AppId;

use super::hour;
use crate::console::Console;
use crate::console::language::Language;
use crate::console::numbers;
use crate::console::plot::{Plot, Point};
use crate::figures::{AppSample, Outcome, SampleTime};

/// An application.
pub(super) struct Application {
    pub(super) app: u32,
    /// Calls, and how long they took.
    pub(super) plots: Vec<Plot>,
    pub(super) steps: Vec<Step>,
    /// Since the server was started, the most frequent first.
    pub(super) outcomes: Vec<OutcomeRow>,
    pub(super) by_call: Vec<(&'static str, String)>,
    /// The totals that the list of all has no room for.
    pub(super) kept: Vec<(&'static str, String)>,
}

/// Five minutes.
pub(super) struct Step {
    pub(super) label: String,
    pub(super) calls: String,
    pub(super) per_second: String,
    pub(super) refused: String,
    pub(super) p99: String,
}

/// A code.
pub(super) struct OutcomeRow {
    /// 0: success.
    pub(super) code: i32,
    pub(super) text: &'static str,
    pub(super) hour: String,
    pub(super) all: String,
}

impl Application {
    /// `None` if it is not served any more.
    pub(super) fn of(console: &Console, language: Language, app: AppId) -> Option<Application> {
        let figures = console.admin.gate.app(app.get())?.figures.read();
        let samples = console.admin.history.app(app);
        let in_hour = |wanted: Outcome| -> u64 {
            let all = samples.iter().flat_map(|(_, sample)| sample.outcomes());
            all.filter(|(outcome, _)| *outcome == wanted).map(|(_, count)| count).sum()
        };
        let mut outcomes: Vec<(Outcome, u64)> = figures.outcomes().collect();
        outcomes.sort_by_key(|(outcome, count)| (std::cmp::Reverse(*count), *outcome));
        let outcomes = outcomes.into_iter().map(|(outcome, count)| OutcomeRow {
            code: outcome.code().map_or(0, |code| code.number()),
            text: outcome.code().map_or("OK", |code| language.t(code.text())),
            hour: numbers::count(in_hour(outcome)),
            all: numbers::count(count),
        });
        let mut by_call: Vec<_> = figures.calls().filter(|(_, count)| *count != 0).collect();
        by_call.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        Some(Application {
            app: app.get(),
            plots: vec![calls(language, &samples), latencies(language, &samples)],
            steps: hour::steps(language, &samples).iter().map(step).collect(),
            outcomes: outcomes.collect(),
            by_call: by_call
                .into_iter()
                .map(|(call, count)| (call.as_str(), numbers::count(count)))
                .collect(),
            kept: kept(console, language, app),
        })
    }
}

fn calls(language: Language, samples: &[(SampleTime, AppSample)]) -> Plot {
    let line = |pick: fn(&AppSample) -> u64| {
        points(samples, |time, sample| Some(pick(sample) as f64 / time.seconds))
    };
    let series = vec![
        (language.t("all"), line(|sample| sample.calls)),
        (language.t("not OK"), line(|sample| sample.calls - sample.succeeded())),
    ];
    Plot::new(language.t("Calls per second"), series, numbers::measured, |now, most| {
        language.fill("Now {}, at most {} in the last hour.", &[&now, &most])
    })
}

fn latencies(language: Language, samples: &[(SampleTime, AppSample)]) -> Plot {
    let line = |pick: fn(&AppSample) -> Option<u64>| {
        points(samples, |_, sample| pick(sample).map(|microseconds| microseconds as f64))
    };
    let series = vec![
        ("p50", line(|sample| sample.p50)),
        ("p95", line(|sample| sample.p95)),
        ("p99", line(|sample| sample.p99)),
    ];
    let name = |microseconds: f64| numbers::duration(microseconds as u64);
    Plot::new(language.t("Time to the answer"), series, name, |now, most| {
        language
            .fill("Half of the calls now within {}; the highest p99 of the last hour is {}.", &[&now, &most])
    })
}

/// What a line through these samples goes through.
pub(super) fn points<T>(
    samples: &[(SampleTime, T)],
    value: impl Fn(&SampleTime, &T) -> Option<f64>,
) -> Vec<Point> {
    let point = |(time, sample): &(SampleTime, T)| Point {
        age: time.age.as_secs(),
        after_gap: time.after_gap,
        is_now: time.is_now(),
        value: value(time, sample),
    };
    samples.iter().map(point).collect()
}

fn step(step: &hour::Step<'_, AppSample>) -> Step {
    let nothing = || "–".to_owned();
    let calls = step.sum(|sample| sample.calls);
    let refused = calls - step.sum(AppSample::succeeded);
    let is_known = !step.samples.is_empty();
    Step {
        label: step.label.clone(),
        calls: if is_known { numbers::count(calls) } else { nothing() },
        per_second: if is_known { numbers::measured(calls as f64 / step.seconds()) } else { nothing() },
        refused: numbers::percent(refused, calls),
        p99: step.most(|sample| sample.p99).map_or_else(nothing, numbers::duration),
    }
}

fn kept(console: &Console, language: Language, app: AppId) -> Vec<(&'static str, String)> {
    let totals = console.admin.totals.look(app);
    let Some(counted) = totals.last.or(totals.running) else {
        return Vec::new();
    };
    vec![
        (language.t("Accounts that are not imported"), numbers::count(counted.tombstones)),
        (language.t("Conversations in a group"), numbers::count(counted.grouped)),
        (language.t("Conversations with a mark"), numbers::count(counted.marked)),
        (language.t("Chat groups that were disbanded"), numbers::count(counted.disbanded)),
        (language.t("Damaged"), numbers::count(counted.damaged)),
    ]
}
