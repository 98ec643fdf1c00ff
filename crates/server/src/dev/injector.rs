//! The faults that calls meet now, and which call meets which.
//!
//! Whether the n-th call of a command meets a fault is a function of the random seed, the command, n and the fault's
//! place in the table: neither other commands nor the time play a part, so that a test that makes the same calls meets
//! the same faults again.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use foldmark_wire::CallName;
use serde_json::{Value, json};

use super::fault::{CHANCE_WHOLE, Effect, Fault};

/// Faults of one table.
const FAULTS_MAX: usize = 100;

/// All faults that calls shall meet, and the seed that decides which call meets them.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    random_seed: u64,
    /// How many of `all` are failures; the rest are delays.
    failures: usize,
    all: Vec<Fault>,
}

/// What one call meets.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    /// Before the call is carried out.
    pub(super) before: Step,
    /// After it.
    pub(super) after: Step,
}

/// What a call meets at one moment: a delay, and then perhaps a failure.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) delay: Duration,
    /// Never a delay.
    pub(super) failure: Option<Effect>,
}

/// Plans what calls meet.
#[derive(Debug)]
pub(super) struct Injector {
    /// As at the start.
    first: Faults,
    now: Mutex<Now>,
}

#[derive(Debug)]
struct Now {
    faults: Faults,
    /// Calls so far, by the call's place in [`CallName::ALL`].
    calls: [u64; CallName::ALL.len()],
    /// How many calls met each fault.
    hits: Vec<u64>,
}

impl Faults {
    /// The faults of these texts; an `Err` says which is wrong and why.
    pub fn parse(failures: &[String], delays: &[String], random_seed: u64) -> Result<Faults, String> {
        if failures.len() + delays.len() > FAULTS_MAX {
            let count = failures.len() + delays.len();
            return Err(format!("there are {count} faults, and may be at most {FAULTS_MAX}"));
        }
        let mut all = Vec::with_capacity(failures.len() + delays.len());
        for text in failures {
            all.push(Fault::parse_failure(text)?);
        }
        for text in delays {
            all.push(Fault::parse_delay(text)?);
        }
        Ok(Faults { random_seed, failures: failures.len(), all })
    }
}

impl Injector {
    pub(super) fn new(faults: Faults) -> Injector {
        Injector { now: Mutex::new(Now::new(faults.clone())), first: faults }
    }

    /// What the next call of this name meets.
    pub(super) fn plan(&self, call: CallName) -> Plan {
        let mut now = self.now();
        let Now { faults, calls, hits } = &mut *now;
        let number = calls[call as usize];
        calls[call as usize] += 1;
        let mut plan = Plan::default();
        for after in [false, true] {
            if plan.before.failure.is_some() {
                // The call is not carried out, so there is nothing after it.
                break;
            }
            let step = if after { &mut plan.after } else { &mut plan.before };
            for (place, fault) in faults.all.iter().enumerate() {
                let draw = draw(faults.random_seed, [call as u64, number, place as u64]);
                if fault.after != after || !fault.is_of(call) || draw % CHANCE_WHOLE >= fault.chance {
                    continue;
                }
                match fault.effect {
                    Effect::Delay(delay) => step.delay += delay,
                    failure if step.failure.is_none() => step.failure = Some(failure),
                    // An earlier failure came first.
                    _ => continue,
                }
                hits[place] += 1;
            }
        }
        plan
    }

    /// Puts other faults in place of those that are there, and counts calls from the first one again.
    pub(super) fn set(&self, faults: Faults) {
        *self.now() = Now::new(faults);
    }

    /// As it was at the start.
    pub(super) fn reset(&self) {
        self.set(self.first.clone());
    }

    /// The seed that is in force.
    pub(super) fn random_seed(&self) -> u64 {
        self.now().faults.random_seed
    }

    /// The faults, and how many calls met each, as `/dev/faults` shows them.
    pub(super) fn show(&self) -> Value {
        let now = self.now();
        let texts: Vec<String> = now.faults.all.iter().map(Fault::to_string).collect();
        let (failures, delays) = texts.split_at(now.faults.failures);
        json!({ "random_seed": now.faults.random_seed, "fail": failures, "delay": delays, "hits": now.hits })
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        // Nothing above panics half way through a change.
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Now {
    fn new(faults: Faults) -> Now {
        Now { calls: [0; CallName::ALL.len()], hits: vec![0; faults.all.len()], faults }
    }
}

/// A number that looks random and depends on all of these alone (the mixing of SplitMix64).
fn draw(seed: u64, parts: [u64; 3]) -> u64 {
    let mut state = seed;
    for part in parts {
        state = (state ^ part).wrapping_add(0x9e37_79b9_7f4a_7c15);
        state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        state ^= state >> 31;
    }
    state
}

#[cfg(test)]
mod tests {
    use foldmark_wire::Code;

    use super::*;

    const MARK: CallName = CallName::MarkContact;

    fn faults(failures: &[&str], delays: &[&str], seed: u64) -> Faults {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        Faults::parse(&texts(failures), &texts(delays), seed).unwrap()
    }

    fn plans(injector: &Injector, calls: usize) -> Vec<Plan> {
        (0..calls).map(|_| injector.plan(MARK)).collect()
    }

    #[test]
    fn chances_come_out_and_are_repeatable() {
        let table = faults(&["mark_contact=50004:10%", "*=drop:50%:after"], &["*=1s:1%"], 7);
        let injector = Injector::new(table);
        let first = plans(&injector, 10_000);
        let failed = first.iter().filter(|plan| plan.before.failure == Some(Effect::Code(Code::Internal)));
        assert!((900..1_100).contains(&failed.count()));
        let dropped = first.iter().filter(|plan| plan.after.failure == Some(Effect::Drop)).count();
        // Half of the nine in ten that were carried out.
        assert!((4_300..4_700).contains(&dropped), "{dropped}");
        let delayed = first.iter().filter(|plan| plan.before.delay == Duration::from_secs(1)).count();
        assert!((60..140).contains(&delayed), "{delayed}");
        let hits = &injector.show()["hits"];
        assert_eq!((&hits[1], &hits[2]), (&json!(dropped), &json!(delayed)));

        injector.reset();
        for _ in 0..100 {
            injector.plan(CallName::CreateGroup);
        }
        assert_eq!(plans(&injector, 10_000), first, "calls of other names change nothing");
        injector.set(faults(&["mark_contact=50004:10%", "*=drop:50%:after"], &["*=1s:1%"], 8));
        assert_ne!(plans(&injector, 10_000), first);
    }

    #[test]
    fn the_first_failure_counts_and_delays_add_up() {
        let injector =
            Injector::new(faults(&["mark_contact=50004", "*=60007"], &["*=1s", "mark_contact=2s"], 0));
        let plan = injector.plan(MARK);
        assert_eq!(plan.before.failure, Some(Effect::Code(Code::Internal)));
        assert_eq!(plan.before.delay, Duration::from_secs(3));
        assert_eq!(plan.after, Step::default());
        assert_eq!(injector.show()["hits"], json!([1, 0, 1, 1]));
        assert_eq!(injector.plan(CallName::CreateGroup).before.failure, Some(Effect::Code(Code::CallRate)));
    }

    #[test]
    fn a_table_is_bounded() {
        let many = vec!["*=60007".to_owned(); FAULTS_MAX + 1];
        assert_eq!(Faults::parse(&many, &[], 0).unwrap_err(), "there are 101 faults, and may be at most 100");
    }
}
