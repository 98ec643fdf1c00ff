//! A server without a configured application makes one, so that it can be tried at once.

use std::path::Path;

use foldmark_core::subject::AppId;

use crate::config::{AppSettings, Secret};
use crate::random;
use crate::secret_file::{self, SecretFileError};

/// The number of the application that is made.
pub const SDKAPPID: u32 = 1_400_000_000;

/// The file in the data folder that holds the key of the application that is made.
pub const KEY_FILE: &str = "application.key";

/// The application with the key in `folder`, which is made, readable by its owner only, if it is not there.
pub fn application(folder: &Path) -> Result<AppSettings, SecretFileError> {
    let key = secret_file::read_or_make(&folder.join(KEY_FILE))?;
    Ok(AppSettings::new(app(), key))
}

/// The application with a key that is kept nowhere.
pub fn passing_application() -> AppSettings {
    AppSettings::new(app(), Secret::new(random::hex_key()))
}

fn app() -> AppId {
    AppId::new(SDKAPPID).expect("it is not zero")
}
