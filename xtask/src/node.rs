//! Node.js, in a version that the TypeScript client runs on.

use std::env;
use std::process::Command;

use foldmark_harness::{fetch, install_debian};

use crate::packages::{target_folder, variable};
use crate::run::run;

/// The oldest that does, as `clients/typescript/package.json` says.
const OLDEST: u32 = 20;
/// The one that is fetched where the machine's is older, as Debian 12's is.
const FETCHED: &str = "22.23.3";

/// What `PATH` has to be for `node` and `npm` to be right.
pub(crate) fn path() -> Result<String, String> {
    if major("node").is_none() || major("npm").is_none() {
        install_debian(&["nodejs", "npm"])?;
    }
    let path = variable("PATH").unwrap_or_default();
    if major("node").is_some_and(|major| major >= OLDEST) {
        return Ok(path);
    }
    let machine = match env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => {
            return Err(format!(
                "Node.js of version {OLDEST} or later is needed; none can be fetched for {other}"
            ));
        }
    };
    let package = format!("node-linux-{machine}");
    let folder = target_folder().join("node");
    let programs = folder.join("node_modules").join(&package).join("bin");
    if major(&programs.join("node").display().to_string()).is_none() {
        let folder = folder.display();
        fetch("Node.js", || {
            run(&format!(
                "npm install --no-save --no-audit --no-fund --loglevel=error --prefix {folder} {package}@{FETCHED}"
            ))
        })?;
    }
    Ok(format!("{}:{path}", programs.display()))
}

/// The first number of what a program says its version is.
fn major(program: &str) -> Option<u32> {
    let output = Command::new(program).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.trim().trim_start_matches('v').split('.').next()?.parse().ok()
}
