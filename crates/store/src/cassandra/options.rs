//! How the store reaches its cluster, its bounds, and why it may not connect.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

use crate::StoreError;

/// How the store reaches its cluster. Every Foldmark server of one cluster must have the same `keyspace` and
/// `consistency`.
#[derive(Clone)]
pub struct Options {
    /// Some nodes of the cluster, `host` or `host:port`; the others are learnt from them.
    pub contact_points: Vec<String>,
    /// Where the tables are: lower-case letters, digits and underscores, at most 48, a letter first.
    pub keyspace: String,
    /// The data centre whose nodes are asked. `None`: any node.
    pub local_datacenter: Option<String>,
    /// How far agreement reaches.
    pub consistency: Consistency,
    /// Copies by data centre. Used only when the keyspace is created; three copies let one node fail.
    pub replication: BTreeMap<String, u32>,
    /// Whether a missing keyspace or table is created. Let only one server do so at a time: Cassandra may break a
    /// table that two clients create at once.
    pub create_schema: bool,
    /// User name and password, if the cluster asks for them.
    pub credentials: Option<Credentials>,
    /// Encryption of the connections, if the cluster offers it.
    pub tls: Option<Tls>,
    /// Where to reach nodes that cannot be reached at the addresses that the cluster tells, for clusters behind
    /// address translation. Contact points are taken as they are.
    pub address_map: HashMap<IpAddr, SocketAddr>,
    /// How long a read or a commit may take. Keep it, with `resolve_timeout`, below what callers wait.
    pub request_timeout: Duration,
    /// How long a commit is looked for, after `request_timeout`, when it is not known whether it happened.
    pub resolve_timeout: Duration,
    /// How many commits, and how many reads, may be under way at once; more are refused with [`StoreError::Busy`].
    pub in_flight: u32,
}

/// How far agreement reaches in a cluster of several data centres. In a cluster of one both are the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Consistency {
    /// A majority of all copies in all data centres. Always right, which is why it is the default: in a cluster of
    /// one data centre it costs nothing, and one that grows a second does not silently lose commits.
    #[default]
    AllDatacenters,
    /// A majority of the copies in the local data centre. Right only if the servers of *one* data centre write: two
    /// that each agree among themselves overwrite each other's commits.
    LocalDatacenter,
}

/// A user of the cluster.
#[derive(Clone)]
pub struct Credentials {
    /// The name.
    pub username: String,
    /// The password.
    pub password: String,
}

/// Encrypted connections. The certificate of a node must name the IP address at which it is reached.
#[derive(Clone, Debug)]
pub struct Tls {
    /// PEM file with the authorities that may vouch for a node.
    pub authorities: PathBuf,
    /// What the store shows of itself, if the cluster asks for it.
    pub client: Option<ClientCertificate>,
}

/// A certificate and its key, as PEM files.
#[derive(Clone, Debug)]
pub struct ClientCertificate {
    /// The chain, the own certificate first.
    pub certificates: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// Why a store could not connect.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// The options contradict each other or cannot be used.
    #[error("the options of the cluster store are not usable: {0}")]
    Options(String),
    /// A file for TLS cannot be used.
    #[error("cannot use {} for TLS: {reason}", .path.display())]
    Tls {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// No node answered as it should.
    #[error("cannot connect to the cluster: {0}")]
    Connect(String),
    /// The tables are not there and were not to be created.
    #[error(
        "the keyspace {keyspace} has no tables of Foldmark: create them with `foldmark store init`, or allow it in \
         the configuration"
    )]
    SchemaMissing {
        /// The keyspace.
        keyspace: String,
    },
    /// The tables were made by a newer version of Foldmark.
    #[error(
        "the keyspace {keyspace} has schema version {found}, but this version of Foldmark knows only {known} and \
         older: use a newer version"
    )]
    SchemaNewer {
        /// The keyspace.
        keyspace: String,
        /// Its version.
        found: i32,
        /// The newest version that this program knows.
        known: i32,
    },
    /// The tables were made by an older version of Foldmark and were not to be changed.
    #[error(
        "the keyspace {keyspace} has schema version {found}, and this version of Foldmark needs {needed}: upgrade it \
         with `foldmark store init`, or allow it in the configuration; servers of the older version go on meanwhile"
    )]
    SchemaOlder {
        /// The keyspace.
        keyspace: String,
        /// Its version.
        found: i32,
        /// The version that this program needs.
        needed: i32,
    },
    /// The tables cannot be created or used.
    #[error("cannot {action}: {source}")]
    Schema {
        /// What was tried.
        action: String,
        /// Why it did not work.
        source: StoreError,
    },
}

/// The longest name of a keyspace.
const KEYSPACE_BYTES: usize = 48;

impl Options {
    /// Options with defaults for all that is not given.
    pub fn new(contact_points: Vec<String>, keyspace: impl Into<String>) -> Options {
        Options {
            contact_points,
            keyspace: keyspace.into(),
            local_datacenter: None,
            consistency: Consistency::default(),
            replication: BTreeMap::new(),
            create_schema: false,
            credentials: None,
            tls: None,
            address_map: HashMap::new(),
            request_timeout: Duration::from_secs(2),
            resolve_timeout: Duration::from_millis(800),
            in_flight: 1024,
        }
    }

    pub(super) fn check(&self) -> Result<(), ConnectError> {
        if self.contact_points.is_empty() {
            return Err(refused("they name no contact point"));
        }
        if !is_keyspace(&self.keyspace) {
            return Err(refused(
                "the keyspace must be lower-case letters, digits and underscores, at most 48, a letter first",
            ));
        }
        if self.request_timeout.is_zero() || self.resolve_timeout.is_zero() {
            return Err(refused("the time-outs must not be zero"));
        }
        if self.in_flight == 0 {
            return Err(refused("at least one request must be allowed at once"));
        }
        if self.consistency == Consistency::LocalDatacenter && self.local_datacenter.is_none() {
            return Err(refused(
                "agreement within the local data centre needs the name of the local data centre",
            ));
        }
        Ok(())
    }
}

fn is_keyspace(name: &str) -> bool {
    name.len() <= KEYSPACE_BYTES
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

pub(super) fn refused(reason: &str) -> ConnectError {
    ConnectError::Options(reason.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> Options {
        Options::new(vec!["127.0.0.1".to_owned()], "foldmark")
    }

    fn reason(options: &Options) -> String {
        options.check().unwrap_err().to_string()
    }

    #[test]
    fn defaults_are_usable() {
        options().check().unwrap();
    }

    #[test]
    fn names_that_would_need_quotes_are_refused() {
        for name in ["", "1a", "_a", "Foldmark", "a-b", "a b", "a\"", &"a".repeat(49)] {
            let text = reason(&Options::new(vec!["a".to_owned()], name));
            assert!(text.contains("keyspace"), "{name}: {text}");
        }
    }

    #[test]
    fn contradictions_are_refused() {
        assert!(reason(&Options::new(vec![], "foldmark")).contains("contact point"));
        let local = Options { consistency: Consistency::LocalDatacenter, ..options() };
        assert!(reason(&local).contains("local data centre"));
        let never = Options { request_timeout: Duration::ZERO, ..options() };
        assert!(reason(&never).contains("time-outs"));
        let none = Options { in_flight: 0, ..options() };
        assert!(reason(&none).contains("at least one"));
    }
}
