//! Which certificates a client trusts.

use std::sync::Arc;

use hyper_rustls::ConfigBuilderExt;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::error::Error;

/// The system's certificates are read only where they are needed: a container without any can still speak HTTP.
pub(crate) fn config(encrypted: bool, roots: Option<Vec<u8>>) -> Result<ClientConfig, Error> {
    // The provider is named, not taken from a process-wide default that others may set.
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::Configuration(error.to_string()))?;
    let with_roots = match roots {
        Some(pem) => builder.with_root_certificates(root_store(&pem)?),
        None if encrypted => builder
            .with_native_roots()
            .map_err(|error| Error::Configuration(format!("the system's certificates: {error}")))?,
        None => builder.with_root_certificates(RootCertStore::empty()),
    };
    Ok(with_roots.with_no_client_auth())
}

fn root_store(pem: &[u8]) -> Result<RootCertStore, Error> {
    let wrong = |reason: String| Error::Configuration(format!("the root certificate: {reason}"));
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
        store.add(certificate).map_err(|error| wrong(error.to_string()))?;
    }
    if store.is_empty() {
        return Err(wrong("holds no certificate in PEM".to_owned()));
    }
    Ok(store)
}
