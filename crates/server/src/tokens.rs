//! The tokens of operators: the admin token opens everything, the viewer token opens the console to look and not to
//! change.
//!
//! They are kept in files and read again at each reload, so that a token that got lost is renewed without a restart.

use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwap;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::config::{Secret, Settings};
use crate::secret_file::{self, SecretFileError};

/// What an operator may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Look.
    Viewer,
    /// Everything.
    Admin,
}

impl Role {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Admin => "admin",
        }
    }
}

/// Tells one token from all others, and is no secret.
pub(crate) type TokenDigest = [u8; 32];

/// The tokens that are taken.
#[derive(Debug)]
pub(crate) struct Tokens {
    admin: Source,
    viewer: Source,
    held: ArcSwap<Held>,
}

#[derive(Debug)]
struct Source {
    /// `None`: there is no place for the token.
    file: Option<PathBuf>,
    /// Somebody named the file, so that it must work.
    configured: bool,
}

/// What is to be shown.
#[derive(Debug, Default)]
pub(crate) struct Held {
    admin: Option<Secret>,
    viewer: Option<Secret>,
}

impl Tokens {
    /// None at all.
    pub(crate) fn none() -> Tokens {
        let source = || Source { file: None, configured: false };
        Tokens { admin: source(), viewer: source(), held: ArcSwap::default() }
    }

    /// An admin token that everybody knows.
    pub(crate) fn known(token: &str) -> Tokens {
        let held = Held { admin: Some(Secret::new(token.to_owned())), viewer: None };
        Tokens { held: ArcSwap::from_pointee(held), ..Tokens::none() }
    }

    /// Reads them, and makes those that are not there.
    pub(crate) fn read(settings: &Settings) -> Result<Tokens, SecretFileError> {
        let admin =
            Source { file: settings.admin_token_file(), configured: settings.admin.token_file.is_some() };
        let viewer = Source {
            file: settings.viewer_token_file(),
            configured: settings.admin.viewer_token_file.is_some(),
        };
        let held = Held { admin: admin.read()?, viewer: viewer.read()? };
        Ok(Tokens { admin, viewer, held: ArcSwap::from_pointee(held) })
    }

    /// What is in the files now, to be taken once nothing can go wrong any more. If one cannot be read, both stay as
    /// they are.
    pub(crate) fn read_again(&self) -> Result<Held, SecretFileError> {
        let now = self.held.load();
        let or = |read: Option<Secret>, now: &Option<Secret>| read.or_else(|| now.clone());
        let admin = or(self.admin.read()?, &now.admin);
        let viewer = or(self.viewer.read()?, &now.viewer);
        Ok(Held { admin, viewer })
    }

    /// Goes on with these.
    pub(crate) fn take(&self, held: Held) {
        self.held.store(Arc::new(held));
    }

    /// Whether anybody can prove to be an operator.
    pub(crate) fn can_be_shown(&self) -> bool {
        self.held.load().admin.is_some()
    }

    /// What the holder of this token may do.
    pub(crate) fn role(&self, shown: &[u8]) -> Option<Role> {
        let held = self.held.load();
        let is = |token: &Option<Secret>| {
            token.as_ref().is_some_and(|token| shown.ct_eq(token.expose().as_bytes()).into())
        };
        // Both are compared, so that the time tells nothing.
        match (is(&held.admin), is(&held.viewer)) {
            (true, _) => Some(Role::Admin),
            (false, true) => Some(Role::Viewer),
            (false, false) => None,
        }
    }

    /// The digest of the token of this role.
    pub(crate) fn digest(&self, role: Role) -> Option<TokenDigest> {
        let held = self.held.load();
        let token = match role {
            Role::Admin => held.admin.as_ref(),
            Role::Viewer => held.viewer.as_ref(),
        };
        Some(Sha256::digest(token?.expose()).into())
    }
}

impl Source {
    /// A token that cannot be kept with the data, perhaps because the disk is full, is done without.
    fn read(&self) -> Result<Option<Secret>, SecretFileError> {
        let Some(file) = &self.file else {
            return Ok(None);
        };
        match secret_file::read_or_make(file) {
            Ok(token) => Ok(Some(token)),
            Err(error) if self.configured => Err(error),
            Err(error) => {
                tracing::error!(%error, "there is no such token, so that nobody can show it");
                Ok(None)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(folder: &std::path::Path) -> Settings {
        let path = folder.join("data").to_str().unwrap().to_owned();
        crate::config::load(None, &Default::default(), &[("store.path".to_owned(), path)]).unwrap()
    }

    #[test]
    fn each_token_opens_what_it_is_for() {
        let folder = tempfile::tempdir().unwrap();
        let tokens = Tokens::read(&settings(folder.path())).unwrap();
        let read = |name: &str| std::fs::read_to_string(folder.path().join("data").join(name)).unwrap();
        let (admin, viewer) = (read("admin.token"), read("viewer.token"));
        assert_ne!(admin, viewer);
        assert_eq!(tokens.role(admin.trim().as_bytes()), Some(Role::Admin));
        assert_eq!(tokens.role(viewer.trim().as_bytes()), Some(Role::Viewer));
        for wrong in ["", "x", &admin[..63], &format!("{}0", admin.trim())] {
            assert_eq!(tokens.role(wrong.as_bytes()), None, "{wrong:?}");
        }
        assert_eq!(Tokens::none().role(b""), None);
    }

    #[test]
    fn a_renewed_token_counts_once_it_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let tokens = Tokens::read(&settings(folder.path())).unwrap();
        let before = tokens.digest(Role::Admin).unwrap();
        let file = folder.path().join("data").join("admin.token");
        std::fs::write(&file, "renewed\n").unwrap();
        let read = tokens.read_again().unwrap();
        assert_eq!(tokens.role(b"renewed"), None);
        tokens.take(read);
        assert_eq!(tokens.role(b"renewed"), Some(Role::Admin));
        assert_ne!(tokens.digest(Role::Admin).unwrap(), before);
    }
}
