//! nginx in a temporary folder, with the shipped configuration: only addresses, files and the certificate are others.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use foldmark_harness::{free_address, wait_until};

/// What is shipped.
const SHIPPED: &str = include_str!("../../../deploy/nginx/foldmark.conf");
const STARTING: Duration = Duration::from_secs(60);

/// A running nginx. It is killed when it is dropped.
pub(super) struct Nginx {
    child: Child,
    home: PathBuf,
    /// Where it is called.
    pub(super) calls: SocketAddr,
    /// Where it serves the console.
    pub(super) console: SocketAddr,
}

/// What stands behind it.
pub(super) struct Behind {
    /// A server that is called.
    pub(super) calls: SocketAddr,
    /// Another one.
    pub(super) other: Option<SocketAddr>,
    /// The operators' listener.
    pub(super) admin: SocketAddr,
}

impl Nginx {
    /// Starts it in the folder `home`, which must be empty, and waits until it serves.
    pub(super) fn start(home: &Path, behind: &Behind) -> Result<Nginx, String> {
        let (calls, console) = (free_address()?, free_address()?);
        certificate(home)?;
        write(&home.join("foldmark.conf"), &configuration(home, behind, calls, console)?)?;
        write(&home.join("nginx.conf"), &around(home))?;
        let log = fs::File::create(home.join("nginx.log")).map_err(|error| error.to_string())?;
        let mut command = Command::new("nginx");
        command.arg("-p").arg(home).arg("-e").arg(home.join("nginx-error.log"));
        command.arg("-c").arg(home.join("nginx.conf"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let child = command.spawn().map_err(|error| format!("cannot start nginx: {error}"))?;
        let mut nginx = Nginx { child, home: home.to_owned(), calls, console };
        let serves = wait_until(STARTING, || {
            matches!(nginx.child.try_wait(), Ok(Some(_))) || TcpStream::connect(calls).is_ok()
        });
        match serves && matches!(nginx.child.try_wait(), Ok(None)) {
            true => Ok(nginx),
            false => Err(format!("nginx does not start: {}", nginx.logs())),
        }
    }

    /// All that it has logged, of requests and otherwise.
    pub(super) fn logs(&self) -> String {
        let names = ["nginx.log", "nginx-error.log", "foldmark.log", "foldmark-error.log"];
        let texts = names.map(|name| fs::read_to_string(self.home.join(name)).unwrap_or_default());
        texts.concat()
    }

    /// The certificate that clients are to trust.
    pub(super) fn certificate(&self) -> PathBuf {
        self.home.join("tls.crt")
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // It may have ended before; then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The shipped file with other addresses and files. What is replaced must be there.
fn configuration(
    home: &Path,
    behind: &Behind,
    calls: SocketAddr,
    console: SocketAddr,
) -> Result<String, String> {
    let other = match behind.other {
        Some(other) => format!("server {other};"),
        None => String::new(),
    };
    let files = home.display();
    let mut text = SHIPPED.to_owned();
    for (shipped, used) in [
        ("    server 127.0.0.1:8080;", format!("    server {};", behind.calls)),
        ("# server 127.0.0.2:8080;", other + " #"),
        ("    server 127.0.0.1:9090;", format!("    server {};", behind.admin)),
        ("listen 443 ssl http2;", format!("listen {calls} ssl http2;")),
        ("listen 9443 ssl;", format!("listen {console} ssl;")),
        // Not every machine has IPv6.
        ("listen [::]:443 ssl http2;", String::new()),
        ("listen [::]:9443 ssl;", String::new()),
        ("/etc/nginx/tls/chat.example.org.crt", format!("{files}/tls.crt")),
        ("/etc/nginx/tls/chat.example.org.key", format!("{files}/tls.key")),
        ("/var/log/nginx/foldmark", format!("{files}/foldmark")),
    ] {
        if !text.contains(shipped) {
            return Err(format!("deploy/nginx/foldmark.conf does not say {shipped:?}"));
        }
        text = text.replace(shipped, &used);
    }
    Ok(text)
}

/// What Debian's `nginx.conf` does around it, for one process that ends when it is killed.
fn around(home: &Path) -> String {
    let kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let home = home.display();
    let paths = kinds.map(|kind| format!("{kind}_temp_path {home}/{kind};\n")).concat();
    format!(
        "daemon off;\nmaster_process off;\npid {home}/nginx.pid;\nevents {{ worker_connections 256; }}\n\
         http {{\n{paths}include {home}/foldmark.conf;\n}}\n"
    )
}

/// Makes a certificate that is good for the names in the shipped file.
fn certificate(home: &Path) -> Result<(), String> {
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"])
        .args(["-days", "2", "-subj", "/CN=chat.example.org", "-keyout", "tls.key", "-out", "tls.crt"])
        .args(["-addext", "subjectAltName=DNS:chat.example.org,DNS:operators.example.org"])
        .current_dir(home)
        .output()
        .map_err(|error| format!("openssl: {error}"))?;
    match made.status.success() {
        true => Ok(()),
        false => Err(format!("openssl made no certificate: {}", String::from_utf8_lossy(&made.stderr))),
    }
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}
