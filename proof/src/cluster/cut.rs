//! A node that is cut off: the kernel drops its packets, in both directions, so that nobody is told that a connection is
//! gone.
//!
//! Nodes of the test cluster share the loopback, where a node's own address is known only of those connections that it
//! accepted; those that it made come from 127.0.0.1. So the rules name its address, and the ports of its connections.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use foldmark_harness::{Watch, install_debian};

/// How often new connections of the node are looked for.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Every rule waits for others who change rules; a name may have 28 bytes.
const WAIT: &str = "-w";

/// A node that is cut off until this is dropped.
pub(super) struct Cut {
    /// The chain of rules that is this one's own.
    chain: String,
    /// The node's process, as `ss` writes it.
    process: String,
}

impl Cut {
    /// Cuts off the node that serves clients at `address`, as seen by everyone.
    pub(super) fn off(address: SocketAddr) -> Result<Cut, String> {
        let ip = address.ip();
        let listener = format!("src {ip} and sport = :{}", address.port());
        let listening = run("ss", &["-tlnpH", &listener])?;
        let process = process_of(&listening).ok_or_else(|| format!("nobody listens at {address}"))?;
        let cut = Cut { chain: format!("foldmark-{ip}"), process };
        // From a run that was killed.
        cut.remove();
        cut.rule(&["-N", &cut.chain])?;
        cut.rule(&["-A", &cut.chain, "-s", &ip.to_string(), "-j", "DROP"])?;
        cut.rule(&["-A", &cut.chain, "-d", &ip.to_string(), "-j", "DROP"])?;
        cut.rule(&["-I", "INPUT", "-i", "lo", "-j", &cut.chain])?;
        Ok(cut)
    }

    /// Waits, and cuts the connections that the node has made or makes anew.
    pub(super) fn keep(&self, time: Duration) -> Result<(), String> {
        let watch = Watch::start();
        let mut cut = BTreeSet::new();
        while watch.time() < time {
            for port in self.ports()? {
                if cut.insert(port) {
                    let port = port.to_string();
                    for side in ["--sport", "--dport"] {
                        self.rule(&["-A", &self.chain, "-p", "tcp", side, &port, "-j", "DROP"])?;
                    }
                }
            }
            std::thread::sleep(LOOK_EVERY);
        }
        match cut.len() {
            0 => Err("the node had no connection of its own".to_owned()),
            _ => Ok(()),
        }
    }

    /// Lets packets through again.
    pub(super) fn heal(self) -> Result<(), String> {
        let chain = self.chain.clone();
        drop(self);
        match run("iptables", &[WAIT, "-S"])?.contains(&chain) {
            true => Err(format!("the rules of {chain} cannot be removed")),
            false => Ok(()),
        }
    }

    /// The local ports of the connections that the node has made to other nodes.
    fn ports(&self) -> Result<BTreeSet<u16>, String> {
        let connections = run("ss", &["-tnpH", "src 127.0.0.1 and dport = :7000"])?;
        let own = connections.lines().filter(|line| line.contains(&self.process));
        Ok(own.filter_map(local_port).collect())
    }

    fn rule(&self, arguments: &[&str]) -> Result<(), String> {
        let mut all = vec![WAIT];
        all.extend(arguments);
        run("iptables", &all).map(drop)
    }

    fn remove(&self) {
        // What is not there cannot be removed, and `heal` looks whether it is gone.
        let _ = self.rule(&["-D", "INPUT", "-i", "lo", "-j", &self.chain]);
        let _ = self.rule(&["-F", &self.chain]);
        let _ = self.rule(&["-X", &self.chain]);
    }
}

impl Drop for Cut {
    fn drop(&mut self) {
        self.remove();
    }
}

/// Installs what is missing from Debian's packages. To be done before anything is measured or waited for.
pub(super) fn install() -> Result<(), String> {
    let there = |program: &str| Command::new(program).arg("-V").output().is_ok();
    if there("iptables") && there("ss") {
        return Ok(());
    }
    install_debian(&["iptables", "iproute2"])
}

/// `pid=NUMBER,` of the first line that `ss` prints with the option `-p`.
fn process_of(listening: &str) -> Option<String> {
    let (_, rest) = listening.split_once("pid=")?;
    let (pid, _) = rest.split_once(',')?;
    Some(format!("pid={pid},"))
}

/// Of a line such as `ESTAB 0 0 127.0.0.1:55080 127.0.1.2:7000 users:(("java",pid=17,fd=3))`.
fn local_port(line: &str) -> Option<u16> {
    let local = line.split_whitespace().nth(3)?;
    local.rsplit_once(':')?.1.parse().ok()
}

fn run(program: &str, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program)
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .output()
        .map_err(|error| format!("{program}: {error}"))?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => {
            Err(format!("{program} {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_ss_are_read() {
        let line = "ESTAB 0  0  127.0.0.1:55080  127.0.1.2:7000 users:((\"java\",pid=17,fd=3))";
        assert_eq!(local_port(line), Some(55_080));
        assert_eq!(process_of(line).as_deref(), Some("pid=17,"));
        assert_eq!(local_port("nothing"), None);
        assert_eq!(process_of("LISTEN 0 1 127.0.1.2:9042 0.0.0.0:*"), None);
    }
}
