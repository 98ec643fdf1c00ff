//! A server as its operator meets it: reloads, the service manager, certificates, logs.

use std::fs;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use foldmark_client::Client;
use tempfile::{TempDir, tempdir};

use crate::support::{KEY, Process, foldmark, run};

pub(crate) const OTHER_KEY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// Two free ports, which nobody else is given soon.
fn ports() -> [u16; 2] {
    let listeners = [0, 0].map(|port| TcpListener::bind(("127.0.0.1", port)).unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}

/// A folder with a configuration; `app` are further lines of its one application, and `more` further tables.
pub(crate) struct Place {
    folder: TempDir,
    pub(crate) ports: [u16; 2],
}

impl Place {
    pub(crate) fn new(key: &str, more: &str) -> Place {
        let place = Place { folder: tempdir().unwrap(), ports: ports() };
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
    let app = format!("{}\nlimits = {{ calls_per_second = 0 }}", key(KEY));
    let place = Place::new(&app, "[log]\nslow_call_ms = 1\nfilter = \"debug\"\n");
    let server = place.serve();
    // Each goes to the disk, which takes longer than a millisecond now and then.
    let client = place.client(KEY);
    for number in 0..300 {
        client.account_import(&format!("private_{number}")).await.unwrap();
    }
    server.signal("TERM");
    let log = server.stderr.rest();
    let slow: Vec<serde_json::Value> = log
        .lines()
        .filter(|line| line.contains("\"slow call\""))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let slow = slow.first().expect("one of them is slow");
    assert_eq!((slow["level"].as_str(), slow["call"].as_str()), (Some("WARN"), Some("account_import")));
    assert!(slow["request_id"].as_str().is_some_and(|id| id.len() > 8), "{slow}");
    assert!(slow["milliseconds"].as_u64().unwrap() >= 1);
    for secret in [KEY, "usersig", "private_"] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}
