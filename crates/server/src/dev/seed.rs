//! The seed of an emulator: users and chat groups with which it starts, and to which a reset brings it back.
//!
//! A seed is a file in TOML or JSON. It is no second way to write: each entry becomes the ordinary call that would make
//! it, the calls are answered on a store in memory, and what they have made is put like an export. So every rule and
//! limit holds, and what is wrong is said in the words of the call, with the entry's place in front.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use foldmark_core::command::{Guard, Reads};
use foldmark_core::subject::{Subject, SubjectKind};
use foldmark_core::view::View;
use foldmark_store::Select;
use foldmark_store::memory::MemoryStore;
use foldmark_wire::CallName;
use foldmark_wire::json::parse_body;
use foldmark_wire::limits::CONVERSATIONS_PER_CALL_MAX;
use serde::Deserialize;
use serde_json::{Value, json};

use super::reset::subjects;
use crate::apps::{App, Apps};
use crate::calls::{self, Call};
use crate::clock::Clock;
use crate::config::AppSettings;
use crate::execute::Executor;
use crate::metrics::Metrics;
use crate::transfer::line_of;

/// The longest file.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// A seed that was read and not tried yet.
#[derive(Clone, Debug)]
pub struct Seed {
    path: PathBuf,
    content: Content,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Content {
    /// Unix seconds at which everything is made; the start if it is missing.
    time: Option<u64>,
    users: Vec<User>,
    chat_groups: Vec<ChatGroup>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct User {
    id: String,
    #[serde(default)]
    nick: String,
    #[serde(default)]
    face_url: String,
    #[serde(default)]
    groups: Vec<Group>,
    #[serde(default)]
    marks: Vec<Mark>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    name: String,
    #[serde(default)]
    conversations: Vec<Conversation>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mark {
    conversation: Conversation,
    #[serde(default)]
    bits: Vec<u64>,
    custom: Option<String>,
}

/// `{ user = "…" }` or `{ chat_group = "…" }`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Conversation {
    User(String),
    ChatGroup(String),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChatGroup {
    id: String,
    #[serde(rename = "type", default = "public")]
    kind: String,
    name: String,
    owner: Option<String>,
}

fn public() -> String {
    "Public".to_owned()
}

impl Seed {
    /// Reads a file whose name ends in `.toml` or `.json`.
    pub fn read(path: &Path) -> Result<Seed, String> {
        let wrong = |what: &dyn std::fmt::Display| format!("{}: {what}", path.display());
        let length = fs::metadata(path).map_err(|error| wrong(&error))?.len();
        if length > FILE_BYTES_MAX {
            return Err(wrong(&format!("it has {length} bytes, and may have at most {FILE_BYTES_MAX}")));
        }
        let text = fs::read_to_string(path).map_err(|error| wrong(&error))?;
        let content = match path.extension().and_then(|extension| extension.to_str()) {
            Some("toml") => toml::from_str(&text).map_err(|error| wrong(&error.to_string().trim_end()))?,
            Some("json") => serde_json::from_str(&text).map_err(|error| wrong(&error))?,
            _ => return Err(wrong(&"a seed's name must end in .toml or .json")),
        };
        Ok(Seed { path: path.to_owned(), content })
    }

    /// The lines of all that the seed makes in an application, in the form of an export.
    pub(super) async fn lines(&self, app: &AppSettings, clock: &Clock) -> Result<Vec<String>, String> {
        let clock = Clock::manual(self.content.time.unwrap_or_else(|| clock.unix_seconds()));
        let apps = Apps::new(std::slice::from_ref(app), &clock, None);
        let app = apps.get(app.app.get()).ok_or("the application is missing")?;
        let scratch =
            Executor::new(Box::new(MemoryStore::new()), clock, Arc::new(Metrics::new("memory")), None);
        let player = Player { app, executor: &scratch };
        player.play(&self.content).await.map_err(|wrong| format!("{}: {wrong}", self.path.display()))?;
        let mut lines = Vec::new();
        for kind in [SubjectKind::ChatGroup, SubjectKind::User] {
            for id in subjects(scratch.store(), app.id, kind).await? {
                let subject = Subject::parse(app.id, kind, &id).map_err(|error| error.to_string())?;
                lines.push(line(&scratch, subject).await?);
            }
        }
        Ok(lines)
    }
}

/// What the calls have made of one subject.
async fn line(executor: &Executor, subject: Subject<'_>) -> Result<String, String> {
    let select = if subject.kind() == SubjectKind::User { Select::All } else { Select::Head };
    let stored = executor.store().view(subject, select).await.map_err(|error| error.to_string())?;
    let view = View::decode(subject, &stored, Reads::Whole).map_err(|error| error.to_string())?;
    let line = line_of(&view).ok_or("a subject of the seed was not made")?;
    Ok(line.to_text())
}

/// Makes the calls of a seed.
struct Player<'a> {
    app: &'a App,
    executor: &'a Executor,
}

impl Player<'_> {
    async fn play(&self, content: &Content) -> Result<(), String> {
        // First all who can be named by others.
        for (index, user) in content.users.iter().enumerate() {
            let place = format!("users[{index}] {:?}", user.id);
            if content.users[..index].iter().any(|earlier| earlier.id == user.id) {
                return Err(format!("{place}: the user is there twice"));
            }
            let body = json!({ "UserID": user.id, "Nick": user.nick, "FaceUrl": user.face_url });
            self.call(CallName::AccountImport, &body, &place).await?;
        }
        for (index, group) in content.chat_groups.iter().enumerate() {
            let place = format!("chat_groups[{index}] {:?}", group.id);
            let mut body = json!({ "GroupId": group.id, "Type": group.kind, "Name": group.name });
            if let Some(owner) = &group.owner {
                body["Owner_Account"] = json!(owner);
            }
            self.call(CallName::CreateGroup, &body, &place).await?;
        }
        for (index, user) in content.users.iter().enumerate() {
            let place = format!("users[{index}] {:?}", user.id);
            self.groups(user, &place).await?;
            self.marks(user, &place).await?;
        }
        Ok(())
    }

    async fn groups(&self, user: &User, place: &str) -> Result<(), String> {
        for (index, group) in user.groups.iter().enumerate() {
            let place = format!("{place}: groups[{index}] {:?}", group.name);
            if user.groups[..index].iter().any(|earlier| earlier.name == group.name) {
                return Err(format!("{place}: the group is there twice"));
            }
            let contacts: Vec<Value> = group.conversations.iter().map(Conversation::contact).collect();
            // A group may be empty, and is made all the same.
            let count = contacts.len().max(1);
            for start in (0..count).step_by(CONVERSATIONS_PER_CALL_MAX) {
                let some = &contacts[start..contacts.len().min(start + CONVERSATIONS_PER_CALL_MAX)];
                let item = json!({ "GroupName": group.name, "ContactItem": some });
                let body = json!({ "From_Account": user.id, "GroupContactItem": [item] });
                let reply = self.call(CallName::CreateContactGroup, &body, &place).await?;
                let results = &reply["GroupResultItem"][0]["ResultItem"];
                accepted(results, start, &format!("{place}: conversations"))?;
            }
        }
        Ok(())
    }

    async fn marks(&self, user: &User, place: &str) -> Result<(), String> {
        for (chunk, marks) in user.marks.chunks(CONVERSATIONS_PER_CALL_MAX).enumerate() {
            let start = chunk * CONVERSATIONS_PER_CALL_MAX;
            if let Some(index) = marks.iter().position(|mark| mark.bits.is_empty() && mark.custom.is_none()) {
                return Err(format!("{place}: marks[{}]: it has neither bits nor custom", start + index));
            }
            let end = start + marks.len() - 1;
            let items: Vec<Value> = marks.iter().map(Mark::item).collect();
            let body = json!({ "From_Account": user.id, "MarkItem": items });
            let call_place = format!("{place}: marks[{start}] to [{end}]");
            let reply = self.call(CallName::MarkContact, &body, &call_place).await?;
            accepted(&reply["ResultItem"], start, &format!("{place}: marks"))?;
        }
        Ok(())
    }

    /// Makes one call, and gives back its reply unless the call was refused.
    async fn call(&self, name: CallName, body: &Value, place: &str) -> Result<Value, String> {
        let refused = |reason: &dyn std::fmt::Display| format!("{place}: {}: {reason}", name.as_str());
        let text = body.to_string();
        let body = parse_body(text.as_bytes()).map_err(|fault| refused(&fault))?;
        let call = Call {
            name,
            request_id: None,
            caller: None,
            app: self.app,
            executor: self.executor,
            body: &body,
            guard: Guard::default(),
        };
        let answer = Box::pin(calls::answer(&call)).await.map_err(|fault| refused(&fault))?;
        let reply: Value = serde_json::from_slice(&answer.body).map_err(|error| refused(&error))?;
        match reply["ErrorCode"].as_i64() {
            Some(0) => Ok(reply),
            code => Err(refused(&said(&reply["ErrorInfo"], code))),
        }
    }
}

impl Conversation {
    fn contact(&self) -> Value {
        match self {
            Conversation::User(id) => json!({ "Type": 1, "To_Account": id }),
            Conversation::ChatGroup(id) => json!({ "Type": 2, "ToGroupId": id }),
        }
    }
}

impl Mark {
    fn item(&self) -> Value {
        let contact = self.conversation.contact();
        match &self.custom {
            Some(custom) => {
                json!({ "OptType": 3, "ContactItem": contact, "SetMark": self.bits, "CustomMark": custom })
            }
            None => json!({ "OptType": 1, "ContactItem": contact, "SetMark": self.bits }),
        }
    }
}

/// An `Err` names the first item that was refused; the first result is that of the item `start`.
fn accepted(results: &Value, start: usize, place: &str) -> Result<(), String> {
    for (index, result) in results.as_array().into_iter().flatten().enumerate() {
        let code = result["ResultCode"].as_i64();
        if code != Some(0) {
            let contact = &result["ContactItem"];
            let peer = contact.get("To_Account").or(contact.get("ToGroupId")).unwrap_or(&Value::Null);
            let reason = said(&result["ResultInfo"], code);
            return Err(format!("{place}[{}] {peer}: {reason}", start + index));
        }
    }
    Ok(())
}

fn said(info: &Value, code: Option<i64>) -> String {
    format!("{} ({})", info.as_str().unwrap_or_default(), code.unwrap_or_default())
}
