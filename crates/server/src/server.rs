//! A running server: its store, its listeners, and how it stops.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use foldmark_store::Store;
use foldmark_store::embedded::{EmbeddedStore, OpenError, Options};
use foldmark_store::memory::MemoryStore;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::clock::Clock;
use crate::config::{Address, Settings, StoreSettings};
use crate::execute::{Executor, Observer};
use crate::gate::Gate;
use crate::tasks::Tasks;
use crate::tls::{self, TlsError};
use crate::{admin, limits, listener};

/// A running server. Several can live in one process.
pub struct Server {
    gate: Arc<Gate>,
    tasks: Tasks,
    addresses: Addresses,
}

/// Where a server listens, with the ports that it was given.
#[derive(Clone, Debug, Default)]
pub struct Addresses {
    /// Plain HTTP.
    pub plain: Vec<SocketAddr>,
    /// HTTPS.
    pub tls: Vec<SocketAddr>,
    /// The operators' listener, if there is one.
    pub admin: Option<SocketAddr>,
}

/// Why a server did not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The data folder cannot be used.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// Certificate or key cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// An address cannot be listened on.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// As configured.
        address: Address,
        /// What the operating system says.
        error: io::Error,
    },
}

/// Opens the store that the settings name.
pub fn open_store(settings: &StoreSettings) -> Result<Box<dyn Store>, OpenError> {
    match settings {
        StoreSettings::Memory => Ok(Box::new(MemoryStore::new())),
        StoreSettings::Embedded(embedded) => {
            let options = Options {
                map_bytes: embedded.map_gib << 30,
                map_bytes_max: embedded.map_gib_max << 30,
                queue_commits: embedded.queue_commits,
                ..Options::default()
            };
            Ok(Box::new(EmbeddedStore::open(&embedded.path, options)?))
        }
    }
}

impl Server {
    /// Opens the store, binds every address and starts to serve.
    pub async fn start(settings: &Settings, clock: Clock) -> Result<Server, StartError> {
        Server::start_observed(settings, clock, None).await
    }

    /// As [`Server::start`], telling `observer` of every decision.
    pub async fn start_observed(
        settings: &Settings,
        clock: Clock,
        observer: Option<Observer>,
    ) -> Result<Server, StartError> {
        let acceptor = settings.server.tls.as_ref().map(tls::acceptor).transpose()?;
        let plain = bind_all(settings.server.plain_listen()).await?;
        let encrypted = bind_all(settings.server.tls_listen()).await?;
        let admin = bind_all(settings.admin.listen.as_slice()).await?;
        let addresses = Addresses {
            plain: addresses(&plain),
            tls: addresses(&encrypted),
            admin: addresses(&admin).first().copied(),
        };

        let store = open_store(&settings.store)?;
        let executor = Executor::new(store, clock.clone(), observer);
        let gate = Arc::new(Gate::new(settings, executor, &clock));
        let tasks = Tasks::default();
        let connections = Arc::new(Semaphore::new(settings.server.connections));
        let plain = plain.into_iter().map(|listener| (listener, None));
        let encrypted = encrypted.into_iter().map(|listener| (listener, acceptor.clone()));
        for (listener, tls) in plain.chain(encrypted) {
            tasks.start(listener::serve(listener, tls, gate.clone(), connections.clone(), tasks.clone()));
        }
        for listener in admin {
            tasks.start(admin::serve(listener, gate.clone(), tasks.clone()));
        }
        Ok(Server { gate, tasks, addresses })
    }

    /// Where the server listens.
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// Accepts no more, lets the calls under way finish for a bounded time, and closes the store. Returns whether all
    /// of them finished.
    pub async fn stop(self) -> bool {
        let drained = self.tasks.stop(limits::DRAIN).await;
        self.gate.executor().store().close().await;
        drained
    }
}

async fn bind_all(configured: &[Address]) -> Result<Vec<TcpListener>, StartError> {
    let mut listeners = Vec::with_capacity(configured.len());
    for address in configured {
        let bound = listener::bind(address).await;
        listeners.push(bound.map_err(|error| StartError::Listen { address: address.clone(), error })?);
    }
    Ok(listeners)
}

fn addresses(listeners: &[TcpListener]) -> Vec<SocketAddr> {
    listeners.iter().filter_map(|listener| listener.local_addr().ok()).collect()
}
