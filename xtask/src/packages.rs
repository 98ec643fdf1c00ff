//! The packages: how the Debian package is made, and the part of the tests that installs it, runs it and takes it away
//! again, in a folder that plays the root of a machine.
//!
//! The binary is that of the release build, which is not built here. Root is needed, as by any installation.

mod deb;
mod machine;
mod monitoring;
mod notify;
mod service;
mod unit;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use foldmark_harness::install_debian;

use crate::run::{Outcome, say, workspace};
use machine::Machine;
use service::Visit;

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
    ("usr/share/doc/foldmark/examples/foldmark.socket", 0o644),
    ("usr/share/doc/foldmark/examples/alerts.yml", 0o644),
    ("usr/share/doc/foldmark/examples/grafana.json", 0o644),
    ("usr/share/doc/foldmark/examples/nginx.conf", 0o644),
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
    // What a run left that was cut off.
    let _ = fs::remove_dir_all(&folder);
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
    service::serve(&machine, use_unconfigured)?;

    // What an operator has written stays through an upgrade and a removal, and so does the data.
    let edited = configure(&machine)?;
    service::serve(&machine, use_configured)?;
    machine.dpkg(&["--install", &package.display().to_string()])?;
    expect_text(&machine.path(CONFFILE), &edited)?;
    service::serve(&machine, use_configured)?;
    machine.dpkg(&["--remove", "foldmark"])?;
    expect_text(&machine.path(CONFFILE), &edited)?;
    machine.expect_gone("usr/bin/foldmark")?;
    machine.expect_gone("usr/lib/systemd/system/foldmark.service")?;
    machine.dpkg(&["--purge", "foldmark"])?;
    machine.expect_gone(CONFFILE)?;
    machine.expect_mode("var/lib/foldmark/data.mdb", 0o600)
}

/// The service as it was installed.
fn use_unconfigured(visit: &Visit<'_>) -> Outcome {
    visit.run(&["check-config"])?;
    let health = visit.run(&["health"])?;
    if health != "ready\n" {
        return Err(format!("the service is not ready: {health}"));
    }
    import_a_user(visit)
}

/// The service with a certificate and an application, in which a user can have one group.
fn use_configured(visit: &Visit<'_>) -> Outcome {
    import_a_user(visit)?;
    // It is there already when the service is used for the second time.
    let _ = visit.run(&["call", "create_contact_group", &group("first")]);
    match visit.run(&["call", "create_contact_group", &group("second")]) {
        Err(refused) if refused.contains("at most 1 conversation groups") => {}
        other => return Err(format!("a second group was not refused by the limit: {other:?}")),
    }
    monitoring::compare_with(&visit.admin)
}

fn import_a_user(visit: &Visit<'_>) -> Outcome {
    let answer = visit.run(&["call", "account_import", r#"{"UserID":"user_0001"}"#])?;
    say(answer.trim_end());
    match answer.contains(r#""ErrorCode":0"#) {
        true => Ok(()),
        false => Err(format!("the call was answered {answer}")),
    }
}

fn group(name: &str) -> String {
    format!(
        r#"{{"From_Account":"user_0001","GroupContactItem":[{{"GroupName":"{name}","ContactItem":[{{"Type":1,"To_Account":"user_0001"}}]}}]}}"#
    )
}

/// What an operator adds to the packaged file.
const ADDED: &str = r#"
[server.tls]
certificate = "tls.crt"
key = "tls.key"
listen = ["127.0.0.1:0"]

[[apps]]
sdkappid = 1400000001
key_file = "app.key"
[apps.limits]
groups = 1
"#;

/// Edits the configuration as an operator would, and gives back its text.
fn configure(machine: &Machine) -> Result<String, String> {
    need("openssl", "openssl")?;
    let folder = machine.path("etc/foldmark");
    let request = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=localhost \
                   -addext subjectAltName=DNS:localhost -keyout tls.key -out tls.crt";
    deb::output(Command::new("openssl").args(request.split_whitespace()).current_dir(&folder))?;
    let key = fs::read_to_string(folder.join("tls.key")).map_err(|error| format!("tls.key: {error}"))?;
    machine.write_secret("etc/foldmark/tls.key", &key)?;
    machine.write_secret("etc/foldmark/app.key", "a key of the test's own\n")?;
    let conffile = machine.path(CONFFILE);
    let edited = fs::read_to_string(&conffile).map_err(|error| error.to_string())? + ADDED;
    fs::write(&conffile, &edited).map_err(|error| error.to_string())?;
    Ok(edited)
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
    if Command::new(program).arg("--version").output().is_ok() {
        return Ok(());
    }
    install_debian(&[name])
}

/// Where cargo builds.
pub(crate) fn target_folder() -> PathBuf {
    match variable("CARGO_TARGET_DIR") {
        Some(folder) => Path::new(workspace()).join(folder),
        None => Path::new(workspace()).join("target"),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "where cargo builds, where programs are, and when a release is from, are told this way"
)]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
