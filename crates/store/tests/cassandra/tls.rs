//! Encrypted connections, through proxies that speak TLS to the store and plainly to the nodes.

use std::collections::HashMap;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use foldmark_store::cassandra::{CassandraStore, ClientCertificate, ConnectError, Options, Tls};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tempfile::TempDir;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::cluster::{commit, connect, patient, points, revision, shared};

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_encrypted_and_both_sides_are_who_they_say() {
    let _turn = shared().await;
    let points = points();
    let files = Files::new();
    let (addresses, _proxies) = files.listen(&points).await;
    let options = Options {
        contact_points: addresses.values().map(ToString::to_string).collect(),
        address_map: addresses,
        tls: Some(files.tls("authority.pem", true)),
        ..patient(&points)
    };
    let store = connect(options.clone()).await;
    commit(&store, "u", 0, vec![]).await.unwrap();
    assert_eq!(revision(&store, "u").await, 1);

    for tls in [None, Some(files.tls("authority.pem", false)), Some(files.tls("stranger.pem", true))] {
        let refused = CassandraStore::connect(Options { tls, ..options.clone() }).await;
        assert!(matches!(refused.err(), Some(ConnectError::Connect(_))));
    }
    for name in ["missing.pem", "client.key"] {
        let refused =
            CassandraStore::connect(Options { tls: Some(files.tls(name, true)), ..options.clone() }).await;
        let error = refused.err().unwrap();
        assert!(error.to_string().contains(name), "{error}");
    }
}

/// Certificates: of an authority, of the nodes and a client by it, and of a stranger.
struct Files {
    folder: TempDir,
    server: Arc<ServerConfig>,
}

impl Files {
    fn new() -> Files {
        let folder = tempfile::tempdir().unwrap();
        let (_, stranger) = authority();
        let (issuer, authority) = authority();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("authority.pem", &authority.pem());
        write("stranger.pem", &stranger.pem());
        let client_key = KeyPair::generate().unwrap();
        let client = CertificateParams::new(vec!["foldmark".to_owned()]).unwrap();
        write("client.pem", &client.signed_by(&client_key, &issuer).unwrap().pem());
        write("client.key", &client_key.serialize_pem());

        let node_key = KeyPair::generate().unwrap();
        let node = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let node = node.signed_by(&node_key, &issuer).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(authority.der().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .build()
            .unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(node_key.serialize_der()));
        let server = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(verifier)
            .with_single_cert(vec![node.der().clone()], key)
            .unwrap();
        Files { folder, server: Arc::new(server) }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn tls(&self, authorities: &str, with_client: bool) -> Tls {
        Tls {
            authorities: self.path(authorities),
            client: with_client.then(|| ClientCertificate {
                certificates: self.path("client.pem"),
                key: self.path("client.key"),
            }),
        }
    }

    /// A proxy in front of each node.
    async fn listen(&self, nodes: &[SocketAddr]) -> (HashMap<IpAddr, SocketAddr>, JoinSet<()>) {
        let mut addresses = HashMap::new();
        let mut proxies = JoinSet::new();
        for node in nodes {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
            addresses.insert(node.ip(), listener.local_addr().unwrap());
            let acceptor = TlsAcceptor::from(Arc::clone(&self.server));
            proxies.spawn(accept(listener, acceptor, *node));
        }
        (addresses, proxies)
    }
}

fn authority() -> (Issuer<'static, KeyPair>, rcgen::Certificate) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key).unwrap();
    (Issuer::new(params, key), certificate)
}

async fn accept(listener: TcpListener, acceptor: TlsAcceptor, node: SocketAddr) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((client, _)) = listener.accept().await else {
            return;
        };
        let acceptor = acceptor.clone();
        connections.spawn(async move {
            // A handshake that fails is what some of the tests are about.
            if let Ok(mut client) = acceptor.accept(client).await
                && let Ok(mut node) = TcpStream::connect(node).await
            {
                let _ = copy_bidirectional(&mut client, &mut node).await;
            }
        });
    }
}
