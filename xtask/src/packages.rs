//! The packages: how the Debian package is made, and the part of the tests that installs it, runs it and takes it away
//! again, in a folder that plays the root of a machine.
//!
//! The binary is that of the release build, which is not built here. Root is needed, as by any installation.

mod deb;
mod machine;
mod monitoring;
mod unit;

use std::fs;
use std::path::{Path, PathBuf};

use crate::run::{Outcome, run, say, workspace};
use machine::Machine;

/// What has to be where, with which mode, after the installation.
const FILES: &[(&str, u32)] = &[
    ("usr/bin/foldmark", 0o755),
    ("etc/foldmark/foldmark.toml", 0o644),
    ("usr/lib/systemd/system/foldmark.service", 0o644),
    ("usr/lib/sysusers.d/foldmark.conf", 0o644),
    ("usr/share/man/man1/foldmark.1.gz", 0o644),
    ("usr/share/man/man1/foldmark-serve.1.gz", 0o644),
    ("usr/share/man/man5/foldmark.toml.5.gz", 0o644),
    ("usr/share/bash-completion/completions/foldmark", 0o644),
    ("usr/share/zsh/vendor-completions/_foldmark", 0o644),
    ("usr/share/fish/vendor_completions.d/foldmark.fish", 0o644),
    ("usr/share/doc/foldmark/copyright", 0o644),
    ("usr/share/doc/foldmark/changelog.Debian.gz", 0o644),
    ("usr/share/doc/foldmark/CHANGELOG.md", 0o644),
    ("usr/share/doc/foldmark/OPERATIONS.md", 0o644),
];

const CONFFILE: &str = "etc/foldmark/foldmark.toml";

/// The release binary, which the package holds and the tests run.
pub(crate) fn binary() -> PathBuf {
    target_folder().join("release/foldmark")
}

/// `cargo xtask deb`: makes the package from the release binary, and says where it is.
pub(crate) fn make_deb() -> Outcome {
    let folder = target_folder().join("debian");
    let package = deb::make(&folder)?;
    say(&package.display().to_string());
    Ok(())
}

/// `cargo xtask metrics`: the names of all metrics that the dashboard and the alerts use.
pub(crate) fn list_metrics() -> Outcome {
    for name in monitoring::metric_names()? {
        say(&name);
    }
    Ok(())
}

/// The part `packages`.
pub(crate) fn test() -> Outcome {
    unit::check()?;
    monitoring::check()?;
    let folder = std::env::temp_dir().join(format!("foldmark-packages-{}", std::process::id()));
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let outcome = live_through(&folder);
    let removed = fs::remove_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()));
    outcome.and(removed)
}

/// The life of a package: installed, used, upgraded, removed, purged.
fn live_through(folder: &Path) -> Outcome {
    let package = deb::make(folder)?;
    let machine = Machine::new(folder.join("root"))?;
    machine.dpkg(&["--install", &package.display().to_string()])?;
    for (file, mode) in FILES {
        machine.expect_mode(file, *mode)?;
    }
    machine.expect_conffile(CONFFILE)?;
    machine.expect_gone("etc/systemd/system/multi-user.target.wants/foldmark.service")?;
    unit::verify(&machine)?;
    machine.serve_and_call()?;

    // What an operator has written stays through an upgrade and a removal, and so does the data.
    let conffile = machine.path(CONFFILE);
    let edited = fs::read_to_string(&conffile).map_err(|error| error.to_string())? + "# edited\n";
    fs::write(&conffile, &edited).map_err(|error| error.to_string())?;
    machine.dpkg(&["--install", &package.display().to_string()])?;
    expect_text(&conffile, &edited)?;
    machine.serve_and_call()?;
    machine.dpkg(&["--remove", "foldmark"])?;
    expect_text(&conffile, &edited)?;
    machine.expect_gone("usr/bin/foldmark")?;
    machine.expect_gone("usr/lib/systemd/system/foldmark.service")?;
    machine.dpkg(&["--purge", "foldmark"])?;
    machine.expect_gone(CONFFILE)?;
    machine.expect_mode("var/lib/foldmark/data.mdb", 0o600)
}

fn expect_text(file: &Path, expected: &str) -> Outcome {
    match fs::read_to_string(file) {
        Ok(text) if text == expected => Ok(()),
        Ok(_) => Err(format!("{} was changed", file.display())),
        Err(error) => Err(format!("{}: {error}", file.display())),
    }
}

/// Installs Debian's package `name` unless `program` can be started.
fn need(program: &str, name: &str) -> Outcome {
    if std::process::Command::new(program).arg("--version").output().is_ok() {
        return Ok(());
    }
    run("apt-get update -q")?;
    run(&format!("apt-get install -q -y --no-install-recommends {name}"))
}

fn target_folder() -> PathBuf {
    match variable("CARGO_TARGET_DIR") {
        Some(folder) => Path::new(workspace()).join(folder),
        None => Path::new(workspace()).join("target"),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "where cargo builds, and when a release is from, are told this way"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
