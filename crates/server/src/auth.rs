//! Who is calling: UserSigs are verified once and remembered, and callers who keep failing are held off.
//!
//! A remembered signature is found by everything that its verification depended on: the whole signature, the
//! application, the identifier and the key. Its expiry is checked at each call.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::Duration;

use foldmark_core::subject::AppId;
use foldmark_wire::usersig::UserSig;
use foldmark_wire::{Code, Fault};
use quick_cache::Equivalent;
use quick_cache::sync::Cache;

use crate::apps::{App, KeysDigest};
use crate::clock::Clock;
use crate::limits;

/// Everything that the verification of a signature depends on. It is looked up by its texts as they are: a digest of
/// them would cost more than comparing them.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Signed {
    app: AppId,
    keys: KeysDigest,
    identifier: Box<str>,
    signature: Box<str>,
}

/// A [`Signed`] that is looked for. It hashes the same.
#[derive(Hash)]
struct SignedRef<'a> {
    app: AppId,
    keys: KeysDigest,
    identifier: &'a str,
    signature: &'a str,
}

impl Equivalent<Signed> for SignedRef<'_> {
    fn equivalent(&self, signed: &Signed) -> bool {
        self.app == signed.app
            && self.keys == signed.keys
            && *self.identifier == *signed.identifier
            && *self.signature == *signed.signature
    }
}

impl SignedRef<'_> {
    fn keep(&self) -> Signed {
        Signed {
            app: self.app,
            keys: self.keys,
            identifier: self.identifier.into(),
            signature: self.signature.into(),
        }
    }
}

/// Verifies UserSigs for all applications of a server.
#[derive(Debug)]
pub(crate) struct Auth {
    clock: Clock,
    /// The value is the last Unix second at which the signature is good.
    verified: Cache<Signed, u64>,
    failures: Failures,
}

impl Auth {
    pub(crate) fn new(clock: Clock, signatures: usize, failures_per_minute: u32) -> Auth {
        Auth {
            failures: Failures::new(clock.clone(), failures_per_minute),
            clock,
            verified: Cache::new(signatures),
        }
    }

    /// Checks that `signature` was made with a key of `app` for `identifier` and is not expired.
    pub(crate) fn check(
        &self,
        app: &App,
        identifier: &str,
        signature: &str,
        from: IpAddr,
    ) -> Result<(), Fault> {
        if signature.is_empty() {
            return Err(Code::UserSigEmpty.into());
        }
        if signature.len() > limits::USER_SIG_BYTES {
            return Err(Code::UserSigInvalid.into());
        }
        let signed = SignedRef { app: app.id, keys: app.keys_digest, identifier, signature };
        let now = self.clock.unix_seconds();
        if self.verified.get(&signed).is_some_and(|expires_at| now <= expires_at) {
            return Ok(());
        }
        match verify(app, identifier, signature, now) {
            Ok(expires_at) => {
                if signature.len() <= limits::REMEMBERED_USER_SIG_BYTES {
                    self.verified.insert(signed.keep(), expires_at);
                }
                Ok(())
            }
            Err(fault) => Err(if self.failures.count(app, identifier, from) {
                Code::TooManyFailures.into()
            } else {
                fault
            }),
        }
    }
}

fn verify(app: &App, identifier: &str, signature: &str, now: u64) -> Result<u64, Fault> {
    let keys: Vec<&[u8]> = app.keys.iter().map(|key| key.expose().as_bytes()).collect();
    let verified = UserSig::decode(signature)?.verify(app.id.get(), identifier, &keys, now)?;
    Ok(verified.expires_at)
}

/// Counts failed checks by application, identifier and client address, in windows of a minute.
#[derive(Debug)]
struct Failures {
    clock: Clock,
    allowed: u32,
    hasher: RandomState,
    /// By hash of the caller. A bounded cache: under a flood of callers the oldest are forgotten.
    windows: Cache<u64, std::sync::Arc<Mutex<Window>>>,
}

#[derive(Debug)]
struct Window {
    start: Duration,
    count: u32,
}

impl Failures {
    fn new(clock: Clock, allowed: u32) -> Failures {
        let windows = Cache::new(limits::FAILING_CALLERS);
        Failures { clock, allowed, hasher: RandomState::new(), windows }
    }

    /// Counts one more failure, and says whether there were too many.
    fn count(&self, app: &App, identifier: &str, from: IpAddr) -> bool {
        if self.allowed == 0 {
            return false;
        }
        let now = self.clock.monotonic();
        let caller = self.hasher.hash_one((app.id, identifier, from));
        let window = self.windows.get_or_insert_with(&caller, || {
            Ok::<_, std::convert::Infallible>(std::sync::Arc::new(Mutex::new(Window {
                start: now,
                count: 0,
            })))
        });
        let Ok(window) = window;
        let mut window = window.lock().expect("no holder of this lock panics");
        if now.saturating_sub(window.start) >= limits::FAILURE_WINDOW {
            *window = Window { start: now, count: 0 };
        }
        window.count = window.count.saturating_add(1);
        window.count > self.allowed
    }
}
