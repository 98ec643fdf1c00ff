//! Values checked against the type and the range that the schema asks for, from a file and from text alike.
//!
//! An `Err` says what a value has to be, and shows nothing of the value itself but a number that is out of range.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::names::Part;
use super::schema::{Kind, LIST_MAX};

/// Where a value comes from, for people: `foldmark.toml:12`, a variable's name, `command line`.
pub(super) type Origin = String;

/// A value of the type that its key has.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Number(u64),
    Flag(bool),
    Counts(BTreeMap<String, u32>),
    /// Also a choice, and a secret that is given in the clear.
    Text(String),
    Texts(Vec<Item>),
    Path(PathBuf),
    SecretFile(PathBuf),
}

/// An item of a list; items of one list may come from different variables.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) text: String,
    pub(super) origin: Origin,
}

/// Checks a number against the range of its key.
pub(super) fn number_within(kind: Kind, number: Option<u64>, shown: &str) -> Result<Value, String> {
    let Kind::Number { least, most } = kind else {
        return Err(wrong_type(kind));
    };
    match number {
        Some(number) if (least..=most).contains(&number) => Ok(Value::Number(number)),
        _ => Err(format!("must be from {least} to {most}, not {shown}")),
    }
}

/// Checks one number of a table of numbers, and adds it.
pub(super) fn add_count(
    kind: Kind,
    counts: &mut BTreeMap<String, u32>,
    name: &str,
    number: Option<u64>,
) -> Result<(), String> {
    let Kind::Counts { least, most } = kind else {
        return Err(wrong_type(kind));
    };
    // A name that text cannot hold could not be given in all places.
    let fits = |c: char| !c.is_control() && c != ',' && c != '=';
    if name.is_empty() || name.len() > COUNT_NAME_BYTES_MAX || name.trim() != name || !name.chars().all(fits)
    {
        return Err(format!(
            "must have names of 1 to {COUNT_NAME_BYTES_MAX} bytes without commas and equals signs"
        ));
    }
    let within = number.filter(|number| (least..=most).contains(number));
    let Some(number) = within.and_then(|number| u32::try_from(number).ok()) else {
        return Err(format!("must be from {least} to {most} for {name}"));
    };
    if counts.insert(name.to_owned(), number).is_some() {
        return Err(format!("must have each name once, not {name} twice"));
    }
    if counts.len() > LIST_MAX {
        return Err(format!("must be at most {LIST_MAX} numbers"));
    }
    Ok(())
}

/// Bytes of a name in a table of numbers.
const COUNT_NAME_BYTES_MAX: usize = 128;

/// Checks one text, from a file if `folder` is given, against what its key asks for.
pub(super) fn text_within(
    kind: Kind,
    part: Part,
    text: &str,
    folder: Option<&Path>,
) -> Result<Value, String> {
    if part == Part::File || matches!(kind, Kind::Path) {
        if text.is_empty() || text.contains('\0') {
            return Err("must be a path".to_owned());
        }
        let path = folder.unwrap_or(Path::new("")).join(text);
        return Ok(if part == Part::File { Value::SecretFile(path) } else { Value::Path(path) });
    }
    match kind {
        Kind::Text | Kind::Secret => Ok(Value::Text(text.to_owned())),
        Kind::Choice(choices) if choices.contains(&text) => Ok(Value::Text(text.to_owned())),
        _ => Err(wrong_type(kind)),
    }
}

/// Bounds a list.
pub(super) fn list_within(items: Vec<Item>) -> Result<Value, String> {
    if items.len() > LIST_MAX {
        return Err(format!("must be at most {LIST_MAX} items, not {}", items.len()));
    }
    Ok(Value::Texts(items))
}

/// What a value of this kind has to be.
pub(super) fn wrong_type(kind: Kind) -> String {
    match kind {
        Kind::Text | Kind::Secret => "must be text".to_owned(),
        Kind::Texts => "must be text or a list of texts".to_owned(),
        Kind::Path => "must be a path".to_owned(),
        Kind::Choice(choices) => format!("must be one of: {}", choices.join(", ")),
        Kind::Number { least, most } => format!("must be a whole number from {least} to {most}"),
        Kind::Flag => "must be true or false".to_owned(),
        Kind::Counts { least, most } => {
            format!("must be a table of whole numbers from {least} to {most}, such as {{ name = {least} }}")
        }
    }
}

/// Reads a value in text form, as the environment and the command line have it.
pub(super) fn from_text(kind: Kind, part: Part, text: &str, origin: &Origin) -> Result<Value, String> {
    // What the operating system cannot give as Unicode arrives with this character in place of the bad bytes.
    if text.contains(char::REPLACEMENT_CHARACTER) {
        return Err("must be valid UTF-8".to_owned());
    }
    match (kind, part) {
        (Kind::Number { .. }, _) => {
            let digits = text.trim();
            if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(wrong_type(kind));
            }
            number_within(kind, digits.parse().ok(), digits)
        }
        (Kind::Flag, _) => match text.trim() {
            "true" => Ok(Value::Flag(true)),
            "false" => Ok(Value::Flag(false)),
            _ => Err(wrong_type(kind)),
        },
        (Kind::Counts { .. }, _) => counts_from_text(kind, text),
        (Kind::Texts, Part::Item(_)) => {
            list_within(vec![Item { text: text.to_owned(), origin: origin.clone() }])
        }
        (Kind::Texts, _) if text.trim().is_empty() => Ok(Value::Texts(Vec::new())),
        (Kind::Texts, _) => {
            let item = |text: &str| Item { text: text.trim().to_owned(), origin: origin.clone() };
            list_within(text.split(',').map(item).collect())
        }
        _ => text_within(kind, part, text, None),
    }
}

fn counts_from_text(kind: Kind, text: &str) -> Result<Value, String> {
    let mut counts = BTreeMap::new();
    for pair in text.split(',').filter(|pair| !pair.trim().is_empty()) {
        let Some((name, number)) = pair.split_once('=') else {
            return Err("must be pairs such as name=3,other=2".to_owned());
        };
        add_count(kind, &mut counts, name.trim(), number.trim().parse().ok())?;
    }
    Ok(Value::Counts(counts))
}
