//! What the harness needs that calls through nginx: Debian's nginx, and clients that know nothing of Foldmark.

use std::process::Command;

use foldmark_harness::install_debian;

use crate::run::Outcome;

/// A program that has to be there, what it says its version to, and the package of Debian's that brings it.
const PROGRAMS: &[(&str, &str, &str)] =
    &[("nginx", "-v", "nginx-light"), ("curl", "--version", "curl"), ("openssl", "version", "openssl")];

/// Fetches Debian's packages that are missing.
pub(crate) fn install() -> Outcome {
    let works = |program: &str, check: &str| {
        Command::new(program).arg(check).output().is_ok_and(|output| output.status.success())
    };
    let missing: Vec<&str> =
        PROGRAMS.iter().filter(|(program, check, _)| !works(program, check)).map(|found| found.2).collect();
    install_debian(&missing)
}
