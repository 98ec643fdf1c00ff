//! The program `foldmark` as a command that does something and ends: how it ended, how long it took, and how much
//! memory it had.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use foldmark_harness::{Watch, free_address};

use crate::server::{Launch, config};

const LOOK_EVERY: Duration = Duration::from_millis(10);
/// No command of the harness takes as long as this.
const PATIENCE: Duration = Duration::from_secs(600);

/// The program with a configuration.
pub(crate) struct Program {
    binary: PathBuf,
    config: PathBuf,
    home: PathBuf,
}

/// What a command did.
#[derive(Clone, Debug)]
pub(crate) struct Done {
    /// What it wrote to the standard output.
    pub(crate) out: String,
    /// What it wrote to the standard error.
    pub(crate) said: String,
    /// How long it took.
    pub(crate) seconds: f64,
    /// The most memory that it had, in KiB: its own, and what it had mapped and read of files.
    pub(crate) memory_kib: u64,
}

/// A command under way. It is killed when it is dropped.
struct Running {
    child: Child,
    memory_kib: u64,
}

impl Program {
    /// With these lines about the store; `name` is that of its files in `home`.
    pub(crate) fn new(binary: &Path, home: &Path, name: &str, store: &str) -> Result<Program, String> {
        let path = home.join(format!("{name}.toml"));
        // A command may start a server of its own beside one with the usual ports.
        let admin = free_address()?;
        let text = format!("[admin]\nlisten = \"{admin}\"\n{}", config(store));
        fs::write(&path, text).map_err(|error| error.to_string())?;
        Ok(Program { binary: binary.to_owned(), config: path, home: home.to_owned() })
    }

    /// With the configuration that a server was started with.
    pub(crate) fn of(launch: &Launch) -> Program {
        let home = launch.home.clone();
        Program { binary: launch.binary.clone(), config: home.join("foldmark.toml"), home }
    }

    /// Runs a command to its end, which must be a bad one. Gives its status and what it said.
    pub(crate) fn refused(&self, arguments: &[&str]) -> Result<(i32, String), String> {
        match self.run_until(arguments, || false)? {
            (done, Some(status)) if !status.success() => Ok((status.code().unwrap_or(-1), done.said)),
            (done, _) => Err(format!("`foldmark {}` did not fail: {}", arguments.join(" "), done.said)),
        }
    }

    /// Runs a command to its end, which must be a good one.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<Done, String> {
        let line = arguments.join(" ");
        match self.run_until(arguments, || false)? {
            (done, Some(status)) if status.success() => Ok(done),
            (done, _) => Err(format!("`foldmark {line}` failed: {}", done.said)),
        }
    }

    /// Runs a command to its end, whatever it is, or kills it as soon as `enough` says so; then it has no status.
    pub(crate) fn run_until(
        &self,
        arguments: &[&str],
        mut enough: impl FnMut() -> bool,
    ) -> Result<(Done, Option<ExitStatus>), String> {
        let told = |error: std::io::Error| error.to_string();
        let (out, said) = (self.home.join("out"), self.home.join("said"));
        let watch = Watch::start();
        let child = Command::new(&self.binary)
            .args(arguments)
            .arg("--config")
            .arg(&self.config)
            .current_dir(&self.home)
            .stdin(Stdio::null())
            .stdout(File::create(&out).map_err(told)?)
            .stderr(File::create(&said).map_err(told)?)
            .spawn()
            .map_err(|error| format!("cannot start {}: {error}", self.binary.display()))?;
        let mut running = Running { child, memory_kib: 0 };
        let status = loop {
            running.look();
            if let Some(status) = running.child.try_wait().map_err(told)? {
                break Some(status);
            }
            if enough() {
                break None;
            }
            if watch.time() > PATIENCE {
                return Err(format!("`foldmark {}` does not end", arguments.join(" ")));
            }
            std::thread::sleep(LOOK_EVERY);
        };
        let seconds = watch.seconds();
        let memory_kib = running.memory_kib;
        drop(running);
        let read = |path: &Path| fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let done =
            Done { out: read(&out).map_err(told)?, said: read(&said).map_err(told)?, seconds, memory_kib };
        Ok((done, status))
    }
}

impl Running {
    /// Takes the kernel's highest figure so far. Of a process that has ended there is none.
    fn look(&mut self) {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let most = most.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
        self.memory_kib = self.memory_kib.max(most.unwrap_or(0));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended before; then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
