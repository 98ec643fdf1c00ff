//! The console in a real browser, against a real server: every page in both languages, light and dark, on a telephone
//! and on a desk, by mouse, by keyboard and for those who see nothing; what is changed there, who may change it, and what
//! becomes of texts that are no mere texts.

mod api;
mod data;
mod edits;
mod forms;
mod keyboard;
mod operator;
mod pages;
mod texts;
mod times;
mod visitor;
mod webhooks;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;
use foldmark_harness::{Watch, say};

use crate::http::Http;
use crate::receiver::Receiver;
use crate::server::Server;
use visitor::Visitor;

/// What the command line says of it.
#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// The file `axe.min.js` of axe-core
    #[arg(long)]
    axe: PathBuf,
    /// The folder for pictures of all pages
    #[arg(long)]
    out: PathBuf,
    /// Users who are there only to be many
    #[arg(long, default_value_t = 100_000)]
    users: usize,
    /// Only the scene of this name
    #[arg(long)]
    only: Option<String>,
}

type Scene = fn(&mut Visitor<'_>) -> Result<(), String>;

/// In the order in which they run. What a scene changes it puts back.
const SCENES: [(&str, Scene); 8] = [
    ("pages", pages::run),
    ("keyboard", keyboard::run),
    ("edits", edits::run),
    ("forms", forms::run),
    ("texts", texts::run),
    ("api", api::run),
    ("times", times::run),
    ("webhooks", webhooks::run),
];

/// Runs all scenes.
pub(crate) fn run(binary: &Path, options: &Options) -> Result<(), String> {
    let http = Http::new()?;
    let receiver = Receiver::start()?;
    let server = Server::start(binary, &http, &data::config(receiver.address()))?;
    let watch = Watch::start();
    data::put(&server, &http, options.users)?;
    say(&format!("{} users ({:.0} s)", options.users, watch.time().as_secs_f64()));
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let others = scope.spawn(|| data::put_others(&server, &http, &ended));
        let done = scenes(&server, &receiver, &http, options);
        ended.store(true, Ordering::SeqCst);
        let others = others.join().map_err(|_| "the thread that puts others panicked")?;
        done.and(others)
    })
}

fn scenes(server: &Server, receiver: &Receiver, http: &Http, options: &Options) -> Result<(), String> {
    let mut visitor = Visitor::new(server, receiver, http, &options.axe, &options.out)?;
    for (name, scene) in SCENES {
        if options.only.as_ref().is_some_and(|only| only != name) {
            continue;
        }
        let watch = Watch::start();
        scene(&mut visitor).map_err(|error| format!("{name}: {error}"))?;
        say(&format!("{name} ({:.0} s)", watch.time().as_secs_f64()));
    }
    let log = server.log();
    visitor.claim("server", !log.contains(" ERROR ") && !log.contains("panicked"), &log);
    say(&visitor.finish()?);
    Ok(())
}
