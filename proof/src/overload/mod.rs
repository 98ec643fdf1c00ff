//! More callers than the server can serve, and callers who mean no good: what is accepted is answered soon, what is not
//! is refused at once and by the documented code, memory stays bounded, and when it is over everything is as before.
//!
//! One function a claim, against the real server in a process of its own. The figures that are asserted are bounds with
//! room for a slow machine that runs the callers too; what was seen is printed beside them.

mod callers;
mod load;
mod slow;

use std::path::Path;

use crate::scenes::{self, Scene};

/// Which claims.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    /// Names of claims; all unless given.
    names: Vec<String>,
}

const CLAIMS: &[(&str, Scene)] = &[
    ("tenfold", load::tenfold),
    ("queue", load::queue),
    ("bodies", load::bodies),
    ("slow-clients", slow::slow_clients),
    ("full-house", slow::full_house),
];

/// Tries the claims, all of them even if some do not hold.
pub(crate) fn run(binary: &Path, options: &Options) -> Result<(), String> {
    scenes::run("overload", CLAIMS, &options.names, binary)
}
