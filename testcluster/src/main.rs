//! `foldmark-testcluster run CMD…`: runs a command beside a cluster that lives as long as the command.

use std::process::{Command, ExitCode};

use foldmark_testcluster::{CONTACT_POINTS_VARIABLE, Cluster};

#[expect(clippy::print_stderr, reason = "this is a program for the terminal")]
fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let [word, program, rest @ ..] = arguments.as_slice() else {
        return usage();
    };
    if word != "run" {
        return usage();
    }
    let cluster = match Cluster::start() {
        Ok(cluster) => cluster,
        Err(error) => {
            eprintln!("error: the cluster does not start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let points: Vec<String> = cluster.contact_points().iter().map(ToString::to_string).collect();
    let outcome = Command::new(program).args(rest).env(CONTACT_POINTS_VARIABLE, points.join(",")).status();
    drop(cluster);
    match outcome {
        // A command that a signal ended has no code.
        Ok(status) => {
            status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from)
        }
        Err(error) => {
            eprintln!("error: cannot run {}: {error}", program.display());
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "this is a program for the terminal")]
fn usage() -> ExitCode {
    eprintln!("usage: foldmark-testcluster run COMMAND [ARGUMENT…]");
    ExitCode::from(2)
}
