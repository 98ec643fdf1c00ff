//! A running server: its store, its listeners, and how it stops.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::admin::{self, Admin};
use crate::audit::{Audit, AuditOpenError};
use crate::backup::{self, Backups};
use crate::clock::Clock;
use crate::config::{Address, Settings, StoreSettings};
use crate::console;
use crate::dev::{self, Dev, DevError, DevOptions};
use crate::execute::{Executor, Observer};
use crate::figures::{self, History, Totals};
use crate::gate::Gate;
use crate::limits;
use crate::listener::{self, Answers, Places};
use crate::metrics::Metrics;
use crate::reload::{Loader, Reloaded, Reloader};
use crate::secret_file::SecretFileError;
use crate::spans::SpanParent;
use crate::stores::{StoreOpenError, open_emulators_store, open_store_observed};
use crate::tasks::Tasks;
use crate::tls::{self, Certificate, TlsError};
use crate::tokens::Tokens;
use crate::watch::{self, Hub, Watches};
use crate::webhooks::Webhooks;

/// A running server. Several can live in one process.
pub struct Server {
    gate: Arc<Gate>,
    reloader: Arc<Reloader>,
    tasks: Tasks,
    addresses: Addresses,
    drain: std::time::Duration,
    leave: std::time::Duration,
}

/// What a server may be given beside its settings.
#[derive(Default)]
pub struct Beside {
    /// Is told of every decision.
    pub observer: Option<Observer>,
    /// Reads the configuration anew for a reload; without it there are none.
    pub loader: Option<Loader>,
    /// Finds the parent of a call's span in the request's headers, for subscribers that record spans.
    pub span_parent: Option<SpanParent>,
    /// Listeners that are open already, in place of all that are configured of their kind.
    pub inherited: Vec<Inherited>,
}

/// A listener that was opened by somebody else.
#[derive(Debug)]
pub struct Inherited {
    /// What it is for.
    pub kind: ListenerKind,
    /// The listener.
    pub listener: std::net::TcpListener,
}

/// What a listener is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListenerKind {
    /// Calls over plain HTTP.
    Plain,
    /// Calls over HTTPS.
    Tls,
    /// Operators.
    Admin,
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
    /// Whether the console is served there.
    pub console: bool,
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
    /// A token of operators cannot be read or made.
    #[error("an operators' token: {0}")]
    Token(#[from] SecretFileError),
    /// An address cannot be listened on.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// As configured.
        address: Address,
        /// What the operating system says.
        error: io::Error,
    },
    /// A listener was handed over that cannot be used.
    #[error("a listener that was handed over cannot be used: {0}")]
    Inherited(io::Error),
    /// A listener for HTTPS was handed over, but there is no certificate.
    #[error("a listener for HTTPS was handed over, but server.tls is not configured")]
    InheritedTls,
    /// The audit log cannot be written.
    #[error(transparent)]
    Audit(#[from] AuditOpenError),
    /// It was to be an emulator.
    #[error(transparent)]
    Dev(#[from] DevError),
}

impl Server {
    /// Opens the store, binds every address and starts to serve.
    pub async fn start(settings: &Settings, clock: Clock) -> Result<Server, StartError> {
        Server::start_beside(settings, clock, Beside::default()).await
    }

    /// As [`Server::start`], as an emulator. Calls are answered once the seed is in the store.
    pub async fn start_dev(
        settings: &Settings,
        clock: Clock,
        options: DevOptions,
    ) -> Result<Server, StartError> {
        let dev = Dev::new(settings, &clock, options).await?;
        Server::start_as(settings, clock, Beside::default(), Some(Arc::new(dev))).await
    }

    /// As [`Server::start`], with what is given beside the settings.
    pub async fn start_beside(
        settings: &Settings,
        clock: Clock,
        beside: Beside,
    ) -> Result<Server, StartError> {
        Server::start_as(settings, clock, beside, None).await
    }

    async fn start_as(
        settings: &Settings,
        clock: Clock,
        beside: Beside,
        dev: Option<Arc<Dev>>,
    ) -> Result<Server, StartError> {
        let server = &settings.server;
        let certificate = server.tls.as_ref().map(Certificate::read).transpose()?;
        let acceptor = certificate.as_ref().map(Certificate::acceptor).transpose()?;
        let mut inherited = beside.inherited;
        let plain = listeners(&mut inherited, ListenerKind::Plain, server.plain_listen()).await?;
        let encrypted = listeners(&mut inherited, ListenerKind::Tls, server.tls_listen()).await?;
        let admin = listeners(&mut inherited, ListenerKind::Admin, settings.admin.listen.as_slice()).await?;
        if acceptor.is_none() && !encrypted.is_empty() {
            return Err(StartError::InheritedTls);
        }
        let at = addresses(&admin).first().copied();
        let addresses = Addresses {
            plain: addresses(&plain),
            tls: addresses(&encrypted),
            admin: at,
            console: at.is_some_and(|at| console::is_served(settings, at)),
        };

        let metrics = Arc::new(Metrics::new(settings.store.kind()));
        let told = Arc::clone(&metrics);
        let observer = Box::new(move |transaction| told.transaction(transaction));
        let store = match dev {
            Some(_) => open_emulators_store(&settings.store, observer).await?,
            None => open_store_observed(&settings.store, observer).await?,
        };
        let tokens = Arc::new(tokens(settings, &addresses, dev.is_some())?);
        let audit = settings.audit.as_ref().map(|audit| Audit::open(audit, &clock)).transpose()?;
        let polls = matches!(settings.store, StoreSettings::Cassandra(_));
        let hub = Arc::new(Hub::new(&settings.watch, polls));
        let tasks = Tasks::default();
        let executor = Executor::new(store, clock.clone(), metrics, beside.observer)
            .audited(audit)
            .watched(hub.clone())
            .with_tasks(tasks.clone());
        let gate = Arc::new(Gate::new(settings, executor, &clock, dev.clone(), beside.span_parent));
        if let Some(dev) = &dev {
            dev.fill(&gate).await?;
        }
        let reloader = Arc::new(Reloader::new(
            Arc::clone(&gate),
            certificate.clone(),
            clock.clone(),
            beside.loader,
            settings.clone(),
            Arc::clone(&tokens),
        ));
        let places = Arc::new(Places::new(server.connections));
        let watches = Arc::new(Watches { gate: gate.clone(), tasks: tasks.clone() });
        if hub.polls() {
            tasks.start(watch::poll(gate.clone(), hub.clone(), tasks.clone()));
        }
        let webhooks = Arc::new(Webhooks::new(gate.clone(), clock.clone(), tasks.clone(), polls));
        tasks.start(Arc::clone(&webhooks).run());
        let plain = plain.into_iter().map(|listener| (listener, None));
        let encrypted = encrypted.into_iter().map(|listener| (listener, acceptor.clone()));
        for (listener, tls) in plain.chain(encrypted) {
            let answers = Answers::Calls(gate.clone(), watches.clone());
            tasks.start(listener::serve(listener, tls, answers, places.clone(), tasks.clone()));
        }
        if let Some(certificate) = &certificate {
            tasks.start(tls::watch(Arc::clone(certificate), tasks.clone()));
        }
        let history = Arc::new(History::new(clock.clone()));
        let totals = Arc::new(Totals::new(gate.clone(), clock.clone(), tasks.clone()));
        if !admin.is_empty() {
            tasks.start(figures::run(history.clone(), gate.clone(), tasks.clone()));
        }
        let backups = Arc::new(Backups::new(settings, gate.clone(), clock.clone(), tasks.clone()));
        tasks.start(backup::run(backups.clone()));
        let operators = Arc::new(Admin {
            gate: Arc::clone(&gate),
            reloader: Arc::clone(&reloader),
            backups,
            webhooks,
            certificate,
            places,
            store_kind: settings.store.kind(),
            history,
            totals,
            tokens,
            tasks: tasks.clone(),
            imports: Semaphore::new(limits::IMPORTS),
        });
        let admin_tls = if settings.admin.tls { acceptor } else { None };
        let places = Arc::new(Places::new(limits::ADMIN_CONNECTIONS));
        for listener in admin {
            let at = listener.local_addr().map_err(StartError::Inherited)?;
            let console = console::router(&operators, settings, &clock, at, &addresses);
            let router = admin::router(Arc::clone(&operators), dev.clone(), console, at);
            let answers = Answers::Operators(router);
            tasks.start(listener::serve(listener, admin_tls.clone(), answers, places.clone(), tasks.clone()));
        }
        Ok(Server { gate, reloader, tasks, addresses, drain: server.drain, leave: server.leave })
    }

    /// Where the server listens.
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// Reads the configuration anew and takes it. An `Err` says what is wrong with it; the old one stays then.
    pub fn reload(&self) -> Result<Reloaded, String> {
        self.reloader.reload()
    }

    /// Says to be not ready any more, and goes on for the configured time, so that load balancers notice.
    pub async fn leave(&self) {
        self.tasks.leave();
        tokio::time::sleep(self.leave).await;
    }

    /// Accepts no more, lets the calls under way finish for a bounded time, and closes the store. Returns whether all
    /// of them finished.
    pub async fn stop(self) -> bool {
        let drained = self.tasks.stop(self.drain).await;
        self.gate.executor().close().await;
        drained
    }
}

/// The tokens of operators. That of an emulator which nobody else can reach is no secret, unless a file is configured.
fn tokens(settings: &Settings, addresses: &Addresses, is_emulator: bool) -> Result<Tokens, SecretFileError> {
    let Some(admin) = addresses.admin else {
        return Ok(Tokens::none());
    };
    if is_emulator && admin.ip().is_loopback() && settings.admin.token_file.is_none() {
        return Ok(Tokens::known(dev::TOKEN));
    }
    Tokens::read(settings)
}

/// The listeners of a kind: those that were handed over, or else those that are configured.
async fn listeners(
    inherited: &mut Vec<Inherited>,
    kind: ListenerKind,
    configured: &[Address],
) -> Result<Vec<TcpListener>, StartError> {
    let mut listeners = Vec::new();
    for handed in inherited.extract_if(.., |handed| handed.kind == kind) {
        handed.listener.set_nonblocking(true).map_err(StartError::Inherited)?;
        listeners.push(TcpListener::from_std(handed.listener).map_err(StartError::Inherited)?);
    }
    if !listeners.is_empty() {
        return Ok(listeners);
    }
    for address in configured {
        let bound = listener::bind(address).await;
        listeners.push(bound.map_err(|error| StartError::Listen { address: address.clone(), error })?);
    }
    Ok(listeners)
}

fn addresses(listeners: &[TcpListener]) -> Vec<SocketAddr> {
    listeners.iter().filter_map(|listener| listener.local_addr().ok()).collect()
}
