//! TLS of the listeners: certificates from PEM files, HTTP/2 and HTTP/1.1 offered.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use thiserror::Error;
use tokio_rustls::TlsAcceptor;

use crate::config::TlsSettings;

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

/// Reads certificate and key.
pub(crate) fn acceptor(settings: &TlsSettings) -> Result<TlsAcceptor, TlsError> {
    let file = |key, path: &std::path::Path, reason: String| TlsError::File {
        key,
        path: path.display().to_string(),
        reason,
    };
    let certificates = CertificateDer::pem_file_iter(&settings.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| file("certificate", &settings.certificate, error.to_string()))?;
    if certificates.is_empty() {
        return Err(file("certificate", &settings.certificate, "holds no certificate in PEM".to_owned()));
    }
    let key = PrivateKeyDer::from_pem_file(&settings.key)
        .map_err(|error| file("key", &settings.key, error.to_string()))?;
    // The provider is named, not taken from a process-wide default: two servers can live in one process.
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(certificates, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
