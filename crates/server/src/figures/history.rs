//! The last hour in memory: a sample each ten seconds of what every application and the store did, for whoever looks at
//! this server without a system that collects its metrics.
//!
//! A sample says what was counted between two readings, and over how long. Where that is not known, because readings were
//! missed or the clocks disagree about how long it was (the machine was suspended, or its clock was set), there is no
//! sample: the next one says that it comes after a gap. Samples are placed by their age on the monotonic clock.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use foldmark_core::subject::AppId;
use foldmark_store::Measures;

use super::app::{AppFigures, AppReading, Outcome};
use super::transactions::TransactionReading;
use crate::clock::Clock;
use crate::gate::Gate;
use crate::limits;
use crate::tasks::Tasks;

/// The samples of one server.
#[derive(Debug)]
pub(crate) struct History {
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    before: Option<Before>,
    after_gap: bool,
    /// The oldest first, at most [`limits::HISTORY_SAMPLES`].
    samples: VecDeque<Sample>,
}

/// The readings that the next sample is the difference to.
#[derive(Debug)]
struct Before {
    moment: Moment,
    apps: BTreeMap<AppId, (Arc<AppFigures>, AppReading)>,
    transactions: TransactionReading,
}

#[derive(Clone, Copy, Debug)]
struct Moment {
    monotonic: Duration,
    unix_seconds: u64,
}

/// What one sample is made of.
pub(crate) struct Readings {
    /// Of each application that is served.
    pub(crate) apps: Vec<(AppId, Arc<AppFigures>)>,
    pub(crate) transactions: TransactionReading,
    pub(crate) store: Measures,
    pub(crate) in_flight: u64,
    pub(crate) in_flight_max: u64,
}

/// What happened between two readings.
#[derive(Clone, Debug)]
struct Sample {
    at: Moment,
    seconds: f64,
    after_gap: bool,
    server: ServerSample,
    /// In ascending order, at most [`limits::HISTORY_APPS`].
    apps: Box<[(AppId, AppSample)]>,
}

/// When a sample was taken, and over how long it counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct SampleTime {
    /// How long ago it ended.
    pub(crate) age: Duration,
    /// How long it lasted.
    pub(crate) seconds: f64,
    /// Whether it is not known what happened between this sample and the one before.
    pub(crate) after_gap: bool,
}

impl SampleTime {
    /// Whether this is the last sample that there can be at this moment, and not one after which they were missed.
    pub(crate) fn is_now(&self) -> bool {
        self.age < limits::HISTORY_PERIOD * 3
    }
}

/// What the server and its store did.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct ServerSample {
    /// Calls that were worked on when the sample ended, and how many may be.
    pub(crate) in_flight: u64,
    pub(crate) in_flight_max: u64,
    /// Transactions of the store, and the commits in them.
    pub(crate) transactions: u64,
    pub(crate) commits: u64,
    /// Time to make a transaction durable, in microseconds.
    pub(crate) sync_p50: Option<u64>,
    pub(crate) sync_p99: Option<u64>,
    /// When the sample ended.
    pub(crate) store: Measures,
}

/// What one application's calls did.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct AppSample {
    pub(crate) calls: u64,
    succeeded: u64,
    /// Time from a request's head to its answer, in microseconds.
    pub(crate) p50: Option<u64>,
    pub(crate) p95: Option<u64>,
    pub(crate) p99: Option<u64>,
    /// The most frequent outcomes and how often they occurred; places that are not used count zero.
    outcomes: [(Outcome, u32); limits::HISTORY_OUTCOMES],
    /// Calls with any other outcome.
    pub(crate) other_outcomes: u64,
}

/// Takes samples until the server stops.
pub(crate) async fn run(history: Arc<History>, gate: Arc<Gate>, tasks: Tasks) {
    loop {
        if history.is_due() {
            history.take(readings(&gate));
        }
        tokio::select! {
            () = tasks.stopping() => return,
            () = tokio::time::sleep(limits::HISTORY_LOOK) => {}
        }
    }
}

fn readings(gate: &Gate) -> Readings {
    let live = gate.live();
    let apps = live.apps.all().map(|app| (app.id, Arc::clone(&app.figures))).collect();
    let (in_flight, in_flight_max) = gate.in_flight();
    Readings {
        apps,
        transactions: gate.metrics().transactions.read(),
        store: gate.executor().store().measures(),
        in_flight: in_flight as u64,
        in_flight_max: in_flight_max as u64,
    }
}

impl History {
    pub(crate) fn new(clock: Clock) -> History {
        History { clock, state: Mutex::default() }
    }

    /// The samples of the server of the last hour, the oldest first.
    pub(crate) fn server(&self) -> Vec<(SampleTime, ServerSample)> {
        self.collect(|sample| Some(sample.server))
    }

    /// The samples of an application of the last hour, the oldest first.
    pub(crate) fn app(&self, app: AppId) -> Vec<(SampleTime, AppSample)> {
        self.collect(|sample| {
            let place = sample.apps.binary_search_by_key(&app, |(id, _)| *id).ok()?;
            Some(sample.apps[place].1)
        })
    }

    fn collect<T>(&self, pick: impl Fn(&Sample) -> Option<T>) -> Vec<(SampleTime, T)> {
        let now = self.clock.monotonic();
        let state = self.lock();
        let mut collected: Vec<(SampleTime, T)> = Vec::with_capacity(state.samples.len());
        let mut after_gap = false;
        for sample in &state.samples {
            after_gap |= sample.after_gap;
            let age = now.saturating_sub(sample.at.monotonic);
            let Some(picked) = pick(sample) else {
                after_gap = true;
                continue;
            };
            if age > limits::HISTORY {
                continue;
            }
            let seconds = sample.seconds;
            // What lies before the hour is not told, so that nothing is missing at its beginning.
            let after_gap = std::mem::take(&mut after_gap) && !collected.is_empty();
            collected.push((SampleTime { age, seconds, after_gap }, picked));
        }
        collected
    }

    fn is_due(&self) -> bool {
        let now = self.clock.monotonic();
        let state = self.lock();
        state.before.as_ref().is_none_or(|before| now >= before.moment.monotonic + limits::HISTORY_PERIOD)
    }

    /// Takes a sample: what was counted since the last readings.
    fn take(&self, readings: Readings) {
        let at = Moment { monotonic: self.clock.monotonic(), unix_seconds: self.clock.unix_seconds() };
        let mut state = self.lock();
        let mut apps = BTreeMap::new();
        for (id, figures) in readings.apps.into_iter().take(limits::HISTORY_APPS) {
            let reading = figures.read();
            apps.insert(id, (figures, reading));
        }
        let now = Before { moment: at, apps, transactions: readings.transactions };
        let Some(before) = state.before.take() else {
            state.before = Some(now);
            return;
        };
        match lasted(before.moment, at) {
            None => state.after_gap = true,
            Some(seconds) => {
                let since = now.transactions.since(&before.transactions);
                let server = ServerSample {
                    in_flight: readings.in_flight,
                    in_flight_max: readings.in_flight_max,
                    transactions: since.syncs.count(),
                    commits: since.commits,
                    sync_p50: since.syncs.quantile(0.5),
                    sync_p99: since.syncs.quantile(0.99),
                    store: readings.store,
                };
                let apps = now.apps.iter().map(|(id, (figures, reading))| {
                    // Figures that are new began at zero.
                    let earlier = before.apps.get(id).filter(|(earlier, _)| Arc::ptr_eq(earlier, figures));
                    let since = earlier.map_or(*reading, |(_, earlier)| reading.since(earlier));
                    (*id, AppSample::of(&since))
                });
                let sample = Sample {
                    at,
                    seconds,
                    after_gap: std::mem::take(&mut state.after_gap),
                    server,
                    apps: apps.collect(),
                };
                if state.samples.len() == limits::HISTORY_SAMPLES {
                    state.samples.pop_front();
                }
                state.samples.push_back(sample);
            }
        }
        state.before = Some(now);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many seconds lie between two readings; `None` if they are too far apart for one sample, or if the two clocks do
/// not agree about it.
fn lasted(before: Moment, now: Moment) -> Option<f64> {
    let lasted = now.monotonic.saturating_sub(before.monotonic);
    let by_wall_clock = now.unix_seconds as f64 - before.unix_seconds as f64;
    let disagree = (by_wall_clock - lasted.as_secs_f64()).abs() > limits::HISTORY_PERIOD.as_secs_f64() / 2.0;
    let is_one = !lasted.is_zero() && lasted <= limits::HISTORY_PERIOD * 2 && !disagree;
    is_one.then_some(lasted.as_secs_f64())
}

impl ServerSample {
    /// Commits in one transaction, on average; `None` without transactions.
    pub(crate) fn batch(&self) -> Option<f64> {
        (self.transactions != 0).then(|| self.commits as f64 / self.transactions as f64)
    }
}

impl AppSample {
    fn of(since: &AppReading) -> AppSample {
        let calls = since.all_calls();
        let mut occurred: Vec<(Outcome, u64)> = since.outcomes().collect();
        occurred.sort_by_key(|(outcome, count)| (std::cmp::Reverse(*count), *outcome));
        let mut outcomes = [(Outcome::default(), 0); limits::HISTORY_OUTCOMES];
        let mut kept = 0;
        for (place, (outcome, count)) in outcomes.iter_mut().zip(occurred) {
            *place = (outcome, u32::try_from(count).unwrap_or(u32::MAX));
            kept += count;
        }
        let latencies = since.latencies();
        AppSample {
            calls,
            succeeded: since.count(Outcome::of(None)),
            p50: latencies.quantile(0.5),
            p95: latencies.quantile(0.95),
            p99: latencies.quantile(0.99),
            outcomes,
            other_outcomes: calls - kept,
        }
    }

    /// Calls that succeeded.
    pub(crate) fn succeeded(&self) -> u64 {
        self.succeeded
    }

    /// The most frequent outcomes and how often they occurred.
    pub(crate) fn outcomes(&self) -> impl Iterator<Item = (Outcome, u64)> {
        let used = self.outcomes.iter().filter(|(_, count)| *count != 0);
        used.map(|(outcome, count)| (*outcome, u64::from(*count)))
    }
}

const _: () = {
    assert!(limits::HISTORY.as_secs() == limits::HISTORY_PERIOD.as_secs() * limits::HISTORY_SAMPLES as u64);
    let app = size_of::<AppSample>() + size_of::<AppId>() + 4;
    let all = limits::HISTORY_SAMPLES * (size_of::<Sample>() + limits::HISTORY_APPS * app);
    assert!(all <= limits::HISTORY_BYTES);
};

#[cfg(test)]
mod tests {
    use foldmark_wire::{CallName, Code};

    use super::*;

    struct Rig {
        clock: Clock,
        history: History,
        apps: Vec<(AppId, Arc<AppFigures>)>,
    }

    fn app(number: u32) -> AppId {
        AppId::new(number).unwrap()
    }

    impl Rig {
        fn new() -> Rig {
            let clock = Clock::manual(1_775_217_000);
            let history = History::new(clock.clone());
            Rig { clock, history, apps: vec![(app(7), Arc::default())] }
        }

        fn call(&self, times: usize, code: Option<Code>, milliseconds: u64) {
            for _ in 0..times {
                self.apps[0].1.answered(CallName::MarkContact, code, Duration::from_millis(milliseconds));
            }
        }

        /// Lets this many seconds pass and takes a sample.
        fn after(&self, seconds: u64) {
            self.clock.advance(Duration::from_secs(seconds));
            self.history.take(Readings {
                apps: self.apps.clone(),
                transactions: TransactionReading::default(),
                store: Measures::default(),
                in_flight: 3,
                in_flight_max: 9,
            });
        }

        /// Age in seconds, whether after a gap, and calls of each sample.
        fn told(&self) -> Vec<(u64, bool, u64)> {
            let told = self.history.app(app(7)).into_iter();
            told.map(|(time, sample)| (time.age.as_secs(), time.after_gap, sample.calls)).collect()
        }
    }

    #[test]
    fn a_sample_says_what_came_since_the_last() {
        let rig = Rig::new();
        rig.call(5, None, 1);
        rig.after(0);
        assert_eq!(rig.told(), [], "one reading says nothing yet");
        rig.call(99, None, 1);
        rig.call(1, Some(Code::ContactQuota), 4_000);
        rig.after(10);
        rig.after(11);
        assert_eq!(rig.told(), [(11, false, 100), (0, false, 0)]);
        let (time, sample) = rig.history.app(app(7))[0];
        assert_eq!(time.seconds, 10.0);
        let outcomes: Vec<_> = sample.outcomes().map(|(outcome, count)| (outcome.code(), count)).collect();
        assert_eq!(outcomes, [(None, 99), (Some(Code::ContactQuota), 1)]);
        assert!(sample.p99.unwrap() < 1_100 && sample.other_outcomes == 0, "{sample:?}");
        let (_, idle) = rig.history.app(app(7))[1];
        assert_eq!((idle.p50, idle.p99), (None, None), "no calls have no latency");
        assert_eq!(rig.history.server()[0].1.in_flight, 3);
    }

    #[test]
    fn what_was_missed_is_a_gap_and_no_rate() {
        let rig = Rig::new();
        rig.after(0);
        rig.after(10);
        rig.call(1_000, None, 1);
        rig.after(300);
        rig.call(2, None, 1);
        rig.after(10);
        assert_eq!(rig.told(), [(310, false, 0), (0, true, 2)]);
    }

    #[test]
    fn clocks_that_disagree_make_a_gap() {
        let at = |monotonic, unix_seconds| Moment { monotonic: Duration::from_secs(monotonic), unix_seconds };
        assert_eq!(lasted(at(0, 1_000), at(10, 1_010)), Some(10.0));
        assert_eq!(lasted(at(0, 1_000), at(11, 1_009)), Some(11.0), "seconds are cut off");
        assert_eq!(lasted(at(0, 1_000), at(10, 900)), None, "set back");
        assert_eq!(lasted(at(0, 1_000), at(10, 4_610)), None, "set forward, or suspended");
        assert_eq!(lasted(at(0, 1_000), at(21, 1_021)), None, "too long");
        assert_eq!(lasted(at(5, 1_000), at(5, 1_000)), None, "no time at all");
    }

    #[test]
    fn an_hour_is_kept_and_no_more() {
        let rig = Rig::new();
        for _ in 0..=limits::HISTORY_SAMPLES + 100 {
            rig.after(10);
        }
        assert_eq!(rig.told().len(), limits::HISTORY_SAMPLES);
        assert_eq!(rig.history.lock().samples.len(), limits::HISTORY_SAMPLES);
        rig.clock.advance(Duration::from_secs(1_800));
        assert_eq!(rig.told().len(), limits::HISTORY_SAMPLES / 2 + 1, "what is older is not told");
    }

    #[test]
    fn an_application_that_went_and_came_begins_anew() {
        let mut rig = Rig::new();
        rig.call(50, None, 1);
        rig.after(0);
        rig.after(10);
        let apps = std::mem::take(&mut rig.apps);
        rig.after(10);
        drop(apps);
        rig.apps = vec![(app(7), Arc::default())];
        rig.call(3, None, 1);
        rig.after(10);
        assert_eq!(rig.told(), [(20, false, 0), (0, true, 3)]);
        assert_eq!(rig.history.server().len(), 3, "the server was there all the time");
        rig.apps = vec![(app(7), Arc::default())];
        rig.call(2, None, 1);
        rig.after(10);
        assert_eq!(rig.told().last(), Some(&(0, false, 2)), "it went and came between two samples");
    }

    #[test]
    fn rare_outcomes_are_counted_together() {
        let rig = Rig::new();
        rig.after(0);
        for (times, code) in (1..).zip(Code::ALL.into_iter().take(limits::HISTORY_OUTCOMES + 2)) {
            rig.call(times, Some(code), 1);
        }
        rig.after(10);
        let (_, sample) = rig.history.app(app(7))[0];
        assert_eq!(sample.outcomes().count(), limits::HISTORY_OUTCOMES);
        assert_eq!(sample.other_outcomes, 1 + 2);
        let kept: u64 = sample.outcomes().map(|(_, count)| count).sum();
        assert_eq!(kept + sample.other_outcomes, sample.calls);
    }
}
