//! The commands for calls: a UserSig, and one call.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use foldmark_client::CallName;

use crate::credentials::AppArgs;

pub(super) const USERSIG: &str = "\
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

pub(super) const CALL: &str = "\
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
