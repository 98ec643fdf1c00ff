//! Marks, durable before they are answered: one at a time beside the bare engine and the databases, and a hundred.

use std::cell::Cell;

use crate::bare_heed::BareHeed;
use crate::bench::{Bench, only};
use crate::compare::Failure;
use crate::report::Measure::Rate;
use crate::report::Target::AtLeast;
use crate::rounds::{Contestant, measure};

/// Conversations of one call of the long kind.
const MANY: usize = 100;

/// Measures both.
pub(crate) fn run(bench: &mut Bench) -> Result<(), Failure> {
    one(bench)?;
    many(bench)
}

fn one(bench: &mut Bench) -> Result<(), Failure> {
    let people = bench.ordinary();
    let clients = bench.plan.clients;
    let data = bench.data()?;
    let copy = bench.folder().join("bare-heed");
    let mut bare = BareHeed::open(&data, &copy, &people)?;
    let server = bench.start(&data, false)?;
    bench.postgres()?;
    bench.redis()?;
    let mut ours = server.load(clients, only(server.mark(&people)))?;
    let (postgres, redis) = bench.peers()?;
    let redis_id = redis.id();
    let mut in_postgres = postgres.load(clients, only(postgres.mark(&people)))?;
    let mut in_redis = redis.load(clients, only(redis.mark(&people)))?;
    // How many marks the server's transactions have taken: the bare loop makes the same.
    let batch = Cell::new(clients as f64 / 2.0);
    let mut batches = Vec::new();
    let served = |length| {
        let before = server.transactions()?;
        let figures = server.turn(&mut ours, length)?;
        let transactions = server.transactions()?.saturating_sub(before).max(1);
        batch.set(figures.operations as f64 / transactions as f64);
        batches.push(batch.get());
        Ok(figures)
    };
    let sides = vec![
        Contestant::new("Foldmark", None, served),
        Contestant::new("bare heed loop", Some(AtLeast(0.8)), |length| {
            bare.run(batch.get().round().max(1.0) as u64, length)
        }),
        Contestant::new("PostgreSQL upsert", Some(AtLeast(1.1)), |length| in_postgres.run(length)),
        Contestant::new("Redis HSET, appendfsync always", Some(AtLeast(0.4)), |length| {
            in_redis.run_on(redis_id, length)
        }),
    ];
    let title = format!("mark_contact of 1, durable, {clients} connections");
    let comparison = measure(&title, Rate, bench.plan.pairs, bench.plan.turn, sides)?;
    bench.report.add(comparison);
    bench.report.fact("marks in a transaction of the server", "marks", batches, None);
    drop(bare);
    Ok(std::fs::remove_dir_all(copy)?)
}

fn many(bench: &mut Bench) -> Result<(), Failure> {
    let people = bench.wide();
    let data = bench.data()?;
    let server = bench.start(&data, false)?;
    let mut load = server.load(bench.plan.clients, only(server.mark_many(&people, MANY)))?;
    load.run(bench.plan.turn)?;
    let mut rates = Vec::new();
    let mut processor = Vec::new();
    for _ in 0..bench.plan.pairs {
        let figures = server.turn(&mut load, bench.plan.turn)?;
        rates.push(figures.per_second * MANY as f64);
        processor.extend(figures.processor_us.map(|time| time / MANY as f64));
    }
    let title = "mark_contact of 100, durable";
    bench.report.fact(title, "conversations a second", rates, Some(AtLeast(200_000.0)));
    bench.report.fact("the same, processor time of each conversation", "µs", processor, None);
    Ok(())
}
