//! Programs that run beside the harness and end with it.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A running program. It is killed when it is dropped.
pub(crate) struct Process(Child);

impl Process {
    /// Starts it; what it says goes to `log`.
    pub(crate) fn start(mut command: Command, log: &Path) -> Result<Process, String> {
        let told = |error: std::io::Error| format!("cannot start {:?}: {error}", command.get_program());
        let out = File::create(log).map_err(told)?;
        let err = out.try_clone().map_err(told)?;
        let name = command.get_program().to_owned();
        command.stdin(Stdio::null()).stdout(out).stderr(err);
        let child = command.spawn().map_err(|error| format!("cannot start {name:?}: {error}"))?;
        Ok(Process(child))
    }

    /// Sends it a signal, such as `STOP`.
    pub(crate) fn signal(&self, name: &str) -> Result<(), String> {
        let line = format!("kill -{name} {}", self.0.id());
        match Command::new("sh").arg("-c").arg(&line).status() {
            Ok(status) if status.success() => Ok(()),
            other => Err(format!("{line}: {other:?}")),
        }
    }

    /// Whether it still runs.
    pub(crate) fn runs(&mut self) -> bool {
        matches!(self.0.try_wait(), Ok(None))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended before; then there is nothing to kill.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
