//! A conversation as it appears in requests and results: its kind and its peer.

use std::borrow::Cow;

use serde::de::Error;
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::extract::Place;
use crate::fault::Fault;
use crate::json::Value;

/// A conversation of a user, named by its peer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Contact<'a> {
    /// A conversation with a user: `Type` 1 and `To_Account`.
    User(Cow<'a, str>),
    /// A conversation in a chat group: `Type` 2 and `ToGroupId`.
    ChatGroup(Cow<'a, str>),
}

impl<'a> Contact<'a> {
    /// The number of the kind, `Type` on the wire: 1 or 2.
    pub const fn kind(&self) -> u8 {
        match self {
            Self::User(_) => KIND_USER,
            Self::ChatGroup(_) => KIND_CHAT_GROUP,
        }
    }

    /// The user id or chat group id.
    pub fn peer(&self) -> &str {
        match self {
            Self::User(peer) | Self::ChatGroup(peer) => peer,
        }
    }

    /// The same conversation without anything borrowed.
    pub fn into_owned(self) -> Contact<'static> {
        match self {
            Self::User(peer) => Contact::User(Cow::Owned(peer.into_owned())),
            Self::ChatGroup(peer) => Contact::ChatGroup(Cow::Owned(peer.into_owned())),
        }
    }

    /// The same conversation, borrowing from this one.
    pub fn borrowed(&self) -> Contact<'_> {
        match self {
            Self::User(peer) => Contact::User(Cow::Borrowed(peer)),
            Self::ChatGroup(peer) => Contact::ChatGroup(Cow::Borrowed(peer)),
        }
    }

    /// Name and value of the field that carries the peer.
    pub(crate) fn peer_field(&self) -> (&'static str, &str) {
        match self {
            Self::User(peer) => ("To_Account", peer),
            Self::ChatGroup(peer) => ("ToGroupId", peer),
        }
    }

    /// The conversation of the fields of a reply.
    pub(crate) fn from_reply<E: Error>(
        kind: u8,
        to_account: Option<Cow<'a, str>>,
        to_group_id: Option<Cow<'a, str>>,
    ) -> Result<Self, E> {
        match kind {
            KIND_USER => to_account.map(Self::User).ok_or_else(|| E::missing_field("To_Account")),
            KIND_CHAT_GROUP => to_group_id.map(Self::ChatGroup).ok_or_else(|| E::missing_field("ToGroupId")),
            _ => Err(E::custom("the Type of a conversation must be 1 or 2")),
        }
    }

    /// Parses the conversation object of a request. Whatever the peer field of the other type holds is ignored.
    pub(crate) fn parse(place: &Place<'_>, value: &'a Value<'a>) -> Result<Self, Fault> {
        let object = place.object(value)?;
        let kind = place.required("Type", object.get("Type"))?;
        let kind = place.field("Type").integer(kind, KIND_USER.into(), KIND_CHAT_GROUP.into())?;
        if kind == u64::from(KIND_USER) {
            let peer = place.required("To_Account", object.get("To_Account"))?;
            let peer = place.field("To_Account").user_id(peer)?;
            return Ok(Self::User(Cow::Borrowed(peer)));
        }
        let peer = place.required("ToGroupId", object.get("ToGroupId"))?;
        let peer = place.field("ToGroupId").chat_group_peer(peer)?;
        Ok(Self::ChatGroup(Cow::Borrowed(peer)))
    }
}

const KIND_USER: u8 = 1;
const KIND_CHAT_GROUP: u8 = 2;

impl Serialize for Contact<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (name, peer) = self.peer_field();
        let mut object = serializer.serialize_struct("Contact", 2)?;
        object.serialize_field("Type", &self.kind())?;
        object.serialize_field(name, peer)?;
        object.end()
    }
}

impl<'de> Deserialize<'de> for Contact<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = ContactFields::deserialize(deserializer)?;
        Self::from_reply(fields.kind, fields.to_account, fields.to_group_id)
    }
}

#[derive(Deserialize)]
struct ContactFields<'a> {
    #[serde(rename = "Type")]
    kind: u8,
    #[serde(rename = "To_Account")]
    to_account: Option<Cow<'a, str>>,
    #[serde(rename = "ToGroupId")]
    to_group_id: Option<Cow<'a, str>>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Code;
    use crate::json::parse_body;

    fn parse(body: &str) -> Result<Contact<'static>, Fault> {
        let body = Value::Object(parse_body(body.as_bytes()).unwrap());
        let place = Place::body(Code::Parameter);
        Contact::parse(&place.field("ContactItem"), &body).map(Contact::into_owned)
    }

    #[test]
    fn both_kinds_are_read_and_written() {
        for (text, contact) in [
            (r#"{"Type":1,"To_Account":"user_0002"}"#, Contact::User("user_0002".into())),
            (r#"{"Type":2,"ToGroupId":"@TGS#1B2AUI7RZ"}"#, Contact::ChatGroup("@TGS#1B2AUI7RZ".into())),
        ] {
            assert_eq!(parse(text).unwrap(), contact);
            assert!(text.ends_with(&format!("{:?}}}", contact.peer())));
            assert_eq!(serde_json::to_string(&contact).unwrap(), text);
            assert_eq!(serde_json::from_str::<Contact<'_>>(text).unwrap(), contact);
        }
    }

    #[test]
    fn the_peer_field_of_the_other_type_is_ignored_whatever_it_holds() {
        let user = Contact::User("u".into());
        assert_eq!(parse(r#"{"ToGroupId":7,"To_Account":"u","Type":1}"#).unwrap(), user);
        let chat_group = Contact::ChatGroup("g".into());
        assert_eq!(parse(r#"{"Type":2,"To_Account":[],"ToGroupId":"g","More":{}}"#).unwrap(), chat_group);
    }

    #[test]
    fn what_is_wrong_is_50002_and_named() {
        for (text, info) in [
            (r#"{}"#, "ContactItem.Type is missing"),
            (r#"{"Type":null,"To_Account":"u"}"#, "ContactItem.Type is missing"),
            (r#"{"Type":3,"To_Account":"u"}"#, "ContactItem.Type must be an integer from 1 to 2"),
            (r#"{"Type":"1","To_Account":"u"}"#, "ContactItem.Type must be an integer"),
            (r#"{"Type":1.0,"To_Account":"u"}"#, "ContactItem.Type must be an integer"),
            (r#"{"Type":1,"ToGroupId":"g"}"#, "ContactItem.To_Account is missing"),
            (r#"{"Type":2,"To_Account":"u"}"#, "ContactItem.ToGroupId is missing"),
            (r#"{"Type":1,"To_Account":5}"#, "ContactItem.To_Account must be a string"),
            (r#"{"Type":1,"To_Account":""}"#, "ContactItem.To_Account must not be empty"),
            (r#"{"Type":2,"ToGroupId":"a\nb"}"#, "ContactItem.ToGroupId must not contain control characters"),
        ] {
            let fault = parse(text).unwrap_err();
            assert_eq!((fault.code, fault.info.as_ref()), (Code::Parameter, info));
        }
    }

    #[test]
    fn a_reply_may_hold_more_than_is_known() {
        let contact: Contact<'_> =
            serde_json::from_str(r#"{"New":1,"Type":1,"To_Account":"u","ToGroupId":""}"#).unwrap();
        assert_eq!(contact, Contact::User("u".into()));
        assert!(serde_json::from_str::<Contact<'_>>(r#"{"Type":1,"ToGroupId":"g"}"#).is_err());
        assert!(serde_json::from_str::<Contact<'_>>(r#"{"Type":3,"To_Account":"u"}"#).is_err());
    }
}
