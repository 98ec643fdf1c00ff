//! Which application a command acts for, and with which key.

use std::fs;
use std::path::{Path, PathBuf};

use foldmark_server::config::{AppSettings, Secret, Settings, StoreSettings};
use foldmark_server::first_run::{KEY_FILE, SDKAPPID};

use crate::failure::Failure;
use crate::settings::ConfigArgs;

/// The arguments that name an application.
#[derive(Debug, clap::Args)]
pub(crate) struct AppArgs {
    /// The application [default: the first of the configuration]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) sdkappid: Option<u32>,
    /// The application's key; others on this machine can see it, so better use --key-file
    #[arg(long, value_name = "KEY", conflicts_with = "key_file", allow_hyphen_values = true)]
    key: Option<String>,
    /// A file with the application's key
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

/// An application and its key.
pub(crate) struct App {
    pub(crate) sdkappid: u32,
    pub(crate) key: Secret,
}

impl From<&AppSettings> for App {
    fn from(app: &AppSettings) -> App {
        App { sdkappid: app.app.get(), key: app.keys[0].clone() }
    }
}

impl AppArgs {
    /// The application: as named here, completed from the configuration.
    pub(crate) fn resolve(&self, config: &ConfigArgs) -> Result<App, Failure> {
        let key = self.key()?;
        if let (Some(sdkappid), Some(key)) = (self.sdkappid, &key) {
            return Ok(App { sdkappid, key: key.clone() });
        }
        let configured = configured(&config.load()?, self.sdkappid)?;
        match (key, configured) {
            (Some(key), Some(app)) => Ok(App { sdkappid: app.sdkappid, key }),
            (None, Some(app)) => Ok(app),
            (Some(_), None) => {
                Err(Failure::usage("which application? Give --sdkappid, or a --config that has one"))
            }
            (None, None) => Err(Failure::usage(
                "no key: give --key-file, or a --config with the application, or run where a server keeps its data",
            )),
        }
    }

    /// The key that is named here.
    pub(crate) fn key(&self) -> Result<Option<Secret>, Failure> {
        let text = match (&self.key, &self.key_file) {
            (Some(key), _) => key.clone(),
            (None, Some(file)) => return read_key(file).map(Some),
            (None, None) => return Ok(None),
        };
        let secret = Secret::parse(&text).map_err(|reason| Failure::usage(format!("the key {reason}")))?;
        Ok(Some(secret))
    }
}

/// The key in a file that an argument names.
pub(crate) fn read_key(file: &Path) -> Result<Secret, Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::usage(format!("{}: {error}", file.display()));
    let text = fs::read_to_string(file).map_err(|error| failed(&error))?;
    let key = Secret::parse(text.trim_end_matches(['\r', '\n']));
    key.map_err(|reason| failed(&format!("the key {reason}")))
}

/// The certificates in a file that an argument names, if it does.
pub(crate) fn read_certificates(file: Option<&Path>) -> Result<Option<Vec<u8>>, Failure> {
    let Some(file) = file else { return Ok(None) };
    let read = fs::read(file);
    read.map(Some).map_err(|error| Failure::usage(format!("{}: {error}", file.display())))
}

/// The configured application with this number, or the first one; without any, the one that a server has made itself.
pub(crate) fn configured(settings: &Settings, sdkappid: Option<u32>) -> Result<Option<App>, Failure> {
    let wanted = |number: u32| sdkappid.is_none_or(|sdkappid| sdkappid == number);
    if !settings.apps.is_empty() {
        let found = settings.apps.iter().find(|app| wanted(app.app.get()));
        return Ok(found.map(App::from));
    }
    let StoreSettings::Embedded(store) = &settings.store else {
        return Ok(None);
    };
    let file = store.path.join(KEY_FILE);
    if !wanted(SDKAPPID) || !file.exists() {
        return Ok(None);
    }
    let read = fs::read_to_string(&file);
    let text = read.map_err(|error| Failure::failed(format!("{}: {error}", file.display())))?;
    let key = Secret::parse(text.trim());
    let key = key.map_err(|reason| Failure::failed(format!("{}: the key {reason}", file.display())))?;
    Ok(Some(App { sdkappid: SDKAPPID, key }))
}
