//! What a command answered, without borrows and without bitmaps, so that answers can be compared and shown.

use std::fmt;

use foldmark_core::decision::{Found, ItemResult, Refusal, Reply};
use foldmark_core::feed::{ChangesPage, Cursor, Item};
use foldmark_core::format::head::Group;
use foldmark_core::layout::Layout;
use foldmark_core::subject::Conversation;

use crate::support::words::quoted;

/// A reply or a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Refused(Refusal),
    Created {
        id: u32,
        results: Vec<ItemResult>,
    },
    Renamed {
        id: u32,
    },
    Changed {
        id: u32,
        results: Vec<ItemResult>,
    },
    Deleted {
        id: u32,
    },
    Marked {
        results: Vec<ItemResult>,
    },
    Page {
        records: Vec<Shown>,
        groups: Vec<(u32, String)>,
        next: Option<u32>,
    },
    Found {
        records: Vec<Shown>,
        groups: Vec<(u32, String)>,
    },
    Changes(Told),
    /// Name and number of conversations.
    Groups(Vec<(String, u32)>),
    Applied {
        ids: Vec<Option<u32>>,
    },
    NotApplied {
        command: usize,
        item: Option<usize>,
        refusal: Refusal,
    },
    Layout(Layout),
    Done,
}

/// What a follower was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) reset: bool,
    pub(crate) records: Vec<Shown>,
    pub(crate) removed: Vec<String>,
    /// Id, name, order, `Ex`.
    pub(crate) groups: Vec<(u32, String, u32, String)>,
    pub(crate) removed_groups: Vec<u32>,
    pub(crate) cursor: Cursor<'static>,
    pub(crate) more: bool,
}

impl Told {
    fn of(page: &ChangesPage<'_>) -> Told {
        let groups = page.groups.iter().map(|group| {
            let (name, ex) = (group.name.as_str().to_owned(), group.ex.as_str().to_owned());
            (group.id.0, name, group.order, ex)
        });
        Told {
            reset: page.reset,
            records: shown(&page.records),
            removed: page.removed.iter().map(|removed| removed.peer().to_owned()).collect(),
            groups: groups.collect(),
            removed_groups: page.removed_groups.iter().map(|id| id.0).collect(),
            cursor: lasting(page.cursor),
            more: page.more,
        }
    }
}

/// A cursor that outlives what it was read from, as one that a follower keeps.
fn lasting(cursor: Cursor<'_>) -> Cursor<'static> {
    let after = cursor.after.map(|item| match item {
        Item::RemovedGroup(id) => Item::RemovedGroup(id),
        Item::Group(id) => Item::Group(id),
        Item::Conversation(conversation) => Item::Conversation(lasting_conversation(conversation)),
    });
    let Cursor { incarnation, base, revision, .. } = cursor;
    Cursor { incarnation, base, revision, after }
}

fn lasting_conversation(conversation: Conversation<'_>) -> Conversation<'static> {
    super::language::conversation(Box::leak(conversation.peer().to_owned().into_boxed_str()))
}

/// A record as others see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) name: String,
    pub(crate) number: u32,
    /// Ids, in the order shown.
    pub(crate) groups: Vec<u32>,
    pub(crate) bits: u64,
    pub(crate) custom: String,
    pub(crate) timestamp: u64,
}

impl Answer {
    pub(crate) fn of(outcome: &Result<Reply<'_>, Refusal>) -> Answer {
        match outcome {
            Err(refusal) => Answer::Refused(*refusal),
            Ok(Reply::GroupCreated { id, results }) => Answer::Created { id: id.0, results: results.clone() },
            Ok(Reply::GroupRenamed { id }) => Answer::Renamed { id: id.0 },
            Ok(Reply::MembersChanged { id, results }) => {
                Answer::Changed { id: id.0, results: results.clone() }
            }
            Ok(Reply::GroupDeleted { id }) => Answer::Deleted { id: id.0 },
            Ok(Reply::Marked { results }) => Answer::Marked { results: results.clone() },
            Ok(Reply::Page { records, groups, next }) => Answer::Page {
                records: shown(records),
                groups: groups.iter().map(named).collect(),
                next: *next,
            },
            Ok(Reply::Found { records, groups }) => Answer::Found {
                records: shown(records),
                groups: groups.iter().map(|group| named(group)).collect(),
            },
            Ok(Reply::Changes(page)) => Answer::Changes(Told::of(page)),
            Ok(Reply::Groups(groups)) => Answer::Groups(
                groups.iter().map(|(group, count)| (group.name.as_str().to_owned(), *count)).collect(),
            ),
            Ok(Reply::Applied { ids }) => {
                Answer::Applied { ids: ids.iter().map(|id| id.map(|id| id.0)).collect() }
            }
            Ok(Reply::NotApplied { command, item, refusal }) => {
                Answer::NotApplied { command: *command, item: *item, refusal: *refusal }
            }
            Ok(Reply::Layout(layout)) => Answer::Layout(layout.clone()),
            Ok(Reply::Done) => Answer::Done,
        }
    }

    /// One for each item, if the command had items.
    pub(crate) fn results(&self) -> &[ItemResult] {
        match self {
            Answer::Created { results, .. }
            | Answer::Changed { results, .. }
            | Answer::Marked { results } => results,
            _ => &[],
        }
    }

    pub(crate) fn is_refused(&self) -> bool {
        matches!(self, Answer::Refused(_) | Answer::NotApplied { .. })
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Answer::Refused(refusal) => writeln!(f, "refused: {refusal:?}"),
            Answer::Created { id, results } => writeln!(f, "created {id}: {}", list(results)),
            Answer::Renamed { id } => writeln!(f, "renamed {id}"),
            Answer::Changed { id, results } => writeln!(f, "changed {id}: {}", list(results)),
            Answer::Deleted { id } => writeln!(f, "deleted {id}"),
            Answer::Marked { results } => writeln!(f, "marked: {}", list(results)),
            Answer::Page { records, groups, next } => {
                match next {
                    Some(next) => writeln!(f, "page, next {next}; groups:{}", names(groups))?,
                    None => writeln!(f, "page, the last; groups:{}", names(groups))?,
                }
                records.iter().try_for_each(|record| writeln!(f, "  {record}"))
            }
            Answer::Found { records, groups } => {
                writeln!(f, "found {}; groups:{}", records.len(), names(groups))?;
                records.iter().try_for_each(|record| writeln!(f, "  {record}"))
            }
            Answer::Changes(told) => told.fmt(f),
            Answer::Groups(groups) => {
                let groups: Vec<String> =
                    groups.iter().map(|(name, count)| format!("{} {count}", quoted(name))).collect();
                writeln!(f, "groups: {}", groups.join(", "))
            }
            Answer::Applied { ids } => {
                let ids: Vec<String> =
                    ids.iter().map(|id| id.map_or("-".to_owned(), |id| id.to_string())).collect();
                writeln!(f, "applied: {}", ids.join(" "))
            }
            Answer::NotApplied { command, item, refusal } => match item {
                Some(item) => writeln!(f, "not applied: item {item} of command {command}: {refusal:?}"),
                None => writeln!(f, "not applied: command {command}: {refusal:?}"),
            },
            Answer::Layout(layout) => {
                let (groups, conversations) = layout.counts();
                writeln!(f, "layout of {groups} groups and {conversations} conversations")
            }
            Answer::Done => writeln!(f, "done"),
        }
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.reset { "everything" } else { "changes" };
        let revision = self.cursor.revision;
        writeln!(f, "{kind} up to {revision}{}", if self.more { ", more to come" } else { "" })?;
        for (id, name, order, ex) in &self.groups {
            write!(f, "  group {id} {}, order {order}", quoted(name))?;
            if !ex.is_empty() {
                write!(f, ", ex {}", quoted(ex))?;
            }
            writeln!(f)?;
        }
        self.removed_groups.iter().try_for_each(|id| writeln!(f, "  no group {id}"))?;
        self.records.iter().try_for_each(|record| writeln!(f, "  {record}"))?;
        self.removed.iter().try_for_each(|name| writeln!(f, "  no {}", quoted(name)))
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{} {}:", self.number, quoted(&self.name))?;
        if !self.groups.is_empty() {
            write!(f, " in")?;
            self.groups.iter().try_for_each(|id| write!(f, " {id}"))?;
            write!(f, ",")?;
        }
        if self.bits != 0 {
            write!(f, " bits")?;
            let bits = (0..64).filter(|bit| self.bits >> bit & 1 == 1);
            bits.into_iter().try_for_each(|bit| write!(f, " {bit}"))?;
            write!(f, ",")?;
        }
        if !self.custom.is_empty() {
            write!(f, " custom {},", quoted(&self.custom))?;
        }
        write!(f, " at {}", self.timestamp)
    }
}

fn shown(records: &[Found<'_>]) -> Vec<Shown> {
    let mut all = Vec::new();
    for found in records {
        all.push(Shown {
            name: found.conversation.peer().to_owned(),
            number: found.record.number,
            groups: found.group_ids().map(|id| id.0).collect(),
            bits: found.record.standard_mark.0,
            custom: found.record.custom_mark.as_str().to_owned(),
            timestamp: found.record.timestamp,
        });
    }
    all
}

fn named(group: &Group) -> (u32, String) {
    (group.id.0, group.name.as_str().to_owned())
}

fn list(results: &[ItemResult]) -> String {
    let texts: Vec<String> = results
        .iter()
        .map(|result| match result {
            Ok(()) => "ok".to_owned(),
            Err(refusal) => format!("{refusal:?}"),
        })
        .collect();
    format!("[{}]", texts.join(", "))
}

fn names(groups: &[(u32, String)]) -> String {
    if groups.is_empty() {
        return " none".to_owned();
    }
    groups.iter().fold(String::new(), |text, (id, name)| format!("{text} {id} {}", quoted(name)))
}
