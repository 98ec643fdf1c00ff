//! Making the Debian package: what the binary can tell of itself, and cargo-deb.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use foldmark_harness::fetch;

use super::{binary, variable};
use crate::run::{Outcome, run, run_with, workspace};

/// Where the manifest of the binary's crate looks for generated files, whatever cargo's own folder is.
const GENERATED: &str = "target/packages";

/// Makes the package in `folder`, and beside it one with the debug symbols.
pub(super) fn make(folder: &Path) -> Result<PathBuf, String> {
    let binary = binary();
    if !binary.exists() {
        return Err(format!("{} is missing; `cargo build --release` makes it", binary.display()));
    }
    changelog_is_of(&version(&binary)?)?;
    generate(&binary)?;
    if run("cargo deb --version").is_err() {
        fetch("cargo-deb", || run("cargo install cargo-deb --version =3.8.0 --locked --quiet"))?;
    }
    fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    let line = format!(
        "cargo deb --package foldmark --no-build --locked --fast --quiet --dbgsym --output {}/",
        folder.display()
    );
    let date = source_date();
    let variables: Vec<(&str, &str)> = date.iter().map(|date| ("SOURCE_DATE_EPOCH", date.as_str())).collect();
    run_with(&line, &variables)?;
    found(folder)
}

/// Man pages and completions, made by the binary that is packaged.
fn generate(binary: &Path) -> Outcome {
    let folder = Path::new(workspace()).join(GENERATED);
    let completions = folder.join("completions");
    // Pages of commands that are gone must not be packaged.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&completions).map_err(|error| format!("{}: {error}", completions.display()))?;
    output(Command::new(binary).arg("man").arg(folder.join("man")))?;
    for shell in ["bash", "fish", "zsh"] {
        let script = output(Command::new(binary).args(["completions", shell]))?;
        let file = completions.join(format!("foldmark.{shell}"));
        fs::write(&file, script).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(())
}

fn version(binary: &Path) -> Result<String, String> {
    let said = output(Command::new(binary).arg("--version"))?;
    Ok(said.trim().trim_start_matches("foldmark ").to_owned())
}

/// Packages are numbered by their changelog's first line as far as people are concerned.
fn changelog_is_of(version: &str) -> Outcome {
    let file = format!("{}/deploy/debian/changelog", workspace());
    let text = fs::read_to_string(&file).map_err(|error| format!("{file}: {error}"))?;
    match text.starts_with(&format!("foldmark ({version}-")) {
        true => Ok(()),
        false => Err(format!("{file} does not begin with version {version}")),
    }
}

/// The time that goes into the package, so that the same sources make the same bytes: the one that was given, or that of
/// the last commit. Where neither is known, cargo-deb takes that of the manifest.
fn source_date() -> Option<String> {
    variable("SOURCE_DATE_EPOCH").or_else(|| {
        let mut git = Command::new("git");
        let seconds = output(git.current_dir(workspace()).args(["log", "-1", "--format=%ct"])).ok()?;
        Some(seconds.trim().to_owned())
    })
}

fn found(folder: &Path) -> Result<PathBuf, String> {
    let entries = fs::read_dir(folder).map_err(|error| error.to_string())?;
    let mut packages = entries.flatten().map(|entry| entry.path());
    let package = packages.find(|path| path.extension().is_some_and(|extension| extension == "deb"));
    package.ok_or_else(|| format!("cargo-deb made no package in {}", folder.display()))
}

/// What a program prints, if it succeeds.
pub(super) fn output(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{command:?} failed: {}\n{said}", output.status));
    }
    String::from_utf8(output.stdout).map_err(|error| format!("{command:?}: {error}"))
}
