//! Commands as text.
//!
//! ```text
//! create work: bob @team          rename work to home           delete work
//! change work: add bob, remove @team
//! mark bob set 0 1 clear 2 custom "abc", @team clear 0
//! page 0                          search bob @team
//! import nick Ann face "http://a"                                delete-account
//! @team> found Public "The team" owner bob                       @team> disband
//! ```

use foldmark_core::command::{Command, MarkItem, MemberChange};
use foldmark_core::subject::{ChatGroupId, Conversation, UserId};

use crate::support::words::Words;
use crate::support::world::ANN;

/// The subject that `line` names, and what is asked of it.
pub(crate) fn parse(line: &str) -> (&str, Command<'_>) {
    let (subject, line) = match line.split_once("> ") {
        Some((subject, rest)) => (subject, rest),
        None => (ANN, line),
    };
    let mut words = Words::new(line);
    let command = match words.next() {
        "create" => create(&mut words),
        "rename" => rename(&mut words),
        "change" => change(&mut words),
        "delete" => Command::DeleteGroup { name: words.next() },
        "mark" => mark(&mut words),
        "page" => Command::GetPage { start: words.number() },
        "search" => Command::Search { conversations: conversations(&words.names()) },
        "import" => Command::ImportAccount {
            nick: words.take("nick").then(|| words.next()),
            face_url: words.take("face").then(|| words.next()),
        },
        "delete-account" => Command::DeleteAccount,
        "found" => Command::CreateChatGroup {
            kind: words.next(),
            name: words.next(),
            owner: words.take("owner").then(|| user(words.next())),
        },
        "disband" => Command::DestroyChatGroup,
        other => words.unknown(other),
    };
    words.end();
    (subject, command)
}

/// The conversation that `name` stands for.
pub(crate) fn conversation(name: &str) -> Conversation<'_> {
    if name.starts_with('@') {
        Conversation::ChatGroup(ChatGroupId::parse(name).expect("tests name valid chat groups"))
    } else {
        Conversation::User(user(name))
    }
}

/// Everyone whom `command` names as another side.
pub(crate) fn others<'a>(command: &Command<'a>) -> Vec<&'a str> {
    let conversations = match command {
        Command::CreateGroup { members, .. } => members.clone(),
        Command::ChangeMembers { changes, .. } => {
            changes.iter().map(|change| change.conversation()).collect()
        }
        Command::Mark { items } => items.iter().map(|item| item.conversation).collect(),
        Command::Search { conversations } => conversations.clone(),
        Command::CreateChatGroup { owner: Some(owner), .. } => vec![Conversation::User(*owner)],
        _ => Vec::new(),
    };
    conversations.into_iter().map(Conversation::peer).collect()
}

fn create<'a>(words: &mut Words<'a>) -> Command<'a> {
    let name = words.next();
    words.take(":");
    let members = conversations(&words.names());
    Command::CreateGroup { name, members }
}

fn rename<'a>(words: &mut Words<'a>) -> Command<'a> {
    let old = words.next();
    words.expect("to");
    let new = words.next();
    Command::RenameGroup { old, new }
}

fn change<'a>(words: &mut Words<'a>) -> Command<'a> {
    let group = words.next();
    let mut changes = Vec::new();
    let mut more = words.take(":") && !words.ended();
    while more {
        changes.push(match words.next() {
            "add" => MemberChange::Add(conversation(words.next())),
            "remove" => MemberChange::Remove(conversation(words.next())),
            other => words.unknown(other),
        });
        more = words.more();
    }
    Command::ChangeMembers { group, changes }
}

fn mark<'a>(words: &mut Words<'a>) -> Command<'a> {
    let mut items = Vec::new();
    let mut more = !words.ended();
    while more {
        let conversation = conversation(words.next());
        let set = if words.take("set") { bits(words) } else { 0 };
        let clear = if words.take("clear") { bits(words) } else { 0 };
        let custom = words.take("custom").then(|| words.next());
        items.push(MarkItem { conversation, clear, set, custom });
        more = words.more();
    }
    Command::Mark { items }
}

fn bits(words: &mut Words<'_>) -> u64 {
    words.numbers().iter().fold(0, |bits, bit| bits | 1 << bit)
}

fn conversations<'a>(names: &[&'a str]) -> Vec<Conversation<'a>> {
    names.iter().map(|name| conversation(name)).collect()
}

fn user(name: &str) -> UserId<'_> {
    UserId::parse(name).expect("tests name valid users")
}
