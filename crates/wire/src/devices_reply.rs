//! The payloads of the replies of Foldmark's own calls.
//!
//! As in the replies of the vendor's calls: fields stand in the documented order, lists are never `null`, and reading
//! ignores what it does not know.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::contact::Contact;
use crate::contact_groups_reply::{ContactRecord, GroupItem};
use crate::fault::Fault;
use crate::reply::{Reply, code_and_info, null_as_default};

/// The reply of `get_changes`: one page of changes. Its parts can be applied in any order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetChangesReply<'a> {
    /// Records as they are now.
    #[serde(rename = "ContactItem", default, deserialize_with = "null_as_default")]
    pub contacts: Vec<ContactRecord<'a>>,
    /// Conversations that are in no group and have no mark any more.
    #[serde(rename = "RemovedItem", default, deserialize_with = "null_as_default")]
    pub removed: Vec<Contact<'a>>,
    /// Groups as they are now.
    #[serde(rename = "GroupItem", default, deserialize_with = "null_as_default")]
    pub groups: Vec<DescribedGroup<'a>>,
    /// The numbers of groups that are no more.
    #[serde(rename = "RemovedGroupId", default, deserialize_with = "null_as_default")]
    pub removed_groups: Vec<u32>,
    /// For the next call.
    #[serde(rename = "Cursor")]
    pub cursor: Cow<'a, str>,
    /// Whether there is more already now.
    #[serde(rename = "More", default)]
    pub more: bool,
    /// Whether to forget everything before this page is applied.
    #[serde(rename = "Reset", default)]
    pub reset: bool,
}

impl Reply for GetChangesReply<'_> {}

/// A conversation group with what a user interface draws.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DescribedGroup<'a> {
    /// The name, unique within the user.
    #[serde(rename = "GroupName")]
    pub name: Cow<'a, str>,
    /// The number, unique within the user and never used again.
    #[serde(rename = "GroupId")]
    pub id: u32,
    /// Groups are shown in ascending order of this, then of their numbers.
    #[serde(rename = "Order", default)]
    pub order: u32,
    /// What a user interface keeps about it.
    #[serde(rename = "Ex", default, deserialize_with = "null_as_default")]
    pub ex: Cow<'a, str>,
}

/// The reply of `set_group_order` and `set_group_ex`: nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupSetReply {}

impl Reply for GroupSetReply {}

/// The reply of `list_groups`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListGroupsReply<'a> {
    /// All groups of the user, in their order.
    #[serde(rename = "GroupItem", default, deserialize_with = "null_as_default")]
    pub groups: Vec<CountedGroup<'a>>,
}

impl Reply for ListGroupsReply<'_> {}

/// A conversation group and how many conversations are in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountedGroup<'a> {
    /// The group.
    #[serde(flatten)]
    pub group: DescribedGroup<'a>,
    /// Conversations in it.
    #[serde(rename = "Count")]
    pub count: u32,
}

/// The reply of `list_conversations`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListConversationsReply<'a> {
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

impl Reply for ListConversationsReply<'_> {}

/// The reply of `apply`, when all commands were carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplyReply {
    /// One for each command, in order.
    #[serde(rename = "ResultItem", default, deserialize_with = "null_as_default")]
    pub results: Vec<AppliedCommand>,
}

impl Reply for ApplyReply {}

/// What a command was about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppliedCommand {
    /// The call that the command is as.
    #[serde(rename = "Command")]
    pub command: Cow<'static, str>,
    /// The number of the group that was made, changed or deleted.
    #[serde(rename = "GroupId", default, skip_serializing_if = "Option::is_none")]
    pub group_id: Option<u32>,
}

/// The reply of `copy_layout`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyLayoutReply<'a> {
    /// One for each account of the request, in its order.
    #[serde(rename = "ResultItem", default, deserialize_with = "null_as_default")]
    pub results: Vec<CopiedLayout<'a>>,
}

impl Reply for CopyLayoutReply<'_> {}

/// What became of one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopiedLayout<'a> {
    /// The account.
    #[serde(rename = "To_Account")]
    pub to_account: Cow<'a, str>,
    /// 0 or a code.
    #[serde(rename = "ResultCode")]
    pub code: i32,
    /// Empty or why it was refused.
    #[serde(rename = "ResultInfo", default, deserialize_with = "null_as_default")]
    pub info: Cow<'a, str>,
}

impl<'a> CopiedLayout<'a> {
    /// The result of an account, refused or not.
    pub fn new(to_account: Cow<'a, str>, refusal: Option<Fault>) -> Self {
        let (code, info) = code_and_info(refusal);
        Self { to_account, code, info }
    }
}
