//! What the page of a user shows of him, read once.

use foldmark_core::command::Reads;
use foldmark_core::subject::{ChatGroupId, Conversation, Subject, UserId};
use foldmark_core::view::View;
use foldmark_store::Select;
use serde_json::{Value, json};

use crate::apps::App;
use crate::console::Console;
use crate::console::language::Language;
use crate::execute::ExecuteError;

/// A user.
#[derive(Debug)]
pub(super) struct Sheet {
    pub(super) id: String,
    pub(super) imported: bool,
    pub(super) nick: String,
    pub(super) face_url: String,
    pub(super) revision: u64,
    pub(super) grouped: u32,
    pub(super) marked: u32,
    /// In ascending order of id.
    pub(super) groups: Vec<Folder>,
    /// In order of creation.
    pub(super) rows: Vec<Row>,
}

/// A conversation group.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    pub(super) id: u32,
    pub(super) name: String,
    pub(super) count: usize,
}

/// A conversation.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) is_chat_group: bool,
    pub(super) peer: String,
    /// Names, in the order of the user's groups.
    pub(super) groups: Vec<String>,
    pub(super) bits: u64,
    pub(super) custom_mark: String,
    pub(super) time: u64,
    number: u32,
    /// The chat group is no more, so that calls do not show the conversation.
    pub(super) is_disbanded: bool,
}

/// A bit of the standard mark, as people know it.
#[derive(Clone, Debug)]
pub(super) struct Bit {
    pub(super) number: u8,
    pub(super) name: String,
}

impl Row {
    /// What a form calls it.
    pub(super) fn key(&self) -> String {
        format!("{}{}", if self.is_chat_group { 'g' } else { 'u' }, self.peer)
    }

    #[cfg(test)]
    pub(super) fn for_tests(peer: &str, groups: &[&str], bits: u64, custom_mark: &str) -> Row {
        Row {
            is_chat_group: false,
            peer: peer.to_owned(),
            groups: groups.iter().map(|name| (*name).to_owned()).collect(),
            bits,
            custom_mark: custom_mark.to_owned(),
            time: 0,
            number: 0,
            is_disbanded: false,
        }
    }

    /// As the calls name it.
    pub(super) fn contact(&self) -> Value {
        contact(self.is_chat_group, &self.peer)
    }

    /// The bits that are set, by their names.
    pub(super) fn marks(&self, bits: &[Bit]) -> Vec<String> {
        (0..64)
            .filter(|number| self.bits >> number & 1 == 1)
            .map(|number| match bits.iter().find(|bit| bit.number == number) {
                Some(bit) => bit.name.clone(),
                None => format!("#{number}"),
            })
            .collect()
    }
}

/// A conversation as the calls name it.
pub(super) fn contact(is_chat_group: bool, peer: &str) -> Value {
    match is_chat_group {
        true => json!({ "Type": 2, "ToGroupId": peer }),
        false => json!({ "Type": 1, "To_Account": peer }),
    }
}

/// Reads a user; `None` if nothing was ever kept of him.
pub(super) async fn read(
    console: &Console,
    app: &App,
    user: UserId<'_>,
) -> Result<Option<Sheet>, ExecuteError> {
    let subject = Subject::user(app.id, user);
    let stored = console.admin.gate.executor().store().view(subject, Select::All).await?;
    let view = View::decode(subject, &stored, Reads::Whole)?;
    let Some(head) = view.user() else {
        return Ok(None);
    };
    let mut groups: Vec<Folder> = head
        .groups
        .iter()
        .map(|group| Folder { id: group.id.0, name: group.name.as_str().to_owned(), count: 0 })
        .collect();
    let mut rows = Vec::with_capacity(head.records as usize);
    for (conversation, record) in view.records() {
        let mut names = Vec::new();
        for group in head.groups_in(record.groups) {
            names.push(group.name.as_str().to_owned());
            if let Ok(at) = groups.binary_search_by_key(&group.id.0, |folder| folder.id) {
                groups[at].count += 1;
            }
        }
        let (is_chat_group, peer) = match conversation {
            Conversation::User(peer) => (false, peer.as_str()),
            Conversation::ChatGroup(peer) => (true, peer.as_str()),
        };
        rows.push(Row {
            is_chat_group,
            peer: peer.to_owned(),
            groups: names,
            bits: record.standard_mark.0,
            custom_mark: record.custom_mark.as_str().to_owned(),
            time: record.timestamp,
            number: record.number,
            is_disbanded: false,
        });
    }
    rows.sort_by_key(|row| row.number);
    Ok(Some(Sheet {
        id: user.as_str().to_owned(),
        imported: head.imported,
        nick: head.nick.to_string(),
        face_url: head.face_url.to_string(),
        revision: view.revision.get(),
        grouped: head.grouped,
        marked: head.marked,
        groups,
        rows,
    }))
}

/// Finds out which of these conversations are with chat groups that are no more.
pub(super) async fn find_disbanded(
    console: &Console,
    app: &App,
    rows: &mut [Row],
) -> Result<(), ExecuteError> {
    let mut asked: Vec<&mut Row> = rows.iter_mut().filter(|row| row.is_chat_group).collect();
    let ids: Vec<String> = asked.iter().map(|row| row.peer.clone()).collect();
    let mut subjects = Vec::with_capacity(ids.len());
    for id in &ids {
        let Ok(id) = ChatGroupId::parse(id) else { return Ok(()) };
        subjects.push(Subject::chat_group(app.id, id));
    }
    let heads = console.admin.gate.executor().store().heads(&subjects).await?;
    for ((row, subject), head) in asked.iter_mut().zip(&subjects).zip(&heads) {
        let view = View::decode(*subject, head, Reads::Whole)?;
        row.is_disbanded = view.chat_group().is_some_and(|head| !head.alive);
    }
    Ok(())
}

/// The bits that have a name: those that clients know, and those that the configuration names.
pub(super) fn bits(language: Language, app: &App) -> Vec<Bit> {
    let known = [(0, "Star"), (1, "Unread"), (2, "Fold"), (3, "Hide")];
    let known = known.map(|(number, name)| Bit { number, name: language.t(name).to_owned() });
    let named = app.mark_names.iter().map(|(number, name)| Bit { number: *number, name: name.clone() });
    known.into_iter().chain(named).collect()
}
