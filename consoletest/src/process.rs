//! Programs that run beside the harness and end with it.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
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

/// Addresses of the loopback that were free a moment ago.
pub(crate) fn free_addresses<const N: usize>() -> Result<[SocketAddr; N], String> {
    let mut listeners = Vec::new();
    for _ in 0..N {
        listeners.push(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|error| error.to_string())?);
    }
    let mut addresses = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)); N];
    for (address, listener) in addresses.iter_mut().zip(&listeners) {
        *address = listener.local_addr().map_err(|error| error.to_string())?;
    }
    Ok(addresses)
}
