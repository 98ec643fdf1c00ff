//! The chat groups of an application: found, registered, disbanded.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use foldmark_core::subject::SubjectKind;
use foldmark_wire::CallName;
use serde_json::{Value, json};

use super::Console;
use super::about::{AppForm, AppPage};
use super::fields::Fields;
use super::frame::{self, Frame};
use super::guard;
use super::language::Language;
use super::listing::{self, Listed};
use super::operate::Step;
use crate::directory::{Entry, Facts};

#[derive(Template)]
#[template(path = "console/chat_groups.html")]
struct Page {
    frame: Frame,
    app: u32,
    listed: Listed,
    rows: Vec<Row>,
}

struct Row {
    id: String,
    alive: bool,
    kind: String,
    name: String,
    owner: String,
    created: u64,
}

/// Types of chat groups, as the calls know them.
const TYPES: [&str; 5] = ["Public", "Private", "ChatRoom", "AVChatRoom", "Community"];

impl Page {
    fn types(&self) -> &'static [&'static str] {
        &TYPES
    }
}

pub(super) async fn page(
    State(console): State<Arc<Console>>,
    AppPage { operator, app }: AppPage,
    asked: Fields,
) -> Response {
    let (kind, language) = (SubjectKind::ChatGroup, operator.language);
    let (listed, entries) = listing::list(&console, &app, kind, &asked, language).await;
    let title = language.t("Chat groups");
    let rows = entries.into_iter().map(|entry| row(entry, language)).collect();
    let app = app.id.get();
    let frame = Frame::of(&console, &operator, "chat_groups", title).about(app);
    let (status, page) = (listed.status, Page { frame, app, listed, rows });
    frame::render(status, &page)
}

/// Registers a chat group, or disbands one.
pub(super) async fn change(State(console): State<Arc<Console>>, form: AppForm) -> Response {
    let AppForm { operator, app, fields, headers } = form;
    let (id, language) = (fields.get("group_id"), operator.language);
    let disbanding = Step { call: CallName::DestroyGroup, body: json!({ "GroupId": id }) };
    let creation = Step { call: CallName::CreateGroup, body: creation(&fields) };
    let (step, undo, done) = match fields.get("do") {
        "disband" => (disbanding, vec![creation], language.fill("Chat group {} was disbanded.", &[&id])),
        _ if id.is_empty() => (
            creation,
            Vec::new(),
            language.t("A chat group was registered; the service chose its id.").to_owned(),
        ),
        _ => (creation, vec![disbanding], language.fill("Chat group {} was registered.", &[&id])),
    };
    console.carry_out(&operator, &app, &[step], &done, undo).await;
    let own = format!("/console/apps/{}/chat-groups", app.id);
    Redirect::to(&guard::back_within(&headers, &own).unwrap_or(own)).into_response()
}

/// The body that registers the chat group of the form.
fn creation(fields: &Fields) -> Value {
    let given = [("Type", "type"), ("Name", "name"), ("GroupId", "group_id"), ("Owner_Account", "owner")];
    let mut body = json!({});
    for (name, field) in given {
        let value = fields.get(field);
        if !value.is_empty() {
            body[name] = json!(value);
        }
    }
    body
}

fn row(entry: Entry, language: Language) -> Row {
    let mut row = Row {
        id: entry.id,
        alive: false,
        kind: String::new(),
        name: String::new(),
        owner: String::new(),
        created: 0,
    };
    match entry.facts {
        Facts::ChatGroup { alive, kind, name, owner, created } => {
            row = Row { alive, kind, name, owner, created, ..row };
        }
        Facts::Damaged(why) => row.name = format!("{}: {why}", language.t("damaged")),
        Facts::User { .. } => {}
    }
    row
}
