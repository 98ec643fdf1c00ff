//! Runs the shell lines of the README as they stand, against a server started as the README says.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::run::{Outcome, say, workspace};

/// How long the server may take until it answers.
const START: Duration = Duration::from_secs(20);

/// Starts `foldmark serve` in an empty folder, and runs the README's block of calls beside it.
pub(crate) fn calls() -> Outcome {
    let readme = read(&format!("{}/README.md", workspace()))?;
    let script = block(&readme, "```sh\n").ok_or("README.md has no block of shell lines")?;
    let expected = script.lines().filter(|line| line.starts_with("call ")).count();
    let folder = std::env::temp_dir().join(format!("foldmark-readme-{}", std::process::id()));
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let outcome = run_in(&folder, script, expected);
    let removed = fs::remove_dir_all(&folder).map_err(|error| error.to_string());
    outcome.and(removed)
}

fn run_in(folder: &Path, script: &str, expected: usize) -> Outcome {
    let binaries =
        fs::canonicalize(format!("{}/target/release", workspace())).map_err(|error| error.to_string())?;
    let _server = Server::start(folder, &binaries.join("foldmark"))?;
    let path = format!("{}:{}", binaries.display(), variable("PATH"));
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
    fn start(folder: &Path, binary: &Path) -> Result<Server, String> {
        let child = Command::new(binary).arg("serve").current_dir(folder).stderr(Stdio::null()).spawn();
        let server = Server(child.map_err(|error| format!("{}: {error}", binary.display()))?);
        let pause = Duration::from_millis(50);
        for _ in 0..START.as_millis() / pause.as_millis() {
            if std::net::TcpStream::connect("127.0.0.1:8080").is_ok() {
                return Ok(server);
            }
            std::thread::sleep(pause);
        }
        Err("the server did not start".to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already, and nobody waits for its status.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The text between the line `start` and the next fence.
fn block<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    text.split_once(start)?.1.split_once("\n```").map(|(block, _)| block)
}

fn read(path: &str) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))
}

#[expect(clippy::disallowed_methods, reason = "the programs of the machine are found by PATH")]
fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_cut_out() {
        assert_eq!(block("a\n```sh\none\ntwo\n```\n", "```sh\n"), Some("one\ntwo"));
        assert_eq!(block("a", "```sh\n"), None);
    }
}
