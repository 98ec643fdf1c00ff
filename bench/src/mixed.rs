//! Nine lookups to a mark: whether marks hold lookups up, and the same mix on PostgreSQL.

use crate::bench::Bench;
use crate::compare::Failure;
use crate::figures::Figures;
use crate::load::Ask;
use crate::report::Measure::Rate;
use crate::report::Target::{AtLeast, AtMost};
use crate::rounds::{Contestant, measure};
use crate::search::TWO;
use crate::template::Template;

/// The kinds in the order of the histograms.
const KINDS: [&str; 2] = ["searches", "marks"];

/// Measures the mix.
pub(crate) fn run(bench: &mut Bench) -> Result<(), Failure> {
    let people = bench.ordinary();
    let clients = bench.plan.clients;
    let data = bench.data()?;
    let server = bench.start(&data, false)?;
    bench.postgres()?;
    bench.redis()?;
    let mut ours = server.load(clients, mix(server.search(&people, &TWO), server.mark(&people)))?;
    let (postgres, redis) = bench.peers()?;
    let redis_id = redis.id();
    let in_postgres = mix(postgres.search(&people, &TWO), postgres.mark(&people));
    let mut in_postgres = postgres.load(clients, in_postgres)?;
    let in_redis = mix(redis.search(&people, &TWO), redis.mark(&people));
    let mut in_redis = redis.load(clients, in_redis)?;
    let sides = vec![
        Contestant::new("Foldmark", None, |length| server.turn(&mut ours, length)),
        Contestant::new("PostgreSQL", Some(AtLeast(1.5)), |length| in_postgres.run(length)),
        Contestant::new("Redis", None, |length| in_redis.run_on(redis_id, length)),
    ];
    let title = format!("90 % search_contact_group of 2, 10 % mark_contact of 1, {clients} connections");
    let comparison = measure(&title, Rate, bench.plan.pairs, bench.plan.turn, sides)?;
    let turns = comparison.sides[0].turns.clone();
    bench.report.add(comparison);
    for (kind, name) in KINDS.iter().enumerate() {
        let steadiness = turns.iter().map(|turn| steadiness(turn, kind)).collect();
        let title = format!("p99 / p50 of {name} in the mix");
        bench.report.fact(&title, "times", steadiness, Some(AtMost(5.0)));
    }
    Ok(())
}

/// Nine of the first to one of the second.
pub(crate) fn mix(search: Template, mark: Template) -> Vec<Ask> {
    vec![Ask { template: search, percent: 90 }, Ask { template: mark, percent: 10 }]
}

fn steadiness(turn: &Figures, kind: usize) -> f64 {
    let latency = turn.latencies.get(kind).copied().unwrap_or_default();
    latency.p99_us / latency.p50_us
}
