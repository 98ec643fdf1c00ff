//! The requests of the six calls for conversation groups and marks.
//!
//! `parse` is for the server: it checks shapes, counts and lengths, and leaves to the rules of the product what
//! depends on a user's state or the configuration (the length of a group's name, whether it exists).
//! `Serialize` is for the client and writes the documented body. Wrong parameters are 50002, a `From_Account`
//! that is no string is 60015, and a wrong number of conversations is 51006 where it is not an error of the search.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::code::Code;
use crate::contact::Contact;
use crate::extract::Place;
use crate::fault::Fault;
use crate::json::{Object, Value};
use crate::limits::{CONVERSATIONS_PER_CALL_MAX, CONVERSATIONS_PER_SEARCH_MAX};
use crate::marks::BitNumbers;

mod write;

/// `create_contact_group`: makes a conversation group, or adds to the one that has the name already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateContactGroup<'a> {
    /// The user whose data is meant.
    pub from_account: Cow<'a, str>,
    /// The name of the group; may be empty or too long as far as parsing is concerned.
    pub group_name: Cow<'a, str>,
    /// The first members, at most 100; may be empty and may repeat.
    pub contacts: Vec<Contact<'a>>,
}

/// `update_contact_group`: renames a conversation group or changes its members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateContactGroup<'a> {
    /// The user whose data is meant.
    pub from_account: Cow<'a, str>,
    /// What to change.
    pub update: Update<'a>,
}

/// The two things that `update_contact_group` can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Update<'a> {
    /// Give a group another name.
    Rename {
        /// The present name.
        old: Cow<'a, str>,
        /// The name it shall have.
        new: Cow<'a, str>,
    },
    /// Add conversations to a group and remove others from it.
    Members {
        /// The name of the group.
        group: Cow<'a, str>,
        /// The changes, 1 to 100, to be made in this order; a conversation may be named more than once.
        items: Vec<MemberItem<'a>>,
    },
}

/// One change of a group's members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MemberItem<'a> {
    /// Whether to add or to remove.
    #[serde(rename = "ContactOptType")]
    pub change: MemberChange,
    /// The conversation.
    #[serde(rename = "ContactItem")]
    pub contact: Contact<'a>,
}

/// Whether a conversation is added to a group or removed from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "u8")]
pub enum MemberChange {
    /// `ContactOptType` 1.
    Add,
    /// `ContactOptType` 2.
    Remove,
}

/// `del_contact_group`: deletes a conversation group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteContactGroup<'a> {
    /// The user whose data is meant.
    pub from_account: Cow<'a, str>,
    /// The name of the group; may be empty or too long as far as parsing is concerned.
    pub group_name: Cow<'a, str>,
}

/// `mark_contact`: sets and clears marks of conversations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MarkContact<'a> {
    /// The user whose data is meant.
    #[serde(rename = "From_Account")]
    pub from_account: Cow<'a, str>,
    /// The changes, 1 to 100, to be made in this order; a conversation may be named more than once.
    #[serde(rename = "MarkItem")]
    pub items: Vec<MarkItem<'a>>,
}

/// One change of a conversation's marks. What its kind does not cover is empty after parsing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkItem<'a> {
    /// Which marks the change is about.
    pub kind: MarkKind,
    /// The conversation.
    pub contact: Contact<'a>,
    /// The bits to clear, before those of `set` are set.
    pub clear: u64,
    /// The bits to set.
    pub set: u64,
    /// The custom mark to have, where the empty string removes it; `None` leaves it alone, and never stands with
    /// [`MarkKind::Custom`].
    pub custom: Option<Cow<'a, str>>,
}

/// Which marks a change is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "u8")]
pub enum MarkKind {
    /// `OptType` 1: the standard mark.
    Standard,
    /// `OptType` 2: the custom mark.
    Custom,
    /// `OptType` 3: both.
    Both,
}

/// `get_contact_group`: one page of all that is kept for a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GetContactGroup<'a> {
    /// The user whose data is meant.
    #[serde(rename = "From_Account")]
    pub from_account: Cow<'a, str>,
    /// Where the page starts: 0, or what the page before gave as `NextStartIndex`.
    #[serde(rename = "StartIndex")]
    pub start_index: u64,
}

/// `search_contact_group`: the records of named conversations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SearchContactGroup<'a> {
    /// The user whose data is meant.
    #[serde(rename = "From_Account")]
    pub from_account: Cow<'a, str>,
    /// The conversations to look up, 1 to 300; may repeat.
    #[serde(rename = "ContactItem")]
    pub contacts: Vec<Contact<'a>>,
}

const BODY: Place<'static> = Place::body(Code::Parameter);

impl<'a> CreateContactGroup<'a> {
    /// Checks a body and takes the request out of it.
    pub fn parse(body: &'a Object<'a>) -> Result<Self, Fault> {
        Self::parse_for(body, None)
    }

    /// As `parse`; if a `user` is given, the body must name none.
    pub(crate) fn parse_for(body: &'a Object<'a>, user: Option<&'a str>) -> Result<Self, Fault> {
        let mut from_account = user.map(Cow::Borrowed);
        let mut group = None;
        for (name, value) in body.fields() {
            match name {
                "From_Account" => from_account = Some(own_from_account(value, user)?),
                "GroupContactItem" => group = Some(parse_new_group(value)?),
                _ => {}
            }
        }
        let from_account = BODY.required("From_Account", from_account)?;
        let (group_name, contacts) = BODY.required("GroupContactItem", group)?;
        Ok(Self { from_account, group_name, contacts })
    }
}

fn parse_new_group<'a>(value: &'a Value<'a>) -> Result<(Cow<'a, str>, Vec<Contact<'a>>), Fault> {
    let list = BODY.field("GroupContactItem");
    let [group] = list.array(value)? else {
        return Err(list.fault("must hold exactly one group"));
    };
    let place = list.item(0);
    let mut group_name = None;
    let mut contacts = Vec::new();
    for (name, value) in place.object(group)?.fields() {
        match name {
            "GroupName" => group_name = Some(place.field("GroupName").string_without_nul(value)?),
            "ContactItem" => contacts = parse_first_members(&place.field("ContactItem"), value)?,
            _ => {}
        }
    }
    let group_name = place.required("GroupName", group_name)?;
    Ok((Cow::Borrowed(group_name), contacts))
}

fn parse_first_members<'a>(place: &Place<'_>, value: &'a Value<'a>) -> Result<Vec<Contact<'a>>, Fault> {
    let items = place.array(value)?;
    if items.len() > CONVERSATIONS_PER_CALL_MAX {
        return Err(contact_count_fault(place));
    }
    parse_contacts(place, items)
}

impl<'a> UpdateContactGroup<'a> {
    /// Checks a body and takes the request out of it.
    pub fn parse(body: &'a Object<'a>) -> Result<Self, Fault> {
        Self::parse_for(body, None)
    }

    /// As `parse`; if a `user` is given, the body must name none.
    pub(crate) fn parse_for(body: &'a Object<'a>, user: Option<&'a str>) -> Result<Self, Fault> {
        // Only `UpdateType` 1 says what `UpdateGroup` means (decision 34).
        let update_type = |value: &Value<'_>| BODY.field("UpdateType").integer(value, 1, 1);
        let understood = body.get("UpdateType").is_some_and(|value| update_type(value).is_ok());
        let mut from_account = user.map(Cow::Borrowed);
        let mut update = None;
        for (name, value) in body.fields() {
            match name {
                "From_Account" => from_account = Some(own_from_account(value, user)?),
                "UpdateType" => _ = update_type(value)?,
                "UpdateGroup" if understood => update = Some(parse_update(value)?),
                _ => {}
            }
        }
        let from_account = BODY.required("From_Account", from_account)?;
        BODY.required("UpdateType", body.get("UpdateType"))?;
        let update = BODY.required("UpdateGroup", update)?;
        Ok(Self { from_account, update })
    }
}

fn parse_update<'a>(value: &'a Value<'a>) -> Result<Update<'a>, Fault> {
    let place = BODY.field("UpdateGroup");
    let object = place.object(value)?;
    let update_type = |value: &Value<'_>| place.field("UpdateGroupType").integer(value, 1, 2);
    let kind = object.get("UpdateGroupType").and_then(|value| update_type(value).ok());
    let renames = kind == Some(UPDATE_GROUP_TYPE_RENAME.into());
    let changes_members = kind == Some(UPDATE_GROUP_TYPE_MEMBERS.into());
    let mut old_name = None;
    let mut new_name = None;
    let mut items = None;
    for (name, value) in object.fields() {
        match name {
            "UpdateGroupType" => _ = update_type(value)?,
            "OldGroupName" => old_name = Some(place.field("OldGroupName").string_without_nul(value)?),
            "NewGroupName" if renames => {
                new_name = Some(place.field("NewGroupName").string_without_nul(value)?);
            }
            "ContactUpdateItem" if changes_members => {
                items = Some(parse_member_items(&place.field("ContactUpdateItem"), value)?);
            }
            _ => {}
        }
    }
    place.required("UpdateGroupType", kind)?;
    let old = Cow::Borrowed(place.required("OldGroupName", old_name)?);
    if renames {
        let new = Cow::Borrowed(place.required("NewGroupName", new_name)?);
        return Ok(Update::Rename { old, new });
    }
    match items {
        Some(items) => Ok(Update::Members { group: old, items }),
        None => Err(contact_count_fault(&place.field("ContactUpdateItem"))),
    }
}

const UPDATE_GROUP_TYPE_RENAME: u8 = 1;
const UPDATE_GROUP_TYPE_MEMBERS: u8 = 2;

fn parse_member_items<'a>(place: &Place<'_>, value: &'a Value<'a>) -> Result<Vec<MemberItem<'a>>, Fault> {
    let values = counted_items(place, value)?;
    let mut items = Vec::with_capacity(values.len());
    for (index, value) in values.iter().enumerate() {
        items.push(parse_member_item(&place.item(index), value)?);
    }
    Ok(items)
}

fn parse_member_item<'a>(place: &Place<'_>, value: &'a Value<'a>) -> Result<MemberItem<'a>, Fault> {
    let mut change = None;
    let mut contact = None;
    for (name, value) in place.object(value)?.fields() {
        match name {
            "ContactOptType" => {
                let number = place.field("ContactOptType").integer(value, 1, 2)?;
                change = Some(if number == 1 { MemberChange::Add } else { MemberChange::Remove });
            }
            "ContactItem" => contact = Some(Contact::parse(&place.field("ContactItem"), value)?),
            _ => {}
        }
    }
    let change = place.required("ContactOptType", change)?;
    let contact = place.required("ContactItem", contact)?;
    Ok(MemberItem { change, contact })
}

impl<'a> DeleteContactGroup<'a> {
    /// Checks a body and takes the request out of it.
    pub fn parse(body: &'a Object<'a>) -> Result<Self, Fault> {
        Self::parse_for(body, None)
    }

    /// As `parse`; if a `user` is given, the body must name none.
    pub(crate) fn parse_for(body: &'a Object<'a>, user: Option<&'a str>) -> Result<Self, Fault> {
        let mut from_account = user.map(Cow::Borrowed);
        let mut group_name = None;
        for (name, value) in body.fields() {
            match name {
                "From_Account" => from_account = Some(own_from_account(value, user)?),
                "GroupName" => group_name = Some(parse_only_name(value)?),
                _ => {}
            }
        }
        let from_account = BODY.required("From_Account", from_account)?;
        let group_name = BODY.required("GroupName", group_name)?;
        Ok(Self { from_account, group_name })
    }
}

fn parse_only_name<'a>(value: &'a Value<'a>) -> Result<Cow<'a, str>, Fault> {
    let list = BODY.field("GroupName");
    let [name] = list.array(value)? else {
        return Err(list.fault("must hold exactly one name"));
    };
    Ok(Cow::Borrowed(list.item(0).string_without_nul(name)?))
}

impl<'a> MarkContact<'a> {
    /// Checks a body and takes the request out of it; custom marks may have `custom_mark_bytes` bytes.
    pub fn parse(body: &'a Object<'a>, custom_mark_bytes: usize) -> Result<Self, Fault> {
        Self::parse_for(body, None, custom_mark_bytes)
    }

    /// As `parse`; if a `user` is given, the body must name none.
    pub(crate) fn parse_for(
        body: &'a Object<'a>,
        user: Option<&'a str>,
        custom_mark_bytes: usize,
    ) -> Result<Self, Fault> {
        let list = BODY.field("MarkItem");
        let mut from_account = user.map(Cow::Borrowed);
        let mut items = None;
        for (name, value) in body.fields() {
            match name {
                "From_Account" => from_account = Some(own_from_account(value, user)?),
                "MarkItem" => items = Some(parse_mark_items(&list, value, custom_mark_bytes)?),
                _ => {}
            }
        }
        let from_account = BODY.required("From_Account", from_account)?;
        match items {
            Some(items) => Ok(Self { from_account, items }),
            None => Err(contact_count_fault(&list)),
        }
    }
}

fn parse_mark_items<'a>(
    place: &Place<'_>,
    value: &'a Value<'a>,
    custom_mark_bytes: usize,
) -> Result<Vec<MarkItem<'a>>, Fault> {
    let values = counted_items(place, value)?;
    let mut items = Vec::with_capacity(values.len());
    for (index, value) in values.iter().enumerate() {
        items.push(parse_mark_item(&place.item(index), value, custom_mark_bytes)?);
    }
    Ok(items)
}

fn parse_mark_item<'a>(
    place: &Place<'_>,
    value: &'a Value<'a>,
    custom_mark_bytes: usize,
) -> Result<MarkItem<'a>, Fault> {
    let object = place.object(value)?;
    let opt_type = |value: &Value<'_>| place.field("OptType").integer(value, 1, 3);
    let number = object.get("OptType").and_then(|value| opt_type(value).ok());
    let kind = number.and_then(|number| MarkKind::try_from(number as u8).ok());
    let standard = matches!(kind, Some(MarkKind::Standard | MarkKind::Both));
    let custom = matches!(kind, Some(MarkKind::Custom | MarkKind::Both));
    let mut contact = None;
    let mut clear = 0;
    let mut set = 0;
    let mut custom_mark = None;
    for (name, value) in object.fields() {
        match name {
            "OptType" => _ = opt_type(value)?,
            "ContactItem" => contact = Some(Contact::parse(&place.field("ContactItem"), value)?),
            "ClearMark" if standard => clear = BitNumbers::parse(&place.field("ClearMark"), value)?,
            "SetMark" if standard => set = BitNumbers::parse(&place.field("SetMark"), value)?,
            "CustomMark" if custom => {
                custom_mark = Some(parse_custom_mark(&place.field("CustomMark"), value, custom_mark_bytes)?);
            }
            _ => {}
        }
    }
    let kind = place.required("OptType", kind)?;
    let contact = place.required("ContactItem", contact)?;
    if kind == MarkKind::Custom {
        place.required("CustomMark", custom_mark.as_ref())?;
    }
    Ok(MarkItem { kind, contact, clear, set, custom: custom_mark })
}

fn parse_custom_mark<'a>(place: &Place<'_>, value: &'a Value<'a>, max: usize) -> Result<Cow<'a, str>, Fault> {
    let mark = place.string_without_nul(value)?;
    if mark.len() > max {
        return Err(place.fault(format_args!("must not be longer than {max} bytes")));
    }
    Ok(Cow::Borrowed(mark))
}

impl<'a> GetContactGroup<'a> {
    /// Checks a body and takes the request out of it. A missing `StartIndex` is 0 (decision 27).
    pub fn parse(body: &'a Object<'a>) -> Result<Self, Fault> {
        let mut from_account = None;
        let mut start_index = 0;
        for (name, value) in body.fields() {
            match name {
                "From_Account" => from_account = Some(parse_from_account(value)?),
                "StartIndex" => start_index = BODY.field("StartIndex").integer(value, 0, u64::MAX)?,
                _ => {}
            }
        }
        let from_account = BODY.required("From_Account", from_account)?;
        Ok(Self { from_account, start_index })
    }
}

impl<'a> SearchContactGroup<'a> {
    /// Checks a body and takes the request out of it.
    pub fn parse(body: &'a Object<'a>) -> Result<Self, Fault> {
        let mut from_account = None;
        let mut contacts = None;
        for (name, value) in body.fields() {
            match name {
                "From_Account" => from_account = Some(parse_from_account(value)?),
                "ContactItem" => contacts = Some(parse_searched(value)?),
                _ => {}
            }
        }
        let from_account = BODY.required("From_Account", from_account)?;
        let contacts = BODY.required("ContactItem", contacts)?;
        Ok(Self { from_account, contacts })
    }
}

fn parse_searched<'a>(value: &'a Value<'a>) -> Result<Vec<Contact<'a>>, Fault> {
    let place = BODY.field("ContactItem");
    let items = place.array(value)?;
    if items.is_empty() || items.len() > CONVERSATIONS_PER_SEARCH_MAX {
        return Err(place.fault(format_args!("must hold 1 to {CONVERSATIONS_PER_SEARCH_MAX} conversations")));
    }
    parse_contacts(&place, items)
}

/// The user whose data is meant. A value that is no string has a code of its own (decision 38).
pub(crate) fn parse_from_account<'a>(value: &'a Value<'a>) -> Result<Cow<'a, str>, Fault> {
    let place = BODY.field("From_Account");
    place.with_code(Code::AccountNotString).string(value)?;
    Ok(Cow::Borrowed(place.user_id(value)?))
}

/// The `From_Account` of a body that must not have one if the user is known already.
pub(crate) fn own_from_account<'a>(value: &'a Value<'a>, user: Option<&str>) -> Result<Cow<'a, str>, Fault> {
    match user {
        None => parse_from_account(value),
        Some(_) => Err(BODY.field("From_Account").fault("must not be given: the call names the user")),
    }
}

fn parse_contacts<'a>(place: &Place<'_>, values: &'a [Value<'a>]) -> Result<Vec<Contact<'a>>, Fault> {
    let mut contacts = Vec::with_capacity(values.len());
    for (index, value) in values.iter().enumerate() {
        contacts.push(Contact::parse(&place.item(index), value)?);
    }
    Ok(contacts)
}

/// The elements of a list of 1 to 100 changes; another number of them is 51006 (decision 12).
fn counted_items<'a>(place: &Place<'_>, value: &'a Value<'a>) -> Result<&'a [Value<'a>], Fault> {
    let items = place.array(value)?;
    if items.is_empty() || items.len() > CONVERSATIONS_PER_CALL_MAX {
        return Err(contact_count_fault(place));
    }
    Ok(items)
}

fn contact_count_fault(place: &Place<'_>) -> Fault {
    let what = format_args!("must hold 1 to {CONVERSATIONS_PER_CALL_MAX} conversations");
    place.with_code(Code::ContactCount).fault(what)
}

#[cfg(test)]
mod tests;
