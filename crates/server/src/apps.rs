//! The applications that a server serves: their keys, administrators, policies and call rates.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;

use foldmark_core::policy::Policy;
use foldmark_core::subject::AppId;
use foldmark_wire::CallName;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use ipnet::IpNet;
use sha2::{Digest, Sha256};

use crate::clients::is_allowed;
use crate::clock::Clock;
use crate::config::{AppSettings, Secret, WebhookSettings};
use crate::end_users::EndUserRates;
use crate::failures::Failures;
use crate::figures::AppFigures;

type Rate = RateLimiter<NotKeyed, InMemoryState, Clock, NoOpMiddleware<std::time::Duration>>;

/// All applications of a server.
#[derive(Debug)]
pub(crate) struct Apps {
    apps: HashMap<u32, Arc<App>>,
}

impl Apps {
    /// From settings. What was counted `before` goes on where the rates are the same.
    pub(crate) fn new(settings: &[AppSettings], clock: &Clock, before: Option<&Apps>) -> Apps {
        let apps = settings.iter().map(|app| {
            let number = app.app.get();
            let before = before.and_then(|before| before.get(number));
            (number, Arc::new(App::new(app, clock, before.map(Arc::as_ref))))
        });
        Apps { apps: apps.collect() }
    }

    /// All applications, in ascending order.
    pub(crate) fn ids(&self) -> Vec<AppId> {
        let mut ids: Vec<AppId> = self.apps.values().map(|app| app.id).collect();
        ids.sort_unstable();
        ids
    }

    /// All applications, in ascending order of their numbers.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<App>> {
        self.ids().into_iter().filter_map(|id| self.get(id.get()))
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
    pub(crate) failures: Arc<Failures>,
    pub(crate) figures: Arc<AppFigures>,
    /// Names of bits of the standard mark, for people.
    pub(crate) mark_names: BTreeMap<u8, String>,
    allowed_clients: Vec<IpNet>,
    administrators: BTreeSet<String>,
    rates: Arc<Rates>,
    /// Whom changes of users are told; `None`: nobody.
    pub(crate) webhook: Option<Arc<WebhookSettings>>,
    /// `None`: only administrators may call.
    end_users: Option<Arc<EndUserRates>>,
}

impl App {
    pub(crate) fn new(settings: &AppSettings, clock: &Clock, before: Option<&App>) -> App {
        let per_second: Vec<u32> =
            CallName::ALL.iter().map(|call| settings.calls_per_second(*call)).collect();
        let rates = match before {
            Some(before) if before.rates.per_second == per_second => Arc::clone(&before.rates),
            _ => Arc::new(Rates::new(per_second, clock)),
        };
        let before_end_users = before.and_then(|before| before.end_users.as_ref());
        let end_users = settings.end_users.then(|| match before_end_users {
            Some(before) if before.per_second == settings.end_user_calls_per_second => Arc::clone(before),
            _ => Arc::new(EndUserRates::new(settings.end_user_calls_per_second, clock)),
        });
        App {
            id: settings.app,
            keys: settings.keys.clone(),
            keys_digest: digest(&settings.keys),
            policy: settings.policy,
            failures: before
                .map_or_else(|| Arc::new(Failures::new(clock)), |before| Arc::clone(&before.failures)),
            figures: before.map_or_else(Arc::default, |before| Arc::clone(&before.figures)),
            mark_names: settings.mark_names.clone(),
            allowed_clients: settings.allowed_clients.clone(),
            administrators: settings.administrators.iter().cloned().collect(),
            rates,
            webhook: settings.webhook.clone().map(Arc::new),
            end_users,
        }
    }

    /// By what the calls of `identifier` are counted if he is an end user. `None`: he is an administrator, or nobody
    /// else may call.
    pub(crate) fn end_user(&self, identifier: &str) -> Option<&EndUserRates> {
        let rates = self.end_users.as_deref()?;
        (!self.is_administrator(identifier)).then_some(rates)
    }

    /// Whether `identifier` may call on behalf of the application.
    pub(crate) fn is_administrator(&self, identifier: &str) -> bool {
        self.administrators.contains(identifier)
    }

    /// Who may call on behalf of the application, at least one.
    pub(crate) fn administrators(&self) -> impl Iterator<Item = &str> {
        self.administrators.iter().map(String::as_str)
    }

    /// Counts one call, and says whether it is within the application's rate.
    pub(crate) fn admits(&self, call: CallName) -> bool {
        self.rates.limits[call as usize].as_ref().is_none_or(|rate| rate.check().is_ok())
    }

    /// Counts the beginning of one watch, and says whether it is within the application's rate: that of `get_changes`, of
    /// which many who come back to a new server at once take nothing.
    pub(crate) fn admits_watch(&self) -> bool {
        self.rates.watches.as_ref().is_none_or(|rate| rate.check().is_ok())
    }

    /// How often a second a call may be made; 0 is no limit.
    pub(crate) fn calls_per_second(&self, call: CallName) -> u32 {
        self.rates.per_second[call as usize]
    }

    /// Where calls for the application are taken from; nowhere in particular if there are none.
    pub(crate) fn allowed_clients(&self) -> &[IpNet] {
        &self.allowed_clients
    }

    /// Whether calls for the application are taken from this address.
    pub(crate) fn admits_client(&self, client: IpAddr) -> bool {
        is_allowed(&self.allowed_clients, client)
    }
}

/// What an application's calls and watches are counted by. Both lists are in the order of [`CallName::ALL`].
#[derive(Debug)]
struct Rates {
    /// As configured.
    per_second: Vec<u32>,
    /// `None` where there is no limit.
    limits: Vec<Option<Rate>>,
    /// Of watches that begin.
    watches: Option<Rate>,
}

impl Rates {
    fn new(per_second: Vec<u32>, clock: &Clock) -> Rates {
        let rate = |per_second: u32| {
            // A burst of a whole second's calls is let through at once, as a counter per second would.
            let quota = Quota::per_second(NonZeroU32::new(per_second)?);
            Some(RateLimiter::direct_with_clock(quota, clock.clone()))
        };
        let limits = per_second.iter().map(|per_second| rate(*per_second)).collect();
        Rates { limits, watches: rate(per_second[CallName::GetChanges as usize]), per_second }
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
