//! The project's own tasks.
//!
//! `cargo xtask test` runs everything that has to pass, part by part, and prints the time of each part;
//! `cargo xtask test PART…` runs parts alone. `cargo xtask bench smoke` is the part `bench`. `cargo xtask soak …` runs
//! the long forms, which are bounded in count and time. What a part needs beyond the toolchain it installs from the
//! package registries; `scale` takes Java 17, Maven and iptables from Debian's packages, and the right to change the
//! kernel's packet rules; `bench` takes PostgreSQL, Redis and ejabberd from there; `packages` takes systemd's and
//! Prometheus' tools from there, and the right to mount; `console` takes Chromium, fonts, npm and Python from there, and
//! packages for the latter two; `clients` takes Java 17, Maven, Node.js and Go from there, the clients from the
//! registries of their languages, and the right to mount; `devices` takes Node.js from there and the TypeScript compiler
//! from npm's registry. `cargo xtask deb` makes the Debian package of a release build, and `cargo xtask metrics` lists
//! what the dashboard and the alerts read.

mod clients;
mod console;
mod crates;
mod devices;
mod node;
mod packages;
mod parts;
mod proxies;
mod readme;
mod run;
mod soak;

use std::process::ExitCode;

const HELP: &str = "\
Usage: cargo xtask test [PART…]
       cargo xtask soak NAME [ARGUMENT…]
       cargo xtask bench smoke
       cargo xtask deb
       cargo xtask metrics

Parts, in the order in which they run (all of them without a name):
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["test", names @ ..] => parts::test(names),
        ["soak", name, rest @ ..] => soak::soak(name, rest),
        ["bench", "smoke"] => parts::bench_smoke(),
        ["deb"] => packages::make_deb(),
        ["metrics"] => packages::list_metrics(),
        _ => {
            run::say(&format!("{HELP}{}\n{}", parts::list(), soak::HELP));
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            run::say(&format!("xtask: {error}"));
            ExitCode::FAILURE
        }
    }
}
