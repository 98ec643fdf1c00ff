//! Taking a changed configuration without dropping a connection.
//!
//! Applications, keys, limits, addresses of clients, web origins, operators' tokens, and certificates are taken at once and together, or
//! not at all. What a listener or the store was made of stays until a restart; that it has changed is told.

use std::sync::{Arc, Mutex, PoisonError};

use crate::clock::Clock;
use crate::config::{Settings, differences};
use crate::gate::Gate;
use crate::live::Live;
use crate::tls::Certificate;
use crate::tokens::Tokens;

/// Reads the configuration anew. An `Err` says what is wrong with it.
pub type Loader = Box<dyn Fn() -> Result<Settings, String> + Send + Sync>;

/// What a reload did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reloaded {
    /// Applications that are served now.
    pub apps: usize,
    /// Keys whose new values want a restart.
    pub restart: Vec<&'static str>,
}

/// Takes changed configurations, one at a time.
pub(crate) struct Reloader {
    gate: Arc<Gate>,
    certificate: Option<Arc<Certificate>>,
    clock: Clock,
    load: Option<Loader>,
    /// What the server was started with: the rest of it holds until a restart.
    started: Settings,
    tokens: Arc<Tokens>,
    turn: Mutex<()>,
}

impl Reloader {
    pub(crate) fn new(
        gate: Arc<Gate>,
        certificate: Option<Arc<Certificate>>,
        clock: Clock,
        load: Option<Loader>,
        started: Settings,
        tokens: Arc<Tokens>,
    ) -> Reloader {
        Reloader { gate, certificate, clock, load, started, tokens, turn: Mutex::new(()) }
    }

    /// Reads the configuration and takes it. Whatever is wrong with it, the old one stays.
    pub(crate) fn reload(&self) -> Result<Reloaded, String> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let reloaded = self.load_and_take();
        self.gate.metrics().reloaded(reloaded.is_ok());
        match &reloaded {
            Ok(Reloaded { apps, restart }) if restart.is_empty() => {
                tracing::info!(apps, "the configuration was reloaded");
            }
            Ok(Reloaded { apps, restart }) => {
                let keys = restart.join(", ");
                tracing::warn!(apps, keys, "the configuration was reloaded; some keys want a restart");
            }
            Err(error) => tracing::error!(error, "the configuration was not reloaded; the old one stays"),
        }
        reloaded
    }

    fn load_and_take(&self) -> Result<Reloaded, String> {
        let load = self.load.as_ref().ok_or("this server has no configuration that could be read again")?;
        let settings = load()?;
        let live = Live::new(&settings, &self.clock, Some(&self.gate.live()));
        // What can fail comes first.
        let tokens = self.tokens.read_again().map_err(|error| format!("an operators' token: {error}"))?;
        if let (Some(certificate), Some(tls)) = (&self.certificate, &settings.server.tls) {
            certificate.replace(tls).map_err(|error| error.to_string())?;
        }
        self.tokens.take(tokens);
        self.gate.take(live);
        let changed = differences(&self.started, &settings);
        let restart = changed.into_iter().filter(|key| !self.is_taken(key, &settings));
        Ok(Reloaded { apps: settings.apps.len(), restart: restart.collect() })
    }

    fn is_taken(&self, key: &str, settings: &Settings) -> bool {
        match key {
            "server.tls.certificate" | "server.tls.key" => {
                self.certificate.is_some() && settings.server.tls.is_some()
            }
            _ => TAKEN.contains(&key),
        }
    }
}

/// The keys of no application that a reload takes, beside those of the certificate.
const TAKEN: &[&str] = &[
    "server.body_read_seconds",
    "server.allowed_clients",
    "server.trusted_proxies",
    "server.cors_origins",
    "log.filter",
    "log.slow_call_ms",
];
