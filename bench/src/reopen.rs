//! Opening again after a kill in the middle of marks, with much data.

use std::time::{Duration, Instant};

use foldmark_store::embedded::{EmbeddedStore, Options};

use crate::bench::{Bench, only};
use crate::compare::Failure;
use crate::foldmark::Foldmark;
use crate::people::People;
use crate::report::Target::AtMost;
use crate::search::TWO;

/// How long marks go on before the kill, at most.
const LOAD: Duration = Duration::from_millis(500);

/// Kills and reopens, as often as there are pairs.
pub(crate) fn run(bench: &mut Bench) -> Result<(), Failure> {
    let data = bench.many_data()?;
    let people = People::ordinary(bench.plan.many_users);
    let (mut opened, mut answered) = (Vec::new(), Vec::new());
    for _ in 0..bench.plan.pairs {
        kill_under_load(bench, &people)?;
        opened.push(opening_ms(&data)?);
        kill_under_load(bench, &people)?;
        answered.push(first_answer_ms(bench, &people)?);
    }
    let records = people.count * people.records;
    println!("\n### After kill -9, {records} records\n");
    bench.report.fact("opening the data folder", "ms", opened, Some(AtMost(10.0)));
    bench.report.fact("from starting the program to its first answer", "ms", answered, Some(AtMost(50.0)));
    Ok(())
}

/// Starts the server, puts it under a load of marks, and kills it while they go on.
fn kill_under_load(bench: &mut Bench, people: &People) -> Result<(), Failure> {
    let data = bench.many_data()?;
    let server = bench.start(&data, false)?;
    let mut load = server.load(bench.plan.clients, only(server.mark(people)))?;
    std::thread::scope(|scope| {
        // It fails when the server is killed, as it has to.
        let marking = scope.spawn(move || load.run(LOAD * 100));
        std::thread::sleep(LOAD);
        server.kill()?;
        match marking.join() {
            Ok(Err(_)) => Ok(()),
            Ok(Ok(_)) => Err(Failure::from("the server was killed and went on")),
            Err(_) => Err("the generator panicked".into()),
        }
    })
}

#[expect(clippy::disallowed_methods, reason = "time is what is measured")]
fn opening_ms(data: &std::path::Path) -> Result<f64, Failure> {
    let begun = Instant::now();
    let store = EmbeddedStore::open(data, Options::default())?;
    let took = begun.elapsed();
    drop(store);
    Ok(took.as_secs_f64() * 1e3)
}

/// From starting the program until a lookup was answered.
#[expect(clippy::disallowed_methods, reason = "time is what is measured")]
pub(crate) fn first_answer_ms(bench: &mut Bench, people: &People) -> Result<f64, Failure> {
    let data = bench.many_data()?;
    let begun = Instant::now();
    let mut server = Foldmark::spawn(&bench.plan.foldmark, &data, false)?;
    server.await_listener()?;
    // Connecting asks once and checks the answer.
    server.load(1, only(server.search(people, &TWO)))?;
    Ok(begun.elapsed().as_secs_f64() * 1e3)
}
