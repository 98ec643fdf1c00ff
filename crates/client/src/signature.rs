//! The UserSig of a client's calls: made from the key, kept, and renewed when a tenth of its validity is left.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use foldmark_wire::usersig::NewUserSig;

/// Where UserSigs come from.
pub(crate) enum Signer {
    /// Made by someone else; renewing it is his business.
    Ready(String),
    /// Made here.
    Key { key: String, validity: Duration, current: Mutex<Option<Current>> },
}

/// A UserSig in use.
#[derive(Clone)]
pub(crate) struct Current {
    usersig: String,
    renew_at: u64,
}

impl Signer {
    pub(crate) fn with_key(key: String, validity: Duration) -> Self {
        Self::Key { key, validity, current: Mutex::new(None) }
    }

    /// A UserSig that is valid at `now`, in Unix seconds.
    pub(crate) fn usersig(&self, sdkappid: u32, identifier: &str, now: u64) -> String {
        let (key, validity, current) = match self {
            Self::Ready(usersig) => return usersig.clone(),
            Self::Key { key, validity, current } => (key, validity.as_secs(), current),
        };
        // Whoever panicked with the lock held has left a whole value behind, for it is replaced in one step.
        let mut current = current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = current.as_ref().filter(|kept| now < kept.renew_at) {
            return kept.usersig.clone();
        }
        let new =
            NewUserSig { sdkappid, key: key.as_bytes(), identifier, now, expire: validity, userbuf: None };
        let usersig = new.make();
        *current = Some(Current { usersig: usersig.clone(), renew_at: now + (validity - validity / 10) });
        usersig
    }
}

#[cfg(test)]
mod tests {
    use foldmark_wire::usersig::UserSig;

    use super::*;

    #[test]
    fn a_usersig_is_kept_and_renewed_in_time() {
        let signer = Signer::with_key("secret".to_owned(), Duration::from_secs(100));
        let made_at = |now| UserSig::decode(&signer.usersig(7, "administrator", now)).unwrap().time;
        assert_eq!(made_at(1_000), 1_000);
        assert_eq!(made_at(1_089), 1_000);
        assert_eq!(made_at(1_090), 1_090);
        let usersig = UserSig::decode(&signer.usersig(7, "administrator", 1_090)).unwrap();
        assert!(usersig.verify(7, "administrator", &[b"secret"], 1_190).is_ok());
    }

    #[test]
    fn a_ready_one_is_used_as_it_is() {
        assert_eq!(Signer::Ready("eJx".to_owned()).usersig(7, "administrator", 0), "eJx");
    }
}
