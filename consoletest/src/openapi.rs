//! The description of the calls, as the server serves it: an independent validator takes it for OpenAPI, and a fuzzer
//! makes requests of it, right ones and wrong ones, and compares what the server answers with what it says.
//!
//! `openapi/hooks.py` has what the fuzzer cannot know of the protocol. Everything comes from one seed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;
use foldmark_harness::{Watch, say};

use crate::http::Http;
use crate::server::{ADMINISTRATOR, SDKAPPID, Server, usersig};

/// What the command line says of it.
#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// The folder with the programs `openapi-spec-validator` and `schemathesis`
    #[arg(long)]
    programs: PathBuf,
    /// Requests of each kind for each call
    #[arg(long, default_value_t = 100)]
    examples: u32,
    /// The most seconds that the fuzzer takes
    #[arg(long, default_value_t = 900)]
    seconds: u32,
}

/// Runs both.
pub(crate) fn run(binary: &Path, options: &Options) -> Result<(), String> {
    let http = Http::new()?;
    let server = Server::start(binary, &http, "[apps.limits]\ncalls_per_second = 0\n")?;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi");
    let document = format!("http://{}/openapi.json", server.admin);

    let served = http.get(&document, &[])?.text;
    let kept =
        fs::read_to_string(folder.join("../../docs/openapi.json")).map_err(|error| error.to_string())?;
    if served.trim_end() != kept.trim_end() {
        return Err("the served description is not docs/openapi.json".to_owned());
    }
    let copy = tempfile::NamedTempFile::new().map_err(|error| error.to_string())?;
    fs::write(copy.path(), &served).map_err(|error| error.to_string())?;
    let mut validator = Command::new(options.programs.join("openapi-spec-validator"));
    validator.arg("--schema").arg("3.1").arg(copy.path());
    succeed(validator)?;

    let watch = Watch::start();
    let kept_by_fuzzer = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut fuzzer = Command::new(options.programs.join("schemathesis"));
    fuzzer
        .args(["--config-file", "schemathesis.toml", "run", &document, "--no-color"])
        .args(["--url", &format!("http://{}", server.calls)])
        .args(["--max-examples", &options.examples.to_string()])
        .env("FOLDMARK_SDKAPPID", SDKAPPID.to_string())
        .env("FOLDMARK_IDENTIFIER", ADMINISTRATOR)
        .env("FOLDMARK_USERSIG", usersig())
        // So that nothing is left beside the hooks.
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("HYPOTHESIS_STORAGE_DIRECTORY", kept_by_fuzzer.path())
        .current_dir(&folder);
    let limit = options.seconds.to_string();
    succeed(limited(&limit, &fuzzer))?;
    let log = server.log();
    if !log.is_empty() {
        return Err(format!("the server complained: {log}"));
    }
    say(&format!("the calls are as described ({:.0} s)", watch.time().as_secs_f64()));
    Ok(())
}

/// The same command, ended after so many seconds.
fn limited(seconds: &str, command: &Command) -> Command {
    let mut whole = Command::new("timeout");
    whole.args(["--kill-after=10", seconds]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            whole.env(name, value);
        }
    }
    if let Some(folder) = command.get_current_dir() {
        whole.current_dir(folder);
    }
    whole
}

fn succeed(mut command: Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status().map_err(|error| format!("{name}: {error}"))?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("{name} failed: {status}")),
    }
}
