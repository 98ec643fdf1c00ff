//! `foldmark-bench`: what Foldmark costs beside what it is built on, and beside what else one might use.
//!
//! Numbers of different days, machines or loads do not compare. So each subcommand measures all sides in one run, in
//! turns, and its result is the ratio of neighbouring turns; see `rounds`, and `compare` for the cluster store.

mod all;
mod bare_heed;
mod bare_http;
mod before;
mod bench;
mod child;
mod cluster;
mod compare;
mod ejabberd;
mod figures;
mod fill;
mod foldmark;
mod growth;
mod heavy;
mod limit;
mod load;
mod machine;
mod mark;
mod memory;
mod mixed;
mod people;
mod plots;
mod postgres;
mod protocol;
mod random;
mod readers;
mod redis;
mod reopen;
mod report;
mod rounds;
mod search;
mod smoke;
mod start;
mod template;
mod told;
mod watchers;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use tokio::runtime::Runtime;

use bench::Bench;
use compare::Failure;

/// Compares Foldmark with what it is built on and with what else one might use, all in one run and in turns.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Everything below, up to `start`.
    All(Options),
    /// The generator's own limit.
    Limit(Options),
    /// Lookups beside a bare server, PostgreSQL, Redis and ejabberd.
    Search(Options),
    /// Durable marks beside a bare loop over the engine, PostgreSQL and Redis.
    Mark(Options),
    /// Nine lookups to a mark, beside PostgreSQL and Redis.
    Mixed(Options),
    /// Users who use everything that the default limits allow, beside empty ones.
    Heavy(Options),
    /// Marks while nobody watches, while many watch others, and while those who are marked are watched.
    Watchers(Options),
    /// Marks of an application whose back end is told by webhooks, answers or is away, beside one without.
    Told(Options),
    /// Much data beside little: times, and room on the disk.
    Growth(Options),
    /// Memory of a server with much data, under load.
    Memory(Options),
    /// Opening again after kill -9.
    Reopen(Options),
    /// From starting the program to its first answer.
    Start(Options),
    /// Lookups and marks beside those of an earlier build of Foldmark.
    Before {
        /// The earlier program.
        program: PathBuf,
        #[command(flatten)]
        options: Options,
    },
    /// Everything in its smallest form: whether the measurements work, not what they find.
    Smoke(Place),
    /// The cluster store and the bare driver on the same statements: on the cluster that FOLDMARK_TEST_CASSANDRA
    /// names (`address:port,…`), or else on one of three nodes that is started here.
    Cluster(Turns),
    /// Draws the comparisons of a report as SVG files.
    Plots {
        /// What `--json` wrote.
        report: PathBuf,
        /// Where the drawings go.
        folder: PathBuf,
    },
    /// The bare server.
    #[command(hide = true)]
    BareServer { address: SocketAddr, answer: PathBuf },
}

/// How much is measured.
#[derive(Args)]
struct Options {
    /// Pairs of turns, one of each side.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pairs: u32,
    /// Seconds of each turn.
    #[arg(long, default_value_t = 3.0, value_parser = seconds)]
    seconds: f64,
    /// Connections of each side, where no side is pinned.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=150))]
    clients: u32,
    /// Users of ten records.
    #[arg(long, default_value_t = 200_000, value_parser = clap::value_parser!(u64).range(3_000..=100_000_000))]
    users: u64,
    /// Users of ten records for `growth`, `memory`, `reopen` and `start`.
    #[arg(long, default_value_t = 400_000, value_parser = clap::value_parser!(u64).range(3_000..=100_000_000))]
    many_users: u64,
    #[command(flatten)]
    place: Place,
}

/// What is measured, and where.
#[derive(Args)]
struct Place {
    /// The program under test [default: the workspace's release build, made if it is missing]
    #[arg(long)]
    foldmark: Option<PathBuf>,
    /// Folder for all data, on the disk that is meant to be measured
    #[arg(long, default_value = "/tmp")]
    folder: PathBuf,
    /// File for the whole report
    #[arg(long)]
    json: Option<PathBuf>,
}

/// How long and how often both sides of the cluster's comparison are measured.
#[derive(Args)]
struct Turns {
    /// Pairs of turns, one of each side.
    #[arg(long, default_value_t = 25, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pairs: u32,
    /// Seconds of each turn.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=3600))]
    seconds: u64,
    /// Seconds of load on each side before the first turn.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(0..=3600))]
    warm_up: u64,
    /// Tasks that ask at the same time, each the next thing as soon as it was answered.
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=1000))]
    tasks: u32,
}

impl Options {
    fn plan(&self) -> Result<bench::Plan, Failure> {
        Ok(bench::Plan {
            pairs: self.pairs as usize,
            turn: Duration::from_secs_f64(self.seconds),
            clients: self.clients as usize,
            users: self.users,
            many_users: self.many_users,
            wide_users: (self.users / 100).max(1),
            foldmark: foldmark::program(self.place.foldmark.clone())?,
        })
    }
}

impl Turns {
    fn plan(&self) -> compare::Plan {
        compare::Plan {
            pairs: self.pairs as usize,
            turn: Duration::from_secs(self.seconds),
            warm_up: Duration::from_secs(self.warm_up),
            tasks: self.tasks as usize,
        }
    }
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::All(options) => measure(&options, all::run),
        Command::Limit(options) => measure(&options, limit::run),
        Command::Search(options) => measure(&options, search::run),
        Command::Mark(options) => measure(&options, mark::run),
        Command::Mixed(options) => measure(&options, mixed::run),
        Command::Heavy(options) => measure(&options, heavy::run),
        Command::Watchers(options) => measure(&options, watchers::run),
        Command::Told(options) => measure(&options, told::run),
        Command::Growth(options) => measure(&options, growth::run),
        Command::Memory(options) => measure(&options, memory::run),
        Command::Reopen(options) => measure(&options, reopen::run),
        Command::Start(options) => measure(&options, start::run),
        Command::Before { program, options } => {
            let program = foldmark::program(Some(program))?;
            measure(&options, |bench| before::run(bench, &program))
        }
        Command::Smoke(place) => {
            smoke::run(foldmark::program(place.foldmark.clone())?, &place.folder, place.json)
        }
        Command::Cluster(turns) => Runtime::new()?.block_on(Box::pin(cluster::run(&turns.plan()))),
        Command::Plots { report, folder } => plots::run(&report, &folder),
        Command::BareServer { address, answer } => bare_http::serve(address, &answer),
    }
}

fn measure(options: &Options, what: impl FnOnce(&mut Bench) -> Result<(), Failure>) -> Result<(), Failure> {
    let mut bench = Bench::new(options.plan()?, &options.place.folder)?;
    what(&mut bench)?;
    if let Some(json) = &options.place.json {
        bench.report.write(json)?;
    }
    Ok(())
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.1..=3600.0).contains(&seconds) => Ok(seconds),
        _ => Err("must be from 0.1 to 3600".to_owned()),
    }
}
