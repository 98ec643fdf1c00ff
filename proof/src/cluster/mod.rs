//! Two servers on a cluster of three nodes: what is acknowledged survives whatever happens to one of the five.
//!
//! Round after round many connections write, each user through both servers in turn, so that each server has to see
//! what the other has acknowledged a moment before. At a random moment a fault comes, and writing goes on while it lasts
//! and after it. Then everything is read back through both servers. Writers go on after calls that failed.
//!
//! A call that was given up may still be on its way to a node. So before anything is compared, [`Slot::settle`] makes
//! sure that it has happened or never will.

mod cut;
mod fault;
mod servers;
mod writer;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use foldmark_harness::{Watch, say, wait_until};
use foldmark_testcluster::{Cluster, NODES};

use self::fault::Fault;
use self::servers::{SERVERS, Servers};
use self::writer::{Meanwhile, Tally, Writer};
use crate::found::Found;
use crate::http::query;
use crate::program::Program;
use crate::random::Random;
use crate::server::cluster_store;
use crate::user::{Fate, Slot};

/// Users of earlier rounds that are looked at in each round.
const SAMPLE: usize = 100;
/// How long it may take to settle a call while nobody else writes and every node is well.
const SETTLING: Duration = Duration::from_secs(30);
/// How long writing goes on before a fault at most, and after it is over.
const BEFORE_MILLIS: u64 = 2_000;
const AFTER: Duration = Duration::from_millis(1_500);

/// How to fail.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    /// How often; the kinds of faults come in turn, of which there are four.
    #[arg(long, default_value_t = Fault::ALL.len() as u64)]
    rounds: u64,
    /// Connections that write, to each of the two servers.
    #[arg(long, default_value_t = 16)]
    connections: usize,
    /// The seed of everything that is left to chance but the scheduling of threads.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// What is under test, and what is known about it.
struct Trial {
    cluster: Cluster,
    servers: Servers,
    writers: Vec<Writer>,
    /// Users of earlier rounds that are written no more.
    settled: Vec<Slot>,
    random: Random,
}

/// What a comparison has found.
#[derive(Default)]
struct Checked {
    users: usize,
    landed: u64,
    absent: u64,
}

/// Runs the rounds.
pub(crate) fn run(binary: &Path, options: &Options) -> Result<(), String> {
    let watch = Watch::start();
    let home = tempfile::tempdir().map_err(|error| error.to_string())?;
    cut::install()?;
    let cluster = Cluster::start().map_err(|error| error.to_string())?;
    say(&format!("cluster: {NODES} nodes after {:.1} s", watch.seconds()));
    let store = cluster_store(&cluster.contact_points(), "proof");
    Program::new(binary, home.path(), "init", &store)?.run(&["store", "init"])?;
    let mut trial = Trial {
        servers: Servers::start(binary, home.path(), &store)?,
        cluster,
        writers: (0..options.connections).map(|number| Writer::new(number, options.seed)).collect(),
        settled: Vec::new(),
        random: Random::new(options.seed),
    };
    let mut total = Tally::default();
    for number in 1..=options.rounds {
        let fault = Fault::ALL[((number - 1) % Fault::ALL.len() as u64) as usize];
        let tally = trial
            .round(number, fault)
            .map_err(|error| format!("round {number}, {fault}: {error}; {}", trial.servers.logs()))?;
        total.add(&tally);
    }
    let last = trial.check_all()?;
    say(&format!(
        "cluster: {} rounds in {:.1} s, {} acknowledged calls, all there through both servers; {} were refused and are \
         not there; of {} without an answer or with an open one {} landed whole and {} not at all; {} users read at the \
         end; seed {}",
        options.rounds,
        watch.seconds(),
        total.done,
        total.refused,
        total.landed + total.absent,
        total.landed,
        total.absent,
        last.users,
        options.seed
    ));
    Ok(())
}

impl Trial {
    /// Writes, brings the fault about meanwhile, and compares.
    fn round(&mut self, number: u64, fault: Fault) -> Result<Tally, String> {
        let watch = Watch::start();
        for (index, writer) in self.writers.iter_mut().enumerate() {
            let user = format!("r{number}c{index}");
            writer.slots.push(Slot::new(&user, &user, true));
        }
        let during = self.write_through(fault)?;
        let mut tally = Tally::default();
        for writer in &mut self.writers {
            tally.add(&std::mem::take(&mut writer.tally));
        }
        let checked = self.check()?;
        tally.landed += checked.landed;
        tally.absent += checked.absent;
        for writer in &mut self.writers {
            self.settled.extend(writer.slots.pop());
        }
        say(&format!(
            "cluster: round {number}, {fault}, in {:.1} s: {} acknowledged, {during} of them during the fault; {} refused, \
             {} landed, {} absent; {} users read through both servers",
            watch.seconds(),
            tally.done,
            tally.refused,
            tally.landed,
            tally.absent,
            checked.users,
        ));
        Ok(tally)
    }

    /// Lets all writers write while a fault comes and goes. Gives how many calls were acknowledged while it lasted.
    fn write_through(&mut self, fault: Fault) -> Result<u64, String> {
        let Trial { cluster, servers, writers, random, .. } = self;
        let meanwhile = Meanwhile::new(servers.addresses());
        std::thread::scope(|scope| {
            let threads: Vec<_> = writers
                .iter_mut()
                .map(|writer| {
                    let meanwhile = &meanwhile;
                    scope.spawn(move || writer.write(meanwhile))
                })
                .collect();
            std::thread::sleep(Duration::from_millis(random.between(200, BEFORE_MILLIS)));
            let before = meanwhile.done.load(Ordering::Relaxed);
            let outcome = fault.strike(cluster, servers, &meanwhile, random);
            let during = meanwhile.done.load(Ordering::Relaxed) - before;
            std::thread::sleep(AFTER);
            meanwhile.stop.store(true, Ordering::Relaxed);
            for thread in threads {
                thread.join().map_err(|_| "a writer panicked")??;
            }
            outcome?;
            match during {
                0 => Err("no call was acknowledged while the fault lasted".to_owned()),
                _ => Ok(during),
            }
        })
    }

    /// Compares the users that are written to, and some of earlier rounds.
    fn check(&mut self) -> Result<Checked, String> {
        let every = (self.settled.len() / SAMPLE).max(1) as u64;
        let random = &mut self.random;
        let earlier = self.settled.iter_mut().filter(|_| random.once_in(every));
        let slots = self.writers.iter_mut().flat_map(|writer| &mut writer.slots);
        check(&self.servers, slots.chain(earlier).collect())
    }

    /// Compares every user.
    fn check_all(&mut self) -> Result<Checked, String> {
        let slots = self.writers.iter_mut().flat_map(|writer| &mut writer.slots);
        check(&self.servers, slots.chain(&mut self.settled).collect())
    }
}

/// Settles what is open, reads each user through both servers, and compares.
fn check(servers: &Servers, mut slots: Vec<&mut Slot>) -> Result<Checked, String> {
    let mut checked = Checked::default();
    for slot in &mut slots {
        checked.count(settle(servers, slot)?);
    }
    let mut users: BTreeMap<String, Vec<&mut Slot>> = BTreeMap::new();
    for slot in slots {
        users.entry(slot.user.clone()).or_default().push(slot);
    }
    checked.users = users.len();
    let read = |server: usize| read(servers, server, &users);
    let [first, second] = std::thread::scope(|scope| {
        let threads = [0, 1].map(|server| scope.spawn(move || read(server)));
        threads.map(|thread| thread.join().unwrap_or_else(|_| Err("a reader panicked".to_owned())))
    });
    for (((user, slots), first), second) in users.into_iter().zip(first?).zip(second?) {
        if first != second {
            return Err(format!("the servers disagree about {user}: {first:?}, {second:?}"));
        }
        for slot in slots {
            checked.count(slot.check(&first)?);
        }
    }
    Ok(checked)
}

/// Reads all users through one server.
fn read(
    servers: &Servers,
    server: usize,
    users: &BTreeMap<String, Vec<&mut Slot>>,
) -> Result<Vec<Found>, String> {
    let mut http = servers.connect(server)?;
    let query = query();
    let mut found = Vec::with_capacity(users.len());
    for (user, slots) in users {
        let names: Vec<_> = slots.iter().map(|slot| &slot.names).collect();
        // Nodes that have just come back may let a call wait for too long.
        let mut read = Err(String::new());
        wait_until(SETTLING, || {
            read = Found::read(&mut http, &query, user, &names);
            if read.is_err() {
                servers.connect(server).map(|fresh| http = fresh).ok();
            }
            read.is_ok()
        });
        found.push(read.map_err(|error| format!("through server {server}: {error}"))?);
    }
    Ok(found)
}

/// Makes sure that the slot's pending call has happened or never will.
fn settle(servers: &Servers, slot: &mut Slot) -> Result<Fate, String> {
    if slot.pending.is_none() {
        return Ok(Fate::None);
    }
    let query = query();
    let mut outcome = Ok(None);
    let mut tries = 0;
    wait_until(SETTLING, || {
        tries += 1;
        outcome = servers.connect(tries % SERVERS).and_then(|mut http| slot.settle(&mut http, &query));
        !matches!(outcome, Ok(None))
    });
    outcome?.ok_or_else(|| format!("{}: no call is acknowledged any more", slot.user))
}

impl Checked {
    fn count(&mut self, fate: Fate) {
        match fate {
            Fate::None => {}
            Fate::Landed => self.landed += 1,
            Fate::Absent => self.absent += 1,
        }
    }
}
