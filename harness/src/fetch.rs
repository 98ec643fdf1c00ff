//! What tests fetch from elsewhere: registries have bad moments, and a run of an hour should not end by one.

use std::fmt::Display;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::say;

/// Between one try and the next.
const PAUSES: [Duration; 3] = [Duration::from_secs(5), Duration::from_secs(20), Duration::from_secs(60)];
/// What Debian's packages ask before they start a service that they bring.
const POLICY: &str = "/usr/sbin/policy-rc.d";

/// Fetches something, and tries again a few times, later and later, if that fails.
pub fn fetch<T, E: Display>(what: &str, fetch: impl FnMut() -> Result<T, E>) -> Result<T, E> {
    fetch_with(what, &PAUSES, fetch)
}

fn fetch_with<T, E: Display>(
    what: &str,
    pauses: &[Duration],
    mut fetch: impl FnMut() -> Result<T, E>,
) -> Result<T, E> {
    for pause in pauses {
        match fetch() {
            Ok(fetched) => return Ok(fetched),
            Err(error) => say(&format!("{what}: {error}; again in {} s", pause.as_secs())),
        }
        thread::sleep(*pause);
    }
    fetch()
}

/// Installs packages of Debian. What they would start as a service is not started.
pub fn install_debian(packages: &[&str]) -> Result<(), String> {
    if packages.is_empty() {
        return Ok(());
    }
    let what = format!("Debian's {}", packages.join(", "));
    say(&format!("installing {what}"));
    let _no_services = NoServices::new();
    fetch(&what, || {
        apt_get(&["update"])?;
        let install = ["install", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300"];
        apt_get(&[&install, packages].concat())
    })
}

fn apt_get(arguments: &[&str]) -> Result<(), String> {
    let mut command = Command::new("apt-get");
    command.args(["-q", "-o", "Acquire::Retries=5"]).args(arguments);
    command.env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null());
    let output = command.output().map_err(|error| format!("apt-get: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let told = String::from_utf8_lossy(&output.stderr);
    Err(format!("{command:?}: {}: {}", output.status, told.trim_end()))
}

/// Keeps services from being started, unless the machine has said what it wants of that.
struct NoServices {
    is_ours: bool,
}

impl NoServices {
    fn new() -> NoServices {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o755).open(POLICY);
        // Where this cannot be written the installation fails for a better reason.
        let is_ours = file.is_ok_and(|mut file| file.write_all(b"#!/bin/sh\nexit 101\n").is_ok());
        NoServices { is_ours }
    }
}

impl Drop for NoServices {
    fn drop(&mut self) {
        if self.is_ours {
            let _ = fs::remove_file(Path::new(POLICY));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_is_tried_again_and_not_for_ever() {
        let pauses = [Duration::ZERO; 3];
        for (failures, gives) in [(0, Ok(1)), (3, Ok(4)), (4, Err("no"))] {
            let mut tries = 0;
            let fetched = fetch_with("it", &pauses, || {
                tries += 1;
                if tries > failures { Ok(tries) } else { Err("no") }
            });
            assert_eq!(fetched, gives);
            assert_eq!(tries, failures.min(3) + 1);
        }
    }
}
