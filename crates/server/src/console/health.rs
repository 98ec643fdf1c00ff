//! How the server is: what `/healthz/ready` says, the store, the certificate, the audit log and the backups; a backup
//! and a reload on request.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;

use super::Console;
use super::frame::{self, Frame};
use super::guard::{Change, Operator};
use super::language::Language;
use super::numbers;
use crate::admin;
use crate::reload::Reloaded;

#[derive(Template)]
#[template(path = "console/health.html")]
struct Page {
    frame: Frame,
    checks: Vec<Check>,
    /// `None`: there is no folder for backups.
    shelf: Option<Shelf>,
    is_running: bool,
}

/// Something that is looked at.
struct Check {
    name: &'static str,
    state: Level,
    text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Good,
    /// Somebody should look after it.
    Warning,
    Bad,
    /// Neither good nor bad: it is not configured.
    Off,
}

/// The folder of backups.
struct Shelf {
    folder: String,
    every_hours: u64,
    keep: usize,
    failed: Option<String>,
    /// The newest first.
    backups: Vec<Backup>,
}

struct Backup {
    name: String,
    time: String,
    size: String,
}

impl Check {
    fn level(&self) -> &'static str {
        match self.state {
            Level::Good => "good",
            Level::Warning => "warning",
            Level::Bad => "bad",
            Level::Off => "off",
        }
    }

    fn state(&self, frame: &Frame) -> &'static str {
        frame.language.t(match self.state {
            Level::Good => "good",
            Level::Warning => "look after it",
            Level::Bad => "bad",
            Level::Off => "off",
        })
    }
}

/// Shows how the server is.
pub(super) async fn page(State(console): State<Arc<Console>>, operator: Operator) -> Response {
    let language = operator.language;
    let backups = &console.admin.backups;
    let status = backups.status();
    let shelf = backups.listed().await.map(|mut listed| {
        listed.backups.reverse();
        let failed = status.failed.as_ref().map(|failed| {
            language.fill("The backup of {} was not made: {}", &[&frame::time(failed.time), &failed.reason])
        });
        let shown = listed.backups.into_iter().map(|kept| Backup {
            name: kept.name,
            time: frame::time(kept.time),
            size: numbers::bytes(kept.bytes),
        });
        Shelf {
            folder: listed.folder,
            every_hours: listed.every.as_secs() / 3_600,
            keep: listed.keep,
            failed,
            backups: shown.collect(),
        }
    });
    let page = Page {
        checks: checks(&console, language).await,
        frame: Frame::of(&console, &operator, "health", language.t("Health")),
        shelf,
        is_running: status.running,
    };
    frame::render(StatusCode::OK, &page)
}

/// Begins a backup in the configured folder.
pub(super) async fn back_up(State(console): State<Arc<Console>>, change: Change) -> Response {
    let operator = &change.operator;
    let language = operator.language;
    let backups = &console.admin.backups;
    if !backups.has_folder() {
        console.tell(operator, false, language.t("There is no folder for backups: set backup.folder."));
    } else if backups.status().running {
        console.tell(operator, false, language.t("Another backup is being made."));
    } else {
        let making = Arc::clone(backups);
        // What becomes of it is in the log, and on this page.
        console.admin.tasks.start(async move { drop(making.keep().await) });
        console.tell(operator, true, language.t("The backup was begun. It is listed here when it is made."));
    }
    Redirect::to("/console/health").into_response()
}

/// Reads the configuration again.
pub(super) async fn reload(State(console): State<Arc<Console>>, change: Change) -> Response {
    let operator = &change.operator;
    let language = operator.language;
    match console.admin.reloader.reload() {
        Ok(Reloaded { apps, restart }) => {
            let mut text =
                language.fill("The configuration was reloaded; {} applications are served.", &[&apps]);
            if !restart.is_empty() {
                let keys = restart.join(", ");
                text.push(' ');
                text.push_str(&language.fill("These keys want a restart: {}", &[&keys]));
            }
            console.tell(operator, true, text);
        }
        Err(reason) => {
            let text =
                language.fill("The configuration was not reloaded, and the old one stays: {}", &[&reason]);
            console.tell(operator, false, text);
        }
    }
    Redirect::to("/console/health").into_response()
}

async fn checks(console: &Console, language: Language) -> Vec<Check> {
    let admin = &console.admin;
    let ready = match admin::readiness(admin).await {
        Ok(()) => (Level::Good, language.t("calls can be served").to_owned()),
        Err(reason) => (Level::Bad, reason),
    };
    vec![
        check(language.t("Ready"), ready),
        check(language.t("Store"), store(console, language)),
        check(language.t("Calls under way"), load(language, admin.gate.in_flight())),
        check(language.t("Connections"), load(language, (admin.places.taken(), admin.places.all))),
        check(language.t("Certificate"), certificate(console, language)),
        check(language.t("Audit log"), audit(console, language)),
        check(language.t("Backups"), backups(console, language)),
    ]
}

fn check(name: &'static str, (state, text): (Level, String)) -> Check {
    Check { name, state, text }
}

fn store(console: &Console, language: Language) -> (Level, String) {
    let measures = console.admin.gate.executor().store().measures();
    let kind = console.admin.store_kind;
    let (Some(used), Some(max)) = (measures.used_bytes, measures.map_bytes_max) else {
        return (Level::Good, kind.to_owned());
    };
    let percent = numbers::percent(used, max);
    let text = language
        .fill("{}: {} of {} used, {}", &[&kind, &numbers::bytes(used), &numbers::bytes(max), &percent]);
    // From 95 % on nothing can be added any more.
    let level = match used as f64 / max as f64 {
        0.95.. => Level::Bad,
        0.80.. => Level::Warning,
        _ => Level::Good,
    };
    (level, text)
}

/// Of places that calls or connections take.
fn load(language: Language, (taken, all): (usize, usize)) -> (Level, String) {
    let text = language.fill("{} of {}", &[&numbers::count(taken as u64), &numbers::count(all as u64)]);
    let level = match taken as f64 / all.max(1) as f64 {
        1.0.. => Level::Bad,
        0.8.. => Level::Warning,
        _ => Level::Good,
    };
    (level, text)
}

fn certificate(console: &Console, language: Language) -> (Level, String) {
    let Some(certificate) = &console.admin.certificate else {
        return (Level::Off, language.t("none is configured").to_owned());
    };
    let Some(expires) = certificate.expires() else {
        return (Level::Warning, language.t("it does not say when it expires").to_owned());
    };
    let days = (expires - console.clock.unix_seconds() as i64).div_euclid(86_400);
    let date = frame::time(expires.max(0) as u64);
    match days {
        ..0 => (Level::Bad, language.fill("it has expired, at {}", &[&date])),
        0..EXPIRY_DAYS => (Level::Warning, language.fill("it expires at {}, in {} days", &[&date, &days])),
        _ => (Level::Good, language.fill("it expires at {}, in {} days", &[&date, &days])),
    }
}

/// From how many days before its end a certificate wants to be renewed.
const EXPIRY_DAYS: i64 = 14;

fn audit(console: &Console, language: Language) -> (Level, String) {
    let Some(status) = console.admin.gate.executor().audit_status() else {
        return (Level::Off, language.t("none is configured").to_owned());
    };
    match (status.is_broken, status.refuses) {
        (false, _) => (Level::Good, language.t("it is written").to_owned()),
        (true, true) => {
            let text = "it cannot be written, and changes are refused until it can be";
            (Level::Bad, language.t(text).to_owned())
        }
        (true, false) => {
            let text = "it cannot be written; {} lines were lost since it could be";
            (Level::Bad, language.fill(text, &[&status.lost]))
        }
    }
}

fn backups(console: &Console, language: Language) -> (Level, String) {
    let backups = &console.admin.backups;
    if !backups.has_folder() {
        return (Level::Off, language.t("no folder is configured").to_owned());
    }
    let status = backups.status();
    let last = status.succeeded.as_ref().map(|kept| kept.time);
    let has_failed = status.failed.as_ref().is_some_and(|failed| last.is_none_or(|last| failed.time >= last));
    match last {
        Some(last) if has_failed => {
            (Level::Bad, language.fill("the last one failed; the newest is of {}", &[&frame::time(last)]))
        }
        Some(last) => (Level::Good, language.fill("the newest is of {}", &[&frame::time(last)])),
        None if has_failed => (Level::Bad, language.t("the last one failed, and there is none").to_owned()),
        None => (Level::Warning, language.t("there is none yet").to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_that_are_nearly_all_taken_want_to_be_looked_after() {
        let level = |taken| load(Language::English, (taken, 1_000)).0;
        assert_eq!(
            [0, 799, 800, 999, 1_000].map(level),
            [Level::Good, Level::Good, Level::Warning, Level::Warning, Level::Bad]
        );
        assert_eq!(load(Language::English, (3, 1_000)).1, "3 of 1,000");
    }
}
