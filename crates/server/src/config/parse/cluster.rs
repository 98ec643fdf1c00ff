//! The part of `[store]` that is about a cluster. It is checked whatever the kind is, so that a file can be tried with
//! another kind, and used with `cassandra` alone.

use std::time::Duration;

use super::Parser;
use crate::config::raw::DEFAULT;
use crate::config::settings::{
    CassandraSettings, ClientCertificateSettings, ClusterConsistency, ClusterTlsSettings, ClusterUser,
};
use crate::config::typed::{Item, Value};
use crate::config::values::{Address, parse_contact_point, parse_keyspace};

impl Parser {
    /// What is said about a cluster; `is_chosen` tells whether it is where data is kept.
    pub(super) fn cluster(&mut self, is_chosen: bool) -> CassandraSettings {
        let contact_points = self.contact_points(is_chosen);
        CassandraSettings {
            contact_points,
            keyspace: self.keyspace(),
            local_datacenter: self.optional_text("store.local_datacenter"),
            consistency: self.cluster_consistency(is_chosen),
            replication: match self.value("store.replication") {
                Some(Value::Counts(counts)) => counts.clone(),
                _ => Default::default(),
            },
            create_schema: self.flag("store.create_schema"),
            user: self.cluster_user(),
            tls: self.cluster_tls(),
            request_timeout: Duration::from_millis(self.number("store.request_timeout_ms")),
            in_flight: self.number("store.in_flight"),
        }
    }

    fn contact_points(&mut self, is_chosen: bool) -> Vec<Address> {
        const PATH: &str = "store.contact_points";
        let items = self.items(PATH);
        if is_chosen {
            self.require(PATH);
            if self.is_right(PATH) && items.is_empty() {
                self.problem(PATH, "must be at least one node");
            }
        } else if self.raw.given.contains_key(PATH) && self.origin("store.kind") == DEFAULT {
            // Who names nodes and forgets the kind would find the data in a folder of one machine, too late.
            self.problem(
                PATH,
                "is given, but store.kind is not: it must be \"cassandra\" to keep data there",
            );
        }
        let mut points = Vec::with_capacity(items.len());
        for Item { text, origin } in items {
            match parse_contact_point(&text) {
                Ok(point) => points.push(point),
                Err(what) => self.problems.push(format!("{PATH}: {what}, not {text:?} ({origin})")),
            }
        }
        points
    }

    fn keyspace(&mut self) -> String {
        let keyspace = self.text("store.keyspace");
        if self.is_right("store.keyspace")
            && let Err(what) = parse_keyspace(&keyspace)
        {
            self.problem("store.keyspace", &format!("{what}, not {keyspace:?}"));
        }
        keyspace
    }

    fn cluster_consistency(&mut self, is_chosen: bool) -> ClusterConsistency {
        if self.text("store.consistency") != "local_datacenter" {
            return ClusterConsistency::AllDatacenters;
        }
        if is_chosen && !self.raw.given.contains_key("store.local_datacenter") {
            self.problem("store.consistency", "needs store.local_datacenter, which is missing");
        }
        ClusterConsistency::LocalDatacenter
    }

    fn cluster_user(&mut self) -> Option<ClusterUser> {
        self.require_together("store.username", "store.password");
        let password = self.secret("store.password");
        Some(ClusterUser { name: self.optional_text("store.username")?, password: password? })
    }

    fn cluster_tls(&mut self) -> Option<ClusterTlsSettings> {
        if !self.has_section("store.tls") {
            return None;
        }
        let ca = self.path("store.tls.ca");
        self.require_together("store.tls.certificate", "store.tls.key");
        let has_certificate = self.raw.given.contains_key("store.tls.certificate")
            && self.raw.given.contains_key("store.tls.key");
        let client = has_certificate.then(|| ClientCertificateSettings {
            certificate: self.path("store.tls.certificate"),
            key: self.path("store.tls.key"),
        });
        Some(ClusterTlsSettings { ca, client })
    }

    /// A text that need not be given, but must not be empty if it is.
    fn optional_text(&mut self, path: &str) -> Option<String> {
        if !self.is_right(path) {
            return None;
        }
        let text = self.text(path);
        if text.is_empty() {
            self.problem(path, "must not be empty");
        }
        Some(text)
    }

    fn require_together(&mut self, one: &str, other: &str) {
        for (given, missing) in [(one, other), (other, one)] {
            if self.raw.given.contains_key(given) && !self.raw.given.contains_key(missing) {
                self.problem(given, &format!("needs {missing}, which is missing"));
            }
        }
    }
}
