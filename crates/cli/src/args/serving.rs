//! The commands that run a server, and those that talk to a running one's operators.

use std::path::PathBuf;

use foldmark_server::config::Address;

pub(super) const SERVE: &str = "\
Examples:
  foldmark serve
  foldmark serve --config /etc/foldmark.toml
  FOLDMARK_LOG_FORMAT=json foldmark serve --set store.path=/srv/foldmark

Without a configured application one is made, its key is kept in the data folder, and what is needed \
for a first call is printed; on a cluster applications have to be configured. A wrong configuration ends with status 2 and all problems.";

pub(super) const RELOAD: &str = "\
Examples:
  foldmark reload --config /etc/foldmark.toml
  systemctl reload foldmark

Taken at once are the applications with their keys and limits, addresses of clients and proxies, web origins, \
certificates, and the filter of the log; keys that want a restart are named. The same happens on SIGHUP. Exit \
status: 0 if the configuration is in force; 1 if it is wrong, and the old one stays; 3 if no server answers.";

pub(super) const ADMIN_TOKEN: &str = "\
Examples:
  foldmark admin-token --config /etc/foldmark/foldmark.toml
  foldmark admin-token --viewer
  foldmark admin-token --renew
  foldmark admin-token --set store.path=/srv/foldmark

The token goes to stdout, and opens the console; the admin token opens the operators' calls as well. It is made if it is not \
there. With --renew there is another one in the file, the running server is told at once, and console sessions that were begun \
with the old one end; if the server says no, the old one stays. Exit status: 0 if the token is printed; 1 if it cannot be read, \
made or renewed; 2 if the configuration is wrong or has no file for it.";

#[derive(Debug, clap::Args)]
pub(crate) struct AdminTokenArgs {
    /// The viewer token, which opens the console to look and not to change
    #[arg(long)]
    pub(crate) viewer: bool,
    /// Make another one in its place
    #[arg(long)]
    pub(crate) renew: bool,
}

pub(super) const DEMO: &str = "\
Examples:
  foldmark demo
  foldmark demo --once
  foldmark demo --listen 127.0.0.1:0 --data ./demo-data

The configuration file and the environment are not read; --set is. Ends with status 1 if the answer \
differs from the documented one in anything but timestamps.";

#[derive(Debug, clap::Args)]
pub(crate) struct DemoArgs {
    /// End after the sample call.
    #[arg(long)]
    pub(crate) once: bool,
    /// Where to listen [default: 127.0.0.1:8080, or any free port if that is taken]
    #[arg(long, value_name = "HOST:PORT", value_parser = Address::parse)]
    pub(crate) listen: Option<Address>,
    /// Keep the data in this folder, which must be empty or absent [default: a temporary one]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}

pub(super) const CHECK_CONFIG: &str = "\
Examples:
  foldmark check-config --config foldmark.toml
  foldmark check-config --set server.listen=0.0.0.0:8080";

pub(super) const HEALTH: &str = "\
Examples:
  foldmark health
  foldmark health --config /etc/foldmark/foldmark.toml
  foldmark health --url http://127.0.0.1:9090

Asks the admin listener for /healthz/ready, and prints what it says. If the listener is encrypted (admin.tls), the certificate \
must be the configured one; without a configuration that says so, one that the system trusts. Exit status: 0 if the server can serve; 1 if it \
cannot, or does not answer within two seconds; 2 if the configuration is wrong or has no admin listener.";

#[derive(Debug, clap::Args)]
pub(crate) struct HealthArgs {
    /// The address of the admin listener, http://HOST:PORT or https://HOST:PORT [default: the configured one]
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
}
