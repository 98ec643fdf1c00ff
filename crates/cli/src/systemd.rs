//! The service manager: listeners that it opened, and what it wants to be told. Without one, nothing of this happens.

use std::io;
use std::time::Duration;

use foldmark_server::config::Settings;
use foldmark_server::config::environment::{self, LISTENER_NAMES};
use foldmark_server::{Inherited, ListenerKind};
use listenfd::ListenFd;
use sd_notify::NotifyState;

use crate::failure::Failure;

/// The listeners that were handed over. A socket unit says by `FileDescriptorName=` what one is for: `plain`, `tls`, or
/// `admin`; one without such a name serves what `server.listen` would.
pub(crate) fn listeners(settings: &Settings) -> Result<Vec<Inherited>, Failure> {
    let names = environment::variable(LISTENER_NAMES).unwrap_or_default();
    let mut names = names.split(':');
    let mut handed = ListenFd::from_env();
    let mut listeners = Vec::new();
    for place in 0..handed.len() {
        let name = names.next().unwrap_or_default();
        let refused = |error: io::Error| {
            Failure::failed(format!("the listener {name:?} that was handed over: {error}"))
        };
        let Some(listener) = handed.take_tcp_listener(place).map_err(refused)? else { continue };
        listeners.push(Inherited { kind: kind(name, settings), listener });
    }
    Ok(listeners)
}

fn kind(name: &str, settings: &Settings) -> ListenerKind {
    match name {
        "plain" => ListenerKind::Plain,
        "tls" => ListenerKind::Tls,
        "admin" => ListenerKind::Admin,
        _ if settings.server.plain_listen().is_empty() => ListenerKind::Tls,
        _ => ListenerKind::Plain,
    }
}

/// Tells that calls are served.
pub(crate) fn ready() {
    tell(&[NotifyState::Ready]);
}

/// Tells that the configuration is being read; [`ready`] ends it.
pub(crate) fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(error) => tracing::warn!(%error, "the service manager cannot be told of the reload"),
    }
}

/// Tells that the server stops.
pub(crate) fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// Tells that the server is alive.
pub(crate) fn alive() {
    tell(&[NotifyState::Watchdog]);
}

/// How often it wants to be told so, with time to spare.
pub(crate) fn watchdog() -> Option<Duration> {
    sd_notify::watchdog_enabled().map(|limit| limit / 3).filter(|every| !every.is_zero())
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "the service manager cannot be told");
    }
}
