//! The users of an application, by what their ids begin with.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use foldmark_core::subject::SubjectKind;

use super::Console;
use super::about::AppPage;
use super::fields::{Fields, query};
use super::frame::{self, Frame};
use super::language::Language;
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
    AppPage { operator, app }: AppPage,
    asked: Fields,
) -> Response {
    let (kind, language) = (SubjectKind::User, operator.language);
    let (listed, entries) = listing::list(&console, &app, kind, &asked, language).await;
    let title = language.t("Users");
    let rows = entries.into_iter().map(|entry| row(entry, language)).collect();
    let app = app.id.get();
    let frame = Frame::of(&console, &operator, "users", title).about(app);
    let (status, page) = (listed.status, Page { frame, app, listed, rows });
    frame::render(status, &page)
}

fn row(entry: Entry, language: Language) -> Row {
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
        Facts::Damaged(why) => row.nick = format!("{}: {why}", language.t("damaged")),
        Facts::ChatGroup { .. } => {}
    }
    row
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    #[test]
    fn an_empty_page_with_more_behind_it_is_not_the_end() {
        let listed = Listed {
            prefix: String::new(),
            by_prefix: false,
            next: Some("cursor=x".to_owned()),
            wrong: None,
            status: StatusCode::OK,
        };
        let frame = Frame::outside(Language::English, "Users");
        let mut page = Page { frame, app: 7, listed, rows: Vec::new() };
        let html = page.render().unwrap();
        assert!(html.contains("there is more to look through"), "{html}");
        assert!(html.contains("href=\"?cursor=x\""), "{html}");

        page.listed.next = None;
        let html = page.render().unwrap();
        assert!(html.contains("There are no users yet.") && !html.contains("rel=\"next\""), "{html}");
    }
}
