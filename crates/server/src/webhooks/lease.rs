//! Until when this server is the one that delivers an application's webhooks. The deliverer asks for more in time; turns
//! that are under way look at it before they send anything, and end with it. So a server that has lost its lease, or
//! cannot find out whether it has, sends nothing more beside the one that comes after it.

use std::time::Duration;

use tokio::sync::watch;

use crate::clock::Clock;

/// The lease of one application.
pub(super) struct Lease {
    clock: Clock,
    /// A moment of the monotonic clock.
    until: watch::Sender<Duration>,
}

impl Lease {
    /// One that is still to be asked for.
    pub(super) fn new(clock: Clock) -> Lease {
        Lease { clock, until: watch::Sender::new(Duration::ZERO) }
    }

    /// Nobody else delivers until this moment.
    pub(super) fn lasts_until(&self, moment: Duration) {
        self.until.send_replace(moment);
    }

    /// Somebody else may deliver from now on.
    pub(super) fn end(&self) {
        self.until.send_replace(Duration::ZERO);
    }

    /// For how long nobody else delivers.
    pub(super) fn left(&self) -> Duration {
        self.until.borrow().saturating_sub(self.clock.monotonic())
    }

    /// Whether somebody else may deliver.
    pub(super) fn has_ended(&self) -> bool {
        self.left().is_zero()
    }

    /// Resolves once somebody else may deliver.
    pub(super) async fn ended(&self) {
        let mut changed = self.until.subscribe();
        while !self.has_ended() {
            tokio::select! {
                _ = changed.changed() => {}
                () = tokio::time::sleep(self.left()) => {}
            }
        }
    }
}
