//! The installed service, from its start to its end, as its unit says.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use super::deb::output;
use super::machine::Machine;
use super::notify::Notifications;
use super::unit::Unit;
use crate::run::{Outcome, say};

/// How long a server may take to answer, and to end.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(50);

/// Where the service finds its manager.
const SOCKET: &str = "run/notify";
/// Any free ports, since those of the configuration may be taken on this machine.
const ANY_PORTS: [(&str, &str); 2] =
    [("FOLDMARK_ADMIN_LISTEN", "127.0.0.1:0"), ("FOLDMARK_SERVER_LISTEN", "127.0.0.1:0")];

/// A service that is running, and where it is reached.
pub(super) struct Visit<'a> {
    machine: &'a Machine,
    config: &'a str,
    calls: String,
    /// The admin listener's address.
    pub(super) admin: String,
}

impl Visit<'_> {
    /// Runs a command of the installed program beside the service, as its user, with its configuration. Gives
    /// back what it says: to stdout, or to stderr if it fails.
    pub(super) fn run(&self, words: &[&str]) -> Result<String, String> {
        let ports = [("FOLDMARK_ADMIN_LISTEN", self.admin.as_str()), ("FOLDMARK_SERVER_LISTEN", &self.calls)];
        let mut command = self.machine.command(&ports)?;
        command.arg("/usr/bin/foldmark").args(words).args(["--config", self.config]);
        let ended = command.output().map_err(|error| format!("{command:?}: {error}"))?;
        match ended.status.success() {
            true => Ok(String::from_utf8_lossy(&ended.stdout).into_owned()),
            false => Err(String::from_utf8_lossy(&ended.stderr).into_owned()),
        }
    }
}

/// Starts the service and waits until it tells that it is ready, uses it, has it read its configuration again, and stops
/// it.
pub(super) fn serve(machine: &Machine, work: impl FnOnce(&Visit<'_>) -> Outcome) -> Outcome {
    let unit = Unit::read()?;
    machine.make_state_folder(&unit)?;
    let line = unit.get("ExecStart")?;
    say(&format!("$ {line}"));
    let log = machine.path("tmp/service.log");
    let notifications = Notifications::listen(&machine.path(SOCKET))?;
    let mut service = Service::start(machine, line, &log)?;
    let served = notifications
        .expect("READY=1")
        .and_then(|()| visit(machine, &mut service, line))
        .and_then(|visit| work(&visit))
        .and_then(|()| service.reload(&unit, &notifications));
    let status = service.stop();
    let told = || fs::read_to_string(&log).unwrap_or_default();
    served.map_err(|error| format!("{error}\n{}", told()))?;
    match status? {
        status if status.success() => notifications.expect("STOPPING=1"),
        status => Err(format!("the service ended with {status}\n{}", told())),
    }
}

fn visit<'a>(machine: &'a Machine, service: &mut Service, line: &'a str) -> Result<Visit<'a>, String> {
    let (_, config) = line.split_once("--config ").ok_or("ExecStart= names no configuration")?;
    let calls = service.logged("\"url\":\"http://")?;
    let admin = service.logged("\"address\":\"")?;
    Ok(Visit { machine, config, calls, admin })
}

/// A running process, killed when it is dropped.
struct Service {
    child: Child,
    log: PathBuf,
}

impl Service {
    fn start(machine: &Machine, line: &str, log: &Path) -> Result<Service, String> {
        let file = File::create(log).map_err(|error| format!("{}: {error}", log.display()))?;
        let socket = format!("/{SOCKET}");
        let mut command = machine.command(&ANY_PORTS)?;
        command.env("NOTIFY_SOCKET", socket).args(line.split(' ')).stderr(file).stdout(Stdio::null());
        let child = command.spawn().map_err(|error| format!("{command:?}: {error}"))?;
        Ok(Service { child, log: log.to_owned() })
    }

    /// What the log says between `start` and the next quotation mark, once it says so.
    fn logged(&mut self, start: &str) -> Result<String, String> {
        for _ in 0..PATIENCE.as_millis() / PAUSE.as_millis() {
            let text = fs::read_to_string(&self.log).map_err(|error| error.to_string())?;
            if let Some((_, rest)) = text.split_once(start)
                && let Some((value, _)) = rest.split_once('"')
            {
                return Ok(value.to_owned());
            }
            if let Some(status) = self.ended()? {
                return Err(format!("the service ended with {status}"));
            }
            std::thread::sleep(PAUSE);
        }
        Err(format!("the service did not tell {start}"))
    }

    /// Does what `ExecReload=` says, and waits until the service tells that it is done.
    fn reload(&self, unit: &Unit, notifications: &Notifications) -> Outcome {
        let line = unit.get("ExecReload")?.replace("$MAINPID", &self.child.id().to_string());
        say(&format!("$ {line}"));
        let mut words = line.split(' ');
        output(Command::new(words.next().unwrap_or_default()).args(words))?;
        notifications.expect("RELOADING=1")?;
        notifications.expect("READY=1")
    }

    /// Sends SIGTERM, as systemd does, and waits for the end.
    fn stop(&mut self) -> Result<ExitStatus, String> {
        output(Command::new("kill").args(["-TERM", &self.child.id().to_string()]))?;
        for _ in 0..PATIENCE.as_millis() / PAUSE.as_millis() {
            if let Some(status) = self.ended()? {
                return Ok(status);
            }
            std::thread::sleep(PAUSE);
        }
        Err("the service did not end".to_owned())
    }

    fn ended(&mut self) -> Result<Option<ExitStatus>, String> {
        self.child.try_wait().map_err(|error| error.to_string())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may be gone already, and nobody waits for its status.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
