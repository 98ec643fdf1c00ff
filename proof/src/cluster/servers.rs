//! The two servers of the cluster store. Each has a home of its own; nothing is shared but the keyspace.

use std::net::SocketAddr;
use std::path::Path;

use crate::http::Http;
use crate::server::{Launch, Server};

/// How many servers there are.
pub(super) const SERVERS: usize = 2;

/// The servers, all of them running except while a fault says otherwise.
pub(super) struct Servers {
    launches: Vec<Launch>,
    running: Vec<Server>,
}

impl Servers {
    /// Starts them on the store that these lines of their configuration name.
    pub(super) fn start(binary: &Path, home: &Path, store: &str) -> Result<Servers, String> {
        let mut servers = Servers { launches: Vec::new(), running: Vec::new() };
        for number in 0..SERVERS {
            let home = home.join(format!("server{number}"));
            std::fs::create_dir(&home).map_err(|error| error.to_string())?;
            let mut launch = Launch::new(binary, &home);
            launch.cluster = Some(store.to_owned());
            servers.running.push(launch.start()?);
            servers.launches.push(launch);
        }
        Ok(servers)
    }

    /// Where they are called.
    pub(super) fn addresses(&self) -> Vec<SocketAddr> {
        self.running.iter().map(|server| server.address).collect()
    }

    /// Connects to one.
    pub(super) fn connect(&self, number: usize) -> Result<Http, String> {
        self.running[number].connect()
    }

    /// Kills one, as `kill -9` does.
    pub(super) fn kill(&mut self, number: usize) -> Result<(), String> {
        self.running[number].kill_now()
    }

    /// Starts one again that was killed, on a port of its own choice.
    pub(super) fn restart(&mut self, number: usize) -> Result<SocketAddr, String> {
        self.running[number] = self.launches[number].start()?;
        Ok(self.running[number].address)
    }

    /// The ends of their logs, for people.
    pub(super) fn logs(&self) -> String {
        let logs: Vec<String> = self.launches.iter().map(Launch::log).collect();
        logs.join(" || ")
    }
}
