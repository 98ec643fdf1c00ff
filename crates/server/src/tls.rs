//! TLS of the listeners: certificates from PEM files, HTTP/2, HTTP/1.1 and HTTP/1.0 offered.
//!
//! Certificate and key can be changed while connections are served: new handshakes see the new ones. Both files are
//! looked at now and then, and a pair that does not work, perhaps because only one of the two was replaced yet, leaves
//! the old one in use.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use thiserror::Error;
use tokio_rustls::TlsAcceptor;

use crate::config::TlsSettings;
use crate::limits;
use crate::tasks::Tasks;

/// Why TLS cannot be served.
#[derive(Debug, Error)]
pub enum TlsError {
    /// The file of `key` cannot be read, or holds nothing of the kind.
    #[error("server.tls.{key}: {path}: {reason}")]
    File {
        /// `certificate` or `key`.
        key: &'static str,
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Certificate and key do not make a server.
    #[error("server.tls: {0}")]
    Config(#[from] rustls::Error),
}

/// The certificate that is served, and the files that it came from.
#[derive(Debug)]
pub(crate) struct Certificate {
    provider: Arc<CryptoProvider>,
    served: ArcSwap<Served>,
    /// Where it is read from, and what the files looked like when they were last tried.
    source: Mutex<Source>,
}

#[derive(Debug)]
struct Served {
    key: Arc<CertifiedKey>,
    /// Unix seconds; `None` if the certificate does not tell it in a way that is understood.
    expires: Option<i64>,
}

#[derive(Debug)]
struct Source {
    settings: TlsSettings,
    seen: Seen,
}

/// What tells one state of both files from another.
type Seen = [Option<(u64, u64, i64, i64)>; 2];

impl Certificate {
    /// Reads certificate and key.
    pub(crate) fn read(settings: &TlsSettings) -> Result<Arc<Certificate>, TlsError> {
        // The provider is named, not taken from a process-wide default: two servers can live in one process.
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        // Looked at before they are read, so that a change in between is seen later.
        let source = Source { settings: settings.clone(), seen: look(settings) };
        let served = ArcSwap::from_pointee(read(settings, &provider)?);
        Ok(Arc::new(Certificate { provider, served, source: Mutex::new(source) }))
    }

    /// What makes TLS of accepted connections.
    pub(crate) fn acceptor(self: &Arc<Certificate>) -> Result<TlsAcceptor, TlsError> {
        let mut config = ServerConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(Resolver(Arc::clone(self))));
        // Clients that speak HTTP/1.0 may offer that alone, and would be turned away by the handshake.
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec(), b"http/1.0".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    /// Serves what these settings name from now on.
    pub(crate) fn replace(&self, settings: &TlsSettings) -> Result<(), TlsError> {
        let mut source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = look(settings);
        self.served.store(Arc::new(read(settings, &self.provider)?));
        *source = Source { settings: settings.clone(), seen };
        Ok(())
    }

    /// When what is served expires, in Unix seconds.
    pub(crate) fn expires(&self) -> Option<i64> {
        self.served.load().expires
    }

    /// Serves what is in the files if it has changed. `None`: it has not.
    fn follow(&self) -> Option<Result<(), TlsError>> {
        let mut source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = look(&source.settings);
        if seen == source.seen {
            return None;
        }
        // Tried once for each state of the files: one that does not work is not complained about again and again.
        source.seen = seen;
        let read = read(&source.settings, &self.provider);
        Some(read.map(|served| self.served.store(Arc::new(served))))
    }
}

/// Follows changes of the files until the server stops.
pub(crate) async fn watch(certificate: Arc<Certificate>, tasks: Tasks) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(limits::CERTIFICATE_WATCH) => {}
            () = tasks.stopping() => return,
        }
        match certificate.follow() {
            Some(Ok(())) => tracing::info!("the certificate was replaced"),
            Some(Err(error)) => tracing::error!(%error, "the certificate in use is kept"),
            None => {}
        }
    }
}

#[derive(Debug)]
struct Resolver(Arc<Certificate>);

impl ResolvesServerCert for Resolver {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.served.load().key))
    }
}

fn read(settings: &TlsSettings, provider: &CryptoProvider) -> Result<Served, TlsError> {
    let file =
        |key, path: &Path, reason: String| TlsError::File { key, path: path.display().to_string(), reason };
    let certificates = CertificateDer::pem_file_iter(&settings.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| file("certificate", &settings.certificate, error.to_string()))?;
    let Some(first) = certificates.first() else {
        return Err(file("certificate", &settings.certificate, "holds no certificate in PEM".to_owned()));
    };
    let expires = x509_parser::parse_x509_certificate(first).ok();
    let expires = expires.map(|(_, certificate)| certificate.validity().not_after.timestamp());
    let key = PrivateKeyDer::from_pem_file(&settings.key)
        .map_err(|error| file("key", &settings.key, error.to_string()))?;
    let key = CertifiedKey::from_der(certificates, key, provider)?;
    Ok(Served { key: Arc::new(key), expires })
}

fn look(settings: &TlsSettings) -> Seen {
    [&settings.certificate, &settings.key].map(|path| {
        let facts = fs::metadata(path).ok()?;
        Some((facts.ino(), facts.len(), facts.mtime(), facts.mtime_nsec()))
    })
}
