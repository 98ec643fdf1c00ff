//! Where the configuration comes from: a file that is named, the environment, and overrides on the command line. No
//! file is read that was not named.

use std::path::PathBuf;

use foldmark_server::config::environment::{self, FILE_VARIABLE};
use foldmark_server::config::{self, ConfigError, Settings};

use crate::failure::Failure;

/// The arguments that every command has.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ConfigArgs {
    /// The configuration file [default: the one that FOLDMARK_CONFIG names, or none]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Override a key of the configuration, such as server.listen=0.0.0.0:8080; repeatable
    #[arg(long = "set", global = true, value_name = "KEY=VALUE", value_parser = parse_override)]
    pub(crate) overrides: Vec<(String, String)>,
}

impl ConfigArgs {
    /// The configuration of all places.
    pub(crate) fn load(&self) -> Result<Settings, Failure> {
        let environment = environment::read();
        let named = environment.get(FILE_VARIABLE).filter(|file| !file.is_empty()).map(PathBuf::from);
        let file = self.config.clone().or(named);
        config::load(file.as_deref(), &environment, &self.overrides).map_err(|error| wrong(&error))
    }

    /// The overrides alone, on top of `base`.
    pub(crate) fn load_overrides(&self, mut base: Vec<(String, String)>) -> Result<Settings, Failure> {
        base.retain(|(key, _)| self.overrides.iter().all(|(other, _)| other != key));
        base.extend_from_slice(&self.overrides);
        config::load(None, &Default::default(), &base).map_err(|error| wrong(&error))
    }

    /// Whether a file was named on the command line or in the environment.
    pub(crate) fn names_a_file(&self) -> bool {
        self.config.is_some() || environment::read().get(FILE_VARIABLE).is_some_and(|file| !file.is_empty())
    }
}

fn wrong(error: &ConfigError) -> Failure {
    Failure::usage(format!("the configuration is wrong\n  {}", error.problems().join("\n  ")))
}

fn parse_override(text: &str) -> Result<(String, String), &'static str> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("must be KEY=VALUE"),
    }
}
