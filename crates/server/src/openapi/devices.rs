//! Requests and replies of Foldmark's own calls.

use foldmark_core::limits::{CHANGES_PER_PAGE, CHANGES_PER_PAGE_DEFAULT, RECORDS_PER_PAGE};
use foldmark_wire::devices::ApplyItem;
use foldmark_wire::limits::{
    ACCOUNTS_PER_CALL_MAX, COMMANDS_PER_APPLY_MAX, CONVERSATIONS_PER_CALL_MAX, CURSOR_BYTES_MAX,
    GROUP_EX_BYTES_MAX, GROUPS_PER_ORDER_MAX,
};
use utoipa::openapi::Schema;

use super::build::{
    Field, Named, flag, int32, int64, list, named, object, of, one_of, optional, required, text,
};
use super::values::{from_account, reply, result_fields};

/// Every schema of this file.
pub(super) fn schemas() -> Vec<Named> {
    let mut schemas = changes();
    schemas.extend(arranging());
    schemas.extend(lists());
    schemas.extend(together());
    schemas
}

fn changes() -> Vec<Named> {
    let limit = int32("Changes at most; 100 if it is left out.").minimum(Some(1));
    let limit = limit.maximum(Some(CHANGES_PER_PAGE)).default(Some(CHANGES_PER_PAGE_DEFAULT.into())).build();
    let cursor = text("A place in a user's changes, to be given back as it is.");
    vec![
        ("Cursor", cursor.max_length(Some(CURSOR_BYTES_MAX)).build().into()),
        (
            "GetChangesRequest",
            object(
                "Whose changes to tell, and since when.",
                [
                    from_account(),
                    optional(
                        "Cursor",
                        named("Cursor", "That of the last reply; left out, everything is told."),
                    ),
                    optional("Limit", Schema::from(limit)),
                ],
            ),
        ),
        ("GetChangesReply", reply("What changed. All seven fields are there with `OK`.", change_fields())),
        ("DescribedGroup", object("A conversation group, and how it is shown.", described())),
    ]
}

/// What a page of changes has.
pub(super) fn change_fields() -> [Field; 7] {
    let records = list("Records as they are now.", of("ConversationRecord"), None, None);
    let removed = list("Conversations of which nothing is kept any more.", of("Conversation"), None, None);
    let groups = list("Groups as they are now.", of("DescribedGroup"), None, None);
    let gone = list("The numbers of groups that are no more.", of("ContactGroupId"), None, None);
    [
        optional("ContactItem", records),
        optional("RemovedItem", removed),
        optional("GroupItem", groups),
        optional("RemovedGroupId", gone),
        optional("Cursor", named("Cursor", "For the next call.")),
        optional("More", flag("Whether there is more already now.")),
        optional("Reset", flag("Whether to forget everything before this page is applied.")),
    ]
}

fn arranging() -> Vec<Named> {
    let ex = text(
        "At most 512 bytes of UTF-8, no NUL, that a user interface keeps about a group. Foldmark gives it no meaning.",
    );
    let names = list(
        "The names of the groups that come first, 1 to 100, each once.",
        of("ContactGroupName"),
        Some(1),
        Some(GROUPS_PER_ORDER_MAX),
    );
    vec![
        ("Ex", ex.max_length(Some(GROUP_EX_BYTES_MAX)).build().into()),
        (
            "SetGroupOrderRequest",
            object("Which groups come first, for whom.", [from_account(), required("GroupName", names)]),
        ),
        ("SetGroupOrderReply", reply("Nothing but that it was done.", [])),
        (
            "SetGroupExRequest",
            object("What to keep about groups, for whom.", [from_account(), required("GroupItem", exes())]),
        ),
        (
            "GroupEx",
            object(
                "What to keep about one group.",
                [
                    required("GroupName", named("ContactGroupName", "The name of the group.")),
                    required("Ex", named("Ex", "What to keep; empty removes it.")),
                ],
            ),
        ),
        ("SetGroupExReply", reply("Nothing but that it was done.", [])),
    ]
}

fn exes() -> Schema {
    list("The groups, 1 to 100.", of("GroupEx"), Some(1), Some(GROUPS_PER_ORDER_MAX))
}

fn lists() -> Vec<Named> {
    let groups = list("All groups of the user, in their order.", of("CountedGroup"), None, None);
    let count = int32("Conversations in the group.").minimum(Some(0)).build();
    vec![
        ("ListGroupsRequest", object("Whose groups to list.", [from_account()])),
        (
            "ListGroupsReply",
            reply("The groups. The list is there with `OK`.", [optional("GroupItem", groups)]),
        ),
        (
            "CountedGroup",
            object(
                "A conversation group, how it is shown, and how many conversations are in it.",
                described().into_iter().chain([required("Count", Schema::from(count))]),
            ),
        ),
        ("ListConversationsRequest", object("Which conversations to list, of whom.", filters())),
        ("ListConversationsReply", page()),
    ]
}

fn filters() -> [Field; 10] {
    let bits = |text: &str| list(text, of("MarkBit"), None, None);
    let start = int64("0, or `NextStartIndex` of the page before.").minimum(Some(0)).build();
    let limit = int32("Conversations at most; 100 if it is left out.").minimum(Some(1));
    let limit = limit.maximum(Some(RECORDS_PER_PAGE)).default(Some(RECORDS_PER_PAGE.into())).build();
    let prefix = "Those whose custom mark begins so and is not empty. Not together with `CustomMark`.";
    [
        from_account(),
        optional("GroupName", named("ContactGroupName", "Those in this group.")),
        optional("AllMark", bits("Those with all of these bits.")),
        optional("AnyMark", bits("Those with one of these bits; an empty list asks nothing.")),
        optional("CustomMark", named("CustomMark", "Those with this custom mark; empty: with none.")),
        optional("CustomMarkPrefix", named("CustomMark", prefix)),
        optional("Type", named("ConversationType", "Those of this type.")),
        optional("ChangedSince", named("UnixSeconds", "Those that changed then or later.")),
        optional("StartIndex", Schema::from(start)),
        optional("Limit", Schema::from(limit)),
    ]
}

fn page() -> Schema {
    let records = list(
        "The conversations of this page, in the order of their first group or mark.",
        of("ConversationRecord"),
        None,
        Some(RECORDS_PER_PAGE),
    );
    let groups = list("All groups of the user.", of("ContactGroup"), None, None);
    let next = int64("Where the next page starts; 0 on the last one.").minimum(Some(0)).build();
    reply(
        "A page. Its four fields are there with `OK`.",
        [
            optional("ContactItem", records),
            optional("GroupItem", groups),
            optional("CompleteFlag", named("CompleteFlag", "Whether it is the last page.")),
            optional("NextStartIndex", Schema::from(next)),
        ],
    )
}

fn together() -> Vec<Named> {
    let commands = list(
        "The commands, 1 to 100, carried out in this order.",
        of("ApplyCommand"),
        Some(1),
        Some(COMMANDS_PER_APPLY_MAX),
    );
    let applied = list("One for each command, in order.", of("AppliedCommand"), None, None);
    let accounts = list(
        "Those who get what `From_Account` has, 1 to 100.",
        of("UserId"),
        Some(1),
        Some(ACCOUNTS_PER_CALL_MAX),
    );
    let copied = list("One for each account, in order.", of("CopiedLayout"), None, None);
    let [code, info] = result_fields();
    vec![
        (
            "ApplyRequest",
            object("What to do, for whom.", [from_account(), required("CommandItem", commands)]),
        ),
        ("ApplyCommand", command()),
        (
            "ApplyReply",
            reply("What was done. The list is there with `OK`.", [optional("ResultItem", applied)]),
        ),
        (
            "AppliedCommand",
            object(
                "What a command was about.",
                [
                    required("Command", named("CommandName", "The command.")),
                    optional(
                        "GroupId",
                        named("ContactGroupId", "The group that was made, changed or deleted."),
                    ),
                ],
            ),
        ),
        (
            "CommandName",
            one_of("The name of a call that can be a command.", ApplyItem::CALLS.map(|call| call.command())),
        ),
        (
            "CopyLayoutRequest",
            object("Whom to copy, and to whom.", [from_account(), required("To_Account", accounts)]),
        ),
        (
            "CopyLayoutReply",
            reply(
                "What became of each account. The list is there with `OK`.",
                [optional("ResultItem", copied)],
            ),
        ),
        (
            "CopiedLayout",
            object(
                "What became of one account.",
                [required("To_Account", named("UserId", "The account.")), code, info],
            ),
        ),
    ]
}

fn command() -> Schema {
    let groups = list("The group to make: exactly one.", of("NewContactGroup"), Some(1), Some(1));
    let marks = list("The changes of marks.", of("MarkChange"), Some(1), Some(CONVERSATIONS_PER_CALL_MAX));
    let names = list(
        "With `del_contact_group` the group; with `set_group_order` those that come first.",
        of("ContactGroupName"),
        Some(1),
        Some(GROUPS_PER_ORDER_MAX),
    );
    object(
        "A command: the fields of the call of its name, without `From_Account`.",
        [
            required("Command", named("CommandName", "Which call it is as, and so which fields it has.")),
            optional("GroupContactItem", groups),
            optional("UpdateType", named("UpdateType", "Always 1.")),
            optional("UpdateGroup", named("ContactGroupUpdate", "The change.")),
            optional("MarkItem", marks),
            optional("GroupName", names),
            optional("GroupItem", exes()),
        ],
    )
}

fn described() -> [Field; 4] {
    let order =
        int64("Groups are shown in ascending order of this, then of `GroupId`. 0 until they are ordered.");
    [
        required("GroupName", named("ContactGroupName", "The name.")),
        required("GroupId", named("ContactGroupId", "The number.")),
        required("Order", Schema::from(order.minimum(Some(0)).maximum(Some(u32::MAX)).build())),
        required("Ex", named("Ex", "What a user interface keeps about it; empty if nothing.")),
    ]
}
