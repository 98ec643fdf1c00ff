//! The console and devices in a real browser, and the described calls under a fuzzer.
//!
//! | command | claim |
//! | --- | --- |
//! | `openapi` | The description of the calls is OpenAPI, and every call answers as it says, to right requests and wrong ones. |
//! | `console` | Every page of the console is in order in both languages, light and dark, on a telephone and on a desk, for eyes, keys and screen readers, and loads nothing from elsewhere; what is done there is what the calls then say; only administrators change anything; texts stay texts. |
//! | `devices` | The demonstration's windows follow each other whatever happens between them, and its pages are in order; the TypeScript client does in a browser what it does in Node.js, in pages of configured origins alone. |
//!
//! Each starts the program that `--binary` names on the loopback, with an embedded store in a temporary folder. The
//! programs that they need beside it are named on the command line or found by PATH; `cargo xtask test console` puts them
//! there.

mod axe;
mod browser;
mod console;
mod devices;
mod gallery;
mod http;
mod openapi;
mod process;
mod receiver;
mod relay;
mod server;
mod windows;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use foldmark_harness::{binary, end};

#[derive(Parser)]
#[command(
    about = "Tries out the console, devices in browsers, and the described calls",
    max_term_width = 100
)]
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
    /// Let windows of a browser follow a user
    Devices(devices::Options),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = binary(arguments.binary.as_deref()).and_then(|binary| match &arguments.command {
        Command::Openapi(options) => openapi::run(&binary, options),
        Command::Console(options) => console::run(&binary, options),
        Command::Devices(options) => devices::run(&binary, options),
    });
    end(outcome)
}
