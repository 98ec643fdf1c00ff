//! The commands for what is kept: a cluster's tables, exports, backups, checks.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Debug, clap::Args)]
pub(crate) struct StoreArgs {
    #[command(subcommand)]
    pub(crate) command: StoreCommand,
}

#[derive(Clone, Copy, Debug, Subcommand)]
pub(crate) enum StoreCommand {
    /// Create the keyspace and the tables in the cluster where they are missing, or upgrade them.
    #[command(after_help = STORE_INIT)]
    Init,
}

pub(super) const STORE_INIT: &str = "\
Examples:
  foldmark store init --config /etc/foldmark.toml
  foldmark store init --config foldmark.toml --set store.replication=datacenter1=3

Prints one line that says whether the tables were created, upgraded or there already, and their version. Run it \
on one machine, before the first server of a version starts; again, it changes nothing. Exit status: 0 if the tables are \
there; 1 if the cluster cannot be reached or used; 2 if the configured store is not one of a cluster.";

pub(super) const EXPORT: &str = "\
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

pub(super) const IMPORT: &str = "\
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

pub(super) const BACKUP: &str = "\
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
    /// Put in the keys of the applications, the tokens of operators and the cluster's password as well
    #[arg(long)]
    pub(crate) with_secrets: bool,
}

pub(super) const RESTORE: &str = "\
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

pub(super) const VERIFY: &str = "\
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
