//! What the harness tells its user: lines on the standard output.

use std::io::{Write, stdout};

/// Prints a line.
pub(crate) fn say(line: &str) {
    // Nobody is left to be told if this fails.
    let _ = writeln!(stdout(), "{line}");
}
