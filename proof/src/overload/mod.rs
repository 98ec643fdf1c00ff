//! More callers than the server can serve, and callers who mean no good: what is accepted is answered soon, what is not
//! is refused at once and by the documented code, memory stays bounded, and when it is over everything is as before.
//!
//! One function a claim, against the real server in a process of its own. The figures that are asserted are bounds with
//! room for a slow machine that runs the callers too; what was seen is printed beside them.

mod callers;
mod load;
mod slow;

use std::path::Path;

use crate::clock::Watch;
use crate::say::say;

/// Which claims.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    /// Names of claims; all unless given.
    names: Vec<String>,
}

/// A claim: it gets the program and a folder of its own, and says what it saw.
type Claim = fn(&Path, &Path) -> Result<String, String>;

const CLAIMS: &[(&str, Claim)] = &[
    ("tenfold", load::tenfold),
    ("queue", load::queue),
    ("bodies", load::bodies),
    ("slow-clients", slow::slow_clients),
    ("full-house", slow::full_house),
];

/// Tries the claims, all of them even if some do not hold.
pub(crate) fn run(binary: &Path, options: &Options) -> Result<(), String> {
    let watch = Watch::start();
    if let Some(name) = options.names.iter().find(|name| CLAIMS.iter().all(|(known, _)| known != name)) {
        let known: Vec<&str> = CLAIMS.iter().map(|(name, _)| *name).collect();
        return Err(format!("there is no claim {name:?}, but {}", known.join(", ")));
    }
    let chosen = |name: &str| options.names.is_empty() || options.names.iter().any(|chosen| chosen == name);
    let mut failed = Vec::new();
    for (name, claim) in CLAIMS.iter().filter(|(name, _)| chosen(name)) {
        let home = tempfile::tempdir().map_err(|error| error.to_string())?;
        let watch = Watch::start();
        match claim(binary, home.path()) {
            Ok(seen) => say(&format!("overload: {name}: {seen} ({:.1} s)", watch.seconds())),
            Err(error) => {
                say(&format!("overload: {name}: FAILED: {error}"));
                failed.push(*name);
            }
        }
    }
    say(&format!("overload: {:.1} s, {} not as claimed", watch.seconds(), failed.len()));
    match failed.is_empty() {
        true => Ok(()),
        false => Err(format!("not as claimed: {}", failed.join(", "))),
    }
}
