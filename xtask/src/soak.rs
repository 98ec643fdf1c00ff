//! The long forms of the checks, for as long as a person chooses. All are bounded in count.

use crate::parts::{self, build_proof};
use crate::run::{Outcome, run, run_with};

/// What can be soaked.
pub(crate) const HELP: &str = "\
Long forms, each with the count that it takes when none is given:
  kill [ROUNDS]        kill the server at random moments (500)
  powercut             open every disk that a power cut could leave
  cluster [ROUNDS]     let servers and nodes of a cluster fail, four kinds in turn (40)
  compare [CALLS]      the embedded store against the memory store (1000000)
  flips [COUNT]        flip bits of a data folder, one by one (20000)
  fuzz TARGET [SECONDS]  one fuzz target (600)
";

/// Runs the long form `name`.
pub(crate) fn soak(name: &str, arguments: &[&str]) -> Outcome {
    let count = |usual: &'static str| arguments.first().copied().unwrap_or(usual).to_owned();
    match name {
        "kill" => {
            build_proof()?;
            run(&format!("target/release/foldmark-proof kill --rounds {}", count("500")))
        }
        "powercut" => {
            build_proof()?;
            run("target/release/foldmark-proof powercut --all")
        }
        "cluster" => {
            build_proof()?;
            run(&format!("target/release/foldmark-proof cluster --rounds {}", count("40")))
        }
        "compare" => run_with(
            "cargo test --release --locked --package foldmark-server --test history differential",
            &[("FOLDMARK_DIFFERENTIAL_CALLS", &count("1000000"))],
        ),
        "flips" => run_with(
            "cargo test --release --locked --package foldmark --test verify",
            &[("FOLDMARK_FLIPS", &count("20000"))],
        ),
        "fuzz" => {
            let target = arguments.first().ok_or("name a target")?;
            parts::fuzz_for(target, arguments.get(1).unwrap_or(&"600"))
        }
        _ => Err(format!("there is no long form {name:?}; there are:\n{HELP}")),
    }
}
