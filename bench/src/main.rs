//! `foldmark-bench`: what Foldmark costs beside what it is built on.
//!
//! Numbers of different days, machines or loads do not compare. So each subcommand measures both sides in one run, in
//! turns, and its result is the ratio of neighbouring turns; see `compare`.

mod cluster;
mod compare;

use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use compare::Plan;

/// Compares Foldmark with what it is built on, both in one run and in turns.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// The cluster store and the bare driver on the same statements: on the cluster that FOLDMARK_TEST_CASSANDRA
    /// names (`address:port,…`), or else on one of three nodes that is started here.
    Cluster(Turns),
}

/// How long and how often both sides are measured.
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

impl Turns {
    fn plan(&self) -> Plan {
        Plan {
            pairs: self.pairs as usize,
            turn: Duration::from_secs(self.seconds),
            warm_up: Duration::from_secs(self.warm_up),
            tasks: self.tasks as usize,
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Cluster(turns) => Box::pin(cluster::run(&turns.plan())).await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
