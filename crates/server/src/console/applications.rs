//! The applications as they are configured now: limits, modes, administrators, rates. Of keys no more is told than what
//! tells one from another.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use foldmark_core::policy::{Limits, Registration};
use foldmark_wire::CallName;
use http::StatusCode;

use super::Console;
use super::frame::{self, Frame};
use super::guard::Operator;
use super::language::Language;
use crate::apps::App;

#[derive(Template)]
#[template(path = "console/applications.html")]
struct Page {
    frame: Frame,
    apps: Vec<Shown>,
}

/// An application.
struct Shown {
    number: u32,
    /// The present key, then the previous one.
    keys: Vec<String>,
    accounts: &'static str,
    chat_groups: &'static str,
    administrators: Vec<String>,
    clients: Vec<String>,
    limits: Limits,
    /// Calls a second, where that is limited.
    rates: Vec<(&'static str, u32)>,
    /// The same for all calls.
    one_rate: Option<u32>,
    marks: Vec<(u8, String)>,
}

/// Shows all applications.
pub(super) async fn page(State(console): State<Arc<Console>>, operator: Operator) -> Response {
    let language = operator.language;
    let live = console.admin.gate.live();
    let page = Page {
        frame: Frame::of(&console, &operator, "applications", language.t("Applications")),
        apps: live.apps.all().map(|app| shown(language, app)).collect(),
    };
    frame::render(StatusCode::OK, &page)
}

fn shown(language: Language, app: &App) -> Shown {
    let registration = |mode: Registration| match mode {
        Registration::Registered => language.t("have to be registered first"),
        Registration::Open => language.t("exist by being named"),
    };
    let rates: Vec<(&'static str, u32)> =
        CallName::ALL.iter().map(|call| (call.as_str(), app.calls_per_second(*call))).collect();
    let is_one = rates.windows(2).all(|pair| pair[0].1 == pair[1].1);
    Shown {
        number: app.id.get(),
        keys: app.keys.iter().map(|key| hint(language, key.expose())).collect(),
        accounts: registration(app.policy.accounts),
        chat_groups: registration(app.policy.chat_groups),
        administrators: app.administrators().map(str::to_owned).collect(),
        clients: app.allowed_clients().iter().map(ToString::to_string).collect(),
        limits: app.policy.limits,
        one_rate: rates.first().map(|(_, rate)| *rate).filter(|_| is_one),
        rates,
        marks: app.mark_names.iter().map(|(bit, name)| (*bit, name.clone())).collect(),
    }
}

/// What tells a key from another one without telling it. Of a short one that would be too much.
fn hint(language: Language, key: &str) -> String {
    let characters: Vec<char> = key.chars().collect();
    if characters.len() < HINT_FROM {
        return language.t("too short for a hint").to_owned();
    }
    let first: String = characters[..2].iter().collect();
    let last: String = characters[characters.len() - 2..].iter().collect();
    language.fill("{}…{}, {} characters", &[&first, &last, &characters.len()])
}

/// The length of the shortest key that a hint is given of.
const HINT_FROM: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_never_tells_a_key() {
        let hint = |key: &str| hint(Language::English, key);
        assert_eq!(hint("5bd2850fff3ecb11"), "5b…11, 16 characters");
        for short in ["", "a", "5bd2850fff3ecb1"] {
            assert_eq!(hint(short), "too short for a hint");
        }
        assert_eq!(hint(&"ä€".repeat(10)), "ä€…ä€, 20 characters");
    }
}
