//! TLS with a certificate authority of one's own, and the versions of HTTP.

use std::fs;

use foldmark_client::{Client, Error, HttpVersion};
use foldmark_server::Server;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tempfile::TempDir;

use crate::support::{Faulty, Step, builder, real, url};

struct Encrypted {
    server: Server,
    url: String,
    authority: String,
    /// The server follows the files in it.
    _folder: TempDir,
}

/// A real server whose certificate an authority has signed.
async fn encrypted() -> Encrypted {
    let authority_key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = params.self_signed(&authority_key).unwrap().pem();
    let issuer = Issuer::new(params, authority_key);
    let key = KeyPair::generate().unwrap();
    let leaf =
        CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();

    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("cert.pem"), leaf.pem()).unwrap();
    fs::write(path("key.pem"), key.serialize_pem()).unwrap();
    let files = [("server.tls.certificate", &*path("cert.pem")), ("server.tls.key", &*path("key.pem"))];
    let (server, _) = real(&files).await;
    let url = url(&server);
    Encrypted { server, url, authority, _folder: folder }
}

async fn import(client: &Client) -> Result<(), Error> {
    client.account_import("user_0001").await.map(drop)
}

#[tokio::test]
async fn who_is_trusted() {
    let encrypted = encrypted().await;
    let trusting = builder(&encrypted.url).root_certificate_pem(encrypted.authority.as_str());
    import(&trusting.build().unwrap()).await.unwrap();

    let stranger = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap().cert.pem();
    for other in [builder(&encrypted.url).root_certificate_pem(stranger), builder(&encrypted.url)] {
        let error = import(&other.build().unwrap()).await.unwrap_err();
        assert!(matches!(error, Error::Tls { .. }), "{error:?}");
        assert!(!error.is_retryable() && !error.is_outcome_unknown());
        assert!(error.to_string().contains("certificate"), "{error}");
    }
    // HTTP spoken with a port of HTTPS: the server hangs up, which may have been a passing failure.
    let plain = encrypted.url.replace("https", "http");
    let error = import(&builder(&plain).retries(0).build().unwrap()).await.unwrap_err();
    assert!(matches!(error, Error::Transport { .. } | Error::Status { .. }), "{error:?}");
    assert!(encrypted.server.stop().await);
}

#[tokio::test]
async fn every_version_of_http() {
    let encrypted = encrypted().await;
    let (plain, _) = real(&[]).await;
    let plain_url = url(&plain);
    for version in [HttpVersion::Negotiated, HttpVersion::Http1, HttpVersion::Http2] {
        let trusting = builder(&encrypted.url).root_certificate_pem(encrypted.authority.as_str());
        for builder in [trusting, builder(&plain_url)] {
            let client = builder.http_version(version).build().unwrap();
            let calls = (0..20).map(|_| import(&client));
            futures_util::future::try_join_all(calls).await.unwrap();
        }
    }
    assert!(encrypted.server.stop().await && plain.stop().await);
}

/// The server above speaks both, so it does not show which one was spoken.
#[tokio::test]
async fn without_encryption_the_version_is_the_one_that_was_asked_for() {
    for (version, start) in [
        (HttpVersion::Negotiated, "POST /v4/"),
        (HttpVersion::Http1, "POST /v4/"),
        (HttpVersion::Http2, "PRI * HTTP/2.0"),
    ] {
        let server = Faulty::start(&[Step::Close]);
        let client = builder(&server.url).http_version(version).retries(0).build().unwrap();
        let error = import(&client).await.unwrap_err();
        assert!(matches!(error, Error::Transport { .. }), "{error:?}");
        assert!(server.last_head().starts_with(start), "{version:?}: {}", server.last_head());
    }
}
