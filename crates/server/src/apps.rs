//! The applications that a server serves: their keys, administrators, policies and call rates.

use std::collections::{BTreeSet, HashMap};
use std::num::NonZeroU32;
use std::sync::Arc;

use foldmark_core::policy::Policy;
use foldmark_core::subject::AppId;
use foldmark_wire::CallName;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use sha2::{Digest, Sha256};

use crate::clock::Clock;
use crate::config::{AppSettings, Secret};
use crate::failures::Failures;

type Rate = RateLimiter<NotKeyed, InMemoryState, Clock, NoOpMiddleware<std::time::Duration>>;

/// All applications of a server.
#[derive(Debug)]
pub(crate) struct Apps {
    apps: HashMap<u32, Arc<App>>,
}

impl Apps {
    pub(crate) fn new(settings: &[AppSettings], clock: &Clock) -> Apps {
        let apps = settings.iter().map(|app| (app.app.get(), Arc::new(App::new(app, clock))));
        Apps { apps: apps.collect() }
    }

    /// The application of this number.
    pub(crate) fn get(&self, sdkappid: u32) -> Option<&Arc<App>> {
        self.apps.get(&sdkappid)
    }
}

/// A digest of all keys of an application.
pub(crate) type KeysDigest = [u8; 32];

/// One application.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) id: AppId,
    /// The present key, then the previous one if it is still accepted.
    pub(crate) keys: Vec<Secret>,
    /// Tells these keys from all others.
    pub(crate) keys_digest: KeysDigest,
    pub(crate) policy: Policy,
    pub(crate) failures: Failures,
    administrators: BTreeSet<String>,
    /// By the call's place in [`CallName::ALL`]; `None` where there is no limit.
    rates: Vec<Option<Rate>>,
}

impl App {
    fn new(settings: &AppSettings, clock: &Clock) -> App {
        let rates = CallName::ALL.iter().map(|call| {
            let per_second = NonZeroU32::new(settings.calls_per_second(*call))?;
            // A burst of a whole second's calls is let through at once, as a counter per second would.
            Some(RateLimiter::direct_with_clock(Quota::per_second(per_second), clock.clone()))
        });
        App {
            id: settings.app,
            keys: settings.keys.clone(),
            keys_digest: digest(&settings.keys),
            policy: settings.policy,
            failures: Failures::new(clock),
            administrators: settings.administrators.iter().cloned().collect(),
            rates: rates.collect(),
        }
    }

    /// Whether `identifier` may call on behalf of the application.
    pub(crate) fn is_administrator(&self, identifier: &str) -> bool {
        self.administrators.contains(identifier)
    }

    /// Counts one call, and says whether it is within the application's rate.
    pub(crate) fn admits(&self, call: CallName) -> bool {
        self.rates[call as usize].as_ref().is_none_or(|rate| rate.check().is_ok())
    }
}

fn digest(keys: &[Secret]) -> KeysDigest {
    let mut hash = Sha256::new();
    for key in keys {
        hash.update((key.expose().len() as u64).to_be_bytes());
        hash.update(key.expose());
    }
    hash.finalize().into()
}
