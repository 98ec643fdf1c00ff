//! `foldmark serve`: the server, until it is told to stop.

use foldmark_server::Server;
use foldmark_server::clock::Clock;

use crate::failure::Failure;
use crate::settings::ConfigArgs;
use crate::signals::Signals;
use crate::{first_run, log, out, url};

pub(crate) async fn run(config: &ConfigArgs) -> Result<(), Failure> {
    let mut settings = config.load()?;
    log::start(&settings.log)?;
    let mut signals = Signals::new()?;
    let made = match settings.apps.is_empty() {
        true => Some(first_run::application(&settings).await?),
        false => None,
    };
    settings.apps.extend(made.clone());

    let server = Server::start(&settings, Clock::system()).await.map_err(Failure::failed)?;
    let urls = url::of_server(server.addresses());
    for url in &urls {
        tracing::info!(url, "listening");
    }
    if let Some(address) = server.addresses().admin {
        tracing::info!(%address, "the admin listener is open");
    }
    if let (Some(app), Some(url)) = (&made, urls.first()) {
        out::note(&first_run::notice(&settings, app, url));
    }

    signals.next().await;
    tracing::info!("stopping");
    stop(server, &mut signals).await
}

/// Lets calls under way finish. A second signal ends the waiting.
pub(crate) async fn stop(server: Server, signals: &mut Signals) -> Result<(), Failure> {
    tokio::select! {
        drained = server.stop() => {
            if !drained {
                tracing::warn!("some connections did not end in time");
            }
            Ok(())
        }
        () = signals.next() => Err(Failure::failed("stopped before all calls were finished")),
    }
}
