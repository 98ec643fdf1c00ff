//! The connection to a server's admin listener, plain or encrypted as its configuration says.

use std::io;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use foldmark_server::config::Settings;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::TokioExecutor;
use rustls::{ClientConfig, RootCertStore};

use crate::failure::Failure;
use crate::pinned::Pinned;
use crate::url;

/// An admin listener, and connections to it.
pub(crate) struct Operators {
    /// Its address, without a slash at the end.
    pub(crate) base: String,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

/// Whose certificate is taken.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Trust<'a> {
    /// Nothing is encrypted, or nobody's is.
    Nobody,
    /// Those that the system trusts.
    System,
    /// The one in this file alone.
    Only(&'a Path),
}

impl Operators {
    /// That of the running server that the settings name.
    pub(crate) fn of_settings(settings: &Settings) -> Result<Operators, Failure> {
        let base = url::of_admin_settings(settings).ok_or_else(|| {
            Failure::usage("admin.listen does not say where the running server can be asked")
        })?;
        Operators::new(base, Trust::of_settings(settings))
    }

    /// That at `base`.
    pub(crate) fn new(base: String, trust: Trust<'_>) -> Result<Operators, Failure> {
        let connector = HttpsConnectorBuilder::new().with_tls_config(tls(trust)?);
        let connector = connector.https_or_http().enable_http1().build();
        Ok(Operators { base, client: Client::builder(TokioExecutor::new()).build(connector) })
    }

    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, Unanswered> {
        self.client.request(request).await.map_err(Unanswered)
    }
}

impl Trust<'_> {
    /// The server's own certificate, if its admin listener shows it.
    pub(crate) fn of_settings(settings: &Settings) -> Trust<'_> {
        match &settings.server.tls {
            Some(tls) if settings.admin.tls => Trust::Only(&tls.certificate),
            _ => Trust::Nobody,
        }
    }
}

/// There was no answer.
#[derive(Debug, thiserror::Error)]
#[error("{}", causes(.0))]
pub(crate) struct Unanswered(Error);

impl Unanswered {
    /// Whether nobody listens there at all.
    pub(crate) fn nobody_listens(&self) -> bool {
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&self.0);
        while let Some(error) = cause {
            let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
            if kind == Some(io::ErrorKind::ConnectionRefused) {
                return true;
            }
            cause = error.source();
        }
        false
    }

    /// Whether nothing was sent.
    pub(crate) fn is_connect(&self) -> bool {
        self.0.is_connect()
    }
}

/// The whole chain of causes in one line: the outermost alone says "client error", which helps nobody.
pub(crate) fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.ends_with(&next) {
            text = format!("{text}: {next}");
        }
        cause = error.source();
    }
    text
}

/// The system's certificates are read only where they are needed: a container without any can still be asked.
fn tls(trust: Trust<'_>) -> Result<ClientConfig, Failure> {
    // The provider is named, not taken from a process-wide default that others may set.
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
    let builder = builder.with_safe_default_protocol_versions().map_err(Failure::failed)?;
    let builder = match trust {
        Trust::Only(file) => {
            let pinned = Pinned::read(file, &provider)?;
            builder.dangerous().with_custom_certificate_verifier(Arc::new(pinned))
        }
        Trust::System => builder
            .with_native_roots()
            .map_err(|error| Failure::failed(format!("the system's certificates: {error}")))?,
        Trust::Nobody => builder.with_root_certificates(RootCertStore::empty()),
    };
    Ok(builder.with_no_client_auth())
}
