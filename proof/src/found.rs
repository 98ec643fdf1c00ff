//! What a server has of a user, read in the two ways in which clients read.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::http::{Answer, Http};
use crate::model::{Contact, Names, Part, Record};

/// Conversations of one search.
const SEARCH: usize = 300;

/// What a server has of a user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// The ids of the groups by name.
    pub(crate) groups: BTreeMap<String, u64>,
    pub(crate) records: BTreeMap<Contact, Record>,
    pub(crate) revision: u64,
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

    /// The share of the writer with these names.
    pub(crate) fn part(&self, names: &Names) -> Part {
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

#[cfg(test)]
mod tests {
    use super::*;

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
