//! What a record says: marks, and the groups that its conversation is in.

use std::fmt;

use crate::limits;

/// The 64 flag bits of a conversation. The service's own are bits 0 to 31, the application's 32 to 63; Foldmark stores
/// them all and gives meaning to none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StandardMark(pub u64);

impl StandardMark {
    /// Whether no bit is set.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// The custom string of a conversation, empty if there is none. Its length is bounded by the application's limit when
/// it is set, and by [`limits::CUSTOM_MARK_BYTES_CEILING`] always.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CustomMark(Box<str>);

impl CustomMark {
    /// Takes at most `limit` bytes.
    pub fn parse(text: &str, limit: usize) -> Option<CustomMark> {
        (text.len() <= limit.min(limits::CUSTOM_MARK_BYTES_CEILING)).then(|| CustomMark(text.into()))
    }

    /// The string.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What a user interface keeps about a group, such as a colour or an icon; empty if there is nothing. Foldmark gives it
/// no meaning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupEx(Box<str>);

impl GroupEx {
    /// Takes at most [`limits::GROUP_EX_BYTES`] bytes.
    pub fn parse(text: &str) -> Option<GroupEx> {
        (text.len() <= limits::GROUP_EX_BYTES).then(|| GroupEx(text.into()))
    }

    /// The string.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The places, in the user's head, of the groups that a conversation is in.
///
/// A bitmap of places instead of a list of ids keeps records small and free of allocations. A place is taken again
/// after its group was deleted, which is safe because deleting a group takes every conversation out of it in the same
/// commit.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct GroupSet(u128);

impl GroupSet {
    /// The set with these bits.
    pub fn from_bits(bits: u128) -> GroupSet {
        GroupSet(bits)
    }

    /// One bit a place.
    pub fn bits(self) -> u128 {
        self.0
    }

    /// Whether the conversation is in no group.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether the group at `slot` is among them.
    pub fn contains(self, slot: Slot) -> bool {
        self.0 & slot.bit() != 0
    }

    /// The set with the group at `slot`.
    #[must_use]
    pub fn with(self, slot: Slot) -> GroupSet {
        GroupSet(self.0 | slot.bit())
    }

    /// The set without the group at `slot`.
    #[must_use]
    pub fn without(self, slot: Slot) -> GroupSet {
        GroupSet(self.0 & !slot.bit())
    }
}

impl fmt::Debug for GroupSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries((0..limits::SLOTS).filter(|slot| self.0 >> slot & 1 == 1)).finish()
    }
}

/// The place of a group in its user's head, below [`limits::SLOTS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot(u8);

impl Slot {
    /// Takes a number below [`limits::SLOTS`].
    pub fn new(number: u8) -> Option<Slot> {
        (u32::from(number) < limits::SLOTS).then_some(Slot(number))
    }

    /// The number.
    pub fn get(self) -> u8 {
        self.0
    }

    fn bit(self) -> u128 {
        1 << self.0
    }
}

/// The number of a group within its user: from 1 upward, never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupId(pub u32);

/// The name of a group: not empty, unique among the user's groups, compared by its exact bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupName(Box<str>);

/// Why a text is no group name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupNameError {
    /// It has no characters.
    Empty,
    /// It is longer than the limit.
    TooLong,
}

impl GroupName {
    /// Takes 1 to `limit` bytes.
    pub fn parse(text: &str, limit: usize) -> Result<GroupName, GroupNameError> {
        if text.is_empty() {
            return Err(GroupNameError::Empty);
        }
        if text.len() > limit.min(limits::GROUP_NAME_BYTES_CEILING) {
            return Err(GroupNameError::TooLong);
        }
        Ok(GroupName(text.into()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_custom_marks_are_measured_in_bytes() {
        assert!(GroupName::parse(&"é".repeat(32), 64).is_ok());
        assert_eq!(GroupName::parse(&"é".repeat(33), 64), Err(GroupNameError::TooLong));
        assert_eq!(GroupName::parse("", 64), Err(GroupNameError::Empty));
        assert!(CustomMark::parse(&"é".repeat(128), 256).is_some());
        assert!(CustomMark::parse(&"é".repeat(129), 256).is_none());
    }

    #[test]
    fn the_ceiling_holds_whatever_the_limit() {
        assert!(GroupName::parse(&"a".repeat(129), usize::MAX).is_err());
        assert!(CustomMark::parse(&"a".repeat(513), usize::MAX).is_none());
    }

    #[test]
    fn group_sets_hold_every_slot() {
        let (first, last) = (Slot::new(0).unwrap(), Slot::new(127).unwrap());
        let set = GroupSet::default().with(first).with(last);
        assert!(set.contains(first) && set.contains(last));
        assert_eq!(format!("{set:?}"), "{0, 127}");
        assert!(set.without(first).without(last).is_empty());
        assert!(Slot::new(128).is_none());
    }
}
