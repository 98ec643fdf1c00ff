//! How requests are written where the body is nested more deeply than the type, and the numbers of the choices.

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::{
    CreateContactGroup, DeleteContactGroup, MarkItem, MarkKind, MemberChange, UPDATE_GROUP_TYPE_MEMBERS,
    UPDATE_GROUP_TYPE_RENAME, Update, UpdateContactGroup,
};
use crate::contact::Contact;
use crate::marks::BitNumbers;

impl Serialize for CreateContactGroup<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let group = NewGroup { name: &self.group_name, contacts: &self.contacts };
        let mut body = serializer.serialize_struct("CreateContactGroup", 2)?;
        body.serialize_field("From_Account", &self.from_account)?;
        body.serialize_field("GroupContactItem", &[group])?;
        body.end()
    }
}

#[derive(Serialize)]
struct NewGroup<'a> {
    #[serde(rename = "GroupName")]
    name: &'a str,
    #[serde(rename = "ContactItem", skip_serializing_if = "<[_]>::is_empty")]
    contacts: &'a [Contact<'a>],
}

impl Serialize for UpdateContactGroup<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut body = serializer.serialize_struct("UpdateContactGroup", 3)?;
        body.serialize_field("From_Account", &self.from_account)?;
        body.serialize_field("UpdateType", &1)?;
        body.serialize_field("UpdateGroup", &self.update)?;
        body.end()
    }
}

impl Serialize for Update<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut update = serializer.serialize_struct("UpdateGroup", 3)?;
        match self {
            Self::Rename { old, new } => {
                update.serialize_field("UpdateGroupType", &UPDATE_GROUP_TYPE_RENAME)?;
                update.serialize_field("OldGroupName", old)?;
                update.serialize_field("NewGroupName", new)?;
            }
            Self::Members { group, items } => {
                update.serialize_field("UpdateGroupType", &UPDATE_GROUP_TYPE_MEMBERS)?;
                update.serialize_field("OldGroupName", group)?;
                update.serialize_field("ContactUpdateItem", items)?;
            }
        }
        update.end()
    }
}

impl Serialize for DeleteContactGroup<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut body = serializer.serialize_struct("DeleteContactGroup", 2)?;
        body.serialize_field("From_Account", &self.from_account)?;
        body.serialize_field("GroupName", &[&self.group_name])?;
        body.end()
    }
}

/// What a change does not name is left out.
impl Serialize for MarkItem<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut item = serializer.serialize_struct("MarkItem", 5)?;
        item.serialize_field("OptType", &self.kind)?;
        item.serialize_field("ContactItem", &self.contact)?;
        if self.clear != 0 {
            item.serialize_field("ClearMark", &BitNumbers(self.clear))?;
        }
        if self.set != 0 {
            item.serialize_field("SetMark", &BitNumbers(self.set))?;
        }
        if let Some(custom) = &self.custom {
            item.serialize_field("CustomMark", custom)?;
        }
        item.end()
    }
}

impl From<MemberChange> for u8 {
    fn from(change: MemberChange) -> Self {
        match change {
            MemberChange::Add => 1,
            MemberChange::Remove => 2,
        }
    }
}

impl TryFrom<u8> for MemberChange {
    type Error = &'static str;

    fn try_from(number: u8) -> Result<Self, Self::Error> {
        match number {
            1 => Ok(Self::Add),
            2 => Ok(Self::Remove),
            _ => Err("ContactOptType must be 1 or 2"),
        }
    }
}

impl From<MarkKind> for u8 {
    fn from(kind: MarkKind) -> Self {
        match kind {
            MarkKind::Standard => 1,
            MarkKind::Custom => 2,
            MarkKind::Both => 3,
        }
    }
}

impl TryFrom<u8> for MarkKind {
    type Error = &'static str;

    fn try_from(number: u8) -> Result<Self, Self::Error> {
        match number {
            1 => Ok(Self::Standard),
            2 => Ok(Self::Custom),
            3 => Ok(Self::Both),
            _ => Err("OptType must be 1, 2 or 3"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_changes_come_back() {
        for change in [MemberChange::Add, MemberChange::Remove] {
            assert_eq!(MemberChange::try_from(u8::from(change)), Ok(change));
        }
        assert!(MemberChange::try_from(0).is_err() && MemberChange::try_from(3).is_err());
    }
}
