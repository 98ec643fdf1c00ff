//! Devices: windows of a real browser that follow a user. The demonstration's page, which has two of them, and the tests
//! of the TypeScript client that it is made of.

mod client;
mod demo;
mod look;

use std::path::{Path, PathBuf};

use clap::Args;
use foldmark_harness::{Watch, say};

use crate::browser::Browser;
use crate::http::Http;

/// What the command line says of it.
#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// The file `axe.min.js` of axe-core
    #[arg(long)]
    axe: PathBuf,
    /// The folder of the TypeScript client, built
    #[arg(long)]
    client: PathBuf,
    /// The folder for pictures of the demonstration
    #[arg(long)]
    out: PathBuf,
}

/// Runs both.
pub(crate) fn run(binary: &Path, options: &Options) -> Result<(), String> {
    let http = Http::new()?;
    let browser = Browser::start()?;
    let watch = Watch::start();
    client::run(&browser, &http, binary, &options.client).map_err(|error| format!("client: {error}"))?;
    say(&format!("client ({:.0} s)", watch.time().as_secs_f64()));
    let watch = Watch::start();
    demo::run(&browser, &http, binary, options).map_err(|error| format!("demo: {error}"))?;
    say(&format!("demo ({:.0} s)", watch.time().as_secs_f64()));
    Ok(())
}
