//! The part that tries clients of other people: installs what their languages need, and runs the driver in
//! `conformance/`, a workspace of its own.

use std::process::Command;

use foldmark_harness::{fetch, install_debian};

use crate::packages;
use crate::run::{Outcome, run, run_in, run_with, workspace};

/// A program that has to be there, and the package of Debian's that brings it.
const PROGRAMS: &[(&str, &str, &str)] = &[
    ("openssl", "version", "openssl"),
    ("curl", "--version", "curl"),
    // What makes environments of their own; Debian has it apart from Python itself.
    ("python3", "-m ensurepip --version", "python3-venv"),
    ("node", "--version", "nodejs"),
    ("npm", "--version", "npm"),
    ("go", "version", "golang-go"),
    ("javac", "-version", "default-jdk-headless"),
    ("mvn", "--version", "maven"),
    ("php", "--version", "php-cli"),
    ("php", "--ri curl", "php-curl"),
    // The Rust client is built against OpenSSL, which this finds.
    ("pkg-config", "--version", "pkg-config"),
    ("pkg-config", "--exists openssl", "libssl-dev"),
];

/// The part `clients`. Root is needed, to let clients with a fixed host find the server under its name.
pub(crate) fn test() -> Outcome {
    let missing: Vec<&str> =
        PROGRAMS.iter().filter(|(program, check, _)| !works(program, check)).map(|found| found.2).collect();
    install_debian(&missing)?;
    // The programs that the console writes, in the languages too that not every machine has.
    let languages = ("FOLDMARK_SNIPPETS", "java,php");
    run_with("cargo test --locked --quiet --package foldmark --test it snippets", &[languages])?;
    let libraries = webhook_libraries()?;
    let libraries = ("FOLDMARK_WEBHOOK_LIBRARIES", &*libraries);
    run_with(
        "cargo test --locked --quiet --package foldmark --features library-tests --test it webhook",
        &[libraries],
    )?;
    run("cargo build --release --locked --quiet --package foldmark")?;
    run_in("conformance", "cargo test --locked --quiet")?;
    let server = packages::binary();
    run_in("conformance", &format!("cargo run --locked --quiet -- --server {}", server.display()))
}

/// Fetches what receivers of webhooks check signatures with, in Python and Node.js, as the lists beside the test name it.
/// Gives the folder.
fn webhook_libraries() -> Result<String, String> {
    let folder = packages::target_folder().join("webhook-libraries");
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for list in ["requirements.txt", "package.json", "package-lock.json"] {
        let from = format!("{}/crates/cli/tests/it/webhooks/{list}", workspace());
        std::fs::copy(&from, folder.join(list)).map_err(|error| format!("{from}: {error}"))?;
    }
    let folder = folder.display().to_string();
    run(&format!("python3 -m venv {folder}/python"))?;
    let pip = format!(
        "{folder}/python/bin/pip install --quiet --disable-pip-version-check --no-deps --requirement {folder}/requirements.txt"
    );
    fetch("what receivers in Python need", || run(&pip))?;
    let npm = format!("npm ci --ignore-scripts --no-audit --no-fund --loglevel=error --prefix {folder}");
    fetch("what receivers in Node.js need", || run(&npm))?;
    Ok(folder)
}

fn works(program: &str, check: &str) -> bool {
    Command::new(program).args(check.split(' ')).output().is_ok_and(|output| output.status.success())
}
