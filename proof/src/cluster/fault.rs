//! What happens to the servers and to the nodes of the cluster.

use std::fmt;
use std::time::Duration;

use foldmark_testcluster::{Cluster, NODES};

use super::cut::Cut;
use super::servers::{SERVERS, Servers};
use super::writer::Meanwhile;
use crate::random::Random;

/// How long a node stands still or is cut off: longer than any call may take, and longer than the other nodes need to
/// find out.
const ABSENCE: Duration = Duration::from_secs(10);
/// How long what was killed stays dead, at least and at most.
const DEAD_MILLIS: [u64; 2] = [500, 3_000];

/// A fault. It strikes one server or one node, drawn at random, and is over in the end.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fault {
    /// A server is killed and started again.
    ServerKilled,
    /// A node is killed and started again.
    NodeKilled,
    /// A node stands still: its connections stay open and nothing answers.
    NodeStopped,
    /// All packets from and to a node are lost.
    NodeCutOff,
}

impl Fault {
    /// All faults, in the order in which they come.
    pub(super) const ALL: [Fault; 4] =
        [Fault::ServerKilled, Fault::NodeKilled, Fault::NodeStopped, Fault::NodeCutOff];

    /// Lets the fault come and go.
    pub(super) fn strike(
        self,
        cluster: &mut Cluster,
        servers: &mut Servers,
        meanwhile: &Meanwhile,
        random: &mut Random,
    ) -> Result<(), String> {
        let node = random.below(NODES as u64) as usize;
        let dead = Duration::from_millis(random.between(DEAD_MILLIS[0], DEAD_MILLIS[1]));
        let told = |error: foldmark_testcluster::Error| error.to_string();
        match self {
            Fault::ServerKilled => {
                let server = random.below(SERVERS as u64) as usize;
                servers.kill(server)?;
                std::thread::sleep(dead);
                meanwhile.moved(server, servers.restart(server)?);
            }
            Fault::NodeKilled => {
                cluster.kill(node).map_err(told)?;
                std::thread::sleep(dead);
                cluster.restart(node).map_err(told)?;
            }
            Fault::NodeStopped => {
                cluster.pause(node).map_err(told)?;
                std::thread::sleep(ABSENCE);
                cluster.resume(node).map_err(told)?;
            }
            Fault::NodeCutOff => {
                let cut = Cut::off(cluster.contact_points()[node])?;
                cut.keep(ABSENCE)?;
                cut.heal()?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Fault::ServerKilled => "a server killed",
            Fault::NodeKilled => "a node killed",
            Fault::NodeStopped => "a node standing still",
            Fault::NodeCutOff => "a node cut off",
        })
    }
}
