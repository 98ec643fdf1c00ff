//! Requests and replies of the chat group calls.

use foldmark_core::limits::CHAT_GROUP_TYPE_BYTES;
use foldmark_wire::limits::{
    CHAT_GROUP_MEMBERS_PER_CALL_MAX, CHAT_GROUPS_PER_INFO_MAX, CHAT_GROUPS_PER_LIST_MAX,
};
use utoipa::openapi::Schema;

use super::build::{Named, int32, int64, list, named, object, of, optional, required, text};
use super::values::{plain, reply};

/// Every schema of this file.
pub(super) fn schemas() -> Vec<Named> {
    let mut schemas = create_and_destroy();
    schemas.extend(info());
    schemas.extend(page());
    schemas
}

fn create_and_destroy() -> Vec<Named> {
    let members = list(
        "The first members, at most 100. They are looked at and not kept.",
        of("ChatGroupMember"),
        None,
        Some(CHAT_GROUP_MEMBERS_PER_CALL_MAX),
    );
    let drawn = "The id that it shall have; left out, the server draws one.";
    vec![
        (
            "CreateGroupRequest",
            object(
                "The chat group to register.",
                [
                    required("Type", named("ChatGroupType", "The type.")),
                    required("Name", named("ChatGroupName", "The name.")),
                    optional("Owner_Account", named("UserId", "The owner, who must be imported.")),
                    optional("GroupId", named("ChatGroupId", drawn)),
                    optional("MemberList", members),
                ],
            ),
        ),
        ("ChatGroupMember", object("A member.", [required("Member_Account", named("UserId", "The user."))])),
        (
            "CreateGroupReply",
            reply("The chat group.", [optional("GroupId", named("ChatGroupId", "The id; there with `OK`."))]),
        ),
        (
            "DestroyGroupRequest",
            object("The chat group to disband.", [required("GroupId", named("ChatGroupId", "The id."))]),
        ),
        ("DestroyGroupReply", reply("Whether the chat group was disbanded.", [])),
    ]
}

fn info() -> Vec<Named> {
    let most = Some(CHAT_GROUPS_PER_INFO_MAX);
    let ids = list("The ids, 1 to 50.", of("ChatGroupId"), Some(1), most);
    let known = list(
        "An element for each id of the request, in its order; there with `OK`.",
        of("ChatGroupInfo"),
        Some(1),
        most,
    );
    let kind = text("The type, as the chat group was registered with; left out with a refusal.");
    let kind = Schema::from(kind.max_length(Some(CHAT_GROUP_TYPE_BYTES)).build());
    vec![
        ("GetGroupInfoRequest", object("The chat groups to ask about.", [required("GroupIdList", ids)])),
        ("GetGroupInfoReply", reply("What is known of the chat groups.", [optional("GroupInfo", known)])),
        (
            "ChatGroupInfo",
            object(
                "What is known of one chat group, or why nothing is.",
                [
                    required(
                        "GroupId",
                        plain("The id as in the request, also if no chat group can have it."),
                    ),
                    required("ErrorCode", named("ErrorCode", "0, or why nothing is known.")),
                    required("ErrorInfo", plain("Empty, or what is wrong. To be shown, not compared.")),
                    optional("Type", kind),
                    optional("Name", named("ChatGroupName", "The name; left out with a refusal.")),
                    optional("Owner_Account", plain("The owner, empty for none; left out with a refusal.")),
                    optional(
                        "CreateTime",
                        named("UnixSeconds", "When it was registered; left out with a refusal."),
                    ),
                ],
            ),
        ),
    ]
}

fn page() -> Vec<Named> {
    let limit = int32("How many ids the page may have.");
    let limit = limit.minimum(Some(1)).maximum(Some(CHAT_GROUPS_PER_LIST_MAX));
    let limit = Schema::from(limit.default(Some(CHAT_GROUPS_PER_LIST_MAX.into())).build());
    let from = int64("0 for the first page, then `Next` of the page before. Left out it is 0.");
    let from = Schema::from(from.minimum(Some(0)).default(Some(0.into())).build());
    let next =
        int64("What to ask for the next page with; 0 on the last one. At most 53 bits; there with `OK`.");
    let next = Schema::from(next.minimum(Some(0)).build());
    let total = int64("How many chat groups there are in all, of the wanted type; there with `OK`.");
    let total = Schema::from(total.minimum(Some(0)).build());
    let most = CHAT_GROUPS_PER_LIST_MAX as usize;
    let ids = list("The chat groups of this page; there with `OK`.", of("ListedChatGroup"), None, Some(most));
    vec![
        (
            "GetAppidGroupListRequest",
            object(
                "Which page to give.",
                [
                    optional("Limit", limit),
                    optional("Next", from),
                    optional("GroupType", named("ChatGroupType", "Only chat groups of this type.")),
                ],
            ),
        ),
        (
            "GetAppidGroupListReply",
            reply(
                "A page of the application's chat groups, in a stable order of the server's own.",
                [optional("TotalCount", total), optional("GroupIdList", ids), optional("Next", next)],
            ),
        ),
        (
            "ListedChatGroup",
            object("A chat group of a list.", [required("GroupId", named("ChatGroupId", "The id."))]),
        ),
    ]
}
