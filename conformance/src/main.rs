//! Clients and signature makers that other people wrote, unmodified, against a real Foldmark server over TLS.
//!
//! `cargo run --locked -- --server PATH [SUITE…]` starts the server of this path on loopback, with a certificate that
//! was made a moment ago, lets every client try its calls, and prints a line for each case: client, case, outcome. What
//! is known to fail stands in `expected.toml` with its reason; a failure that is not named there fails the run, and so
//! does a named one that passes. What the clients need beyond this program is installed below `target/clients` from the
//! package registries, in the versions of the lock files.

mod call;
mod cases;
#[cfg(test)]
mod compatibility;
mod generated;
mod golden;
mod programs;
mod rust_client;
mod scripts;
mod server;
mod signatures;
mod snippets;
mod transport;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cases::Cases;
use programs::Programs;
use server::World;

/// What went wrong, for a person.
type Failure = String;

/// The suites in their order.
const SUITES: [&str; 7] = ["golden", "transport", "rust", "scripts", "signatures", "generated", "snippets"];

const USAGE: &str = "Usage: cargo run --locked -- --server PATH [SUITE…]";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (server, suites) = match parse(&arguments) {
        Ok(parsed) => parsed,
        Err(error) => {
            eprintln!("{error}\n{USAGE}\nSuites: {}", SUITES.join(", "));
            return ExitCode::from(2);
        }
    };
    match run(&server, &suites).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("conformance: {error}");
            ExitCode::FAILURE
        }
    }
}

fn parse(arguments: &[String]) -> Result<(PathBuf, Vec<&str>), Failure> {
    let [option, path, suites @ ..] = arguments else {
        return Err("the server to try is missing".to_owned());
    };
    if option != "--server" {
        return Err(format!("{option:?} is not known"));
    }
    if let Some(unknown) = suites.iter().find(|suite| !SUITES.contains(&suite.as_str())) {
        return Err(format!("there is no suite {unknown:?}"));
    }
    let server = std::fs::canonicalize(path).map_err(|error| format!("{path}: {error}"))?;
    let all = suites.is_empty();
    let suites = SUITES.into_iter().filter(|name| all || suites.iter().any(|suite| suite == name)).collect();
    Ok((server, suites))
}

/// Runs the suites; whether everything came as expected.
async fn run(server: &Path, suites: &[&str]) -> Result<bool, Failure> {
    let programs = Programs::new()?;
    let world = World::start(server).await?;
    let mut cases = Cases::default();
    for suite in suites {
        eprintln!("conformance: {suite}");
        match *suite {
            "golden" => golden::run(&world, &mut cases).await?,
            "transport" => transport::run(&world, &mut cases).await?,
            "rust" => rust_client::run(&world, &mut cases).await?,
            "scripts" => scripts::run(&world, &programs, &mut cases)?,
            "signatures" => signatures::run(&world, &programs, &mut cases).await?,
            "generated" => generated::run(&world, &programs, &mut cases)?,
            "snippets" => snippets::run(server, &programs, &mut cases)?,
            _ => return Err(format!("nothing runs the suite {suite}")),
        }
    }
    // Only a whole run can tell that an exception is not met any more.
    cases.judge(suites.len() == SUITES.len())
}

/// The folder of this program's files.
fn home() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
