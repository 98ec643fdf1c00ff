//! What literals of several languages have in common: which characters are written as they are, how others are escaped,
//! and how a long text is taken apart.

/// Whether a character may stand in a literal as it is: it can be seen, and moves nothing around it.
pub(super) fn is_plain(letter: char) -> bool {
    letter == ' ' || letter.is_ascii_graphic() || letter.is_alphanumeric()
}

/// A literal in double quotes. `is_kept` says which characters stand in it as they are, and `escaped` writes the others,
/// but for the few that all these languages write alike.
pub(super) fn double_quoted(
    text: &str,
    is_kept: impl Fn(char) -> bool,
    escaped: impl Fn(char) -> String,
) -> String {
    let mut quoted = String::from('"');
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            kept if is_kept(kept) => quoted.push(kept),
            other => quoted.push_str(&escaped(other)),
        }
    }
    quoted.push('"');
    quoted
}

/// A character as its units of UTF-16, each in four digits.
pub(super) fn in_utf16(letter: char) -> String {
    let mut units = [0; 2];
    letter.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")).collect()
}

/// A text in parts that are nice to read, each to be a literal of its own: its lines, or, if there are many, parts of
/// some thousand bytes, which no compiler minds.
pub(super) fn parts(text: &str) -> Vec<&str> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    if lines.len() <= LINES && lines.iter().all(|line| line.len() <= PART_BYTES) {
        return if lines.is_empty() { vec![""] } else { lines };
    }
    let mut parts = Vec::new();
    let mut rest = text;
    while rest.len() > PART_BYTES {
        let mut end = PART_BYTES;
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        let (part, after) = rest.split_at(end);
        parts.push(part);
        rest = after;
    }
    parts.push(rest);
    parts
}

const LINES: usize = 200;
const PART_BYTES: usize = 8_000;

/// A text as an expression: the literal of its only part, or what `join` makes of those of its parts, which stand on a
/// line each, indented and with a comma.
pub(super) fn joined(
    text: &str,
    indent: &str,
    quoted: impl Fn(&str) -> String,
    join: impl Fn(&str) -> String,
) -> String {
    match parts(text).as_slice() {
        [part] => quoted(part),
        parts => {
            let lines: String = parts.iter().map(|part| format!("{indent}{},\n", quoted(part))).collect();
            join(&lines)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_make_the_text() {
        for text in ["", "a", "a\n", "a\nb", "\n\n", &"\u{4f60}".repeat(10_000), &"a\n".repeat(5_000)] {
            let parts = parts(text);
            assert_eq!(parts.concat(), text);
            assert!(parts.len() <= LINES && parts.iter().all(|part| part.len() <= PART_BYTES));
        }
        assert_eq!(parts("a\nb"), ["a\n", "b"]);
    }

    #[test]
    fn what_hides_or_turns_text_is_not_plain() {
        for letter in ['a', ' ', '\'', '你', 'é'] {
            assert!(is_plain(letter), "{letter:?}");
        }
        for letter in ['\n', '\0', '\u{202e}', '\u{2028}', '\u{feff}', '\u{1f600}', '\u{301}'] {
            assert!(!is_plain(letter), "{letter:?}");
        }
    }
}
