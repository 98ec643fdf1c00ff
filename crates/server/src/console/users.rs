//! The users of an application, by what their ids begin with.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use foldmark_core::subject::SubjectKind;

use super::Console;
use super::fields::{Fields, query};
use super::frame::{self, Frame};
use super::guard::Operator;
use super::listing::{self, Listed};
use crate::directory::{Entry, Facts};

#[derive(Template)]
#[template(path = "console/users.html")]
struct Page {
    frame: Frame,
    app: u32,
    listed: Listed,
    rows: Vec<Row>,
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
    let Some(found) = console.admin.gate.app(app) else {
        return frame::not_found_app(&console, &operator, app);
    };
    let (listed, entries) = listing::list(&console, &found, SubjectKind::User, &asked).await;
    let title = operator.language.t("Users");
    let rows = entries.into_iter().map(|entry| row(entry, &operator)).collect();
    let frame = Frame::of(&console, &operator, "users", title).about(app);
    let (status, page) = (listed.status, Page { frame, app, listed, rows });
    frame::render(status, &page)
}

fn row(entry: Entry, operator: &Operator) -> Row {
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
