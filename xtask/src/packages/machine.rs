//! A folder that plays the root of a machine: packages are installed there, and the service runs there as its unit says,
//! as its own user, with nothing to write but its data folder, without new privileges.
//!
//! What of the unit needs a running systemd (system call filters, limits of address families and of memory) is not
//! played; `systemd-analyze` looks at it.

use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use super::deb::output;
use super::unit::Unit;
use crate::run::{Outcome, say};

/// How long a server may take to answer, and to end.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(50);

/// In a namespace of mounts that ends with the process: everything read-only but the data folder, and no more of /proc than
/// the unit allows. `$1` is the root, `$2` the user, and the rest is run there.
const RUN: &str = r#"
mount --bind "$1" "$1"
mount --bind "$1/var/lib/foldmark" "$1/var/lib/foldmark"
mount -o remount,bind,ro "$1"
mount -t proc -o subset=pid,hidepid=invisible proc "$1/proc"
root=$1 user=$2
shift 2
exec setpriv --no-new-privs chroot --userspec="$user" "$root" "$@"
"#;

/// A root folder.
pub(super) struct Machine {
    root: PathBuf,
}

impl Machine {
    /// An empty one, with the libraries that a program of this machine needs.
    pub(super) fn new(root: PathBuf) -> Result<Machine, String> {
        for folder in ["etc", "proc", "tmp", "run", "var/lib/dpkg/info", "var/lib/dpkg/updates"] {
            fs::create_dir_all(root.join(folder)).map_err(|error| error.to_string())?;
        }
        for file in ["status", "available"] {
            fs::write(root.join("var/lib/dpkg").join(file), "").map_err(|error| error.to_string())?;
        }
        let machine = Machine { root };
        machine.copy_libraries()?;
        Ok(machine)
    }

    pub(super) fn path(&self, file: &str) -> PathBuf {
        self.root.join(file)
    }

    /// Runs dpkg on the folder. Scripts run with this machine's programs, and know the folder as `DPKG_ROOT`. What the
    /// package depends on is not installed there.
    pub(super) fn dpkg(&self, arguments: &[&str]) -> Outcome {
        say(&format!("$ dpkg {}", arguments.join(" ")));
        let mut dpkg = Command::new("dpkg");
        dpkg.arg(format!("--root={}", self.root.display()));
        dpkg.args(["--force-script-chrootless", "--force-depends"]).args(arguments);
        output(&mut dpkg).map(|_| ())
    }

    pub(super) fn expect_mode(&self, file: &str, mode: u32) -> Outcome {
        let metadata = fs::metadata(self.path(file)).map_err(|error| format!("{file}: {error}"))?;
        match metadata.permissions().mode() & 0o7777 {
            found if found == mode => Ok(()),
            found => Err(format!("{file} has mode {found:o} and not {mode:o}")),
        }
    }

    pub(super) fn expect_gone(&self, file: &str) -> Outcome {
        match fs::symlink_metadata(self.path(file)) {
            Ok(_) => Err(format!("{file} is there")),
            Err(_) => Ok(()),
        }
    }

    pub(super) fn expect_conffile(&self, file: &str) -> Outcome {
        let admin = format!("--admindir={}", self.path("var/lib/dpkg").display());
        let mut query = Command::new("dpkg-query");
        let listed = output(query.args([&admin, "--show", "--showformat=${Conffiles}", "foldmark"]))?;
        match listed.contains(&format!("/{file} ")) {
            true => Ok(()),
            false => Err(format!("{file} is no conffile: {listed:?}")),
        }
    }

    /// Starts the service as its unit says, asks for its health, makes a call, and stops it.
    pub(super) fn serve_and_call(&self) -> Outcome {
        let unit = Unit::read()?;
        let user = self.user(unit.get("User")?)?;
        self.make_state_folder(&unit, &user)?;
        let line = unit.get("ExecStart")?;
        say(&format!("$ {line}"));
        let log = self.root.with_extension("log");
        let mut service = self.start(line, &user, &log)?;
        let served = self.use_service(&mut service, line, &user, &log);
        let status = service.stop();
        let told = || fs::read_to_string(&log).unwrap_or_default();
        served.map_err(|error| format!("{error}\n{}", told()))?;
        match status? {
            status if status.success() => Ok(()),
            status => Err(format!("the service ended with {status}\n{}", told())),
        }
    }

    fn use_service(&self, service: &mut Service, line: &str, user: &str, log: &Path) -> Outcome {
        let calls = service.logged(log, "\"url\":\"http://")?;
        let admin = service.logged(log, "\"address\":\"")?;
        let config = line.split_once("--config ").ok_or("ExecStart= names no configuration")?.1;
        let run = |words: &[&str]| {
            let mut command =
                self.command(user, &[("FOLDMARK_ADMIN_LISTEN", &admin), ("FOLDMARK_SERVER_LISTEN", &calls)]);
            command.arg("/usr/bin/foldmark").args(words).args(["--config", config]);
            output(&mut command)
        };
        run(&["check-config"])?;
        let health = run(&["health"])?;
        if health != "ready\n" {
            return Err(format!("the service is not ready: {health}"));
        }
        let answer = run(&["call", "account_import", r#"{"UserID":"user_0001"}"#])?;
        say(answer.trim_end());
        match answer.contains(r#""ErrorCode":0"#) {
            true => Ok(()),
            false => Err(format!("the call was answered {answer}")),
        }
    }

    fn start(&self, line: &str, user: &str, log: &Path) -> Result<Service, String> {
        let file = File::create(log).map_err(|error| format!("{}: {error}", log.display()))?;
        // Any free ports, since those of the configuration may be taken on this machine.
        let mut command = self.command(
            user,
            &[("FOLDMARK_ADMIN_LISTEN", "127.0.0.1:0"), ("FOLDMARK_SERVER_LISTEN", "127.0.0.1:0")],
        );
        command.args(line.split(' ')).stderr(file).stdout(Stdio::null());
        let child = command.spawn().map_err(|error| format!("{command:?}: {error}"))?;
        Ok(Service(child))
    }

    /// A command that runs what is appended to it in the folder, as `user`.
    fn command(&self, user: &str, variables: &[(&str, &str)]) -> Command {
        let mut command = Command::new("unshare");
        command.args(["--mount", "--", "sh", "-euc", RUN, "sh"]).arg(&self.root).arg(user);
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").envs(variables.iter().copied());
        command.stdin(Stdio::null());
        command
    }

    /// The numbers, `uid:gid`, of a user whom the package has made.
    fn user(&self, name: &str) -> Result<String, String> {
        let users =
            fs::read_to_string(self.path("etc/passwd")).map_err(|error| format!("etc/passwd: {error}"))?;
        for user in users.lines() {
            let fields: Vec<&str> = user.split(':').collect();
            if let [found, _, uid, gid, ..] = fields[..]
                && found == name
            {
                return Ok(format!("{uid}:{gid}"));
            }
        }
        Err(format!("the package has not made the user {name}"))
    }

    /// What systemd does for `StateDirectory=`.
    fn make_state_folder(&self, unit: &Unit, user: &str) -> Outcome {
        let folder = self.path("var/lib").join(unit.get("StateDirectory")?);
        let mode =
            u32::from_str_radix(unit.get("StateDirectoryMode")?, 8).map_err(|error| error.to_string())?;
        let (uid, gid) = user.split_once(':').ok_or("a user has two numbers")?;
        let made = fs::create_dir_all(&folder)
            .and_then(|()| fs::set_permissions(&folder, fs::Permissions::from_mode(mode)))
            .and_then(|()| chown(&folder, uid.parse().ok(), gid.parse().ok()));
        made.map_err(|error| format!("{}: {error}", folder.display()))
    }

    /// Copies the shared libraries of the release binary, so that it can run in the folder.
    fn copy_libraries(&self) -> Outcome {
        let listed = output(Command::new("ldd").arg(super::binary()))?;
        for library in listed.split_whitespace().filter(|word| word.starts_with('/')) {
            let copy = self.path(library.trim_start_matches('/'));
            let folder = copy.parent().ok_or("a library is in a folder")?;
            let copied = fs::create_dir_all(folder).and_then(|()| fs::copy(library, &copy));
            copied.map_err(|error| format!("{library}: {error}"))?;
        }
        Ok(())
    }
}

/// A running service, killed when it is dropped.
struct Service(Child);

impl Service {
    /// What the log says between `start` and the next quotation mark, once it says so.
    fn logged(&mut self, log: &Path, start: &str) -> Result<String, String> {
        for _ in 0..PATIENCE.as_millis() / PAUSE.as_millis() {
            let text = fs::read_to_string(log).map_err(|error| error.to_string())?;
            if let Some((_, rest)) = text.split_once(start)
                && let Some((value, _)) = rest.split_once('"')
            {
                return Ok(value.to_owned());
            }
            if let Some(status) = self.0.try_wait().map_err(|error| error.to_string())? {
                return Err(format!("the service ended with {status}"));
            }
            std::thread::sleep(PAUSE);
        }
        Err(format!("the service did not tell {start}"))
    }

    /// Sends SIGTERM, as systemd does, and waits for the end.
    fn stop(&mut self) -> Result<ExitStatus, String> {
        output(Command::new("kill").args(["-TERM", &self.0.id().to_string()]))?;
        for _ in 0..PATIENCE.as_millis() / PAUSE.as_millis() {
            if let Some(status) = self.0.try_wait().map_err(|error| error.to_string())? {
                return Ok(status);
            }
            std::thread::sleep(PAUSE);
        }
        Err("the service did not end".to_owned())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may be gone already, and nobody waits for its status.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
