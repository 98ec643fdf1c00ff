//! What a service tells its manager: the other end of `NOTIFY_SOCKET`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::time::Duration;

use crate::run::Outcome;

/// How long a service may take until it tells the next thing.
const PATIENCE: Duration = Duration::from_secs(30);

/// The manager's socket.
pub(super) struct Notifications(UnixDatagram);

impl Notifications {
    /// Listens at `file`, for whoever sends.
    pub(super) fn listen(file: &Path) -> Result<Notifications, String> {
        let failed = |error: std::io::Error| format!("{}: {error}", file.display());
        // One from before has nobody behind it.
        let _ = fs::remove_file(file);
        let socket = UnixDatagram::bind(file).map_err(failed)?;
        socket.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
        fs::set_permissions(file, fs::Permissions::from_mode(0o666)).map_err(failed)?;
        Ok(Notifications(socket))
    }

    /// Waits for the next message, which must begin with `state`.
    pub(super) fn expect(&self, state: &str) -> Outcome {
        let mut buffer = [0; 4096];
        let length = self.0.recv(&mut buffer).map_err(|error| format!("{state} was not told: {error}"))?;
        let said = String::from_utf8_lossy(&buffer[..length]);
        match said.lines().next() {
            Some(first) if first == state => Ok(()),
            _ => Err(format!("{said:?} was told in place of {state}")),
        }
    }
}
