//! What a client is made of, checked once when it is built.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, Uri};

use crate::client::{Client, Guards, Inner};
use crate::error::Error;
use crate::signature::Signer;
use crate::tls;
use crate::transport::{Options, Transport};

/// Makes a [`Client`]; see [`Client::builder`].
///
/// ```
/// use std::time::Duration;
///
/// use foldmark_client::Client;
///
/// let client = Client::builder("http://127.0.0.1:8080", 1_400_000_000)
///     .key("the application's secret key")
///     .timeout(Duration::from_secs(2))
///     .deadline(Duration::from_secs(8))
///     .retries(5)
///     .build()?;
/// # Ok::<(), foldmark_client::Error>(())
/// ```
#[derive(Clone)]
#[must_use = "a builder makes nothing until it is told to build"]
pub struct Builder {
    url: String,
    sdkappid: u32,
    identifier: String,
    key: Option<String>,
    usersig: Option<String>,
    usersig_validity: Duration,
    connect_timeout: Option<Duration>,
    timeout: Duration,
    deadline: Option<Duration>,
    retries: u32,
    watch_silence: Duration,
    user_agent: String,
    http: HttpVersion,
    root_certificates: Option<Vec<u8>>,
}

/// The version of HTTP that a client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum HttpVersion {
    /// HTTP/2 with a server of `https://` that offers it, HTTP/1.1 otherwise.
    #[default]
    Negotiated,
    /// HTTP/1.1: a connection for each call under way.
    Http1,
    /// HTTP/2, without asking first on `http://`: all calls on one connection.
    Http2,
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
/// Three times what the server lets pass without a sign of life.
const WATCH_SILENCE_DEFAULT: Duration = Duration::from_secs(45);
const USER_AGENT: &str = concat!("foldmark-client/", env!("CARGO_PKG_VERSION"));

impl Builder {
    pub(crate) fn new(url: String, sdkappid: u32) -> Self {
        Self {
            url,
            sdkappid,
            identifier: "administrator".to_owned(),
            key: None,
            usersig: None,
            usersig_validity: USERSIG_VALIDITY_DEFAULT,
            connect_timeout: None,
            timeout: TIMEOUT_DEFAULT,
            deadline: None,
            retries: RETRIES_DEFAULT,
            watch_silence: WATCH_SILENCE_DEFAULT,
            user_agent: USER_AGENT.to_owned(),
            http: HttpVersion::default(),
            root_certificates: None,
        }
    }

    /// The application's secret key, from which UserSigs are made.
    ///
    /// ```
    /// let key = " 5bd2850f… \n"; // As read from a file.
    /// let client = foldmark_client::Client::builder("http://127.0.0.1:8080", 1_400_000_000).key(key.trim()).build();
    /// assert!(client.is_ok());
    /// ```
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// A ready-made UserSig, used in place of a key as long as it lasts.
    ///
    /// ```
    /// # fn example(usersig: String) -> Result<(), foldmark_client::Error> {
    /// let client = foldmark_client::Client::builder("http://127.0.0.1:8080", 1_400_000_000).usersig(usersig).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn usersig(mut self, usersig: impl Into<String>) -> Self {
        self.usersig = Some(usersig.into());
        self
    }

    /// The administrator to call as; `administrator` unless set.
    ///
    /// ```
    /// # fn example(builder: foldmark_client::Builder) {
    /// let builder = builder.identifier("back_office");
    /// # }
    /// ```
    pub fn identifier(mut self, identifier: impl Into<String>) -> Self {
        self.identifier = identifier.into();
        self
    }

    /// How long UserSigs made from the key are valid: 24 hours unless set; 10 seconds to 50 years.
    ///
    /// ```
    /// # fn example(builder: foldmark_client::Builder) {
    /// let builder = builder.usersig_validity(std::time::Duration::from_secs(600));
    /// # }
    /// ```
    pub fn usersig_validity(mut self, validity: Duration) -> Self {
        self.usersig_validity = validity;
        self
    }

    /// How long it may take until the server's host accepts a connection: half of [`Builder::timeout`] unless set. A call
    /// that fails in this way was not sent, and is repeated. TLS comes after it.
    ///
    /// ```
    /// # fn example(builder: foldmark_client::Builder) {
    /// let builder = builder.connect_timeout(std::time::Duration::from_millis(300));
    /// # }
    /// ```
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = Some(timeout);
        self
    }

    /// How long one try may take, connecting included: 5 seconds unless set. The server itself takes up to 3.
    ///
    /// ```
    /// # fn example(builder: foldmark_client::Builder) {
    /// let builder = builder.timeout(std::time::Duration::from_secs(4));
    /// # }
    /// ```
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long a call may take with all its tries and the pauses between them: as long as they take unless set. The
    /// last failure is given back when there is no time left for another try.
    ///
    /// ```
    /// # fn example(builder: foldmark_client::Builder) {
    /// let builder = builder.deadline(std::time::Duration::from_secs(10));
    /// # }
    /// ```
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// How often a call is made again [where that is safe](crate#what-is-repeated): 3 unless set, 20 at most; 0 switches
    /// it off.
    ///
    /// ```
    /// # fn example(builder: foldmark_client::Builder) {
    /// let builder = builder.retries(0);
    /// # }
    /// ```
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = retries.min(RETRIES_MAX);
        self
    }

    /// How long a watch may hear nothing before its connection counts as lost: 45 seconds unless set. The server says
    /// something every 15 seconds.
    ///
    /// ```
    /// # fn example(builder: foldmark_client::Builder) {
    /// let builder = builder.watch_silence(std::time::Duration::from_secs(20));
    /// # }
    /// ```
    pub fn watch_silence(mut self, silence: Duration) -> Self {
        self.watch_silence = silence;
        self
    }

    /// The header `User-Agent`: `foldmark-client/` and the version unless set.
    ///
    /// ```
    /// # fn example(builder: foldmark_client::Builder) {
    /// let builder = builder.user_agent("back-office/2.1");
    /// # }
    /// ```
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = user_agent.into();
        self
    }

    /// The version of HTTP: what the two sides agree on unless set.
    ///
    /// ```
    /// use foldmark_client::HttpVersion;
    ///
    /// # fn example(builder: foldmark_client::Builder) {
    /// let builder = builder.http_version(HttpVersion::Http2);
    /// # }
    /// ```
    pub fn http_version(mut self, version: HttpVersion) -> Self {
        self.http = version;
        self
    }

    /// Certificates in PEM that an HTTPS server's has to lead to, in place of those that the system trusts.
    ///
    /// ```no_run
    /// # fn example(builder: foldmark_client::Builder) -> std::io::Result<()> {
    /// let builder = builder.root_certificate_pem(std::fs::read("ca.pem")?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn root_certificate_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.root_certificates = Some(pem.into());
        self
    }

    /// Makes the client. Nothing is sent yet.
    ///
    /// ```
    /// use foldmark_client::{Client, Error};
    ///
    /// let without_key = Client::builder("http://127.0.0.1:8080", 1_400_000_000).build();
    /// assert!(matches!(without_key, Err(Error::Configuration(_))));
    /// ```
    pub fn build(self) -> Result<Client, Error> {
        let base = base_url(&self.url)?;
        if self.sdkappid == 0 {
            return Err(wrong("the sdkappid must not be 0"));
        }
        if self.identifier.is_empty() {
            return Err(wrong("the identifier must not be empty"));
        }
        let connect_timeout = self.connect_timeout.unwrap_or(self.timeout / 2);
        for (name, time) in [
            ("timeout", self.timeout),
            ("connect_timeout", connect_timeout),
            ("deadline", self.deadline.unwrap_or(self.timeout)),
            ("watch_silence", self.watch_silence),
        ] {
            if time.is_zero() {
                return Err(wrong(&format!("the {name} must not be 0")));
            }
        }
        let user_agent = HeaderValue::try_from(self.user_agent)
            .map_err(|_| wrong("the user agent must be of visible characters"))?;
        let signer = signer(self.key, self.usersig, self.usersig_validity)?;
        let tls = tls::config(base.starts_with("https"), self.root_certificates)?;
        let transport = Transport::new(Options { tls, connect_timeout, http: self.http, user_agent });
        let inner = Inner {
            base,
            sdkappid: self.sdkappid,
            identifier: self.identifier,
            signer,
            retries: self.retries,
            timeout: self.timeout,
            deadline: self.deadline,
            watch_silence: self.watch_silence,
            transport,
        };
        let client = Client(Arc::new(inner), Guards::default());
        client.check_url()?;
        Ok(client)
    }

    /// Makes a blocking client, with a thread and a runtime of its own. Nothing is sent yet.
    ///
    /// ```
    /// let client = foldmark_client::Client::builder("http://127.0.0.1:8080", 1_400_000_000)
    ///     .key("the application's secret key")
    ///     .build_blocking()?;
    /// # Ok::<(), foldmark_client::Error>(())
    /// ```
    #[cfg(feature = "blocking")]
    pub fn build_blocking(self) -> Result<crate::blocking::Client, Error> {
        crate::blocking::Client::new(self.build()?)
    }
}

/// Shows no secret; an address that was not checked yet may hold one.
impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("sdkappid", &self.sdkappid)
            .field("identifier", &self.identifier)
            .field("http", &self.http)
            .field("timeout", &self.timeout)
            .field("retries", &self.retries)
            .finish_non_exhaustive()
    }
}

fn wrong(reason: &str) -> Error {
    Error::Configuration(reason.to_owned())
}

fn signer(key: Option<String>, usersig: Option<String>, validity: Duration) -> Result<Signer, Error> {
    match (usersig, key) {
        (Some(usersig), None) if !usersig.is_empty() => Ok(Signer::Ready(usersig)),
        (None, Some(key)) if !key.is_empty() => {
            if !(Duration::from_secs(10)..=USERSIG_VALIDITY_MAX).contains(&validity) {
                return Err(wrong("the validity of UserSigs must be from 10 seconds to 50 years"));
            }
            Ok(Signer::with_key(key, validity))
        }
        _ => Err(wrong("either a key or a UserSig is needed, and it must not be empty")),
    }
}

/// Scheme, host and port, without a slash at the end.
fn base_url(url: &str) -> Result<String, Error> {
    let uri: Uri = url.parse().map_err(|_| invalid(url, "is not a URL"))?;
    let scheme = uri.scheme_str().unwrap_or_default();
    if scheme != "http" && scheme != "https" {
        return Err(invalid(url, "must start with http:// or https://"));
    }
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    if authority.is_empty() || authority.contains('@') {
        // It may hold a password.
        return Err(invalid(&format!("{scheme}://"), "must be followed by a host, and no user"));
    }
    if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
        return Err(invalid(url, "must end after host and port; the paths of the calls are fixed"));
    }
    Ok(format!("{scheme}://{authority}"))
}

fn invalid(url: &str, reason: &'static str) -> Error {
    Error::InvalidUrl { url: url.to_owned(), reason }
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
        assert!(builder().connect_timeout(Duration::ZERO).build().is_err());
        assert!(builder().deadline(Duration::ZERO).build().is_err());
        assert!(builder().user_agent("two\nlines").build().is_err());
        assert!(builder().usersig_validity(Duration::from_secs(9)).build().is_err());
        assert!(Client::builder("http://127.0.0.1:1", 7).build().is_err());
        assert!(Client::builder("http://127.0.0.1:1", 7).key("").build().is_err());
        assert!(Client::builder("http://127.0.0.1:1", 0).key("secret").build().is_err());
        let long = Client::builder("http://127.0.0.1:1", 7).usersig("x".repeat(70_000));
        assert!(matches!(long.build(), Err(Error::Configuration(_))));
        let pem = Client::builder("https://127.0.0.1:1", 7).key("secret").root_certificate_pem("no PEM");
        assert!(matches!(pem.build(), Err(Error::Configuration(_))));
    }

    #[test]
    fn secrets_are_not_shown() {
        let builder = Client::builder("http://127.0.0.1:1", 7).key("secret");
        assert!(!format!("{builder:?} {:?}", builder.clone().build()).contains("secret"));
        let error = Client::builder("http://me:secret@host", 7).key("k").build().unwrap_err();
        assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
    }
}
