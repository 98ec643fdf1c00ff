//! A page of the directory, as a query asks for it.

use foldmark_core::subject::SubjectKind;
use http::StatusCode;

use super::Console;
use super::fields::{Fields, query};
use super::language::Language;
use crate::apps::App;
use crate::directory::{self, DirectoryError, Entry, Search};
use crate::limits;

/// What was found.
pub(super) struct Listed {
    /// What was looked for.
    pub(super) prefix: String,
    /// Whether the store can look for what ids begin with.
    pub(super) by_prefix: bool,
    /// The query of the next page.
    pub(super) next: Option<String>,
    /// Why nothing was.
    pub(super) wrong: Option<String>,
    /// What the page is answered with.
    pub(super) status: StatusCode,
}

/// Looks for subjects of a kind.
pub(super) async fn list(
    console: &Console,
    app: &App,
    kind: SubjectKind,
    asked: &Fields,
    language: Language,
) -> (Listed, Vec<Entry>) {
    let gate = &console.admin.gate;
    let prefix = asked.get("prefix").to_owned();
    let cursor = Some(asked.get("cursor")).filter(|cursor| !cursor.is_empty());
    let found = directory::page(gate, app.id, kind, &prefix, cursor, limits::CONSOLE_ROWS).await;
    let mut listed = Listed {
        by_prefix: directory::search(gate) == Search::Prefix,
        next: None,
        wrong: None,
        status: StatusCode::OK,
        prefix,
    };
    match found {
        Ok(found) => {
            let next = found.next.as_deref();
            listed.next = next.map(|cursor| query(&[("prefix", &listed.prefix), ("cursor", cursor)]));
            (listed, found.entries)
        }
        Err(error) => {
            let (status, wrong) = match error {
                DirectoryError::Cursor => (
                    StatusCode::BAD_REQUEST,
                    language.t("This page is not one that this server has led to.").to_owned(),
                ),
                DirectoryError::Store(error) => (StatusCode::SERVICE_UNAVAILABLE, error.to_string()),
            };
            (listed.status, listed.wrong) = (status, Some(wrong));
            (listed, Vec::new())
        }
    }
}
