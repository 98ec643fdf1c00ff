//! The connection to the cluster: the driver's session, its TLS, and how requests of each sort are sent.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use scylla::client::PoolSize;
use scylla::client::execution_profile::{ExecutionProfile, ExecutionProfileHandle};
use scylla::client::session::Session;
use scylla::client::session_builder::SessionBuilder;
use scylla::errors::TranslationError;
use scylla::policies::address_translator::{AddressTranslator, UntranslatedPeer};
use scylla::policies::load_balancing::{DefaultPolicy, LoadBalancingPolicy};
use scylla::policies::retry::FallthroughRetryPolicy;
use scylla::policies::speculative_execution::SimpleSpeculativeExecutionPolicy;
use scylla::statement::{Consistency as Level, SerialConsistency as SerialLevel};

use super::options::{ConnectError, Consistency, Options, Tls};
use super::retry::OtherNodes;

/// Connections to each node.
const CONNECTIONS: std::num::NonZeroUsize = std::num::NonZeroUsize::new(2).expect("two is not zero");
/// How often a silent connection is asked for a sign of life, and how long that may take: a node that hangs is
/// avoided after ten seconds at most.
const KEEPALIVE: Duration = Duration::from_secs(5);
/// How long the opening of a connection may take.
const CONNECT: Duration = Duration::from_secs(5);

/// The consistency levels that an answer of [`Consistency`] stands for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Levels {
    /// Of reads that take part in the agreement on commits, and see every one.
    pub(super) serial_read: Level,
    /// Of the agreement on commits.
    pub(super) serial: SerialLevel,
    /// Of the rest: where a commit must have arrived before it is acknowledged, and what reads ask that need only see
    /// acknowledged commits.
    pub(super) quorum: Level,
}

/// How requests are sent.
#[derive(Clone, Debug)]
pub(super) struct Profiles {
    /// Of commits: once, to one node, and never again.
    pub(super) commit: ExecutionProfileHandle,
    /// Of reads and of writes of due rows, which do no harm when sent twice: a second node is asked when the first one is
    /// slow, so that a node that hangs costs a fraction of the time-out, and another one when a connection breaks.
    pub(super) read: ExecutionProfileHandle,
    /// As `read`, on the shorter time scale of looking for a commit.
    pub(super) resolve: ExecutionProfileHandle,
}

impl Levels {
    pub(super) fn of(consistency: Consistency) -> Levels {
        match consistency {
            Consistency::AllDatacenters => {
                Levels { serial_read: Level::Serial, serial: SerialLevel::Serial, quorum: Level::Quorum }
            }
            Consistency::LocalDatacenter => Levels {
                serial_read: Level::LocalSerial,
                serial: SerialLevel::LocalSerial,
                quorum: Level::LocalQuorum,
            },
        }
    }
}

impl Profiles {
    pub(super) fn of(options: &Options) -> Profiles {
        let levels = Levels::of(options.consistency);
        let mut nodes = DefaultPolicy::builder().token_aware(true);
        if let Some(datacenter) = &options.local_datacenter {
            nodes = nodes.prefer_datacenter(datacenter.clone()).permit_dc_failover(false);
        }
        let nodes: Arc<dyn LoadBalancingPolicy> = nodes.build();
        let profile = |timeout: Duration| {
            ExecutionProfile::builder()
                .consistency(levels.quorum)
                .serial_consistency(Some(levels.serial))
                .request_timeout(Some(timeout))
                .retry_policy(Arc::new(FallthroughRetryPolicy::new()))
                .load_balancing_policy(Arc::clone(&nodes))
        };
        let hedged = |timeout: Duration| {
            let profile = profile(timeout).retry_policy(Arc::new(OtherNodes));
            profile.speculative_execution_policy(Some(Arc::new(SimpleSpeculativeExecutionPolicy {
                max_retry_count: 1,
                retry_interval: timeout / 4,
            })))
        };
        Profiles {
            commit: profile(options.request_timeout).build().into_handle(),
            read: hedged(options.request_timeout).build().into_handle(),
            resolve: hedged(options.resolve_timeout).build().into_handle(),
        }
    }
}

/// Connects to the cluster.
pub(super) async fn open(options: &Options, profiles: &Profiles) -> Result<Session, ConnectError> {
    let mut builder = SessionBuilder::new()
        .known_nodes(&options.contact_points)
        .default_execution_profile_handle(profiles.commit.clone())
        .pool_size(PoolSize::PerHost(CONNECTIONS))
        .connection_timeout(CONNECT)
        .keepalive_interval(KEEPALIVE)
        .keepalive_timeout(KEEPALIVE)
        .keyspaces_to_fetch([options.keyspace.as_str()]);
    if let Some(credentials) = &options.credentials {
        builder = builder.user(&credentials.username, &credentials.password);
    }
    if let Some(tls) = &options.tls {
        builder = builder.tls_context(Some(Arc::new(tls_config(tls)?)));
    }
    if !options.address_map.is_empty() {
        builder = builder.address_translator(Arc::new(AddressMap(options.address_map.clone())));
    }
    builder.build().await.map_err(|error| ConnectError::Connect(error.to_string()))
}

/// The driver asks for each node where it is, by the address that the cluster tells.
struct AddressMap(HashMap<IpAddr, SocketAddr>);

#[async_trait]
impl AddressTranslator for AddressMap {
    async fn translate_address(&self, told: &UntranslatedPeer) -> Result<SocketAddr, TranslationError> {
        let told = told.untranslated_address();
        Ok(self.0.get(&told.ip()).copied().unwrap_or(told))
    }
}

fn tls_config(tls: &Tls) -> Result<ClientConfig, ConnectError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(&tls.authorities)? {
        roots.add(certificate).map_err(|error| unusable(&tls.authorities, &error))?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(&tls.authorities, &error))?
        .with_root_certificates(roots);
    let Some(client) = &tls.client else {
        return Ok(config.with_no_client_auth());
    };
    let key = PrivateKeyDer::from_pem_file(&client.key).map_err(|error| unusable(&client.key, &error))?;
    config
        .with_client_auth_cert(certificates(&client.certificates)?, key)
        .map_err(|error| unusable(&client.certificates, &error))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, ConnectError> {
    let mut certificates = Vec::new();
    let found = CertificateDer::pem_file_iter(path).map_err(|error| unusable(path, &error))?;
    for certificate in found {
        certificates.push(certificate.map_err(|error| unusable(path, &error))?);
    }
    if certificates.is_empty() {
        return Err(unusable(path, &"it holds no certificate"));
    }
    Ok(certificates)
}

fn unusable(path: &Path, reason: &dyn std::fmt::Display) -> ConnectError {
    ConnectError::Tls { path: path.to_owned(), reason: reason.to_string() }
}
