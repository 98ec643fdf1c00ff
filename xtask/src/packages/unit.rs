//! The unit of systemd: what its settings have to be for the server, and what systemd's own tools say of it.

use std::fs;
use std::process::Command;

use super::deb::output;
use super::machine::Machine;
use super::need;
use crate::run::{Outcome, say, workspace};

const FILE: &str = "deploy/debian/foldmark.service";
/// Where the package has the example of a socket.
const SOCKET: &str = "usr/share/doc/foldmark/examples/foldmark.socket";
/// The highest exposure, in tenths, that `systemd-analyze security` may find. What is left is mostly the network.
const EXPOSURE_TENTHS: u32 = 13;
/// Connections that a server has unless it is configured otherwise, and as many again for everything else.
const DESCRIPTORS: u64 = 20_000;
/// A server waits ten seconds for calls under way, and then closes its store.
const STOP_SECONDS: u64 = 20;

/// The settings of a unit file, in order.
pub(super) struct Unit(Vec<(String, String)>);

impl Unit {
    pub(super) fn read() -> Result<Unit, String> {
        let file = format!("{}/{FILE}", workspace());
        let text = fs::read_to_string(&file).map_err(|error| format!("{file}: {error}"))?;
        Ok(Unit::parse(&text))
    }

    fn parse(text: &str) -> Unit {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let settings = lines.filter_map(|line| line.split_once('='));
        Unit(settings.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// The value of a setting that is there once.
    pub(super) fn get(&self, name: &str) -> Result<&str, String> {
        let mut values =
            self.0.iter().filter(|(setting, _)| setting == name).map(|(_, value)| value.as_str());
        match (values.next(), values.next()) {
            (Some(value), None) => Ok(value),
            _ => Err(format!("{FILE} must have {name}= once")),
        }
    }

    fn number(&self, name: &str) -> Result<u64, String> {
        self.get(name)?.parse().map_err(|error| format!("{FILE}: {name}=: {error}"))
    }
}

/// What systemd cannot know: that the settings suit the server.
pub(super) fn check() -> Outcome {
    let unit = Unit::read()?;
    if unit.number("LimitNOFILE")? < DESCRIPTORS {
        return Err(format!("{FILE}: LimitNOFILE= is too low for server.connections"));
    }
    if unit.number("TimeoutStopSec")? < STOP_SECONDS {
        return Err(format!("{FILE}: TimeoutStopSec= is shorter than the server may take to end"));
    }
    for (name, value) in [
        ("Type", "notify"),
        ("WatchdogSec", "30"),
        ("Restart", "on-failure"),
        ("ExecReload", "/bin/kill -HUP $MAINPID"),
        ("StateDirectory", "foldmark"),
        ("ProtectSystem", "strict"),
        ("CapabilityBoundingSet", ""),
    ] {
        if unit.get(name)? != value {
            return Err(format!("{FILE}: {name}= is not {value:?}"));
        }
    }
    Ok(())
}

/// What systemd says: that it understands every line, that the program is there, and how much of the machine is open to it.
pub(super) fn verify(machine: &Machine) -> Outcome {
    need("systemd-analyze", "systemd")?;
    let text = fs::read_to_string(format!("{}/{FILE}", workspace())).map_err(|error| error.to_string())?;
    // The other programs of the unit are this machine's own.
    let installed = machine.path("usr/bin/foldmark").display().to_string();
    let file = machine.path("tmp/foldmark.service");
    fs::write(&file, text.replace("/usr/bin/foldmark", &installed)).map_err(|error| error.to_string())?;
    let file = file.display().to_string();
    let socket = machine.path("tmp/foldmark.socket");
    fs::copy(machine.path(SOCKET), &socket).map_err(|error| error.to_string())?;
    // It warns of what it does not know, and succeeds.
    let verified = Command::new("systemd-analyze").args(["--man=no", "verify", &file]).arg(&socket).output();
    let verified = verified.map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&verified.stderr).into_owned();
    if !verified.status.success() || said.contains("foldmark") {
        return Err(format!("systemd-analyze verify: {}\n{said}", verified.status));
    }
    let threshold = format!("--threshold={EXPOSURE_TENTHS}");
    let said =
        output(Command::new("systemd-analyze").args(["security", "--offline=true", &threshold, &file]))?;
    let overall = said.lines().find(|line| line.contains("Overall exposure level")).unwrap_or(&said);
    say(overall);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_without_comments_and_found_once() {
        let unit = Unit::parse("[Service]\n# Type=simple\nType=notify\nUMask=0077\nA=1\nA=2\nEmpty=\n");
        assert_eq!(unit.get("Type"), Ok("notify"));
        assert_eq!(unit.get("Empty"), Ok(""));
        assert_eq!(unit.number("UMask"), Ok(77));
        assert!(unit.get("A").is_err() && unit.get("B").is_err() && unit.number("Type").is_err());
    }

    #[test]
    fn the_unit_suits_the_server() {
        assert_eq!(check(), Ok(()));
    }
}
