//! The requests of Foldmark's own calls: what lets all devices of a user show the same.
//!
//! They follow the vendor's calls in everything: names, shapes, order of faults. Wrong parameters are 50002.

use std::borrow::Cow;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::code::Code;
use crate::command::CallName;
use crate::contact_groups::{
    CreateContactGroup, DeleteContactGroup, MarkContact, Update, UpdateContactGroup, own_from_account,
    parse_from_account,
};
use crate::extract::Place;
use crate::fault::Fault;
use crate::json::{Object, Value};
use crate::limits::{
    ACCOUNTS_PER_CALL_MAX, CHANGES_PER_PAGE_MAX, COMMANDS_PER_APPLY_MAX, CONVERSATIONS_PER_APPLY_MAX,
    CONVERSATIONS_PER_LIST_MAX, CURSOR_BYTES_MAX, GROUP_EX_BYTES_MAX, GROUPS_PER_ORDER_MAX,
};
use crate::marks::BitNumbers;

/// `get_changes`: what changed of a user since an earlier look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GetChanges<'a> {
    /// The user whose data is meant.
    #[serde(rename = "From_Account")]
    pub from_account: Cow<'a, str>,
    /// What the earlier look gave as `Cursor`; without it everything is told.
    #[serde(rename = "Cursor", skip_serializing_if = "Option::is_none")]
    pub cursor: Option<Cow<'a, str>>,
    /// Changes at most, 1 to 500; 100 if it is left out.
    #[serde(rename = "Limit", skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

/// `set_group_order`: puts groups in an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SetGroupOrder<'a> {
    /// The user whose data is meant.
    #[serde(rename = "From_Account")]
    pub from_account: Cow<'a, str>,
    /// The names of the groups that come first, 1 to 100, in this order.
    #[serde(rename = "GroupName")]
    pub names: Vec<Cow<'a, str>>,
}

/// `set_group_ex`: sets what a user interface keeps about groups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SetGroupEx<'a> {
    /// The user whose data is meant.
    #[serde(rename = "From_Account")]
    pub from_account: Cow<'a, str>,
    /// The groups, 1 to 100; all are set, or none.
    #[serde(rename = "GroupItem")]
    pub groups: Vec<GroupEx<'a>>,
}

/// What a user interface keeps about one group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GroupEx<'a> {
    /// The name of the group.
    #[serde(rename = "GroupName")]
    pub name: Cow<'a, str>,
    /// At most 512 bytes; empty removes it.
    #[serde(rename = "Ex")]
    pub ex: Cow<'a, str>,
}

/// `list_groups`: the groups of a user in their order, with counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListGroups<'a> {
    /// The user whose data is meant.
    #[serde(rename = "From_Account")]
    pub from_account: Cow<'a, str>,
}

/// `list_conversations`: the records of a user that a filter lets through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListConversations<'a> {
    /// The user whose data is meant.
    pub from_account: Cow<'a, str>,
    /// In the group of this name.
    pub group_name: Option<Cow<'a, str>>,
    /// With all of these bits.
    pub all_marks: u64,
    /// With one of these bits; 0 asks nothing.
    pub any_marks: u64,
    /// With this custom mark; the empty string means none.
    pub custom_mark: Option<Cow<'a, str>>,
    /// With a custom mark that begins so. Never stands with `custom_mark`.
    pub custom_mark_prefix: Option<Cow<'a, str>>,
    /// 1: with a user, 2: with a chat group.
    pub kind: Option<u8>,
    /// Changed at this Unix second or later.
    pub changed_since: u64,
    /// Where the page starts: 0, or what the page before gave as `NextStartIndex`.
    pub start_index: u64,
    /// Conversations at most, 1 to 100; 100 if it is left out.
    pub limit: Option<u64>,
}

/// `apply`: carries out commands for one user, all or none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Apply<'a> {
    /// The user whose data is meant.
    #[serde(rename = "From_Account")]
    pub from_account: Cow<'a, str>,
    /// The commands, 1 to 100, in this order. Together they name at most 500 conversations.
    #[serde(rename = "CommandItem")]
    pub commands: Vec<ApplyItem<'a>>,
}

/// One command of [`Apply`], for the user of the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApplyItem<'a> {
    /// As the call of this name.
    CreateContactGroup(CreateContactGroup<'a>),
    /// As the call of this name.
    UpdateContactGroup(UpdateContactGroup<'a>),
    /// As the call of this name.
    DelContactGroup(DeleteContactGroup<'a>),
    /// As the call of this name.
    MarkContact(MarkContact<'a>),
    /// As the call of this name.
    SetGroupOrder(SetGroupOrder<'a>),
    /// As the call of this name.
    SetGroupEx(SetGroupEx<'a>),
}

/// `copy_layout`: copies the groups and marks of one user to others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CopyLayout<'a> {
    /// The user who is copied.
    #[serde(rename = "From_Account")]
    pub from_account: Cow<'a, str>,
    /// Those who get what he has, 1 to 100.
    #[serde(rename = "To_Account")]
    pub to_accounts: Vec<Cow<'a, str>>,
}

const BODY: Place<'static> = Place::body(Code::Parameter);

impl<'a> GetChanges<'a> {
    /// Checks a body and takes the request out of it.
    pub fn parse(body: &'a Object<'a>) -> Result<Self, Fault> {
        let (mut from_account, mut cursor, mut limit) = (None, None, None);
        for (name, value) in body.fields() {
            match name {
                "From_Account" => from_account = Some(parse_from_account(value)?),
                "Cursor" => {
                    let text = BODY.field("Cursor").short_string(value, CURSOR_BYTES_MAX)?;
                    cursor = Some(Cow::Borrowed(text));
                }
                "Limit" => limit = Some(BODY.field("Limit").integer(value, 1, CHANGES_PER_PAGE_MAX)?),
                _ => {}
            }
        }
        let from_account = BODY.required("From_Account", from_account)?;
        Ok(Self { from_account, cursor, limit })
    }
}

impl<'a> SetGroupOrder<'a> {
    /// Checks a body and takes the request out of it.
    pub fn parse(body: &'a Object<'a>) -> Result<Self, Fault> {
        Self::parse_for(body, None)
    }

    fn parse_for(body: &'a Object<'a>, user: Option<&'a str>) -> Result<Self, Fault> {
        let mut from_account = user.map(Cow::Borrowed);
        let mut names = None;
        for (name, value) in body.fields() {
            match name {
                "From_Account" => from_account = Some(own_from_account(value, user)?),
                "GroupName" => names = Some(parse_names(value)?),
                _ => {}
            }
        }
        let from_account = BODY.required("From_Account", from_account)?;
        Ok(Self { from_account, names: BODY.required("GroupName", names)? })
    }
}

fn parse_names<'a>(value: &'a Value<'a>) -> Result<Vec<Cow<'a, str>>, Fault> {
    let list = BODY.field("GroupName");
    let values = list.array(value)?;
    if values.is_empty() || values.len() > GROUPS_PER_ORDER_MAX {
        return Err(list.fault(format_args!("must hold 1 to {GROUPS_PER_ORDER_MAX} names")));
    }
    let mut names = Vec::with_capacity(values.len());
    for (index, value) in values.iter().enumerate() {
        names.push(Cow::Borrowed(list.item(index).string_without_nul(value)?));
    }
    Ok(names)
}

impl<'a> SetGroupEx<'a> {
    /// Checks a body and takes the request out of it.
    pub fn parse(body: &'a Object<'a>) -> Result<Self, Fault> {
        Self::parse_for(body, None)
    }

    fn parse_for(body: &'a Object<'a>, user: Option<&'a str>) -> Result<Self, Fault> {
        let mut from_account = user.map(Cow::Borrowed);
        let mut groups = None;
        for (name, value) in body.fields() {
            match name {
                "From_Account" => from_account = Some(own_from_account(value, user)?),
                "GroupItem" => groups = Some(parse_groups(value)?),
                _ => {}
            }
        }
        let from_account = BODY.required("From_Account", from_account)?;
        Ok(Self { from_account, groups: BODY.required("GroupItem", groups)? })
    }
}

fn parse_groups<'a>(value: &'a Value<'a>) -> Result<Vec<GroupEx<'a>>, Fault> {
    let list = BODY.field("GroupItem");
    let values = list.array(value)?;
    if values.is_empty() || values.len() > GROUPS_PER_ORDER_MAX {
        return Err(list.fault(format_args!("must hold 1 to {GROUPS_PER_ORDER_MAX} groups")));
    }
    let mut groups = Vec::with_capacity(values.len());
    for (index, value) in values.iter().enumerate() {
        groups.push(parse_group(&list.item(index), value)?);
    }
    Ok(groups)
}

fn parse_group<'a>(place: &Place<'_>, value: &'a Value<'a>) -> Result<GroupEx<'a>, Fault> {
    let (mut group_name, mut ex) = (None, None);
    for (name, value) in place.object(value)?.fields() {
        match name {
            "GroupName" => group_name = Some(text(&place.field("GroupName"), value)?),
            "Ex" => {
                let place = place.field("Ex");
                place.short_string(value, GROUP_EX_BYTES_MAX)?;
                ex = Some(text(&place, value)?);
            }
            _ => {}
        }
    }
    let name = place.required("GroupName", group_name)?;
    Ok(GroupEx { name, ex: place.required("Ex", ex)? })
}

fn text<'a>(place: &Place<'_>, value: &'a Value<'a>) -> Result<Cow<'a, str>, Fault> {
    Ok(Cow::Borrowed(place.string_without_nul(value)?))
}

impl<'a> ListGroups<'a> {
    /// Checks a body and takes the request out of it.
    pub fn parse(body: &'a Object<'a>) -> Result<Self, Fault> {
        let from_account = body.get("From_Account").map(parse_from_account).transpose()?;
        Ok(Self { from_account: BODY.required("From_Account", from_account)? })
    }
}

impl<'a> ListConversations<'a> {
    /// Checks a body and takes the request out of it.
    pub fn parse(body: &'a Object<'a>) -> Result<Self, Fault> {
        let mut from_account = None;
        let mut list = Self::default();
        for (name, value) in body.fields() {
            match name {
                "From_Account" => from_account = Some(parse_from_account(value)?),
                "GroupName" => list.group_name = Some(text(&BODY.field("GroupName"), value)?),
                "AllMark" => list.all_marks = BitNumbers::parse(&BODY.field("AllMark"), value)?,
                "AnyMark" => list.any_marks = BitNumbers::parse(&BODY.field("AnyMark"), value)?,
                "CustomMark" => list.custom_mark = Some(text(&BODY.field("CustomMark"), value)?),
                "CustomMarkPrefix" => {
                    list.custom_mark_prefix = Some(text(&BODY.field("CustomMarkPrefix"), value)?);
                }
                "Type" => list.kind = Some(BODY.field("Type").integer(value, 1, 2)? as u8),
                "ChangedSince" => {
                    list.changed_since = BODY.field("ChangedSince").integer(value, 0, u64::MAX)?;
                }
                "StartIndex" => list.start_index = BODY.field("StartIndex").integer(value, 0, u64::MAX)?,
                "Limit" => {
                    list.limit = Some(BODY.field("Limit").integer(value, 1, CONVERSATIONS_PER_LIST_MAX)?);
                }
                _ => {}
            }
        }
        list.from_account = BODY.required("From_Account", from_account)?;
        if list.custom_mark.is_some() && list.custom_mark_prefix.is_some() {
            return Err(BODY.field("CustomMarkPrefix").fault("must not stand with CustomMark"));
        }
        Ok(list)
    }
}

/// What asks nothing is left out.
impl Serialize for ListConversations<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut body = serializer.serialize_map(None)?;
        body.serialize_entry("From_Account", &self.from_account)?;
        if let Some(name) = &self.group_name {
            body.serialize_entry("GroupName", name)?;
        }
        if self.all_marks != 0 {
            body.serialize_entry("AllMark", &BitNumbers(self.all_marks))?;
        }
        if self.any_marks != 0 {
            body.serialize_entry("AnyMark", &BitNumbers(self.any_marks))?;
        }
        if let Some(custom) = &self.custom_mark {
            body.serialize_entry("CustomMark", custom)?;
        }
        if let Some(prefix) = &self.custom_mark_prefix {
            body.serialize_entry("CustomMarkPrefix", prefix)?;
        }
        if let Some(kind) = self.kind {
            body.serialize_entry("Type", &kind)?;
        }
        if self.changed_since != 0 {
            body.serialize_entry("ChangedSince", &self.changed_since)?;
        }
        if self.start_index != 0 {
            body.serialize_entry("StartIndex", &self.start_index)?;
        }
        if let Some(limit) = self.limit {
            body.serialize_entry("Limit", &limit)?;
        }
        body.end()
    }
}

impl<'a> Apply<'a> {
    /// Checks a body and takes the request out of it; custom marks may have `custom_mark_bytes` bytes.
    pub fn parse(body: &'a Object<'a>, custom_mark_bytes: usize) -> Result<Self, Fault> {
        let mut from_account = None;
        let mut commands = None;
        let user = body.get("From_Account").map(parse_from_account).transpose();
        for (name, value) in body.fields() {
            match name {
                "From_Account" => from_account = Some(parse_from_account(value)?),
                // Without a user nothing is understood of what is to be done for him.
                "CommandItem" => {
                    if let Ok(Some(Cow::Borrowed(user))) = &user {
                        commands = Some(parse_commands(value, user, custom_mark_bytes)?);
                    }
                }
                _ => {}
            }
        }
        let from_account = BODY.required("From_Account", from_account)?;
        Ok(Self { from_account, commands: BODY.required("CommandItem", commands)? })
    }
}

fn parse_commands<'a>(
    value: &'a Value<'a>,
    user: &'a str,
    custom_mark_bytes: usize,
) -> Result<Vec<ApplyItem<'a>>, Fault> {
    let list = BODY.field("CommandItem");
    let values = list.array(value)?;
    if values.is_empty() || values.len() > COMMANDS_PER_APPLY_MAX {
        return Err(list.fault(format_args!("must hold 1 to {COMMANDS_PER_APPLY_MAX} commands")));
    }
    let mut commands = Vec::with_capacity(values.len());
    let mut conversations = 0;
    for (index, value) in values.iter().enumerate() {
        let place = list.item(index);
        let body = place.object(value)?;
        let call = parse_command_name(&place, body)?;
        // What is wrong in a command is said as by the call, with the command's place before it.
        let within = |fault: Fault| Fault::new(fault.code, format!("{place}.{}", fault.info));
        let command = ApplyItem::parse(call, body, user, custom_mark_bytes).map_err(within)?;
        conversations += command.conversations();
        commands.push(command);
    }
    if conversations > CONVERSATIONS_PER_APPLY_MAX {
        let most = format_args!("must name at most {CONVERSATIONS_PER_APPLY_MAX} conversations");
        return Err(list.with_code(Code::ContactCount).fault(most));
    }
    Ok(commands)
}

fn parse_command_name(place: &Place<'_>, body: &Object<'_>) -> Result<CallName, Fault> {
    let name = place.required("Command", body.get("Command"))?;
    let place = place.field("Command");
    let name = place.string(name)?;
    ApplyItem::CALLS.into_iter().find(|call| call.command() == name).ok_or_else(|| {
        place.fault(format_args!("must be one of {}", ApplyItem::CALLS.map(CallName::command).join(", ")))
    })
}

impl<'a> ApplyItem<'a> {
    /// The calls that can be commands.
    pub const CALLS: [CallName; 6] = [
        CallName::CreateContactGroup,
        CallName::UpdateContactGroup,
        CallName::DelContactGroup,
        CallName::MarkContact,
        CallName::SetGroupOrder,
        CallName::SetGroupEx,
    ];

    /// The call that the command is as.
    pub const fn call(&self) -> CallName {
        match self {
            Self::CreateContactGroup(_) => CallName::CreateContactGroup,
            Self::UpdateContactGroup(_) => CallName::UpdateContactGroup,
            Self::DelContactGroup(_) => CallName::DelContactGroup,
            Self::MarkContact(_) => CallName::MarkContact,
            Self::SetGroupOrder(_) => CallName::SetGroupOrder,
            Self::SetGroupEx(_) => CallName::SetGroupEx,
        }
    }

    fn parse(
        call: CallName,
        body: &'a Object<'a>,
        user: &'a str,
        custom_mark_bytes: usize,
    ) -> Result<Self, Fault> {
        let user = Some(user);
        Ok(match call {
            CallName::CreateContactGroup => {
                Self::CreateContactGroup(CreateContactGroup::parse_for(body, user)?)
            }
            CallName::UpdateContactGroup => {
                Self::UpdateContactGroup(UpdateContactGroup::parse_for(body, user)?)
            }
            CallName::DelContactGroup => Self::DelContactGroup(DeleteContactGroup::parse_for(body, user)?),
            CallName::MarkContact => {
                Self::MarkContact(MarkContact::parse_for(body, user, custom_mark_bytes)?)
            }
            CallName::SetGroupOrder => Self::SetGroupOrder(SetGroupOrder::parse_for(body, user)?),
            _ => Self::SetGroupEx(SetGroupEx::parse_for(body, user)?),
        })
    }

    /// How many conversations it names.
    fn conversations(&self) -> usize {
        match self {
            Self::CreateContactGroup(create) => create.contacts.len(),
            Self::UpdateContactGroup(UpdateContactGroup {
                update: Update::Members { items, .. }, ..
            }) => items.len(),
            Self::MarkContact(mark) => mark.items.len(),
            Self::UpdateContactGroup(_)
            | Self::DelContactGroup(_)
            | Self::SetGroupOrder(_)
            | Self::SetGroupEx(_) => 0,
        }
    }

    /// The body of the call.
    fn body(&self) -> serde_json::Value {
        let body = match self {
            Self::CreateContactGroup(body) => serde_json::to_value(body),
            Self::UpdateContactGroup(body) => serde_json::to_value(body),
            Self::DelContactGroup(body) => serde_json::to_value(body),
            Self::MarkContact(body) => serde_json::to_value(body),
            Self::SetGroupOrder(body) => serde_json::to_value(body),
            Self::SetGroupEx(body) => serde_json::to_value(body),
        };
        body.expect("requests are made of strings and numbers")
    }
}

/// As the call, with its name in place of its user.
impl Serialize for ApplyItem<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut item = serializer.serialize_map(None)?;
        item.serialize_entry("Command", self.call().command())?;
        let body = self.body();
        for (name, value) in body.as_object().into_iter().flatten() {
            if name != "From_Account" {
                item.serialize_entry(name, value)?;
            }
        }
        item.end()
    }
}

impl<'a> CopyLayout<'a> {
    /// Checks a body and takes the request out of it.
    pub fn parse(body: &'a Object<'a>) -> Result<Self, Fault> {
        let mut from_account = None;
        let mut to_accounts = None;
        for (name, value) in body.fields() {
            match name {
                "From_Account" => from_account = Some(parse_from_account(value)?),
                "To_Account" => to_accounts = Some(parse_accounts(value)?),
                _ => {}
            }
        }
        let from_account = BODY.required("From_Account", from_account)?;
        Ok(Self { from_account, to_accounts: BODY.required("To_Account", to_accounts)? })
    }
}

fn parse_accounts<'a>(value: &'a Value<'a>) -> Result<Vec<Cow<'a, str>>, Fault> {
    let list = BODY.field("To_Account");
    let values = list.array(value)?;
    if values.is_empty() || values.len() > ACCOUNTS_PER_CALL_MAX {
        return Err(list.fault(format_args!("must hold 1 to {ACCOUNTS_PER_CALL_MAX} accounts")));
    }
    let mut accounts = Vec::with_capacity(values.len());
    for (index, value) in values.iter().enumerate() {
        let place = list.item(index);
        place.with_code(Code::AccountNotString).string(value)?;
        accounts.push(Cow::Borrowed(place.user_id(value)?));
    }
    Ok(accounts)
}

#[cfg(test)]
mod tests;
