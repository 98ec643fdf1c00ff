//! The part `devices`: the TypeScript client in `clients/typescript`, built, compared with the description of the calls
//! that its types are made of, and tried on a real server.

use std::fs;

use crate::packages;
use crate::run::{Outcome, run, run_in, run_in_with, workspace};

const FOLDER: &str = "clients/typescript";

/// The part `devices`.
pub(crate) fn test() -> Outcome {
    if run("node --version").is_err() || run("npm --version").is_err() {
        run("apt-get update -q")?;
        run("apt-get install -q -y --no-install-recommends nodejs npm")?;
    }
    run("cargo build --release --locked --quiet --package foldmark")?;
    run_in(FOLDER, "npm ci --silent --no-fund --no-audit")?;
    types()?;
    run_in(FOLDER, "npm run --silent build")?;
    let binary = packages::binary();
    run_in_with(FOLDER, "npm test --silent", &[("FOLDMARK", &binary.display().to_string())])
}

/// The types must be those of the present description.
fn types() -> Outcome {
    let kept = format!("{}/{FOLDER}/src/schema.ts", workspace());
    let read = || fs::read_to_string(&kept).map_err(|error| format!("{kept}: {error}"));
    let before = read()?;
    run_in(FOLDER, "npm run --silent types")?;
    if read()? != before {
        return Err(format!("{kept} was not what docs/openapi.json gives; it is now, so look at the change"));
    }
    Ok(())
}
