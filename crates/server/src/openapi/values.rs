//! The schemas of single values, and of what every reply ends with.
//!
//! JSON Schema counts the length of a string in characters and the protocol in bytes of UTF-8: no string that is longer
//! than allowed in characters is short enough in bytes, and the descriptions say the rest. Where a limit can be
//! configured, the schema has the most that can be, so that nothing is refused here that a server would take.

use std::fmt::Write;

use foldmark_core::limits as core_limits;
use foldmark_wire::Code;
use foldmark_wire::chat_groups::ChatGroupType;
use foldmark_wire::limits::{
    CHAT_GROUP_ID_BYTES_MAX, CHAT_GROUP_NAME_BYTES_MAX, FACE_URL_BYTES_MAX, MARK_BIT_MAX, NICK_BYTES_MAX,
    USER_ID_BYTES_MAX,
};
use utoipa::openapi::{RefOr, Schema};

use super::build::{Field, Named, choice, int32, int64, named, object, one_of, optional, required, text};

/// Every schema of this file.
pub(super) fn schemas() -> Vec<Named> {
    let mut schemas = Vec::from(ids());
    schemas.extend(names_and_marks());
    schemas.extend(choices());
    schemas.extend([
        ("ErrorCode", int32(&error_codes()).build().into()),
        ("Conversation", conversation()),
        ("ContactGroup", contact_group()),
    ]);
    schemas
}

/// A reply of these fields, with those that every reply has. A refusal of the whole call has no other than the latter.
pub(super) fn reply(description: &str, payload: impl IntoIterator<Item = Field>) -> Schema {
    object(description, payload.into_iter().chain(frame()))
}

/// The same with an empty `ErrorDisplay`.
pub(super) fn reply_with_display(description: &str, payload: impl IntoIterator<Item = Field>) -> Schema {
    let display = text("There with `OK`, and always empty: an older field for texts to show.").build();
    object(
        description,
        payload.into_iter().chain(frame()).chain([optional("ErrorDisplay", Schema::from(display))]),
    )
}

/// The result of one item of a call.
pub(super) fn result_fields() -> [Field; 2] {
    [
        required("ResultCode", named("ErrorCode", "0, or why this item was refused.")),
        required("ResultInfo", plain("Empty, or what is wrong with the item. To be shown, not compared.")),
    ]
}

/// The fields that name a conversation.
pub(super) fn conversation_fields() -> [Field; 3] {
    [
        required("Type", named("ConversationType", "Which of the two others names the peer.")),
        optional(
            "To_Account",
            named("UserId", "The peer, with `Type` 1; left out in replies with `Type` 2."),
        ),
        optional(
            "ToGroupId",
            named("ChatGroupId", "The chat group, with `Type` 2; left out in replies with `Type` 1."),
        ),
    ]
}

/// The user whom a call is about.
pub(super) fn from_account() -> Field {
    required("From_Account", named("UserId", "The user whose groups and marks are meant."))
}

/// A string of any length.
pub(super) fn plain(description: &str) -> RefOr<Schema> {
    Schema::from(text(description).build()).into()
}

/// A user's nickname and picture.
pub(super) fn profile_fields() -> [Field; 2] {
    let nick = text("The nickname, at most 500 bytes of UTF-8; left out, it stays as it is.");
    let face = text("Where the user's picture is, at most 500 bytes of UTF-8; left out, it stays as it is.");
    [
        optional("Nick", Schema::from(nick.max_length(Some(NICK_BYTES_MAX)).build())),
        optional("FaceUrl", Schema::from(face.max_length(Some(FACE_URL_BYTES_MAX)).build())),
    ]
}

fn frame() -> [Field; 3] {
    [
        required("ActionStatus", named("ActionStatus", "Whether the call was carried out.")),
        required("ErrorCode", named("ErrorCode", "0 with `OK`; with `FAIL` why the whole call was refused.")),
        required(
            "ErrorInfo",
            plain("Empty with `OK`, else what is wrong: it names the field and the limit."),
        ),
    ]
}

fn ids() -> [Named; 4] {
    let user = text("The id of a user: 1 to 32 bytes of UTF-8 without control characters.");
    let chat_group = text(
        "The id of a chat group: 1 to 64 bytes of UTF-8 without control characters. In the chat group calls only \
         printable ASCII, and at most 48 bytes unless it starts with `@TGS#`.",
    );
    let contact_group = int32(
        "The number of a conversation group: unique within its user, from 1 upward, kept by a rename and never given \
         again.",
    );
    let seconds = int64("A moment in Unix seconds.");
    [
        ("UserId", user.min_length(Some(1)).max_length(Some(USER_ID_BYTES_MAX)).build().into()),
        (
            "ChatGroupId",
            chat_group.min_length(Some(1)).max_length(Some(CHAT_GROUP_ID_BYTES_MAX)).build().into(),
        ),
        (
            "ContactGroupId",
            contact_group
                .minimum(Some(1))
                .maximum(Some(core_limits::NUMBER_MAX))
                .read_only(true)
                .build()
                .into(),
        ),
        ("UnixSeconds", seconds.minimum(Some(0)).read_only(true).build().into()),
    ]
}

fn names_and_marks() -> [Named; 5] {
    let group = text(
        "The name of a conversation group, unique within its user and compared byte for byte: 1 to 64 bytes of UTF-8, \
         or as many as `apps.limits.group_name_bytes` of the server allows, at most 128; no NUL.",
    );
    let chat_group = text("The name of a chat group: 1 to 100 bytes of UTF-8.");
    let standard = text(
        "The 64 bits of a standard mark as a binary number: bit 0 at the right, no leading zeros, empty if no bit is \
         set.",
    );
    let custom = text(
        "A custom mark: at most 256 bytes of UTF-8, or as many as `apps.limits.custom_mark_bytes` of the server \
         allows, at most 512; no NUL.",
    );
    let bit = int32(
        "The number of a bit of the standard mark. 0 is the favourite, 1 unread, 2 folded, 3 hidden; 4 to 31 are \
         reserved, 32 to 63 for the application. Foldmark only keeps them.",
    );
    [
        (
            "ContactGroupName",
            group.min_length(Some(1)).max_length(Some(core_limits::GROUP_NAME_BYTES_CEILING)).build().into(),
        ),
        (
            "ChatGroupName",
            chat_group.min_length(Some(1)).max_length(Some(CHAT_GROUP_NAME_BYTES_MAX)).build().into(),
        ),
        ("StandardMark", standard.max_length(Some(64)).pattern(Some("^(1[01]*)?$")).build().into()),
        ("CustomMark", custom.max_length(Some(core_limits::CUSTOM_MARK_BYTES_CEILING)).build().into()),
        ("MarkBit", bit.minimum(Some(0)).maximum(Some(MARK_BIT_MAX)).build().into()),
    ]
}

fn choices() -> [Named; 10] {
    [
        (
            "ActionStatus",
            one_of(
                "`OK`: the call was carried out, item by item where it has items. `FAIL`: it was refused as a whole, \
                 and nothing was changed unless `ErrorInfo` says that the outcome is not known.",
                ["OK", "FAIL"],
            ),
        ),
        (
            "ConversationType",
            choice("1: with a user. 2: with a chat group.", &[(1, "User"), (2, "ChatGroup")]),
        ),
        ("ContentType", one_of("The format of bodies.", ["json"])),
        ("UpdateType", choice("1: a conversation group is changed.", &[(1, "ContactGroup")])),
        (
            "UpdateGroupType",
            choice(
                "1: the group gets another name. 2: conversations are added and removed.",
                &[(1, "Rename"), (2, "Members")],
            ),
        ),
        ("ContactOptType", choice("1: add the conversation. 2: remove it.", &[(1, "Add"), (2, "Remove")])),
        (
            "OptType",
            choice(
                "Which marks a change is about. 1: the standard mark. 2: the custom mark. 3: both.",
                &[(1, "Standard"), (2, "Custom"), (3, "Both")],
            ),
        ),
        (
            "CompleteFlag",
            choice("1: this is the last page. 0: go on with the next one.", &[(0, "More"), (1, "Complete")]),
        ),
        ("AccountStatus", one_of("Whether an account is imported.", ["Imported", "NotImported"])),
        (
            "ChatGroupType",
            one_of(
                "The type of a chat group. `Private` and `ChatRoom` are older names of `Work` and `Meeting`; each is \
                 kept as sent.",
                ChatGroupType::ALL.map(ChatGroupType::as_str),
            ),
        ),
    ]
}

fn conversation() -> Schema {
    object(
        "A conversation of a user. The field that does not belong to `Type` is ignored in requests and left out in \
         replies.",
        conversation_fields(),
    )
}

fn contact_group() -> Schema {
    object(
        "A conversation group: a user's private folder of conversations.",
        [
            required("GroupName", named("ContactGroupName", "The name.")),
            required("GroupId", named("ContactGroupId", "The number.")),
        ],
    )
}

/// Every code with its text. The calls say which of them they answer with.
fn error_codes() -> String {
    let mut text = String::from(
        "0, or a code. Clients must expect others than these. The text that comes with a code is often more exact than \
         the one here.\n\n| code | text |\n| --- | --- |\n",
    );
    for code in Code::ALL {
        let _ = writeln!(text, "| {} | {} |", code.number(), code.text());
    }
    text
}
