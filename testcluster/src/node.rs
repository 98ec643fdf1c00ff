//! One node: its folder, its process, and the shell that watches over it.

use std::fs;
use std::io::Write;
use std::net::Ipv4Addr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;

use crate::config;
use crate::install::end_of;
use crate::{Error, LOOK_EVERY, Life};

/// How much of a log is told when a node fails.
const LOG_BYTES: usize = 4_000;

/// Starts the node and waits for a word on standard input. When it comes, or when nobody is left who could send one,
/// it kills the node; unless the word is `keep`, it removes the node's folder too.
const WATCH: &str = r#"
folder=$1
shift
"$@" </dev/null >>"$folder/log" 2>&1 &
node=$!
echo "$node" >"$folder/pid.new"
mv "$folder/pid.new" "$folder/pid"
word=
read -r word
kill -KILL "$node" 2>/dev/null
wait "$node"
if [ "$word" != keep ]; then
    rm -rf "$folder"
    rmdir "$(dirname "$folder")" 2>/dev/null
fi
exit 0
"#;

/// One node, which may be running or not.
#[derive(Debug)]
pub(crate) struct Node {
    folder: PathBuf,
    address: Ipv4Addr,
    command: Vec<String>,
    process: Option<Process>,
}

#[derive(Debug)]
struct Process {
    watcher: Child,
    pid: u32,
}

impl Node {
    /// Writes the node's configuration.
    pub(crate) fn prepare(
        folder: PathBuf,
        address: Ipv4Addr,
        seed: Ipv4Addr,
        number: usize,
        java: &Path,
        jars: &Path,
        life: Life,
    ) -> Result<Node, Error> {
        let failed = |source| Error::io(format!("write the configuration in {}", folder.display()), source);
        fs::create_dir_all(&folder).map_err(failed)?;
        fs::write(folder.join("cassandra.yaml"), config::yaml(&folder, address, seed)).map_err(failed)?;
        fs::write(folder.join("logback.xml"), config::LOGBACK).map_err(failed)?;
        let mut command = vec![java.display().to_string()];
        command.extend(config::java_options(&folder, number, jars, life));
        Ok(Node { folder, address, command, process: None })
    }

    pub(crate) fn address(&self) -> Ipv4Addr {
        self.address
    }

    /// Starts the process. It takes a while until it serves clients.
    pub(crate) fn start(&mut self) -> Result<(), Error> {
        let _ = fs::remove_file(self.folder.join("pid"));
        let watcher = Command::new("sh")
            .args(["-c", WATCH, "sh"])
            .arg(&self.folder)
            .args(&self.command)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Not in the terminal's group: Ctrl-C must reach the test alone, whose end then ends the node.
            .process_group(0)
            .spawn()
            .map_err(|source| Error::io("run sh", source))?;
        for _ in 0..100 {
            let pid = fs::read_to_string(self.folder.join("pid")).unwrap_or_default();
            if let Ok(pid) = pid.trim().parse() {
                self.process = Some(Process { watcher, pid });
                return Ok(());
            }
            sleep(LOOK_EVERY);
        }
        Err(self.failed("was not started"))
    }

    pub(crate) fn has_process(&self) -> bool {
        self.process.is_some()
    }

    /// Whether the process is alive. A dead one stays a zombie until its watcher ends, which counts as dead here.
    pub(crate) fn is_running(&self) -> bool {
        let Some(process) = &self.process else {
            return false;
        };
        let status = fs::read_to_string(format!("/proc/{}/stat", process.pid)).unwrap_or_default();
        // `pid (name) state …`
        status.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
    }

    /// Sends a signal to the process.
    pub(crate) fn signal(&self, name: &str) -> Result<(), Error> {
        let Some(process) = &self.process else {
            return Err(self.failed("is not running"));
        };
        let sent = Command::new("kill")
            .args([format!("-{name}"), process.pid.to_string()])
            .status()
            .map_err(|source| Error::io("run kill", source))?;
        if sent.success() { Ok(()) } else { Err(self.failed("cannot be sent a signal")) }
    }

    /// Kills the process and keeps its data.
    pub(crate) fn kill(&mut self) -> Result<(), Error> {
        self.end(b"keep\n").map_err(|source| Error::io("kill a node", source))
    }

    /// Kills the process and removes its data.
    pub(crate) fn remove(&mut self) {
        // There is nobody to tell that a test's folder is left behind.
        let _ = self.end(b"remove\n");
    }

    pub(crate) fn log(&self) -> String {
        let bytes = fs::read(self.folder.join("log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    pub(crate) fn failed(&self, what: &str) -> Error {
        Error::Node {
            what: format!("the node {} {what}", self.address),
            log: end_of(&self.log(), LOG_BYTES).to_owned(),
        }
    }

    fn end(&mut self, word: &[u8]) -> std::io::Result<()> {
        let Some(mut process) = self.process.take() else {
            return Ok(());
        };
        if let Some(mut pipe) = process.watcher.stdin.take() {
            pipe.write_all(word)?;
        }
        process.watcher.wait().map(|_| ())
    }
}
