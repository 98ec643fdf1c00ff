//! The drill of every operator: back up a server that is being written to, lose it, and restore.
//!
//! Backups are taken one after the other while all writers write; then the server is killed. Each backup is restored
//! into a folder of its own, verified, and served: it must be the service at one moment between its beginning and its
//! end, see [`ring`]. Damaged and torn copies must be refused and leave nothing that a server would take for data.

mod ring;

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use foldmark_harness::{Watch, quick_folder, say, wait_until};
use foldmark_wire::transfer::Totals;
use serde_json::Value;

use crate::moving::made;
use crate::program::Program;
use crate::random::Random;
use crate::server::{Launch, Server};
use ring::{Reached, Ring};

/// How long the first writes may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// How to drill.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    /// How many conversations are there before.
    #[arg(long, default_value_t = 50_000)]
    records: u64,
    /// How many backups are taken while the writers write.
    #[arg(long, default_value_t = 3)]
    backups: usize,
    /// Connections that write, each to users of its own.
    #[arg(long, default_value_t = 6)]
    writers: usize,
    /// How many damaged and how many torn copies are tried.
    #[arg(long, default_value_t = 4)]
    damages: u64,
    /// The seed of what is left to chance.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// A backup, and how far each ring was before and after.
struct Taken {
    name: String,
    before: Vec<Reached>,
    after: Vec<Reached>,
}

/// Backs up, kills, restores and compares.
pub(crate) fn run(binary: &Path, options: &Options) -> Result<(), String> {
    let watch = Watch::start();
    let home = quick_folder().map_err(|error| error.to_string())?;
    let home = home.path();
    let launch = Launch::new(binary, home);
    let totals = made::export(&home.join("made.jsonl"), options.records, options.seed)?;
    let rings: Vec<Ring> = (0..options.writers).map(Ring::new).collect();
    let server = launch.start()?;
    let program = Program::of(&launch);
    program.run(&["import", "made.jsonl"])?;
    say(&format!("drill: {} conversations imported after {:.1} s", totals.conversations, watch.seconds()));

    let taken = back_up(server, &program, &rings, options.backups)?;
    for backup in &taken {
        restore(&launch, &program, backup, &rings, totals)?;
    }
    let last = taken.last().ok_or("no backup was asked for")?;
    damage(&launch, &program, &home.join(&last.name), options)?;
    say(&format!("drill: as claimed, in {:.1} s; seed {}", watch.seconds(), options.seed));
    Ok(())
}

/// Takes backups while everyone writes, and kills the server at the end.
fn back_up(server: Server, program: &Program, rings: &[Ring], backups: usize) -> Result<Vec<Taken>, String> {
    let address = server.address;
    thread::scope(|scope| {
        let writers: Vec<_> = rings.iter().map(|ring| scope.spawn(move || ring.write(address))).collect();
        let taken = take(program, rings, backups);
        let killed = server.kill();
        for writer in writers {
            writer.join().map_err(|_| "a writer panicked")??;
        }
        killed.and(taken)
    })
}

fn take(program: &Program, rings: &[Ring], backups: usize) -> Result<Vec<Taken>, String> {
    let reached = || rings.iter().map(Ring::reached).collect::<Vec<_>>();
    let mut taken = Vec::new();
    for number in 1..=backups {
        let start = reached();
        let moved =
            || reached().iter().zip(&start).all(|(now, then)| now.acknowledged > then.acknowledged + 5);
        if !wait_until(PATIENCE, moved) {
            return Err(format!("the writers do not get on: {:?}", reached()));
        }
        let name = format!("backup{number}.tar");
        let before = reached();
        let done = program.run(&["backup", &name])?;
        let after = reached();
        let writes: u64 = before.iter().zip(&after).map(|(before, after)| after.sent - before.sent).sum();
        say(&format!(
            "drill: {name} in {:.2} s, {writes} writes meanwhile: {}",
            done.seconds,
            done.said.trim()
        ));
        taken.push(Taken { name, before, after });
    }
    Ok(taken)
}

/// Restores a backup into a folder of its own, and checks what is there.
fn restore(
    launch: &Launch,
    program: &Program,
    backup: &Taken,
    rings: &[Ring],
    totals: Totals,
) -> Result<(), String> {
    let folder = launch.home.join(format!("{}.restored", backup.name));
    let path = format!("store.path={}", folder.display());
    let restored = program.run(&["restore", &backup.name, "--set", &path])?;
    let text = folder.display().to_string();
    let verified = program.run(&["verify", "--json", "--path", &text])?;
    let report: Value = serde_json::from_str(&verified.out).map_err(|error| error.to_string())?;
    let imported = totals.users + totals.chat_groups;
    let found = report["users"].as_u64().unwrap_or(0) + report["chat_groups"].as_u64().unwrap_or(0);
    if report["sound"] != true || found < imported || report["records"].as_u64() < Some(totals.conversations)
    {
        return Err(format!("{}: {report}", backup.name));
    }
    let server = Launch { data: folder, ..launch.clone() }.start()?;
    let mut http = server.connect()?;
    let mut last = Vec::new();
    for (ring, (before, after)) in rings.iter().zip(backup.before.iter().zip(&backup.after)) {
        last.push(
            ring.check(&mut http, *before, *after).map_err(|error| format!("{}: {error}", backup.name))?,
        );
    }
    server.kill()?;
    say(&format!(
        "drill: {} restored and verified in {:.2} s; its writers were at {last:?}, all at one moment each",
        backup.name,
        restored.seconds + verified.seconds
    ));
    Ok(())
}

/// Tries to restore copies with a flipped bit, and torn ones.
fn damage(launch: &Launch, program: &Program, backup: &Path, options: &Options) -> Result<(), String> {
    let whole = fs::read(backup).map_err(|error| error.to_string())?;
    let mut random = Random::of(options.seed, &[7]);
    let folder = launch.home.join("damaged");
    let path = format!("store.path={}", folder.display());
    for number in 0..2 * options.damages {
        let mut bytes = whole.clone();
        let at = random.below(whole.len() as u64) as usize;
        let what = if number % 2 == 0 {
            bytes[at] ^= 1 << random.below(8);
            format!("a flipped bit in byte {at}")
        } else {
            bytes.truncate(at);
            format!("the end missing from byte {at}")
        };
        fs::write(launch.home.join("bad.tar"), bytes).map_err(|error| error.to_string())?;
        for arguments in [&["verify", "bad.tar"][..], &["restore", "bad.tar", "--set", &path]] {
            let (status, said) = program.refused(arguments).map_err(|error| format!("{what}: {error}"))?;
            if status != 1 {
                return Err(format!("{what}: status {status}: {said}"));
            }
        }
        if folder.join("data.mdb").exists() || folder.join("restoring").exists() {
            return Err(format!("{what}: something was left in the folder"));
        }
    }
    say(&format!("drill: {} damaged and {} torn backups were refused", options.damages, options.damages));
    Ok(())
}
