//! A server in a process of its own: started from a configuration on free ports of the loopback, watched, and killed.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use foldmark_harness::{free_address, wait_until};

use crate::http::{Http, KEY, SDKAPPID};

/// Connecting to a cluster that is just starting, and making its tables, takes a while.
const STARTING: Duration = Duration::from_secs(120);

/// How to start a server.
#[derive(Clone, Debug)]
pub(crate) struct Launch {
    /// The program `foldmark`.
    pub(crate) binary: PathBuf,
    /// Where its data is, unless `cluster` says otherwise.
    pub(crate) data: PathBuf,
    /// The lines of its configuration that name a cluster as its store.
    pub(crate) cluster: Option<String>,
    /// Further lines of the configuration's tables `server` and `store`.
    pub(crate) server: String,
    pub(crate) store: String,
    /// Further tables of its application.
    pub(crate) apps: String,
    /// Where its configuration and its log are written.
    pub(crate) home: PathBuf,
    /// Variables of its environment.
    pub(crate) environment: Vec<(String, String)>,
    /// How many files it may have open; `None` leaves it at ours.
    pub(crate) descriptors: Option<u32>,
    /// Where it is called and where its health is asked; `None` takes free addresses at each start.
    pub(crate) addresses: Option<(SocketAddr, SocketAddr)>,
}

/// A running server. It is killed when it is dropped.
pub(crate) struct Server {
    child: Child,
    /// Where it is called.
    pub(crate) address: SocketAddr,
    /// Where its health is asked.
    pub(crate) admin: SocketAddr,
}

impl Launch {
    /// A server with its data in `home/data`.
    pub(crate) fn new(binary: &Path, home: &Path) -> Launch {
        Launch {
            binary: binary.to_owned(),
            data: home.join("data"),
            cluster: None,
            server: String::new(),
            store: String::new(),
            apps: String::new(),
            home: home.to_owned(),
            environment: Vec::new(),
            descriptors: None,
            addresses: None,
        }
    }

    /// Starts the server and waits until it is ready.
    pub(crate) fn start(&self) -> Result<Server, String> {
        let mut server = self.spawn()?;
        let mut ended = None;
        let ready = wait_until(STARTING, || {
            ended = server.child.try_wait().ok().flatten();
            ended.is_some() || server.ready().is_ok()
        });
        match (ready, ended) {
            (true, None) => Ok(server),
            (_, Some(status)) => Err(format!("the server ended with {status}: {}", self.log())),
            (false, None) => Err(format!("the server is not ready: {}", self.log())),
        }
    }

    /// Starts the server and does not wait for it.
    pub(crate) fn spawn(&self) -> Result<Server, String> {
        let (address, admin) = match self.addresses {
            Some(addresses) => addresses,
            None => (free_address()?, free_address()?),
        };
        let config = self.home.join("foldmark.toml");
        fs::write(&config, self.config(address, admin)).map_err(|error| error.to_string())?;
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.home.join("server.log"))
            .map_err(|error| error.to_string())?;
        let again = log.try_clone().map_err(|error| error.to_string())?;
        let mut command = match self.descriptors {
            None => Command::new(&self.binary),
            Some(number) => {
                let mut shell = Command::new("sh");
                shell.arg("-c").arg(format!("ulimit -n {number}; exec \"$0\" \"$@\""));
                shell.arg(&self.binary);
                shell
            }
        };
        command.arg("serve").arg("--config").arg(&config);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(log).stderr(again);
        let child =
            command.spawn().map_err(|error| format!("cannot start {}: {error}", self.binary.display()))?;
        Ok(Server { child, address, admin })
    }

    /// Starts a server that is expected to refuse. Gives its status and what it said.
    pub(crate) fn refused(&self) -> Result<(ExitStatus, String), String> {
        let before = self.log_text().len();
        let mut server = self.spawn()?;
        let mut status = None;
        wait_until(STARTING, || {
            status = server.child.try_wait().ok().flatten();
            status.is_some()
        });
        let said = self.log_text().split_off(before);
        match status {
            Some(status) => Ok((status, said)),
            None => Err(format!("the server started, or hangs: {said}")),
        }
    }

    /// The end of the server's log, for people.
    pub(crate) fn log(&self) -> String {
        let text = self.log_text();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(8)..].join(" | ")
    }

    fn log_text(&self) -> String {
        let bytes = fs::read(self.home.join("server.log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn config(&self, address: SocketAddr, admin: SocketAddr) -> String {
        let store = match &self.cluster {
            Some(lines) => lines.clone(),
            None => folder_store(&self.data) + &self.store,
        };
        let (server, apps) = (&self.server, &self.apps);
        let rest = config(&store);
        format!("[server]\nlisten = \"{address}\"\n{server}[admin]\nlisten = \"{admin}\"\n{rest}{apps}")
    }
}

/// What every configuration of the harness has, with these lines about the store.
pub(crate) fn config(store: &str) -> String {
    format!(
        "[log]\nformat = \"text\"\nfilter = \"warn\"\n\
         [store]\n{store}\
         [[apps]]\nsdkappid = {SDKAPPID}\nkey = \"{KEY}\"\naccounts = \"open\"\nchat_groups = \"open\"\n\
         [apps.limits]\ncalls_per_second = 0\n"
    )
}

/// The lines that name an embedded store.
pub(crate) fn folder_store(data: &Path) -> String {
    format!("path = {data:?}\n")
}

/// The lines that name a keyspace of a cluster with three copies.
pub(crate) fn cluster_store(points: &[SocketAddr], keyspace: &str) -> String {
    let points: Vec<String> = points.iter().map(|point| format!("\"{point}\"")).collect();
    format!(
        "kind = \"cassandra\"\ncontact_points = [{}]\nkeyspace = \"{keyspace}\"\n\
         local_datacenter = \"datacenter1\"\nreplication = {{ datacenter1 = 3 }}\n",
        points.join(", ")
    )
}

impl Server {
    /// Connects to it.
    pub(crate) fn connect(&self) -> Result<Http, String> {
        Http::connect(self.address)
    }

    /// What the health check says: an error is the reason why it is not ready.
    pub(crate) fn ready(&self) -> Result<(), String> {
        let answer = Http::connect(self.admin)?.get("/healthz/ready")?;
        match answer.status {
            200 => Ok(()),
            _ => Err(answer.text),
        }
    }

    /// Waits for the health check to be good (or bad, as `expected` says).
    pub(crate) fn wait_ready(&self, expected: bool) -> Result<(), String> {
        let limit = Duration::from_secs(60);
        if wait_until(limit, || self.ready().is_ok() == expected) {
            return Ok(());
        }
        Err(match expected {
            true => format!("the health check stays bad: {:?}", self.ready()),
            false => "the health check stays good".to_owned(),
        })
    }

    /// Kills it, as `kill -9` does, and waits for its end.
    pub(crate) fn kill(mut self) -> Result<(), String> {
        self.kill_now()
    }

    /// As [`Server::kill`], for who keeps the place of the next one.
    pub(crate) fn kill_now(&mut self) -> Result<(), String> {
        self.child.kill().map_err(|error| error.to_string())?;
        self.child.wait().map_err(|error| error.to_string())?;
        Ok(())
    }

    /// Asks it to stop, as service managers do, and waits for its end, which must be a good one.
    pub(crate) fn stop(mut self) -> Result<(), String> {
        let line = format!("kill -TERM {}", self.child.id());
        let sent = Command::new("sh").arg("-c").arg(&line).status().map_err(|error| error.to_string())?;
        if !sent.success() {
            return Err(format!("{line} failed: {sent}"));
        }
        let mut status = None;
        wait_until(STARTING, || {
            status = self.child.try_wait().ok().flatten();
            status.is_some()
        });
        match status {
            Some(status) if status.success() => Ok(()),
            Some(status) => Err(format!("the server ended with {status}")),
            None => Err("the server does not stop".to_owned()),
        }
    }

    /// The most memory that it ever had in use, in bytes.
    pub(crate) fn peak_memory(&self) -> Result<u64, String> {
        let path = format!("/proc/{}/status", self.child.id());
        let status = fs::read_to_string(path).map_err(|error| error.to_string())?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = peak.and_then(|text| text.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        kilobytes
            .map(|kilobytes| kilobytes << 10)
            .ok_or_else(|| "the kernel does not tell the peak".to_owned())
    }

    /// Whether it still runs.
    pub(crate) fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended before; then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
