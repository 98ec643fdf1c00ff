//! From settings to an open store. Which kind it is, is known here and nowhere behind.

use std::path::PathBuf;

use foldmark_store::Store;
use foldmark_store::embedded::{EmbeddedStore, Observer, OpenError, Options};
use foldmark_store::memory::MemoryStore;
use thiserror::Error;

use crate::config::{CassandraSettings, EmbeddedSettings, StoreSettings};
use crate::dev;

/// Why a store cannot be used.
#[derive(Debug, Error)]
pub enum StoreOpenError {
    /// The data folder cannot be used.
    #[error(transparent)]
    Embedded(#[from] OpenError),
    /// The data folder is not for servers.
    #[error("{} is the folder of an emulator, made by `foldmark dev`, whose key everybody knows", folder.display())]
    Emulators {
        /// The folder.
        folder: PathBuf,
    },
    /// The cluster cannot be reached, or not be used.
    #[error("the store at {contact_points}: {reason}")]
    Cluster {
        /// As configured.
        contact_points: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The program was built without the cluster store.
    #[error(
        "store.kind is cassandra, but this build of Foldmark has no cluster store: it was made without the feature \
         `cassandra`"
    )]
    NotBuilt,
}

impl StoreOpenError {
    /// Whether another process has the store open, which therefore is all right.
    pub fn is_in_use(&self) -> bool {
        matches!(self, StoreOpenError::Embedded(OpenError::InUse { .. }))
    }
}

/// The tables of a cluster, once they are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreTables {
    /// Whether they were made just now.
    pub created: bool,
    /// The version of their schema before, if they were there and were upgraded just now.
    pub upgraded: Option<i32>,
    /// The version of their schema.
    pub version: i32,
}

/// Opens the store that the settings name.
pub async fn open_store(settings: &StoreSettings) -> Result<Box<dyn Store>, StoreOpenError> {
    open_store_observed(settings, Box::new(|_| {})).await
}

/// As [`open_store`], telling `observer` of every transaction of a store that has them.
pub(crate) async fn open_store_observed(
    settings: &StoreSettings,
    observer: Observer,
) -> Result<Box<dyn Store>, StoreOpenError> {
    match settings {
        StoreSettings::Memory => Ok(Box::new(MemoryStore::new())),
        StoreSettings::Embedded(embedded) if dev::is_emulators(&embedded.path) => {
            Err(StoreOpenError::Emulators { folder: embedded.path.clone() })
        }
        StoreSettings::Embedded(embedded) => open_embedded(embedded, observer),
        StoreSettings::Cassandra(settings) => cluster::open(settings).await,
    }
}

/// Opens the store of an emulator, whose folder was claimed before.
pub(crate) async fn open_emulators_store(
    settings: &StoreSettings,
    observer: Observer,
) -> Result<Box<dyn Store>, StoreOpenError> {
    match settings {
        StoreSettings::Embedded(embedded) => open_embedded(embedded, observer),
        _ => open_store_observed(settings, observer).await,
    }
}

/// Makes sure that the keyspace and the tables are in the cluster, and creates what is missing.
pub async fn init_store(settings: &CassandraSettings) -> Result<StoreTables, StoreOpenError> {
    cluster::init(settings).await
}

fn open_embedded(settings: &EmbeddedSettings, observer: Observer) -> Result<Box<dyn Store>, StoreOpenError> {
    let options = Options {
        map_bytes: settings.map_gib << 30,
        map_bytes_max: settings.map_gib_max << 30,
        queue_commits: settings.queue_commits,
        ..Options::default()
    };
    Ok(Box::new(EmbeddedStore::open_observed(&settings.path, options, observer)?))
}

#[cfg(feature = "cassandra")]
mod cluster {
    use foldmark_store::Store;
    use foldmark_store::cassandra::{
        CassandraStore, ClientCertificate, ConnectError, Consistency, Credentials, Options, Tls,
    };

    use super::{StoreOpenError, StoreTables};
    use crate::config::{CassandraSettings, ClusterConsistency, ClusterTlsSettings};
    use crate::limits;

    pub(super) async fn open(settings: &CassandraSettings) -> Result<Box<dyn Store>, StoreOpenError> {
        let contact_points = contact_points(settings).join(", ");
        tracing::info!(contact_points, keyspace = settings.keyspace, "connecting to the cluster");
        let connected = Box::pin(CassandraStore::connect(options(settings))).await;
        let store = connected.map_err(|error| unusable(settings, &error))?;
        tracing::info!("connected to the cluster");
        Ok(Box::new(store))
    }

    pub(super) async fn init(settings: &CassandraSettings) -> Result<StoreTables, StoreOpenError> {
        let made = Box::pin(CassandraStore::init_schema(&options(settings))).await;
        let tables = made.map_err(|error| unusable(settings, &error))?;
        Ok(StoreTables { created: tables.created, upgraded: tables.upgraded, version: tables.version })
    }

    fn options(settings: &CassandraSettings) -> Options {
        let replication = settings.replication.iter();
        Options {
            local_datacenter: settings.local_datacenter.clone(),
            consistency: match settings.consistency {
                ClusterConsistency::AllDatacenters => Consistency::AllDatacenters,
                ClusterConsistency::LocalDatacenter => Consistency::LocalDatacenter,
            },
            replication: replication.map(|(datacenter, copies)| (datacenter.clone(), *copies)).collect(),
            create_schema: settings.create_schema,
            credentials: settings.user.as_ref().map(|user| Credentials {
                username: user.name.clone(),
                password: user.password.expose().to_owned(),
            }),
            tls: settings.tls.as_ref().map(tls),
            request_timeout: settings.request_timeout,
            resolve_timeout: limits::CLUSTER_RESOLVE,
            in_flight: settings.in_flight,
            ..Options::new(contact_points(settings), &settings.keyspace)
        }
    }

    fn tls(settings: &ClusterTlsSettings) -> Tls {
        let client = settings.client.as_ref().map(|client| ClientCertificate {
            certificates: client.certificate.clone(),
            key: client.key.clone(),
        });
        Tls { authorities: settings.ca.clone(), client }
    }

    fn contact_points(settings: &CassandraSettings) -> Vec<String> {
        settings.contact_points.iter().map(ToString::to_string).collect()
    }

    fn unusable(settings: &CassandraSettings, error: &ConnectError) -> StoreOpenError {
        let contact_points = contact_points(settings).join(", ");
        StoreOpenError::Cluster { contact_points, reason: error.to_string() }
    }
}

#[cfg(not(feature = "cassandra"))]
mod cluster {
    use foldmark_store::Store;

    use super::{StoreOpenError, StoreTables};
    use crate::config::CassandraSettings;

    pub(super) async fn open(_: &CassandraSettings) -> Result<Box<dyn Store>, StoreOpenError> {
        Err(StoreOpenError::NotBuilt)
    }

    pub(super) async fn init(_: &CassandraSettings) -> Result<StoreTables, StoreOpenError> {
        Err(StoreOpenError::NotBuilt)
    }
}
