//! The binary `foldmark`: the server, and tools around it.
//!
//! Results go to stdout; logs, notices and errors to stderr. The exit status is 0 for success, 1 for a failure or a
//! refusal, 2 for a wrong command line or configuration, and 3 if `call` reached no server that it could understand.

mod admin_token;
mod args;
mod audit;
mod backup;
mod bench;
mod call;
mod check_config;
mod completions;
mod credentials;
mod curl;
mod demo;
mod dev;
mod examples;
mod failure;
mod first_run;
mod health;
mod log;
mod man;
mod migrate;
mod operators;
mod out;
mod pinned;
mod progress;
mod reload;
mod serve;
mod settings;
mod signals;
mod store;
mod systemd;
mod trace;
mod transfer;
mod url;
mod usersig;
mod verify;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};
use failure::Failure;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match run(Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            out::note(&format!("foldmark: {failure}"));
            failure.exit_code()
        }
    }
}

fn run(args: Args) -> Result<(), Failure> {
    match args.command {
        Command::Serve => runtime()?.block_on(serve::run(&args.config)),
        Command::Demo(demo) => runtime()?.block_on(demo::run(&demo, &args.config)),
        Command::AdminToken(token) => runtime()?.block_on(admin_token::run(&token, &args.config)),
        Command::Reload => runtime()?.block_on(reload::run(&args.config)),
        Command::Dev(dev) => runtime()?.block_on(dev::run(&dev, &args.config)),
        Command::Usersig(usersig) => usersig::run(&usersig, &args.config),
        Command::CheckConfig => check_config::run(&args.config),
        Command::Bench(bench) => bench::run(&bench, &args.config),
        Command::Call(call) => runtime()?.block_on(call::run(&call, &args.config)),
        Command::Store(store) => runtime()?.block_on(store::run(&store, &args.config)),
        Command::Export(export) => runtime()?.block_on(transfer::export::run(&export, &args.config)),
        Command::Import(import) => runtime()?.block_on(transfer::import::run(&import, &args.config)),
        Command::Backup(backup) => runtime()?.block_on(backup::make::run(&backup, &args.config)),
        Command::Restore(restore) => runtime()?.block_on(backup::restore::run(&restore, &args.config)),
        Command::Migrate(migrate) => runtime()?.block_on(migrate::run(&migrate, &args.config)),
        Command::Audit(audit) => audit::run(&audit, &args.config),
        Command::Verify(verify) => verify::run(&verify, &args.config),
        Command::VerifyWalk(walk) => verify::walk::run(&walk),
        Command::Completions(completions) => completions::run(&completions),
        Command::Man(man) => man::run(&man),
        Command::Health(health) => runtime()?.block_on(health::run(&health, &args.config)),
    }
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let built = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    built.map_err(|error| Failure::failed(format!("the runtime cannot be started: {error}")))
}
