//! The payloads of the replies of the six calls for conversation groups and marks.
//!
//! The server fills them with borrowed strings and writes them once; the client reads them into owned ones (name
//! the type with `'static`). Written fields stand in the documented order, arrays are never `null`, and only what
//! the documentation of a record allows to be absent is left out. Reading is tolerant: unknown fields are
//! ignored, missing lists are empty and missing numbers 0.

use std::borrow::Cow;

use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

use crate::contact::Contact;
use crate::contact_groups::{MarkKind, MemberChange};
use crate::fault::Fault;
use crate::reply::{Reply, Tail, code_and_info, null_as_default};
use crate::write::{array, number, raw, string};

pub use crate::contact_record::ContactRecord;

/// The reply of `create_contact_group`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateContactGroupReply<'a> {
    /// One element for the one group of the request.
    #[serde(rename = "GroupResultItem", default, deserialize_with = "null_as_default")]
    pub groups: Vec<CreatedContactGroup<'a>>,
}

/// The group that was made, or that was there already, and what became of its first members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreatedContactGroup<'a> {
    /// The group.
    #[serde(rename = "GroupItem")]
    pub group: GroupItem<'a>,
    /// One result per conversation of the request, in its order.
    #[serde(rename = "ResultItem", default, deserialize_with = "null_as_default")]
    pub results: Vec<ContactResult<'a>>,
}

/// Name and number of a conversation group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupItem<'a> {
    /// The name, unique within the user.
    #[serde(rename = "GroupName")]
    pub name: Cow<'a, str>,
    /// The number, unique within the user and never used again.
    #[serde(rename = "GroupId")]
    pub id: u32,
}

/// What became of one conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactResult<'a> {
    /// The conversation of the request.
    #[serde(rename = "ContactItem")]
    pub contact: Contact<'a>,
    /// 0, or the code of the refusal.
    #[serde(rename = "ResultCode")]
    pub code: i32,
    /// Empty, or the reason of the refusal.
    #[serde(rename = "ResultInfo", default, deserialize_with = "null_as_default")]
    pub info: Cow<'a, str>,
}

impl<'a> ContactResult<'a> {
    /// A success, or the given refusal.
    pub fn new(contact: Contact<'a>, refusal: Option<Fault>) -> Self {
        let (code, info) = code_and_info(refusal);
        Self { contact, code, info }
    }
}

impl Reply for CreateContactGroupReply<'_> {
    const TAIL: Tail = Tail::WithErrorDisplay;
}

/// The reply of `update_contact_group`. Its `UpdateType` is always 1.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct UpdateContactGroupReply<'a> {
    /// What was changed.
    #[serde(rename = "UpdateGroupResult")]
    pub result: UpdateGroupResult<'a>,
}

/// The group after the update, and what became of the changes of its members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateGroupResult<'a> {
    /// What kind of update it was.
    #[serde(rename = "UpdateGroupType")]
    pub kind: UpdateKind,
    /// The name after the call.
    #[serde(rename = "GroupName")]
    pub name: Cow<'a, str>,
    /// The number, which a rename does not change.
    #[serde(rename = "GroupId")]
    pub id: u32,
    /// The name before the call.
    #[serde(rename = "OldGroupName", default, deserialize_with = "null_as_default")]
    pub old_name: Cow<'a, str>,
    /// One result per change of the request, in its order; empty for a rename.
    #[serde(rename = "ContactResultItem", default, deserialize_with = "null_as_default")]
    pub results: Vec<MemberResult<'a>>,
}

/// What kind of update a call was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "u8")]
pub enum UpdateKind {
    /// `UpdateGroupType` 1: the group got another name.
    Rename,
    /// `UpdateGroupType` 2: conversations were added and removed.
    Members,
}

/// What became of one change of a group's members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberResult<'a> {
    /// Whether the conversation was to be added or removed.
    #[serde(rename = "ContactOptType")]
    pub change: MemberChange,
    /// The conversation of the request.
    #[serde(rename = "ContactItem")]
    pub contact: Contact<'a>,
    /// 0, or the code of the refusal.
    #[serde(rename = "ResultCode")]
    pub code: i32,
    /// Empty, or the reason of the refusal.
    #[serde(rename = "ResultInfo", default, deserialize_with = "null_as_default")]
    pub info: Cow<'a, str>,
}

impl<'a> MemberResult<'a> {
    /// A success, or the given refusal.
    pub fn new(change: MemberChange, contact: Contact<'a>, refusal: Option<Fault>) -> Self {
        let (code, info) = code_and_info(refusal);
        Self { change, contact, code, info }
    }
}

impl Reply for UpdateContactGroupReply<'_> {}

impl Serialize for UpdateContactGroupReply<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut body = serializer.serialize_struct("UpdateContactGroupReply", 2)?;
        body.serialize_field("UpdateType", &1)?;
        body.serialize_field("UpdateGroupResult", &self.result)?;
        body.end()
    }
}

/// The reply of `del_contact_group`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteContactGroupReply<'a> {
    /// The group that was deleted.
    #[serde(rename = "GroupItem", default, deserialize_with = "null_as_default")]
    pub groups: Vec<GroupItem<'a>>,
}

impl Reply for DeleteContactGroupReply<'_> {}

/// The reply of `mark_contact`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkContactReply<'a> {
    /// One result per change of the request, in its order.
    #[serde(rename = "ResultItem", default, deserialize_with = "null_as_default")]
    pub results: Vec<MarkResult<'a>>,
}

/// What became of one change of a conversation's marks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkResult<'a> {
    /// Which marks the change was about.
    #[serde(rename = "OptType")]
    pub kind: MarkKind,
    /// The conversation of the request.
    #[serde(rename = "ContactItem")]
    pub contact: Contact<'a>,
    /// 0, or the code of the refusal.
    #[serde(rename = "ResultCode")]
    pub code: i32,
    /// Empty, or the reason of the refusal.
    #[serde(rename = "ResultInfo", default, deserialize_with = "null_as_default")]
    pub info: Cow<'a, str>,
}

impl<'a> MarkResult<'a> {
    /// A success, or the given refusal.
    pub fn new(kind: MarkKind, contact: Contact<'a>, refusal: Option<Fault>) -> Self {
        let (code, info) = code_and_info(refusal);
        Self { kind, contact, code, info }
    }
}

impl Reply for MarkContactReply<'_> {
    const TAIL: Tail = Tail::WithErrorDisplay;
}

/// The reply of `get_contact_group`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetContactGroupReply<'a> {
    /// The records of this page.
    #[serde(rename = "ContactItem", default, deserialize_with = "null_as_default")]
    pub contacts: Vec<ContactRecord<'a>>,
    /// All groups of the user.
    #[serde(rename = "GroupItem", default, deserialize_with = "null_as_default")]
    pub groups: Vec<GroupItem<'a>>,
    /// 1 on the last page, 0 before it.
    #[serde(rename = "CompleteFlag")]
    pub complete_flag: u8,
    /// Where the next page starts; 0 on the last one.
    #[serde(rename = "NextStartIndex", default, deserialize_with = "null_as_default")]
    pub next_start_index: u64,
}

impl Reply for GetContactGroupReply<'_> {
    fn write(&self, body: &mut Vec<u8>) {
        write_lists(body, r#"{"ContactItem":"#, &self.contacts, &self.groups);
        raw(body, r#","CompleteFlag":"#);
        number(body, self.complete_flag.into());
        raw(body, r#","NextStartIndex":"#);
        number(body, self.next_start_index);
        raw(body, "}");
    }
}

/// The reply of `search_contact_group`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchContactGroupReply<'a> {
    /// The records that were found, in the order of the request.
    #[serde(rename = "ContactResultItem", default, deserialize_with = "null_as_default")]
    pub contacts: Vec<ContactRecord<'a>>,
    /// The groups that the records name.
    #[serde(rename = "GroupItem", default, deserialize_with = "null_as_default")]
    pub groups: Vec<GroupItem<'a>>,
}

impl Reply for SearchContactGroupReply<'_> {
    fn write(&self, body: &mut Vec<u8>) {
        write_lists(body, r#"{"ContactResultItem":"#, &self.contacts, &self.groups);
        raw(body, "}");
    }
}

/// Writes the two lists that both replies start with.
fn write_lists(body: &mut Vec<u8>, start: &str, contacts: &[ContactRecord<'_>], groups: &[GroupItem<'_>]) {
    body.reserve(RECORD_BYTES * contacts.len());
    raw(body, start);
    array(body, contacts, |body, record| record.write(body));
    raw(body, r#","GroupItem":"#);
    array(body, groups, |body, group| group.write(body));
}

/// About as long as a record is, so that a buffer of many need not grow often.
const RECORD_BYTES: usize = 160;

impl GroupItem<'_> {
    /// Writes the same as `serialize`.
    fn write(&self, body: &mut Vec<u8>) {
        raw(body, r#"{"GroupName":"#);
        string(body, &self.name);
        raw(body, r#","GroupId":"#);
        number(body, self.id.into());
        raw(body, "}");
    }
}

impl From<UpdateKind> for u8 {
    fn from(kind: UpdateKind) -> Self {
        match kind {
            UpdateKind::Rename => 1,
            UpdateKind::Members => 2,
        }
    }
}

impl TryFrom<u8> for UpdateKind {
    type Error = &'static str;

    fn try_from(number: u8) -> Result<Self, Self::Error> {
        match number {
            1 => Ok(Self::Rename),
            2 => Ok(Self::Members),
            _ => Err("UpdateGroupType must be 1 or 2"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::marks::StandardMark;

    fn record(
        contact: Contact<'static>,
        bits: u64,
        custom: &'static str,
        ids: &[u32],
    ) -> ContactRecord<'static> {
        ContactRecord {
            contact,
            standard_mark: StandardMark(bits),
            custom_mark: custom.into(),
            group_ids: ids.to_vec().into(),
            timestamp: 1_700_000_000,
        }
    }

    fn written(reply: &impl Reply) -> (String, String) {
        let mut body = Vec::new();
        reply.write(&mut body);
        (String::from_utf8(body).unwrap(), serde_json::to_string(reply).unwrap())
    }

    #[test]
    fn what_is_written_by_hand_is_what_serde_writes() {
        let contacts = vec![
            record(Contact::User("a\"b".into()), 0, "", &[]),
            record(Contact::ChatGroup("@TGS#1\\".into()), u64::MAX, "\u{7f}\n\u{1}用户", &[1]),
            record(Contact::User("".into()), 1 << 63, "x", &[1, u32::MAX]),
        ];
        let groups = vec![
            GroupItem { name: "work".into(), id: 1 },
            GroupItem { name: "\t\u{2028}".into(), id: u32::MAX },
        ];
        for (contacts, groups) in [(vec![], vec![]), (contacts[..1].to_vec(), vec![]), (contacts, groups)] {
            let (by_hand, by_serde) =
                written(&SearchContactGroupReply { contacts: contacts.clone(), groups: groups.clone() });
            assert_eq!(by_hand, by_serde);
            for (complete_flag, next_start_index) in [(1, 0), (0, u64::MAX)] {
                let (contacts, groups) = (contacts.clone(), groups.clone());
                let reply = GetContactGroupReply { contacts, groups, complete_flag, next_start_index };
                let (by_hand, by_serde) = written(&reply);
                assert_eq!(by_hand, by_serde);
            }
        }
    }
}
