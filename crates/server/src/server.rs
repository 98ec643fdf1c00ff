//! A running server: its store, its listeners, and how it stops.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::clock::Clock;
use crate::config::{Address, Secret, Settings};
use crate::execute::{Executor, Observer};
use crate::gate::Gate;
use crate::secret_file::{self, SecretFileError};
use crate::stores::{StoreOpenError, open_store};
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
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreOpenError),
    /// Certificate or key cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The admin token cannot be read or made.
    #[error("the admin token: {0}")]
    Token(#[from] SecretFileError),
    /// An address cannot be listened on.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// As configured.
        address: Address,
        /// What the operating system says.
        error: io::Error,
    },
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

        let store = open_store(&settings.store).await?;
        let token = if admin.is_empty() { None } else { admin_token(settings)? };
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
            tasks.start(admin::serve(listener, gate.clone(), token.clone(), tasks.clone()));
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

/// The token of operators. One that cannot be kept with the data, perhaps because the disk is full, is done without.
fn admin_token(settings: &Settings) -> Result<Option<Secret>, SecretFileError> {
    let Some(file) = settings.admin_token_file() else {
        return Ok(None);
    };
    match secret_file::read_or_make(&file) {
        Ok(token) => Ok(Some(token)),
        Err(error) if settings.admin.token_file.is_some() => Err(error),
        Err(error) => {
            tracing::error!(%error, "there is no admin token, so that operators' calls are refused");
            Ok(None)
        }
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
