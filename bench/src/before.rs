//! Searches and marks of this build beside those of an earlier one, on the same data.
//!
//! Every turn has a server of its own, and is begun when it has been under load for as long again: so both read the same
//! pages of the same file, and where a program happens to lie in memory changes from turn to turn.

use std::path::Path;
use std::time::Duration;

use crate::bench::{Bench, only};
use crate::compare::Failure;
use crate::figures::Figures;
use crate::foldmark::Foldmark;
use crate::report::Comparison;
use crate::report::Measure::{Processor, Rate};
use crate::rounds::{Contestant, measure};
use crate::search::TWO;
use crate::template::Template;

/// Measures both calls with both programs. The earlier one must be able to read what this one writes.
pub(crate) fn run(bench: &mut Bench, before: &Path) -> Result<(), Failure> {
    let data = bench.data()?;
    let people = bench.ordinary();
    compare(bench, before, &data, "search_contact_group of 2", |server| server.search(&people, &TWO))?;
    compare(bench, before, &data, "mark_contact of 1", |server| server.mark(&people))
}

fn compare(
    bench: &mut Bench,
    before: &Path,
    data: &Path,
    what: &str,
    ask: impl Fn(&Foldmark) -> Template,
) -> Result<(), Failure> {
    let clients = bench.plan.clients;
    let turn = |program: &Path, length: Duration| -> Result<Figures, Failure> {
        let server = Foldmark::start(program, data, false)?;
        let mut load = server.load(clients, only(ask(&server)))?;
        load.run(length)?;
        server.turn(&mut load, length)
    };
    let sides = vec![
        Contestant::new("this build", None, |length| turn(&bench.plan.foldmark, length)),
        Contestant::new("the earlier one", None, |length| turn(before, length)),
    ];
    let title = format!("processor time of {what}, {clients} connections");
    let comparison = measure(&title, Processor, bench.plan.pairs, bench.plan.turn, sides)?;
    let title = format!("rate of {what}, {clients} connections");
    let rates = Comparison::new(&title, Rate, comparison.sides.clone(), &[None]);
    bench.report.add(comparison);
    bench.report.add(rates);
    Ok(())
}
