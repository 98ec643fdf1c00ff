//! What all pages have around them, and how a page becomes an answer.

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use http::{HeaderMap, StatusCode};

use super::Console;
use super::assets;
use super::guard::Operator;
use super::language::Language;
use super::session::Note;
use crate::tokens::Role;
use crate::utc;

/// What stands around a page.
pub(super) struct Frame {
    pub(super) language: Language,
    /// Of the page, in the operator's language.
    pub(super) title: String,
    /// Which entry of the navigation this is; empty if it is none.
    pub(super) here: &'static str,
    /// `None`: nobody is signed in.
    pub(super) signed_in: Option<SignedIn>,
    /// The applications that there are.
    pub(super) apps: Vec<u32>,
    /// The one that the page is about.
    pub(super) app: Option<u32>,
    /// What happened.
    pub(super) notes: Vec<Note>,
}

/// Who looks at the page.
pub(super) struct SignedIn {
    pub(super) role: Role,
    pub(super) csrf: String,
}

#[derive(Template)]
#[template(path = "console/error.html")]
struct ErrorPage<'a> {
    frame: Frame,
    text: &'a str,
}

impl Frame {
    /// Around a page that somebody who is signed in looks at. What there is to tell him is told on it.
    pub(super) fn of(
        console: &Console,
        operator: &Operator,
        here: &'static str,
        title: impl Into<String>,
    ) -> Frame {
        let notes = match operator.is_refresh {
            // Nobody would see them.
            true => None,
            false => console
                .sessions
                .with(&operator.cookie, &console.admin.tokens, |session| std::mem::take(&mut session.notes)),
        };
        let apps = console.admin.gate.live().apps.ids();
        Frame {
            language: operator.language,
            title: title.into(),
            here,
            signed_in: Some(SignedIn { role: operator.role, csrf: operator.csrf.clone() }),
            apps: apps.into_iter().map(|app| app.get()).collect(),
            app: None,
            notes: notes.unwrap_or_default(),
        }
    }

    /// Around a page about one application.
    pub(super) fn about(self, app: u32) -> Frame {
        Frame { app: Some(app), ..self }
    }

    /// Around a page for those who are not signed in.
    pub(super) fn outside(language: Language, title: &str) -> Frame {
        Frame {
            language,
            title: title.to_owned(),
            here: "",
            signed_in: None,
            apps: Vec::new(),
            app: None,
            notes: Vec::new(),
        }
    }

    /// An English text in the operator's language.
    pub(super) fn t(&self, english: &'static str) -> &'static str {
        self.language.t(english)
    }

    /// Whether who looks may change something.
    pub(super) fn may_change(&self) -> bool {
        self.signed_in.as_ref().is_some_and(|who| who.role == Role::Admin)
    }

    pub(super) fn csrf(&self) -> &str {
        self.signed_in.as_ref().map_or("", |who| who.csrf.as_str())
    }

    pub(super) fn style(&self) -> String {
        assets::style()
    }

    pub(super) fn script(&self) -> String {
        assets::script()
    }

    /// A moment, for people.
    pub(super) fn time(&self, unix_seconds: &u64) -> String {
        time(*unix_seconds)
    }
}

/// A moment, for people.
pub(super) fn time(unix_seconds: u64) -> String {
    utc::to_text(unix_seconds).replace('T', " ").replace('Z', " UTC")
}

/// A page as an answer.
pub(super) fn render(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page of the console could not be made");
            (StatusCode::INTERNAL_SERVER_ERROR, "the page could not be made\n").into_response()
        }
    }
}

/// A page that says why there is no other.
pub(super) fn error(status: StatusCode, language: Language, text: &str) -> Response {
    let title = language.t("This does not work");
    render(status, &ErrorPage { frame: Frame::outside(language, title), text })
}

pub(super) async fn not_found(headers: HeaderMap) -> Response {
    let language = Language::of(&headers);
    error(StatusCode::NOT_FOUND, language, language.t("There is no such page."))
}

/// The page about an application that there is not.
pub(super) fn not_found_app(console: &Console, operator: &Operator, app: u32) -> Response {
    let language = operator.language;
    let text = language.fill("Application {} is not configured.", &[&app]);
    let frame = Frame::of(console, operator, "", language.t("This does not work"));
    render(StatusCode::NOT_FOUND, &ErrorPage { frame, text: &text })
}
