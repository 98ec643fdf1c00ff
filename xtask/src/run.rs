//! Running other programs: their output goes where ours goes, and their failure is ours.

use std::io::{IsTerminal, Write};
use std::process::Command;
use std::sync::OnceLock;

/// How long a step may take, if that is limited.
static STEP_MINUTES: OnceLock<u32> = OnceLock::new();

/// What went wrong, for a person.
pub(crate) type Outcome = Result<(), String>;

/// Runs `line`, split at spaces, in the workspace's folder.
pub(crate) fn run(line: &str) -> Outcome {
    run_with(line, &[])
}

/// As [`run`], with environment variables.
pub(crate) fn run_with(line: &str, variables: &[(&str, &str)]) -> Outcome {
    execute(line, ".", variables)
}

/// As [`run_in`], with environment variables.
pub(crate) fn run_in_with(folder: &str, line: &str, variables: &[(&str, &str)]) -> Outcome {
    execute(line, folder, variables)
}

/// As [`run`], in a folder of the workspace.
pub(crate) fn run_in(folder: &str, line: &str) -> Outcome {
    execute(line, folder, &[])
}

/// From now on a step that takes longer than this many minutes is ended and has failed.
pub(crate) fn limit_steps(minutes: u32) {
    let _ = STEP_MINUTES.set(minutes);
}

fn execute(line: &str, folder: &str, variables: &[(&str, &str)]) -> Outcome {
    say(&format!("$ {line}"));
    // Ctrl-C on a terminal reaches only what is in the foreground.
    let foreground = if std::io::stdin().is_terminal() { "--foreground" } else { "--verbose" };
    let limit =
        STEP_MINUTES.get().map(|minutes| format!("timeout {foreground} --kill-after=30 {minutes}m {line}"));
    let mut words = limit.as_deref().unwrap_or(line).split(' ');
    let program = words.next().unwrap_or_default();
    let mut command = Command::new(program);
    command.args(words).envs(variables.iter().copied()).current_dir(format!("{}/{folder}", workspace()));
    let status = command.status().map_err(|error| format!("{program}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("`{line}` failed: {status}")) }
}

/// The workspace's folder.
pub(crate) fn workspace() -> &'static str {
    concat!(env!("CARGO_MANIFEST_DIR"), "/..")
}

/// Prints a line at once, so that it stands in order with the output of other programs.
pub(crate) fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // Nobody reads any more: going on without words is the best that can be done.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
