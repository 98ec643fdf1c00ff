//! Exports: whole users and chat groups as lines of JSON, and what import and export say to each other.
//!
//! An export begins with an [`ExportHead`], has a line for each subject, [`Checkpoint`]s between them from which an
//! export that was cut off goes on, and ends with its [`Totals`]. Every line is an object with one field that names
//! what it is. Fields that are not known are refused, so that nothing is dropped unseen: a later format gets a higher
//! [`FORMAT`] and names its fields here.

use std::borrow::Cow;
use std::ops::AddAssign;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::contact::Contact;
use crate::marks::StandardMark;

/// The newest format of exports. Since 2 a group may have `Order` and `Ex`.
pub const FORMAT: u32 = 2;

/// Bytes of the body of one import, and therefore of the longest line: a user at the ceilings whose every byte is
/// escaped.
pub const IMPORT_BYTES_MAX: usize = 48 * 1024 * 1024;

/// Lines of the body of one import.
pub const IMPORT_LINES_MAX: usize = 1_000;

/// One line of an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Line<'a> {
    /// The first line.
    Export(ExportHead<'a>),
    /// A chat group.
    #[serde(borrow)]
    ChatGroup(ChatGroupLine<'a>),
    /// A user.
    #[serde(borrow)]
    User(UserLine<'a>),
    /// Everything before is complete up to here.
    Checkpoint(Checkpoint),
    /// The last line.
    End(Totals),
    /// In place of further lines: the export cannot go on.
    Failed(Failure<'a>),
}

/// The first line of an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ExportHead<'a> {
    /// See [`FORMAT`].
    pub format: u32,
    /// The version of Foldmark that wrote it.
    pub version: Cow<'a, str>,
    /// Unix seconds.
    pub time: u64,
}

/// A chat group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChatGroupLine<'a> {
    /// The application.
    #[serde(rename = "SdkAppid")]
    pub sdkappid: u32,
    /// The chat group's id.
    #[serde(rename = "GroupId", borrow)]
    pub id: Cow<'a, str>,
    /// False once it was disbanded.
    #[serde(rename = "Alive")]
    pub alive: bool,
    /// The type.
    #[serde(rename = "Type", borrow)]
    pub kind: Cow<'a, str>,
    /// The name.
    #[serde(rename = "Name", borrow)]
    pub name: Cow<'a, str>,
    /// The owner; empty if none was named.
    #[serde(rename = "Owner_Account", borrow)]
    pub owner: Cow<'a, str>,
    /// Unix seconds.
    #[serde(rename = "CreateTime")]
    pub created: u64,
}

/// A user with everything that is kept of him.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserLine<'a> {
    /// The application.
    #[serde(rename = "SdkAppid")]
    pub sdkappid: u32,
    /// The user's id.
    #[serde(rename = "UserID", borrow)]
    pub id: Cow<'a, str>,
    /// Whether the account is imported.
    #[serde(rename = "Imported")]
    pub imported: bool,
    /// Nickname.
    #[serde(rename = "Nick", borrow)]
    pub nick: Cow<'a, str>,
    /// URL of the user's picture.
    #[serde(rename = "FaceUrl", borrow)]
    pub face_url: Cow<'a, str>,
    /// The id that the next group gets.
    #[serde(rename = "NextGroupId")]
    pub next_group_id: u32,
    /// The number that the next conversation gets.
    #[serde(rename = "NextNumber")]
    pub next_number: u32,
    /// The groups, in ascending order of id.
    #[serde(rename = "Groups", borrow)]
    pub groups: Vec<GroupPart<'a>>,
    /// What is kept of conversations.
    #[serde(rename = "Conversations", borrow)]
    pub conversations: Vec<ConversationPart<'a>>,
}

/// A group of a [`UserLine`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupPart<'a> {
    /// The id.
    #[serde(rename = "GroupId")]
    pub id: u32,
    /// The name.
    #[serde(rename = "GroupName", borrow)]
    pub name: Cow<'a, str>,
    /// Groups are shown in ascending order of this, then of their ids.
    #[serde(rename = "Order", default, skip_serializing_if = "is_zero")]
    pub order: u32,
    /// What a user interface keeps about it.
    #[serde(rename = "Ex", default, borrow, skip_serializing_if = "str::is_empty")]
    pub ex: Cow<'a, str>,
}

impl<'a> GroupPart<'a> {
    /// A group without an order and without an `Ex`.
    pub fn new(id: u32, name: impl Into<Cow<'a, str>>) -> GroupPart<'a> {
        GroupPart { id, name: name.into(), order: 0, ex: "".into() }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// A conversation of a [`UserLine`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConversationPart<'a> {
    /// Which conversation.
    #[serde(rename = "Contact", borrow)]
    pub contact: Contact<'a>,
    /// Order of creation, the paging cursor of `get_contact_group`.
    #[serde(rename = "Number")]
    pub number: u32,
    /// Unix seconds of the last change.
    #[serde(rename = "Timestamp")]
    pub timestamp: u64,
    /// The bits, as replies write them.
    #[serde(rename = "StandardMark")]
    pub standard_mark: StandardMark,
    /// The custom string.
    #[serde(rename = "CustomMark", borrow)]
    pub custom_mark: Cow<'a, str>,
    /// The ids of the groups that the conversation is in.
    #[serde(rename = "ContactGroupId")]
    pub groups: Vec<u32>,
}

/// How far an export has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Checkpoint {
    /// Where the next page starts; absent at the end of what was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Of all lines before. In the reply of a page: of the page.
    pub totals: Totals,
}

/// What a number of lines hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Totals {
    /// Chat groups, disbanded ones too.
    pub chat_groups: u64,
    /// Users, deleted ones too.
    pub users: u64,
    /// Conversations of all these users.
    pub conversations: u64,
    /// Of the lines in any order.
    pub digest: Digest,
}

/// What two stores have in common if they hold the same, and an export and its store: a sum of hashes, so that the
/// order of subjects plays no part. Not made against forgers: it finds what was lost or changed by accident.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Digest(u128);

/// Why an export ends early.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Failure<'a> {
    /// For people.
    #[serde(borrow)]
    pub reason: Cow<'a, str>,
}

/// The reply to an import: what became of each line that names a subject, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ImportReply<'a> {
    /// One for each line of the body.
    #[serde(borrow)]
    pub results: Vec<Imported<'a>>,
}

/// What became of one line of an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Imported<'a> {
    /// The outcome.
    pub outcome: Outcome,
    /// Why, unless it was put; names the subject and what is wrong with it.
    #[serde(default, borrow)]
    pub reason: Cow<'a, str>,
}

/// What became of one line of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The subject is now as the line says, durably; or it was so before.
    Put,
    /// It is not, and trying again changes nothing about that.
    Refused,
    /// It may or may not be; try again.
    Failed,
}

impl Line<'_> {
    /// The line as text, without an end of line. JSON has none within.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("lines are made of strings and numbers")
    }
}

impl ImportReply<'_> {
    /// The same reply without anything borrowed.
    pub fn into_owned(self) -> ImportReply<'static> {
        let owned = |result: Imported<'_>| Imported {
            outcome: result.outcome,
            reason: Cow::Owned(result.reason.into_owned()),
        };
        ImportReply { results: self.results.into_iter().map(owned).collect() }
    }
}

impl Totals {
    /// Adds one line of a subject, and its text.
    pub fn add(&mut self, line: &Line<'_>, text: &str) {
        match line {
            Line::ChatGroup(_) => self.chat_groups += 1,
            Line::User(user) => {
                self.users += 1;
                self.conversations += user.conversations.len() as u64;
            }
            _ => return,
        }
        self.digest.add(text);
    }
}

impl AddAssign for Totals {
    fn add_assign(&mut self, more: Totals) {
        self.chat_groups += more.chat_groups;
        self.users += more.users;
        self.conversations += more.conversations;
        self.digest.0 = self.digest.0.wrapping_add(more.digest.0);
    }
}

impl Digest {
    fn add(&mut self, text: &str) {
        let hash = Sha256::digest(text);
        let (first, _) = hash.split_first_chunk::<16>().expect("a hash has 32 bytes");
        self.0 = self.0.wrapping_add(u128::from_be_bytes(*first));
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> String {
        format!("{:032x}", digest.0)
    }
}

impl TryFrom<String> for Digest {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Digest, &'static str> {
        let digits = text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let number = digits.then(|| u128::from_str_radix(&text, 16).ok()).flatten();
        number.map(Digest).ok_or("a digest must be 32 hex digits")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: &str = concat!(
        r#"{"User":{"SdkAppid":1400000000,"UserID":"user_0001","Imported":true,"Nick":"Ann","FaceUrl":"","#,
        r#""NextGroupId":3,"NextNumber":9,"Groups":[{"GroupId":2,"GroupName":"work"}],"Conversations":["#,
        r#"{"Contact":{"Type":1,"To_Account":"user_0002"},"Number":7,"Timestamp":1775217000,"#,
        r#""StandardMark":"1110","CustomMark":"a\"b","ContactGroupId":[2]}]}}"#,
    );
    const CHAT_GROUP: &str = concat!(
        r#"{"ChatGroup":{"SdkAppid":1400000000,"GroupId":"@TGS#1","Alive":false,"Type":"Public","#,
        r#""Name":"Team","Owner_Account":"","CreateTime":1775217000}}"#,
    );

    fn user() -> Line<'static> {
        Line::User(UserLine {
            sdkappid: 1_400_000_000,
            id: "user_0001".into(),
            imported: true,
            nick: "Ann".into(),
            face_url: "".into(),
            next_group_id: 3,
            next_number: 9,
            groups: vec![GroupPart::new(2, "work")],
            conversations: vec![ConversationPart {
                contact: Contact::User("user_0002".into()),
                number: 7,
                timestamp: 1_775_217_000,
                standard_mark: StandardMark(0b1110),
                custom_mark: "a\"b".into(),
                groups: vec![2],
            }],
        })
    }

    fn chat_group() -> Line<'static> {
        Line::ChatGroup(ChatGroupLine {
            sdkappid: 1_400_000_000,
            id: "@TGS#1".into(),
            alive: false,
            kind: "Public".into(),
            name: "Team".into(),
            owner: "".into(),
            created: 1_775_217_000,
        })
    }

    #[test]
    fn lines_are_pinned() {
        let head = Line::Export(ExportHead { format: 1, version: "0.1.0".into(), time: 1_775_217_000 });
        let mut totals = Totals::default();
        totals.add(&user(), USER);
        totals.add(&chat_group(), CHAT_GROUP);
        let checkpoint = Line::Checkpoint(Checkpoint { next: Some("AAA".to_owned()), totals });
        for (line, text) in [
            (user(), USER),
            (chat_group(), CHAT_GROUP),
            (head, r#"{"Export":{"Format":1,"Version":"0.1.0","Time":1775217000}}"#),
            (
                checkpoint,
                r#"{"Checkpoint":{"Next":"AAA","Totals":{"ChatGroups":1,"Users":1,"Conversations":1,"Digest":"DIGEST"}}}"#,
            ),
            (Line::End(totals), r#"{"End":{"ChatGroups":1,"Users":1,"Conversations":1,"Digest":"DIGEST"}}"#),
            (Line::Failed(Failure { reason: "no".into() }), r#"{"Failed":{"Reason":"no"}}"#),
        ] {
            let text = text.replace("DIGEST", DIGEST);
            assert_eq!(line.to_text(), text);
            assert_eq!(serde_json::from_str::<Line<'_>>(&text).unwrap(), line);
        }
    }

    /// Computed with another program.
    const DIGEST: &str = "3560067d1751d8f2d8583331c63d5dca";

    #[test]
    fn groups_have_an_order_and_an_ex_only_where_they_say_something() {
        let text =
            USER.replace(r#""GroupName":"work"}"#, r#""GroupName":"work","Order":3,"Ex":"{\"icon\":1}"}"#);
        let Line::User(mut user) = user() else { panic!("a user") };
        user.groups[0] = GroupPart { order: 3, ex: r#"{"icon":1}"#.into(), ..GroupPart::new(2, "work") };
        let line = Line::User(user);
        assert_eq!(line.to_text(), text);
        assert_eq!(serde_json::from_str::<Line<'_>>(&text).unwrap(), line);
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for text in [
            USER.replace("\"Imported\"", "\"New\":1,\"Imported\""),
            USER.replace("\"Number\"", "\"New\":1,\"Number\""),
            USER.replace("\"GroupId\"", "\"New\":1,\"GroupId\""),
            USER.replace("\"Nick\":\"Ann\",", ""),
            USER.replace("\"1110\"", "\"1112\""),
            USER.replace("1400000000", "-1"),
            CHAT_GROUP.replace("\"Alive\"", "\"New\":1,\"Alive\""),
            CHAT_GROUP.replace("ChatGroup", "Channel"),
            r#"{"End":{"ChatGroups":1,"Users":1,"Conversations":1,"Digest":"+0000000000000000000000000000001"}}"#
                .to_owned(),
            "{}".to_owned(),
        ] {
            assert!(serde_json::from_str::<Line<'_>>(&text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_digest_depends_on_every_line_and_not_on_their_order() {
        let sum = |lines: &[(Line<'_>, &str)]| {
            let mut totals = Totals::default();
            for (line, text) in lines {
                totals.add(line, text);
            }
            totals.digest
        };
        let both = sum(&[(user(), USER), (chat_group(), CHAT_GROUP)]);
        assert_eq!(both, sum(&[(chat_group(), CHAT_GROUP), (user(), USER)]));
        assert_ne!(both, sum(&[(user(), USER)]));
        assert_ne!(both, sum(&[(user(), USER), (chat_group(), CHAT_GROUP), (user(), USER)]));
        let mut one = Totals::default();
        one.add(&user(), USER);
        let mut other = Totals::default();
        other.add(&chat_group(), CHAT_GROUP);
        one += other;
        assert_eq!((one.users, one.chat_groups, one.conversations, one.digest), (1, 1, 1, both));
        let mut totals = Totals::default();
        totals.add(&Line::End(totals), "x");
        assert_eq!(totals, Totals::default(), "only subjects count");
    }

    #[test]
    fn replies_are_pinned() {
        let reply = ImportReply {
            results: vec![
                Imported { outcome: Outcome::Put, reason: "".into() },
                Imported { outcome: Outcome::Refused, reason: "why".into() },
                Imported { outcome: Outcome::Failed, reason: "".into() },
            ],
        };
        let text = concat!(
            r#"{"Results":[{"Outcome":"put","Reason":""},{"Outcome":"refused","Reason":"why"},"#,
            r#"{"Outcome":"failed","Reason":""}]}"#
        );
        assert_eq!(serde_json::to_string(&reply).unwrap(), text);
        assert_eq!(serde_json::from_str::<ImportReply<'_>>(text).unwrap(), reply);
    }
}
