//! A server in a process of its own, with an embedded store in a temporary folder and free ports of the loopback.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use foldmark_wire::usersig::NewUserSig;
use tempfile::TempDir;

use crate::clock::{unix_seconds, wait_until};
use crate::http::Http;
use crate::process::{Process, free_addresses};

/// The application, and who calls for it.
pub(crate) const SDKAPPID: u32 = 1_400_000_000;
/// An administrator of the application.
pub(crate) const ADMINISTRATOR: &str = "administrator";

const KEY: &str = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e";
const STARTING: Duration = Duration::from_secs(20);

/// A running server. It is killed, and its folder removed, when it is dropped.
pub(crate) struct Server {
    _process: Process,
    home: TempDir,
    /// Where calls are served.
    pub(crate) calls: SocketAddr,
    /// Where operators are served.
    pub(crate) admin: SocketAddr,
}

impl Server {
    /// Starts the program `binary` and waits until it is ready. `more` are further lines of its configuration, after
    /// the table of the application.
    pub(crate) fn start(binary: &Path, http: &Http, more: &str) -> Result<Server, String> {
        let home = tempfile::tempdir().map_err(|error| error.to_string())?;
        let [calls, admin] = free_addresses()?;
        let config = home.path().join("foldmark.toml");
        let data = home.path().join("data");
        let text = format!(
            "[server]\nlisten = \"{calls}\"\nfailed_signatures_per_minute = 0\n\
             [admin]\nlisten = \"{admin}\"\n\
             [log]\nformat = \"text\"\nfilter = \"warn\"\n\
             [store]\npath = {data:?}\n\
             [[apps]]\nsdkappid = {SDKAPPID}\nkey = \"{KEY}\"\naccounts = \"open\"\nchat_groups = \"open\"\n{more}"
        );
        fs::write(&config, text).map_err(|error| error.to_string())?;
        let mut command = Command::new(binary);
        command.arg("serve").arg("--config").arg(&config);
        let mut process = Process::start(command, &home.path().join("server.log"))?;
        let health = format!("http://{admin}/healthz/ready");
        let mut ended = false;
        let ready = wait_until(STARTING, || {
            ended = !process.runs();
            ended || http.get(&health, &[]).is_ok_and(|answer| answer.status == 200)
        });
        let server = Server { _process: process, home, calls, admin };
        match ready && !ended {
            true => Ok(server),
            false => Err(format!("the server does not start: {}", server.log())),
        }
    }

    /// All that the server has logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.home.path().join("server.log")).unwrap_or_default()
    }
}

/// A UserSig of the administrator that is good for a day.
pub(crate) fn usersig() -> String {
    let new = NewUserSig {
        sdkappid: SDKAPPID,
        key: KEY.as_bytes(),
        identifier: ADMINISTRATOR,
        now: unix_seconds(),
        expire: 86_400,
        userbuf: None,
    };
    new.make()
}
