//! A server in a process of its own, with an embedded store in a temporary folder and free ports of the loopback.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use foldmark_harness::{free_address, quick_folder, unix_seconds, wait_until};
use foldmark_wire::usersig::NewUserSig;
use serde_json::Value;
use tempfile::TempDir;

use crate::http::{Answer, Http};
use crate::process::Process;

/// The application, and who calls for it.
pub(crate) const SDKAPPID: u32 = 1_400_000_000;
/// An administrator of the application.
pub(crate) const ADMINISTRATOR: &str = "administrator";

const KEY: &str = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e";
const STARTING: Duration = Duration::from_secs(60);

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
        let home = quick_folder().map_err(|error| error.to_string())?;
        let (calls, admin) = (free_address()?, free_address()?);
        let config = home.path().join("foldmark.toml");
        let data = home.path().join("data");
        let text = format!(
            "[server]\nlisten = \"{calls}\"\nfailed_signatures_per_minute = 0\n\
             [admin]\nlisten = \"{admin}\"\nviewer_token_file = \"viewer.token\"\n\
             [log]\nformat = \"text\"\nfilter = \"warn\"\nslow_call_ms = 0\n\
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

    /// Makes a call of the protocol, such as `recentcontact/mark_contact`, which must succeed.
    pub(crate) fn call(&self, http: &Http, command: &str, body: &Value) -> Result<Value, String> {
        self.call_of(SDKAPPID, KEY, http, command, body)
    }

    /// The same of another application, whose key this is.
    pub(crate) fn call_of(
        &self,
        app: u32,
        key: &str,
        http: &Http,
        command: &str,
        body: &Value,
    ) -> Result<Value, String> {
        let url = format!(
            "http://{}/v4/{command}?sdkappid={app}&identifier={ADMINISTRATOR}&usersig={}&random=1&contenttype=json",
            self.calls,
            usersig_of(app, key)
        );
        let answer = http.send(&http::Method::POST, &url, &[], body.to_string())?;
        let value: Value = serde_json::from_str(&answer.text).map_err(|error| error.to_string())?;
        match value["ErrorCode"].as_u64() {
            Some(0) => Ok(value),
            _ => Err(format!("{command} was answered {}", answer.text)),
        }
    }

    /// Puts whole users and chat groups, each a line of an export.
    pub(crate) fn import(&self, http: &Http, lines: String) -> Result<Answer, String> {
        let url = format!("http://{}/v1/subjects", self.admin);
        let token = format!("Bearer {}", self.admin_token()?);
        http.send(&http::Method::POST, &url, &[("authorization", &token)], lines)
    }

    /// The token that lets change.
    pub(crate) fn admin_token(&self) -> Result<String, String> {
        self.secret("data/admin.token")
    }

    /// The token that lets look.
    pub(crate) fn viewer_token(&self) -> Result<String, String> {
        self.secret("viewer.token")
    }

    fn secret(&self, name: &str) -> Result<String, String> {
        let path: PathBuf = self.home.path().join(name);
        let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(text.trim().to_owned())
    }
}

/// A UserSig of the administrator that is good for a day.
pub(crate) fn usersig() -> String {
    usersig_of(SDKAPPID, KEY)
}

fn usersig_of(sdkappid: u32, key: &str) -> String {
    let new = NewUserSig {
        sdkappid,
        key: key.as_bytes(),
        identifier: ADMINISTRATOR,
        now: unix_seconds(),
        expire: 86_400,
        userbuf: None,
    };
    new.make()
}
