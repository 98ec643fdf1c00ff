//! Commands as text.
//!
//! ```text
//! create work: bob @team          rename work to home           delete work
//! change work: add bob, remove @team
//! mark bob set 0 1 clear 2 custom "abc", @team clear 0
//! page 0                          search bob @team
//! order home work                 ex home "red"                  groups
//! list from 0 limit 10 group work all 0 any 1 2 custom abc prefix ab users since 100
//! apply create work: bob; mark bob set 1
//! once KEY mark bob set 1         at 7 mark bob set 1            once KEY at 7 mark bob set 1
//! import nick Ann face "http://a"                                delete-account
//! @team> found Public "The team" owner bob                       @team> disband
//! ```

use foldmark_core::command::{
    Command, Filter, GroupExItem, Guard, KeyedCall, MarkItem, MemberChange, TextFilter,
};
use foldmark_core::subject::{ChatGroupId, Conversation, Kind, RequestKey, Revision, UserId};

use crate::support::words::Words;
use crate::support::world::ANN;

/// The subject that `line` names, and what is asked of it.
pub(crate) fn parse(line: &str) -> (&str, Command<'_>) {
    let (subject, line) = match line.split_once("> ") {
        Some((subject, rest)) => (subject, rest),
        None => (ANN, line),
    };
    (subject, command(line))
}

fn command(line: &str) -> Command<'_> {
    if let Some(rest) = line.strip_prefix("apply ") {
        return Command::Apply { commands: rest.split(';').map(|line| command(line.trim())).collect() };
    }
    if line.starts_with("once ") || line.starts_with("at ") {
        return guarded(line);
    }
    let mut words = Words::new(line);
    let command = match words.next() {
        "order" => Command::SetGroupOrder { names: words.names() },
        "ex" => ex(&mut words),
        "groups" => Command::ListGroups,
        "list" => list(&mut words),
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
    command
}

/// A command under a key of its own, or one that expects a revision. What it says is its hash.
fn guarded(line: &str) -> Command<'_> {
    let mut guard = Guard::default();
    let mut rest = line;
    let end_of_word = |rest: &str| rest.find(' ').expect("a command follows");
    let mut key = None;
    if let Some(after) = rest.strip_prefix("once ") {
        let end = end_of_word(after);
        key = Some(RequestKey::parse(&after[..end]).expect("tests give valid keys"));
        rest = &after[end + 1..];
    }
    if let Some(after) = rest.strip_prefix("at ") {
        let end = end_of_word(after);
        guard.if_revision = Some(Revision::new(after[..end].parse().expect("a revision")));
        rest = &after[end + 1..];
    }
    let mut hash = [0_u8; 32];
    for (place, byte) in rest.bytes().enumerate() {
        hash[place % 32] = hash[place % 32].wrapping_mul(31).wrapping_add(byte);
    }
    guard.call = key.map(|key| KeyedCall { key, hash });
    Command::Guarded { guard, command: Box::new(command(rest)) }
}

fn ex<'a>(words: &mut Words<'a>) -> Command<'a> {
    let mut items = Vec::new();
    let mut more = true;
    while more {
        items.push(GroupExItem { group: words.next(), ex: words.next() });
        more = words.more();
    }
    Command::SetGroupEx { items }
}

fn list<'a>(words: &mut Words<'a>) -> Command<'a> {
    let (mut filter, mut start, mut limit) = (Filter::default(), 0, 100);
    while !words.ended() {
        match words.next() {
            "from" => start = words.number(),
            "limit" => limit = words.number(),
            "group" => filter.group = Some(words.next()),
            "all" => filter.all_bits = bits(words),
            "any" => filter.any_bits = bits(words),
            "custom" => filter.custom = Some(TextFilter::Equal(words.next())),
            "prefix" => filter.custom = Some(TextFilter::Prefix(words.next())),
            "users" => filter.kind = Some(Kind::USER_RECORD),
            "chat-groups" => filter.kind = Some(Kind::CHAT_GROUP_RECORD),
            "since" => filter.changed_since = words.number(),
            other => words.unknown(other),
        }
    }
    Command::ListConversations { filter, start, limit }
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
        Command::Guarded { command, .. } => return others(command),
        Command::Apply { commands } => return commands.iter().flat_map(others).collect(),
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
