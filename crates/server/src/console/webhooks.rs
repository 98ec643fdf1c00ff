//! The webhooks of an application: where its receiver is and how it does, and the dead letters, which can be told again
//! or forgotten.
//!
//! What was left when there was a receiver is shown without one, too.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use foldmark_core::subject::AppId;
use foldmark_store::{StoreError, WalkFrom};
use http::StatusCode;

use super::Console;
use super::about::{AppForm, AppPage};
use super::fields::{Fields, query};
use super::frame::{self, Frame};
use super::guard;
use super::language::Language;
use super::numbers;
use crate::execute::ExecuteError;
use crate::limits;
use crate::request_id;
use crate::webhooks::{self, Act, By, DeadLetter, DeadLetters, Status};

#[derive(Template)]
#[template(path = "console/webhooks.html")]
struct Page {
    frame: Frame,
    app: u32,
    /// `None`: nobody is told.
    receiver: Option<Receiver>,
    rows: Vec<Row>,
    /// The query of the next page.
    next: Option<String>,
    /// Why there are no rows.
    wrong: Option<String>,
}

/// Whom changes are told, and how that goes.
struct Receiver {
    /// Without its query, which may hold a secret.
    url: String,
    level: &'static str,
    state: String,
    delivers: &'static str,
    waiting: String,
    delivered: String,
    failed: String,
    given_up: String,
    last_delivery: Option<String>,
    last_failure: Option<(String, String)>,
}

/// A dead letter.
struct Row {
    user: String,
    /// The query of the user's page.
    query: String,
    since: u64,
    up_to: u64,
    time: String,
    note: String,
}

pub(super) async fn page(
    State(console): State<Arc<Console>>,
    AppPage { operator, app }: AppPage,
    asked: Fields,
) -> Response {
    let (hooks, id, language) = (&console.admin.webhooks, app.id, operator.language);
    let found = hooks.apps().find(|(found, _)| *found == id);
    let receiver = found.map(|(_, url)| receiver(language, &url, hooks.status(id)));
    let cursor = Some(asked.get("cursor")).filter(|cursor| !cursor.is_empty());
    let mut page = Page {
        frame: Frame::of(&console, &operator, "webhooks", language.t("Webhooks")).about(id.get()),
        app: id.get(),
        receiver,
        rows: Vec::new(),
        next: None,
        wrong: None,
    };
    let Some(from) = webhooks::from_cursor(cursor) else {
        page.wrong = Some(language.t("This page is not one that this server has led to.").to_owned());
        return frame::render(StatusCode::BAD_REQUEST, &page);
    };
    let status = match letters(&console, id, from).await {
        Ok(letters) => {
            page.next = letters.cursor().map(|cursor| query(&[("cursor", &cursor)]));
            page.rows = letters.letters.into_iter().map(row).collect();
            StatusCode::OK
        }
        Err(error) => {
            page.wrong = Some(error.to_string());
            StatusCode::SERVICE_UNAVAILABLE
        }
    };
    frame::render(status, &page)
}

/// Has the dead letter of one user, or all of them, told again or forgotten.
pub(super) async fn change(State(console): State<Arc<Console>>, form: AppForm) -> Response {
    let AppForm { operator, app, fields, headers } = form;
    let language = operator.language;
    let act = match fields.get("do") {
        "again" => Some(Act::TellAgain),
        "forget" => Some(Act::Forget),
        _ => None,
    };
    // Nothing is meant by a form without a user but what says so.
    let whom = match (fields.get("of"), fields.get("user")) {
        ("all", _) => Some(None),
        (_, "") => None,
        (_, user) => Some(Some(user)),
    };
    match act.zip(whom) {
        Some((act, user)) => {
            let by = By {
                address: operator.address,
                console: Some(operator.role),
                request_id: request_id::given(&headers),
            };
            let done = console.admin.webhooks.act(app.id, user, act, by).await;
            let (is_good, text) = told(language, act, user, done);
            console.tell(&operator, is_good, text);
        }
        None => console.tell(&operator, false, language.t("This form does not say what to do with whom.")),
    }
    // A later page may be gone with what was on it.
    let own = format!("/console/apps/{}/webhooks", app.id);
    let back = guard::back_within(&headers, &own).filter(|_| fields.get("of") != "all");
    Redirect::to(&back.unwrap_or(own)).into_response()
}

/// What became of it.
fn told(language: Language, act: Act, user: Option<&str>, done: Result<u64, ExecuteError>) -> (bool, String) {
    match (done, user, act) {
        (Err(error), ..) => (false, error.to_string()),
        (Ok(0), ..) => (false, language.t("There is no such dead letter any more.").to_owned()),
        (Ok(_), Some(user), Act::TellAgain) => {
            (true, language.fill("What changed of user {} is told again.", &[&user]))
        }
        (Ok(_), Some(user), Act::Forget) => {
            (true, language.fill("The dead letter of user {} was forgotten.", &[&user]))
        }
        (Ok(count), None, Act::TellAgain) => {
            (true, language.fill("{} dead letters are told again.", &[&numbers::count(count)]))
        }
        (Ok(count), None, Act::Forget) => {
            (true, language.fill("{} dead letters were forgotten.", &[&numbers::count(count)]))
        }
    }
}

/// The next dead letters from here on. Among many users who wait there may be none on a page of the store, so that more
/// of these are read, but not without end.
async fn letters(console: &Console, app: AppId, mut from: WalkFrom) -> Result<DeadLetters, StoreError> {
    let mut read = 1;
    loop {
        let page = console.admin.webhooks.dead_letters(app, &from, limits::CONSOLE_ROWS).await?;
        match &page.next {
            Some(next) if page.letters.is_empty() && read < limits::WEBHOOK_LOOK_PAGES => from = next.clone(),
            _ => return Ok(page),
        }
        read += 1;
    }
}

fn receiver(language: Language, url: &str, status: Status) -> Receiver {
    let (level, state) = match (status.failing_since, status.last_delivery) {
        (Some(since), _) => ("bad", language.fill("it takes nothing since {}", &[&frame::time(since)])),
        (None, None) => ("off", language.t("nothing was delivered yet").to_owned()),
        (None, Some(_)) => ("good", language.t("it takes what it is told").to_owned()),
    };
    let delivers = match status.leads {
        true => language.t("this server"),
        false => language.t("not this server; another one of its cluster may"),
    };
    Receiver {
        url: url.split('?').next().unwrap_or_default().to_owned(),
        level,
        state,
        delivers,
        waiting: numbers::count(status.waiting as u64),
        delivered: numbers::count(status.delivered),
        failed: numbers::count(status.failed),
        given_up: numbers::count(status.given_up),
        last_delivery: status.last_delivery.map(frame::time),
        last_failure: status.last_failure.map(|(time, note)| (frame::time(time), note)),
    }
}

fn row(letter: DeadLetter) -> Row {
    Row {
        query: query(&[("id", &letter.user)]),
        user: letter.user,
        since: letter.first.get() - 1,
        up_to: letter.last.get(),
        time: frame::time(letter.time),
        note: letter.note,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_not_shown() {
        let shown = |url| receiver(Language::English, url, Status::default()).url;
        assert_eq!(shown("https://a.example/b?token=c"), "https://a.example/b");
        assert_eq!(shown("https://a.example/b"), "https://a.example/b");
    }

    #[test]
    fn a_receiver_that_takes_nothing_is_bad_whatever_it_took_before() {
        let level = |failing_since, last_delivery| {
            let mut status = Status::default();
            (status.failing_since, status.last_delivery) = (failing_since, last_delivery);
            receiver(Language::English, "", status).level
        };
        assert_eq!(
            [level(None, None), level(None, Some(1)), level(Some(2), Some(1)), level(Some(1), None)],
            ["off", "good", "bad", "bad"]
        );
    }
}
