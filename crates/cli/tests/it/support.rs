//! Running the binary with every wait bounded, and calling what it serves.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Longer than anything takes on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) const KEY: &str = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e";

/// The binary with these arguments, and nothing of the environment that could configure it.
pub(crate) fn foldmark(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_foldmark"));
    command.args(args).current_dir(folder).env_clear().env("TMPDIR", folder).stdin(Stdio::null());
    command
}

/// How a run of the binary ended.
pub(crate) struct Ended {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs to the end, with `input` on stdin.
pub(crate) fn run_with(mut command: Command, input: &str) -> Ended {
    let mut process = Process::start(command.stdin(Stdio::piped()));
    process.child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let status = process.wait().code().expect("an exit status");
    Ended { status, stdout: process.stdout.rest(), stderr: process.stderr.rest() }
}

pub(crate) fn run(folder: &Path, args: &[&str]) -> Ended {
    run_with(foldmark(folder, args), "")
}

/// A running binary, killed when it is dropped.
pub(crate) struct Process {
    child: Child,
    pub(crate) stdout: Lines,
    pub(crate) stderr: Lines,
}

impl Process {
    pub(crate) fn start(command: &mut Command) -> Process {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdout = Lines::read(child.stdout.take().unwrap());
        let stderr = Lines::read(child.stderr.take().unwrap());
        Process { child, stdout, stderr }
    }

    /// Sends a signal such as `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    pub(crate) fn wait(&mut self) -> ExitStatus {
        let step = Duration::from_millis(5);
        for _ in 0..PATIENCE.as_millis() / step.as_millis() {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            std::thread::sleep(step);
        }
        panic!("the process did not end");
    }

    /// Sends a signal and waits for the end.
    pub(crate) fn end(&mut self, signal: &str) -> ExitStatus {
        self.signal(signal);
        self.wait()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The lines of a stream, as they come.
pub(crate) struct Lines(Receiver<String>);

impl Lines {
    #[expect(clippy::disallowed_methods, reason = "the thread ends with the process whose output it reads")]
    fn read(stream: impl Read + Send + 'static) -> Lines {
        let (sender, receiver) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stream).lines() {
                let Ok(line) = line else { return };
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Lines(receiver)
    }

    /// The next line that starts with `start`, without that.
    pub(crate) fn after(&self, start: &str) -> String {
        let line = self.find(&format!("line {start}…"), |line| line.starts_with(start));
        line.strip_prefix(start).unwrap().trim().to_owned()
    }

    /// The next line that has `part` in it.
    pub(crate) fn line_with(&self, part: &str) -> String {
        self.find(&format!("line with {part:?}"), |line| line.contains(part))
    }

    /// Takes lines until there is one like that; where none comes, those that came in its place are told.
    fn find(&self, what: &str, is_it: impl Fn(&str) -> bool) -> String {
        let mut others = String::new();
        loop {
            match self.0.recv_timeout(PATIENCE) {
                Ok(line) if is_it(&line) => return line,
                Ok(line) => others = others + &line + "\n",
                Err(error) => panic!("no {what}: {error}, after:\n{others}"),
            }
        }
    }

    /// The address that a server's log gives.
    pub(crate) fn url(&self) -> String {
        self.event("\"listening\"")["url"].as_str().unwrap().to_owned()
    }

    /// The address of the admin listener that a server's log gives.
    pub(crate) fn admin(&self) -> String {
        self.event("admin listener is open")["address"].as_str().unwrap().to_owned()
    }

    fn event(&self, part: &str) -> serde_json::Value {
        serde_json::from_str(&self.line_with(part)).unwrap()
    }

    /// Everything until the end of the stream.
    pub(crate) fn rest(&self) -> String {
        let mut text = String::new();
        while let Ok(line) = self.0.recv_timeout(PATIENCE) {
            text.push_str(&line);
            text.push('\n');
        }
        text
    }
}

/// Sends a request, given by its method and path, further header lines and body, and gives back the answer's body.
pub(crate) fn exchange(port: u16, request: &str, headers: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let length = body.len();
    let head =
        format!("{request} HTTP/1.1\r\nhost: h\r\nconnection: close\r\n{headers}content-length: {length}");
    stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{answer}")).1.to_owned()
}

/// Makes the call of a printed curl line, given without the word itself, and gives back the answer's body.
pub(crate) fn make_call(curl: &str) -> String {
    let parts: Vec<_> = curl.split('\'').collect();
    let ["-sS ", url, " -d ", body, ""] = parts[..] else { panic!("{curl}") };
    let rest = url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let length = body.len();
    let request = format!(
        "POST /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}
