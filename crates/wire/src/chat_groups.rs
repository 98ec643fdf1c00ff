//! The chat group calls: create, destroy, facts about some, list of all.
//!
//! Chat groups live in another system and are only registered here, so that their ids can be checked. Wrong
//! parameters are 10004, an id that no chat group can have is 10015.

use std::borrow::Cow;

use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::code::Code;
use crate::extract::Place;
use crate::fault::Fault;
use crate::json::{Object, Value};
use crate::limits::{
    CHAT_GROUP_MEMBERS_PER_CALL_MAX, CHAT_GROUP_NAME_BYTES_MAX, CHAT_GROUPS_PER_INFO_MAX,
    CHAT_GROUPS_PER_LIST_MAX,
};
use crate::reply::{Reply, code_and_info, null_as_default};

/// `create_group`: registers a chat group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CreateGroup<'a> {
    /// The type, as sent.
    #[serde(rename = "Type")]
    pub kind: ChatGroupType,
    /// The name, at most 100 bytes, not empty.
    #[serde(rename = "Name")]
    pub name: Cow<'a, str>,
    /// The owner.
    #[serde(rename = "Owner_Account", skip_serializing_if = "Option::is_none")]
    pub owner_account: Option<Cow<'a, str>>,
    /// The id; without one the server makes it.
    #[serde(rename = "GroupId", skip_serializing_if = "Option::is_none")]
    pub group_id: Option<Cow<'a, str>>,
    /// The user ids of the first members, at most 100.
    #[serde(rename = "MemberList", skip_serializing_if = "Vec::is_empty", serialize_with = "write_members")]
    pub members: Vec<Cow<'a, str>>,
}

/// The types of chat groups. The vendor renamed some; both names are kept apart, as sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ChatGroupType {
    /// Old name of `Work`.
    Private,
    /// Members are invited.
    Work,
    /// Members apply.
    Public,
    /// Old name of `Meeting`.
    ChatRoom,
    /// Anyone may join.
    Meeting,
    /// A live broadcast.
    #[serde(rename = "AVChatRoom")]
    AvChatRoom,
    /// A very large group.
    Community,
}

/// `destroy_group`: disbands a chat group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DestroyGroup<'a> {
    /// The id.
    #[serde(rename = "GroupId")]
    pub group_id: Cow<'a, str>,
}

/// `get_group_info`: facts about 1 to 50 chat groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetGroupInfo<'a> {
    /// The ids in the order of the request.
    pub group_ids: Vec<Result<Cow<'a, str>, BadChatGroup<'a>>>,
}

/// An id of a list that no chat group can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadChatGroup<'a> {
    /// The id as sent.
    pub group_id: Cow<'a, str>,
    /// What is wrong with it.
    pub fault: Fault,
}

/// `get_appid_group_list`: one page of all chat groups of the application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GetAppidGroupList {
    /// Ids on the page, 1 to 10,000.
    #[serde(rename = "Limit")]
    pub limit: u32,
    /// Where the page starts: 0, or what the page before gave as `Next`.
    #[serde(rename = "Next")]
    pub next: u64,
    /// Only chat groups of this type.
    #[serde(rename = "GroupType", skip_serializing_if = "Option::is_none")]
    pub kind: Option<ChatGroupType>,
}

const BODY: Place<'static> = Place::body(Code::GroupParameter);

impl ChatGroupType {
    /// Every type.
    pub const ALL: [Self; 7] = [
        Self::Private,
        Self::Work,
        Self::Public,
        Self::ChatRoom,
        Self::Meeting,
        Self::AvChatRoom,
        Self::Community,
    ];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Private => "Private",
            Self::Work => "Work",
            Self::Public => "Public",
            Self::ChatRoom => "ChatRoom",
            Self::Meeting => "Meeting",
            Self::AvChatRoom => "AVChatRoom",
            Self::Community => "Community",
        }
    }

    /// The type of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    fn parse(place: &Place<'_>, value: &Value<'_>) -> Result<Self, Fault> {
        let Value::String(name) = value else {
            return Err(place.fault("must be a string"));
        };
        match Self::from_name(name) {
            Some(kind) => Ok(kind),
            None => Err(place
                .fault("must be one of Private, Work, Public, ChatRoom, Meeting, AVChatRoom and Community")),
        }
    }
}

impl<'a> CreateGroup<'a> {
    /// Checks a body and takes the request out of it.
    pub fn parse(body: &'a Object<'a>) -> Result<Self, Fault> {
        let mut kind = None;
        let mut group_name = None;
        let mut owner_account = None;
        let mut group_id = None;
        let mut members = Vec::new();
        for (name, value) in body.fields() {
            match name {
                "Type" => kind = Some(ChatGroupType::parse(&BODY.field("Type"), value)?),
                "Name" => group_name = Some(parse_name(value)?),
                "Owner_Account" => {
                    owner_account = Some(Cow::Borrowed(BODY.field("Owner_Account").user_id(value)?));
                }
                "GroupId" => group_id = Some(parse_group_id(value)?),
                "MemberList" => members = parse_members(value)?,
                _ => {}
            }
        }
        let kind = BODY.required("Type", kind)?;
        let name = Cow::Borrowed(BODY.required("Name", group_name)?);
        Ok(Self { kind, name, owner_account, group_id, members })
    }
}

fn parse_name<'a>(value: &'a Value<'a>) -> Result<&'a str, Fault> {
    let place = BODY.field("Name");
    let name = place.short_string(value, CHAT_GROUP_NAME_BYTES_MAX)?;
    if name.is_empty() {
        return Err(place.fault("must not be empty"));
    }
    Ok(name)
}

fn parse_members<'a>(value: &'a Value<'a>) -> Result<Vec<Cow<'a, str>>, Fault> {
    let list = BODY.field("MemberList");
    let values = list.array(value)?;
    if values.len() > CHAT_GROUP_MEMBERS_PER_CALL_MAX {
        let what = format_args!("must not hold more than {CHAT_GROUP_MEMBERS_PER_CALL_MAX} members");
        return Err(list.with_code(Code::TooManyMembers).fault(what));
    }
    let mut members = Vec::with_capacity(values.len());
    for (index, value) in values.iter().enumerate() {
        let place = list.item(index);
        let account = place.required("Member_Account", place.object(value)?.get("Member_Account"))?;
        members.push(Cow::Borrowed(place.field("Member_Account").user_id(account)?));
    }
    Ok(members)
}

/// An id that must be possible, whatever is wrong with it: 10015.
fn parse_group_id<'a>(value: &'a Value<'a>) -> Result<Cow<'a, str>, Fault> {
    let place = BODY.field("GroupId").with_code(Code::ChatGroupId);
    let group_id = place.string(value)?;
    place.check_chat_group_id(group_id)?;
    Ok(Cow::Borrowed(group_id))
}

impl<'a> DestroyGroup<'a> {
    /// Checks a body and takes the request out of it.
    pub fn parse(body: &'a Object<'a>) -> Result<Self, Fault> {
        let group_id = BODY.required("GroupId", body.get("GroupId"))?;
        Ok(Self { group_id: parse_group_id(group_id)? })
    }
}

impl<'a> GetGroupInfo<'a> {
    /// A request for these chat groups.
    pub fn new(group_ids: impl IntoIterator<Item = Cow<'a, str>>) -> Self {
        Self { group_ids: group_ids.into_iter().map(Ok).collect() }
    }

    /// Checks a body and takes the request out of it. `ResponseFilter` is ignored: all known facts are sent.
    pub fn parse(body: &'a Object<'a>) -> Result<Self, Fault> {
        let list = BODY.field("GroupIdList");
        let values = list.array(BODY.required("GroupIdList", body.get("GroupIdList"))?)?;
        if values.is_empty() || values.len() > CHAT_GROUPS_PER_INFO_MAX {
            return Err(list.fault(format_args!("must hold 1 to {CHAT_GROUPS_PER_INFO_MAX} ids")));
        }
        let mut group_ids = Vec::with_capacity(values.len());
        for (index, value) in values.iter().enumerate() {
            let place = list.item(index);
            let group_id = Cow::Borrowed(place.string(value)?);
            group_ids.push(match place.with_code(Code::ChatGroupId).check_chat_group_id(&group_id) {
                Ok(()) => Ok(group_id),
                Err(fault) => Err(BadChatGroup { group_id, fault }),
            });
        }
        Ok(Self { group_ids })
    }
}

impl GetAppidGroupList {
    /// Checks a body and takes the request out of it.
    pub fn parse(body: &Object<'_>) -> Result<Self, Fault> {
        let mut limit = CHAT_GROUPS_PER_LIST_MAX;
        let mut next = 0;
        let mut kind = None;
        for (name, value) in body.fields() {
            match name {
                "Limit" => {
                    let number = BODY.field("Limit").integer(value, 1, CHAT_GROUPS_PER_LIST_MAX.into())?;
                    limit = u32::try_from(number).unwrap_or(CHAT_GROUPS_PER_LIST_MAX);
                }
                "Next" => next = BODY.field("Next").integer(value, 0, u64::MAX)?,
                "GroupType" => kind = Some(ChatGroupType::parse(&BODY.field("GroupType"), value)?),
                _ => {}
            }
        }
        Ok(Self { limit, next, kind })
    }
}

fn write_members<S: Serializer>(members: &[Cow<'_, str>], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(members.iter().map(|account| Member { account }))
}

#[derive(Serialize)]
struct Member<'a> {
    #[serde(rename = "Member_Account")]
    account: &'a str,
}

impl Serialize for GetGroupInfo<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut group_ids = Vec::with_capacity(self.group_ids.len());
        for entry in &self.group_ids {
            group_ids.push(match entry {
                Ok(group_id) => group_id,
                Err(bad) => &bad.group_id,
            });
        }
        let mut body = serializer.serialize_struct("GetGroupInfo", 1)?;
        body.serialize_field("GroupIdList", &group_ids)?;
        body.end()
    }
}

/// The reply of `create_group`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateGroupReply<'a> {
    /// The id of the chat group.
    #[serde(rename = "GroupId")]
    pub group_id: Cow<'a, str>,
}

impl Reply for CreateGroupReply<'_> {}

/// The reply of `destroy_group`, which has no payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DestroyGroupReply {}

impl Reply for DestroyGroupReply {}

/// The reply of `get_group_info`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct GetGroupInfoReply<'a> {
    /// One element per id of the request, in its order.
    #[serde(rename = "GroupInfo", default, deserialize_with = "null_as_default")]
    pub groups: Vec<ChatGroupInfo<'a>>,
}

impl Reply for GetGroupInfoReply<'_> {}

/// What is known of one chat group, or why nothing is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatGroupInfo<'a> {
    /// The id of the request.
    pub group_id: Cow<'a, str>,
    /// 0, or the code of the refusal: 10010 for an unknown chat group.
    pub code: i32,
    /// Empty, or the reason of the refusal.
    pub info: Cow<'a, str>,
    /// The facts; `None` with a refusal.
    pub facts: Option<ChatGroupFacts<'a>>,
}

/// The facts about a chat group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatGroupFacts<'a> {
    /// The type, as it was registered.
    pub kind: Cow<'a, str>,
    /// The name.
    pub name: Cow<'a, str>,
    /// The owner; empty for none.
    pub owner_account: Cow<'a, str>,
    /// Unix seconds of the registration.
    pub create_time: u64,
}

impl<'a> ChatGroupInfo<'a> {
    /// The facts about a chat group.
    pub fn known(group_id: impl Into<Cow<'a, str>>, facts: ChatGroupFacts<'a>) -> Self {
        Self { group_id: group_id.into(), code: 0, info: Cow::Borrowed(""), facts: Some(facts) }
    }

    /// The refusal for one id.
    pub fn refused(group_id: impl Into<Cow<'a, str>>, refusal: Fault) -> Self {
        let (code, info) = code_and_info(Some(refusal));
        Self { group_id: group_id.into(), code, info, facts: None }
    }
}

impl<'a> From<BadChatGroup<'a>> for ChatGroupInfo<'a> {
    fn from(bad: BadChatGroup<'a>) -> Self {
        Self::refused(bad.group_id, bad.fault)
    }
}

impl Serialize for ChatGroupInfo<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut info = serializer.serialize_struct("ChatGroupInfo", 7)?;
        info.serialize_field("GroupId", &self.group_id)?;
        info.serialize_field("ErrorCode", &self.code)?;
        info.serialize_field("ErrorInfo", &self.info)?;
        if let Some(facts) = &self.facts {
            info.serialize_field("Type", &facts.kind)?;
            info.serialize_field("Name", &facts.name)?;
            info.serialize_field("Owner_Account", &facts.owner_account)?;
            info.serialize_field("CreateTime", &facts.create_time)?;
        }
        info.end()
    }
}

impl<'de> Deserialize<'de> for ChatGroupInfo<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = InfoFields::deserialize(deserializer)?;
        let facts = fields.kind.map(|kind| ChatGroupFacts {
            kind,
            name: fields.name,
            owner_account: fields.owner_account,
            create_time: fields.create_time,
        });
        Ok(Self { group_id: fields.group_id, code: fields.code, info: fields.info, facts })
    }
}

#[derive(Deserialize)]
struct InfoFields<'a> {
    #[serde(rename = "GroupId")]
    group_id: Cow<'a, str>,
    #[serde(rename = "ErrorCode", default, deserialize_with = "null_as_default")]
    code: i32,
    #[serde(rename = "ErrorInfo", default, deserialize_with = "null_as_default")]
    info: Cow<'a, str>,
    #[serde(rename = "Type")]
    kind: Option<Cow<'a, str>>,
    #[serde(rename = "Name", default, deserialize_with = "null_as_default")]
    name: Cow<'a, str>,
    #[serde(rename = "Owner_Account", default, deserialize_with = "null_as_default")]
    owner_account: Cow<'a, str>,
    #[serde(rename = "CreateTime", default, deserialize_with = "null_as_default")]
    create_time: u64,
}

/// The reply of `get_appid_group_list`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct GetAppidGroupListReply<'a> {
    /// How many chat groups the application has.
    #[serde(rename = "TotalCount", default, deserialize_with = "null_as_default")]
    pub total_count: u64,
    /// The chat groups of this page.
    #[serde(rename = "GroupIdList", default, deserialize_with = "null_as_default")]
    pub groups: Vec<ListedChatGroup<'a>>,
    /// Where the next page starts; 0 on the last one.
    #[serde(rename = "Next", default, deserialize_with = "null_as_default")]
    pub next: u64,
}

impl Reply for GetAppidGroupListReply<'_> {}

/// One chat group of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedChatGroup<'a> {
    /// The id.
    #[serde(rename = "GroupId")]
    pub group_id: Cow<'a, str>,
}

#[cfg(test)]
mod tests;
