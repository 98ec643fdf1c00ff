//! What a user has, in the one form in which both sides are compared: groups in order of id, records in the order in
//! which they were made, and no record that says nothing.

use std::borrow::Cow;

use foldmark_wire::contact::Contact;
use foldmark_wire::marks::StandardMark;
use foldmark_wire::transfer::{ConversationPart, Digest, GroupPart, Line, Totals, UserLine};

/// The groups and records of a user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Content {
    /// Ids and names, ascending.
    pub(super) groups: Vec<(u32, String)>,
    /// In order of creation.
    pub(super) records: Vec<Record>,
}

/// What is kept of one conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) contact: Contact<'static>,
    pub(super) timestamp: u64,
    pub(super) standard_mark: u64,
    pub(super) custom_mark: String,
    /// Ids of groups, ascending.
    pub(super) groups: Vec<u32>,
}

/// A user as the Foldmark has him.
#[derive(Clone, Debug)]
pub(super) struct Present {
    pub(super) user: String,
    pub(super) imported: bool,
    pub(super) nick: String,
    pub(super) face_url: String,
    pub(super) next_group_id: u32,
    pub(super) next_number: u32,
    pub(super) content: Content,
    /// Those groups that have an order or an `Ex`, which the calls of the protocol do not tell of.
    pub(super) looks: Vec<GroupPart<'static>>,
}

impl Content {
    pub(super) fn is_empty(&self) -> bool {
        self.groups.is_empty() && self.records.is_empty()
    }

    /// Equal for equal contents.
    pub(super) fn digest(&self) -> Digest {
        let nobody = Present::nobody("", false);
        let line = self.line(&nobody, 0);
        let mut totals = Totals::default();
        totals.add(&line, &line.to_text());
        totals.digest
    }

    /// The line that puts this to the user whom the Foldmark has as `present`: his profile stays, and the order and
    /// `Ex` of groups that stay, and no number that he ever had is given again.
    pub(super) fn line<'a>(&'a self, present: &'a Present, sdkappid: u32) -> Line<'a> {
        let groups = self.groups.iter().map(|(id, name)| {
            let kept = present.looks.iter().find(|kept| kept.id == *id && kept.name == *name);
            let (order, ex) = kept.map_or((0, ""), |kept| (kept.order, kept.ex.as_ref()));
            GroupPart { order, ex: ex.into(), ..GroupPart::new(*id, name.as_str()) }
        });
        let numbers = present.next_number..;
        let conversations = self.records.iter().zip(numbers).map(|(record, number)| ConversationPart {
            contact: record.contact.borrowed(),
            number,
            timestamp: record.timestamp,
            standard_mark: StandardMark(record.standard_mark),
            custom_mark: record.custom_mark.as_str().into(),
            groups: record.groups.clone(),
        });
        let above = self.groups.last().map_or(1, |(id, _)| id.saturating_add(1));
        Line::User(UserLine {
            sdkappid,
            id: present.user.as_str().into(),
            imported: present.imported,
            nick: present.nick.as_str().into(),
            face_url: present.face_url.as_str().into(),
            next_group_id: above.max(present.next_group_id),
            next_number: present.next_number.saturating_add(self.records.len() as u32),
            groups: groups.collect(),
            conversations: conversations.collect(),
        })
    }
}

impl Record {
    /// Whether anything is kept at all.
    pub(super) fn is_empty(&self) -> bool {
        self.groups.is_empty() && !self.is_marked()
    }

    pub(super) fn is_marked(&self) -> bool {
        self.standard_mark != 0 || !self.custom_mark.is_empty()
    }
}

impl Present {
    /// A user of whom nothing is known yet.
    pub(super) fn nobody(user: &str, imported: bool) -> Present {
        Present {
            user: user.to_owned(),
            imported,
            nick: String::new(),
            face_url: String::new(),
            next_group_id: 1,
            next_number: 0,
            content: Content::default(),
            looks: Vec::new(),
        }
    }
}

impl From<&UserLine<'_>> for Present {
    fn from(line: &UserLine<'_>) -> Present {
        let mut parts: Vec<&ConversationPart<'_>> = line.conversations.iter().collect();
        parts.sort_unstable_by_key(|part| part.number);
        let mut groups: Vec<(u32, String)> =
            line.groups.iter().map(|group| (group.id, group.name.as_ref().to_owned())).collect();
        groups.sort_unstable();
        Present {
            user: line.id.as_ref().to_owned(),
            imported: line.imported,
            nick: line.nick.as_ref().to_owned(),
            face_url: line.face_url.as_ref().to_owned(),
            next_group_id: line.next_group_id,
            next_number: line.next_number,
            content: Content { groups, records: parts.into_iter().map(record).collect() },
            looks: looks(line),
        }
    }
}

fn looks(line: &UserLine<'_>) -> Vec<GroupPart<'static>> {
    let special = line.groups.iter().filter(|group| group.order != 0 || !group.ex.is_empty());
    let owned = special.map(|group| GroupPart {
        order: group.order,
        ex: group.ex.as_ref().to_owned().into(),
        ..GroupPart::new(group.id, group.name.as_ref().to_owned())
    });
    owned.collect()
}

fn record(part: &ConversationPart<'_>) -> Record {
    let mut groups = part.groups.clone();
    groups.sort_unstable();
    let contact = match &part.contact {
        Contact::User(peer) => Contact::User(Cow::Owned(peer.as_ref().to_owned())),
        Contact::ChatGroup(peer) => Contact::ChatGroup(Cow::Owned(peer.as_ref().to_owned())),
    };
    Record {
        contact,
        timestamp: part.timestamp,
        standard_mark: part.standard_mark.0,
        custom_mark: part.custom_mark.as_ref().to_owned(),
        groups,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_on_and_the_profile_stays() {
        let record = Record {
            contact: Contact::User("peer".into()),
            timestamp: 7,
            standard_mark: 1,
            custom_mark: String::new(),
            groups: vec![4],
        };
        let content = Content { groups: vec![(4, "work".to_owned())], records: vec![record] };
        let present = Present {
            nick: "Ann".to_owned(),
            next_group_id: 3,
            next_number: 9,
            ..Present::nobody("u", true)
        };
        let Line::User(line) = content.line(&present, 7) else { panic!("a user") };
        assert_eq!((line.next_group_id, line.next_number, line.nick.as_ref()), (5, 10, "Ann"));
        assert_eq!(line.conversations[0].number, 9);
        let again = Present::from(&line);
        assert_eq!((&again.content, again.content.digest()), (&content, content.digest()));
        assert_ne!(Content::default().digest(), content.digest());
    }

    #[test]
    fn groups_that_stay_keep_their_order_and_ex() {
        let content = |name: &str| Content {
            groups: vec![(4, "work".to_owned()), (5, name.to_owned())],
            records: Vec::new(),
        };
        let kept = |name: &'static str| GroupPart { order: 2, ex: "red".into(), ..GroupPart::new(5, name) };
        let present = Present { looks: vec![kept("home")], ..Present::nobody("u", true) };
        let here = content("home");
        let Line::User(line) = here.line(&present, 7) else { panic!("a user") };
        assert_eq!(line.groups, [GroupPart::new(4, "work"), kept("home")]);
        assert_eq!(Present::from(&line).looks, [kept("home")]);
        let other = content("another one");
        let Line::User(line) = other.line(&present, 7) else { panic!("a user") };
        assert_eq!(line.groups[1], GroupPart::new(5, "another one"));
    }
}
