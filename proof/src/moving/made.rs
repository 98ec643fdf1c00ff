//! An export made from nothing: users of several kinds, deleted accounts, and chat groups.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use foldmark_wire::contact::Contact;
use foldmark_wire::marks::StandardMark;
use foldmark_wire::transfer::{
    ChatGroupLine, ConversationPart, ExportHead, FORMAT, GroupPart, Line, Totals, UserLine,
};

use crate::http::SDKAPPID;
use crate::random::Random;

/// Users with as many conversations as a new application allows them to mark.
const FULL_USERS: u64 = 4;
const FULL: u64 = 1_000;
/// Conversations of all other users.
const USUAL: u64 = 100;
/// Groups of a user.
const GROUPS: u32 = 8;
/// Accounts that were deleted, of whom nothing is left but the numbers that must not be given again.
const DELETED: u64 = 40;
const CHAT_GROUPS: u64 = 60;
/// Some moment.
const TIME: u64 = 1_775_217_000;

/// Where lines are written, and what they hold so far.
struct Lines {
    file: BufWriter<File>,
    totals: Totals,
}

/// Writes an export with this many conversations. Gives what it holds.
pub(crate) fn export(path: &Path, conversations: u64, seed: u64) -> Result<Totals, String> {
    let file = File::create(path).map_err(|error| error.to_string())?;
    let mut lines = Lines { file: BufWriter::new(file), totals: Totals::default() };
    lines.write(&Line::Export(ExportHead { format: FORMAT, version: "0.1.0".into(), time: TIME }))?;
    for number in 0..CHAT_GROUPS {
        lines.write(&chat_group(number))?;
    }
    let mut random = Random::new(seed);
    let mut number = 0;
    let mut left = conversations;
    while left > 0 {
        let most = if number < FULL_USERS { FULL } else { USUAL };
        lines.write(&user(number, left.min(most), &mut random))?;
        left -= left.min(most);
        number += 1;
    }
    for number in 0..DELETED {
        lines.write(&deleted(number))?;
    }
    lines.write(&Line::End(lines.totals))?;
    lines.file.flush().map_err(|error| error.to_string())?;
    Ok(lines.totals)
}

impl Lines {
    fn write(&mut self, line: &Line<'_>) -> Result<(), String> {
        let text = line.to_text();
        self.totals.add(line, &text);
        writeln!(self.file, "{text}").map_err(|error| error.to_string())
    }
}

fn chat_group(number: u64) -> Line<'static> {
    Line::ChatGroup(ChatGroupLine {
        sdkappid: SDKAPPID,
        id: format!("@TGS#{number}").into(),
        alive: !number.is_multiple_of(5),
        kind: "Public".into(),
        name: format!("Team {number}").into(),
        owner: format!("user{number}").into(),
        created: TIME + number,
    })
}

/// Conversations in the order of their keys, as exports have them.
fn user(number: u64, conversations: u64, random: &mut Random) -> Line<'static> {
    let mut parts: Vec<ConversationPart<'static>> =
        (0..conversations).map(|at| conversation(at, random)).collect();
    // Others may be written to before they are imported.
    let imported = !number.is_multiple_of(7);
    parts.sort_by(|one, other| key(&one.contact).cmp(&key(&other.contact)));
    Line::User(UserLine {
        sdkappid: SDKAPPID,
        id: format!("user{number}").into(),
        imported,
        nick: if imported { format!("User \"{number}\" 家").into() } else { "".into() },
        face_url: "".into(),
        next_group_id: GROUPS + 3,
        next_number: 2 * conversations as u32,
        groups: (1..=GROUPS)
            .map(|id| GroupPart {
                order: GROUPS - id,
                ex: format!("{{\"icon\":{id}}}").into(),
                ..GroupPart::new(id, format!("group {id}"))
            })
            .collect(),
        conversations: parts,
    })
}

fn conversation(at: u64, random: &mut Random) -> ConversationPart<'static> {
    let contact = match at % 4 {
        0 => Contact::ChatGroup(format!("@TGS#{at}").into()),
        _ => Contact::User(format!("peer{at}").into()),
    };
    let custom = random.between(1, 48) as usize;
    ConversationPart {
        contact,
        // With gaps, as they are left by what was removed.
        number: 2 * at as u32,
        timestamp: TIME + random.below(1_000_000),
        standard_mark: StandardMark(random.next() >> random.below(64)),
        custom_mark: "mark ".repeat(custom).split_off(random.below(4) as usize).into(),
        groups: (1..=GROUPS).filter(|_| random.once_in(4)).collect(),
    }
}

fn deleted(number: u64) -> Line<'static> {
    Line::User(UserLine {
        sdkappid: SDKAPPID,
        id: format!("deleted{number}").into(),
        imported: false,
        nick: "".into(),
        face_url: "".into(),
        next_group_id: 1 + number as u32,
        next_number: number as u32,
        groups: Vec::new(),
        conversations: Vec::new(),
    })
}

/// By kind, then by peer.
fn key<'a>(contact: &'a Contact<'_>) -> (u8, &'a str) {
    match contact {
        Contact::User(peer) => (1, peer),
        Contact::ChatGroup(peer) => (2, peer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_holds_what_it_says() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made.jsonl");
        let totals = export(&path, 5_350, 1).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let mut counted = Totals::default();
        let mut lines = Vec::new();
        for line in text.lines() {
            let parsed: Line<'_> = serde_json::from_str(line).unwrap();
            counted.add(&parsed, line);
            lines.push(parsed);
        }
        assert_eq!(counted, totals);
        assert_eq!((totals.conversations, totals.users, totals.chat_groups), (5_350, 4 + 14 + 40, 60));
        assert!(matches!(lines[0], Line::Export(_)));
        assert_eq!(lines.last(), Some(&Line::End(totals)));
    }
}
