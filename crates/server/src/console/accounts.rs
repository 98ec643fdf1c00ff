//! Importing accounts, from a text that is pasted or read from a file.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use foldmark_wire::limits::ACCOUNTS_PER_CALL_MAX;
use foldmark_wire::{CallName, Code};
use http::StatusCode;
use serde_json::{Value, json};

use super::Console;
use super::about::{AppForm, AppPage};
use super::frame::{self, Frame};
use super::guard::Operator;
use super::language::Language;
use crate::apps::App;
use crate::limits;

#[derive(Template)]
#[template(path = "console/accounts.html")]
struct Page {
    frame: Frame,
    app: u32,
}

impl Page {
    fn most(&self) -> String {
        self.frame.language.fill("At most {} lines.", &[&limits::CONSOLE_ACCOUNTS])
    }
}

pub(super) async fn page(
    State(console): State<Arc<Console>>,
    AppPage { operator, app }: AppPage,
) -> Response {
    let app = app.id.get();
    let title = operator.language.t("Accounts");
    let frame = Frame::of(&console, &operator, "accounts", title).about(app);
    frame::render(StatusCode::OK, &Page { frame, app })
}

/// Imports the accounts of the form. Those that cannot be imported are told; the others are imported all the same.
pub(super) async fn import(State(console): State<Arc<Console>>, form: AppForm) -> Response {
    let AppForm { operator, app, fields, .. } = form;
    let language = operator.language;
    let separator = if fields.get("separator") == "comma" { ',' } else { '\t' };
    match accounts(fields.get("accounts"), separator, language) {
        Ok(accounts) => {
            let (imported, problems) = put(&console, &operator, &app, &accounts).await;
            if imported > 0 {
                console.tell(&operator, true, language.fill("{} accounts were imported.", &[&imported]));
            }
            if !problems.is_empty() {
                console.tell(&operator, false, problems.join("; "));
            }
        }
        Err(why) => console.tell(&operator, false, why),
    }
    Redirect::to(&format!("/console/apps/{}/accounts", app.id)).into_response()
}

/// The accounts of a text, as the call wants them.
fn accounts(text: &str, separator: char, language: Language) -> Result<Vec<Value>, String> {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let accounts: Vec<Value> = lines
        .map(|line| {
            let mut parts = line.split(separator).map(str::trim);
            let mut part = || parts.next().unwrap_or_default();
            json!({ "UserID": part(), "Nick": part(), "FaceUrl": part() })
        })
        .collect();
    if accounts.is_empty() {
        return Err(language.t("Write down at least one account.").to_owned());
    }
    if accounts.len() > limits::CONSOLE_ACCOUNTS {
        let text = "At most {} accounts at a time: import more by foldmark import.";
        return Err(language.fill(text, &[&limits::CONSOLE_ACCOUNTS]));
    }
    Ok(accounts)
}

/// Imports accounts, and gives how many were and what went wrong with others.
async fn put(console: &Console, operator: &Operator, app: &App, accounts: &[Value]) -> (usize, Vec<String>) {
    let mut imported = 0;
    let mut failed = Vec::new();
    for some in accounts.chunks(ACCOUNTS_PER_CALL_MAX) {
        let problems = match put_some(console, operator, app, some).await {
            Ok(problems) => problems,
            Err(problem) => {
                failed.push(problem);
                break;
            }
        };
        imported += some.len() - problems.len();
        failed.extend(problems);
    }
    let language = operator.language;
    let more = failed.len().saturating_sub(limits::CONSOLE_PROBLEMS);
    failed.truncate(limits::CONSOLE_PROBLEMS);
    let mut told: Vec<String> =
        failed.iter().map(|what| language.fill("Not imported: {}", &[what])).collect();
    if more > 0 {
        told.push(language.fill("; and {} more", &[&more]));
    }
    (imported, told)
}

/// Imports as many accounts as a call may name; gives those that were refused. Waits while calls come too often, which
/// they do if there are many accounts.
async fn put_some(
    console: &Console,
    operator: &Operator,
    app: &App,
    accounts: &[Value],
) -> Result<Vec<String>, String> {
    let body = json!({ "AccountList": accounts });
    for _ in 0..RATE_TRIES {
        let answered = console.call(operator, app, CallName::MultiaccountImport, &body).await?;
        if answered.code() == i64::from(Code::CallRate.number()) {
            tokio::time::sleep(RATE_PAUSE).await;
            continue;
        }
        let problems = answered.problems();
        if answered.code() != 0 && answered.refused_accounts().next().is_none() {
            return Err(problems.join("; "));
        }
        return Ok(answered.refused_accounts().map(str::to_owned).collect());
    }
    Err(operator.language.t("Calls come too often; import the rest again later.").to_owned())
}

/// How often a call is made again that came too soon.
const RATE_TRIES: u32 = 20;
const RATE_PAUSE: Duration = Duration::from_millis(250);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_accounts() {
        let read = |text, separator| accounts(text, separator, Language::English).unwrap();
        let all = read("a\tAnn\thttps://a.example/p.png\r\n\nb\n c ,d \n", '\t');
        assert_eq!(all.len(), 3);
        assert_eq!(all[0], json!({ "UserID": "a", "Nick": "Ann", "FaceUrl": "https://a.example/p.png" }));
        assert_eq!(all[1]["UserID"], "b");
        assert_eq!(all[2]["UserID"], "c ,d");
        assert_eq!(read("a,Ann", ',')[0]["Nick"], "Ann");
    }

    #[test]
    fn none_and_too_many_are_refused() {
        assert!(accounts(" \n", '\t', Language::English).is_err());
        let text = "a\n".repeat(limits::CONSOLE_ACCOUNTS + 1);
        assert!(accounts(&text, '\t', Language::English).unwrap_err().contains("foldmark import"));
    }
}
