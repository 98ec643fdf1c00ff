//! What differs between the two sides, field by field, as lines of JSON.
//!
//! Every line names the `User` and the `Field`, and what the `Source` and the `Destination` have; `null` is what one
//! side does not have at all.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use foldmark_wire::contact::Contact;
use foldmark_wire::marks::standard_mark_text;
use serde_json::{Value, json};

use crate::migrate::content::{Content, Record};

/// The differences of a user who is to have the same ids, order and timestamps on both sides.
pub(super) fn exactly(user: &str, source: &Content, destination: &Content) -> Vec<Value> {
    let mut found = Vec::new();
    let ids = |content: &Content| content.groups.iter().cloned().collect::<BTreeMap<u32, String>>();
    let (ours, theirs) = (ids(source), ids(destination));
    for id in ours.keys().chain(theirs.keys()).collect::<BTreeSet<_>>() {
        let (one, other) = (ours.get(id), theirs.get(id));
        if one != other {
            found.push(json!({
                "User": user, "Field": "GroupName", "GroupId": id, "Source": one, "Destination": other,
            }));
        }
    }
    for (id, _) in source.groups.iter().filter(|(id, _)| theirs.contains_key(id)) {
        let (one, other) = (source.look(*id), destination.look(*id));
        if one.order != other.order {
            found.push(json!({
                "User": user, "Field": "GroupOrder", "GroupId": id, "Source": one.order, "Destination": other.order,
            }));
        }
        if one.ex != other.ex {
            found.push(json!({
                "User": user, "Field": "Ex", "GroupId": id, "Source": one.ex, "Destination": other.ex,
            }));
        }
    }
    let groups = |record: &Record, _: &Content| json!(record.groups);
    conversations(user, source, destination, &groups, &mut found);
    let theirs = by_contact(destination);
    for record in &source.records {
        let Some(other) = theirs.get(&record.contact) else { continue };
        if record.timestamp != other.timestamp {
            let (one, other) = (json!(record.timestamp), json!(other.timestamp));
            found.push(field(user, &record.contact, "Timestamp", &one, &other));
        }
    }
    found.extend(order(user, source, destination));
    found
}

/// The differences of a user whose groups are known by their names alone. How groups are shown is compared if both sides
/// tell of it.
pub(super) fn by_name(user: &str, source: &Content, destination: &Content) -> Vec<Value> {
    let mut found = Vec::new();
    let (ours, theirs) = (ids_by_name(source), ids_by_name(destination));
    for name in ours.keys().chain(theirs.keys()).collect::<BTreeSet<_>>() {
        if ours.contains_key(name) != theirs.contains_key(name) {
            let (one, other) = (ours.contains_key(name), theirs.contains_key(name));
            found.push(json!({
                "User": user, "Field": "Group",
                "Source": one.then_some(name), "Destination": other.then_some(name),
            }));
        }
    }
    if source.looks.is_some() && destination.looks.is_some() {
        let (one, other) = common_order(source, destination);
        if one != other {
            found.push(json!({ "User": user, "Field": "GroupOrder", "Source": one, "Destination": other }));
        }
        for (name, one, other) in exs(source, destination) {
            found.push(json!({
                "User": user, "Field": "Ex", "GroupName": name, "Source": one, "Destination": other,
            }));
        }
    }
    let groups = |record: &Record, content: &Content| json!(names_of(record, content));
    conversations(user, source, destination, &groups, &mut found);
    found
}

/// The names of the groups that both sides have, as each shows them.
pub(super) fn common_order<'a, 'b>(one: &'a Content, other: &'b Content) -> (Vec<&'a str>, Vec<&'b str>) {
    let (ours, theirs) = (ids_by_name(one), ids_by_name(other));
    let of_both = |name: &&str| ours.contains_key(name) && theirs.contains_key(name);
    (
        one.names_in_order().into_iter().filter(of_both).collect(),
        other.names_in_order().into_iter().filter(of_both).collect(),
    )
}

/// The groups that both sides have with another `Ex`: the name, and what each side has.
pub(super) fn exs<'a>(one: &'a Content, other: &Content) -> Vec<(&'a str, String, String)> {
    let theirs = ids_by_name(other);
    let mut found = Vec::new();
    for (id, name) in &one.groups {
        let Some(other_id) = theirs.get(name.as_str()) else { continue };
        let (ours, theirs) = (one.look(*id).ex, other.look(*other_id).ex);
        if ours != theirs {
            found.push((name.as_str(), ours, theirs));
        }
    }
    found
}

/// The groups that both sides have with different ids.
pub(super) fn mapping(user: &str, source: &Content, destination: &Content) -> Vec<Value> {
    let theirs = ids_by_name(destination);
    let mut found = Vec::new();
    for (id, name) in &source.groups {
        if let Some(other) = theirs.get(name.as_str()).filter(|other| *other != id) {
            found.push(json!({
                "User": user, "Field": "GroupId", "GroupName": name, "Source": id, "Destination": other,
            }));
        }
    }
    found
}

/// A user who is on one side only.
pub(super) fn missing(user: &str, source: bool, destination: bool) -> Value {
    let side = |is_there: bool| is_there.then_some(user);
    json!({ "User": user, "Field": "User", "Source": side(source), "Destination": side(destination) })
}

/// The ids of groups by their names.
pub(super) fn ids_by_name(content: &Content) -> BTreeMap<&str, u32> {
    content.groups.iter().map(|(id, name)| (name.as_str(), *id)).collect()
}

/// The names of the groups that a record's conversation is in.
pub(super) fn names_of<'a>(record: &Record, content: &'a Content) -> BTreeSet<&'a str> {
    let is_in = |(id, _): &&(u32, String)| record.groups.binary_search(id).is_ok();
    content.groups.iter().filter(is_in).map(|(_, name)| name.as_str()).collect()
}

/// Records by their conversations.
pub(super) fn by_contact(content: &Content) -> HashMap<&Contact<'static>, &Record> {
    content.records.iter().map(|record| (&record.contact, record)).collect()
}

fn conversations(
    user: &str,
    source: &Content,
    destination: &Content,
    groups: &dyn Fn(&Record, &Content) -> Value,
    found: &mut Vec<Value>,
) {
    let theirs = by_contact(destination);
    for record in &source.records {
        let Some(other) = theirs.get(&record.contact) else {
            let whole = describe(record, &groups(record, source));
            found.push(field(user, &record.contact, "Conversation", &whole, &Value::Null));
            continue;
        };
        let sides = [
            ("StandardMark", mark(record.standard_mark), mark(other.standard_mark)),
            ("CustomMark", json!(record.custom_mark), json!(other.custom_mark)),
            ("ContactGroupId", groups(record, source), groups(other, destination)),
        ];
        for (name, one, other) in sides {
            if one != other {
                found.push(field(user, &record.contact, name, &one, &other));
            }
        }
    }
    let ours = by_contact(source);
    for record in destination.records.iter().filter(|record| !ours.contains_key(&record.contact)) {
        let whole = describe(record, &groups(record, destination));
        found.push(field(user, &record.contact, "Conversation", &Value::Null, &whole));
    }
}

/// The first place where the conversations of both sides are in another order.
fn order(user: &str, source: &Content, destination: &Content) -> Option<Value> {
    let (ours, theirs) = (by_contact(source), by_contact(destination));
    let one =
        source.records.iter().map(|record| &record.contact).filter(|contact| theirs.contains_key(contact));
    let other =
        destination.records.iter().map(|record| &record.contact).filter(|contact| ours.contains_key(contact));
    let (one, other) = one.zip(other).find(|(one, other)| one != other)?;
    Some(json!({ "User": user, "Field": "Order", "Source": one, "Destination": other }))
}

fn field(user: &str, contact: &Contact<'_>, name: &str, source: &Value, destination: &Value) -> Value {
    json!({
        "User": user, "Contact": contact, "Field": name, "Source": source, "Destination": destination,
    })
}

fn describe(record: &Record, groups: &Value) -> Value {
    json!({
        "StandardMark": mark(record.standard_mark), "CustomMark": record.custom_mark,
        "ContactGroupId": groups, "Timestamp": record.timestamp,
    })
}

fn mark(bits: u64) -> Value {
    Value::String(String::from(&*standard_mark_text(bits)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrate::content;

    fn record(peer: &str, mark: u64, groups: &[u32]) -> Record {
        Record {
            contact: Contact::User(peer.to_owned().into()),
            timestamp: 5,
            standard_mark: mark,
            custom_mark: String::new(),
            groups: groups.to_vec(),
        }
    }

    fn fields(found: &[Value]) -> Vec<String> {
        found.iter().map(|line| format!("{} {}", line["Field"].as_str().unwrap(), line["Source"])).collect()
    }

    #[test]
    fn every_field_is_compared() {
        let one = Content {
            groups: vec![(1, "a".to_owned()), (3, "b".to_owned())],
            records: vec![record("x", 1, &[1, 3]), record("y", 2, &[]), record("z", 2, &[])],
            looks: Some(BTreeMap::new()),
        };
        assert!(exactly("u", &one, &one).is_empty() && by_name("u", &one, &one).is_empty());
        let mut other = one.clone();
        other.groups[1] = (4, "b".to_owned());
        other.records[0].groups = vec![1, 4];
        other.records[1].timestamp = 6;
        other.records.swap(0, 1);
        assert_eq!(
            fields(&exactly("u", &one, &other)),
            [
                "GroupName \"b\"",
                "GroupName null",
                "ContactGroupId [1,3]",
                "Timestamp 5",
                "Order {\"Type\":1,\"To_Account\":\"x\"}"
            ]
        );
        assert!(by_name("u", &one, &other).is_empty());
        assert_eq!(fields(&mapping("u", &one, &other)), ["GroupId 3"]);

        let mut other = one.clone();
        other.groups.pop();
        other.records[0].groups.pop();
        other.records[1].custom_mark = "c".to_owned();
        other.records[2] = record("new", 1, &[]);
        let found = by_name("u", &one, &other);
        let names: Vec<String> =
            fields(&found).into_iter().map(|text| text.split(' ').next().unwrap().to_owned()).collect();
        assert_eq!(names, ["Group", "ContactGroupId", "CustomMark", "Conversation", "Conversation"]);
    }

    #[test]
    fn how_groups_are_shown_is_compared_where_both_sides_tell() {
        let shown = |looks: &[(u32, u32, &str)]| Content {
            groups: vec![(1, "a".to_owned()), (3, "b".to_owned())],
            looks: Some(content::looks(looks.iter().copied())),
            ..Content::default()
        };
        let (one, other) = (shown(&[]), shown(&[(1, 2, "red"), (3, 1, "")]));
        assert_eq!(fields(&exactly("u", &one, &other)), ["GroupOrder 0", "Ex \"\"", "GroupOrder 0"]);
        assert_eq!(fields(&by_name("u", &other, &one)), ["GroupOrder [\"b\",\"a\"]", "Ex \"red\""]);
        // Other numbers for the same order.
        assert!(by_name("u", &shown(&[(1, 1, ""), (3, 2, "")]), &one).is_empty());
        assert!(by_name("u", &other, &Content { looks: None, ..one }).is_empty());
    }
}
