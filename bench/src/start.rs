//! From starting the program to its first answer, on a folder that is not there yet and on one that was closed.

use std::time::Instant;

use crate::bench::{Bench, only};
use crate::compare::Failure;
use crate::foldmark::Foldmark;
use crate::people::People;
use crate::protocol::Protocol;
use crate::reopen::first_answer_ms;
use crate::report::Target::AtMost;
use crate::search::TWO;

/// Starts as often as there are pairs.
pub(crate) fn run(bench: &mut Bench) -> Result<(), Failure> {
    let people = People::ordinary(bench.plan.many_users);
    bench.many_data()?;
    let (mut new, mut filled) = (Vec::new(), Vec::new());
    for number in 0..bench.plan.pairs {
        new.push(new_folder_ms(bench, number, &people)?);
        filled.push(first_answer_ms(bench, &people)?);
    }
    println!("\n### From starting the program to its first answer\n");
    bench.report.fact("with a new data folder", "ms", new, Some(AtMost(200.0)));
    bench.report.fact("with a filled data folder", "ms", filled, Some(AtMost(200.0)));
    Ok(())
}

/// The first answer is a refusal here: nobody is in the data.
#[expect(clippy::disallowed_methods, reason = "time is what is measured")]
fn new_folder_ms(bench: &Bench, number: usize, people: &People) -> Result<f64, Failure> {
    let data = bench.folder().join(format!("new-data-{number}"));
    let begun = Instant::now();
    let mut server = Foldmark::spawn(&bench.plan.foldmark, &data, false)?;
    server.await_listener()?;
    server.ask_once(Protocol::Http { success: b"\"ErrorCode\":50001" }, only(server.search(people, &TWO)))?;
    Ok(begun.elapsed().as_secs_f64() * 1e3)
}
