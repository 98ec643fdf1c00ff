//! Such a program: its words, the server that it tries, and its end.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Prints a line, at once, so that it stands in order with the output of other programs.
pub fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // Nobody reads any more: going on without words is the best that can be done.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// The program `foldmark` to try: the given one, or the one beside this program.
pub fn binary(given: Option<&Path>) -> Result<PathBuf, String> {
    let binary = match given {
        Some(given) => given.to_owned(),
        None => std::env::current_exe().map_err(|error| error.to_string())?.with_file_name("foldmark"),
    };
    match binary.is_file() {
        true => Ok(binary),
        false => Err(format!("{} does not exist; build it, or use --binary", binary.display())),
    }
}

/// The status to end with; a failure is told.
pub fn end(outcome: Result<(), String>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("FAILED: {error}"));
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let own = std::env::current_exe().unwrap();
        assert_eq!(binary(Some(&own)), Ok(own));
        let error = binary(Some(Path::new("/nowhere/foldmark"))).unwrap_err();
        assert!(error.starts_with("/nowhere/foldmark does not exist"), "{error}");
    }
}
