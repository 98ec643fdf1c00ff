//! The users of an application, by what their ids begin with.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use foldmark_core::subject::SubjectKind;
use http::StatusCode;

use super::Console;
use super::fields::{Fields, query};
use super::frame::{self, Frame};
use super::guard::Operator;
use crate::directory::{self, Facts, Search};
use crate::limits;

#[derive(Template)]
#[template(path = "console/users.html")]
struct Page {
    frame: Frame,
    app: u32,
    prefix: String,
    /// Whether the store can look for what ids begin with.
    by_prefix: bool,
    rows: Vec<Row>,
    /// The query of the next page.
    next: Option<String>,
    /// Why there are no rows.
    wrong: Option<String>,
}

struct Row {
    id: String,
    /// The query of the user's page.
    query: String,
    nick: String,
    imported: bool,
    groups: usize,
    records: u32,
    revision: u64,
}

pub(super) async fn page(
    State(console): State<Arc<Console>>,
    operator: Operator,
    Path(app): Path<u32>,
    RawQuery(asked): RawQuery,
) -> Response {
    let asked = Fields::parse(asked.unwrap_or_default().as_bytes());
    let gate = &console.admin.gate;
    let Some(found) = gate.app(app) else {
        return frame::not_found_app(&console, &operator, app);
    };
    let prefix = asked.get("prefix").to_owned();
    let cursor = Some(asked.get("cursor")).filter(|cursor| !cursor.is_empty());
    let listing =
        directory::page(gate, found.id, SubjectKind::User, &prefix, cursor, limits::CONSOLE_ROWS).await;
    let title = operator.language.t("Users");
    let mut page = Page {
        frame: Frame::of(&console, &operator, "users", title).about(app),
        app,
        by_prefix: directory::search(gate) == Search::Prefix,
        rows: Vec::new(),
        next: None,
        wrong: None,
        prefix,
    };
    let status = match listing {
        Ok(listing) => {
            let next = listing.next.as_deref();
            page.next = next.map(|cursor| query(&[("prefix", &page.prefix), ("cursor", cursor)]));
            page.rows = listing.entries.into_iter().map(|entry| row(entry, &operator)).collect();
            StatusCode::OK
        }
        Err(error) => {
            page.wrong = Some(error.to_string());
            error.status()
        }
    };
    frame::render(status, &page)
}

fn row(entry: directory::Entry, operator: &Operator) -> Row {
    let query = query(&[("id", &entry.id)]);
    let mut row = Row {
        id: entry.id,
        query,
        nick: String::new(),
        imported: false,
        groups: 0,
        records: 0,
        revision: entry.revision.get(),
    };
    match entry.facts {
        Facts::User { imported, nick, groups, records, .. } => {
            (row.imported, row.nick, row.groups, row.records) = (imported, nick, groups, records);
        }
        Facts::Damaged(why) => row.nick = format!("{}: {why}", operator.language.t("damaged")),
        Facts::ChatGroup { .. } => {}
    }
    row
}
