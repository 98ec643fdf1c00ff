//! What a thousandfold of the data costs: time of a lookup, and room on the disk.

use std::fs;

use crate::bench::{Bench, only};
use crate::compare::Failure;
use crate::fill::raw_bytes;
use crate::people::People;
use crate::report::Measure::Median;
use crate::report::Target::AtMost;
use crate::rounds::{Contestant, measure};
use crate::search::TWO;

/// Users of the small side.
const FEW_USERS: u64 = 4_000;

/// Measures little data beside much.
pub(crate) fn run(bench: &mut Bench) -> Result<(), Failure> {
    let few = People::ordinary(FEW_USERS.min(bench.plan.many_users));
    let many = People::ordinary(bench.plan.many_users);
    let few_data = bench.fill("few-data", std::slice::from_ref(&few))?;
    let many_data = bench.many_data()?;
    // All of it is in memory before anything is measured.
    fs::copy(many_data.join("data.mdb"), "/dev/null")?;
    let large = bench.start(&many_data, false)?;
    let small = bench.start(&few_data, false)?;
    // One connection: the time of a lookup, not of waiting for a processor.
    let mut in_large = large.load(1, only(large.search(&many, &TWO)))?;
    let mut in_small = small.load(1, only(small.search(&few, &TWO)))?;
    let names = [&many, &few].map(|people| format!("{} records", people.count * people.records));
    let sides = vec![
        Contestant::new(&names[0], None, |length| large.turn(&mut in_large, length)),
        Contestant::new(&names[1], Some(AtMost(1.5)), |length| small.turn(&mut in_small, length)),
    ];
    let title = "search_contact_group of 2 of random users, one connection, data in memory";
    let comparison = measure(title, Median, bench.plan.pairs, bench.plan.turn, sides)?;
    bench.report.add(comparison);
    let bytes = fs::metadata(many_data.join("data.mdb"))?.len() as f64;
    let ratio = bytes / raw_bytes(&many) as f64;
    bench.report.fact("bytes on disk to raw bytes", "times", vec![ratio], Some(AtMost(2.2)));
    bench.report.fact(
        "bytes on disk of a record",
        "bytes",
        vec![bytes / (many.count * many.records) as f64],
        None,
    );
    Ok(())
}
