//! A user who uses everything that the default limits allow, beside one of whom nothing is kept.

use std::time::{Duration, Instant};

use crate::bench::{Bench, only};
use crate::compare::Failure;
use crate::people::{HEAVY_RECORDS, People};
use crate::report::Comparison;
use crate::report::Measure::{Processor, Rate};
use crate::report::Target::{AtLeast, AtMost};
use crate::rounds::{Contestant, measure};

/// Records of a page.
const PAGE: u64 = 100;
/// How often all pages are read.
const READINGS: usize = 20;

/// Measures marks and pages of heavy users.
pub(crate) fn run(bench: &mut Bench) -> Result<(), Failure> {
    let users = bench.plan.users;
    let (heavy, empty) = (People::heavy(users), People::empty(users));
    let data = bench.data()?;
    let server = bench.start(&data, false)?;
    let clients = bench.plan.clients;
    let mut of_heavy = server.load(clients, only(server.mark(&heavy)))?;
    let mut of_empty = server.load(clients, only(server.mark(&empty)))?;
    let sides = vec![
        Contestant::new("users of 20 groups and 2,000 records", None, |length| {
            server.turn(&mut of_heavy, length)
        }),
        Contestant::new("users of nothing", Some(AtMost(1.5)), |length| server.turn(&mut of_empty, length)),
    ];
    let title = format!("processor time of mark_contact of 1, {clients} connections, 64 users");
    let comparison = measure(&title, Processor, bench.plan.pairs, bench.plan.turn, sides)?;
    let targets = [Some(AtLeast(1.0 / 1.5))];
    let title = format!("rate of mark_contact of 1, {clients} connections, 64 users");
    let rates = Comparison::new(&title, Rate, comparison.sides.clone(), &targets);
    bench.report.add(comparison);
    bench.report.add(rates);
    let mut pages = Vec::new();
    for start in (0..HEAVY_RECORDS).step_by(PAGE as usize) {
        pages.push(server.load(1, only(server.page(&heavy, start)))?);
    }
    let mut readings = Vec::new();
    for _ in 0..READINGS {
        let mut took = Duration::ZERO;
        for page in &mut pages {
            took += time_of(|| page.once())?;
        }
        readings.push(took.as_secs_f64() * 1e3);
    }
    let title = "all 20 pages of get_contact_group, one after the other";
    bench.report.fact(title, "ms", readings, Some(AtMost(15.0)));
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "time is what is measured")]
fn time_of<T>(what: impl FnOnce() -> Result<T, Failure>) -> Result<Duration, Failure> {
    let begun = Instant::now();
    what()?;
    Ok(begun.elapsed())
}
