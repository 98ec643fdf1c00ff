//! The configuration: one TOML file, the environment and the command line, merged into [`Settings`].
//!
//! # Where values come from
//!
//! Every key has a default, unless it is required, and can be given in three places. The later one of this list wins:
//!
//! 1. the built-in default,
//! 2. the file,
//! 3. the environment,
//! 4. the command line.
//!
//! A value replaces that of the places before as a whole, a list too. Applications are told apart by their position,
//! from 0: `FOLDMARK_APPS_0_KEY` is the key of the file's first `[[apps]]`, and an application may come from the
//! environment alone.
//!
//! # Names
//!
//! The variable of a key is `FOLDMARK_` and the key in capitals, joined by underscores: `server.listen` is
//! `FOLDMARK_SERVER_LISTEN`, and `apps.0.limits.groups` is `FOLDMARK_APPS_0_LIMITS_GROUPS`. A list is given whole,
//! with commas (`FOLDMARK_SERVER_LISTEN=a:1,b:2`), or item by item (`FOLDMARK_SERVER_LISTEN_0=a:1`), where a comma
//! means itself. A secret may be held by a file, of which one line end is no part: `key_file` in place of `key`,
//! `FOLDMARK_APPS_0_KEY_FILE` in place of `FOLDMARK_APPS_0_KEY`. An empty variable counts as not set.
//!
//! Relative paths in the file start at the file's folder, all others at the working folder.
//!
//! # What is wrong
//!
//! Names that are not known, values of a wrong type or out of range, and values that do not go together are all
//! reported at once, each with its key and where it was given. The keys are those of one table, from which names,
//! variables, defaults, limits and the documentation are derived.

mod describe;
pub mod environment;
mod file;
mod names;
mod parse;
mod raw;
mod reference;
mod sample;
mod schema;
mod settings;
mod typed;
mod values;
mod webhook;

use std::collections::BTreeMap;
use std::path::Path;

use thiserror::Error;

pub(crate) use describe::differences;
pub use describe::{describe, describe_with_secrets};
pub use reference::{KeyReference, keys, reference};
pub use sample::sample;
pub use settings::{
    ADMIN_TOKEN_FILE, AdminSettings, AppSettings, AuditSettings, BackupSettings, CassandraSettings,
    ClientCertificateSettings, ClusterConsistency, ClusterTlsSettings, ClusterUser, ConsoleSettings,
    EmbeddedSettings, LogFormat, LogSettings, OnAuditError, ServerSettings, Settings, StoreSettings,
    TlsSettings, TraceSettings, VIEWER_TOKEN_FILE, WatchSettings,
};
pub use values::{Address, Secret};
pub use webhook::{WebhookSecret, WebhookSettings};

use names::Spelling;
use raw::Raw;

/// Everything that is wrong with a configuration, one problem a line.
#[derive(Clone, Debug, Error)]
#[error("{}", problems.join("\n"))]
pub struct ConfigError {
    problems: Vec<String>,
}

impl ConfigError {
    /// The problems, at least one. None holds a secret.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }
}

/// Loads the configuration from `file`, if there is one, from `environment`, whose variables are not all ours, and from
/// the command line's `overrides`: dotted keys such as `server.listen`, `server.listen.0` or `apps.0.key_file`, with
/// values as the environment has them. An override with an empty value sets an empty value.
pub fn load(
    file: Option<&Path>,
    environment: &BTreeMap<String, String>,
    overrides: &[(String, String)],
) -> Result<Settings, ConfigError> {
    let mut raw = Raw::default();
    let from_file = match file {
        Some(file) => file::layer(file, &mut raw),
        None => Some(Vec::new()),
    };
    let is_readable = from_file.is_some();
    raw.lay(from_file.unwrap_or_default());
    let from_environment = environment::layer(environment, &mut raw);
    raw.lay(from_environment);
    let overrides = overrides.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let from_command_line = raw.read_texts(overrides, Spelling::Dotted, |_| "command line".to_owned());
    raw.lay(from_command_line);
    if !is_readable {
        // What the file would have said is not known, so nothing can be called missing.
        return Err(ConfigError { problems: raw.problems });
    }
    raw.fill();
    let (settings, problems) = parse::parse(raw);
    if problems.is_empty() { Ok(settings) } else { Err(ConfigError { problems }) }
}

#[cfg(test)]
mod tests;
