//! Requests over TLS by `curl`, which knows nothing of Foldmark, and streams that it goes on reading.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use foldmark_harness::wait_until;
use serde_json::Value;

/// A site that is asked: its name, where it is, and whom it is trusted by.
#[derive(Clone, Debug)]
pub(super) struct Site {
    pub(super) name: &'static str,
    pub(super) at: SocketAddr,
    pub(super) certificate: PathBuf,
}

/// What came back.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// The heads of the answer, in small letters.
    pub(super) head: String,
    pub(super) text: String,
}

/// A stream that is read. It is cut when it is dropped.
pub(super) struct Stream {
    child: Child,
    told: PathBuf,
}

impl Answer {
    /// The code of the outcome, 0 for success.
    pub(super) fn code(&self) -> Result<u64, String> {
        let value: Value =
            serde_json::from_str(&self.text).map_err(|error| format!("{error}: {}", self.text))?;
        value["ErrorCode"].as_u64().ok_or_else(|| format!("no code: {}", self.text))
    }
}

impl Site {
    /// Asks for a path, with further arguments of curl's.
    pub(super) fn ask(&self, path: &str, arguments: &[&str]) -> Result<Answer, String> {
        let mut command = self.curl(path);
        command.args(["--include", "--max-time", "30"]).args(arguments);
        let out = command.output().map_err(|error| format!("curl: {error}"))?;
        if !out.status.success() {
            return Err(format!("{path}: {}", String::from_utf8_lossy(&out.stderr)));
        }
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        let mut rest = text.as_str();
        // An answer that says "go on" may stand before.
        loop {
            let (head, body) = rest.split_once("\r\n\r\n").ok_or_else(|| format!("no answer: {text}"))?;
            let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
            if status != 100 {
                return Ok(Answer { status, head: head.to_ascii_lowercase(), text: body.to_owned() });
            }
            rest = body;
        }
    }

    /// The origin that a browser names.
    pub(super) fn origin(&self) -> String {
        format!("https://{}:{}", self.name, self.at.port())
    }

    /// Reads a stream into the file `told`.
    pub(super) fn read(&self, path: &str, told: &Path, arguments: &[&str]) -> Result<Stream, String> {
        let file = File::create(told).map_err(|error| error.to_string())?;
        let mut command = self.curl(path);
        command.arg("--no-buffer").args(arguments).stdin(Stdio::null()).stdout(file).stderr(Stdio::null());
        let child = command.spawn().map_err(|error| format!("curl: {error}"))?;
        Ok(Stream { child, told: told.to_owned() })
    }

    fn curl(&self, path: &str) -> Command {
        let mut command = Command::new("curl");
        let port = self.at.port();
        command.args(["--silent", "--show-error", "--noproxy", "*", "--cacert"]).arg(&self.certificate);
        command.arg("--resolve").arg(format!("{}:{port}:127.0.0.1", self.name));
        command.arg(format!("{}{path}", self.origin()));
        command
    }
}

impl Stream {
    /// All that has come so far.
    pub(super) fn told(&self) -> String {
        fs::read_to_string(&self.told).unwrap_or_default()
    }

    /// Waits until something has come.
    pub(super) fn until(&self, wanted: &str, limit: Duration) -> Result<(), String> {
        match wait_until(limit, || self.told().contains(wanted)) {
            true => Ok(()),
            false => Err(format!("{wanted:?} did not come within {limit:?}, but {:?}", self.told())),
        }
    }

    /// Waits until the other side has ended it.
    pub(super) fn end(mut self, limit: Duration) -> Result<String, String> {
        match wait_until(limit, || matches!(self.child.try_wait(), Ok(Some(_)))) {
            true => Ok(self.told()),
            false => Err(format!("the stream does not end: {:?}", self.told())),
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // It may have ended before; then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
