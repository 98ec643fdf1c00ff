//! What `decide` sees: one subject as it was stored at one revision, and what was found out about others.

use crate::command::{Command, Filter, Reads};
use crate::format::chat_group::{self, ChatGroupHead};
use crate::format::head::{self, UserHead};
use crate::format::record::{self, Record, Row};
use crate::format::request_key::{self, KeptCall, LIST_KEY, ListedKey};
use crate::format::{Corrupt, HEAD_KEY};
use crate::limits;
use crate::policy::Policy;
use crate::stored::Stored;
use crate::subject::{
    ChatGroupId, Conversation, Kind, RequestKey, Revision, RowKey, Subject, SubjectKind, UserId,
};

/// One subject, decoded.
#[derive(Clone, Debug)]
pub struct View<'a> {
    /// Whom this is about.
    pub subject: Subject<'a>,
    /// The revision that was read.
    pub revision: Revision,
    /// How much was read.
    pub reads: Reads,
    head: Option<Head>,
    /// In ascending order.
    rows: Vec<(Conversation<'a>, Row)>,
    /// The calls that are remembered by their keys, in ascending order of key.
    kept_calls: Vec<(RequestKey<'a>, KeptCall)>,
    /// All such keys, oldest first.
    listed_keys: Vec<ListedKey>,
    /// The conversations whose other side was asked about, in ascending order.
    asked: Vec<Conversation<'a>>,
    /// Of these, those where it does not exist, in ascending order.
    absent: Vec<Conversation<'a>>,
}

#[derive(Clone, Debug)]
enum Head {
    User(UserHead),
    ChatGroup(ChatGroupHead),
}

impl<'a> View<'a> {
    /// Decodes what a store gave, checking every checksum.
    pub fn decode(subject: Subject<'a>, stored: &'a Stored, reads: Reads) -> Result<View<'a>, Corrupt> {
        let revision = stored.revision();
        let head = match (stored.head(), subject.kind()) {
            (None, _) => None,
            (Some(value), SubjectKind::User) => Some(Head::User(head::decode(subject, revision, value)?)),
            (Some(value), SubjectKind::ChatGroup) => {
                Some(Head::ChatGroup(chat_group::decode(subject, revision, value)?))
            }
        };
        let mut rows = Vec::with_capacity(stored.rows().len());
        let (mut kept_calls, mut listed_keys) = (Vec::new(), Vec::new());
        for row in stored.rows() {
            if row.key == LIST_KEY {
                listed_keys = request_key::decode_list(subject, row.value)?;
                continue;
            }
            if row.key.kind == Kind::REQUEST_KEY {
                let key = request_key_of(row.key)
                    .ok_or_else(|| Corrupt::new(subject, row.key, "the key is none of a request"))?;
                kept_calls.push((key, request_key::decode(subject, row.key, row.value)?));
                continue;
            }
            let conversation = conversation_of(row.key.kind, row.key.key)
                .ok_or_else(|| Corrupt::new(subject, row.key, "the key names no conversation"))?;
            rows.push((conversation, record::decode(subject, row.key, row.value)?));
        }
        let (asked, absent) = (Vec::new(), Vec::new());
        let view = View { subject, revision, reads, head, rows, kept_calls, listed_keys, asked, absent };
        view.check_groups()?;
        Ok(view)
    }

    /// The conversations whose other side still has to be looked up before `command` is decided on this view, each
    /// once. Answers may lead to further questions; when there are none left, it can be decided.
    pub fn questions(&self, command: &Command<'a>, policy: &Policy) -> Vec<Conversation<'a>> {
        let mut questions = command.questions(policy);
        questions.retain(|conversation| self.asked.binary_search(conversation).is_err());
        questions.extend(self.further_questions(command));
        sort_each_once(&mut questions);
        questions
    }

    /// Those questions that the command does not ask by itself: what was read leads to them.
    pub fn further_questions(&self, command: &Command<'a>) -> Vec<Conversation<'a>> {
        if self.reads < Reads::WholeWithChatGroups {
            return Vec::new();
        }
        let mut questions = match command {
            Command::Guarded { command, .. } => return self.further_questions(command),
            Command::GetPage { start } => {
                self.page_questions(*start, limits::RECORDS_PER_PAGE, &Filter::default())
            }
            Command::ListConversations { filter, start, limit } => {
                self.page_questions(*start, *limit, filter)
            }
            _ => self.records().map(|(conversation, _)| conversation).filter(is_chat_group).collect(),
        };
        questions.retain(|conversation| self.asked.binary_search(conversation).is_err());
        sort_each_once(&mut questions);
        questions
    }

    /// Asks about as many records as a page shows and one more, which tells whether a page follows. Those that turn
    /// out to be hidden make room for others.
    fn page_questions(&self, start: u64, limit: usize, filter: &Filter<'_>) -> Vec<Conversation<'a>> {
        let slot = filter.group.and_then(|name| self.user()?.group_named(name)).map(|group| group.slot);
        let from_start = self.records().filter(|(_, record)| u64::from(record.number) >= start);
        let from_start =
            from_start.filter(|(conversation, record)| filter.admits(*conversation, record, slot));
        let mut shown: Vec<_> = from_start
            .filter(|(conversation, _)| !self.is_absent(*conversation))
            .map(|(conversation, record)| (record.number, conversation))
            .collect();
        keep_lowest(&mut shown, limit + 1, |(number, _)| *number);
        shown.into_iter().map(|(_, conversation)| conversation).filter(is_chat_group).collect()
    }

    /// Adds what was found out: of the conversations that were asked about, those whose other side does not exist.
    #[must_use]
    pub fn with_answers(
        mut self,
        asked: impl IntoIterator<Item = Conversation<'a>>,
        absent: impl IntoIterator<Item = Conversation<'a>>,
    ) -> View<'a> {
        self.asked.extend(asked);
        self.absent.extend(absent);
        sort_each_once(&mut self.asked);
        sort_each_once(&mut self.absent);
        self
    }

    /// The conversations whose other side was asked about.
    pub fn asked(&self) -> impl Iterator<Item = Conversation<'a>> {
        self.asked.iter().copied()
    }

    /// The conversations whose other side was found not to exist.
    pub fn absent(&self) -> impl Iterator<Item = Conversation<'a>> {
        self.absent.iter().copied()
    }

    /// The user's head.
    ///
    /// # Panics
    /// If the subject is a chat group: a command about users was sent to one.
    pub fn user(&self) -> Option<&UserHead> {
        match &self.head {
            None => None,
            Some(Head::User(head)) => Some(head),
            Some(Head::ChatGroup(_)) => panic!("a command about users was sent to a chat group"),
        }
    }

    /// The chat group's head.
    ///
    /// # Panics
    /// If the subject is a user: a command about chat groups was sent to one.
    pub fn chat_group(&self) -> Option<&ChatGroupHead> {
        match &self.head {
            None => None,
            Some(Head::ChatGroup(head)) => Some(head),
            Some(Head::User(_)) => panic!("a command about chat groups was sent to a user"),
        }
    }

    /// Every row that was read, in ascending order.
    pub fn rows(&self) -> &[(Conversation<'a>, Row)] {
        &self.rows
    }

    /// Whether there is nothing beside the head, of what was read.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.kept_calls.is_empty() && self.listed_keys.is_empty()
    }

    /// The row of `conversation`.
    pub fn row(&self, conversation: Conversation<'a>) -> Option<&Row> {
        Some(&self.rows[self.position(conversation)?].1)
    }

    /// Where the row of `conversation` is among [`View::rows`].
    pub(crate) fn position(&self, conversation: Conversation<'a>) -> Option<usize> {
        self.rows.binary_search_by(|(other, _)| other.cmp(&conversation)).ok()
    }

    /// The record of `conversation`.
    pub fn record(&self, conversation: Conversation<'a>) -> Option<&Record> {
        match self.row(conversation)? {
            Row::Record(record) => Some(record),
            Row::Removal(_) => None,
        }
    }

    /// Every record that was read, in ascending order of conversation.
    pub fn records(&self) -> impl Iterator<Item = (Conversation<'a>, &Record)> {
        self.rows.iter().filter_map(|(conversation, row)| match row {
            Row::Record(record) => Some((*conversation, record)),
            Row::Removal(_) => None,
        })
    }

    /// The calls that are remembered by their keys, of those that were read.
    pub fn kept_calls(&self) -> &[(RequestKey<'a>, KeptCall)] {
        &self.kept_calls
    }

    /// The call that is remembered by `key`.
    pub fn kept_call(&self, key: RequestKey<'_>) -> Option<&KeptCall> {
        self.kept_calls.iter().find(|(other, _)| *other == key).map(|(_, call)| call)
    }

    /// The keys of all calls that are remembered, oldest first; empty if the list was not read.
    pub fn listed_keys(&self) -> &[ListedKey] {
        &self.listed_keys
    }

    /// Whether the other side of `conversation` was found not to exist.
    pub(crate) fn is_absent(&self, conversation: Conversation<'a>) -> bool {
        self.absent.binary_search(&conversation).is_ok()
    }

    /// A record must not be in a group that its user does not have, and rows need a head.
    fn check_groups(&self) -> Result<(), Corrupt> {
        if self.is_empty() {
            return Ok(());
        }
        let Some(Head::User(head)) = &self.head else {
            return Err(Corrupt::new(self.subject, HEAD_KEY, "rows without a user's head"));
        };
        let slots = head.slots().bits();
        for (conversation, record) in self.records() {
            if record.groups.bits() & !slots != 0 {
                return Err(Corrupt::new(
                    self.subject,
                    conversation.row_key(),
                    "a group that does not exist",
                ));
            }
        }
        Ok(())
    }
}

/// Keeps those `count` items that have the lowest numbers, in no order: cheaper than putting all in order.
pub(crate) fn keep_lowest<T>(items: &mut Vec<T>, count: usize, number: impl Fn(&T) -> u32) {
    if items.len() > count {
        items.select_nth_unstable_by_key(count, number);
        items.truncate(count);
    }
}

fn sort_each_once(conversations: &mut Vec<Conversation<'_>>) {
    conversations.sort_unstable();
    conversations.dedup();
}

fn is_chat_group(conversation: &Conversation<'_>) -> bool {
    matches!(conversation, Conversation::ChatGroup(_))
}

/// Whether the account is imported, or the chat group alive, of which `stored` is the head.
pub fn exists(subject: Subject<'_>, stored: &Stored) -> Result<bool, Corrupt> {
    let Some(value) = stored.head() else {
        return Ok(false);
    };
    match subject.kind() {
        SubjectKind::User => head::decode_imported(subject, stored.revision(), value),
        SubjectKind::ChatGroup => chat_group::decode_alive(subject, stored.revision(), value),
    }
}

fn request_key_of(key: RowKey<'_>) -> Option<RequestKey<'_>> {
    RequestKey::parse(std::str::from_utf8(key.key).ok()?)
}

fn conversation_of(kind: Kind, key: &[u8]) -> Option<Conversation<'_>> {
    let peer = std::str::from_utf8(key).ok()?;
    match kind {
        Kind::USER_RECORD => Some(Conversation::User(UserId::parse(peer).ok()?)),
        Kind::CHAT_GROUP_RECORD => Some(Conversation::ChatGroup(ChatGroupId::parse(peer).ok()?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::decide;
    use crate::decision::Verdict;
    use crate::mark::{CustomMark, GroupSet, StandardMark};
    use crate::policy::Context;
    use crate::subject::AppId;

    fn subject() -> Subject<'static> {
        Subject::user(AppId::new(1).unwrap(), UserId::parse("u").unwrap())
    }

    fn chat_group(id: &str) -> Conversation<'_> {
        Conversation::ChatGroup(ChatGroupId::parse(id).unwrap())
    }

    /// A user with a record about each of these chat groups, numbered from 0.
    fn stored(ids: &[&str]) -> Stored {
        let revision = Revision::new(1);
        let count = ids.len() as u32;
        let head = UserHead {
            imported: true,
            next_record_number: count,
            marked: count,
            records: count,
            ..UserHead::new(7)
        };
        let mut stored = Stored::new(revision, &head::encode(subject(), revision, &head));
        for (number, id) in (0..).zip(ids) {
            let record = Record {
                number,
                revision,
                timestamp: 1,
                standard_mark: StandardMark(1),
                custom_mark: CustomMark::default(),
                groups: GroupSet::default(),
            };
            let key = chat_group(id).row_key();
            stored.push(key, &record::encode(subject(), key, &Row::Record(record)));
        }
        stored
    }

    #[test]
    fn a_page_asks_about_the_chat_groups_that_may_be_on_it() {
        let stored = stored(&["a", "b", "c"]);
        let view = View::decode(subject(), &stored, Reads::WholeWithChatGroups).unwrap();
        let policy = Policy::default();
        let asked = |start| view.questions(&Command::GetPage { start }, &policy);
        assert_eq!(asked(0), [chat_group("a"), chat_group("b"), chat_group("c")]);
        assert_eq!(asked(2), [chat_group("c")]);
        assert_eq!(asked(3), []);
    }

    #[test]
    fn hidden_records_make_a_page_ask_about_further_ones() {
        let ids: Vec<String> = (0..150).map(|n| format!("g{n:03}")).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let stored = stored(&ids);
        let view = View::decode(subject(), &stored, Reads::WholeWithChatGroups).unwrap();
        let command = Command::GetPage { start: 10 };
        let numbers = |range: std::ops::Range<usize>| -> Vec<_> {
            ids[range].iter().map(|id| chat_group(id)).collect()
        };
        let asked = view.questions(&command, &Policy::default());
        assert_eq!(asked, numbers(10..111));
        let view = view.with_answers(asked, numbers(20..23));
        let asked = view.questions(&command, &Policy::default());
        assert_eq!(asked, numbers(111..114));
        let view = view.with_answers(asked, numbers(113..114));
        let asked = view.questions(&command, &Policy::default());
        assert_eq!(asked, numbers(114..115));
        let view = view.with_answers(asked, []);
        assert_eq!(view.questions(&command, &Policy::default()), []);
        assert_eq!(view.asked().count(), 105);
    }

    #[test]
    fn making_room_asks_about_all_chat_groups_once() {
        let stored = stored(&["a", "b", "c"]);
        let view = View::decode(subject(), &stored, Reads::WholeWithChatGroups).unwrap();
        let command = Command::CreateGroup { name: "g", members: vec![chat_group("z")] };
        let view = view.with_answers([chat_group("b"), chat_group("z")], []);
        assert_eq!(view.questions(&command, &Policy::default()), [chat_group("a"), chat_group("c")]);
    }

    #[test]
    fn what_was_found_out_is_kept() {
        let stored = stored(&["a"]);
        let view = View::decode(subject(), &stored, Reads::Whole)
            .unwrap()
            .with_answers([chat_group("a")], [chat_group("a")]);
        assert_eq!(view.absent().collect::<Vec<_>>(), [chat_group("a")]);
        assert!(view.is_absent(chat_group("a")) && !view.is_absent(chat_group("b")));
    }

    #[test]
    fn an_item_refused_for_its_peer_needs_no_more_of_the_user() {
        let stored = stored(&[]);
        let view = View::decode(subject(), &stored, Reads::Named)
            .unwrap()
            .with_answers([chat_group("a")], [chat_group("a")]);
        let command = Command::CreateGroup { name: "g", members: vec![chat_group("a")] };
        let context = Context { now: 1, random: 1, policy: Policy::default() };
        assert!(matches!(decide(&view, &command, &context), Verdict::Decided(_)));
    }

    #[test]
    fn bits_without_a_group_are_corrupt() {
        let mut stored = stored(&["a"]);
        let record = Record {
            number: 1,
            revision: Revision::new(1),
            timestamp: 1,
            standard_mark: StandardMark(1),
            custom_mark: CustomMark::default(),
            groups: GroupSet::from_bits(1),
        };
        let key = chat_group("b").row_key();
        stored.push(key, &record::encode(subject(), key, &Row::Record(record)));
        let error = View::decode(subject(), &stored, Reads::Whole).unwrap_err();
        assert!(error.to_string().ends_with("a group that does not exist"), "{error}");
    }
}
