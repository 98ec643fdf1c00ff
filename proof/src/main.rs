//! What Foldmark promises about data, tried out on the real server and the real store.
//!
//! | command | claim |
//! | --- | --- |
//! | `kill` | What was acknowledged survives `kill -9` at any moment. A call that was under way is there wholly or not at all. |
//! | `told` | A receiver of webhooks that fails in every way is told of every acknowledged change, in order and without a gap, while the server is killed. |
//! | `followed` | Whoever follows a user, by `get_changes` or by a watch, is told every change once and ends with a right copy, while the server is killed. |
//! | `powercut` | What was acknowledged survives a power cut at any moment: it is synced before it is acknowledged, and no subset of the writes that were not synced yet, torn ones included, makes the store unreadable or wrong. |
//! | `faults` | Whatever the disk, the clock and the operating system refuse: callers get the documented error, nothing is done by halves, reading goes on, the health check says so, and the service goes on without a restart when the cause is gone, or refuses loudly to start. |
//! | `cluster` | On a cluster of three nodes, two servers lose nothing that either has acknowledged and do nothing twice, while servers and nodes are killed, stand still, or are cut off. |
//! | `drill` | A backup that is taken while clients write is the service at one moment, restores into an empty folder, and is refused when it is damaged. |
//! | `moving` | Users move from an embedded folder to a cluster and back without a difference, also when the move is killed half way, and in bounded memory. |
//! | `overload` | Ten times the load, full queues, huge bodies and slow clients: refusals come at once and by the documented code, what is accepted is answered within a bound, memory is bounded, and a second later all is as before. |
//! | `proxy` | Behind nginx with the configuration in `deploy/nginx/`, calls, watches and the console work as without it, clients keep their addresses, no UserSig gets into a log, and no change is repeated. |
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

mod cluster;
mod drill;
mod faults;
mod followed;
mod found;
mod http;
mod kill;
mod model;
mod moving;
mod overload;
mod powercut;
mod program;
mod proxy;
mod random;
mod scenes;
mod server;
mod shim;
mod told;
mod user;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use foldmark_harness::end;

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
    /// Kill the server while a receiver of webhooks fails
    Told(told::Options),
    /// Kill the server while users are followed
    Followed(followed::Options),
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
    /// Call through nginx
    Proxy(proxy::Options),
    /// The store whose writes are recorded
    #[command(hide = true)]
    PowercutChild(powercut::child::Options),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let binary = || foldmark_harness::binary(arguments.binary.as_deref());
    let outcome = match &arguments.command {
        Command::Kill(options) => binary().and_then(|binary| kill::run(&binary, options)),
        Command::Told(options) => binary().and_then(|binary| told::run(&binary, options)),
        Command::Followed(options) => binary().and_then(|binary| followed::run(&binary, options)),
        Command::Powercut(options) => powercut::run(options),
        Command::Faults(options) => binary().and_then(|binary| faults::run(&binary, options)),
        Command::Cluster(options) => binary().and_then(|binary| cluster::run(&binary, options)),
        Command::Drill(options) => binary().and_then(|binary| drill::run(&binary, options)),
        Command::Moving(options) => binary().and_then(|binary| moving::run(&binary, options)),
        Command::Overload(options) => binary().and_then(|binary| overload::run(&binary, options)),
        Command::Proxy(options) => binary().and_then(|binary| proxy::run(&binary, options)),
        Command::PowercutChild(options) => powercut::child::run(options),
    };
    end(outcome)
}
