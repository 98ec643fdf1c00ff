//! How a key is spelled in the file, on the command line and in the environment, and which key a name means.
//!
//! A name is compared with the spelling of each key and never split at its separators, since key names hold
//! underscores themselves.

use super::schema::{APPS_MAX, Key, Kind, LIST_MAX, SCHEMA};

/// How keys are written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Spelling {
    /// `apps.0.key`, in files and on the command line.
    Dotted,
    /// `FOLDMARK_APPS_0_KEY`, in the environment.
    Variable,
}

/// What every variable's name begins with.
pub(super) const VARIABLE_PREFIX: &str = "FOLDMARK_";

/// A key, for one application if its pattern asks for one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) key: &'static Key,
    pub(super) app: Option<usize>,
}

/// Which part of a key's value a name means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Whole,
    /// One item of a list.
    Item(usize),
    /// The file that holds a secret.
    File,
}

impl Place {
    /// The dotted name.
    pub(super) fn path(&self) -> String {
        match self.app {
            Some(app) => self.key.pattern.replace('*', &app.to_string()),
            None => self.key.pattern.to_owned(),
        }
    }
}

impl Spelling {
    /// The name of `key`, still with its `*`.
    pub(super) fn name(self, key: &Key) -> String {
        match self {
            Spelling::Dotted => key.pattern.to_owned(),
            Spelling::Variable => {
                format!("{VARIABLE_PREFIX}{}", key.pattern.replace('.', "_").to_ascii_uppercase())
            }
        }
    }

    /// What is appended to the name of a secret to name a file instead.
    pub(super) fn file_suffix(self) -> &'static str {
        match self {
            Spelling::Dotted => "_file",
            Spelling::Variable => "_FILE",
        }
    }

    fn separator(self) -> char {
        match self {
            Spelling::Dotted => '.',
            Spelling::Variable => '_',
        }
    }
}

/// Finds what `name` means.
pub(super) fn locate(name: &str, spelling: Spelling) -> Option<(Place, Part)> {
    for key in SCHEMA {
        let spelled = spelling.name(key);
        let Some((app, rest)) = strip(name, &spelled) else {
            continue;
        };
        if let Some(part) = part(key, rest, spelling) {
            return Some((Place { key, app }, part));
        }
    }
    None
}

/// The known name that is nearest to `name`; that of a table too, where names are dotted.
pub(super) fn nearest(name: &str, spelling: Spelling) -> String {
    let is_app = |segment: &&str| index(segment).is_some_and(|app| app < APPS_MAX);
    let app = name.split(spelling.separator()).find(is_app).unwrap_or("0");
    let mut best = (usize::MAX, String::new());
    for key in SCHEMA {
        let known = spelling.name(key).replace('*', app);
        let mut names = Vec::new();
        if matches!(key.kind, Kind::Secret) {
            names.push(format!("{known}{}", spelling.file_suffix()));
        }
        if matches!(spelling, Spelling::Dotted) {
            names.extend(known.match_indices('.').map(|(end, _)| known[..end].to_owned()));
        }
        names.push(known);
        for known in names {
            let distance = strsim::osa_distance(name, &known);
            if distance < best.0 {
                best = (distance, known);
            }
        }
    }
    best.1
}

/// Takes `spelled` off the front of `name`; gives the number that stands in place of the `*`, and what follows.
fn strip<'a>(name: &'a str, spelled: &str) -> Option<(Option<usize>, &'a str)> {
    let Some((head, tail)) = spelled.split_once('*') else {
        return Some((None, name.strip_prefix(spelled)?));
    };
    let after = name.strip_prefix(head)?;
    let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
    let app = index(&after[..digits]).filter(|app| *app < APPS_MAX)?;
    Some((Some(app), after[digits..].strip_prefix(tail)?))
}

fn part(key: &Key, rest: &str, spelling: Spelling) -> Option<Part> {
    if rest.is_empty() {
        return Some(Part::Whole);
    }
    match key.kind {
        Kind::Secret if rest == spelling.file_suffix() => Some(Part::File),
        Kind::Texts => {
            let item = index(rest.strip_prefix(spelling.separator())?)?;
            (item < LIST_MAX).then_some(Part::Item(item))
        }
        _ => None,
    }
}

/// A number as it is written in a name: digits without a leading zero.
fn index(text: &str) -> Option<usize> {
    if text.len() > 1 && text.starts_with('0') || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_name_leads_back_to_its_key() {
        for spelling in [Spelling::Dotted, Spelling::Variable] {
            let mut names = BTreeSet::new();
            for key in SCHEMA {
                let name = spelling.name(key).replace('*', "7");
                let (place, part) = locate(&name, spelling).unwrap();
                assert_eq!((place.key.pattern, part), (key.pattern, Part::Whole));
                assert_eq!(place.app, key.pattern.contains('*').then_some(7));
                assert!(names.insert(name.clone()), "{name} means two keys");
                assert_eq!(nearest(&name, spelling), name);
            }
        }
    }

    #[test]
    fn items_files_and_applications_are_named() {
        let of = |name| locate(name, Spelling::Variable).map(|(place, part)| (place.path(), part));
        assert_eq!(of("FOLDMARK_SERVER_LISTEN_3"), Some(("server.listen".to_owned(), Part::Item(3))));
        assert_eq!(
            of("FOLDMARK_APPS_10_PREVIOUS_KEY_FILE"),
            Some(("apps.10.previous_key".to_owned(), Part::File))
        );
        for unknown in
            ["FOLDMARK_APPS_KEY", "FOLDMARK_APPS_01_KEY", "FOLDMARK_APPS_1000_KEY", "FOLDMARK_SERVER_LISTEN_"]
        {
            assert_eq!(of(unknown), None, "{unknown}");
        }
        assert_eq!(nearest("apps.3.kye_file", Spelling::Dotted), "apps.3.key_file");
    }
}
