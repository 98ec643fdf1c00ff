//! A server without a configured application: one is made, and whoever started the server is told how to call it.

use foldmark_client::CallName;
use foldmark_server::config::{AppSettings, Settings, StoreSettings};
use foldmark_server::first_run::{self, KEY_FILE};
use foldmark_server::open_store;

use crate::credentials::App;
use crate::curl::{self, ADMINISTRATOR};
use crate::examples;
use crate::failure::Failure;

/// The application to serve: with the key in the data folder, or with one that is kept nowhere. The servers of a
/// cluster must share their applications, so there none can be made.
pub(crate) async fn application(settings: &Settings) -> Result<AppSettings, Failure> {
    let embedded = match &settings.store {
        StoreSettings::Embedded(embedded) => embedded,
        StoreSettings::Memory => return Ok(first_run::passing_application()),
        StoreSettings::Cassandra(_) => {
            return Err(Failure::usage(
                "the configuration is wrong\n  apps: [[apps]] is required if store.kind is cassandra: all servers of a \
                 cluster must have the same applications and keys",
            ));
        }
    };
    if !embedded.path.join(KEY_FILE).exists() {
        // The store refuses a folder that holds files and no database, so it has to come first.
        open_store(&settings.store).await.map_err(Failure::failed)?.close().await;
    }
    first_run::application(&embedded.path).map_err(Failure::failed)
}

/// What to tell, once the server listens at `url`.
pub(crate) fn notice(settings: &Settings, app: &AppSettings, url: &str, console: Option<&str>) -> String {
    let key = match &settings.store {
        StoreSettings::Embedded(embedded) => format!("in {}", embedded.path.join(KEY_FILE).display()),
        _ => format!("{} (kept nowhere)", app.keys[0].expose()),
    };
    let app = App::from(app);
    let certificate = settings.server.tls.as_ref().map(|tls| tls.certificate.as_path());
    let call = CallName::AccountImport;
    let line = curl::line(url, &app, call, examples::body(call), certificate);
    let console = match (console, settings.admin_token_file()) {
        (Some(url), Some(file)) => format!("console     {url}   (token in {})\n", file.display()),
        _ => String::new(),
    };
    format!(
        "\nNo application is configured, so this server has made one.\n\n\
         address     {url}\n\
         sdkappid    {}\n\
         identifier  {ADMINISTRATOR}\n\
         key         {key}\n{console}\n\
         Try it:\n\n{line}\n",
        app.sdkappid,
    )
}
