//! Webhooks: a receiver is told of every change that was acknowledged, in order, whoever dies when.
//!
//! Round after round on the same folder: connections mark conversations, the receiver fails in every way that receivers
//! fail, and the server is killed at a random moment. Of some users so much changes that it takes several events. The
//! receiver drops and applies what it takes as the documentation says, and complains about gaps and about changes that
//! come out of order. At the end it must know of every user what the server keeps.

mod known;
mod receiver;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use foldmark_harness::{Watch, quick_folder, say, wait_until};
use serde_json::{Value, json};

use crate::http::{Http, query};
use crate::random::Random;
use crate::server::{Launch, Server};
use known::Known;
use receiver::Receiver;

/// Conversations of a user that are marked and unmarked.
const PEERS: u64 = 5;
/// Those of each connection's first user: more than three events hold.
const MANY_PEERS: u64 = 400;
/// How many of these are marked by a call, which is the most there may be.
const MANY_ITEMS: u64 = 100;
/// Once in so many calls about such a user he is deleted and made again.
const DELETED_IN: u64 = 8;
/// How long the receiver may take to know everything in the end.
const CATCH_UP: Duration = Duration::from_secs(300);
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
    let home = quick_folder().map_err(|error| error.to_string())?;
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
    receiver.come_to_an_end();
    let server = launch.start()?;
    let users: Vec<String> = (0..options.connections)
        .flat_map(|connection| (0..options.users).map(move |user| name(connection, user)))
        .collect();
    let mut difference = String::new();
    let mut is_told = wait_until(CATCH_UP, || {
        difference = differences(&server, &receiver, &users).unwrap_or_else(|error| error);
        difference.is_empty()
    });
    if is_told {
        receiver.take_late();
        difference = differences(&server, &receiver, &users)?;
        is_told = difference.is_empty();
    }
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
        "told: {} kills in {:.1} s, {marks} acknowledged calls for {} users, all told in order by {} events; {} of them \
         were dropped, {} late, {} began anew with more to follow; {} requests failed on purpose; seed {}",
        options.rounds,
        watch.seconds(),
        users.len(),
        received.taken,
        received.dropped,
        received.late,
        received.begun,
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
        let number = random.below(users);
        let user = name(connection, number);
        let (command, body) = match number {
            0 if random.once_in(DELETED_IN) => {
                if http.call("im_open_login_svc/account_delete", &query, &deletion(&user)).is_err() {
                    return Ok(done);
                }
                // What comes next tells everything anew.
                ("im_open_login_svc/account_import", json!({ "UserID": user }))
            }
            0 => ("recentcontact/mark_contact", many_marks(&user, &mut random)),
            _ => {
                let peer = random.below(PEERS);
                (
                    "recentcontact/mark_contact",
                    json!({ "From_Account": user, "MarkItem": [mark(peer, &mut random)] }),
                )
            }
        };
        let Ok(answer) = http.call(command, &query, &body) else { return Ok(done) };
        match answer.code()? {
            0 => done.push((user, answer.revision.unwrap_or(0))),
            code => return Err(format!("{command} was refused with {code}: {}", answer.text)),
        }
    }
}

fn deletion(user: &str) -> Value {
    json!({ "DeleteItem": [{ "UserID": user }] })
}

fn many_marks(user: &str, random: &mut Random) -> Value {
    let first = random.below(MANY_PEERS);
    let peers = (first..first + MANY_ITEMS).map(|peer| peer % MANY_PEERS);
    let items: Vec<Value> = peers.map(|peer| mark(peer, random)).collect();
    json!({ "From_Account": user, "MarkItem": items })
}

/// Marks a conversation, or takes its mark away.
fn mark(peer: u64, random: &mut Random) -> Value {
    let mark = if random.once_in(4) { String::new() } else { random.below(1_000).to_string() };
    let contact = json!({ "Type": 1, "To_Account": format!("peer{peer}") });
    let mut item = json!({ "OptType": 2, "CustomMark": mark });
    item["ContactItem"] = contact;
    item
}

/// How what the receiver knows differs from what the server keeps; empty if it does not.
fn differences(server: &Server, receiver: &Receiver, users: &[String]) -> Result<String, String> {
    let (mut http, query) = (server.connect()?, query());
    for user in users {
        let (kept, revision) = keeps(&mut http, &query, user)?;
        let known: Known = receiver.received().users.get(user).cloned().unwrap_or_default();
        if (known.revision, &known.marks) != (revision, &kept) {
            let peers = kept.keys().chain(known.marks.keys());
            let different: BTreeSet<_> =
                peers.filter(|peer| kept.get(*peer) != known.marks.get(*peer)).collect();
            return Ok(format!(
                "{user} is at {revision}, and is known at {}; different are {different:?}",
                known.revision
            ));
        }
    }
    Ok(String::new())
}

/// The marks that the server keeps of a user, and his revision.
fn keeps(http: &mut Http, query: &str, user: &str) -> Result<(BTreeMap<String, String>, u64), String> {
    let mut kept = BTreeMap::new();
    let mut start = json!(0);
    loop {
        let body = json!({ "From_Account": user, "StartIndex": start });
        let answer = http.call("recentcontact/get_contact_group", query, &body)?;
        let reply = answer.json()?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        for contact in reply["ContactItem"].as_array().into_iter().flatten() {
            kept.insert(text(&contact["To_Account"]), text(&contact["CustomMark"]));
        }
        if reply["CompleteFlag"] != 0 {
            return Ok((kept, answer.revision.unwrap_or(0)));
        }
        start = reply["NextStartIndex"].clone();
    }
}

fn name(connection: u64, user: u64) -> String {
    format!("c{connection}u{user}")
}
