//! `foldmark serve`: the server, until it is told to stop.

use foldmark_server::clock::Clock;
use foldmark_server::config::AppSettings;
use foldmark_server::{Beside, Loader, Server};

use crate::failure::Failure;
use crate::log::LogFilter;
use crate::settings::ConfigArgs;
use crate::signals::{Hangups, Signals};
use crate::{first_run, log, out, systemd, trace, url};

pub(crate) async fn run(config: &ConfigArgs) -> Result<(), Failure> {
    let mut settings = config.load()?;
    let mut traces = trace::start(&settings.trace)?;
    let filter = log::start(&settings.log, traces.layer.take())?;
    let (mut signals, mut hangups) = (Signals::new()?, Hangups::new()?);
    let inherited = systemd::listeners(&settings)?;
    let made = match settings.apps.is_empty() {
        true => Some(first_run::application(&settings).await?),
        false => None,
    };
    settings.apps.extend(made.clone());

    let loader = Some(loader(config.clone(), made.clone(), filter));
    let beside = Beside { loader, inherited, span_parent: traces.parent.take(), ..Beside::default() };
    let started = Box::pin(Server::start_beside(&settings, Clock::system(), beside)).await;
    let server = started.map_err(Failure::failed)?;
    let urls = url::of_server(server.addresses());
    for url in &urls {
        tracing::info!(url, "listening");
    }
    if let Some(address) = server.addresses().admin {
        tracing::info!(%address, "the admin listener is open");
    }
    let console = url::of_console(&settings, server.addresses());
    match &console {
        Some(url) => tracing::info!(url, "the console is open"),
        None if settings.console.is_some() && server.addresses().admin.is_some() => tracing::info!(
            "the console is not served, because others could read tokens on the way: see admin.tls and console.plain_http"
        ),
        None => {}
    }
    if let (Some(app), Some(url)) = (&made, urls.first()) {
        out::note(&first_run::notice(&settings, app, url, console.as_deref()));
    }
    systemd::ready();

    serve(&server, &mut signals, &mut hangups).await;
    tracing::info!("stopping");
    systemd::stopping();
    tokio::select! {
        () = server.leave() => {}
        () = signals.next() => {}
    }
    stop(server, &mut signals).await?;
    traces.end();
    Ok(())
}

/// Until a signal comes that stops.
async fn serve(server: &Server, signals: &mut Signals, hangups: &mut Hangups) {
    let watchdog = systemd::watchdog();
    let sleep = || async {
        match watchdog {
            Some(every) => tokio::time::sleep(every).await,
            None => std::future::pending().await,
        }
    };
    loop {
        tokio::select! {
            () = signals.next() => return,
            () = hangups.next() => {
                systemd::reloading();
                // What is wrong is logged; the old configuration stays.
                let _ = server.reload();
                systemd::ready();
            }
            () = sleep() => systemd::alive(),
        }
    }
}

/// Reads the configuration from where it was read at first.
fn loader(config: ConfigArgs, made: Option<AppSettings>, filter: LogFilter) -> Loader {
    Box::new(move || {
        let mut settings = config.load().map_err(|failure| failure.to_string())?;
        if settings.apps.is_empty() {
            let made = made.clone().ok_or("no application is configured any more")?;
            settings.apps.push(made);
        }
        filter.change(&settings.log).map_err(|failure| failure.to_string())?;
        Ok(settings)
    })
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
