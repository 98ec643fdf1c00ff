//! Users move from an embedded folder to a cluster and from there into another folder, and through a backup of the
//! cluster into a third one, by the program's own commands, and are the same everywhere.
//!
//! The import into the cluster is killed half way and started again. `foldmark verify` reads each store to its end; what
//! it counts and its digest must be those of the export that everything began with. No command may need more memory
//! for more users.

pub(crate) mod made;

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use foldmark_harness::{Watch, say};
use foldmark_testcluster::{Cluster, existing_contact_points};
use foldmark_wire::transfer::Totals;
use serde_json::Value;

use crate::program::{Done, Program};
use crate::server::{cluster_store, folder_store};

/// What a command that moves users may have in memory.
const MEMORY_MIB: u64 = 200;

/// How long after the half of an import is done it is killed; each part takes seconds.
const MIDST: Duration = Duration::from_millis(300);

/// What to move.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    /// How many conversations; most users have 100.
    #[arg(long, default_value_t = 100_000)]
    records: u64,
    /// The seed of what they say.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Moves and compares.
pub(crate) fn run(binary: &Path, options: &Options) -> Result<(), String> {
    let watch = Watch::start();
    let home = tempfile::tempdir().map_err(|error| error.to_string())?;
    let home = home.path();
    let (points, _cluster) = cluster()?;
    say(&format!("moving: a cluster after {:.1} s", watch.seconds()));
    let totals = made::export(&home.join("made.jsonl"), options.records, options.seed)?;
    let keyspace = format!("moving_{}", std::process::id());
    let first = Program::new(binary, home, "first", &folder_store(&home.join("first")))?;
    let middle = Program::new(binary, home, "cluster", &cluster_store(&points, &keyspace))?;
    let last = Program::new(binary, home, "last", &folder_store(&home.join("last")))?;

    step("into a folder", totals, &first.run(&["import", "made.jsonl"])?)?;
    verify("the first folder", &first, totals)?;
    step("out of the folder", totals, &first.run(&["export", "first.jsonl"])?)?;
    middle.run(&["store", "init"])?;
    into_cluster(&middle, home, "first.jsonl", totals)?;
    verify("the cluster", &middle, totals)?;
    step("out of the cluster", totals, &middle.run(&["export", "cluster.jsonl"])?)?;
    step("into another folder", totals, &last.run(&["import", "cluster.jsonl"])?)?;
    verify("the last folder", &last, totals)?;
    let restored = Program::new(binary, home, "restored", &folder_store(&home.join("restored")))?;
    step("the cluster into a backup", totals, &middle.run(&["backup", "cluster.tar"])?)?;
    step("the backup into a folder", totals, &restored.run(&["restore", "cluster.tar"])?)?;
    verify("the restored folder", &restored, totals)?;
    let digest = String::from(totals.digest);
    say(&format!(
        "moving: {} users with {} conversations and {} chat groups are the same in a folder, in the cluster, in \
         another folder and in one that was restored from a backup of the cluster: digest {digest}; in {:.1} s",
        totals.users,
        totals.conversations,
        totals.chat_groups,
        watch.seconds(),
    ));
    Ok(())
}

/// The nodes that the environment names, or nodes of this run's own.
fn cluster() -> Result<(Vec<SocketAddr>, Option<Cluster>), String> {
    let told = |error: foldmark_testcluster::Error| error.to_string();
    if let Some(points) = existing_contact_points().map_err(told)? {
        return Ok((points, None));
    }
    let cluster = Cluster::start().map_err(told)?;
    Ok((cluster.contact_points(), Some(cluster)))
}

/// Imports `file`, killed once half way.
fn into_cluster(program: &Program, home: &Path, file: &str, totals: Totals) -> Result<(), String> {
    let import = ["import", file];
    let size = fs::metadata(home.join(file)).map_err(|error| error.to_string())?.len();
    let progress = home.join(format!("{file}.progress"));
    let mut half_way = None;
    let (killed, status) = program.run_until(&import, || {
        if half_way.is_none() && put_bytes(&progress).is_some_and(|put| put >= size / 2) {
            half_way = Some(Watch::start());
        }
        // In the midst of what is put next.
        half_way.is_some_and(|watch| watch.time() >= MIDST)
    })?;
    if let Some(status) = status {
        return Err(format!("the import ended with {status} before it could be killed: {}", killed.said));
    }
    let half = put_bytes(&progress).ok_or("the killed import has left no progress")?;
    let mut done = program.run(&import)?;
    if !done.said.contains("going on behind line") {
        return Err(format!("the import began anew: {}", done.said));
    }
    say(&format!(
        "moving: the import into the cluster was killed after {:.1} s, at {} of {size} bytes, and went on for {:.1} s",
        killed.seconds, half, done.seconds
    ));
    done.seconds += killed.seconds;
    done.memory_kib = done.memory_kib.max(killed.memory_kib);
    step("into the cluster", totals, &done)
}

/// How much of a file is put, as an import remembers it.
fn put_bytes(progress: &Path) -> Option<u64> {
    let text = fs::read_to_string(progress).ok()?;
    let remembered: Value = serde_json::from_str(&text).ok()?;
    remembered["Done"][0].as_u64()
}

/// Tells of a step, which must not have needed too much memory.
fn step(what: &str, totals: Totals, done: &Done) -> Result<(), String> {
    let mib = done.memory_kib.div_ceil(1024);
    say(&format!(
        "moving: {what} in {:.1} s, {:.0} conversations a second, {mib} MiB at most",
        done.seconds,
        totals.conversations as f64 / done.seconds
    ));
    match mib {
        0 => Err(format!("{what}: the memory was not measured")),
        mib if mib < MEMORY_MIB => Ok(()),
        _ => Err(format!("{what} needed {mib} MiB of memory, more than {MEMORY_MIB}")),
    }
}

/// Reads everything in a store, which must be sound and hold just this.
fn verify(what: &str, program: &Program, totals: Totals) -> Result<(), String> {
    let done = program.run(&["verify", "--json"])?;
    let report: Value = serde_json::from_str(&done.out).map_err(|error| format!("{error}: {}", done.out))?;
    let expected = [
        ("sound", Value::from(true)),
        ("users", totals.users.into()),
        ("chat_groups", totals.chat_groups.into()),
        ("records", totals.conversations.into()),
        ("removals", 0.into()),
        ("digest", String::from(totals.digest).into()),
    ];
    for (name, value) in expected {
        if report[name] != value {
            return Err(format!("{what}: {name} is {}, not {value}: {report}", report[name]));
        }
    }
    say(&format!(
        "moving: {what} verified in {:.1} s, {} MiB at most",
        done.seconds,
        done.memory_kib.div_ceil(1024)
    ));
    Ok(())
}
