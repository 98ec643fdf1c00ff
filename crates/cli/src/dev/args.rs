//! The command line of `foldmark dev`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use foldmark_server::config::Address;

pub(crate) const HELP: &str = "\
Examples:
  foldmark dev
  foldmark dev --seed seed.toml
  foldmark dev --listen 127.0.0.1:0 --json-ready
  foldmark dev --fail mark_contact=50004:10% --fail '*=60007:5%' --random-seed 7
  foldmark dev --fail mark_contact=50005:10%:after --fail mark_contact=drop:1%
  foldmark dev --delay get_contact_group=200ms:50%
  foldmark dev --data ./emulator --accounts open --set apps.0.limits.groups=5
  foldmark dev --accounts open --webhook-url http://127.0.0.1:8000/hook
  foldmark dev reset

The application, its key and its administrator are the same every time, and printed. The key is public: keep \
nothing in an emulator that matters. The configuration file and the environment are not read; --set is. \
Faults are CALL=CODE, CALL=drop and CALL=TIME, with a chance, and with `after` if the call is to be carried out all \
the same. docs/EMULATOR.md says the rest.";

pub(crate) const RESET: &str = "\
Examples:
  foldmark dev reset
  foldmark dev reset --url http://127.0.0.1:9091

Data, faults, and the count that decides which calls meet them, become what they were at the start. Exit status: 0 \
if they are; 1 if the emulator says no; 3 if there is none.";

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct DevArgs {
    #[command(subcommand)]
    pub(crate) command: Option<DevCommand>,
    /// Where to serve calls; port 0 is any free one
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8080", value_parser = Address::parse)]
    pub(crate) listen: Address,
    /// Where to serve /dev/reset and /dev/faults [default: 127.0.0.1:9090, or any free port if --listen has port 0]
    #[arg(long, value_name = "HOST:PORT", value_parser = Address::parse)]
    pub(crate) admin_listen: Option<Address>,
    /// Keep the data in this folder, which must be empty, absent or an emulator's [default: in memory]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Users and chat groups to start with, in TOML or JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) seed: Option<PathBuf>,
    /// Whether users must be imported before they are named
    #[arg(long, value_enum, default_value_t = Registration::Registered)]
    pub(crate) accounts: Registration,
    /// Whether chat groups must be created before they are named
    #[arg(long, value_enum, default_value_t = Registration::Registered)]
    pub(crate) chat_groups: Registration,
    /// Fail calls: CALL=CODE or CALL=drop, then :CHANCE% and :after; repeatable
    #[arg(long, value_name = "FAULT")]
    pub(crate) fail: Vec<String>,
    /// Delay calls: CALL=TIME, then :CHANCE% and :after; repeatable
    #[arg(long, value_name = "FAULT")]
    pub(crate) delay: Vec<String>,
    /// Makes faults of a chance meet the same calls again [default: another one each time]
    #[arg(long, value_name = "N")]
    pub(crate) random_seed: Option<u64>,
    /// Tell what changes to this URL, as webhooks
    #[arg(long, value_name = "URL")]
    pub(crate) webhook_url: Option<String>,
    /// Sign webhooks with this, whsec_ and Base64 [default: a public one, which is printed]
    #[arg(long, value_name = "SECRET", requires = "webhook_url")]
    pub(crate) webhook_secret: Option<String>,
    /// Print what a program needs as one line of JSON, once calls are answered
    #[arg(long)]
    pub(crate) json_ready: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DevCommand {
    /// Bring a running emulator back to what it was at its start.
    #[command(after_help = RESET)]
    Reset(ResetArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct ResetArgs {
    /// The address of its admin listener
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:9090")]
    pub(crate) url: String,
}

/// Whether names have to be made known before they are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Registration {
    Registered,
    Open,
}

impl Registration {
    /// As it is configured.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Registration::Registered => "registered",
            Registration::Open => "open",
        }
    }
}
