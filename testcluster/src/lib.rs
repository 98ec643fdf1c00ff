//! A real Apache Cassandra of three nodes on loopback addresses of this machine, for tests.
//!
//! Everything that it needs is installed when it is missing: Java 17 and Maven from Debian's packages, Cassandra itself
//! from Maven Central. The nodes live no longer than the process that started them, however that ends: each is watched
//! over by a shell that kills it, and removes its data, when a pipe from the process closes.
//!
//! Anything that goes wrong is an error with the end of the log that tells more. Nothing is ever skipped.

mod config;
mod error;
mod install;
mod node;
mod room;
mod wire;

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener};
use std::path::PathBuf;
use std::thread::sleep;
use std::time::Duration;

use tempfile::TempDir;

pub use error::Error;

use node::Node;

/// The variable that names nodes that run already: `address:port,address:port,…`. `foldmark-testcluster run` sets it.
pub const CONTACT_POINTS_VARIABLE: &str = "FOLDMARK_TEST_CASSANDRA";

/// How many nodes a cluster has: as many as there are copies of everything, so that one may fail.
pub const NODES: usize = 3;

/// The port of every node on which clients are served.
const CQL_PORT: u16 = 9042;
/// How often and how long apart something is looked at that is waited for: three minutes altogether. A machine that
/// compiles at the same time may need one.
const LOOKS: u32 = 900;
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// What the nodes are made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    /// A test: they start quickly.
    Short,
    /// A measurement: they start slowly and then run as in service.
    Long,
}

/// A running cluster. Dropping it kills the nodes and removes their data.
#[derive(Debug)]
pub struct Cluster {
    nodes: Vec<Node>,
    folder: TempDir,
    /// Keeps other clusters away from these addresses.
    _reserved: TcpListener,
}

impl Cluster {
    /// Installs what is missing, starts the nodes, and waits until each serves clients and sees the others.
    pub fn start() -> Result<Cluster, Error> {
        Cluster::start_for(Life::Short)
    }

    /// As [`Cluster::start`], with nodes that take longer to start and to warm up, and then are as fast as in service.
    pub fn start_for_measurements() -> Result<Cluster, Error> {
        Cluster::start_for(Life::Long)
    }

    fn start_for(life: Life) -> Result<Cluster, Error> {
        let java = install::java()?;
        let jars = install::jars()?;
        let (network, reserved) = reserve_network()?;
        let folder = tempfile::Builder::new()
            .prefix("foldmark-testcluster-")
            .tempdir_in(room::parent())
            .map_err(|source| Error::io("create a folder for the nodes", source))?;
        let mut cluster = Cluster { nodes: Vec::new(), folder, _reserved: reserved };
        let addresses: Vec<Ipv4Addr> =
            (1..=NODES as u8).map(|number| Ipv4Addr::new(127, 0, network, number)).collect();
        for (at, address) in addresses.iter().enumerate() {
            let folder = cluster.folder.path().join(format!("node{}", at + 1));
            let mut node = Node::prepare(folder, *address, addresses[0], at, &java, &jars, life)?;
            node.start()?;
            cluster.nodes.push(node);
            // The first one is the seed of the others; together they would race for the schema of the system tables.
            if at == 0 {
                cluster.wait_until_serving(at)?;
            }
        }
        for at in 1..NODES {
            cluster.wait_until_serving(at)?;
        }
        for at in 0..NODES {
            cluster.wait_until_seen(at, 0)?;
        }
        Ok(cluster)
    }

    /// Where clients are served, one address a node.
    pub fn contact_points(&self) -> Vec<SocketAddr> {
        self.nodes.iter().map(|node| SocketAddr::V4(SocketAddrV4::new(node.address(), CQL_PORT))).collect()
    }

    /// Kills the node with SIGKILL, as a loss of power would.
    pub fn kill(&mut self, node: usize) -> Result<(), Error> {
        self.nodes[node].kill()
    }

    /// Starts a node again that was killed, with its data, and waits until it serves clients and the others see it.
    pub fn restart(&mut self, node: usize) -> Result<(), Error> {
        let sightings = self.sightings(node);
        self.nodes[node].start()?;
        self.wait_until_serving(node)?;
        self.wait_until_seen(node, sightings)
    }

    /// Stops the node with SIGSTOP: its connections stay open and nothing answers.
    pub fn pause(&self, node: usize) -> Result<(), Error> {
        self.nodes[node].signal("STOP")
    }

    /// Lets a stopped node go on with SIGCONT.
    pub fn resume(&self, node: usize) -> Result<(), Error> {
        self.nodes[node].signal("CONT")
    }

    fn wait_until_serving(&mut self, at: usize) -> Result<(), Error> {
        let address = SocketAddrV4::new(self.nodes[at].address(), CQL_PORT);
        for _ in 0..LOOKS {
            if wire::answers(address) {
                return Ok(());
            }
            if !self.nodes[at].is_running() {
                return Err(self.nodes[at].failed("ended"));
            }
            sleep(LOOK_EVERY);
        }
        Err(self.nodes[at].failed("does not serve clients"))
    }

    /// Waits until every other running node has seen this one come up more than `before` times altogether.
    fn wait_until_seen(&self, at: usize, before: usize) -> Result<(), Error> {
        let others = self.nodes.iter().enumerate();
        let watchers = others.filter(|(other, node)| *other != at && node.has_process()).count();
        for _ in 0..LOOKS {
            if self.sightings(at) >= before + watchers {
                return Ok(());
            }
            sleep(LOOK_EVERY);
        }
        Err(self.nodes[at].failed("is not seen by the others"))
    }

    /// How often other nodes have written that they see this one come up.
    fn sightings(&self, at: usize) -> usize {
        let line = format!("/{}:7000 is now UP", self.nodes[at].address());
        let mut sightings = 0;
        for (other, node) in self.nodes.iter().enumerate() {
            if other != at {
                sightings += node.log().matches(&line).count();
            }
        }
        sightings
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for node in &mut self.nodes {
            node.remove();
        }
    }
}

/// The nodes named by the environment, if any: they belong to somebody else and cannot be killed.
#[expect(clippy::disallowed_methods, reason = "tests are told by the environment which cluster to use")]
pub fn existing_contact_points() -> Result<Option<Vec<SocketAddr>>, Error> {
    let Some(text) = std::env::var_os(CONTACT_POINTS_VARIABLE) else {
        return Ok(None);
    };
    let text = text.to_string_lossy();
    let mut points = Vec::new();
    for point in text.split(',') {
        let parsed = point.trim().parse().map_err(|_| Error::ContactPoint(point.to_owned()))?;
        points.push(parsed);
    }
    Ok(Some(points))
}

/// Where the jars are kept between runs: the target folder of the workspace, unless the environment says otherwise.
#[expect(clippy::disallowed_methods, reason = "a machine may have the jars in a place of its own")]
pub(crate) fn jars_folder() -> PathBuf {
    if let Some(folder) = std::env::var_os("FOLDMARK_CASSANDRA_JARS") {
        return PathBuf::from(folder);
    }
    let workspace = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    PathBuf::from(workspace).join("target").join("cassandra-jars")
}

/// Finds a third byte of 127.0.x.1, .2, .3 that no cluster uses, and keeps it by a listener on 127.0.x.254.
fn reserve_network() -> Result<(u8, TcpListener), Error> {
    for network in 1..=100 {
        let Ok(reserved) = TcpListener::bind((Ipv4Addr::new(127, 0, network, 254), CQL_PORT)) else {
            continue;
        };
        let free = (1..=NODES as u8).all(|number| {
            let address = Ipv4Addr::new(127, 0, network, number);
            [CQL_PORT, 7000].iter().all(|port| TcpListener::bind((address, *port)).is_ok())
        });
        if free {
            return Ok((network, reserved));
        }
    }
    Err(Error::NoAddress)
}
