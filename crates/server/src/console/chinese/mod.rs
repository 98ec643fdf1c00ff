//! What the console says in Chinese: for each English text the Chinese one, a file a part of the console.

mod accounts;
mod api;
mod described;
mod frame;
mod operating;
mod users;
mod webhooks;

use std::collections::HashMap;
use std::sync::LazyLock;

type Texts = &'static [(&'static str, &'static str)];

/// What stands in the pages and in the code of the console.
const OWN: &[Texts] =
    &[accounts::TEXTS, api::TEXTS, frame::TEXTS, operating::TEXTS, users::TEXTS, webhooks::TEXTS];

/// What the console shows of the description of the calls, and of codes.
const DESCRIBED: &[Texts] = &[described::calls::TEXTS, described::codes::TEXTS, described::fields::TEXTS];

static ALL: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| all().copied().collect());

fn all() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    OWN.iter().chain(DESCRIBED).copied().flatten()
}

/// The Chinese of an English text.
pub(super) fn of(english: &str) -> Option<&'static str> {
    ALL.get(english).copied()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;
    use crate::console::api;

    /// What stands in quotes behind `t(` and `fill(` in pages and in our own code.
    fn said(folder: &Path, texts: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                said(&path, texts);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]").next().unwrap();
            for opening in [".t(", "fill("] {
                for (at, _) in text.match_indices(opening) {
                    let rest = text[at + opening.len()..].trim_start();
                    let Some(rest) = rest.strip_prefix('"') else { continue };
                    texts.insert(rest.split('"').next().unwrap().to_owned());
                }
            }
        }
    }

    #[test]
    fn every_text_of_the_pages_has_its_chinese_and_nothing_else_has() {
        let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut texts = BTreeSet::new();
        said(&crate_folder.join("templates/console"), &mut texts);
        said(&crate_folder.join("src/console"), &mut texts);
        assert!(texts.len() > 30, "the pages were read");
        let missing: Vec<_> = texts.iter().filter(|text| of(text).is_none()).collect();
        assert!(missing.is_empty(), "without Chinese: {missing:#?}");
        // Texts that are chosen in one place and shown in another stand somewhere in our own code.
        let mut code = String::new();
        sources(&crate_folder.join("src/console"), &mut code);
        for (english, _) in OWN.iter().copied().flatten() {
            let is_said = texts.contains(*english) || code.contains(&format!("\"{english}\""));
            assert!(is_said, "nobody says {english:?}");
        }
    }

    #[test]
    fn every_text_of_the_description_and_of_codes_has_its_chinese_and_nothing_else_has() {
        let mut texts: BTreeSet<&str> = api::texts_of_the_description();
        texts.extend(foldmark_wire::Code::ALL.map(foldmark_wire::Code::text));
        let missing: Vec<_> = texts.iter().filter(|text| of(text).is_none()).collect();
        assert!(missing.is_empty(), "without Chinese: {missing:#?}");
        let unsaid: Vec<_> = DESCRIBED
            .iter()
            .copied()
            .flatten()
            .map(|(english, _)| english)
            .filter(|text| !texts.contains(*text))
            .collect();
        assert!(unsaid.is_empty(), "nobody says: {unsaid:#?}");
    }

    #[test]
    fn the_chinese_has_the_same_names_and_numbers() {
        for (english, chinese) in DESCRIBED.iter().copied().flatten() {
            let names =
                |text: &'static str| -> BTreeSet<&str> { text.split('`').skip(1).step_by(2).collect() };
            assert_eq!(names(english), names(chinese), "{english}");
            for number in english.split(|letter: char| !letter.is_ascii_digit() && letter != ',') {
                let number = number.trim_matches(',');
                assert!(chinese.contains(number), "{number} of {english}");
            }
        }
    }

    fn sources(folder: &Path, code: &mut String) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("chinese") {
                sources(&path, code);
            } else if path.is_file() {
                code.push_str(&std::fs::read_to_string(&path).unwrap());
            }
        }
    }

    #[test]
    fn the_chinese_has_the_same_blanks() {
        for (english, chinese) in all() {
            assert_eq!(english.matches("{}").count(), chinese.matches("{}").count(), "{english}");
        }
        assert_eq!(ALL.len(), all().count(), "each text stands once");
    }
}
