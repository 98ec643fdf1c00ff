//! Marks while others watch: whether those who look on slow down those who write.
//!
//! Every turn has a server of its own on the same data, so that nothing of an earlier turn's watchers is left in it, and
//! is begun when all watchers have been told where they begin and the server has been under load for as long again. All
//! turns mark the same users.

use std::time::Duration;

use crate::bench::{Bench, only};
use crate::compare::Failure;
use crate::figures::Figures;
use crate::foldmark::Foldmark;
use crate::people::People;
use crate::readers::{Readers, allow_many_connections};
use crate::report::Measure::Rate;
use crate::report::Target::{self, AtLeast, AtMost};
use crate::report::{Comparison, Report};
use crate::rounds::{Contestant, measure};

/// How many users are marked, and watched by all of those who watch them.
const MARKED: u64 = 1_000;
/// How many are watched of those who are not marked.
const IDLE: u64 = 10_000;
/// Places for connections: those of watchers and of the load.
const PLACES: [(&str, &str); 2] =
    [("FOLDMARK_SERVER_CONNECTIONS", "12000"), ("FOLDMARK_WATCH_CONNECTIONS", "10000")];

/// Those who watch during a side's turns.
struct Audience {
    name: String,
    /// Users who are watched, by their numbers; `None` is the whole application.
    watched: Vec<Option<u64>>,
    /// Whether they are told anything.
    is_told: bool,
    /// What marks may cost beside those when nobody watches: the least of the rate, the most of the processor's time.
    targets: Option<(f64, f64)>,
    /// One for each turn.
    readings: Vec<Reading>,
}

/// What the readers of one turn were told, and what it took.
struct Reading {
    events: u64,
    resets: u64,
    /// Processor time of the thread that read.
    read: Duration,
    /// From the end of the load to the last event.
    behind: Duration,
}

/// Measures marks with each audience.
pub(crate) fn run(bench: &mut Bench) -> Result<(), Failure> {
    allow_many_connections()?;
    let people = bench.ordinary().first(MARKED.min(bench.plan.users / 4));
    let data = bench.data()?;
    let mut audiences = audiences(people.count, IDLE.min(bench.plan.users / 2));
    let plan = &bench.plan;
    let sides = audiences.iter_mut().map(|audience| {
        let (name, people, data) = (audience.name.clone(), people.clone(), data.as_path());
        Contestant::new(&name, None, move |length| {
            let server = Foldmark::start_with(&plan.foldmark, data, false, &PLACES)?;
            let (figures, reading) = turn(&server, &people, &audience.watched, plan.clients, length)?;
            audience.readings.push(reading);
            Ok(figures)
        })
    });
    let title =
        format!("mark_contact of 1, {} connections, {} users, watched by", plan.clients, people.count);
    let comparison = measure(&title, Rate, plan.pairs, plan.turn, sides.collect())?;
    tell(&mut bench.report, &comparison, &audiences);
    bench.report.add(comparison);
    Ok(())
}

/// Nobody, idle watchers of others, some and all of the users who are marked, one of the whole application.
fn audiences(marked: u64, idle: u64) -> Vec<Audience> {
    let some = marked / 10;
    let audience = |name: String, watched: Vec<Option<u64>>, is_told, targets| Audience {
        name,
        watched,
        is_told,
        targets,
        readings: Vec::new(),
    };
    let users = |from: u64, count: u64| (from..from + count).map(Some).collect();
    vec![
        audience("nobody".to_owned(), Vec::new(), false, None),
        audience(format!("{idle} watchers of others"), users(marked, idle), false, Some((0.95, 1.05))),
        audience(format!("{some} watchers of as many of them"), users(0, some), true, None),
        audience(format!("{marked} watchers of all of them"), users(0, marked), true, None),
        audience("one watcher of the whole application".to_owned(), vec![None], true, None),
    ]
}

fn turn(
    server: &Foldmark,
    people: &People,
    watched: &[Option<u64>],
    clients: usize,
    length: Duration,
) -> Result<(Figures, Reading), Failure> {
    let mut load = server.load(clients, only(server.mark(people)))?;
    let requests: Vec<Vec<u8>> =
        watched.iter().map(|user| server.watch(user.map(|user| people.id(user)).as_ref())).collect();
    let mut readers = Readers::connect(server.address(), &requests)?;
    readers.beside(|told| {
        load.run(length)?;
        told.settle()?;
        let (events, resets, read) = (told.events(), told.resets(), told.processor_time()?);
        let figures = server.turn(&mut load, length)?;
        let read = told.processor_time()?.saturating_sub(read);
        let behind = told.settle()?;
        let (events, resets) = (told.events() - events, told.resets() - resets);
        Ok((figures, Reading { events, resets, read, behind }))
    })
}

/// Says what each audience costs beside nobody, and what the readers themselves take.
fn tell(report: &mut Report, comparison: &Comparison, audiences: &[Audience]) {
    println!("\n### What watchers cost mark_contact of 1\n");
    let alone = &comparison.sides[0].turns;
    for (audience, side) in audiences.iter().zip(&comparison.sides).skip(1) {
        let name = &audience.name;
        let ratios = |of: fn(&Figures) -> f64| -> Vec<f64> {
            side.turns.iter().zip(alone).map(|(turn, alone)| of(turn) / of(alone)).collect()
        };
        let mut ratio = |what: &str, of: fn(&Figures) -> f64, target: Option<Target>| {
            report.fact(&format!("{name}: {what}, to that with nobody"), "times", ratios(of), target);
        };
        ratio("rate", |turn| turn.per_second, audience.targets.map(|targets| AtLeast(targets.0)));
        ratio("processor time of a mark", processor, audience.targets.map(|targets| AtMost(targets.1)));
        ratio("median time", |turn| turn.latencies[0].p50_us, None);
        ratio("99th percentile", |turn| turn.latencies[0].p99_us, None);
        if !audience.is_told {
            continue;
        }
        // The first reading is that of the turn that warms up.
        let readings = &audience.readings[1..];
        let mut fact = |what: &str, unit: &str, of: &dyn Fn(&Reading, &Figures, &Figures) -> f64| {
            let turns = readings.iter().zip(side.turns.iter().zip(alone));
            let values = turns.map(|(reading, (turn, alone))| of(reading, turn, alone)).collect();
            report.fact(&format!("{name}: {what}"), unit, values, None);
        };
        fact("events", "a mark", &|reading, turn, _| reading.events as f64 / turn.operations as f64);
        fact("events, that not everything can be told", "in all", &|reading, _, _| reading.resets as f64);
        fact("processor time of the server for an event", "µs", &|reading, turn, alone| {
            let more = (processor(turn) - processor(alone)) * turn.operations as f64;
            more / reading.events.max(1) as f64
        });
        fact("processor time of the readers", "s a second", &|reading, turn, _| {
            reading.read.as_secs_f64() * turn.per_second / turn.operations as f64
        });
        fact("from the last answer to the last event", "ms", &|reading, _, _| {
            reading.behind.as_secs_f64() * 1e3
        });
    }
}

fn processor(turn: &Figures) -> f64 {
    turn.processor_us.unwrap_or(0.0)
}
