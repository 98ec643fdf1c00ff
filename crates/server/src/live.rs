//! What a reload changes: everything that a call looks at and that no listener or store depends on.

use std::time::Duration;

use crate::apps::Apps;
use crate::clients::ClientRules;
use crate::clock::Clock;
use crate::config::{Settings, describe};

/// The reloadable part of a server. A call holds on to the one that it began with.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) apps: Apps,
    pub(crate) clients: ClientRules,
    /// Web origins that are echoed. Empty: every browser is answered `*`.
    pub(crate) origins: Vec<String>,
    /// Time for a request's body to arrive.
    pub(crate) body_read: Duration,
    /// Calls that take longer are logged.
    pub(crate) slow_call: Option<Duration>,
    /// The whole configuration as a file without secrets, for backups.
    pub(crate) described: String,
}

impl Live {
    /// From settings. Applications keep the counts that they had `before`, as far as their rates are the same.
    pub(crate) fn new(settings: &Settings, clock: &Clock, before: Option<&Live>) -> Live {
        let server = &settings.server;
        Live {
            apps: Apps::new(&settings.apps, clock, before.map(|live| &live.apps)),
            clients: ClientRules::new(server),
            origins: server.cors_origins.clone(),
            body_read: server.body_read,
            slow_call: settings.log.slow_call,
            described: describe(settings),
        }
    }
}
