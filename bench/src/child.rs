//! Programs that are started here and end with their guard.

use std::fs::File;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use foldmark_harness::install_debian;
use rustix::process::{Pid, Signal, kill_process};
use rustix::thread::{CpuSet, sched_setaffinity};

use crate::compare::Failure;

/// How often and how long apart a program is looked at that is starting: a minute altogether.
const LOOKS: u32 = 12_000;
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// A program that was started. Dropping it kills it.
pub(crate) struct Guard {
    child: Child,
    name: String,
    /// What asks the program to end.
    ending: Signal,
}

impl Guard {
    /// Starts a program whose output goes to a log file in `folder`. A pinned one has the first processor alone.
    pub(crate) fn start(name: &str, mut command: Command, folder: &Path) -> Result<Guard, Failure> {
        let log = File::create(folder.join(format!("{name}.log")))?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let child = command.spawn().map_err(|error| format!("{name} does not start: {error}"))?;
        Ok(Guard { child, name: name.to_owned(), ending: Signal::KILL })
    }

    /// The guard of a program that has children of its own and ends them when it is sent this.
    pub(crate) fn ending_with(mut self, signal: Signal) -> Guard {
        self.ending = signal;
        self
    }

    /// The process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until something listens at `address`.
    pub(crate) fn await_listener(&mut self, address: SocketAddr) -> Result<(), Failure> {
        for _ in 0..LOOKS {
            if TcpStream::connect(address).is_ok() {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                return Err(format!("{} ended with {status}; its log tells why", self.name).into());
            }
            sleep(LOOK_EVERY);
        }
        Err(format!("{} does not listen at {address}", self.name).into())
    }

    /// Kills the program as a crash would and waits until it is gone.
    pub(crate) fn kill(mut self) -> Result<(), Failure> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // It may have ended already; there is nobody to tell.
        if let Some(id) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process(id, self.ending);
        }
        for _ in 0..LOOKS {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            sleep(LOOK_EVERY);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A command that runs on the first processor alone if it is pinned.
pub(crate) fn command(program: impl AsRef<Path>, pinned: bool) -> Command {
    if !pinned {
        return Command::new(program.as_ref());
    }
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", "0"]).arg(program.as_ref());
    command
}

/// Keeps this thread on the second processor, or lets it go anywhere.
pub(crate) fn pin_self(pinned: bool) -> Result<(), Failure> {
    let mut processors = CpuSet::new();
    for processor in 0..CpuSet::MAX_CPU {
        if !pinned || processor == 1 {
            processors.set(processor);
        }
    }
    Ok(sched_setaffinity(None, &processors)?)
}

/// Keeps this thread on the first processor, where a pinned server would be.
pub(crate) fn pin_self_to_first() -> Result<(), Failure> {
    let mut processors = CpuSet::new();
    processors.set(0);
    Ok(sched_setaffinity(None, &processors)?)
}

/// Runs a program to its end and gives its output.
pub(crate) fn run(what: &str, command: &mut Command) -> Result<String, Failure> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("{what}: {error}"))?;
    if !output.status.success() {
        let told = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{what}: {}: {told}", output.status).into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Installs a package of Debian unless the file that it brings is there.
pub(crate) fn install(package: &str, brings: &str) -> Result<(), Failure> {
    if Path::new(brings).exists() {
        return Ok(());
    }
    Ok(install_debian(&[package])?)
}
