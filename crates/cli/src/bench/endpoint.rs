//! Where the connections of the load go, and the part of a request that is the same for all.
//!
//! The name is resolved and the UserSig made once, so that neither costs time under load. A UserSig is the same in all
//! calls of a real caller too; `random`, which servers ignore, is here.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use foldmark_client::CallName;
use foldmark_server::clock::Clock;
use foldmark_server::random;
use foldmark_wire::query::write_query;
use foldmark_wire::usersig::NewUserSig;
use http::header::{CONTENT_TYPE, HOST, USER_AGENT};
use http::{HeaderMap, HeaderValue, Uri};
use hyper_rustls::ConfigBuilderExt;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::bench::connection::Connection;
use crate::credentials::App;
use crate::failure::Failure;

/// How long connecting may take: less than a request may, so that both failures are told apart.
const CONNECT_LIMIT: Duration = Duration::from_millis(2_500);
/// Longer than the longest run.
const USERSIG_SECONDS: u64 = 7 * 24 * 60 * 60;

/// The server, as connections see it.
pub(super) struct Endpoint {
    addresses: Vec<SocketAddr>,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    /// What every request says beside its target.
    pub(super) headers: HeaderMap,
    query: String,
}

impl Endpoint {
    /// Looks the server up. `url` is one that the client has accepted.
    pub(super) async fn new(
        url: &str,
        app: &App,
        identifier: &str,
        ca: Option<&[u8]>,
    ) -> Result<Endpoint, Failure> {
        let uri: Uri = url.parse().map_err(|error| Failure::usage(format!("{url}: {error}")))?;
        let encrypted = uri.scheme_str() == Some("https");
        let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let port = uri.port_u16().unwrap_or(if encrypted { 443 } else { 80 });
        let found = lookup_host((host, port)).await;
        let found = found.map_err(|error| Failure::transport(format!("{host}: {error}")))?;
        let tls = match encrypted {
            true => Some(tls(host, ca)?),
            false => None,
        };
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        let usersig = NewUserSig {
            sdkappid: app.sdkappid,
            key: app.key.expose().as_bytes(),
            identifier,
            now: Clock::system().unix_seconds(),
            expire: USERSIG_SECONDS,
            userbuf: None,
        };
        let query = write_query(app.sdkappid, identifier, &usersig.make(), random::number() as u32);
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_str(authority).map_err(Failure::usage)?);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, HeaderValue::from_static(NAME));
        Ok(Endpoint { addresses: found.collect(), tls, headers, query })
    }

    /// The target of a call.
    pub(super) fn target(&self, call: CallName) -> Result<Uri, Failure> {
        let target = format!("{}?{}", call.path(), self.query);
        target.parse().map_err(|error| Failure::usage(format!("--identifier: {error}")))
    }

    /// Makes a connection. Fails with a reason for people.
    pub(super) async fn connect(&self) -> Result<Connection, String> {
        let connected = timeout(CONNECT_LIMIT, self.connect_in_any_time()).await;
        connected.unwrap_or_else(|_| Err("no answer in time".to_owned()))
    }

    async fn connect_in_any_time(&self) -> Result<Connection, String> {
        let stream = TcpStream::connect(&*self.addresses).await.map_err(|error| error.to_string())?;
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        let Some((connector, name)) = &self.tls else {
            return Connection::new(stream).await;
        };
        let stream = connector.connect(name.clone(), stream).await;
        Connection::new(stream.map_err(|error| error.to_string())?).await
    }
}

const NAME: &str = concat!("foldmark-bench/", env!("CARGO_PKG_VERSION"));

fn tls(host: &str, ca: Option<&[u8]>) -> Result<(TlsConnector, ServerName<'static>), Failure> {
    // The provider is named, not taken from a process-wide default that others may set.
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = versions.map_err(Failure::failed)?;
    let builder = match ca {
        Some(pem) => builder.with_root_certificates(roots(pem)?),
        None => builder
            .with_native_roots()
            .map_err(|error| Failure::failed(format!("the system's certificates: {error}")))?,
    };
    let mut config = builder.with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let name = ServerName::try_from(host.to_owned());
    let name = name.map_err(|error| Failure::usage(format!("{host}: {error}")))?;
    Ok((TlsConnector::from(Arc::new(config)), name))
}

fn roots(pem: &[u8]) -> Result<RootCertStore, Failure> {
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|error| Failure::usage(format!("--ca: {error}")))?;
        store.add(certificate).map_err(|error| Failure::usage(format!("--ca: {error}")))?;
    }
    Ok(store)
}
