//! PostgreSQL beside Foldmark: the same data in one table with its primary key, the same durability.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use foldmark_harness::free_address;
use rustix::process::Signal;

use crate::child::{Guard, install, run};
use crate::compare::Failure;
use crate::fill::{APP, TIMESTAMP};
use crate::load::{Ask, Load};
use crate::people::{People, text};
use crate::protocol::{Protocol, postgres_request};
use crate::template::{ANY_PEER, Template, USER, VALUE, peer};

const PROGRAMS: &str = "/usr/lib/postgresql/15/bin";
/// Durable as Foldmark is, and with enough memory and log to keep out of its own way.
const SETTINGS: [&str; 10] = [
    "fsync=on",
    "synchronous_commit=on",
    "full_page_writes=on",
    "shared_buffers=1GB",
    "effective_cache_size=8GB",
    "max_wal_size=8GB",
    "checkpoint_timeout=30min",
    "max_connections=200",
    "listen_addresses=127.0.0.1",
    "logging_collector=off",
];
const SEARCH: usize = 0;
const MARK: usize = 1;

/// A running PostgreSQL.
pub(crate) struct Postgres {
    _guard: Guard,
    address: SocketAddr,
    folder: PathBuf,
}

impl Postgres {
    /// Starts a new one under the account that its package brings, and fills it.
    pub(crate) fn start(folder: &Path, people: &[People]) -> Result<Postgres, Failure> {
        install("postgresql-15", &format!("{PROGRAMS}/postgres"))?;
        let (user, group) = account()?;
        let data = folder.join("postgres");
        fs::create_dir(&data)?;
        std::os::unix::fs::chown(&data, Some(user), Some(group))?;
        let mut init = Command::new(format!("{PROGRAMS}/initdb"));
        init.current_dir("/").uid(user).gid(group).arg("--pgdata").arg(&data);
        init.args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C"]);
        run("initdb", &mut init)?;
        let address = free_address()?;
        let mut command = Command::new(format!("{PROGRAMS}/postgres"));
        command.current_dir("/").uid(user).gid(group).arg("-D").arg(&data);
        command.args(["-p", &address.port().to_string(), "-k", ""]);
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        let mut guard = Guard::start("postgres", command, folder)?.ending_with(Signal::INT);
        guard.await_listener(address)?;
        // It listens before it serves.
        let mut wait = Command::new("sh");
        let script =
            "for look in $(seq 600); do \"$1\" -q -h 127.0.0.1 -p \"$2\" && exit; sleep 0.1; done; exit 1";
        wait.args(["-c", script, "sh", &format!("{PROGRAMS}/pg_isready"), &address.port().to_string()]);
        run("pg_isready", &mut wait)?;
        let postgres = Postgres { _guard: guard, address, folder: folder.to_owned() };
        postgres.fill(people)?;
        Ok(postgres)
    }

    /// Connects; every connection has both statements prepared.
    pub(crate) fn load(&self, clients: usize, asks: Vec<Ask>) -> Result<Load, Failure> {
        let search = format!(
            "select peer, mark, custom, groups, ts from record where app = {APP} and usr = $1 and peer = any($2)"
        );
        let mark = format!(
            "insert into record values ({APP}, $1, $2, 0, $3, '{{}}', extract(epoch from now())::bigint) \
             on conflict (app, usr, peer) do update set custom = excluded.custom, ts = excluded.ts"
        );
        let protocol = Protocol::Postgres { statements: vec![search, mark] };
        let mut load = Load::connect(self.address, clients, protocol, asks)?;
        load.once()?;
        Ok(load)
    }

    /// A lookup of conversations of these numbers.
    pub(crate) fn search(&self, people: &People, conversations: &[u64]) -> Template {
        let peers: Vec<String> = conversations.iter().map(|number| peer(*number)).collect();
        let array = format!("{{{}}}", peers.join(","));
        // The outer braces stay; those of the places are replaced.
        Template::new(postgres_request(SEARCH, &[USER, &array]), people)
    }

    /// A change of one custom mark.
    pub(crate) fn mark(&self, people: &People) -> Template {
        Template::new(postgres_request(MARK, &[USER, ANY_PEER, VALUE]), people)
    }

    /// Lookups of `pgbench -M prepared`, all of the same conversations, since its variables hold no lists that change:
    /// so many a second with so many clients.
    pub(crate) fn pgbench(
        &self,
        people: &People,
        conversations: u64,
        clients: usize,
        seconds: u64,
    ) -> Result<f64, Failure> {
        let mut peers = Vec::new();
        for number in 0..conversations {
            peers.push(text(&people.peer(0, number)).to_owned());
        }
        let script = self.folder.join("search.sql");
        let user = text(&people.id(0)).to_owned();
        let statement = format!(
            "select peer, mark, custom, groups, ts from record where app = {APP} and usr = :usr and peer = any(:peers);\n"
        );
        fs::write(&script, statement)?;
        let mut pgbench = Command::new(format!("{PROGRAMS}/pgbench"));
        pgbench.args(["-h", "127.0.0.1", "-p", &self.address.port().to_string(), "-U", "postgres", "-n"]);
        pgbench.args(["-M", "prepared", "-j", "1", "-c", &clients.to_string(), "-T", &seconds.to_string()]);
        pgbench.arg("-D").arg(format!("usr={user}")).arg("-D").arg(format!("peers={{{}}}", peers.join(",")));
        let told = run("pgbench", pgbench.arg("-f").arg(script).arg("postgres"))?;
        let line = told.lines().find_map(|line| line.strip_prefix("tps = "));
        let rate = line.and_then(|line| line.split(' ').next()).and_then(|rate| rate.parse().ok());
        Ok(rate.ok_or("pgbench does not tell its rate")?)
    }

    fn fill(&self, people: &[People]) -> Result<(), Failure> {
        let path = self.folder.join("records.copy");
        let mut file = BufWriter::new(File::create(&path)?);
        for people in people {
            for user in 0..people.count {
                let id = people.id(user);
                for number in 0..people.records {
                    let groups: Vec<String> =
                        people.groups_of(number).iter().map(ToString::to_string).collect();
                    writeln!(
                        file,
                        "{APP}\t{}\t{}\t{}\t{}\t{{{}}}\t{TIMESTAMP}",
                        text(&id),
                        text(&people.peer(user, number)),
                        people.mark(number),
                        people.custom(number),
                        groups.join(",")
                    )?;
                }
            }
        }
        file.flush()?;
        drop(file);
        self.psql(
            "create table record(app int, usr text, peer text, mark bigint, custom text, groups int[], ts bigint, \
             primary key (app, usr, peer))",
        )?;
        self.psql(&format!("\\copy record from '{}'", path.display()))?;
        self.psql("vacuum analyze record")?;
        self.psql("checkpoint")?;
        fs::remove_file(path)?;
        Ok(())
    }

    fn psql(&self, command: &str) -> Result<(), Failure> {
        let mut psql = Command::new(format!("{PROGRAMS}/psql"));
        psql.args(["-h", "127.0.0.1", "-p", &self.address.port().to_string(), "-U", "postgres"]);
        psql.args(["-v", "ON_ERROR_STOP=1", "-q", "-c", command, "postgres"]);
        run("psql", &mut psql)?;
        Ok(())
    }
}

/// The account that the package made: PostgreSQL does not run as root.
fn account() -> Result<(u32, u32), Failure> {
    let accounts = fs::read_to_string("/etc/passwd")?;
    let line = accounts.lines().find(|line| line.starts_with("postgres:"));
    let fields: Vec<&str> = line.ok_or("there is no account postgres")?.split(':').collect();
    match fields.as_slice() {
        [_, _, user, group, ..] => Ok((user.parse()?, group.parse()?)),
        _ => Err("the account postgres cannot be read".into()),
    }
}
