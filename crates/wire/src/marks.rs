//! The standard mark of a conversation: 64 bits, and their two forms on the wire.
//!
//! Replies carry a string of `0` and `1` with the most significant bit first, always in its shortest form, so that
//! no bits are the empty string (decision 23). Requests name bits by their numbers, which count from 0.

use std::borrow::Cow;
use std::ops::Deref;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::extract::Place;
use crate::fault::Fault;
use crate::json::Value;
use crate::limits::MARK_BIT_MAX;

/// The bits of a standard mark; bit n of the number is bit n of the mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct StandardMark(pub u64);

/// The text of a standard mark, held in place.
#[derive(Debug, Clone, Copy)]
pub struct MarkText {
    digits: [u8; 64],
    start: usize,
}

/// The shortest text of a standard mark: `1110` for the bits 1, 2 and 3, the empty string for none.
pub fn standard_mark_text(bits: u64) -> MarkText {
    let mut text = MarkText { digits: [b'0'; 64], start: bits.leading_zeros() as usize };
    let mut left = bits;
    while left != 0 {
        text.digits[63 - left.trailing_zeros() as usize] = b'1';
        left &= left - 1;
    }
    text
}

/// The bits of a text of `0` and `1`, with or without leading zeros; `None` for anything else.
pub fn parse_standard_mark(text: &str) -> Option<u64> {
    let shortest = text.trim_start_matches('0');
    if shortest.len() > 64 {
        return None;
    }
    let mut bits = 0;
    for digit in shortest.bytes() {
        match digit {
            b'0' => bits <<= 1,
            b'1' => bits = (bits << 1) | 1,
            _ => return None,
        }
    }
    Some(bits)
}

impl Deref for MarkText {
    type Target = str;

    fn deref(&self) -> &str {
        std::str::from_utf8(&self.digits[self.start..]).expect("the digits 0 and 1 are ASCII")
    }
}

impl Serialize for StandardMark {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&standard_mark_text(self.0))
    }
}

impl<'de> Deserialize<'de> for StandardMark {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        match parse_standard_mark(&text) {
            Some(bits) => Ok(Self(bits)),
            None => Err(D::Error::custom("a standard mark must be at most 64 of the characters 0 and 1")),
        }
    }
}

/// A list of bit numbers, as `SetMark` and `ClearMark` carry it.
#[derive(Clone, Copy)]
pub(crate) struct BitNumbers(pub(crate) u64);

impl BitNumbers {
    pub(crate) fn parse(place: &Place<'_>, value: &Value<'_>) -> Result<u64, Fault> {
        let mut bits = 0;
        for (index, number) in place.array(value)?.iter().enumerate() {
            bits |= 1 << place.item(index).integer(number, 0, MARK_BIT_MAX.into())?;
        }
        Ok(bits)
    }
}

impl Serialize for BitNumbers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((0..=MARK_BIT_MAX).filter(|bit| self.0 & (1 << bit) != 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_texts() {
        for (bits, text) in [
            (0, ""),
            (1, "1"),
            (0b1110, "1110"),
            (0b11_1001, "111001"),
            (0b1111_1110, "11111110"),
            (1 << 32, "100000000000000000000000000000000"),
        ] {
            assert_eq!(&*standard_mark_text(bits), text);
            assert_eq!(parse_standard_mark(text), Some(bits));
        }
        assert_eq!(standard_mark_text(u64::MAX).len(), 64);
        assert_eq!(parse_standard_mark(&standard_mark_text(u64::MAX)), Some(u64::MAX));
    }

    #[test]
    fn every_bit_alone_is_read_back() {
        for bit in 0..=MARK_BIT_MAX {
            let text = standard_mark_text(1 << bit);
            assert_eq!(text.len(), bit as usize + 1);
            assert_eq!(parse_standard_mark(&text), Some(1 << bit));
        }
    }

    #[test]
    fn leading_zeros_are_accepted_and_other_characters_are_not() {
        assert_eq!(parse_standard_mark("011111110"), Some(0b1111_1110));
        assert_eq!(parse_standard_mark(&"0".repeat(100)), Some(0));
        assert_eq!(parse_standard_mark(&"1".repeat(65)), None);
        for wrong in ["2", "1 ", "-1", "0b1", "１", "1٠"] {
            assert_eq!(parse_standard_mark(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_mark_is_a_string_in_json() {
        assert_eq!(serde_json::to_string(&StandardMark(14)).unwrap(), "\"1110\"");
        assert_eq!(serde_json::from_str::<StandardMark>("\"01110\"").unwrap(), StandardMark(14));
        assert!(serde_json::from_str::<StandardMark>("14").is_err());
        assert_eq!(serde_json::to_string(&BitNumbers(1 | 1 << 63)).unwrap(), "[0,63]");
    }
}
