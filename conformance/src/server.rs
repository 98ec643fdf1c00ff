//! The server under test: the real binary over TLS, with a certificate authority made for this run, and a second
//! address at which clients find it whose host cannot be changed.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use foldmark_harness::free_port;
use tempfile::TempDir;
use tokio::net::TcpStream;

use crate::{Failure, signatures};

/// The application that all calls are for.
pub(crate) const APP: u32 = 1_400_000_000;
/// Another application of the same server.
pub(crate) const OTHER_APP: u32 = 1_400_000_001;
/// The secret key of [`APP`].
pub(crate) const KEY: &str = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e";
/// The caller of all calls that are not about signatures.
pub(crate) const ADMINISTRATOR: &str = "administrator";
/// The host that older clients have built in.
pub(crate) const FIXED_HOST: &str = "console.tim.qq.com";
/// Where [`FIXED_HOST`] is found, in clients whose `/etc/hosts` is replaced.
const FIXED_ADDRESS: Ipv4Addr = Ipv4Addr::new(127, 77, 0, 1);
/// How long the server may take until it answers.
const START: Duration = Duration::from_secs(20);

/// A running server with all that clients need to reach it.
pub(crate) struct World {
    folder: TempDir,
    server: Child,
    binary: PathBuf,
    port: u16,
    admin: u16,
    /// HTTPS that trusts the server's certificate.
    pub(crate) http: reqwest::Client,
    /// Makes a UserSig of the administrator's.
    pub(crate) signature: String,
}

impl World {
    /// Starts `binary` in a folder of its own.
    pub(crate) async fn start(binary: &Path) -> Result<World, Failure> {
        let folder = tempfile::Builder::new().prefix("foldmark-clients").tempdir().map_err(text)?;
        make_certificates(folder.path())?;
        let (port, admin) = (free_port().map_err(text)?, free_port().map_err(text)?);
        fs::write(folder.path().join("foldmark.toml"), configuration(port, admin)).map_err(text)?;
        fs::write(
            folder.path().join("hosts"),
            format!("127.0.0.1 localhost\n{FIXED_ADDRESS} {FIXED_HOST}\n"),
        )
        .map_err(text)?;
        let log = fs::File::create(folder.path().join("server.log")).map_err(text)?;
        let mut line = Command::new(binary);
        line.args(["serve", "--config", "foldmark.toml"]).current_dir(folder.path());
        let child = line.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn();
        let server = child.map_err(|error| format!("{}: {error}", binary.display()))?;
        let authority = fs::read(folder.path().join("ca.pem")).map_err(text)?;
        let authority = reqwest::Certificate::from_pem(&authority).map_err(text)?;
        let http = reqwest::Client::builder()
            .no_proxy()
            .tls_built_in_root_certs(false)
            .add_root_certificate(authority)
            .timeout(Duration::from_secs(30))
            .build()
            .map_err(text)?;
        let binary = binary.to_owned();
        let mut world = World { folder, server, binary, port, admin, http, signature: String::new() };
        world.wait().await?;
        world.signature = world.own_signature(ADMINISTRATOR, &[])?;
        forward(port).await?;
        Ok(world)
    }

    /// Host and port of the calls.
    pub(crate) fn host(&self) -> String {
        format!("localhost:{}", self.port)
    }

    /// Where the operators' listener is.
    pub(crate) fn admin_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.admin)
    }

    /// A file of this server's folder.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The binary under test.
    pub(crate) fn binary(&self) -> &Path {
        &self.binary
    }

    /// A UserSig made by `foldmark usersig`.
    pub(crate) fn own_signature(&self, identifier: &str, more: &[&str]) -> Result<String, Failure> {
        let mut line = Command::new(&self.binary);
        line.args(["usersig", "--sdkappid", &APP.to_string(), "--key", KEY, "--identifier", identifier]);
        let output = line.args(more).output().map_err(text)?;
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned()),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        }
    }

    /// Waits until the server takes connections.
    async fn wait(&mut self) -> Result<(), Failure> {
        let pause = Duration::from_millis(20);
        for _ in 0..START.as_millis() / pause.as_millis() {
            if let Some(status) = self.server.try_wait().map_err(text)? {
                let log = fs::read_to_string(self.file("server.log")).unwrap_or_default();
                return Err(format!("the server ended with {status}:\n{log}"));
            }
            if TcpStream::connect(("127.0.0.1", self.port)).await.is_ok() {
                return Ok(());
            }
            tokio::time::sleep(pause).await;
        }
        Err("the server did not start".to_owned())
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // It may be gone already, and nobody waits for its status.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn configuration(port: u16, admin: u16) -> String {
    let administrators: Vec<String> = signatures::administrators().into_iter().map(quoted).collect();
    format!(
        r#"
[server]
listen = ["127.0.0.1:{port}"]
failed_signatures_per_minute = 0
[server.tls]
certificate = "server.pem"
key = "server.key"
[admin]
listen = "127.0.0.1:{admin}"
[store]
path = "data"
[[apps]]
sdkappid = {APP}
key = "{KEY}"
administrators = [{}]
[apps.limits]
calls_per_second = 0
[[apps]]
sdkappid = {OTHER_APP}
key = "the key of another application"
"#,
        administrators.join(", ")
    )
}

/// As a string of TOML; a string of JSON is one.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// An authority and a certificate of it, for the names by which clients call the server.
fn make_certificates(folder: &Path) -> Result<(), Failure> {
    let names = format!("subjectAltName=DNS:localhost,DNS:{FIXED_HOST},IP:127.0.0.1\n");
    fs::write(folder.join("names"), format!("{names}basicConstraints=CA:FALSE\n")).map_err(text)?;
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    openssl(folder, &format!("req -x509 {key} -days 2 -subj /CN=Authority -keyout ca.key -out ca.pem"))?;
    openssl(folder, &format!("req -new {key} -subj /CN=localhost -keyout server.key -out server.csr"))?;
    openssl(
        folder,
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.pem",
    )
}

fn openssl(folder: &Path, line: &str) -> Result<(), Failure> {
    let output = Command::new("openssl").args(line.split(' ')).current_dir(folder).output();
    let output = output.map_err(|error| format!("openssl: {error}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("openssl {line}:\n{}", String::from_utf8_lossy(&output.stderr))),
    }
}

/// Passes on what arrives at the fixed address to the server. The task ends with the program.
async fn forward(port: u16) -> Result<(), Failure> {
    let address = SocketAddr::from((FIXED_ADDRESS, 443));
    let listener = tokio::net::TcpListener::bind(address).await;
    let listener = listener.map_err(|error| format!("{address}: {error}"))?;
    let pass = async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let one = async move {
                if let Ok(mut server) = TcpStream::connect(("127.0.0.1", port)).await {
                    // One of the two has gone, which ends the other.
                    let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                }
            };
            start(one);
        }
    };
    start(pass);
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the one place where this program starts tasks")]
fn start(task: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(task);
}

#[expect(clippy::needless_pass_by_value, reason = "`map_err` passes by value")]
fn text(error: impl ToString) -> Failure {
    error.to_string()
}
