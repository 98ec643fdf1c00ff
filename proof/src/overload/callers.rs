//! Many callers at once, a thread and a connection each, and what they were answered.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use foldmark_harness::Watch;
use serde_json::json;

use crate::http::{Http, query};

/// What callers were answered: by code, how long each answer took.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    times: BTreeMap<u64, Vec<Duration>>,
    seconds: f64,
}

/// How callers call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Habit {
    pub(crate) callers: usize,
    /// How long they go on.
    pub(crate) time: Duration,
    /// What they do after a refusal.
    pub(crate) pause: Duration,
    /// The body of the caller's next call.
    pub(crate) body: fn(usize, u64) -> Cow<'static, str>,
    pub(crate) command: &'static str,
}

/// One mark, durable, of a user of the caller's own.
pub(crate) const MARKS: Habit = Habit {
    callers: 1,
    time: Duration::from_secs(2),
    pause: Duration::from_millis(20),
    body: mark,
    command: "recentcontact/mark_contact",
};

/// Lets callers call until their time is over.
#[expect(clippy::disallowed_methods, reason = "each is waited for at the end of this function")]
pub(crate) fn call(address: SocketAddr, habit: Habit) -> Result<Seen, String> {
    let query = query();
    let watch = Watch::start();
    let mut threads = Vec::with_capacity(habit.callers);
    for caller in 0..habit.callers {
        let query = query.clone();
        let builder = thread::Builder::new().stack_size(256 << 10);
        let work = move || one(address, habit, caller, &query, watch);
        threads.push(builder.spawn(work).map_err(|error| error.to_string())?);
    }
    let mut seen = Seen::default();
    for thread in threads {
        let times = thread.join().map_err(|_| "a caller panicked")??;
        for (code, mut times) in times {
            seen.times.entry(code).or_default().append(&mut times);
        }
    }
    seen.seconds = watch.seconds();
    for times in seen.times.values_mut() {
        times.sort_unstable();
    }
    Ok(seen)
}

type Times = BTreeMap<u64, Vec<Duration>>;

fn one(address: SocketAddr, habit: Habit, caller: usize, query: &str, watch: Watch) -> Result<Times, String> {
    let mut http = Http::connect(address)?;
    let mut times = Times::new();
    for number in 0.. {
        if watch.time() >= habit.time {
            break;
        }
        let body = (habit.body)(caller, number);
        let call = Watch::start();
        let code = http.call_text(habit.command, query, &body)?.code()?;
        times.entry(code).or_default().push(call.time());
        if code != 0 {
            thread::sleep(habit.pause);
        }
    }
    Ok(times)
}

fn mark(caller: usize, number: u64) -> Cow<'static, str> {
    let body = json!({"From_Account": format!("user_{caller}"), "MarkItem": [
        {"OptType": 1, "SetMark": [number % 64], "ContactItem": {"Type": 1, "To_Account": "peer"}}]});
    Cow::Owned(body.to_string())
}

impl Seen {
    /// Fails unless every answer had one of these codes.
    pub(crate) fn only(&self, codes: &[u64]) -> Result<(), String> {
        match self.times.keys().find(|code| !codes.contains(code)) {
            None => Ok(()),
            Some(code) => Err(format!("{} answers had the code {code}", self.count(*code))),
        }
    }

    pub(crate) fn count(&self, code: u64) -> usize {
        self.times.get(&code).map_or(0, Vec::len)
    }

    pub(crate) fn per_second(&self, code: u64) -> f64 {
        self.count(code) as f64 / self.seconds
    }

    /// How long 99 of 100 answers with this code took at most, in milliseconds.
    pub(crate) fn p99(&self, code: u64) -> f64 {
        let Some(times) = self.times.get(&code) else {
            return 0.0;
        };
        let place = (times.len() * 99 / 100).min(times.len() - 1);
        times[place].as_secs_f64() * 1_000.0
    }
}
