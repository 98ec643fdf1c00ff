//! Runs the shell lines of the README as they stand, against a server started as the README says.

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use foldmark_harness::{quick_folder, wait_until};

use crate::packages::variable;
use crate::run::{Outcome, say, workspace};

/// Where the README's calls go: of users, and of operators.
const PORTS: [u16; 2] = [8080, 9090];

/// How long the server may take until it answers.
const START: Duration = Duration::from_secs(60);

/// The README's blocks of shell lines in their order: beside which server each runs, and how many of its answers must be
/// good.
const BLOCKS: [(&str, usize); 2] = [("serve", 15), ("dev", 2)];

/// Runs each of the README's blocks of shell lines in an empty folder, beside the server that it speaks of.
pub(crate) fn calls() -> Outcome {
    let readme = read(&format!("{}/README.md", workspace()))?;
    let mut rest = readme.as_str();
    for (server, expected) in BLOCKS {
        let (script, after) = block(rest, "```sh\n").ok_or("README.md lacks a block of shell lines")?;
        beside(server, script, expected)?;
        rest = after;
    }
    match block(rest, "```sh\n") {
        Some((script, _)) => Err(format!("nothing runs this block of README.md:\n{script}")),
        None => Ok(()),
    }
}

fn beside(server: &str, script: &str, expected: usize) -> Outcome {
    let folder = quick_folder().map_err(|error| error.to_string())?;
    run_in(folder.path(), server, script, expected)
}

fn run_in(folder: &Path, server: &str, script: &str, expected: usize) -> Outcome {
    let binaries =
        fs::canonicalize(format!("{}/target/release", workspace())).map_err(|error| error.to_string())?;
    let _server = Server::start(folder, &binaries.join("foldmark"), server)?;
    let path = format!("{}:{}", binaries.display(), variable("PATH").unwrap_or_default());
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", script])
        .current_dir(folder)
        .env("PATH", path)
        .output()
        .map_err(|error| format!("bash: {error}"))?;
    let answers = String::from_utf8_lossy(&output.stdout).into_owned();
    say(answers.trim_end());
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let good = answers.lines().filter(|line| line.contains(r#""ActionStatus":"OK""#)).count();
    if good != expected || answers.contains(r#""ResultCode":5"#) {
        return Err(format!("of {expected} calls {good} were answered OK"));
    }
    Ok(())
}

/// A started server, killed when it is dropped.
struct Server(Child);

impl Server {
    fn start(folder: &Path, binary: &Path, command: &str) -> Result<Server, String> {
        let mut line = Command::new(binary);
        line.arg(command).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null());
        if let Some(port) = PORTS.into_iter().find(|port| TcpStream::connect(("127.0.0.1", *port)).is_ok()) {
            return Err(format!("something else listens on port {port}, which the README's calls need"));
        }
        let child = line.spawn();
        let mut server = Server(child.map_err(|error| format!("{}: {error}", binary.display()))?);
        let started = wait_until(START, || {
            server.has_ended()
                || PORTS.into_iter().all(|port| TcpStream::connect(("127.0.0.1", port)).is_ok())
        });
        match started && !server.has_ended() {
            true => Ok(server),
            false => Err(format!("the server did not start: {line:?}")),
        }
    }
}

impl Server {
    fn has_ended(&mut self) -> bool {
        self.0.try_wait().is_ok_and(|status| status.is_some())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already, and nobody waits for its status.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The text between the line `start` and the next fence, and what follows.
fn block<'a>(text: &'a str, start: &str) -> Option<(&'a str, &'a str)> {
    text.split_once(start)?.1.split_once("\n```")
}

fn read(path: &str) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_cut_out() {
        assert_eq!(block("a\n```sh\none\ntwo\n```\nrest", "```sh\n"), Some(("one\ntwo", "\nrest")));
        assert_eq!(block("a", "```sh\n"), None);
    }
}
