//! Requests and replies of the six calls for conversation groups and marks.

use foldmark_core::limits::RECORDS_PER_PAGE;
use foldmark_wire::limits::{CONVERSATIONS_PER_CALL_MAX, CONVERSATIONS_PER_SEARCH_MAX};
use utoipa::openapi::Schema;

use super::build::{Field, Named, int64, list, named, object, of, optional, required};
use super::values::{conversation_fields, from_account, reply, reply_with_display, result_fields};

/// Every schema of this file.
pub(super) fn schemas() -> Vec<Named> {
    let mut schemas = create();
    schemas.extend(update());
    schemas.extend(delete());
    schemas.extend(mark());
    schemas.extend(get_and_search());
    schemas
}

/// As many conversations as a call may change.
const MOST: Option<usize> = Some(CONVERSATIONS_PER_CALL_MAX);

fn create() -> Vec<Named> {
    let groups = list("The group to make: exactly one.", of("NewContactGroup"), Some(1), Some(1));
    let members = list("The first members, at most 100.", of("Conversation"), None, MOST);
    let made = list("The group, in a list of one.", of("CreatedContactGroup"), Some(1), Some(1));
    let results = list(
        "A result for each conversation of the request, in its order.",
        of("ConversationResult"),
        None,
        MOST,
    );
    let [code, info] = result_fields();
    vec![
        (
            "CreateContactGroupRequest",
            object("Which group to make, for whom.", [from_account(), required("GroupContactItem", groups)]),
        ),
        (
            "NewContactGroup",
            object(
                "A group to be made, and who is in it at first.",
                [
                    required("GroupName", named("ContactGroupName", "The name that the group shall have.")),
                    optional("ContactItem", members),
                ],
            ),
        ),
        (
            "CreateContactGroupReply",
            reply_with_display("What became of the group.", [optional("GroupResultItem", made)]),
        ),
        (
            "CreatedContactGroup",
            object(
                "The group that was made, or that had the name already.",
                [required("GroupItem", named("ContactGroup", "The group.")), required("ResultItem", results)],
            ),
        ),
        ("ConversationResult", object("What became of one conversation.", [echo(), code, info])),
    ]
}

fn update() -> Vec<Named> {
    let changes = list(
        "The changes of the members, 1 to 100, made in this order. Needed with `UpdateGroupType` 2, ignored with 1.",
        of("MemberChange"),
        Some(1),
        MOST,
    );
    let results = list(
        "A result for each change of the request, in its order; empty after a rename.",
        of("MemberChangeResult"),
        None,
        MOST,
    );
    let [code, info] = result_fields();
    vec![
        (
            "UpdateContactGroupRequest",
            object(
                "What to change in a group, for whom.",
                [
                    from_account(),
                    required("UpdateType", named("UpdateType", "Always 1.")),
                    required("UpdateGroup", named("ContactGroupUpdate", "The change.")),
                ],
            ),
        ),
        (
            "ContactGroupUpdate",
            object(
                "A rename, or changes of the members.",
                [
                    required("UpdateGroupType", named("UpdateGroupType", "Which of the two it is.")),
                    required("OldGroupName", named("ContactGroupName", "The present name of the group.")),
                    optional(
                        "NewGroupName",
                        named(
                            "ContactGroupName",
                            "The name that it shall have. Needed with `UpdateGroupType` 1, ignored with 2.",
                        ),
                    ),
                    optional("ContactUpdateItem", changes),
                ],
            ),
        ),
        (
            "MemberChange",
            object("A conversation to add or to remove.", [member_change(), contact("The conversation.")]),
        ),
        (
            "UpdateContactGroupReply",
            reply(
                "What became of the group.",
                [
                    optional("UpdateType", named("UpdateType", "Always 1; there with `OK`.")),
                    optional("UpdateGroupResult", named("ContactGroupUpdateResult", "There with `OK`.")),
                ],
            ),
        ),
        (
            "ContactGroupUpdateResult",
            object(
                "The group after the call.",
                [
                    required("UpdateGroupType", named("UpdateGroupType", "As in the request.")),
                    required("GroupName", named("ContactGroupName", "The name after the call.")),
                    required(
                        "GroupId",
                        named("ContactGroupId", "The number, which a rename does not change."),
                    ),
                    required("OldGroupName", named("ContactGroupName", "The name before the call.")),
                    required("ContactResultItem", results),
                ],
            ),
        ),
        ("MemberChangeResult", object("What became of one change.", [member_change(), echo(), code, info])),
    ]
}

fn delete() -> Vec<Named> {
    let names = list("The name of the group: exactly one.", of("ContactGroupName"), Some(1), Some(1));
    let deleted = list("The group that was deleted, in a list of one.", of("ContactGroup"), Some(1), Some(1));
    vec![
        (
            "DelContactGroupRequest",
            object("Which group to delete, for whom.", [from_account(), required("GroupName", names)]),
        ),
        ("DelContactGroupReply", reply("What was deleted.", [optional("GroupItem", deleted)])),
    ]
}

fn mark() -> Vec<Named> {
    let changes = list("The changes, 1 to 100, made in this order.", of("MarkChange"), Some(1), MOST);
    let clear =
        list("The bits to clear, before any is set. Ignored with `OptType` 2.", of("MarkBit"), None, None);
    let set = list("The bits to set. Ignored with `OptType` 2.", of("MarkBit"), None, None);
    let results =
        list("A result for each change of the request, in its order.", of("MarkResult"), Some(1), MOST);
    let custom = named(
        "CustomMark",
        "The custom mark to have; the empty string removes it. Needed with `OptType` 2, ignored with 1; left out with \
         3, it stays as it is.",
    );
    let [code, info] = result_fields();
    vec![
        (
            "MarkContactRequest",
            object("Which marks to change, for whom.", [from_account(), required("MarkItem", changes)]),
        ),
        (
            "MarkChange",
            object(
                "A change of the marks of one conversation. Bits in neither list stay as they are.",
                [
                    required("OptType", named("OptType", "Which marks the change is about.")),
                    contact("The conversation."),
                    optional("ClearMark", clear),
                    optional("SetMark", set),
                    optional("CustomMark", custom),
                ],
            ),
        ),
        (
            "MarkContactReply",
            reply_with_display("What became of the changes.", [optional("ResultItem", results)]),
        ),
        (
            "MarkResult",
            object(
                "What became of one change.",
                [required("OptType", named("OptType", "As in the request.")), echo(), code, info],
            ),
        ),
    ]
}

fn get_and_search() -> Vec<Named> {
    let start = int64("0 for the first page, then `NextStartIndex` of the page before. Left out it is 0.");
    let start = Schema::from(start.minimum(Some(0)).default(Some(0.into())).build());
    let next = int64("Where the next page starts; 0 on the last one.");
    let next = Schema::from(next.minimum(Some(0)).build());
    let page =
        list("The conversations of this page.", of("ConversationRecord"), None, Some(RECORDS_PER_PAGE));
    let all =
        list("All groups of the user, on every page, by their numbers.", of("ContactGroup"), None, None);
    let wanted = list(
        "The conversations to look up, 1 to 300.",
        of("Conversation"),
        Some(1),
        Some(CONVERSATIONS_PER_SEARCH_MAX),
    );
    let found = list(
        "The conversations of which something is kept, in the order of the request, each once.",
        of("ConversationRecord"),
        None,
        Some(CONVERSATIONS_PER_SEARCH_MAX),
    );
    let groups = list("The groups that these are in, by their numbers.", of("ContactGroup"), None, None);
    vec![
        (
            "GetContactGroupRequest",
            object("Whose page to give, and which.", [from_account(), optional("StartIndex", start)]),
        ),
        (
            "GetContactGroupReply",
            reply(
                "A page. Its four fields are there with `OK`.",
                [
                    optional("ContactItem", page),
                    optional("GroupItem", all),
                    optional("CompleteFlag", named("CompleteFlag", "Whether it is the last page.")),
                    optional("NextStartIndex", next),
                ],
            ),
        ),
        (
            "SearchContactGroupRequest",
            object(
                "Which conversations to look up, for whom.",
                [from_account(), required("ContactItem", wanted)],
            ),
        ),
        (
            "SearchContactGroupReply",
            reply(
                "What was found. Both lists are there with `OK`.",
                [optional("ContactResultItem", found), optional("GroupItem", groups)],
            ),
        ),
        ("ConversationRecord", record()),
    ]
}

fn record() -> Schema {
    let groups = list(
        "The groups that the conversation is in, ascending; left out if in none.",
        of("ContactGroupId"),
        Some(1),
        None,
    );
    let marks = [
        required("StandardMark", named("StandardMark", "The bits; empty if none is set.")),
        optional("CustomMark", named("CustomMark", "The custom mark; left out if there is none.")),
        optional("ContactGroupId", groups),
        required("Timestamp", named("UnixSeconds", "When groups or marks of the conversation last changed.")),
    ];
    object("What is kept for one conversation.", conversation_fields().into_iter().chain(marks))
}

fn contact(description: &str) -> Field {
    required("ContactItem", named("Conversation", description))
}

fn echo() -> Field {
    contact("The conversation, as in the request.")
}

fn member_change() -> Field {
    required("ContactOptType", named("ContactOptType", "Whether it is added or removed."))
}
