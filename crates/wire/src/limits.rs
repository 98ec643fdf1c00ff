//! The numbers of the protocol that parsing needs, each with its unit and its source.
//!
//! Limits that are rules of the product (how many groups a user may have, how long a group's name may be) are not
//! here: they need the state of a user or the configuration.

/// Bytes of a request body. Decision 71.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;

/// Nested arrays and objects of a request body; the body's own object is the first. Decision 71.
pub const BODY_DEPTH_MAX: usize = 128;

/// Bytes of a user id in UTF-8. Vendor's documentation of every call.
pub const USER_ID_BYTES_MAX: usize = 32;

/// Bytes of a chat group id where a conversation names it. Decision 65.
pub const CHAT_GROUP_ID_BYTES_MAX: usize = 64;

/// Bytes of a chat group id that the caller of `create_group` chooses, unless it starts with
/// [`CHAT_GROUP_ID_SERVICE_PREFIX`]. Vendor's documentation of custom group ids.
pub const CUSTOM_CHAT_GROUP_ID_BYTES_MAX: usize = 48;

/// What ids made by the vendor's service start with. Such ids may be registered here too. Decision 45.
pub const CHAT_GROUP_ID_SERVICE_PREFIX: &str = "@TGS#";

/// Bytes of a chat group's name. Vendor's newer text of `create_group`; older ones say 30.
pub const CHAT_GROUP_NAME_BYTES_MAX: usize = 100;

/// Members that `create_group` may name. Vendor's documentation; code 10005 over it.
pub const CHAT_GROUP_MEMBERS_PER_CALL_MAX: usize = 100;

/// Chat group ids in one `get_group_info`. Vendor's documentation.
pub const CHAT_GROUPS_PER_INFO_MAX: usize = 50;

/// Chat groups on one page of `get_appid_group_list`, and the size of a page when none is asked for.
/// Vendor's documentation and decision 79.
pub const CHAT_GROUPS_PER_LIST_MAX: u32 = 10_000;

/// Conversations in one create, update or mark call. Vendor's documentation; code 51006 over it.
pub const CONVERSATIONS_PER_CALL_MAX: usize = 100;

/// Conversations in one search. Vendor's documentation; code 50002 over it (decision 13).
pub const CONVERSATIONS_PER_SEARCH_MAX: usize = 300;

/// Number of the highest bit of a standard mark; the lowest is 0. Vendor's documentation.
pub const MARK_BIT_MAX: u32 = 63;

/// Bytes of a custom mark in UTF-8, unless the server is configured otherwise. Vendor's documentation.
pub const CUSTOM_MARK_BYTES_DEFAULT: usize = 256;

/// Changes on one page of a feed. Foldmark's own call.
pub const CHANGES_PER_PAGE_MAX: u64 = 500;

/// Conversations on one page of a filtered list. Foldmark's own call.
pub const CONVERSATIONS_PER_LIST_MAX: u64 = 100;

/// Bytes of what a user interface keeps about a group, in UTF-8. Foldmark's own calls.
pub const GROUP_EX_BYTES_MAX: usize = 512;

/// Groups that an order names, or that are described at once. Foldmark's own calls.
pub const GROUPS_PER_ORDER_MAX: usize = 100;

/// Commands that are carried out together. Foldmark's own call.
pub const COMMANDS_PER_APPLY_MAX: usize = 100;

/// Conversations that these name together, each as often as it is named. Foldmark's own call.
pub const CONVERSATIONS_PER_APPLY_MAX: usize = 500;

/// Bytes of a feed's cursor. Foldmark's own call; its cursors have less.
pub const CURSOR_BYTES_MAX: usize = 256;

/// Accounts in one batch import, check or delete, and those that a layout is copied to. Vendor's documentation.
pub const ACCOUNTS_PER_CALL_MAX: usize = 100;

/// Bytes of a nickname in UTF-8. Vendor's documentation of profiles.
pub const NICK_BYTES_MAX: usize = 500;

/// Bytes of the address of a user's picture. Vendor's documentation of profiles.
pub const FACE_URL_BYTES_MAX: usize = 500;

/// Bytes of a UserSig after inflating; a genuine one stays under 1 KiB. Decision 75.
pub const USER_SIG_INFLATED_BYTES_MAX: usize = 64 * 1024;

// A user id and a chat group id that the caller chose can both be the peer of a conversation.
const _: () = assert!(CUSTOM_CHAT_GROUP_ID_BYTES_MAX <= CHAT_GROUP_ID_BYTES_MAX);
const _: () = assert!(USER_ID_BYTES_MAX <= CHAT_GROUP_ID_BYTES_MAX);
// Every bit of a standard mark has its place in a `u64`.
const _: () = assert!(MARK_BIT_MAX == u64::BITS - 1);
// The largest legal calls fit into a body even if every byte of an id is written as a six-byte escape.
const _: () = assert!(CONVERSATIONS_PER_SEARCH_MAX * (CHAT_GROUP_ID_BYTES_MAX * 6 + 64) <= BODY_BYTES_MAX);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_the_documentation() {
        assert_eq!(BODY_BYTES_MAX, 1_048_576);
        assert_eq!(USER_SIG_INFLATED_BYTES_MAX, 65_536);
    }
}
