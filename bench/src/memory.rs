//! What the server itself takes of memory, with much data and under load.

use std::thread::sleep;
use std::time::Duration;

use crate::bench::Bench;
use crate::compare::Failure;
use crate::machine::memory_mib;
use crate::mixed::mix;
use crate::people::People;
use crate::report::Target::AtMost;
use crate::search::TWO;

/// How often memory is looked at.
const EVERY: Duration = Duration::from_millis(20);

/// Looks at the memory of a server under a mix of lookups and marks.
pub(crate) fn run(bench: &mut Bench) -> Result<(), Failure> {
    let people = People::ordinary(bench.plan.many_users);
    let data = bench.many_data()?;
    let server = bench.start(&data, false)?;
    let (idle, _) = memory_mib(server.id())?;
    let mut load =
        server.load(bench.plan.clients, mix(server.search(&people, &TWO), server.mark(&people)))?;
    let length = bench.plan.turn * bench.plan.pairs as u32;
    let (mut most, mut mapped) = (idle, 0.0);
    std::thread::scope(|scope| {
        let busy = scope.spawn(move || load.run(length));
        while !busy.is_finished() {
            let (anonymous, file) = memory_mib(server.id())?;
            most = f64::max(most, anonymous);
            mapped = f64::max(mapped, file);
            sleep(EVERY);
        }
        match busy.join() {
            Ok(figures) => figures.map(|_| ()),
            Err(_) => Err(Failure::from("the generator panicked")),
        }
    })?;
    println!("\n### Memory of the server, {} records\n", people.count * people.records);
    bench.report.fact("anonymous memory, idle", "MiB", vec![idle], None);
    bench.report.fact("anonymous memory under load, at most", "MiB", vec![most], Some(AtMost(64.0)));
    bench.report.fact("mapped pages of the database in memory, at most", "MiB", vec![mapped], None);
    Ok(())
}
