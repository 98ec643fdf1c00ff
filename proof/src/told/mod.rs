//! Webhooks: a receiver is told of every change that was acknowledged, in order, whoever dies when.
//!
//! Round after round on the same folder: connections mark conversations, the receiver fails in every way that receivers
//! fail, and the server is killed at a random moment. The receiver applies what it takes and complains about gaps and
//! about changes that come out of order. At the end it must know of every user what the server keeps.

mod receiver;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use foldmark_harness::{Watch, say, wait_until};
use serde_json::{Value, json};

use crate::http::{Http, query};
use crate::random::Random;
use crate::server::{Launch, Server};
use receiver::{Known, Receiver};

/// Conversations of a user that are marked and unmarked.
const PEERS: u64 = 5;
/// How long the receiver may take to know everything in the end.
const CATCH_UP: Duration = Duration::from_secs(90);
const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// How to kill.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    /// How often.
    #[arg(long, default_value_t = 12)]
    rounds: u64,
    /// The longest time from start to kill.
    #[arg(long, default_value_t = 1.0)]
    seconds_per_round: f64,
    /// Connections that write, each to users of its own.
    #[arg(long, default_value_t = 8)]
    connections: u64,
    /// Users of a connection.
    #[arg(long, default_value_t = 6)]
    users: u64,
    /// The seed of everything that is left to chance but the scheduling of threads.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Runs the rounds.
pub(crate) fn run(binary: &Path, options: &Options) -> Result<(), String> {
    let watch = Watch::start();
    let home = tempfile::tempdir().map_err(|error| error.to_string())?;
    let receiver = Receiver::start(options.seed)?;
    let mut launch = Launch::new(binary, home.path());
    launch.apps = format!(
        "[apps.webhook]\nurl = \"http://{}/\"\nsecret = \"{SECRET}\"\ntimeout_seconds = 1\n",
        receiver.address
    );
    let mut random = Random::new(options.seed);
    let mut acknowledged = BTreeMap::new();
    let mut marks = 0;
    for number in 1..=options.rounds {
        let server = launch.start().map_err(|error| format!("round {number}: {error}"))?;
        let most = (options.seconds_per_round * 1_000.0) as u64;
        let time = Duration::from_millis(random.between(1, most.max(1)));
        let before = receiver.received().taken;
        marks += write_and_kill(server, options, number, time, &mut acknowledged)?;
        let received = receiver.received();
        if let Some(wrong) = &received.wrong {
            return Err(format!("round {number}: {wrong}"));
        }
        say(&format!(
            "told: round {number} after {} ms: {marks} marks acknowledged so far, {} events taken meanwhile",
            time.as_millis(),
            received.taken - before
        ));
    }
    let server = launch.start()?;
    let users: Vec<String> = (0..options.connections)
        .flat_map(|connection| (0..options.users).map(move |user| name(connection, user)))
        .collect();
    let mut difference = String::new();
    let is_told = wait_until(CATCH_UP, || {
        difference = differences(&server, &receiver, &users).unwrap_or_else(|error| error);
        difference.is_empty()
    });
    if !is_told {
        return Err(format!("the receiver was not told: {difference}"));
    }
    let received = receiver.received();
    if let Some(wrong) = &received.wrong {
        return Err(wrong.clone());
    }
    for (user, revision) in &acknowledged {
        let known = received.users.get(user).map_or(0, |known| known.revision);
        if known < *revision {
            return Err(format!("revision {revision} of {user} was acknowledged, and told up to {known}"));
        }
    }
    server.kill()?;
    say(&format!(
        "told: {} kills in {:.1} s, {marks} acknowledged marks of {} users, all told in order by {} events, {} of them \
         repetitions; {} requests failed on purpose; seed {}",
        options.rounds,
        watch.seconds(),
        users.len(),
        received.taken,
        received.repeated,
        received.faults,
        options.seed
    ));
    match marks {
        0 => Err("no mark was ever acknowledged".to_owned()),
        _ => Ok(()),
    }
}

/// Lets all connections mark until the server is killed. Gives the number of marks that were acknowledged.
fn write_and_kill(
    server: Server,
    options: &Options,
    round: u64,
    time: Duration,
    acknowledged: &mut BTreeMap<String, u64>,
) -> Result<u64, String> {
    let address = server.address;
    let mut marks = 0;
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..options.connections)
            .map(|connection| {
                let random = Random::of(options.seed, &[round, connection]);
                scope.spawn(move || write(address, connection, options.users, random))
            })
            .collect();
        std::thread::sleep(time);
        let killed = server.kill();
        for writer in writers {
            for (user, revision) in writer.join().map_err(|_| "a writer panicked")?? {
                marks += 1;
                let last = acknowledged.entry(user).or_insert(0);
                *last = revision.max(*last);
            }
        }
        killed.map(|()| marks)
    })
}

/// Marks until the connection breaks. Gives what was acknowledged: users and their revisions.
fn write(
    address: SocketAddr,
    connection: u64,
    users: u64,
    mut random: Random,
) -> Result<Vec<(String, u64)>, String> {
    let mut done = Vec::new();
    let (Ok(mut http), query) = (Http::connect(address), query()) else { return Ok(done) };
    loop {
        let user = name(connection, random.below(users));
        let peer = format!("peer{}", random.below(PEERS));
        let mark = if random.once_in(4) { String::new() } else { random.below(1_000).to_string() };
        let item =
            json!({ "OptType": 2, "ContactItem": { "Type": 1, "To_Account": peer }, "CustomMark": mark });
        let body = json!({ "From_Account": user, "MarkItem": [item] });
        let Ok(answer) = http.call("recentcontact/mark_contact", &query, &body) else { return Ok(done) };
        match answer.code()? {
            0 => done.push((user, answer.revision.unwrap_or(0))),
            code => return Err(format!("a mark was refused with {code}: {}", answer.text)),
        }
    }
}

/// How what the receiver knows differs from what the server keeps; empty if it does not.
fn differences(server: &Server, receiver: &Receiver, users: &[String]) -> Result<String, String> {
    let (mut http, query) = (server.connect()?, query());
    for user in users {
        let answer =
            http.call("recentcontact/get_contact_group", &query, &json!({ "From_Account": user }))?;
        let reply = answer.json()?;
        let contacts = reply["ContactItem"].as_array().into_iter().flatten();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let kept: BTreeMap<String, String> =
            contacts.map(|contact| (text(&contact["To_Account"]), text(&contact["CustomMark"]))).collect();
        let known: Known = receiver.received().users.get(user).cloned().unwrap_or_default();
        let revision = answer.revision.unwrap_or(0);
        if (known.revision, &known.marks) != (revision, &kept) {
            return Ok(format!("{user} keeps {kept:?} at {revision}, and is known as {known:?}"));
        }
    }
    Ok(String::new())
}

fn name(connection: u64, user: u64) -> String {
    format!("c{connection}u{user}")
}
