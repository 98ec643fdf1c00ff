//! What is kept for one conversation, as replies have it.
//!
//! Replies can hold many of these, so that they are written by hand; `serialize` says the same.

use std::borrow::Cow;

use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::contact::Contact;
use crate::marks::{StandardMark, standard_mark_text};
use crate::reply::null_as_default;
use crate::write::{array, number, raw, string};

/// What is kept for one conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactRecord<'a> {
    /// The conversation.
    pub contact: Contact<'a>,
    /// The standard mark.
    pub standard_mark: StandardMark,
    /// The custom mark; empty for none.
    pub custom_mark: Cow<'a, str>,
    /// The numbers of the groups that the conversation is in, ascending.
    pub group_ids: Cow<'a, [u32]>,
    /// Unix seconds of the last change of the record.
    pub timestamp: u64,
}

impl Serialize for ContactRecord<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (peer_name, peer) = self.contact.peer_field();
        let mut record = serializer.serialize_struct("ContactRecord", 6)?;
        record.serialize_field("Type", &self.contact.kind())?;
        record.serialize_field(peer_name, peer)?;
        record.serialize_field("StandardMark", &self.standard_mark)?;
        if !self.custom_mark.is_empty() {
            record.serialize_field("CustomMark", &self.custom_mark)?;
        }
        if !self.group_ids.is_empty() {
            record.serialize_field("ContactGroupId", &self.group_ids)?;
        }
        record.serialize_field("Timestamp", &self.timestamp)?;
        record.end()
    }
}

impl ContactRecord<'_> {
    /// Writes the same as `serialize`.
    pub(crate) fn write(&self, body: &mut Vec<u8>) {
        let (peer_name, peer) = match &self.contact {
            Contact::User(peer) => (r#"{"Type":1,"To_Account":"#, peer),
            Contact::ChatGroup(peer) => (r#"{"Type":2,"ToGroupId":"#, peer),
        };
        raw(body, peer_name);
        string(body, peer);
        raw(body, r#","StandardMark":""#);
        raw(body, &standard_mark_text(self.standard_mark.0));
        raw(body, r#"""#);
        if !self.custom_mark.is_empty() {
            raw(body, r#","CustomMark":"#);
            string(body, &self.custom_mark);
        }
        if !self.group_ids.is_empty() {
            raw(body, r#","ContactGroupId":"#);
            array(body, &self.group_ids, |body, id| number(body, (*id).into()));
        }
        raw(body, r#","Timestamp":"#);
        number(body, self.timestamp);
        raw(body, "}");
    }
}

impl<'de> Deserialize<'de> for ContactRecord<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = RecordFields::deserialize(deserializer)?;
        Ok(Self {
            contact: Contact::from_reply(fields.kind, fields.to_account, fields.to_group_id)?,
            standard_mark: fields.standard_mark,
            custom_mark: fields.custom_mark,
            group_ids: fields.group_ids,
            timestamp: fields.timestamp,
        })
    }
}

#[derive(Deserialize)]
struct RecordFields<'a> {
    #[serde(rename = "Type")]
    kind: u8,
    #[serde(rename = "To_Account")]
    to_account: Option<Cow<'a, str>>,
    #[serde(rename = "ToGroupId")]
    to_group_id: Option<Cow<'a, str>>,
    #[serde(rename = "StandardMark", default, deserialize_with = "null_as_default")]
    standard_mark: StandardMark,
    #[serde(rename = "CustomMark", default, deserialize_with = "null_as_default")]
    custom_mark: Cow<'a, str>,
    #[serde(rename = "ContactGroupId", default, deserialize_with = "null_as_default")]
    group_ids: Cow<'a, [u32]>,
    #[serde(rename = "Timestamp", default, deserialize_with = "null_as_default")]
    timestamp: u64,
}
