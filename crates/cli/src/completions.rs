//! `foldmark completions`: a script that teaches a shell the command line.

use clap::CommandFactory;

use crate::args::{Args, CompletionsArgs};
use crate::failure::Failure;
use crate::out;

pub(crate) fn run(args: &CompletionsArgs) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "foldmark", &mut script);
    out::line(String::from_utf8_lossy(&script).trim_end())
}
