//! Lookups: of two conversations beside a bare server, and of 300 beside PostgreSQL and ejabberd.

use std::time::Duration;

use crate::bare_http::BareHttp;
use crate::bench::{Bench, only};
use crate::child::pin_self;
use crate::compare::Failure;
use crate::ejabberd::Ejabberd;
use crate::figures::Figures;
use crate::report::Measure::Rate;
use crate::report::Target::AtLeast;
use crate::rounds::Contestant;

/// As in the documented sample: a user and a chat group.
pub(crate) const TWO: [u64; 2] = [0, 4];
/// The most that one call may ask for.
const MOST: u64 = 300;
/// Connections when server and generator have a processor each.
const PINNED_CLIENTS: usize = 16;

/// Measures both.
pub(crate) fn run(bench: &mut Bench) -> Result<(), Failure> {
    two_pinned(bench)?;
    two(bench)?;
    three_hundred(bench)
}

/// Server and generator have a processor each. The bare server's own rate is the generator's limit too, or below it:
/// how much time the generator has left is told by the last side, an answer of a few bytes.
fn two_pinned(bench: &mut Bench) -> Result<(), Failure> {
    let people = bench.ordinary();
    let data = bench.data()?;
    let server = bench.start(&data, true)?;
    pin_self(true)?;
    let template = server.search(&people, &TWO);
    let mut ours = server.load(PINNED_CLIENTS, only(template.clone()))?;
    let answer = ours.once()?;
    let bare = BareHttp::start(bench.folder(), &answer, true)?;
    let mut theirs = bare.load(PINNED_CLIENTS, only(template))?;
    let sides = vec![
        Contestant::new("Foldmark", None, |length| server.turn(&mut ours, length)),
        Contestant::new("bare hyper", Some(AtLeast(0.65)), |length| theirs.run_on(bare.id(), length)),
    ];
    let title =
        format!("search_contact_group of 2, server pinned to one processor, {PINNED_CLIENTS} connections");
    let measured = bench.compare(&title, Rate, sides);
    pin_self(false)?;
    measured
}

/// Every side as it would run, beside databases that do no HTTP.
fn two(bench: &mut Bench) -> Result<(), Failure> {
    let people = bench.ordinary();
    let clients = bench.plan.clients;
    let data = bench.data()?;
    let server = bench.start(&data, false)?;
    bench.postgres()?;
    bench.redis()?;
    let mut ours = server.load(clients, only(server.search(&people, &TWO)))?;
    let (postgres, redis) = bench.peers()?;
    let redis_id = redis.id();
    let mut in_postgres = postgres.load(clients, only(postgres.search(&people, &TWO)))?;
    let mut in_redis = redis.load(clients, only(redis.search(&people, &TWO)))?;
    let sides = vec![
        Contestant::new("Foldmark", None, |length| server.turn(&mut ours, length)),
        Contestant::new("PostgreSQL", None, |length| in_postgres.run(length)),
        Contestant::new("Redis HMGET", None, |length| in_redis.run_on(redis_id, length)),
    ];
    bench.compare(&format!("search_contact_group of 2, {clients} connections"), Rate, sides)
}

fn three_hundred(bench: &mut Bench) -> Result<(), Failure> {
    let people = bench.wide();
    let clients = bench.plan.clients;
    let asked: Vec<u64> = (0..MOST).collect();
    let data = bench.data()?;
    let server = bench.start(&data, false)?;
    bench.postgres()?;
    bench.redis()?;
    let ejabberd = Ejabberd::start(bench.folder(), MOST)?;
    let mut ours = server.load(clients, only(server.search(&people, &asked)))?;
    let (postgres, redis) = bench.peers()?;
    let redis_id = redis.id();
    let mut in_postgres = postgres.load(clients, only(postgres.search(&people, &asked)))?;
    let mut in_redis = redis.load(clients, only(redis.search(&people, &asked)))?;
    let mut in_ejabberd = ejabberd.load(clients)?;
    let pgbench = |length: Duration| {
        // Whole seconds are all that pgbench takes, and connecting counts.
        let seconds = length.as_secs().max(2);
        let rate = postgres.pgbench(&people, MOST, clients, seconds)?;
        let took = Duration::from_secs(seconds);
        Ok(Figures::new((rate * took.as_secs_f64()) as u64, took, Vec::new()))
    };
    let sides = vec![
        Contestant::new("Foldmark", None, |length| server.turn(&mut ours, length)),
        Contestant::new("PostgreSQL", Some(AtLeast(1.0)), |length| in_postgres.run(length)),
        Contestant::new("PostgreSQL, pgbench -M prepared", Some(AtLeast(1.0)), pgbench),
        Contestant::new("Redis HMGET", None, |length| in_redis.run_on(redis_id, length)),
        Contestant::new("ejabberd get_roster", Some(AtLeast(10.0)), |length| in_ejabberd.run(length)),
    ];
    let title = format!("search_contact_group of 300, {clients} connections");
    let (pairs, turn) = (bench.plan.pairs, bench.plan.turn);
    let comparison = crate::rounds::measure(&title, Rate, pairs, turn, sides)?;
    bench.report.add(comparison);
    Ok(())
}
