//! ejabberd beside Foldmark: the whole contact list of a user by its HTTP API, the nearest thing that it has to a lookup
//! of as many conversations.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use foldmark_harness::free_address;

use crate::bench::only;
use crate::child::{Guard, install};
use crate::compare::Failure;
use crate::load::Load;
use crate::people::{People, id, text};
use crate::protocol::{Protocol, http_request};
use crate::template::{Template, USER};

/// Users with a contact list.
const USERS: u64 = 10;

/// A running ejabberd.
pub(crate) struct Ejabberd {
    _guard: Guard,
    address: SocketAddr,
}

impl Ejabberd {
    /// Starts a new one and gives a few users contact lists of this length.
    pub(crate) fn start(folder: &Path, contacts: u64) -> Result<Ejabberd, Failure> {
        install("ejabberd", "/usr/sbin/ejabberdctl")?;
        let home = tempfile::Builder::new().prefix("ejabberd-").tempdir_in(folder)?.keep();
        let address = free_address()?;
        let config = home.join("ejabberd.yml");
        fs::write(&config, config_text(address))?;
        let quoted = |path: &Path| format!("\"{}\"", path.display());
        let mut command = Command::new("erl");
        command.env("ERL_LIBS", "/usr/lib/x86_64-linux-gnu").env("HOME", &home).current_dir(&home);
        command.args(["-noinput", "+K", "true", "-mnesia", "dir"]).arg(quoted(&home.join("spool")));
        command.args(["-ejabberd", "config"]).arg(quoted(&config));
        command.arg("log_path").arg(quoted(&home.join("ejabberd.log"))).args(["-s", "ejabberd"]);
        let mut guard = Guard::start("ejabberd", command, folder)?;
        guard.await_listener(address)?;
        let ejabberd = Ejabberd { _guard: guard, address };
        for user in 0..USERS {
            ejabberd.fill(user, contacts)?;
        }
        Ok(ejabberd)
    }

    /// Connects to read the contact lists.
    pub(crate) fn load(&self, clients: usize) -> Result<Load, Failure> {
        let body = format!("{{\"user\":\"{USER}\",\"host\":\"localhost\"}}");
        self.connect(clients, "get_roster", &body)
    }

    fn fill(&self, user: u64, contacts: u64) -> Result<(), Failure> {
        let id = id(b'u', user);
        let user = text(&id);
        let account = format!("{{\"user\":\"{user}\",\"host\":\"localhost\",\"password\":\"none\"}}");
        self.connect(1, "register", &account)?.once()?;
        // One connection for all contacts: the peer's digits are the value of the template.
        let contact = format!(
            "{{\"localuser\":\"{user}\",\"localhost\":\"localhost\",\"user\":\"peer{}\",\"host\":\"localhost\",\
             \"nick\":\"none\",\"group\":\"group_0001\",\"subs\":\"both\"}}",
            crate::template::VALUE
        );
        let mut load = self.connect(1, "add_rosteritem", &contact)?;
        for _ in 0..contacts {
            load.once()?;
        }
        Ok(())
    }

    fn connect(&self, clients: usize, command: &str, body: &str) -> Result<Load, Failure> {
        let template =
            Template::new(http_request(&format!("/api/{command}"), body), &People::ordinary(USERS));
        Load::connect(self.address, clients, Protocol::Http { success: b"" }, only(template))
    }
}

/// One listener for the API, open to everyone on this machine, and nothing else.
fn config_text(address: SocketAddr) -> String {
    format!(
        "loglevel: warning\nhosts:\n  - localhost\nlisten:\n  -\n    port: {}\n    ip: \"127.0.0.1\"\n    \
         module: ejabberd_http\n    request_handlers:\n      /api: mod_http_api\napi_permissions:\n  \"bench\":\n    \
         from: mod_http_api\n    who: all\n    what: \"*\"\nmodules:\n  mod_admin_extra: {{}}\n  mod_roster: {{}}\n",
        address.port()
    )
}
