//! A server as its operator meets it: reloads, the service manager, certificates, logs.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use foldmark_client::Client;
use foldmark_harness::free_port;
use foldmark_wire::usersig::NewUserSig;
use tempfile::{TempDir, tempdir};

use crate::support::{KEY, Process, foldmark, run};

pub(crate) const OTHER_KEY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// A folder with a configuration; `app` are further lines of its one application, and `more` further tables.
pub(crate) struct Place {
    folder: TempDir,
    pub(crate) ports: [u16; 2],
}

impl Place {
    pub(crate) fn new(key: &str, more: &str) -> Place {
        let place = Place { folder: tempdir().unwrap(), ports: [free_port().unwrap(), free_port().unwrap()] };
        place.configure(key, more);
        place
    }

    pub(crate) fn configure(&self, key: &str, more: &str) {
        let [plain, admin] = self.ports;
        let text = format!(
            "[server]\nlisten = \"127.0.0.1:{plain}\"\n[admin]\nlisten = \"127.0.0.1:{admin}\"\n{more}\n\
             [[apps]]\nsdkappid = 1400000000\n{key}\naccounts = \"open\"\n"
        );
        fs::write(self.folder.path().join("foldmark.toml"), text).unwrap();
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn serve(&self) -> Process {
        let server = Process::start(&mut self.command());
        server.stderr.url();
        server
    }

    /// A UserSig of the administrator.
    pub(crate) fn usersig(&self, key: &str) -> String {
        let app = ["--sdkappid", "1400000000", "--identifier", "administrator"];
        let made = run(self.path(), &[&["usersig", "--key", key], &app[..]].concat());
        assert_eq!(made.status, 0, "{}", made.stderr);
        made.stdout.trim().to_owned()
    }

    fn command(&self) -> Command {
        foldmark(self.path(), &["serve", "--config", "foldmark.toml"])
    }

    pub(crate) fn client(&self, key: &str) -> Client {
        let url = format!("http://127.0.0.1:{}", self.ports[0]);
        Client::builder(url, 1_400_000_000).key(key).retries(0).build().unwrap()
    }
}

pub(crate) fn key(key: &str) -> String {
    format!("key = \"{key}\"")
}

#[tokio::test]
async fn a_hangup_and_the_command_reload_the_configuration() {
    let place = Place::new(&key(KEY), "");
    let mut server = place.serve();
    let (old, new) = (place.client(KEY), place.client(OTHER_KEY));
    old.account_import("u").await.unwrap();
    new.account_import("u").await.unwrap_err();

    place.configure(&format!("{}\nprevious_key = \"{KEY}\"", key(OTHER_KEY)), "");
    server.signal("HUP");
    server.stderr.line_with("the configuration was reloaded");
    old.account_import("u").await.unwrap();
    new.account_import("u").await.unwrap();

    place.configure(&key(OTHER_KEY), "[store]\nmap_gib = 3\n");
    let reloaded = run(place.path(), &["reload", "--config", "foldmark.toml"]);
    assert_eq!((reloaded.status, reloaded.stdout.as_str()), (0, "reloaded; applications: 1\n"));
    assert!(reloaded.stderr.contains("want a restart: store.map_gib"), "{}", reloaded.stderr);
    old.account_import("u").await.unwrap_err();
    new.account_import("u").await.unwrap();

    place.configure("", "");
    let refused = run(place.path(), &["reload", "--config", "foldmark.toml"]);
    assert_eq!(refused.status, 2, "it is wrong for the command already: {}", refused.stderr);
    server.signal("HUP");
    assert!(server.stderr.line_with("was not reloaded").contains("apps.0.key: is required"));
    new.account_import("u").await.unwrap();
    assert_eq!(server.end("TERM").code(), Some(0));
}

#[test]
fn reloading_without_a_server_fails() {
    let place = Place::new(&key(KEY), "");
    let ended = run(place.path(), &["reload", "--config", "foldmark.toml"]);
    assert_eq!(ended.status, 1, "there is no token yet: {}", ended.stderr);
    let mut server = place.serve();
    server.end("TERM");
    let ended = run(place.path(), &["reload", "--config", "foldmark.toml"]);
    assert_eq!(ended.status, 3, "{}", ended.stderr);
}

#[test]
fn the_service_manager_is_told() {
    let place = Place::new(&key(KEY), "");
    let path = place.path().join("notify");
    let manager = UnixDatagram::bind(&path).unwrap();
    manager.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let told = || {
        let mut bytes = [0; 1_024];
        let length = manager.recv(&mut bytes).unwrap();
        String::from_utf8(bytes[..length].to_vec()).unwrap()
    };
    let mut command = place.command();
    let mut server = Process::start(command.env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "600000"));
    assert_eq!(told(), "READY=1\n");
    assert_eq!(told(), "WATCHDOG=1\n");
    server.signal("HUP");
    let next = || std::iter::repeat_with(told).find(|text| text != "WATCHDOG=1\n").unwrap();
    assert!(next().starts_with("RELOADING=1\nMONOTONIC_USEC="));
    assert_eq!(next(), "READY=1\n");
    server.signal("TERM");
    assert_eq!(next(), "STOPPING=1\n");
    assert_eq!(server.wait().code(), Some(0));
}

#[tokio::test]
async fn listeners_of_the_service_manager_are_used() {
    let place = Place::new(&key(KEY), "");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    // The shell puts it where a service manager would: at the first number that is not taken by a standard stream.
    let script = "LISTEN_PID=$$ LISTEN_FDS=1 exec \"$0\" serve --config foldmark.toml 3<&0 </dev/null";
    let mut command = Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_foldmark")]).current_dir(place.path()).env_clear();
    let mut server = Process::start(command.stdin(Stdio::from(OwnedFd::from(listener))));
    assert_eq!(server.stderr.url(), format!("http://{address}"));
    let client = Client::builder(format!("http://{address}"), 1_400_000_000).key(KEY).build().unwrap();
    client.account_import("u").await.unwrap();
    assert!(TcpListener::bind(("127.0.0.1", place.ports[0])).is_ok(), "the configured one is not");
    assert_eq!(server.end("TERM").code(), Some(0));
}

#[tokio::test]
async fn a_certificate_is_replaced_when_its_files_are() {
    let tls = "[server.tls]\ncertificate = \"cert.pem\"\nkey = \"key.pem\"\n";
    let place = Place::new(&key(KEY), tls);
    let write = || {
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        fs::write(place.path().join("cert.pem"), made.cert.pem()).unwrap();
        fs::write(place.path().join("key.pem"), made.signing_key.serialize_pem()).unwrap();
        made.cert.pem()
    };
    let client = |pem: &str| {
        let url = format!("https://127.0.0.1:{}", place.ports[0]);
        let builder = Client::builder(url, 1_400_000_000).key(KEY).retries(0);
        builder.root_certificate_pem(pem.to_owned()).build().unwrap()
    };
    let first = write();
    let mut server = place.serve();
    let before = client(&first);
    before.account_import("u").await.unwrap();

    let second = write();
    server.stderr.line_with("the certificate was replaced");
    client(&second).account_import("u").await.unwrap();
    before.account_import("u").await.expect("a connection that is open goes on");
    client(&first).account_import("u").await.unwrap_err();

    // Half of a pair is not taken; a reload says so at once.
    fs::write(place.path().join("key.pem"), "none").unwrap();
    server.signal("HUP");
    assert!(server.stderr.line_with("was not reloaded").contains("server.tls.key"));
    client(&second).account_import("u").await.unwrap();
    assert_eq!(server.end("TERM").code(), Some(0));
}

#[tokio::test]
async fn a_slow_call_is_logged_with_its_name_and_without_secrets() {
    let place = Place::new(&key(KEY), "[log]\nslow_call_ms = 1\nfilter = \"debug\"\n");
    let server = place.serve();
    // Its body ends only after another process has come and gone.
    let (mut stream, missing) = begun(&place);
    place.client(KEY).account_import("private_1").await.unwrap();
    let _ = run(place.path(), &["call", "account_check", "--config", "foldmark.toml"]);
    stream.write_all(missing).unwrap();
    let mut answer = [0; 1_024];
    let length = stream.read(&mut answer).unwrap();
    assert!(answer[..length].starts_with(b"HTTP/1.1 200 OK"));
    server.signal("TERM");
    let log = server.stderr.rest();
    let slow: Vec<serde_json::Value> = log
        .lines()
        .filter(|line| line.contains("\"slow call\""))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let slow = slow.last().expect("the one that was held up is slow");
    assert_eq!((slow["level"].as_str(), slow["call"].as_str()), (Some("WARN"), Some("account_import")));
    assert!(slow["request_id"].as_str().is_some_and(|id| id.len() > 8), "{slow}");
    assert!(slow["milliseconds"].as_u64().unwrap() >= 1);
    for secret in [KEY, "usersig", "private_"] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}

const GO_ON: &[u8; 25] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// A request of which all but the last byte of the body is sent, and what is missing.
fn begun(place: &Place) -> (TcpStream, &'static [u8]) {
    let signed = NewUserSig {
        sdkappid: 1_400_000_000,
        key: KEY.as_bytes(),
        identifier: "administrator",
        now: std::time::UNIX_EPOCH.elapsed().unwrap().as_secs(),
        expire: 86_400,
        userbuf: None,
    };
    let head = format!(
        "POST /v4/im_open_login_svc/account_import?sdkappid=1400000000&identifier=administrator&usersig={}&random=1 \
         HTTP/1.1\r\nhost: x\r\ncontent-length: 14\r\nexpect: 100-continue\r\n\r\n",
        signed.make()
    );
    let mut stream = TcpStream::connect(("127.0.0.1", place.ports[0])).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    // Said when the server has begun to wait for the body.
    let mut go_on = [0; GO_ON.len()];
    stream.read_exact(&mut go_on).unwrap();
    assert_eq!(&go_on, GO_ON);
    stream.write_all(br#"{"UserID":"u""#).unwrap();
    (stream, b"}")
}

fn refuses_connections(place: &Place) -> bool {
    TcpStream::connect(("127.0.0.1", place.ports[0])).is_err()
}

fn wait_until(what: &str, done: impl Fn() -> bool) {
    for _ in 0..6_000 {
        if done() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("not in time: {what}");
}

#[test]
fn a_server_that_is_told_to_stop_finishes_what_was_begun() {
    let place = Place::new(&key(KEY), "");
    let mut server = place.serve();
    let (mut stream, missing) = begun(&place);
    server.signal("TERM");
    wait_until("nobody is accepted any more", || refuses_connections(&place));
    stream.write_all(missing).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("\"ErrorCode\":0"), "{answer}");
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn a_server_that_is_told_to_stop_does_not_wait_for_ever() {
    let place = Place::new(&key(KEY), "");
    let limit = ["--set", "server.drain_seconds=1"];
    let mut command = place.command();
    let mut server = Process::start(command.args(limit));
    server.stderr.url();
    let (_stream, _) = begun(&place);
    server.signal("TERM");
    server.stderr.line_with("some connections did not end in time");
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn a_server_that_leaves_says_so_before_it_goes() {
    let place = Place::new(&key(KEY), "");
    let mut command = place.command();
    let mut server = Process::start(command.args(["--set", "server.leave_seconds=600"]));
    server.stderr.url();
    let healthy = || run(place.path(), &["health", "--config", "foldmark.toml"]).status == 0;
    wait_until("it is ready", healthy);
    server.signal("TERM");
    wait_until("it is not ready any more", || !healthy());
    assert!(!refuses_connections(&place), "it still serves");
    assert_eq!(server.end("TERM").code(), Some(0), "a second signal ends the waiting");
}
