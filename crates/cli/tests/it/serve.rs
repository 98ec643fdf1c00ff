//! `foldmark serve`.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use foldmark_client::{AccountStatus, Client};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tempfile::tempdir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::support::{KEY, Process, foldmark, make_call, run};

const ANY_PORT: [&str; 5] = ["serve", "--set", "server.listen=127.0.0.1:0", "--set", "admin.listen=off"];

fn serve(folder: &Path, more: &[&str]) -> Process {
    Process::start(&mut foldmark(folder, &[&ANY_PORT[..], more].concat()))
}

#[tokio::test]
async fn without_configuration_it_can_be_called_at_once_and_survives_a_kill() {
    let folder = tempdir().unwrap();
    let mut server = serve(folder.path(), &[]);
    let url = server.stderr.url();
    assert_eq!(server.stderr.after("address"), url);
    let sdkappid: u32 = server.stderr.after("sdkappid").parse().unwrap();
    let key_file = server.stderr.after("key         in");
    let answer = make_call(&format!("-sS {}", server.stderr.after("curl -sS")));
    assert_eq!(answer, r#"{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}"#);
    assert_eq!(server.end("KILL").code(), None);

    let mode = fs::metadata(&key_file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let key = fs::read_to_string(&key_file).unwrap();
    let mut server = serve(folder.path(), &[]);
    let client = Client::builder(server.stderr.url(), sdkappid).key(key.trim()).build().unwrap();
    let checked = client.account_check(&["user_0001"]).await.unwrap().value;
    assert_eq!(checked.results[0].status, AccountStatus::Imported);
    assert_eq!(server.end("TERM").code(), Some(0));
    assert_eq!(server.stdout.rest(), "", "stdout is for results");
}

#[test]
fn it_says_where_the_console_is_or_why_it_is_nowhere() {
    let folder = tempdir().unwrap();
    let serve = |admin: &str| {
        let set = ["serve", "--set", "server.listen=127.0.0.1:0", "--set", admin];
        Process::start(&mut foldmark(folder.path(), &set))
    };
    let mut server = serve("admin.listen=127.0.0.1:0");
    let admin = server.stderr.admin();
    let console = format!("http://{admin}/console/");
    assert!(server.stderr.line_with("the console is open").contains(&format!("\"url\":\"{console}\"")));
    let told = server.stderr.after("console");
    let file = told.strip_prefix(&format!("{console}   (token in ")).unwrap().strip_suffix(')').unwrap();
    let token = fs::read_to_string(file).unwrap();
    assert_eq!(server.end("TERM").code(), Some(0));
    assert!(!server.stderr.rest().contains(token.trim()));

    let mut server = serve("admin.listen=0.0.0.0:0");
    server.stderr.line_with("the console is not served");
    server.stderr.after("sdkappid");
    assert_eq!(server.end("TERM").code(), Some(0));
    let rest = server.stderr.rest();
    assert!(!rest.contains("/console/"), "{rest}");
}

#[tokio::test]
async fn in_memory_the_key_is_shown() {
    let folder = tempdir().unwrap();
    let mut server = serve(folder.path(), &["--set", "store.kind=memory"]);
    let url = server.stderr.url();
    let shown = server.stderr.after("key");
    let key = shown.strip_suffix(" (kept nowhere)").unwrap();
    let client = Client::builder(url, 1_400_000_000).key(key).build().unwrap();
    client.account_import("user_0001").await.unwrap();
    assert_eq!(server.end("INT").code(), Some(0));
    assert!(fs::read_dir(folder.path()).unwrap().next().is_none());
}

#[tokio::test]
async fn https_with_a_certificate_of_ones_own() {
    let folder = tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned(), "localhost".to_owned()]).unwrap();
    let pem = made.cert.pem();
    fs::write(folder.path().join("cert.pem"), &pem).unwrap();
    fs::write(folder.path().join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    fs::write(folder.path().join("app.key"), KEY).unwrap();
    let config = "[server.tls]\ncertificate = \"cert.pem\"\nkey = \"key.pem\"\n\
         [[apps]]\nsdkappid = 1400000000\nkey_file = \"app.key\"\n";
    fs::write(folder.path().join("foldmark.toml"), config).unwrap();
    let mut server = serve(folder.path(), &["--config", "foldmark.toml"]);
    let url = server.stderr.url();
    assert!(url.starts_with("https://127.0.0.1:"), "{url}");

    let builder = Client::builder(&url, 1_400_000_000).key(KEY).root_certificate_pem(pem.as_str());
    builder.build().unwrap().account_import("user_0001").await.unwrap();
    let strangers = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap().cert.pem();
    let builder = Client::builder(&url, 1_400_000_000).key(KEY).retries(0).root_certificate_pem(strangers);
    let error = builder.build().unwrap().account_import("user_0001").await.unwrap_err();
    assert!(!error.is_outcome_unknown() && error.to_string().contains("certificate"), "{error}");

    // Old clients offer that alone, and only so learn that there is a server at all.
    let answer = call_offering("http/1.0", &url, &pem).await;
    assert!(answer.starts_with("HTTP/1.0 200 OK\r\n"), "{answer}");
    assert!(answer.contains(r#""ErrorCode":60012"#), "{answer}");

    let args = ["call", "account_check", r#"{"CheckItem":[{"UserID":"user_0001"}]}"#, "--url", &url];
    let called =
        run(folder.path(), &[&args[..], &["--config", "foldmark.toml", "--ca", "cert.pem"]].concat());
    assert_eq!(called.status, 0, "{}", called.stderr);
    assert!(called.stdout.contains(r#""AccountStatus":"Imported""#));
    assert_eq!(server.end("TERM").code(), Some(0));
}

/// Makes a call by HTTP/1.0 over TLS in whose handshake nothing but `protocol` was offered.
async fn call_offering(protocol: &str, url: &str, authority: &str) -> String {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
    let stream = TcpStream::connect(url.strip_prefix("https://").unwrap()).await.unwrap();
    let name = "localhost".try_into().unwrap();
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
    let request = b"POST /v4/recentcontact/get_contact_group HTTP/1.0\r\ncontent-length: 2\r\n\r\n{}";
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

#[test]
fn a_wrong_configuration_ends_with_2_and_all_problems() {
    let folder = tempdir().unwrap();
    let args = ["serve", "--set", "server.listen=nowhere", "--set", "store.map_gib=0"];
    let ended = run(folder.path(), &args);
    assert_eq!(ended.status, 2);
    assert!(
        ended.stderr.contains("server.listen") && ended.stderr.contains("store.map_gib"),
        "{}",
        ended.stderr
    );
    assert!(fs::read_dir(folder.path()).unwrap().next().is_none());
}

#[test]
fn what_cannot_be_opened_is_said_in_one_line() {
    let folder = tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = format!("server.listen={}", taken.local_addr().unwrap());
    let ended = run(folder.path(), &["serve", "--set", "admin.listen=off", "--set", &listen]);
    assert_eq!((ended.status, ended.stderr.lines().count()), (1, 1), "{}", ended.stderr);
    assert!(ended.stderr.starts_with("foldmark: cannot listen on 127.0.0.1:"), "{}", ended.stderr);

    let first = serve(folder.path(), &[]);
    first.stderr.url();
    let second = run(folder.path(), &ANY_PORT);
    assert_eq!((second.status, second.stderr.lines().count()), (1, 1), "{}", second.stderr);

    fs::create_dir(folder.path().join("foreign")).unwrap();
    fs::write(folder.path().join("foreign/notes.txt"), "mine").unwrap();
    let foreign = run(folder.path(), &[&ANY_PORT[..], &["--set", "store.path=foreign"]].concat());
    assert_eq!((foreign.status, foreign.stderr.lines().count()), (1, 1), "{}", foreign.stderr);
    assert_eq!(fs::read_dir(folder.path().join("foreign")).unwrap().count(), 1, "it stays as it was");
}
