//! The command line. Help, errors and shell completions are made of these definitions.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Parser, Subcommand};
use foldmark_client::CallName;
use foldmark_server::config::Address;

use crate::audit;
use crate::credentials::AppArgs;
use crate::dev::{self, args::DevArgs};
use crate::migrate::{self, args::MigrateArgs};
use crate::settings::ConfigArgs;

/// Self-hosted server for conversation groups and conversation marks.
#[derive(Debug, Parser)]
#[command(name = "foldmark", version, after_help = EXAMPLES, max_term_width = 100)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  foldmark demo                                 try it: a filled server, and one call shown
  foldmark serve                                serve from ./data on 127.0.0.1:8080
  foldmark serve --config foldmark.toml --set server.listen=0.0.0.0:8080
  foldmark dev --seed seed.toml                 an emulator to test a client against
  foldmark call account_import '{\"UserID\":\"user_0001\"}'
  foldmark call --list

Exit status: 0 success; 1 failure or refusal; 2 wrong command line or configuration; \
3 (call) no answer that can be understood.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve until Ctrl-C or SIGTERM.
    #[command(after_help = SERVE)]
    Serve,
    /// Let the running server read its configuration again, without dropping a connection.
    #[command(after_help = RELOAD)]
    Reload,
    /// Print the token that opens the console, or make another one.
    #[command(after_help = ADMIN_TOKEN)]
    AdminToken(AdminTokenArgs),
    /// Start a filled server, make the documented sample call, and keep serving.
    #[command(after_help = DEMO)]
    Demo(DemoArgs),
    /// Start an emulator for those who write clients, or bring a running one back to its seed.
    #[command(after_help = dev::args::HELP)]
    Dev(Box<DevArgs>),
    /// Make a UserSig, or take one apart.
    #[command(after_help = USERSIG)]
    Usersig(UsersigArgs),
    /// Check the configuration and print it with its defaults filled in.
    #[command(after_help = CHECK_CONFIG)]
    CheckConfig,
    /// Make one call and print the answer.
    #[command(after_help = CALL)]
    Call(CallArgs),
    /// Load a running server, and see what it can do.
    #[command(after_help = BENCH)]
    Bench(BenchArgs),
    /// Prepare the store of a cluster.
    Store(StoreArgs),
    /// Write all users and chat groups to a file, beside a running server too.
    #[command(after_help = EXPORT)]
    Export(ExportArgs),
    /// Put the users and chat groups of an export, beside a running server too.
    #[command(after_help = IMPORT)]
    Import(ImportArgs),
    /// Write the whole service to one file, beside a running server too.
    #[command(after_help = BACKUP)]
    Backup(BackupArgs),
    /// Put a backup into an empty data folder, or into a cluster.
    #[command(after_help = RESTORE)]
    Restore(RestoreArgs),
    /// Move users from the hosted service, or another server, to this one, and back.
    #[command(after_help = migrate::args::HELP)]
    Migrate(Box<MigrateArgs>),
    /// Check everything in the data folder, beside a running server too.
    #[command(after_help = VERIFY)]
    Verify(VerifyArgs),
    /// Read the audit log: who changed what, for whom, and when.
    #[command(after_help = audit::HELP)]
    Audit(audit::AuditArgs),
    /// The walk of `verify`, in a process of its own.
    #[command(hide = true)]
    VerifyWalk(VerifyWalkArgs),
    /// Print completions for a shell.
    #[command(after_help = COMPLETIONS)]
    Completions(CompletionsArgs),
    /// Write the man pages.
    #[command(after_help = MAN)]
    Man(ManArgs),
    /// Ask a running server whether it can serve.
    #[command(after_help = HEALTH)]
    Health(HealthArgs),
}

const SERVE: &str = "\
Examples:
  foldmark serve
  foldmark serve --config /etc/foldmark.toml
  FOLDMARK_LOG_FORMAT=json foldmark serve --set store.path=/srv/foldmark

Without a configured application one is made, its key is kept in the data folder, and what is needed \
for a first call is printed; on a cluster applications have to be configured. A wrong configuration ends with status 2 and all problems.";

const RELOAD: &str = "\
Examples:
  foldmark reload --config /etc/foldmark.toml
  systemctl reload foldmark

Taken at once are the applications with their keys and limits, addresses of clients and proxies, web origins, \
certificates, and the filter of the log; keys that want a restart are named. The same happens on SIGHUP. Exit \
status: 0 if the configuration is in force; 1 if it is wrong, and the old one stays; 3 if no server answers.";

const ADMIN_TOKEN: &str = "\
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

const DEMO: &str = "\
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

const USERSIG: &str = "\
Examples:
  foldmark usersig --sdkappid 1400000000 --key-file app.key --identifier administrator
  foldmark usersig --config foldmark.toml --identifier administrator --expire 86400
  foldmark usersig --key-file app.key --verify eJyrVgrx...

With --verify the exit status is 1 if the UserSig cannot be read, is expired, or was not made with the \
key, if one is given.";

#[derive(Debug, clap::Args)]
pub(crate) struct UsersigArgs {
    #[command(flatten)]
    pub(crate) app: AppArgs,
    /// The user [with --verify: who it has to be]
    #[arg(long, value_name = "ID", required_unless_present = "verify")]
    pub(crate) identifier: Option<String>,
    /// Seconds of validity
    #[arg(long, value_name = "SECONDS", default_value_t = 180 * 24 * 60 * 60)]
    pub(crate) expire: u64,
    /// Unix seconds to take for now
    #[arg(long, value_name = "UNIX")]
    pub(crate) time: Option<u64>,
    /// Take this UserSig apart instead of making one
    #[arg(long, value_name = "USERSIG", allow_hyphen_values = true)]
    pub(crate) verify: Option<String>,
}

const CHECK_CONFIG: &str = "\
Examples:
  foldmark check-config --config foldmark.toml
  foldmark check-config --set server.listen=0.0.0.0:8080";

const CALL: &str = "\
Examples:
  foldmark call account_import '{\"UserID\":\"user_0001\"}'
  foldmark call search_contact_group - < body.json
  foldmark call get_appid_group_list --url https://chat.example --ca ca.pem
  foldmark call --list

What is not given is taken from the configuration: the first listener, the first application, or the key \
that a server without applications keeps in its data folder. The answer goes to stdout. Exit status: 0 if \
its ErrorCode is 0, 1 if the call was refused, 3 if there is no answer that can be understood.";

#[derive(Debug, clap::Args)]
pub(crate) struct CallArgs {
    /// The call
    #[arg(value_name = "COMMAND", required_unless_present = "list", value_parser = call_names())]
    pub(crate) command: Option<CallName>,
    /// The body; `-` reads it from stdin
    #[arg(value_name = "JSON|-", default_value = "{}", hide_default_value = true)]
    pub(crate) body: String,
    /// The server's address [default: the configured listener]
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    #[command(flatten)]
    pub(crate) app: AppArgs,
    /// The administrator to call as [default: administrator]
    #[arg(long, value_name = "ID")]
    pub(crate) identifier: Option<String>,
    /// A ready-made UserSig, which also says application and identifier
    #[arg(long, value_name = "USERSIG", conflicts_with_all = ["key", "key_file"], allow_hyphen_values = true)]
    pub(crate) usersig: Option<String>,
    /// Certificates in PEM to trust in place of the system's
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// List the calls, each with an example
    #[arg(long, exclusive = true)]
    pub(crate) list: bool,
}

/// The names of the calls, so that help, errors and completions know them.
fn call_names() -> impl TypedValueParser<Value = CallName> {
    PossibleValuesParser::new(CallName::ALL.map(CallName::command)).map(|name| {
        let named = CallName::ALL.into_iter().find(|call| call.command() == name);
        named.expect("only the names of calls are possible values")
    })
}

const BENCH: &str = "\
Examples:
  foldmark bench --url http://127.0.0.1:8080 --remove
  foldmark bench --url https://chat.example --ca ca.pem --sdkappid 1400000000 --key-file app.key --remove
  foldmark bench --work search --clients 64 --seconds 60 --prepared
  foldmark bench --rate 2000 --json bench.json --csv bench.csv

It WRITES to the server it is pointed to: it imports users of its own, named by --prefix, makes groups and \
marks for them, and leaves them there unless --remove is given. A run that finds users of these names ends \
without touching them; with --prepared they are used if they are as an earlier run has left them. Ctrl-C ends \
the run early, and what was measured is reported. Exit status: 0 if every request succeeded; 1 if one failed or \
the server refused the users; 2 for a wrong command line; 3 if the server cannot be reached.";

#[derive(Debug, clap::Args)]
pub(crate) struct BenchArgs {
    /// The server's address [default: the configured listener]
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    #[command(flatten)]
    pub(crate) app: AppArgs,
    /// The administrator to call as [default: administrator]
    #[arg(long, value_name = "ID")]
    pub(crate) identifier: Option<String>,
    /// Certificates in PEM to trust in place of the system's
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// Connections, each with one request under way
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) clients: u32,
    /// How long to measure
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub(crate) seconds: u32,
    /// Seconds of load before that, which are not counted
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(0..=3_600))]
    pub(crate) warm_up: u32,
    /// Requests a second over all clients, evenly scheduled; 0: as fast as answers come
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    pub(crate) rate: u32,
    /// What to ask for; mixed is nine searches of two conversations to a mark of one
    #[arg(long, value_enum, default_value_t = Work::Mixed)]
    pub(crate) work: Work,
    /// How many users to ask about
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(11..=1_000_000))]
    pub(crate) users: u32,
    /// What their names begin with: 1 to 24 letters, digits, `_`, `-` and `.`
    #[arg(long, value_name = "TEXT", default_value = "bench_", value_parser = parse_prefix)]
    pub(crate) prefix: String,
    /// The users are there from an earlier run
    #[arg(long)]
    pub(crate) prepared: bool,
    /// Delete the users after the run
    #[arg(long)]
    pub(crate) remove: bool,
    /// Write all numbers as one JSON object; `-` prints it in place of the text
    #[arg(long, value_name = "FILE|-")]
    pub(crate) json: Option<String>,
    /// Write the latencies as CSV; `-` prints it in place of the text
    #[arg(long, value_name = "FILE|-")]
    pub(crate) csv: Option<String>,
}

/// What `bench` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Work {
    Search,
    Mark,
    Mixed,
}

/// Characters that need no escaping in any body, and room for a number behind them in a user id of 32 bytes.
fn parse_prefix(text: &str) -> Result<String, &'static str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    match (1..=24).contains(&text.len()) && text.bytes().all(is_plain) {
        true => Ok(text.to_owned()),
        false => Err("must be 1 to 24 letters, digits, `_`, `-` and `.`"),
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct StoreArgs {
    #[command(subcommand)]
    pub(crate) command: StoreCommand,
}

#[derive(Clone, Copy, Debug, Subcommand)]
pub(crate) enum StoreCommand {
    /// Create the keyspace and the tables in the cluster where they are missing.
    #[command(after_help = STORE_INIT)]
    Init,
}

const STORE_INIT: &str = "\
Examples:
  foldmark store init --config /etc/foldmark.toml
  foldmark store init --config foldmark.toml --set store.replication=datacenter1=3

Prints one line that says whether the tables were created or were there already, and their version. Run it \
on one machine, before the first server starts; again, it changes nothing. Exit status: 0 if the tables are \
there; 1 if the cluster cannot be reached or used; 2 if the configured store is not one of a cluster.";

const EXPORT: &str = "\
Examples:
  foldmark export users.jsonl --config /etc/foldmark.toml
  foldmark export users.jsonl --resume
  foldmark export - | zstd > users.jsonl.zst

Each user is as he was at one moment; different users may be of different moments. The applications are those \
of the configuration. Exit status: 0 if everything was written; 1 if something broke, and the file is then \
named OUT.partial.";

#[derive(Debug, clap::Args)]
pub(crate) struct ExportArgs {
    /// The file to write; `-` writes to stdout
    #[arg(value_name = "OUT.jsonl|-")]
    pub(crate) out: String,
    /// Go on with an export that was cut off
    #[arg(long)]
    pub(crate) resume: bool,
}

const IMPORT: &str = "\
Examples:
  foldmark import users.jsonl --config /etc/foldmark.toml
  foldmark import users.jsonl --replace
  zstd -dc users.jsonl.zst | foldmark import -

A file is checked to its end before anything is put. Users who have groups or marks are not changed without \
--replace, which makes them what the export says. Cut off, it goes on where it was when started again. Exit \
status: 0 if everything was put; 1 if something broke or was refused, of which the first 20 are listed.";

#[derive(Debug, clap::Args)]
pub(crate) struct ImportArgs {
    /// The file to read; `-` reads stdin
    #[arg(value_name = "IN.jsonl|-")]
    pub(crate) input: String,
    /// Replace what is there of the users and chat groups of the export
    #[arg(long)]
    pub(crate) replace: bool,
    /// Begin anew, also if an earlier import of the file was cut off
    #[arg(long)]
    pub(crate) restart: bool,
}

const BACKUP: &str = "\
Examples:
  foldmark backup foldmark.tar --config /etc/foldmark.toml
  foldmark backup foldmark.tar --force --with-secrets
  foldmark backup - | ssh elsewhere 'cat > foldmark.tar'

The file holds the data and the configuration, with a manifest and checksums; any tar takes it apart. An embedded store is \
copied as it is at one moment; of a cluster, and of a store in memory, each user is as he was at one moment. Keys and \
passwords are not in it without --with-secrets. Exit status: 0 if the backup is whole and on disk; 1 if something broke, and \
then there is no file; 2 if OUT is there already.";

#[derive(Debug, clap::Args)]
pub(crate) struct BackupArgs {
    /// The file to write; `-` writes to stdout
    #[arg(value_name = "OUT.tar|-")]
    pub(crate) out: String,
    /// Replace OUT if it is there
    #[arg(long)]
    pub(crate) force: bool,
    /// Put in the keys of the applications, the admin token and the cluster's password as well
    #[arg(long)]
    pub(crate) with_secrets: bool,
}

const RESTORE: &str = "\
Examples:
  foldmark restore foldmark.tar --config /etc/foldmark.toml
  foldmark restore foldmark.tar --set store.path=/srv/drill
  foldmark restore foldmark.tar --check --config-out foldmark.toml

The configured data folder must be empty or absent; it is there when everything in the backup was checked, and not before. \
All of it is then verified as `foldmark verify` does. A restore into a cluster puts users who have nothing there, and can be \
repeated. Exit status: 0 if everything is there and sound; 1 if the backup is damaged or something broke; 2 if the folder is \
not empty.";

#[derive(Debug, clap::Args)]
pub(crate) struct RestoreArgs {
    /// The backup
    #[arg(value_name = "IN.tar")]
    pub(crate) input: PathBuf,
    /// Only check the backup
    #[arg(long)]
    pub(crate) check: bool,
    /// Write the configuration that is in the backup to this file, which must not be there yet
    #[arg(long, value_name = "FILE")]
    pub(crate) config_out: Option<PathBuf>,
}

const VERIFY: &str = "\
Examples:
  foldmark verify
  foldmark verify foldmark.tar
  foldmark verify --config /etc/foldmark.toml
  foldmark verify --path /srv/foldmark --json

Reads every page and every value, checks what is kept twice, and changes nothing. Exit status: 0 if the
folder is sound; 1 if it has problems, of which the first 100 are listed; 2 if there is none to check.";

#[derive(Debug, clap::Args)]
pub(crate) struct VerifyArgs {
    /// A backup to check in place of a data folder
    #[arg(value_name = "BACKUP.tar", conflicts_with = "path")]
    pub(crate) backup: Option<PathBuf>,
    /// The data folder [default: the configured one]
    #[arg(long, value_name = "DIR")]
    pub(crate) path: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct VerifyWalkArgs {
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// Only free what readers that died have left in the database
    #[arg(long)]
    pub(crate) only_open: bool,
}

const COMPLETIONS: &str = "\
Examples:
  foldmark completions bash > ~/.local/share/bash-completion/completions/foldmark
  foldmark completions zsh > ~/.zfunc/_foldmark
  foldmark completions fish > ~/.config/fish/completions/foldmark.fish";

#[derive(Debug, clap::Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub(crate) shell: clap_complete::Shell,
}

const MAN: &str = "\
Examples:
  foldmark man ./man
  foldmark man ~/.local/share/man/man1

Writes a page for each command, and foldmark.toml(5) for the configuration. The same version writes the same bytes.";

#[derive(Debug, clap::Args)]
pub(crate) struct ManArgs {
    /// The folder to write to; made if it is not there
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
}

const HEALTH: &str = "\
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

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definitions_are_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn examples_of_the_help_are_accepted() {
        for line in [
            EXAMPLES,
            SERVE,
            ADMIN_TOKEN,
            DEMO,
            dev::args::HELP,
            dev::args::RESET,
            USERSIG,
            CHECK_CONFIG,
            CALL,
            BENCH,
            STORE_INIT,
            EXPORT,
            IMPORT,
            BACKUP,
            RESTORE,
            migrate::args::HELP,
            audit::HELP,
            VERIFY,
            COMPLETIONS,
            MAN,
            HEALTH,
        ]
        .join("\n")
        .lines()
        {
            let Some((_, rest)) = line.split_once("  foldmark ") else { continue };
            let rest = rest.split(" < ").next().unwrap().split(" > ").next().unwrap();
            let rest = rest.split(" | ").next().unwrap().split("   ").next().unwrap().replace('\'', "");
            let words = std::iter::once("foldmark").chain(rest.split_whitespace());
            if let Err(error) = Args::try_parse_from(words) {
                panic!("{line}: {error}");
            }
        }
    }
}
