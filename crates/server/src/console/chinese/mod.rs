//! What the console says in Chinese: for each English text the Chinese one, a file a part of the console.

mod accounts;
mod api;
mod frame;
mod operating;
mod users;

use std::collections::HashMap;
use std::sync::LazyLock;

type Texts = &'static [(&'static str, &'static str)];

const PARTS: &[Texts] = &[accounts::TEXTS, api::TEXTS, frame::TEXTS, operating::TEXTS, users::TEXTS];

static ALL: LazyLock<HashMap<&'static str, &'static str>> =
    LazyLock::new(|| PARTS.iter().copied().flatten().copied().collect());

/// The Chinese of an English text.
pub(super) fn of(english: &str) -> Option<&'static str> {
    ALL.get(english).copied()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

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
        for english in ALL.keys() {
            let is_said = texts.contains(*english) || code.contains(&format!("\"{english}\""));
            assert!(is_said, "nobody says {english:?}");
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
        for (english, chinese) in PARTS.iter().copied().flatten() {
            assert_eq!(english.matches("{}").count(), chinese.matches("{}").count(), "{english}");
        }
        assert_eq!(ALL.len(), PARTS.iter().map(|part| part.len()).sum::<usize>(), "each text stands once");
    }
}
