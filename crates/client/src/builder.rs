//! What a client is made of, checked once when it is built.

use std::sync::Arc;
use std::time::Duration;

use http::Uri;

use crate::client::{Client, Inner};
use crate::error::Error;
use crate::signature::Signer;
use crate::transport::Transport;

/// Makes a [`Client`]; see [`Client::builder`].
#[derive(Clone)]
pub struct Builder {
    url: String,
    sdkappid: u32,
    identifier: String,
    key: Option<String>,
    usersig: Option<String>,
    usersig_validity: Duration,
    timeout: Duration,
    retries: u32,
    root_certificates: Option<Vec<u8>>,
}

/// Longer than the three seconds that a server takes at most.
const TIMEOUT_DEFAULT: Duration = Duration::from_secs(5);
/// What the vendor's documentation advises at least.
const USERSIG_VALIDITY_DEFAULT: Duration = Duration::from_secs(24 * 60 * 60);
/// The vendor's longest validity, 50 years.
const USERSIG_VALIDITY_MAX: Duration = Duration::from_secs(50 * 365 * 24 * 60 * 60);
const RETRIES_DEFAULT: u32 = 3;
/// More would only hide that the server is gone.
const RETRIES_MAX: u32 = 20;

impl Builder {
    pub(crate) fn new(url: String, sdkappid: u32) -> Self {
        Self {
            url,
            sdkappid,
            identifier: "administrator".to_owned(),
            key: None,
            usersig: None,
            usersig_validity: USERSIG_VALIDITY_DEFAULT,
            timeout: TIMEOUT_DEFAULT,
            retries: RETRIES_DEFAULT,
            root_certificates: None,
        }
    }

    /// The application's secret key, from which UserSigs are made.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// A ready-made UserSig, used in place of a key as long as it lasts.
    pub fn usersig(mut self, usersig: impl Into<String>) -> Self {
        self.usersig = Some(usersig.into());
        self
    }

    /// The administrator to call as; `administrator` unless set.
    pub fn identifier(mut self, identifier: impl Into<String>) -> Self {
        self.identifier = identifier.into();
        self
    }

    /// How long UserSigs made from the key are valid: 24 hours unless set; 10 seconds to 50 years.
    pub fn usersig_validity(mut self, validity: Duration) -> Self {
        self.usersig_validity = validity;
        self
    }

    /// How long one try may take, connecting included: 5 seconds unless set. The server itself takes up to 3.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How often a call is made again where that is safe: 3 unless set, 20 at most; 0 switches it off.
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = retries.min(RETRIES_MAX);
        self
    }

    /// Certificates in PEM that an HTTPS server's has to lead to, in place of those that the system trusts.
    pub fn root_certificate_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.root_certificates = Some(pem.into());
        self
    }

    /// Makes the client. Nothing is sent yet.
    pub fn build(self) -> Result<Client, Error> {
        let base = base_url(&self.url)?;
        if self.sdkappid == 0 {
            return Err(wrong("the sdkappid must not be 0"));
        }
        if self.identifier.is_empty() {
            return Err(wrong("the identifier must not be empty"));
        }
        if self.timeout.is_zero() {
            return Err(wrong("the timeout must not be 0"));
        }
        let signer = match (self.usersig, self.key) {
            (Some(usersig), None) if !usersig.is_empty() => Signer::Ready(usersig),
            (None, Some(key)) if !key.is_empty() => {
                if !(Duration::from_secs(10)..=USERSIG_VALIDITY_MAX).contains(&self.usersig_validity) {
                    return Err(wrong("the validity of UserSigs must be from 10 seconds to 50 years"));
                }
                Signer::with_key(key, self.usersig_validity)
            }
            _ => return Err(wrong("either a key or a UserSig is needed, and it must not be empty")),
        };
        let transport = Transport::new(base.starts_with("https"), self.root_certificates, self.timeout)?;
        let (sdkappid, identifier, retries) = (self.sdkappid, self.identifier, self.retries);
        Ok(Client(Arc::new(Inner { base, sdkappid, identifier, signer, retries, transport })))
    }
}

fn wrong(reason: &str) -> Error {
    Error::Configuration(reason.to_owned())
}

/// Scheme, host and port, without a slash at the end.
fn base_url(url: &str) -> Result<String, Error> {
    let invalid = |reason| Error::InvalidUrl { url: url.to_owned(), reason };
    let uri: Uri = url.parse().map_err(|_| invalid("is not a URL"))?;
    let scheme = uri.scheme_str().unwrap_or_default();
    if scheme != "http" && scheme != "https" {
        return Err(invalid("must start with http:// or https://"));
    }
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    if authority.is_empty() || authority.contains('@') {
        return Err(invalid("must name a host, and no user"));
    }
    if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
        return Err(invalid("must end after host and port; the paths of the calls are fixed"));
    }
    Ok(format!("{scheme}://{authority}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked() {
        for (url, base) in [
            ("http://127.0.0.1:8080", Some("http://127.0.0.1:8080")),
            ("https://chat.example/", Some("https://chat.example")),
            ("http://[::1]:80", Some("http://[::1]:80")),
            ("127.0.0.1:8080", None),
            ("ftp://127.0.0.1", None),
            ("http://", None),
            ("http://me@host", None),
            ("http://host/prefix", None),
            ("http://host/?a=b", None),
            ("", None),
        ] {
            assert_eq!(base_url(url).ok().as_deref(), base, "{url}");
        }
    }

    #[test]
    fn what_cannot_work_is_refused_at_once() {
        let builder = || Client::builder("http://127.0.0.1:1", 7).key("secret");
        assert!(builder().build().is_ok());
        assert!(builder().usersig("eJx").build().is_err());
        assert!(builder().identifier("").build().is_err());
        assert!(builder().timeout(Duration::ZERO).build().is_err());
        assert!(builder().usersig_validity(Duration::from_secs(9)).build().is_err());
        assert!(Client::builder("http://127.0.0.1:1", 7).build().is_err());
        assert!(Client::builder("http://127.0.0.1:1", 7).key("").build().is_err());
        assert!(Client::builder("http://127.0.0.1:1", 0).key("secret").build().is_err());
        let pem = Client::builder("https://127.0.0.1:1", 7).key("secret").root_certificate_pem("no PEM");
        assert!(matches!(pem.build(), Err(Error::Configuration(_))));
    }
}
