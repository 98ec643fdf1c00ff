//! What is recorded: by the clients, each call and its reply with the moments of both; from inside the servers, what
//! each decision depended on, when it was tried and when it was durable.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use foldmark_core::command::{Command, Filter, GroupExItem, MarkItem, MemberChange, Reads};
use foldmark_core::policy::Context;
use foldmark_core::subject::{ChatGroupId, Conversation, Subject, SubjectId, UserId};
use foldmark_server::{Decided, Observer, Stage};
use serde_json::Value;

/// One call, as its client saw it.
#[derive(Debug)]
pub(crate) struct Call {
    /// The request id.
    pub(crate) id: String,
    /// Ticks of a counter that all clients share: before sending, and after the answer.
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) reply: Value,
    /// The header `Foldmark-Revision`.
    pub(crate) revision: u64,
}

/// What a call's reply says of its change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// The rules answered: it happened, or was refused.
    Answered,
    /// Something broke, and it did not happen.
    NotDone,
    /// Something broke, and it may or may not have happened.
    Open,
}

/// One decision, as the server made it.
#[derive(Clone, Debug)]
pub(crate) struct Decision {
    pub(crate) subject: Subject<'static>,
    pub(crate) command: Command<'static>,
    pub(crate) context: Context,
    pub(crate) reads: Reads,
    /// Who was asked about, and of these who did not exist.
    pub(crate) asked: Vec<Conversation<'static>>,
    pub(crate) absent: Vec<Conversation<'static>>,
    pub(crate) base: u64,
    pub(crate) committed: Option<u64>,
}

/// What the servers told of one request.
#[derive(Debug, Default)]
pub(crate) struct Decisions {
    /// The last one whose changes were sent. Those before it are known to have been overtaken.
    pub(crate) tried: Option<Decision>,
    pub(crate) durable: Option<Decision>,
}

/// Everything that happened.
#[derive(Debug)]
pub(crate) struct History {
    pub(crate) calls: Vec<Call>,
    /// By request id.
    pub(crate) decisions: BTreeMap<String, Decisions>,
}

/// Collects decisions, of several servers if they share it.
#[derive(Clone, Default)]
pub(crate) struct Recorder(Arc<Mutex<BTreeMap<String, Decisions>>>);

impl Call {
    pub(crate) fn told(&self) -> Told {
        // Of the accounts that a call deletes there is one.
        let item =
            self.reply.get("ResultItem").map(|items| &items[0]).filter(|item| item.get("UserID").is_some());
        let (code, text) = match item {
            Some(item) => (&item["ResultCode"], &item["ResultInfo"]),
            None => (&self.reply["ErrorCode"], &self.reply["ErrorInfo"]),
        };
        match code.as_i64().unwrap() {
            10002 | 50004 | 50005 | 60008 | 70169 | 70500 => {
                match text.as_str().unwrap().contains("may or may not have been made") {
                    true => Told::Open,
                    false => Told::NotDone,
                }
            }
            _ => Told::Answered,
        }
    }
}

impl Recorder {
    pub(crate) fn observer(&self) -> Observer {
        let recorder = self.clone();
        Box::new(move |decided| recorder.record(decided))
    }

    pub(crate) fn take(&self) -> BTreeMap<String, Decisions> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    fn record(&self, decided: &Decided<'_>) {
        let Some(id) = decided.request_id else { return };
        let decision = Decision {
            subject: keep_subject(decided.view.subject),
            command: keep_command(decided.command),
            context: decided.context,
            reads: decided.view.reads,
            asked: keep_all(decided.view.asked()),
            absent: keep_all(decided.view.absent()),
            base: decided.view.revision.get(),
            committed: decided.committed.map(|revision| revision.get()),
        };
        let mut all = self.0.lock().unwrap();
        let of_request = all.entry(id.to_owned()).or_default();
        match decided.stage {
            Stage::Trying => of_request.tried = Some(decision),
            Stage::Durable => {
                let before = of_request.durable.replace(decision);
                assert!(before.is_none(), "request {id} was decided twice");
            }
        }
    }
}

/// Text that lives as long as the test process, which is short.
fn keep(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

fn keep_subject(subject: Subject<'_>) -> Subject<'static> {
    match subject.id {
        SubjectId::User(user) => Subject::user(subject.app, UserId::parse(keep(user.as_str())).unwrap()),
        SubjectId::ChatGroup(id) => {
            Subject::chat_group(subject.app, ChatGroupId::parse(keep(id.as_str())).unwrap())
        }
    }
}

fn keep_conversation(conversation: Conversation<'_>) -> Conversation<'static> {
    match conversation {
        Conversation::User(user) => Conversation::User(UserId::parse(keep(user.as_str())).unwrap()),
        Conversation::ChatGroup(id) => {
            Conversation::ChatGroup(ChatGroupId::parse(keep(id.as_str())).unwrap())
        }
    }
}

fn keep_all<'a>(conversations: impl IntoIterator<Item = Conversation<'a>>) -> Vec<Conversation<'static>> {
    conversations.into_iter().map(keep_conversation).collect()
}

fn keep_command(command: &Command<'_>) -> Command<'static> {
    match command {
        Command::CreateGroup { name, members } => {
            Command::CreateGroup { name: keep(name), members: keep_all(members.iter().copied()) }
        }
        Command::RenameGroup { old, new } => Command::RenameGroup { old: keep(old), new: keep(new) },
        Command::ChangeMembers { group, changes } => Command::ChangeMembers {
            group: keep(group),
            changes: changes
                .iter()
                .map(|change| match *change {
                    MemberChange::Add(conversation) => MemberChange::Add(keep_conversation(conversation)),
                    MemberChange::Remove(conversation) => {
                        MemberChange::Remove(keep_conversation(conversation))
                    }
                })
                .collect(),
        },
        Command::DeleteGroup { name } => Command::DeleteGroup { name: keep(name) },
        Command::Mark { items } => Command::Mark {
            items: items
                .iter()
                .map(|item| MarkItem {
                    conversation: keep_conversation(item.conversation),
                    clear: item.clear,
                    set: item.set,
                    custom: item.custom.map(keep),
                })
                .collect(),
        },
        Command::GetPage { start } => Command::GetPage { start: *start },
        Command::Search { conversations } => {
            Command::Search { conversations: keep_all(conversations.iter().copied()) }
        }
        Command::ImportAccount { nick, face_url } => {
            Command::ImportAccount { nick: nick.map(keep), face_url: face_url.map(keep) }
        }
        Command::DeleteAccount => Command::DeleteAccount,
        Command::CreateChatGroup { kind, name, owner } => Command::CreateChatGroup {
            kind: keep(kind),
            name: keep(name),
            owner: owner.map(|owner| UserId::parse(keep(owner.as_str())).unwrap()),
        },
        Command::DestroyChatGroup => Command::DestroyChatGroup,
        Command::SetGroupOrder { names } => {
            Command::SetGroupOrder { names: names.iter().map(|name| keep(name)).collect() }
        }
        Command::SetGroupEx { items } => {
            let kept = items.iter().map(|item| GroupExItem { group: keep(item.group), ex: keep(item.ex) });
            Command::SetGroupEx { items: kept.collect() }
        }
        Command::Apply { commands } => {
            Command::Apply { commands: commands.iter().map(keep_command).collect() }
        }
        Command::ListGroups => Command::ListGroups,
        // Of the filters the workload has one.
        Command::ListConversations { filter, start, limit } => Command::ListConversations {
            filter: Filter { any_bits: filter.any_bits, ..Filter::default() },
            start: *start,
            limit: *limit,
        },
        Command::GetChanges { .. }
        | Command::ReadLayout
        | Command::CopyLayout { .. }
        | Command::Guarded { .. } => unreachable!("the workload has no such call"),
        Command::PutUser { .. } | Command::PutChatGroup { .. } | Command::RenewIncarnation => {
            unreachable!("no call of the workload puts a whole subject")
        }
    }
}
