//! What Foldmark promises about data, tried out on the real server and the real store.
//!
//! | command | claim |
//! | --- | --- |
//! | `kill` | What was acknowledged survives `kill -9` at any moment. A call that was under way is there wholly or not at all. |
//! | `powercut` | What was acknowledged survives a power cut at any moment: it is synced before it is acknowledged, and no subset of the writes that were not synced yet, torn ones included, makes the store unreadable or wrong. |
//! | `faults` | Whatever the disk, the clock and the operating system refuse: callers get the documented error, nothing is done by halves, reading goes on, the health check says so, and the service goes on without a restart when the cause is gone, or refuses loudly to start. |
//! | `cluster` | On a cluster of three nodes, two servers lose nothing that either has acknowledged and do nothing twice, while servers and nodes are killed, stand still, or are cut off. |
//! | `drill` | A backup that is taken while clients write is the service at one moment, restores into an empty folder, and is refused when it is damaged. |
//! | `moving` | Users move from an embedded folder to a cluster and back without a difference, also when the move is killed half way, and in bounded memory. |
//! | `overload` | Ten times the load, full queues, huge bodies and slow clients: refusals come at once and by the documented code, what is accepted is answered within a bound, memory is bounded, and a second later all is as before. |
//!
//! Each prints a line a round and a closing line, and ends with a status other than zero if anything is not as claimed.
//! All that is left to chance comes from a seed. Everything happens on the loopback and in temporary folders.
//!
//! All but `powercut` start the program that `--binary` names. `powercut` and a part of `faults` put a small library
//! under a process, made of the C files beside this one by the system's C compiler when they are needed. `cluster` and
//! `moving` start three real Cassandra nodes, and `cluster` changes the rules of the kernel for these nodes' packets,
//! which takes the right to do so.

#[cfg(not(target_os = "linux"))]
compile_error!("the harness preloads libraries and mounts file systems as Linux does");

mod clock;
mod cluster;
mod drill;
mod faults;
mod found;
mod http;
mod kill;
mod model;
mod moving;
mod overload;
mod powercut;
mod program;
mod random;
mod say;
mod scenes;
mod server;
mod shim;
mod user;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::say::say;

#[derive(Parser)]
#[command(about = "Tries out what Foldmark promises about data", max_term_width = 100)]
struct Arguments {
    /// The program `foldmark`; the one beside this program unless given.
    #[arg(long, global = true)]
    binary: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Kill the server at random moments
    Kill(kill::Options),
    /// Make every disk that a power cut could leave
    Powercut(powercut::Options),
    /// Let the disk, the clock and the operating system fail
    Faults(faults::Options),
    /// Let servers and nodes of a cluster fail
    Cluster(cluster::Options),
    /// Back up a server that is written to, and restore what was backed up
    Drill(drill::Options),
    /// Move users to a cluster and back
    Moving(moving::Options),
    /// Call more than the server can serve
    Overload(overload::Options),
    /// The store whose writes are recorded
    #[command(hide = true)]
    PowercutChild(powercut::child::Options),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match &arguments.command {
        Command::Kill(options) => binary(&arguments).and_then(|binary| kill::run(&binary, options)),
        Command::Powercut(options) => powercut::run(options),
        Command::Faults(options) => binary(&arguments).and_then(|binary| faults::run(&binary, options)),
        Command::Cluster(options) => binary(&arguments).and_then(|binary| cluster::run(&binary, options)),
        Command::Drill(options) => binary(&arguments).and_then(|binary| drill::run(&binary, options)),
        Command::Moving(options) => binary(&arguments).and_then(|binary| moving::run(&binary, options)),
        Command::Overload(options) => binary(&arguments).and_then(|binary| overload::run(&binary, options)),
        Command::PowercutChild(options) => powercut::child::run(options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("FAILED: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn binary(arguments: &Arguments) -> Result<PathBuf, String> {
    let binary = match &arguments.binary {
        Some(binary) => binary.clone(),
        None => {
            let own = std::env::current_exe().map_err(|error| error.to_string())?;
            own.with_file_name("foldmark")
        }
    };
    match binary.is_file() {
        true => Ok(binary),
        false => Err(format!("{} does not exist; build it, or use --binary", binary.display())),
    }
}
