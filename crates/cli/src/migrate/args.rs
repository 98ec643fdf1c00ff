//! The command line of `foldmark migrate`.

use std::path::PathBuf;
use std::time::Duration;

use crate::curl::ADMINISTRATOR;

pub(crate) const HELP: &str = "\
Examples:
  foldmark migrate --from https://adminapisgp.im.qcloud.com --sdkappid 1400000000 --key-file app.key --users users.txt --dry-run
  foldmark migrate --from https://adminapisgp.im.qcloud.com --sdkappid 1400000000 --key-file app.key --users users.txt --state moved.jsonl
  foldmark migrate --from https://adminapisgp.im.qcloud.com --sdkappid 1400000000 --key-file app.key --users users.txt --verify-only --differences -
  foldmark migrate --to https://adminapisgp.im.qcloud.com --sdkappid 1400000000 --key-file app.key --state back.jsonl

The Foldmark is that of the configuration, beside a running server too. --from puts each user whole, with group \
ids, order and timestamps, and compares all of them at the end; users who are the same already are not written, so \
that a run which was cut off is simply repeated. --to writes by the service's own calls: it gives group ids and \
timestamps of its own. Exit status: 0 if all users are the same on both sides; 1 if some failed or differ, of which \
the first 20 are listed; 2 for a wrong command line.";

#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("direction").required(true).args(["from", "to"]))]
pub(crate) struct MigrateArgs {
    /// Move users from the service at this address to the Foldmark
    #[arg(long, value_name = "URL")]
    pub(crate) from: Option<String>,
    /// Move users from the Foldmark to the service at this address
    #[arg(long, value_name = "URL")]
    pub(crate) to: Option<String>,
    /// The application at the service
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) sdkappid: u32,
    /// A file with the key of the service's application
    #[arg(long, value_name = "FILE")]
    pub(crate) key_file: PathBuf,
    /// The administrator to call the service as
    #[arg(long, value_name = "ID", default_value = ADMINISTRATOR)]
    pub(crate) identifier: String,
    /// Certificates in PEM to trust in place of the system's
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// The application of the Foldmark [default: the same number]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) local_sdkappid: Option<u32>,
    /// The users, one id a line, empty lines and those that start with # left out; `-` reads stdin [with --to: all]
    #[arg(long, value_name = "FILE|-", required_unless_present = "to")]
    pub(crate) users: Option<String>,
    /// Replace users of the Foldmark who have other groups or marks than at the service
    #[arg(long, conflicts_with = "to")]
    pub(crate) replace: bool,
    /// Write nothing; compare both sides
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) verify_only: bool,
    /// Write nothing; print what would be written, and what does not fit the limits
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Remember finished users in this file, and skip those who are in it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["verify_only", "dry_run"])]
    pub(crate) state: Option<PathBuf>,
    /// Write each difference, and each user who failed, as a line of JSON; `-` writes to stdout
    #[arg(long, value_name = "FILE|-")]
    pub(crate) differences: Option<String>,
    /// Import the users, and the users whom their conversations name, at the service first
    #[arg(long, conflicts_with = "from")]
    pub(crate) register_accounts: bool,
    /// Create the application's chat groups at the service first
    #[arg(long, conflicts_with = "from")]
    pub(crate) register_chat_groups: bool,
    /// Requests a second to the service, evenly spaced
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) rate: u32,
    /// Users under way at a time
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=256))]
    pub(crate) concurrency: u32,
    /// Seconds to wait for an answer before asking again
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = parse_seconds)]
    pub(crate) timeout: Duration,
}

impl MigrateArgs {
    /// What may be done to the other side.
    pub(crate) fn mode(&self) -> Mode {
        match (self.verify_only, self.dry_run) {
            (true, _) => Mode::Verify,
            (false, true) => Mode::Dry,
            (false, false) => Mode::Write,
        }
    }

    /// The application of the Foldmark.
    pub(crate) fn local(&self) -> u32 {
        self.local_sdkappid.unwrap_or(self.sdkappid)
    }
}

/// What a run does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Moves.
    Write,
    /// Compares.
    Verify,
    /// Counts.
    Dry,
}

fn parse_seconds(text: &str) -> Result<Duration, &'static str> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.1..=600.0).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err("must be a number of seconds from 0.1 to 600"),
    }
}
