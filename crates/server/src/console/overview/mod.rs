//! The overview: what this server does now and did in the last hour, of each application and of the store, and how
//! much the applications keep.
//!
//! All of it is read from memory; looking starts at most a count beside the calls, of what the applications keep.

mod application;
mod hour;
mod server;

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use foldmark_core::subject::AppId;
use http::StatusCode;

use super::Console;
use super::fields::Fields;
use super::frame::{self, Frame};
use super::guard::Operator;
use super::language::Language;
use super::numbers;
use crate::figures::{AppSample, Counted, TotalsNow};
use crate::limits;
use application::Application;
use server::Server;

#[derive(Template)]
#[template(path = "console/overview.html")]
struct Page {
    frame: Frame,
    rows: Vec<Row>,
    /// The application whose hour is shown.
    application: Option<Application>,
    server: Server,
    /// How often the page is made again, in seconds.
    every: u64,
}

/// An application in the list of all.
struct Row {
    app: u32,
    is_chosen: bool,
    per_second: String,
    refused: String,
    p50: String,
    p95: String,
    p99: String,
    totals: Kept,
}

/// What an application keeps, for people.
struct Kept {
    users: String,
    chat_groups: String,
    groups: String,
    records: String,
    /// When that was counted, and whether to the end.
    as_of: String,
}

/// Shows the overview.
pub(super) async fn page(State(console): State<Arc<Console>>, operator: Operator, asked: Fields) -> Response {
    let language = operator.language;
    let live = console.admin.gate.live();
    let apps: Vec<AppId> = live.apps.ids();
    let asked_for = asked.number::<u32>("app").and_then(|number| live.apps.get(number));
    let chosen = asked_for.map(|app| app.id).or_else(|| apps.first().copied());
    let rows = apps.iter().map(|app| {
        let is_chosen = chosen == Some(*app);
        let look = is_chosen || apps.len() <= limits::OVERVIEW_COUNTS;
        row(&console, language, *app, is_chosen, look)
    });
    let frame = Frame::of(&console, &operator, "overview", language.t("Overview"));
    let page = Page {
        frame: match chosen {
            Some(app) => frame.about(app.get()),
            None => frame,
        },
        rows: rows.collect(),
        application: chosen.and_then(|app| Application::of(&console, language, app)),
        server: Server::of(&console, language),
        every: limits::HISTORY_PERIOD.as_secs(),
    };
    frame::render(StatusCode::OK, &page)
}

fn row(console: &Console, language: Language, app: AppId, is_chosen: bool, look: bool) -> Row {
    let samples = console.admin.history.app(app);
    let latest = samples.last().filter(|(time, _)| time.is_now());
    let nothing = || "–".to_owned();
    let time = |pick: fn(&AppSample) -> Option<u64>| {
        latest.and_then(|(_, sample)| pick(sample)).map_or_else(nothing, numbers::duration)
    };
    let (mut calls, mut succeeded) = (0, 0);
    for (_, sample) in &samples {
        calls += sample.calls;
        succeeded += sample.succeeded();
    }
    let totals = if look { console.admin.totals.look(app) } else { console.admin.totals.known(app) };
    Row {
        app: app.get(),
        is_chosen,
        per_second: latest
            .map_or_else(nothing, |(time, sample)| numbers::measured(sample.calls as f64 / time.seconds)),
        refused: numbers::percent(calls - succeeded, calls),
        p50: time(|sample| sample.p50),
        p95: time(|sample| sample.p95),
        p99: time(|sample| sample.p99),
        totals: Kept::of(language, &totals),
    }
}

impl Kept {
    fn of(language: Language, totals: &TotalsNow) -> Kept {
        let shown = totals.last.as_ref().or(totals.running.as_ref());
        let number = |pick: fn(&Counted) -> u64| {
            shown.map_or_else(|| "–".to_owned(), |counted| numbers::count(pick(counted)))
        };
        let mut as_of = match shown {
            Some(counted) if counted.complete.is_some() => frame::time(counted.begun),
            Some(_) => language.t("being counted, so far").to_owned(),
            None => language.t("not counted yet").to_owned(),
        };
        if let Some((time, reason)) = &totals.failed {
            let failed = language.fill("could not be counted at {}: {}", &[&frame::time(*time), reason]);
            as_of = format!("{as_of}; {failed}");
        }
        Kept {
            users: number(|counted| counted.users),
            chat_groups: number(|counted| counted.chat_groups),
            groups: number(|counted| counted.groups),
            records: number(|counted| counted.records),
            as_of,
        }
    }
}
