//! Those who follow a user, each with a copy of his own: one asks by `get_changes` again and again, one watches. Both
//! go on from the place behind what they were told last, and note everything that they are told.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use foldmark_client::{Client, Code, ContactRecord, DescribedGroup, Error, GetChangesReply};
use foldmark_wire::contact::Contact;

use super::state::{Group, Item, Record, Shown, digest};
use crate::random::Random;

/// Before asking again when the server was not there.
const AGAIN: Duration = Duration::from_millis(20);

/// What a device keeps of a user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Copy {
    pub(super) groups: BTreeMap<u32, DescribedGroup<'static>>,
    pub(super) records: BTreeMap<Contact<'static>, ContactRecord<'static>>,
}

/// A page that a follower was told.
#[derive(Clone, Debug)]
pub(super) struct Told {
    /// The revision on which it depends.
    pub(super) revision: u64,
    /// Whether he had to forget everything first.
    pub(super) reset: bool,
    /// What was told, and what it is now; `None`: it is gone.
    pub(super) items: Vec<(Item, Option<u64>)>,
    /// What the copy showed with it, if there was no more.
    pub(super) shown: Option<u64>,
}

/// How often a follower was interrupted.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Interrupted {
    /// He was not answered, or his watch ended.
    pub(super) failed: u64,
    /// The account was not there.
    pub(super) away: u64,
    /// He left by himself and came back.
    pub(super) left: u64,
}

/// One who follows.
pub(super) struct Follower {
    user: String,
    random: Random,
    copy: Copy,
    /// Behind what he was told last.
    place: Option<String>,
    told: Vec<Told>,
    interrupted: Interrupted,
    signs: Arc<Signs>,
}

/// What a follower lets others know, and they him.
#[derive(Debug, Default)]
pub(super) struct Signs {
    /// The revision at which his copy was whole last.
    pub(super) reached: AtomicU64,
    /// Whether he may end.
    pub(super) enough: AtomicBool,
}

/// What is left of a follower.
pub(super) struct Followed {
    pub(super) copy: Copy,
    pub(super) told: Vec<Told>,
    pub(super) interrupted: Interrupted,
}

impl Copy {
    /// Applies a page, as the documentation says. Gives what it told.
    pub(super) fn apply(&mut self, page: GetChangesReply<'static>) -> Vec<(Item, Option<u64>)> {
        let mut items = Vec::new();
        if page.reset {
            *self = Copy::default();
        }
        for group in page.groups {
            items.push((Item::Group(group.id), Some(digest(&shown_group(&group)))));
            self.groups.insert(group.id, group);
        }
        for record in page.contacts {
            items.push((Item::Record(record.contact.clone()), Some(digest(&shown_record(&record)))));
            self.records.insert(record.contact.clone(), record);
        }
        for id in page.removed_groups {
            items.push((Item::Group(id), None));
            self.groups.remove(&id);
        }
        for contact in page.removed {
            self.records.remove(&contact);
            items.push((Item::Record(contact), None));
        }
        items
    }

    /// What a device shows of it.
    pub(super) fn shown(&self) -> Shown {
        let mut groups: Vec<&DescribedGroup<'_>> = self.groups.values().collect();
        groups.sort_by_key(|group| (group.order, group.id));
        let records = self.records.iter();
        Shown {
            groups: groups.into_iter().map(shown_group).collect(),
            records: records.map(|(contact, record)| (contact.clone(), shown_record(record))).collect(),
        }
    }
}

fn shown_group(group: &DescribedGroup<'_>) -> Group {
    Group { id: group.id, name: group.name.clone().into_owned(), ex: group.ex.clone().into_owned() }
}

fn shown_record(record: &ContactRecord<'_>) -> Record {
    Record {
        mark: record.standard_mark.0,
        custom: record.custom_mark.clone().into_owned(),
        groups: record.group_ids.iter().copied().collect(),
    }
}

impl Follower {
    /// One who knows nothing yet.
    pub(super) fn new(user: &str, random: Random, signs: Arc<Signs>) -> Follower {
        Follower {
            user: user.to_owned(),
            random,
            copy: Copy::default(),
            place: None,
            told: Vec::new(),
            interrupted: Interrupted::default(),
            signs,
        }
    }

    /// Asks again and again.
    pub(super) async fn ask(mut self, client: Client) -> Result<Followed, String> {
        while !self.is_enough() {
            let limit = match self.random.below(6) {
                0 => self.random.between(1, 20),
                1 | 2 => 100,
                _ => self.random.between(50, 500),
            };
            match client.get_changes(&self.user, self.place.as_deref(), Some(limit)).await {
                Ok(page) => {
                    let revision = page.revision.ok_or("a page without a revision")?;
                    if !self.take(revision, page.value) {
                        self.pause(30, 700).await;
                    }
                }
                Err(error) => self.interrupted(&error).await?,
            }
        }
        Ok(self.end())
    }

    /// Watches. Now and then he closes the watch, is away for a while, and watches again from where he was.
    pub(super) async fn watch(mut self, client: Client) -> Result<Followed, String> {
        while !self.is_enough() {
            let mut watch = client.watch(&self.user, self.place.as_deref());
            let mut has_begun = false;
            while !self.is_enough() {
                // Waiting is given up again and again, which the watch has to put up with.
                let patience = Duration::from_millis(self.random.between(1, 100));
                let is_leaving = match tokio::time::timeout(patience, watch.try_next()).await {
                    Err(_) => self.random.once_in(60),
                    Ok(Ok(Some(changes))) => {
                        has_begun = true;
                        self.take(changes.revision, changes.page);
                        self.random.once_in(150)
                    }
                    Ok(Ok(None)) => return Err("a watch ended without an error".to_owned()),
                    Ok(Err(error)) if has_begun && error.is_retryable() => {
                        return Err(format!("a watch did not come back by itself: {error}"));
                    }
                    Ok(Err(error)) => {
                        self.interrupted(&error).await?;
                        break;
                    }
                };
                if is_leaving {
                    self.interrupted.left += 1;
                    self.pause(300, 600).await;
                    break;
                }
            }
        }
        Ok(self.end())
    }

    /// Applies what he is told. Gives whether there is more.
    fn take(&mut self, revision: u64, page: GetChangesReply<'static>) -> bool {
        let (reset, more) = (page.reset, page.more);
        self.place = Some(page.cursor.clone().into_owned());
        let items = self.copy.apply(page);
        let shown = (!more).then(|| digest(&self.copy.shown()));
        self.told.push(Told { revision, reset, items, shown });
        if !more {
            self.signs.reached.store(revision, Ordering::Relaxed);
        }
        more
    }

    /// What a killed server and a deleted account do to a follower. Everything else must not be.
    async fn interrupted(&mut self, error: &Error) -> Result<(), String> {
        match error.code() {
            Some(Code::NotImported) => self.interrupted.away += 1,
            _ if error.is_retryable() => self.interrupted.failed += 1,
            _ => return Err(format!("following {} fails: {error}", self.user)),
        }
        tokio::time::sleep(AGAIN).await;
        Ok(())
    }

    /// Mostly a short pause, and now and then a long one, in which much happens.
    async fn pause(&mut self, short: u64, long: u64) {
        let most = if self.random.once_in(15) { long } else { short };
        tokio::time::sleep(Duration::from_millis(self.random.below(most))).await;
    }

    fn is_enough(&self) -> bool {
        self.signs.enough.load(Ordering::Relaxed)
    }

    fn end(self) -> Followed {
        Followed { copy: self.copy, told: self.told, interrupted: self.interrupted }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn page(fields: &serde_json::Value) -> GetChangesReply<'static> {
        let mut page = json!({ "Cursor": "" });
        page.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        serde_json::from_value(page).unwrap()
    }

    #[test]
    fn a_copy_shows_what_it_was_told() {
        let mut copy = Copy::default();
        let told = copy.apply(page(&json!({
            "Reset": true,
            "GroupItem": [{ "GroupName": "a", "GroupId": 1, "Order": 2 }, { "GroupName": "b", "GroupId": 2, "Order": 1 }],
            "ContactItem": [{ "Type": 1, "To_Account": "x", "StandardMark": "101", "ContactGroupId": [2], "Timestamp": 1 },
                { "Type": 2, "ToGroupId": "x", "StandardMark": "", "CustomMark": "c", "Timestamp": 1 }],
        })));
        assert!(told.len() == 4 && told.iter().all(|(_, state)| state.is_some()), "{told:?}");
        let shown = copy.shown();
        let names: Vec<_> = shown.groups.iter().map(|group| &*group.name).collect();
        assert_eq!(names, ["b", "a"]);
        assert_eq!(shown.records[&Contact::user("x")].mark, 5);
        assert_eq!(shown.records[&Contact::chat_group("x")].custom, "c");

        let told = copy.apply(page(&json!({
            "RemovedItem": [{ "Type": 1, "To_Account": "x" }, { "Type": 1, "To_Account": "y" }], "RemovedGroupId": [1],
        })));
        assert!(told.len() == 3 && told.iter().all(|(_, state)| state.is_none()), "{told:?}");
        assert_eq!((copy.groups.len(), copy.records.len()), (1, 1));
        copy.apply(page(&json!({ "Reset": true })));
        assert_eq!(copy, Copy::default());
    }
}
