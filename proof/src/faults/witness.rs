//! A handful of writers who witness a fault: they know what was acknowledged to them, and compare.

use crate::found::Found;
use crate::http::{Http, query};
use crate::model::Call;
use crate::random::Random;
use crate::server::Server;
use crate::user::{Ended, Fate, Slot};

/// Writers who write at once.
const WRITERS: usize = 8;

/// Users that are added at most.
const GROWN_MAX: usize = 2_000;

/// The writers.
pub(super) struct Witness {
    writers: Vec<(Slot, Random)>,
    /// Users that were added and are written no more.
    grown: Vec<Slot>,
}

/// How calls ended, in numbers.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    /// Acknowledged.
    pub(super) done: u64,
    /// Answered 50004: nothing has happened.
    pub(super) failed: u64,
    /// Answered 50005 with an open outcome.
    pub(super) unknown: u64,
    /// Of these, what was found to have happened.
    pub(super) landed: u64,
}

impl Witness {
    /// Writers with users of their own.
    pub(super) fn new() -> Witness {
        let writer = |number: usize| {
            let user = format!("witness{number}");
            (Slot::new(&user, &user, true), Random::of(3, &[number as u64]))
        };
        Witness { writers: (0..WRITERS).map(writer).collect(), grown: Vec::new() }
    }

    /// Each writes so many times, all at once. Only success and the documented codes of a failing store are in order.
    /// A writer whose last call's outcome is open writes no more until [`Witness::check`].
    pub(super) fn write(&mut self, server: &Server, times: usize) -> Result<Seen, String> {
        std::thread::scope(|scope| {
            let threads: Vec<_> = self
                .writers
                .iter_mut()
                .map(|(slot, random)| scope.spawn(move || write(server, slot, random, times)))
                .collect();
            let mut seen = Seen::default();
            for thread in threads {
                let one = thread.join().map_err(|_| "a writer panicked")??;
                seen.done += one.done;
                seen.failed += one.failed;
                seen.unknown += one.unknown;
            }
            Ok(seen)
        })
    }

    /// As [`Witness::write`]; every call must be acknowledged.
    pub(super) fn write_well(&mut self, server: &Server, times: usize) -> Result<(), String> {
        let seen = self.write(server, times)?;
        match seen.failed + seen.unknown {
            0 => Ok(()),
            _ => Err(format!("writing should work: {seen:?}")),
        }
    }

    /// As [`Witness::write`]; no call may be acknowledged, and none may change anything.
    pub(super) fn write_in_vain(&mut self, server: &Server, times: usize) -> Result<(), String> {
        let seen = self.write(server, times)?;
        if seen.done + seen.unknown > 0 || seen.failed == 0 {
            return Err(format!("every write should be answered 50004: {seen:?}"));
        }
        let seen = self.check(server)?;
        match seen.landed {
            0 => Ok(()),
            _ => Err("what was said to have failed is there".to_owned()),
        }
    }

    /// Adds a user with much to keep. `false`: it was answered 50004.
    pub(super) fn grow(&mut self, server: &Server) -> Result<bool, String> {
        let user = format!("grown{}", self.grown.len());
        let mut slot = Slot::new(&user, &user, true);
        let call = Call::fill(&slot.names);
        let ended = slot.make(&mut server.connect()?, &query(), call)?;
        self.grown.push(slot);
        match ended {
            Ended::Done if self.grown.len() < GROWN_MAX => Ok(true),
            Ended::Done => Err("there is no end of room".to_owned()),
            Ended::Refused(50004) => Ok(false),
            other => Err(format!("adding a user ended with {other:?}")),
        }
    }

    /// Reads every user and compares with what was acknowledged.
    pub(super) fn check(&mut self, server: &Server) -> Result<Seen, String> {
        let mut http = server.connect()?;
        let query = query();
        let mut seen = Seen::default();
        for slot in self.writers.iter_mut().map(|(slot, _)| slot).chain(&mut self.grown) {
            let found = Found::read(&mut http, &query, &slot.user, &[&slot.names])?;
            if slot.check(&found)? == Fate::Landed {
                seen.landed += 1;
            }
        }
        Ok(seen)
    }
}

fn write(server: &Server, slot: &mut Slot, random: &mut Random, times: usize) -> Result<Seen, String> {
    let query = query();
    let mut http = Http::connect(server.address)?;
    let mut seen = Seen::default();
    for _ in 0..times {
        // What changes nothing commits nothing, and so cannot fail.
        let before = slot.revision;
        match slot.write(&mut http, &query, random)? {
            Ended::Done => seen.done += u64::from(slot.revision > before),
            Ended::Refused(50004) => seen.failed += 1,
            Ended::Refused(code) => return Err(format!("a write was answered {code}")),
            Ended::Unknown(text) if text.contains("50005") => {
                seen.unknown += 1;
                break;
            }
            Ended::Unknown(error) => return Err(format!("a write was not answered: {error}")),
        }
    }
    Ok(seen)
}
