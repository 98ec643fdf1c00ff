//! The page of one user: profile, folders, conversations, and the forms that change them.

mod change;
mod filter;
mod sheet;

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use foldmark_core::subject::UserId;
use http::StatusCode;

use super::Console;
use super::about::{AppForm, AppPage};
use super::fields::{Fields, query};
use super::frame::{self, Frame};
use super::guard;
use super::language::Language;
use crate::apps::App;
use crate::limits;
use filter::Filter;
use sheet::{Bit, Row, Sheet};

#[derive(Template)]
#[template(path = "console/user.html")]
struct Page<'a> {
    frame: Frame,
    app: u32,
    sheet: &'a Sheet,
    filter: Filter,
    bits: Vec<Bit>,
    /// Those of this page.
    rows: Vec<&'a Row>,
    /// How many the filter lets through.
    found: usize,
    first: usize,
    /// The queries of the pages before and after.
    before: Option<String>,
    after: Option<String>,
    limits: foldmark_core::policy::Limits,
}

impl Page<'_> {
    /// Which of those that were found these are.
    fn range(&self) -> String {
        let last = self.first + self.rows.len().saturating_sub(1);
        self.frame.language.fill("{} to {} of {}", &[&self.first, &last, &self.found])
    }

    /// The query by which the page for watching watches the user.
    fn watch_query(&self) -> String {
        query(&[("user", &self.sheet.id)])
    }

    /// The query that shows the conversations of a group alone.
    fn group_query(&self, name: &str) -> String {
        query(&[("id", &self.sheet.id), ("group", name)])
    }
}

/// Shows a user.
pub(super) async fn page(
    State(console): State<Arc<Console>>,
    AppPage { operator, app }: AppPage,
    asked: Fields,
) -> Response {
    let language = operator.language;
    let id = asked.get("id");
    let sheet = match read(&console, &app, id, language).await {
        Ok(sheet) => sheet,
        Err(response) => return *response,
    };
    let filter = Filter::of(&asked);
    let found: Vec<&Row> = sheet.rows.iter().filter(|row| filter.admits(row)).collect();
    let pages = found.len().div_ceil(limits::CONSOLE_ROWS).max(1);
    let page = asked.number::<usize>("page").unwrap_or(1).clamp(1, pages);
    let start = (page - 1) * limits::CONSOLE_ROWS;
    let mut rows: Vec<Row> =
        found.iter().skip(start).take(limits::CONSOLE_ROWS).map(|row| (*row).clone()).collect();
    if let Err(error) = sheet::find_disbanded(&console, &app, &mut rows).await {
        tracing::warn!(%error, "it is not known which chat groups are disbanded");
    }
    let to = |page: usize| filter.query(&sheet.id, page);
    let number = app.id.get();
    let html = Page {
        frame: Frame::of(&console, &operator, "users", sheet.id.clone()).about(number),
        app: number,
        bits: sheet::bits(language, &app),
        rows: rows.iter().collect(),
        found: found.len(),
        first: start + 1,
        before: (page > 1).then(|| to(page - 1)),
        after: (page < pages).then(|| to(page + 1)),
        limits: app.policy.limits,
        filter,
        sheet: &sheet,
    };
    frame::render(StatusCode::OK, &html)
}

/// Changes a user, and shows him again.
pub(super) async fn change(State(console): State<Arc<Console>>, form: AppForm) -> Response {
    let AppForm { operator, app, fields, headers } = form;
    let id = fields.get("id");
    let sheet = match read(&console, &app, id, operator.language).await {
        Ok(sheet) => sheet,
        Err(response) => return *response,
    };
    match change::plan(&sheet, &fields, operator.language) {
        Ok(plan) => {
            console.carry_out(&operator, &app, &plan.steps, &plan.done, plan.undo).await;
        }
        Err(why) => console.tell(&operator, false, why),
    }
    let own = format!("/console/apps/{}/user?", app.id);
    let back = guard::back_within(&headers, &own);
    Redirect::to(&back.unwrap_or_else(|| own + &query(&[("id", id)]))).into_response()
}

/// The user of this id, or the page that says why there is none.
async fn read(console: &Console, app: &App, id: &str, language: Language) -> Result<Sheet, Box<Response>> {
    let nothing = |status, text: &str| Box::new(frame::error(status, language, text));
    let user = UserId::parse(id).map_err(|error| {
        let text = language.fill("This is no user id: it {}.", &[&error]);
        nothing(StatusCode::NOT_FOUND, &text)
    })?;
    match sheet::read(console, app, user).await {
        Ok(Some(sheet)) => Ok(sheet),
        Ok(None) => {
            let text = language.fill("Application {} has no user {}.", &[&app.id, &id]);
            Err(nothing(StatusCode::NOT_FOUND, &text))
        }
        Err(error) => {
            tracing::error!(%error, "a user could not be read for the console");
            Err(nothing(StatusCode::SERVICE_UNAVAILABLE, &error.to_string()))
        }
    }
}
