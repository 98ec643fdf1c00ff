//! Trust in one certificate and no other, for calls to a server on the same machine, whose configuration names it.
//!
//! Neither names nor dates are looked at: who holds the key of the very certificate that the configuration names is the
//! server, whatever it is called. That it holds the key is proved in each handshake.

use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, Error, OtherError, SignatureScheme};

use crate::failure::Failure;

/// Takes servers that prove to have this certificate.
#[derive(Debug)]
pub(crate) struct Pinned {
    certificate: CertificateDer<'static>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Pinned {
    /// Trusts the first certificate in the file of `server.tls.certificate`, which is the server's own.
    pub(crate) fn read(file: &Path, provider: &CryptoProvider) -> Result<Pinned, Failure> {
        let wrong = |reason: &dyn std::fmt::Display| {
            Failure::usage(format!("server.tls.certificate: {}: {reason}", file.display()))
        };
        let first = CertificateDer::pem_file_iter(file).map_err(|error| wrong(&error))?.next();
        let certificate = first.ok_or_else(|| wrong(&"holds no certificate in PEM"))?;
        let certificate = certificate.map_err(|error| wrong(&error))?;
        Ok(Pinned { certificate, algorithms: provider.signature_verification_algorithms })
    }
}

/// The server has another certificate.
#[derive(Debug, thiserror::Error)]
#[error(
    "its certificate is not the one in server.tls.certificate; a server takes a replaced one within ten seconds, or logs \
     why it cannot"
)]
struct Another;

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match end_entity.as_ref() == self.certificate.as_ref() {
            true => Ok(ServerCertVerified::assertion()),
            // Not as an invalid certificate: the reason would be shown as it stands in the program.
            false => Err(Error::Other(OtherError(Arc::new(Another)))),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, date_time_ymd};
    use rustls::crypto::aws_lc_rs::default_provider;
    use rustls::pki_types::PrivateKeyDer;
    use rustls::server::ResolvesServerCertUsingSni;
    use rustls::sign::CertifiedKey;
    use rustls::version::{TLS12, TLS13};
    use rustls::{
        CertificateError, ClientConfig, ClientConnection, ServerConfig, ServerConnection,
        SupportedProtocolVersion,
    };

    use super::*;

    const NAME: &str = "a.example";

    fn made(of: &CertificateParams) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        (of.self_signed(&key).unwrap(), key)
    }

    fn simple() -> (rcgen::Certificate, KeyPair) {
        made(&CertificateParams::new([NAME.to_owned()]).unwrap())
    }

    /// A handshake of somebody who trusts `pinned` with a server that shows `shown` and has `key`, in memory.
    fn handshake(
        pinned: &rcgen::Certificate,
        shown: &rcgen::Certificate,
        key: &KeyPair,
        version: &'static SupportedProtocolVersion,
    ) -> Result<(), Error> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        // What follows the server's own certificate is not looked at.
        write!(file, "{}{}", pinned.pem(), simple().0.pem()).unwrap();
        let provider = Arc::new(default_provider());
        let verifier = Pinned::read(file.path(), &provider).unwrap();
        let config =
            ClientConfig::builder_with_provider(provider.clone()).with_protocol_versions(&[version])?;
        let config = config.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
        let name = ServerName::try_from(NAME).unwrap();
        let mut client = ClientConnection::new(Arc::new(config.with_no_client_auth()), name)?;

        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let key = provider.key_provider.load_private_key(key)?;
        // Not looked at together, as an impostor would not.
        let mut resolver = ResolvesServerCertUsingSni::new();
        resolver.add(NAME, CertifiedKey::new(vec![shown.der().clone()], key))?;
        let config = ServerConfig::builder_with_provider(provider).with_protocol_versions(&[version])?;
        let config = config.with_no_client_auth().with_cert_resolver(Arc::new(resolver));
        let mut server = ServerConnection::new(Arc::new(config))?;
        while client.is_handshaking() || server.is_handshaking() {
            let mut sent = Vec::new();
            client.write_tls(&mut sent).unwrap();
            server.read_tls(&mut sent.as_slice()).unwrap();
            server.process_new_packets()?;
            let mut sent = Vec::new();
            server.write_tls(&mut sent).unwrap();
            client.read_tls(&mut sent.as_slice()).unwrap();
            client.process_new_packets()?;
        }
        Ok(())
    }

    #[test]
    fn the_pinned_certificate_is_taken_whatever_it_says() {
        let mut old = CertificateParams::new([NAME.to_owned()]).unwrap();
        (old.not_before, old.not_after) = (date_time_ymd(2000, 1, 1), date_time_ymd(2001, 1, 1));
        let mut authority = CertificateParams::new([NAME.to_owned()]).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        for (certificate, key) in [simple(), made(&old), made(&authority)] {
            for version in [&TLS12, &TLS13] {
                handshake(&certificate, &certificate, &key, version).unwrap();
            }
        }
    }

    #[test]
    fn another_certificate_is_refused_whatever_it_says() {
        let (own, (other, key)) = (simple().0, simple());
        for version in [&TLS12, &TLS13] {
            let error = handshake(&own, &other, &key, version).unwrap_err();
            assert!(error.to_string().contains("not the one in server.tls.certificate"), "{error}");
        }
    }

    #[test]
    fn the_certificate_without_its_key_is_refused() {
        let (own, other_key) = (simple().0, simple().1);
        for version in [&TLS12, &TLS13] {
            let error = handshake(&own, &own, &other_key, version).unwrap_err();
            assert!(
                matches!(error, Error::InvalidCertificate(CertificateError::BadSignature)),
                "{version:?}: {error}"
            );
        }
    }

    #[test]
    fn files_without_a_certificate_are_told() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let text = Pinned::read(file.path(), &default_provider()).unwrap_err().to_string();
        assert!(text.starts_with("server.tls.certificate: ") && text.contains("no certificate"), "{text}");
        let text = Pinned::read(Path::new("absent"), &default_provider()).unwrap_err().to_string();
        assert!(text.starts_with("server.tls.certificate: absent: "), "{text}");
    }
}
