//! Every bound of the product's data, in one place, with relations between them checked at compile time.
//!
//! A *default* is what an application gets without configuration, and is the figure of the vendor's documentation. A
//! *ceiling* (`_CEILING`) is the most that configuration may ask for: it keeps the work on one user, and the largest
//! commit, bounded. Lengths are in bytes of UTF-8.

/// Longest user id.
pub const USER_ID_BYTES: usize = 32;
/// Longest chat group id that a conversation may name.
pub const CHAT_GROUP_ID_BYTES: usize = 64;

/// Groups of one user.
pub const GROUPS_DEFAULT: u32 = 20;
/// As [`GROUPS_DEFAULT`], at most. A record keeps its groups as a bitmap of [`SLOTS`] bits.
pub const GROUPS_CEILING: u32 = 100;
/// Places that a user's groups can take; the width of a record's bitmap.
pub const SLOTS: u32 = 128;

/// Conversations of one user that are in at least one group.
pub const GROUPED_CONVERSATIONS_DEFAULT: u32 = 1_000;
/// As [`GROUPED_CONVERSATIONS_DEFAULT`], at most.
pub const GROUPED_CONVERSATIONS_CEILING: u32 = 5_000;

/// Conversations of one user that carry a standard or a custom mark.
pub const MARKED_CONVERSATIONS_DEFAULT: u32 = 1_000;
/// As [`MARKED_CONVERSATIONS_DEFAULT`], at most.
pub const MARKED_CONVERSATIONS_CEILING: u32 = 5_000;

/// Length of a group name.
pub const GROUP_NAME_BYTES_DEFAULT: usize = 64;
/// As [`GROUP_NAME_BYTES_DEFAULT`], at most.
pub const GROUP_NAME_BYTES_CEILING: usize = 128;

/// Length of what is kept about a group beside its name.
pub const GROUP_EX_BYTES: usize = 512;

/// Length of a custom mark.
pub const CUSTOM_MARK_BYTES_DEFAULT: usize = 256;
/// As [`CUSTOM_MARK_BYTES_DEFAULT`], at most.
pub const CUSTOM_MARK_BYTES_CEILING: usize = 512;

/// Length of a user's nickname and of his face URL, each.
pub const PROFILE_TEXT_BYTES: usize = 500;
/// Length of a chat group's name.
pub const CHAT_GROUP_NAME_BYTES: usize = 100;
/// Length of a chat group's type.
pub const CHAT_GROUP_TYPE_BYTES: usize = 32;

/// Conversations in one command that changes something.
pub const CONVERSATIONS_PER_COMMAND: usize = 100;
/// Conversations in one search.
pub const CONVERSATIONS_PER_SEARCH: usize = 300;
/// Records on one page of a listing.
pub const RECORDS_PER_PAGE: usize = 100;

/// Commands that are carried out together, all or none.
pub const COMMANDS_PER_APPLY: usize = 100;
/// Conversations that commands which are carried out together name, each as often as it is named.
pub const CONVERSATIONS_PER_APPLY: usize = 500;
/// Conversations of a user whose groups and marks are copied to others.
pub const CONVERSATIONS_PER_LAYOUT: usize = 500;
/// Changes on one page of a feed, and the size of a page when none is asked for.
pub const CHANGES_PER_PAGE: usize = 500;
/// As [`CHANGES_PER_PAGE`], when none is asked for.
pub const CHANGES_PER_PAGE_DEFAULT: usize = 100;

/// Calls of one user that are remembered by their keys.
pub const REQUEST_KEYS: usize = 64;
/// Length of such a key.
pub const REQUEST_KEY_BYTES: usize = 64;
/// How long it is remembered at most, in seconds: a day.
pub const REQUEST_KEY_AGE_SECONDS: u64 = 24 * 3_600;

/// What is noted when others could not be told of a user's changes, in bytes.
pub const DUE_NOTE_BYTES: usize = 512;

/// Largest group id and record number: clients read both as signed 32-bit integers, and the next one must fit too.
pub const NUMBER_MAX: u32 = i32::MAX as u32 - 1;

/// Removals that a user may hold before older ones are deleted for good.
pub const REMOVALS: u32 = 1_000;
/// Removals that are left when older ones are deleted: half, so that the walk over the whole user that deleting needs
/// is paid for by many commits.
pub const REMOVALS_KEPT: u32 = 500;
/// Age at which a removal may be deleted whatever their number, in seconds: 30 days.
pub const REMOVAL_AGE_SECONDS: u64 = 30 * 24 * 3_600;
/// Removed groups that a head remembers.
pub const REMOVED_GROUPS: usize = 32;

/// Records that one user can hold, by the ceilings.
pub const RECORDS_CEILING: u32 = GROUPED_CONVERSATIONS_CEILING + MARKED_CONVERSATIONS_CEILING;
/// Largest stored value of a record; see `format::record`.
pub const RECORD_VALUE_BYTES: usize = 1 + 5 + 10 + 10 + 10 + 19 + 2 + CUSTOM_MARK_BYTES_CEILING + 4;
/// Largest stored value of a user's head; see `format::head`.
pub const HEAD_VALUE_BYTES: usize = 1
    + 8
    + 1
    + 2 * (2 + PROFILE_TEXT_BYTES)
    + 2 * 5
    + 4 * 5
    + 10
    + 2
    + GROUPS_CEILING as usize * (1 + 5 + 2 + GROUP_NAME_BYTES_CEILING + 10)
    + 2
    + REMOVED_GROUPS * (5 + 10)
    + 1
    + GROUPS_CEILING as usize * (5 + 2 + GROUP_EX_BYTES)
    + 4;
/// Largest stored value of a call that is remembered by its key; see `format::request_key`.
pub const REQUEST_KEY_VALUE_BYTES: usize = 1 + 10 + 10 + 32 + 1 + 5 + 2 + CONVERSATIONS_PER_COMMAND * 6 + 4;
/// Largest stored value of the list of these keys.
pub const REQUEST_KEY_LIST_BYTES: usize = 1 + 1 + REQUEST_KEYS * (1 + REQUEST_KEY_BYTES + 10) + 4;
/// Largest message of a cluster store, for one commit with everything around it.
pub const COMMIT_BYTES: usize = 4 << 20;
/// What a cluster store adds to each row of a commit, generously.
pub const ROW_OVERHEAD_BYTES: usize = 80;

/// What a row of the largest record takes in a commit, and what naming a row takes that goes.
const ROW_BYTES: usize = RECORD_VALUE_BYTES + CHAT_GROUP_ID_BYTES + ROW_OVERHEAD_BYTES;
const ROW_GONE_BYTES: usize = CHAT_GROUP_ID_BYTES + ROW_OVERHEAD_BYTES;
/// Deleting a group is the largest of the calls' commits that writes values: every grouped record. It collects
/// removals with it.
const DELETE_GROUP_BYTES: usize = GROUPED_CONVERSATIONS_CEILING as usize * ROW_BYTES
    + REMOVALS as usize * ROW_GONE_BYTES
    + HEAD_VALUE_BYTES;
/// What remembering a call adds to its commit.
const REQUEST_KEY_COMMIT_BYTES: usize =
    REQUEST_KEY_VALUE_BYTES + REQUEST_KEY_LIST_BYTES + (2 + REQUEST_KEYS) * ROW_GONE_BYTES;
/// Commands that are carried out together may delete groups and name conversations beside.
const APPLY_BYTES: usize =
    DELETE_GROUP_BYTES + CONVERSATIONS_PER_APPLY * ROW_BYTES + REQUEST_KEY_COMMIT_BYTES;
/// Deleting an account writes no values but names every row.
const DELETE_ACCOUNT_BYTES: usize = ROWS_CEILING * ROW_GONE_BYTES + HEAD_VALUE_BYTES;
/// A whole user within the default limits can always be put, over another one too. One at the ceilings may be too
/// large, which `decide` finds by his true size.
const PUT_DEFAULT_USER_BYTES: usize = (GROUPED_CONVERSATIONS_DEFAULT + MARKED_CONVERSATIONS_DEFAULT) as usize
    * (ROW_BYTES - CUSTOM_MARK_BYTES_CEILING + CUSTOM_MARK_BYTES_DEFAULT)
    + DELETE_ACCOUNT_BYTES;
/// Rows that one user can have.
const ROWS_CEILING: usize =
    RECORDS_CEILING as usize + REMOVALS as usize + CONVERSATIONS_PER_COMMAND + REQUEST_KEYS + 1;

const _: () = {
    assert!(GROUPS_DEFAULT <= GROUPS_CEILING && GROUPS_CEILING <= SLOTS);
    assert!(GROUPED_CONVERSATIONS_DEFAULT <= GROUPED_CONVERSATIONS_CEILING);
    assert!(MARKED_CONVERSATIONS_DEFAULT <= MARKED_CONVERSATIONS_CEILING);
    assert!(GROUP_NAME_BYTES_DEFAULT <= GROUP_NAME_BYTES_CEILING);
    assert!(CUSTOM_MARK_BYTES_DEFAULT <= CUSTOM_MARK_BYTES_CEILING);
    assert!(REMOVALS_KEPT < REMOVALS);
    assert!(COMMANDS_PER_APPLY <= CONVERSATIONS_PER_COMMAND);
    assert!(CHANGES_PER_PAGE_DEFAULT <= CHANGES_PER_PAGE);
    assert!(APPLY_BYTES <= COMMIT_BYTES);
    assert!(DELETE_ACCOUNT_BYTES <= COMMIT_BYTES);
    assert!(PUT_DEFAULT_USER_BYTES <= COMMIT_BYTES);
};

#[cfg(test)]
mod tests {
    use super::*;

    /// Counted by hand: what is derived above must not change unseen.
    #[test]
    fn derived_bounds_are_pinned() {
        assert_eq!(NUMBER_MAX, 2_147_483_646);
        assert_eq!(RECORDS_CEILING, 10_000);
        assert_eq!(RECORD_VALUE_BYTES, 573);
        assert_eq!(HEAD_VALUE_BYTES, 68_043);
        assert_eq!((REQUEST_KEY_VALUE_BYTES, REQUEST_KEY_LIST_BYTES), (665, 4_806));
        assert_eq!(COMMIT_BYTES, 4_194_304);
        assert_eq!((ROW_BYTES, ROW_GONE_BYTES, ROWS_CEILING), (717, 144, 11_165));
        assert_eq!(DELETE_GROUP_BYTES, 3_797_043);
        assert_eq!(APPLY_BYTES, 4_170_518);
        assert_eq!(DELETE_ACCOUNT_BYTES, 1_675_803);
        assert_eq!(PUT_DEFAULT_USER_BYTES, 2_597_803);
    }
}
