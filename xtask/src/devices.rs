//! The part `devices`: the TypeScript client in `clients/typescript`, built, compared with the description of the calls
//! that its types are made of, and tried on a real server, by Node.js and by a browser; and the demonstration's page, which
//! is made of it.

use std::fs;

use foldmark_harness::fetch;

use crate::console;
use crate::node;
use crate::packages::{self, target_folder};
use crate::run::{Outcome, run, run_in_with, run_with, workspace};

const FOLDER: &str = "clients/typescript";

/// The part `devices`.
pub(crate) fn test() -> Outcome {
    let path = node::path()?;
    let path = ("PATH", &*path);
    run("cargo build --release --locked --quiet --package foldmark --package foldmark-consoletest")?;
    fetch("the compiler of TypeScript", || {
        run_in_with(FOLDER, "npm ci --loglevel=error --no-fund --no-audit", &[path])
    })?;
    types(path)?;
    run_in_with(FOLDER, "npm run --silent build", &[path])?;
    embedded()?;
    let binary = packages::binary();
    run_in_with(FOLDER, "npm test --silent", &[path, ("FOLDMARK", &binary.display().to_string())])?;
    let axe = console::browser()?;
    let line = format!(
        "{} devices --axe {} --client {}/{FOLDER} --out {}",
        target_folder().join("release/foldmark-consoletest").display(),
        axe.display(),
        workspace(),
        target_folder().join("devices").display()
    );
    run_with(&line, &[path])
}

/// The demonstration's page is made of what the client becomes, which is kept with the binary so that it builds without
/// the compiler.
fn embedded() -> Outcome {
    let folder = format!("{}/crates/cli/assets/demo/client", workspace());
    let entries = fs::read_dir(&folder).map_err(|error| format!("{folder}: {error}"))?;
    for entry in entries {
        let kept = entry.map_err(|error| error.to_string())?.path();
        let name = kept.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let built = format!("{}/{FOLDER}/dist/{name}", workspace());
        if fs::read(&kept).ok() != fs::read(&built).ok() {
            return Err(format!("{} is not what the client becomes: copy {built}", kept.display()));
        }
    }
    Ok(())
}

/// The types must be those of the present description.
fn types(path: (&str, &str)) -> Outcome {
    let kept = format!("{}/{FOLDER}/src/schema.ts", workspace());
    let read = || fs::read_to_string(&kept).map_err(|error| format!("{kept}: {error}"));
    let before = read()?;
    run_in_with(FOLDER, "npm run --silent types", &[path])?;
    if read()? != before {
        return Err(format!("{kept} was not what docs/openapi.json gives; it is now, so look at the change"));
    }
    Ok(())
}
