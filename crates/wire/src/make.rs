//! Short ways to make what requests are made of.
//!
//! The server gets these from `parse`; whoever writes requests by hand says only what differs from the usual.

use std::borrow::Cow;

use crate::chat_groups::{ChatGroupType, CreateGroup};
use crate::contact::Contact;
use crate::contact_groups::{MarkItem, MarkKind, MemberChange, MemberItem};

impl<'a> Contact<'a> {
    /// The conversation with a user.
    ///
    /// ```
    /// use foldmark_wire::contact::Contact;
    ///
    /// assert_eq!(Contact::user("user_0002").kind(), 1);
    /// ```
    pub fn user(user_id: impl Into<Cow<'a, str>>) -> Self {
        Self::User(user_id.into())
    }

    /// The conversation in a chat group.
    ///
    /// ```
    /// use foldmark_wire::contact::Contact;
    ///
    /// assert_eq!(Contact::chat_group("@TGS#1B2AUI7RZ").kind(), 2);
    /// ```
    pub fn chat_group(group_id: impl Into<Cow<'a, str>>) -> Self {
        Self::ChatGroup(group_id.into())
    }
}

impl<'a> MarkItem<'a> {
    /// Sets bits of the standard mark: bit n of `bits` is bit n of the mark. Other bits stay.
    ///
    /// ```
    /// use foldmark_wire::contact::Contact;
    /// use foldmark_wire::contact_groups::MarkItem;
    ///
    /// let star = MarkItem::setting(Contact::user("user_0002"), 1 << 0);
    /// assert_eq!((star.set, star.clear), (1, 0));
    /// ```
    pub fn setting(contact: Contact<'a>, bits: u64) -> Self {
        Self { kind: MarkKind::Standard, contact, clear: 0, set: bits, custom: None }
    }

    /// Clears bits of the standard mark. Other bits stay.
    ///
    /// ```
    /// use foldmark_wire::contact::Contact;
    /// use foldmark_wire::contact_groups::MarkItem;
    ///
    /// let no_star = MarkItem::clearing(Contact::user("user_0002"), 1 << 0);
    /// assert_eq!((no_star.set, no_star.clear), (0, 1));
    /// ```
    pub fn clearing(contact: Contact<'a>, bits: u64) -> Self {
        Self { kind: MarkKind::Standard, contact, clear: bits, set: 0, custom: None }
    }

    /// Sets the custom mark; the empty text removes it. The standard mark stays.
    ///
    /// ```
    /// use foldmark_wire::contact::Contact;
    /// use foldmark_wire::contact_groups::MarkItem;
    ///
    /// let vip = MarkItem::custom(Contact::user("user_0002"), "vip");
    /// assert_eq!(vip.custom.as_deref(), Some("vip"));
    /// ```
    pub fn custom(contact: Contact<'a>, text: impl Into<Cow<'a, str>>) -> Self {
        Self { kind: MarkKind::Custom, contact, clear: 0, set: 0, custom: Some(text.into()) }
    }
}

impl<'a> MemberItem<'a> {
    /// Adds a conversation to the group.
    ///
    /// ```
    /// use foldmark_wire::contact::Contact;
    /// use foldmark_wire::contact_groups::{MemberChange, MemberItem};
    ///
    /// assert_eq!(MemberItem::add(Contact::user("user_0002")).change, MemberChange::Add);
    /// ```
    pub const fn add(contact: Contact<'a>) -> Self {
        Self { change: MemberChange::Add, contact }
    }

    /// Removes a conversation from the group.
    ///
    /// ```
    /// use foldmark_wire::contact::Contact;
    /// use foldmark_wire::contact_groups::{MemberChange, MemberItem};
    ///
    /// assert_eq!(MemberItem::remove(Contact::user("user_0002")).change, MemberChange::Remove);
    /// ```
    pub const fn remove(contact: Contact<'a>) -> Self {
        Self { change: MemberChange::Remove, contact }
    }
}

impl<'a> CreateGroup<'a> {
    /// A chat group without owner and members, whose id the server makes.
    ///
    /// ```
    /// use foldmark_wire::chat_groups::{ChatGroupType, CreateGroup};
    ///
    /// let team = CreateGroup { group_id: Some("@TGS#1B2AUI7RZ".into()), ..CreateGroup::new(ChatGroupType::Public, "Team") };
    /// assert_eq!(team.name, "Team");
    /// ```
    pub fn new(kind: ChatGroupType, name: impl Into<Cow<'a, str>>) -> Self {
        Self { kind, name: name.into(), owner_account: None, group_id: None, members: Vec::new() }
    }
}
