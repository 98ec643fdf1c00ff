//! The parts of `cargo xtask test`.

use std::time::{Duration, Instant};

use foldmark_harness::fetch;

use crate::clients;
use crate::console;
use crate::crates;
use crate::devices;
use crate::packages;
use crate::proxies;
use crate::readme;
use crate::run::{Outcome, limit_steps, run, run_in, run_with, say};

struct Part {
    name: &'static str,
    about: &'static str,
    run: fn() -> Outcome,
}

const PARTS: &[Part] = &[
    Part {
        name: "lint",
        about: "formatting, clippy, documentation, crates that can be published",
        run: lint,
    },
    Part { name: "unit", about: "all tests of all crates", run: unit },
    Part { name: "demo", about: "the release build, its demo, and the README's calls", run: demo },
    Part {
        name: "packages",
        about: "the Debian package installed, run and removed; its unit, and what watches it",
        run: packages::test,
    },
    Part {
        name: "clients",
        about: "published clients and signature makers, generated clients and examples, over TLS",
        run: clients::test,
    },
    Part {
        name: "console",
        about: "the described calls under a fuzzer, and the console in a real browser",
        run: console::test,
    },
    Part {
        name: "devices",
        about: "the TypeScript client on a real server, and the demonstration's page in a real browser",
        run: devices::test,
    },
    Part {
        name: "proof",
        about: "stores compared call by call; kills, also while users are followed, power cuts, faults",
        run: proof,
    },
    Part {
        name: "operation",
        about: "backups and restores as an operator makes them, ten times the load, and nginx in front",
        run: operation,
    },
    Part { name: "scale", about: "the cluster store on three real Cassandra nodes", run: scale },
    Part { name: "bench", about: "every measurement in its smallest form", run: bench_smoke },
    Part {
        name: "fuzz",
        about: "the fuzz targets over their corpus, and 30 seconds each beyond it",
        run: fuzz,
    },
];

/// Runs the parts of these names, or all.
pub(crate) fn test(names: &[&str]) -> Outcome {
    if let Some(unknown) = names.iter().find(|name| !PARTS.iter().any(|part| part.name == **name)) {
        return Err(format!("there is no part {unknown:?}; there are:\n{}", list()));
    }
    // Several times what any takes: one that hangs is named, and the rest of the time is not lost.
    limit_steps(25);
    let mut times = Vec::new();
    let mut failure = None;
    for part in PARTS.iter().filter(|part| names.is_empty() || names.contains(&part.name)) {
        say(&format!("== {}: {}", part.name, part.about));
        let (outcome, time) = timed(part.run);
        let line = format!("{:>7.1} s  {}", time.as_secs_f64(), part.name);
        say(&line);
        times.push(line);
        if let Err(error) = outcome {
            failure = Some(format!("part {} failed: {error}", part.name));
            break;
        }
    }
    say(&format!("== times\n{}", times.join("\n")));
    failure.map_or(Ok(()), Err)
}

/// A line for each part.
pub(crate) fn list() -> String {
    PARTS.iter().map(|part| format!("  {:<10} {}\n", part.name, part.about)).collect()
}

fn lint() -> Outcome {
    run("cargo fmt --all --check")?;
    run("cargo clippy --workspace --all-targets --locked -- --deny warnings")?;
    // What only the tests on a cluster see.
    run("cargo clippy --workspace --all-targets --all-features --locked -- --deny warnings")?;
    run_with("cargo doc --workspace --no-deps --locked --quiet", &[("RUSTDOCFLAGS", "--deny warnings")])?;
    crates::check()
}

fn unit() -> Outcome {
    run("cargo test --workspace --locked")
}

fn demo() -> Outcome {
    run("cargo run --release --locked --quiet -- demo --once")?;
    readme::calls()
}

fn proof() -> Outcome {
    let calls = ("FOLDMARK_DIFFERENTIAL_CALLS", "50000");
    run_with("cargo test --locked --package foldmark-server --test history differential", &[calls])?;
    build_proof()?;
    run("target/release/foldmark-proof kill --rounds 20")?;
    run("target/release/foldmark-proof told")?;
    run("target/release/foldmark-proof followed")?;
    run("target/release/foldmark-proof powercut")?;
    run("target/release/foldmark-proof faults")
}

fn operation() -> Outcome {
    build_proof()?;
    run("target/release/foldmark-proof drill")?;
    run("target/release/foldmark-proof overload")?;
    proxies::install()?;
    run("target/release/foldmark-proof proxy")
}

/// Each of these has nodes of its own, because three of the four harm them.
fn scale() -> Outcome {
    run("cargo test --locked --package foldmark-store --features cluster-tests --test cassandra")?;
    run("cargo test --locked --package foldmark-server --features cluster-tests --test cluster")?;
    build_proof()?;
    run("target/release/foldmark-proof cluster")?;
    run("target/release/foldmark-proof moving")
}

/// Builds the server and the harness that tries it out.
pub(crate) fn build_proof() -> Outcome {
    run("cargo build --release --locked --quiet --package foldmark --package foldmark-proof")
}

/// Shows that the measurements still run; what they find here means nothing.
pub(crate) fn bench_smoke() -> Outcome {
    run("cargo build --release --locked --quiet --package foldmark")?;
    // In memory where there is room, since a slow disk would end it and fast ones say nothing either.
    let folder = foldmark_harness::memory(8 << 30).unwrap_or_else(std::env::temp_dir);
    run_in(
        "bench",
        &format!("cargo run --profile smoke --locked --quiet -- smoke --folder {}", folder.display()),
    )
}

fn fuzz() -> Outcome {
    if run("cargo fuzz --version").is_err() {
        fetch("cargo-fuzz", || run("cargo install cargo-fuzz --version =0.13.2 --locked --quiet"))?;
    }
    for target in ["body", "config", "connection", "query", "stored", "usersig"] {
        fuzz_for(target, "30")?;
    }
    Ok(())
}

/// Runs a target over its corpus and then for `seconds` on inputs of its own, which are not kept.
pub(crate) fn fuzz_for(target: &str, seconds: &str) -> Outcome {
    let found = std::env::temp_dir().join(format!("foldmark-fuzz-{}-{target}", std::process::id()));
    // What a run left that was cut off.
    let _ = std::fs::remove_dir_all(&found);
    std::fs::create_dir_all(&found).map_err(|error| error.to_string())?;
    let line = format!(
        "cargo fuzz run --sanitizer none {target} {} corpus/{target} -- -max_total_time={seconds} -verbosity=0 -print_funcs=0 -print_final_stats=1",
        found.display()
    );
    let outcome = run_in("fuzz", &line);
    std::fs::remove_dir_all(&found).map_err(|error| error.to_string())?;
    outcome
}

#[expect(clippy::disallowed_methods, reason = "the time of a part is for people to read")]
fn timed(run: fn() -> Outcome) -> (Outcome, Duration) {
    let start = Instant::now();
    let outcome = run();
    (outcome, start.elapsed())
}
