//! The command line of `foldmark bench`.

use std::path::PathBuf;

use crate::credentials::AppArgs;

pub(super) const BENCH: &str = "\
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
