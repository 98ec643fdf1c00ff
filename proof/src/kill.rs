//! What is acknowledged survives `kill -9`, and what is not is there wholly or not at all.
//!
//! Round after round on the same folder: many connections write, the server is killed at a random moment, sometimes
//! once more while it starts, and everything is read back through the calls that clients use. Each round brings new
//! users, so that the folder grows. Users of earlier rounds are looked at by sample, and all of them at the end.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use foldmark_harness::{Watch, quick_folder, say};

use crate::found::Found;
use crate::http::{Http, query};
use crate::random::Random;
use crate::server::{Launch, Server};
use crate::user::{Ended, Fate, Slot};

/// Every so many connections share a user.
const WRITERS_OF_A_USER: usize = 4;
/// Users of a connection's own that last for the whole run.
const LASTING_USERS: usize = 2;
/// Users of earlier rounds that are looked at in each round.
const SAMPLE: usize = 100;

/// How to kill.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    /// How often.
    #[arg(long, default_value_t = 20)]
    rounds: u64,
    /// The longest time from start to kill.
    #[arg(long, default_value_t = 1.0)]
    seconds_per_round: f64,
    /// Connections that write.
    #[arg(long, default_value_t = 32)]
    connections: usize,
    /// The seed of everything that is left to chance but the scheduling of threads.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// One connection: it writes to its slots in turn, one call at a time.
struct Writer {
    random: Random,
    slots: Vec<Slot>,
    /// Calls that were acknowledged.
    done: u64,
}

/// What a round was like.
#[derive(Default)]
struct Round {
    done: u64,
    landed: u64,
    absent: u64,
    users: usize,
}

/// Runs the rounds.
pub(crate) fn run(binary: &Path, options: &Options) -> Result<(), String> {
    let watch = Watch::start();
    let home = quick_folder().map_err(|error| error.to_string())?;
    let launch = Launch::new(binary, home.path());
    let mut random = Random::new(options.seed);
    let mut writers: Vec<Writer> =
        (0..options.connections).map(|number| Writer::new(number, options.seed)).collect();
    let mut settled: Vec<Slot> = Vec::new();
    let mut total = Round::default();
    let mut server = launch.start()?;
    for number in 1..=options.rounds {
        for (index, writer) in writers.iter_mut().enumerate() {
            let user = format!("r{number}c{index}");
            writer.slots.push(Slot::new(&user, &user, true));
        }
        let most = (options.seconds_per_round * 1_000.0) as u64;
        let time = Duration::from_millis(random.between(1, most.max(1)));
        write_and_kill(server, &mut writers, time)?;
        if random.once_in(5) {
            // A start that is cut short must not do harm either.
            let starting = launch.spawn()?;
            std::thread::sleep(Duration::from_micros(random.below(20_000)));
            starting.kill()?;
        }
        server = launch.start().map_err(|error| format!("round {number}: {error}"))?;
        let round = check(&server, &mut writers, sample(&mut settled, &mut random))
            .map_err(|error| format!("round {number}: {error}"))?;
        for writer in &mut writers {
            settled.extend(writer.slots.pop());
        }
        say(&format!(
            "kill: round {number} after {} ms: {} acknowledged, {} users read; under way at the kill: {} landed, {} absent",
            time.as_millis(),
            round.done,
            round.users,
            round.landed,
            round.absent
        ));
        total.add(&round);
    }
    let last = check(&server, &mut writers, settled.iter_mut().collect())?;
    server.kill()?;
    say(&format!(
        "kill: {} rounds in {:.1} s, {} acknowledged calls, all there; of the calls under way {} landed whole and {} not at \
         all; {} users read at the end; seed {}",
        options.rounds,
        watch.seconds(),
        total.done,
        total.landed,
        total.absent,
        last.users,
        options.seed
    ));
    match total.done {
        0 => Err("no call was ever acknowledged".to_owned()),
        _ => Ok(()),
    }
}

/// Lets all writers write until the server is killed.
fn write_and_kill(server: Server, writers: &mut [Writer], time: Duration) -> Result<(), String> {
    let address = server.address;
    std::thread::scope(|scope| {
        let threads: Vec<_> =
            writers.iter_mut().map(|writer| scope.spawn(move || writer.write(address))).collect();
        std::thread::sleep(time);
        let killed = server.kill();
        for thread in threads {
            thread.join().map_err(|_| "a writer panicked")??;
        }
        killed
    })
}

/// Reads every user that somebody has written to, and settles what was open.
fn check(server: &Server, writers: &mut [Writer], earlier: Vec<&mut Slot>) -> Result<Round, String> {
    let mut round = Round::default();
    let mut users: BTreeMap<String, Vec<&mut Slot>> = BTreeMap::new();
    for writer in writers {
        round.done += std::mem::take(&mut writer.done);
        for slot in &mut writer.slots {
            users.entry(slot.user.clone()).or_default().push(slot);
        }
    }
    for slot in earlier {
        users.entry(slot.user.clone()).or_default().push(slot);
    }
    let mut http = server.connect()?;
    let query = query();
    round.users = users.len();
    for (user, slots) in users {
        let names: Vec<_> = slots.iter().map(|slot| slot.names.clone()).collect();
        let names: Vec<_> = names.iter().collect();
        let found = Found::read(&mut http, &query, &user, &names)?;
        for slot in slots {
            match slot.check(&found)? {
                Fate::None => {}
                Fate::Landed => round.landed += 1,
                Fate::Absent => round.absent += 1,
            }
        }
    }
    Ok(round)
}

fn sample<'a>(settled: &'a mut [Slot], random: &mut Random) -> Vec<&'a mut Slot> {
    let every = (settled.len() / SAMPLE).max(1) as u64;
    settled.iter_mut().filter(|_| random.once_in(every)).collect()
}

impl Writer {
    fn new(number: usize, seed: u64) -> Writer {
        let shared = format!("shared{}", number / WRITERS_OF_A_USER);
        let mut slots = vec![Slot::new(&shared, &format!("w{number}"), false)];
        for own in 0..LASTING_USERS {
            let user = format!("c{number}u{own}");
            slots.push(Slot::new(&user, &user, true));
        }
        Writer { random: Random::of(seed, &[number as u64]), slots, done: 0 }
    }

    /// Writes until the connection breaks.
    fn write(&mut self, address: SocketAddr) -> Result<(), String> {
        // The server may be gone already.
        let Ok(mut http) = Http::connect(address) else {
            return Ok(());
        };
        let query = query();
        loop {
            let slot = self.random.below(self.slots.len() as u64) as usize;
            match self.slots[slot].write(&mut http, &query, &mut self.random)? {
                Ended::Done => self.done += 1,
                Ended::Unknown(_) => return Ok(()),
                Ended::Refused(code) => return Err(format!("a call was refused with {code}")),
            }
        }
    }
}

impl Round {
    fn add(&mut self, other: &Round) {
        self.done += other.done;
        self.landed += other.landed;
        self.absent += other.absent;
    }
}
