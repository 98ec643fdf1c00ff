//! What a run has shown, ready to be written as text, JSON or CSV. Names of fields end with their units.

pub(super) mod csv;
pub(super) mod json;
pub(super) mod text;

use foldmark_client::Code;

use crate::args::{BenchArgs, Work};
use crate::bench::latencies::Latencies;
use crate::bench::load::Loaded;
use crate::bench::tally::KindTally;
use crate::bench::trouble::Trouble;
use crate::bench::work::Kind;

/// Busy, or waiting for a processor, for more than this share of the time, the generator is likely to be what was
/// measured.
const BUSY_SHARE_MAX: f64 = 0.8;
/// More calls a second than the application may make.
const CALL_RATE: Trouble = Trouble::Refused(Code::CallRate.number());

/// What was asked for.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) url: String,
    pub(super) sdkappid: u32,
    pub(super) work: Work,
    pub(super) clients: u32,
    pub(super) seconds: u32,
    pub(super) warm_up: u32,
    /// 0: no rate.
    pub(super) rate: u32,
    pub(super) users: u32,
    pub(super) prefix: String,
}

impl Settings {
    pub(super) fn new(args: &BenchArgs, url: &str, sdkappid: u32) -> Settings {
        Settings {
            url: url.to_owned(),
            sdkappid,
            work: args.work,
            clients: args.clients,
            seconds: args.seconds,
            warm_up: args.warm_up,
            rate: args.rate,
            users: args.users,
            prefix: args.prefix.clone(),
        }
    }

    fn work_name(&self) -> &'static str {
        match self.work {
            Work::Search => "search",
            Work::Mark => "mark",
            Work::Mixed => "mixed",
        }
    }

    /// From which moment latencies are measured.
    fn latencies_from(&self) -> &'static str {
        if self.rate == 0 { "sent" } else { "scheduled" }
    }
}

/// What a run has shown.
#[derive(Clone, Debug)]
pub(super) struct Report {
    settings: Settings,
    elapsed_s: f64,
    stopped: bool,
    unsent: u64,
    processor: Option<f64>,
    waited: Option<f64>,
    /// With a rate: how long after its moment each request was sent.
    late: Option<Latencies>,
    /// Each kind of request, and behind several of them all together.
    kinds: Vec<(&'static str, KindTally)>,
}

impl Report {
    pub(super) fn new(settings: Settings, loaded: &Loaded) -> Report {
        let tally = &loaded.tally;
        let mut kinds: Vec<_> =
            Kind::of(settings.work).iter().map(|kind| (kind.name(), tally.of(*kind).clone())).collect();
        if kinds.len() > 1 {
            kinds.push(("all", tally.search.with(&tally.mark)));
        }
        Report {
            elapsed_s: loaded.elapsed.as_secs_f64(),
            stopped: loaded.stopped,
            unsent: loaded.unsent,
            processor: loaded.processor,
            waited: loaded.waited,
            late: (settings.rate > 0).then(|| tally.late.clone()),
            kinds,
            settings,
        }
    }

    /// Requests a second, failed ones too.
    fn requests_per_s(&self, tally: &KindTally) -> f64 {
        match self.elapsed_s > 0.0 {
            true => requests(tally) as f64 / self.elapsed_s,
            false => 0.0,
        }
    }

    /// What a reader must know before he believes the figures.
    fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.stopped {
            warnings.push("the run was stopped before its end".to_owned());
        }
        if self.processor.unwrap_or(0.0) + self.waited.unwrap_or(0.0) > BUSY_SHARE_MAX {
            warnings.push(
                "the generator was hardly ever idle, so it may be itself that it has measured: load from another \
                 machine, or, where processors are idle, by several runs at once, with a --prefix each"
                    .to_owned(),
            );
        }
        let refused = |(_, tally): &(_, KindTally)| tally.failures.contains_key(&CALL_RATE);
        if self.kinds.iter().any(refused) {
            warnings.push(
                "the server refused what the application's limits.calls_per_second does not allow: set it to 0 (no \
                 limit) to see what the server can do, or give a --rate below it"
                    .to_owned(),
            );
        }
        if self.unsent > 0 {
            warnings.push(format!(
                "{} requests were due and never sent, for all clients were waiting for answers: the server does not \
                 keep up with the rate, or there are too few --clients",
                self.unsent
            ));
        }
        warnings
    }
}

/// Requests of a kind, failed ones too.
fn requests(tally: &KindTally) -> u64 {
    tally.latencies.len() + tally.failed()
}

/// To a tenth, which is more than any figure here is worth.
fn tenth(figure: f64) -> f64 {
    (figure * 10.0).round() / 10.0
}

#[cfg(test)]
pub(super) mod sample {
    //! The same run for the tests of all formats.

    use std::time::Duration;

    use crate::bench::tally::Tally;

    use super::*;

    pub(crate) fn report(work: Work, rate: u32) -> Report {
        let mut tally = Tally::default();
        for number in 1..=1_000_u64 {
            tally.add(Kind::Search, Duration::from_micros(100 + number / 10), Ok(()));
            tally.late.record(Duration::from_micros(60));
        }
        if work == Work::Mixed {
            for _ in 0..90 {
                tally.add(Kind::Mark, Duration::from_micros(3_000), Ok(()));
            }
            tally.add(Kind::Mark, Duration::from_micros(20), Err(Trouble::Refused(50_004)));
            tally.add(Kind::Mark, Duration::from_secs(5), Err(Trouble::TimedOut));
        }
        let settings = Settings {
            url: "http://127.0.0.1:8080".to_owned(),
            sdkappid: 1_400_000_000,
            work,
            clients: 16,
            seconds: 2,
            warm_up: 1,
            rate,
            users: 1_000,
            prefix: "bench_".to_owned(),
        };
        let loaded = Loaded {
            tally,
            elapsed: Duration::from_secs(2),
            stopped: rate > 0,
            unsent: u64::from(rate) / 100,
            processor: Some(if rate > 0 { 0.53 } else { 0.25 }),
            waited: Some(if rate > 0 { 0.3 } else { 0.05 }),
        };
        Report::new(settings, &loaded)
    }
}
