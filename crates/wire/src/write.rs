//! Writing JSON to memory field by field, for the replies that can be long. What is written is what serde_json writes;
//! it takes a third of the work, because names are known to need no escapes and texts hardly ever do.

/// Writes `items` with commas between them, in brackets.
pub(crate) fn array<T>(out: &mut Vec<u8>, items: &[T], write: impl Fn(&mut Vec<u8>, &T)) {
    out.push(b'[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write(out, item);
    }
    out.push(b']');
}

/// Writes what is JSON already.
pub(crate) fn raw(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

/// Writes a string.
pub(crate) fn string(out: &mut Vec<u8>, text: &str) {
    if text.bytes().any(needs_escape) {
        return serde_json::to_writer(out, text).expect(MEMORY);
    }
    out.reserve(text.len() + 2);
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}

/// Writes a number.
pub(crate) fn number(out: &mut Vec<u8>, number: u64) {
    serde_json::to_writer(out, &number).expect(MEMORY);
}

fn needs_escape(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

const MEMORY: &str = "writing plain values to memory cannot fail";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_and_number_is_written_as_by_serde() {
        let every: String = (0..=0x2ff).filter_map(char::from_u32).collect();
        let mut texts: Vec<String> = every.chars().map(String::from).collect();
        texts.extend(["".to_owned(), "user_0001".to_owned(), "\u{10ffff}\u{2028}".to_owned(), every]);
        for text in texts {
            let mut out = Vec::new();
            string(&mut out, &text);
            assert_eq!(String::from_utf8(out).unwrap(), serde_json::to_string(&text).unwrap());
        }
        for value in [0, 1, 9, 10, u64::from(u32::MAX), u64::MAX] {
            let mut out = Vec::new();
            number(&mut out, value);
            assert_eq!(String::from_utf8(out).unwrap(), value.to_string());
        }
    }

    #[test]
    fn arrays_have_commas_between_their_items() {
        for (items, expected) in [(&[][..], "[]"), (&[1], "[1]"), (&[1, 2, 3], "[1,2,3]")] {
            let mut out = Vec::new();
            array(&mut out, items, |out, item| number(out, *item));
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }
}
