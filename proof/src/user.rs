//! A writer of one user over HTTP, and the check of what the server has of him after a crash.
//!
//! A call is one commit. So after a crash each part must be exactly what was acknowledged, or exactly that with the one
//! call that was under way, and the user's revision must say which of the two.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::http::{Answer, Http};
use crate::model::{Call, Contact, Names, Part, Record};
use crate::random::Random;

/// Conversations of one search.
const SEARCH: usize = 300;

/// One writer's share of one user, and what is known about it.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    /// The user.
    pub(crate) user: String,
    /// The names that are the writer's own.
    pub(crate) names: Names,
    /// Whether nobody else writes to the user.
    pub(crate) sole: bool,
    /// What was acknowledged.
    pub(crate) part: Part,
    /// The highest revision that was acknowledged.
    pub(crate) revision: u64,
    /// The call whose outcome is not known.
    pub(crate) pending: Option<Call>,
}

/// How a call ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// Acknowledged.
    Done,
    /// Answered with this code, so that nothing has happened.
    Refused(u64),
    /// Answered 50005, which leaves it open, or not answered. The call is pending now.
    Unknown(String),
}

/// What a check found out about a pending call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// There was none.
    None,
    /// It happened, wholly.
    Landed,
    /// It did not happen, not even in part.
    Absent,
}

/// What a server has of a user.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    groups: BTreeMap<String, u64>,
    records: BTreeMap<Contact, Record>,
    revision: u64,
}

impl Slot {
    /// The share of a writer with a prefix of his own.
    pub(crate) fn new(user: &str, prefix: &str, sole: bool) -> Slot {
        // Twenty groups is the limit of a user; a shared one has up to four writers.
        let (groups, contacts) = if sole { (12, 40) } else { (4, 20) };
        Slot {
            user: user.to_owned(),
            names: Names { prefix: prefix.to_owned(), groups, contacts },
            sole,
            part: Part::default(),
            revision: 0,
            pending: None,
        }
    }

    /// Makes a call that is drawn. An error is an answer that must not be.
    pub(crate) fn write(
        &mut self,
        http: &mut Http,
        query: &str,
        random: &mut Random,
    ) -> Result<Ended, String> {
        let call = Call::draw(random, &self.part, &self.names);
        self.make(http, query, call)
    }

    /// Makes a call.
    pub(crate) fn make(&mut self, http: &mut Http, query: &str, call: Call) -> Result<Ended, String> {
        match http.call(call.command(), query, &call.body(&self.user)) {
            Err(error) => {
                self.pending = Some(call);
                Ok(Ended::Unknown(error))
            }
            Ok(answer) => match answer.code()? {
                0 => self.acknowledged(&call, &answer).map(|()| Ended::Done),
                50005 if answer.text.contains("may or may not") => {
                    self.pending = Some(call);
                    Ok(Ended::Unknown(answer.text))
                }
                code => Ok(Ended::Refused(code)),
            },
        }
    }

    fn acknowledged(&mut self, call: &Call, answer: &Answer) -> Result<(), String> {
        let json = answer.json()?;
        let refused = items(&json).find(|item| item["ResultCode"] != 0);
        if let Some(item) = refused {
            return Err(format!("an item of {} is refused: {item}", call.command()));
        }
        let count = items(&json).count();
        if count != call.items() && !matches!(call, Call::Delete { .. } | Call::Rename { .. }) {
            return Err(format!("{count} results of {} items", call.items()));
        }
        let revision = answer.revision.ok_or("an answer without a revision")?;
        if revision < self.revision {
            return Err(format!("{}: the revision went from {} to {revision}", self.user, self.revision));
        }
        self.revision = revision;
        self.part.apply(call);
        if let (Call::Create { name, .. }, Some(id)) = (call, call.group_id(&json)) {
            let known = self.part.groups.insert(name.clone(), Some(id)).flatten();
            if known.is_some_and(|known| known != id) {
                return Err(format!("the group {name} of {} has changed its id", self.user));
            }
        }
        Ok(())
    }

    /// Compares with what a server has, and goes on from there.
    pub(crate) fn check(&mut self, found: &Found) -> Result<Fate, String> {
        let theirs = found.part(&self.names);
        let wrong = |what: String| format!("{} of {}: {what}", self.names.prefix, self.user);
        let before = self.part.difference(&theirs);
        let (fate, difference) = match &self.pending {
            None => (Fate::None, before),
            Some(call) => {
                let mut after = self.part.clone();
                after.apply(call);
                let after = after.difference(&theirs);
                let landed = match self.sole {
                    true => found.revision > self.revision,
                    false => before.is_some(),
                };
                match landed {
                    true => (Fate::Landed, after),
                    false => (Fate::Absent, before),
                }
            }
        };
        if let Some(difference) = difference {
            return Err(wrong(format!(
                "{difference} (acknowledged revision {}, found {}, under way: {:?})",
                self.revision, found.revision, self.pending
            )));
        }
        let steps = u64::from(fate == Fate::Landed);
        let expected = self.revision + steps;
        if found.revision < expected || (self.sole && found.revision != expected) {
            return Err(wrong(format!("the revision is {}, not {expected}", found.revision)));
        }
        self.part = theirs;
        self.revision = found.revision;
        self.pending = None;
        Ok(fate)
    }
}

impl Found {
    /// Reads a user by pages of `get_contact_group`, and once more by searching every conversation that any of these
    /// names may have. The two must agree.
    pub(crate) fn read(http: &mut Http, query: &str, user: &str, names: &[&Names]) -> Result<Found, String> {
        let mut found = Found::default();
        let mut start = 0;
        loop {
            let body = json!({"From_Account": user, "StartIndex": start});
            let answer = http.call("recentcontact/get_contact_group", query, &body)?;
            let page = succeeded(&answer)?;
            found.revision = answer.revision.ok_or("an answer without a revision")?;
            found.groups = groups(&page)?;
            let records = page["ContactItem"].as_array().ok_or("a page without records")?;
            for record in records {
                let (contact, record) = read_record(record, &found.groups)?;
                if found.records.insert(contact.clone(), record).is_some() {
                    return Err(format!("{user}: the record of {} comes twice", contact.peer));
                }
            }
            if page["CompleteFlag"] == 1 {
                break;
            }
            let next = page["NextStartIndex"].as_u64().filter(|next| *next > start);
            start = next.ok_or("a page without an end")?;
        }
        let known = |name: &str| names.iter().any(|names| names.own(name));
        let peers = found.records.keys().map(|contact| contact.peer.as_str());
        if let Some(name) = found.groups.keys().map(String::as_str).chain(peers).find(|name| !known(name)) {
            return Err(format!("{user}: nobody has ever written {name}"));
        }
        let searched = search(http, query, user, names)?;
        if searched != found.records {
            return Err(format!(
                "{user}: search_contact_group and get_contact_group disagree: {searched:?}, {:?}",
                found.records
            ));
        }
        Ok(found)
    }

    fn part(&self, names: &Names) -> Part {
        let groups = self.groups.iter().filter(|(name, _)| names.own(name));
        let records = self.records.iter().filter(|(contact, _)| names.own(&contact.peer));
        Part {
            groups: groups.map(|(name, id)| (name.clone(), Some(*id))).collect(),
            records: records.map(|(contact, record)| (contact.clone(), record.clone())).collect(),
        }
    }
}

fn search(
    http: &mut Http,
    query: &str,
    user: &str,
    names: &[&Names],
) -> Result<BTreeMap<Contact, Record>, String> {
    let contacts: Vec<Contact> =
        names.iter().flat_map(|names| (0..names.contacts).map(|number| names.contact(number))).collect();
    let mut found = BTreeMap::new();
    for contacts in contacts.chunks(SEARCH) {
        let contacts: Vec<Value> = contacts.iter().map(Contact::json).collect();
        let body = json!({"From_Account": user, "ContactItem": contacts});
        let answer = http.call("recentcontact/search_contact_group", query, &body)?;
        let page = succeeded(&answer)?;
        let groups = groups(&page)?;
        for record in page["ContactResultItem"].as_array().into_iter().flatten() {
            let (contact, record) = read_record(record, &groups)?;
            found.insert(contact, record);
        }
    }
    Ok(found)
}

/// The answer's body, if the call was carried out.
fn succeeded(answer: &Answer) -> Result<Value, String> {
    match answer.code()? {
        0 => answer.json(),
        _ => Err(format!("reading fails: {}", answer.text)),
    }
}

fn groups(page: &Value) -> Result<BTreeMap<String, u64>, String> {
    let mut groups = BTreeMap::new();
    let mut ids = BTreeSet::new();
    for group in page["GroupItem"].as_array().into_iter().flatten() {
        let (Some(name), Some(id)) = (group["GroupName"].as_str(), group["GroupId"].as_u64()) else {
            return Err(format!("not a group: {group}"));
        };
        if groups.insert(name.to_owned(), id).is_some() || !ids.insert(id) {
            return Err(format!("the group {name}, or its id, comes twice"));
        }
    }
    Ok(groups)
}

fn read_record(value: &Value, groups: &BTreeMap<String, u64>) -> Result<(Contact, Record), String> {
    let bad = || format!("not a record: {value}");
    let kind = value["Type"].as_u64().ok_or_else(bad)?;
    let field = if kind == 1 { "To_Account" } else { "ToGroupId" };
    let peer = value[field].as_str().ok_or_else(bad)?.to_owned();
    let mark = match value["StandardMark"].as_str().ok_or_else(bad)? {
        "" => 0,
        bits => u64::from_str_radix(bits, 2).map_err(|_| bad())?,
    };
    let custom = value["CustomMark"].as_str().unwrap_or_default().to_owned();
    let mut record = Record { groups: BTreeSet::new(), mark, custom };
    for id in value["ContactGroupId"].as_array().into_iter().flatten() {
        let name = groups.iter().find(|(_, other)| id.as_u64() == Some(**other));
        record.groups.insert(name.ok_or_else(bad)?.0.clone());
    }
    Ok((Contact { kind, peer }, record))
}

/// The results of all items of an answer.
fn items(answer: &Value) -> impl Iterator<Item = &Value> {
    let lists = [
        &answer["ResultItem"],
        &answer["GroupResultItem"][0]["ResultItem"],
        &answer["UpdateGroupResult"]["ContactResultItem"],
    ];
    lists.into_iter().filter_map(Value::as_array).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(slot: &Slot, part: &Part, revision: u64) -> Found {
        assert!(part.records.keys().all(|contact| slot.names.own(&contact.peer)));
        Found {
            groups: part.groups.keys().zip(1..).map(|(name, id)| (name.clone(), id)).collect(),
            records: part.records.clone(),
            revision,
        }
    }

    fn slot_with_pending(sole: bool) -> (Slot, Part) {
        let mut slot = Slot::new("u", "w", sole);
        slot.revision = 4;
        let call = Call::Create {
            name: "w-0".to_owned(),
            members: vec![slot.names.contact(0), slot.names.contact(1)],
        };
        let mut after = slot.part.clone();
        after.apply(&call);
        slot.pending = Some(call);
        (slot, after)
    }

    #[test]
    fn a_pending_call_is_wholly_there_or_wholly_absent() {
        for sole in [true, false] {
            let (slot, after) = slot_with_pending(sole);
            assert_eq!(slot.clone().check(&found(&slot, &slot.part, 4)), Ok(Fate::Absent));
            let mut landed = slot.clone();
            assert_eq!(landed.check(&found(&slot, &after, 5)), Ok(Fate::Landed));
            assert_eq!((landed.revision, landed.pending.is_none()), (5, true));
            let mut half = after.clone();
            half.records.remove(&slot.names.contact(1));
            for revision in [4, 5] {
                assert!(slot.clone().check(&found(&slot, &half, revision)).is_err());
            }
        }
    }

    #[test]
    fn the_revision_must_fit_what_is_there() {
        let (slot, after) = slot_with_pending(true);
        assert!(slot.clone().check(&found(&slot, &after, 4)).is_err());
        assert!(slot.clone().check(&found(&slot, &after, 6)).is_err());
        assert!(slot.clone().check(&found(&slot, &slot.part, 5)).is_err());
        assert!(slot.clone().check(&found(&slot, &slot.part, 3)).is_err());
    }

    #[test]
    fn records_are_read_as_the_wire_has_them() {
        let groups = BTreeMap::from([("g".to_owned(), 3)]);
        let value = json!({"Type": 2, "ToGroupId": "@x", "StandardMark": "110", "ContactGroupId": [3], "Timestamp": 1});
        let (contact, record) = read_record(&value, &groups).unwrap();
        assert_eq!((contact.kind, contact.peer.as_str()), (2, "@x"));
        assert_eq!((record.mark, record.custom.as_str(), record.groups.len()), (6, "", 1));
        assert!(read_record(&value, &BTreeMap::new()).is_err());
    }
}
