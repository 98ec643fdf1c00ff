//! What a user has, in the one form in which both sides are compared: groups in order of id, records in the order in
//! which they were made, and no record that says nothing.

use std::borrow::Cow;
use std::collections::BTreeMap;

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
    /// Of those groups that have a place or an `Ex`, by their ids. `None`: the service has no calls that tell.
    pub(super) looks: Option<BTreeMap<u32, Look>>,
}

/// How a user interface shows a group, which only calls of Foldmark's own tell of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Look {
    /// Groups are shown in ascending order of this, then of their ids.
    pub(super) order: u32,
    pub(super) ex: String,
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

    /// Where the service does not tell of looks, those of groups that stay are as the Foldmark has them.
    pub(super) fn or_looks_of(mut self, present: &Content) -> Content {
        if self.looks.is_none() {
            let stays = |id: &u32| {
                let group = self.groups.iter().find(|(other, _)| other == id);
                group.is_some_and(|group| present.groups.contains(group))
            };
            let looks = present.looks.iter().flatten().filter(|(id, _)| stays(id));
            self.looks = Some(looks.map(|(id, look)| (*id, look.clone())).collect());
        }
        self
    }

    /// How a group is shown.
    pub(super) fn look(&self, id: u32) -> Look {
        self.looks.as_ref().and_then(|looks| looks.get(&id)).cloned().unwrap_or_default()
    }

    /// The names of the groups as a user interface shows them.
    pub(super) fn names_in_order(&self) -> Vec<&str> {
        let mut groups: Vec<(u32, &(u32, String))> =
            self.groups.iter().map(|group| (self.look(group.0).order, group)).collect();
        groups.sort_unstable();
        groups.into_iter().map(|(_, (_, name))| name.as_str()).collect()
    }

    /// The line that puts this to the user whom the Foldmark has as `present`: his profile stays, and no number that he
    /// ever had is given again.
    pub(super) fn line<'a>(&'a self, present: &'a Present, sdkappid: u32) -> Line<'a> {
        let groups = self.groups.iter().map(|(id, name)| {
            let Look { order, ex } = self.look(*id);
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
            content: Content {
                groups,
                records: parts.into_iter().map(record).collect(),
                looks: Some(looks(line.groups.iter().map(|group| (group.id, group.order, &*group.ex)))),
            },
        }
    }
}

/// The looks of those of these groups that have any: id, order, `Ex`.
pub(super) fn looks<'a>(groups: impl Iterator<Item = (u32, u32, &'a str)>) -> BTreeMap<u32, Look> {
    let special = groups.filter(|(_, order, ex)| *order != 0 || !ex.is_empty());
    special.map(|(id, order, ex)| (id, Look { order, ex: ex.to_owned() })).collect()
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
        let content = Content {
            groups: vec![(4, "work".to_owned())],
            records: vec![record],
            looks: Some(BTreeMap::new()),
        };
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
    fn groups_that_stay_keep_their_look_where_the_service_does_not_tell() {
        let groups = |name: &str| vec![(4, "work".to_owned()), (5, name.to_owned())];
        let told = |name: &str, looks| Content { groups: groups(name), looks, ..Content::default() };
        let red = Look { order: 2, ex: "red".to_owned() };
        let present = told("home", Some(BTreeMap::from([(5, red)])));
        let merged = told("home", None).or_looks_of(&present);
        assert_eq!(merged, present);
        let nobody = Present::nobody("u", true);
        let Line::User(line) = merged.line(&nobody, 7) else { panic!("a user") };
        assert_eq!((line.groups[1].order, line.groups[1].ex.as_ref()), (2, "red"));
        assert_eq!(Present::from(&line).content, merged);
        // Another group, and a service that tells.
        assert_eq!(told("another one", None).or_looks_of(&present).look(5), Look::default());
        let plain = told("home", Some(BTreeMap::new()));
        assert_eq!(plain.clone().or_looks_of(&present), plain);
    }

    #[test]
    fn groups_are_shown_in_their_order_and_then_by_their_ids() {
        let place = |order| Look { order, ex: String::new() };
        let content = Content {
            groups: vec![(1, "a".to_owned()), (2, "b".to_owned()), (3, "c".to_owned())],
            looks: Some(BTreeMap::from([(1, place(2)), (3, place(1))])),
            records: Vec::new(),
        };
        assert_eq!(content.names_in_order(), ["b", "c", "a"]);
        let digest = content.digest();
        assert_ne!(Content { looks: None, ..content }.digest(), digest);
    }
}
