//! One of many that write: it calls the two servers in turn, and goes on when calls fail.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::servers::SERVERS;
use crate::http::{Http, query};
use crate::random::Random;
use crate::user::{Ended, Fate, Slot};

/// Every so many writers share a user.
const WRITERS_OF_A_USER: usize = 4;
/// Users of a writer's own that last for the whole run.
const LASTING_USERS: usize = 2;
/// How long to wait when nothing can be done.
const PAUSE: Duration = Duration::from_millis(20);

/// One writer.
pub(super) struct Writer {
    random: Random,
    pub(super) slots: Vec<Slot>,
    pub(super) tally: Tally,
}

/// How calls ended, in numbers.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    /// Acknowledged.
    pub(super) done: u64,
    /// Answered that nothing has happened.
    pub(super) refused: u64,
    /// Not answered, or by an open outcome, and found to have happened.
    pub(super) landed: u64,
    /// Not answered, or by an open outcome, and found not to have happened.
    pub(super) absent: u64,
}

/// What writers and the one who brings the fault about tell each other.
pub(super) struct Meanwhile {
    addresses: Mutex<Vec<SocketAddr>>,
    /// Whether to end.
    pub(super) stop: AtomicBool,
    /// Calls of all writers that were acknowledged.
    pub(super) done: AtomicU64,
}

impl Meanwhile {
    pub(super) fn new(addresses: Vec<SocketAddr>) -> Meanwhile {
        Meanwhile { addresses: Mutex::new(addresses), stop: AtomicBool::new(false), done: AtomicU64::new(0) }
    }

    /// A server is at another address from now on.
    pub(super) fn moved(&self, server: usize, address: SocketAddr) {
        self.addresses.lock().unwrap_or_else(PoisonError::into_inner)[server] = address;
    }

    fn address(&self, server: usize) -> SocketAddr {
        self.addresses.lock().unwrap_or_else(PoisonError::into_inner)[server]
    }
}

impl Writer {
    pub(super) fn new(number: usize, seed: u64) -> Writer {
        let shared = format!("shared{}", number / WRITERS_OF_A_USER);
        let mut slots = vec![Slot::new(&shared, &format!("w{number}"), false)];
        for own in 0..LASTING_USERS {
            let user = format!("c{number}u{own}");
            slots.push(Slot::new(&user, &user, true));
        }
        Writer { random: Random::of(seed, &[number as u64]), slots, tally: Tally::default() }
    }

    /// Writes until it is told to stop.
    pub(super) fn write(&mut self, meanwhile: &Meanwhile) -> Result<(), String> {
        let query = query();
        let mut connections: [Option<Http>; SERVERS] = [None, None];
        while !meanwhile.stop.load(Ordering::Relaxed) {
            let server = self.random.below(SERVERS as u64) as usize;
            let slot = self.random.below(self.slots.len() as u64) as usize;
            let connection = &mut connections[server];
            if connection.is_none() {
                *connection = Http::connect(meanwhile.address(server)).ok();
            }
            let Some(http) = connection else {
                std::thread::sleep(PAUSE);
                continue;
            };
            if !self.call(slot, http, &query, meanwhile)? {
                *connection = None;
                std::thread::sleep(PAUSE);
            }
        }
        Ok(())
    }

    /// Makes one call; gives back whether there was an answer that leaves nothing open.
    fn call(
        &mut self,
        slot: usize,
        http: &mut Http,
        query: &str,
        meanwhile: &Meanwhile,
    ) -> Result<bool, String> {
        let slot = &mut self.slots[slot];
        if slot.pending.is_some() {
            if !slot.sole {
                // Only a comparison can tell what became of it.
                std::thread::sleep(PAUSE);
                return Ok(true);
            }
            match slot.settle(http, query)? {
                None => return Ok(false),
                Some(Fate::Landed) => self.tally.landed += 1,
                Some(_) => self.tally.absent += 1,
            }
            return Ok(true);
        }
        match slot.write(http, query, &mut self.random)? {
            Ended::Done => {
                self.tally.done += 1;
                meanwhile.done.fetch_add(1, Ordering::Relaxed);
                Ok(true)
            }
            // A read or a change that waited for a node that is gone.
            Ended::Refused(50004 | 50005) => {
                self.tally.refused += 1;
                Ok(true)
            }
            Ended::Refused(code) => Err(format!("a call about {} was refused with {code}", slot.user)),
            Ended::Unknown(_) => Ok(false),
        }
    }
}

impl Tally {
    pub(super) fn add(&mut self, other: &Tally) {
        self.done += other.done;
        self.refused += other.refused;
        self.landed += other.landed;
        self.absent += other.absent;
    }
}
