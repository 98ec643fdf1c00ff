//! The console in a real browser, and the described calls under a fuzzer.
//!
//! | command | claim |
//! | --- | --- |
//! | `openapi` | The description of the calls is OpenAPI, and every call answers as it says, to right requests and wrong ones. |
//! | `console` | Every page of the console is in order in both languages, light and dark, on a telephone and on a desk, for eyes, keys and screen readers, and loads nothing from elsewhere; what is done there is what the calls then say; only administrators change anything; texts stay texts. |
//!
//! Each starts the program that `--binary` names on the loopback, with an embedded store in a temporary folder. The
//! programs that they need beside it are named on the command line or found by PATH; `cargo xtask test console` puts them
//! there.

mod browser;
mod clock;
mod console;
mod http;
mod openapi;
mod process;
mod say;
mod server;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::say::say;

#[derive(Parser)]
#[command(about = "Tries out the console and the described calls", max_term_width = 100)]
struct Arguments {
    /// The program `foldmark`; the one beside this program unless given.
    #[arg(long, global = true)]
    binary: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Let a fuzzer call as the description of the calls says
    Openapi(openapi::Options),
    /// Use the console in a browser
    Console(console::Options),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = binary(&arguments).and_then(|binary| match &arguments.command {
        Command::Openapi(options) => openapi::run(&binary, options),
        Command::Console(options) => console::run(&binary, options),
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("FAILED: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn binary(arguments: &Arguments) -> Result<PathBuf, String> {
    let binary = match &arguments.binary {
        Some(binary) => binary.clone(),
        None => std::env::current_exe().map_err(|error| error.to_string())?.with_file_name("foldmark"),
    };
    match binary.is_file() {
        true => Ok(binary),
        false => Err(format!("{} does not exist; build it, or use --binary", binary.display())),
    }
}
