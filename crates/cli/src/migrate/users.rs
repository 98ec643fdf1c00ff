//! The list of users to move: one id a line.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader};

use foldmark_core::subject::UserId;

use crate::failure::Failure;

/// The users of the file, or of stdin if it is called `-`; one who is named twice counts once.
pub(super) fn read(name: &str) -> Result<BTreeSet<String>, Failure> {
    if name == "-" {
        return parse(io::stdin().lock(), "stdin");
    }
    let file = File::open(name).map_err(|error| Failure::usage(format!("{name}: {error}")))?;
    parse(BufReader::new(file), name)
}

fn parse(mut reader: impl BufRead, name: &str) -> Result<BTreeSet<String>, Failure> {
    let mut users = BTreeSet::new();
    let mut bytes = Vec::new();
    for number in 1_u64.. {
        bytes.clear();
        let wrong =
            |reason: &dyn std::fmt::Display| Failure::usage(format!("{name}, line {number}: {reason}"));
        if reader.read_until(b'\n', &mut bytes).map_err(|error| wrong(&error))? == 0 {
            break;
        }
        let text = str::from_utf8(&bytes).map_err(|_| wrong(&"it is not UTF-8"))?;
        // Some editors put a mark before the first line.
        let text = if number == 1 { text.trim_start_matches('\u{feff}') } else { text };
        // Spaces may belong to an id, the end of the line does not.
        let text = text.trim_end_matches(['\r', '\n']);
        if text.trim().is_empty() || text.starts_with('#') {
            continue;
        }
        let user = UserId::parse(text).map_err(|error| wrong(&format!("a user id {error}")))?;
        users.insert(user.as_str().to_owned());
    }
    if users.is_empty() {
        return Err(Failure::usage(format!("{name} names no user")));
    }
    Ok(users)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<String>, String> {
        let users = parse(text.as_bytes(), "users.txt").map_err(|failure| failure.to_string())?;
        Ok(users.into_iter().collect())
    }

    #[test]
    fn comments_and_blank_lines_are_left_out() {
        let users = read("\u{feff}# all\r\n\r\nu2\r\n  \nu1\n a b\nu1").unwrap();
        assert_eq!(users, [" a b", "u1", "u2"]);
    }

    #[test]
    fn a_wrong_id_is_named_by_its_line() {
        let long = format!("u1\n# c\n{}\n", "x".repeat(33));
        assert_eq!(read(&long).unwrap_err(), "users.txt, line 3: a user id must be at most 32 bytes");
        assert!(read("u1\na\tb\n").unwrap_err().starts_with("users.txt, line 2: "));
        assert!(read("# nobody\n").unwrap_err().contains("names no user"));
    }
}
