//! The command line. Help, errors and shell completions are made of these definitions: here the commands, in files of
//! their own their options and examples.

mod bench;
mod calls;
mod data;
mod serving;
mod shell;

use clap::{Parser, Subcommand};

use crate::audit;
use crate::dev::{self, args::DevArgs};
use crate::migrate::{self, args::MigrateArgs};
use crate::settings::ConfigArgs;
pub(crate) use bench::{BenchArgs, Work};
pub(crate) use calls::{CallArgs, UsersigArgs};
pub(crate) use data::{
    BackupArgs, ExportArgs, ImportArgs, RestoreArgs, StoreArgs, StoreCommand, VerifyArgs, VerifyWalkArgs,
};
pub(crate) use serving::{AdminTokenArgs, DemoArgs, HealthArgs};
pub(crate) use shell::{CompletionsArgs, ManArgs};

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
    #[command(after_help = serving::SERVE)]
    Serve,
    /// Let the running server read its configuration again, without dropping a connection.
    #[command(after_help = serving::RELOAD)]
    Reload,
    /// Print the token that opens the console, or make another one.
    #[command(after_help = serving::ADMIN_TOKEN)]
    AdminToken(AdminTokenArgs),
    /// Start a filled server, make the documented sample call, and keep serving.
    #[command(after_help = serving::DEMO)]
    Demo(DemoArgs),
    /// Start an emulator for those who write clients, or bring a running one back to its seed.
    #[command(after_help = dev::args::HELP)]
    Dev(Box<DevArgs>),
    /// Make a UserSig, or take one apart.
    #[command(after_help = calls::USERSIG)]
    Usersig(UsersigArgs),
    /// Check the configuration and print it with its defaults filled in.
    #[command(after_help = serving::CHECK_CONFIG)]
    CheckConfig,
    /// Make one call and print the answer.
    #[command(after_help = calls::CALL)]
    Call(CallArgs),
    /// Load a running server, and see what it can do.
    #[command(after_help = bench::BENCH)]
    Bench(BenchArgs),
    /// Prepare the store of a cluster.
    Store(StoreArgs),
    /// Write all users and chat groups to a file, beside a running server too.
    #[command(after_help = data::EXPORT)]
    Export(ExportArgs),
    /// Put the users and chat groups of an export, beside a running server too.
    #[command(after_help = data::IMPORT)]
    Import(ImportArgs),
    /// Write the whole service to one file, beside a running server too.
    #[command(after_help = data::BACKUP)]
    Backup(BackupArgs),
    /// Put a backup into an empty data folder, or into a cluster.
    #[command(after_help = data::RESTORE)]
    Restore(RestoreArgs),
    /// Move users from the hosted service, or another server, to this one, and back.
    #[command(after_help = migrate::args::HELP)]
    Migrate(Box<MigrateArgs>),
    /// Check everything in the data folder, beside a running server too.
    #[command(after_help = data::VERIFY)]
    Verify(VerifyArgs),
    /// Read the audit log: who changed what, for whom, and when.
    #[command(after_help = audit::HELP)]
    Audit(audit::AuditArgs),
    /// The walk of `verify`, in a process of its own.
    #[command(hide = true)]
    VerifyWalk(VerifyWalkArgs),
    /// Print completions for a shell.
    #[command(after_help = shell::COMPLETIONS)]
    Completions(CompletionsArgs),
    /// Write the man pages.
    #[command(after_help = shell::MAN)]
    Man(ManArgs),
    /// Ask a running server whether it can serve.
    #[command(after_help = serving::HEALTH)]
    Health(HealthArgs),
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
            serving::SERVE,
            serving::ADMIN_TOKEN,
            serving::DEMO,
            dev::args::HELP,
            dev::args::RESET,
            calls::USERSIG,
            serving::CHECK_CONFIG,
            calls::CALL,
            bench::BENCH,
            data::STORE_INIT,
            data::EXPORT,
            data::IMPORT,
            data::BACKUP,
            data::RESTORE,
            migrate::args::HELP,
            audit::HELP,
            data::VERIFY,
            shell::COMPLETIONS,
            shell::MAN,
            serving::HEALTH,
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
