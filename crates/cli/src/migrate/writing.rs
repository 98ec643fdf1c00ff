//! Writing a user by the service's calls: what is missing there, and nothing else, so that writing twice is harmless.

use foldmark_client::{AccountImport, MarkItem, MarkKind, MemberChange, MemberItem};
use foldmark_wire::contact::Contact;
use foldmark_wire::devices::GroupEx;
use foldmark_wire::limits::{CONVERSATIONS_PER_CALL_MAX, GROUPS_PER_ORDER_MAX};

use crate::failure::Failure;
use crate::migrate::compare::{by_contact, common_order, exs, ids_by_name, names_of};
use crate::migrate::content::{Content, Record};
use crate::migrate::remote::{Remote, RemoteError};

/// What a user lacks at the service.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Plan<'a> {
    /// Groups to make, in the order of their ids here, with all members.
    creates: Vec<Members<'a>>,
    /// Members to add to groups that are there.
    adds: Vec<Members<'a>>,
    marks: Vec<MarkItem<'a>>,
    /// All groups in their order, if they are shown in another one there.
    order: Vec<&'a str>,
    exs: Vec<GroupEx<'a>>,
}

/// A group's name, and conversations.
type Members<'a> = (&'a str, Vec<Contact<'a>>);

impl<'a> Plan<'a> {
    /// What `theirs` lacks of `ours`.
    pub(super) fn new(ours: &'a Content, theirs: &Content) -> Plan<'a> {
        let mut plan = Plan::default();
        let (their_groups, their_records) = (ids_by_name(theirs), by_contact(theirs));
        for (id, name) in &ours.groups {
            let is_there = their_groups.contains_key(name.as_str());
            let is_missing = |record: &&Record| {
                let other = their_records.get(&record.contact);
                let has = other.is_some_and(|other| names_of(other, theirs).contains(name.as_str()));
                record.groups.contains(id) && !has
            };
            let members: Vec<Contact<'_>> =
                ours.records.iter().filter(is_missing).map(|record| record.contact.borrowed()).collect();
            match (is_there, members.is_empty()) {
                (false, _) => plan.creates.push((name, members)),
                (true, false) => plan.adds.push((name, members)),
                (true, true) => {}
            }
        }
        for record in &ours.records {
            plan.marks.extend(mark(record, their_records.get(&record.contact).copied()));
        }
        if theirs.looks.is_some() {
            plan.show(ours, theirs);
        }
        plan
    }

    /// Plans how groups are shown, also those that are made. An `Ex` that only the service has stays.
    fn show(&mut self, ours: &'a Content, theirs: &Content) {
        let created: Vec<&str> = self.creates.iter().map(|(name, _)| *name).collect();
        let (_, there) = common_order(ours, theirs);
        let wanted = ours.names_in_order();
        if !there.iter().chain(&created).eq(&wanted) {
            self.order = wanted;
        }
        let item = |name: &'a str, ex: String| GroupEx { name: name.into(), ex: ex.into() };
        for (id, name) in &ours.groups {
            if created.contains(&name.as_str()) {
                self.exs.push(item(name, ours.look(*id).ex));
            }
        }
        self.exs.extend(exs(ours, theirs).into_iter().map(|(name, ex, _)| item(name, ex)));
        self.exs.retain(|group| !group.ex.is_empty());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.creates.is_empty()
            && self.adds.is_empty()
            && self.marks.is_empty()
            && self.order.is_empty()
            && self.exs.is_empty()
    }
}

/// The change that gives a conversation the marks of `ours`.
fn mark<'a>(ours: &'a Record, theirs: Option<&Record>) -> Option<MarkItem<'a>> {
    let (bits, text) = theirs.map_or((0, ""), |record| (record.standard_mark, record.custom_mark.as_str()));
    let kind = match (ours.standard_mark != bits, ours.custom_mark != text) {
        (false, false) => return None,
        (true, false) => MarkKind::Standard,
        (false, true) => MarkKind::Custom,
        (true, true) => MarkKind::Both,
    };
    let custom = (kind != MarkKind::Standard).then(|| ours.custom_mark.as_str().into());
    let (clear, set) = match kind {
        MarkKind::Custom => (0, 0),
        MarkKind::Standard | MarkKind::Both => (bits & !ours.standard_mark, ours.standard_mark & !bits),
    };
    Some(MarkItem { kind, contact: ours.contact.borrowed(), clear, set, custom })
}

/// Carries the plan out. Gives back why the first item was refused that was.
pub(super) async fn write(
    remote: &Remote,
    user: &str,
    plan: &Plan<'_>,
) -> Result<Option<String>, RemoteError> {
    let client = &remote.client;
    let mut refusal = None;
    let mut note = |contact: &Contact<'_>, code: i32, info: &str| {
        if code != 0 && refusal.is_none() {
            refusal = Some(format!("conversation {:?}: {info} ({code})", contact.peer()));
        }
    };
    let mut adds: Vec<(&str, &[Contact<'_>])> = Vec::new();
    for (name, members) in &plan.creates {
        let (first, more) = members.split_at(members.len().min(CONVERSATIONS_PER_CALL_MAX));
        let reply = remote.ask(|| client.create_contact_group(user, name, first)).await?;
        for result in reply.groups.iter().flat_map(|group| &group.results) {
            note(&result.contact, result.code, &result.info);
        }
        adds.push((name, more));
    }
    adds.extend(plan.adds.iter().map(|(name, members)| (*name, members.as_slice())));
    for (name, members) in adds {
        for batch in members.chunks(CONVERSATIONS_PER_CALL_MAX) {
            let item = |contact: &Contact<'_>| MemberItem {
                change: MemberChange::Add,
                contact: contact.clone().into_owned(),
            };
            let items: Vec<MemberItem<'_>> = batch.iter().map(item).collect();
            let reply = remote.ask(|| client.change_members(user, name, &items)).await?;
            for result in &reply.result.results {
                note(&result.contact, result.code, &result.info);
            }
        }
    }
    for batch in plan.marks.chunks(CONVERSATIONS_PER_CALL_MAX) {
        let reply = remote.ask(|| client.mark_contact(user, batch)).await?;
        for result in &reply.results {
            note(&result.contact, result.code, &result.info);
        }
    }
    if !plan.order.is_empty() {
        remote.ask(|| client.set_group_order(user, &plan.order)).await?;
    }
    for batch in plan.exs.chunks(GROUPS_PER_ORDER_MAX) {
        remote.ask(|| client.set_group_ex(user, batch)).await?;
    }
    Ok(refusal)
}

/// Imports at most 100 accounts; gives back those that were refused.
pub(super) async fn import_accounts(
    remote: &Remote,
    accounts: &[AccountImport<'_>],
) -> Result<Vec<String>, Failure> {
    let import = || async {
        let refused = remote.client.accounts_import(accounts).await?;
        Ok(foldmark_client::Reply { value: refused, revision: None })
    };
    let reply = remote.ask(import).await?;
    Ok(reply.fail_accounts.into_iter().map(|account| account.into_owned()).collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::migrate::content;

    fn record(peer: &'static str, mark: u64, custom: &str, groups: &[u32]) -> Record {
        Record {
            contact: Contact::User(peer.into()),
            timestamp: 0,
            standard_mark: mark,
            custom_mark: custom.to_owned(),
            groups: groups.to_vec(),
        }
    }

    #[test]
    fn only_what_is_missing_is_written() {
        let ours = Content {
            groups: vec![(2, "a".to_owned()), (5, "b".to_owned()), (9, "empty".to_owned())],
            records: vec![
                record("x", 0b110, "c", &[2, 5]),
                record("y", 1, "", &[]),
                record("z", 0, "", &[5]),
            ],
            looks: Some(content::looks([(2, 3, "red"), (5, 2, ""), (9, 1, "")].into_iter())),
        };
        let theirs = Content {
            groups: vec![(1, "b".to_owned()), (2, "more".to_owned())],
            records: vec![
                record("x", 0b011, "c", &[2]),
                record("z", 0, "old", &[1]),
                record("w", 1, "", &[]),
            ],
            looks: None,
        };
        let plan = Plan::new(&ours, &theirs);
        let contact = |peer: &'static str| Contact::User(peer.into());
        assert_eq!(plan.creates, [("a", vec![contact("x")]), ("empty", vec![])]);
        assert_eq!(plan.adds, [("b", vec![contact("x")])]);
        let marks: Vec<_> =
            plan.marks.iter().map(|item| (item.contact.peer(), item.kind, item.clear, item.set)).collect();
        assert_eq!(
            marks,
            [
                ("x", MarkKind::Standard, 1, 0b100),
                ("y", MarkKind::Standard, 0, 1),
                ("z", MarkKind::Custom, 0, 0)
            ]
        );
        assert_eq!(plan.marks[2].custom.as_deref(), Some(""));
        assert!(Plan::new(&ours, &ours).is_empty());
        assert!(plan.order.is_empty() && plan.exs.is_empty(), "the service could not be told");

        let theirs = Content { looks: Some(content::looks([(1, 0, "blue")].into_iter())), ..theirs };
        let plan = Plan::new(&ours, &theirs);
        assert_eq!(plan.order, ["empty", "b", "a"]);
        assert_eq!(plan.exs, [GroupEx { name: "a".into(), ex: "red".into() }], "blue stays");
        let plain = Content { looks: Some(BTreeMap::new()), ..ours.clone() };
        assert!(!Plan::new(&ours, &plain).is_empty());
        assert!(Plan::new(&ours, &Content { looks: None, ..plain }).is_empty());
    }
}
