//! The raw layer: what defaults, the file, the environment and the command line say, merged, each value with its origin.
//!
//! Values here have the type and range that the schema asks for, and nothing more is known about them. Whatever is
//! wrong becomes a problem, one line each, and reading goes on, so that all problems are reported at once. No problem
//! holds a secret; the values' own debug output does, and only tests print it.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::names::{Part, Place, Spelling, locate, nearest};
use super::schema::{Fallback, Kind, SCHEMA};
use super::typed::{Item, Origin, Value, from_text};

/// Everything that was given, by dotted path.
#[derive(Debug, Default)]
pub(super) struct Raw {
    pub(super) given: BTreeMap<String, Given>,
    /// The applications that something was said about, with the first origin.
    pub(super) apps: BTreeMap<usize, Origin>,
    /// The tables that the file has, empty ones too.
    pub(super) sections: BTreeSet<String>,
    pub(super) problems: Vec<String>,
}

/// A value and where it comes from.
#[derive(Debug)]
pub(super) struct Given {
    /// None: it was wrong, and there is a problem about it.
    pub(super) value: Option<Value>,
    pub(super) origin: Origin,
}

/// One value of one layer, before the layers are merged.
#[derive(Debug)]
pub(super) struct Assignment {
    pub(super) place: Place,
    pub(super) part: Part,
    pub(super) value: Option<Value>,
    pub(super) origin: Origin,
}

impl Raw {
    /// Puts a layer on top of what is there. A value replaces that of the layers below as a whole, a list too.
    pub(super) fn lay(&mut self, layer: Vec<Assignment>) {
        let mut whole: BTreeMap<String, (Part, Given)> = BTreeMap::new();
        let mut lists: BTreeMap<String, BTreeMap<usize, Assignment>> = BTreeMap::new();
        for assignment in layer {
            if let Some(app) = assignment.place.app {
                self.apps.entry(app).or_insert_with(|| assignment.origin.clone());
            }
            let path = assignment.place.path();
            let part = assignment.part;
            if let Part::Item(item) = part {
                lists.entry(path).or_default().insert(item, assignment);
                continue;
            }
            let given = Given { value: assignment.value, origin: assignment.origin };
            match whole.entry(path) {
                // The command line may repeat itself; its last word counts.
                Entry::Occupied(mut earlier) if earlier.get().0 == part => {
                    earlier.insert((part, given));
                }
                Entry::Occupied(earlier) => {
                    let (path, first, second) = (earlier.key(), &earlier.get().1.origin, &given.origin);
                    self.problems
                        .push(format!("{path}: is given twice, as itself and as a file ({first}, {second})"));
                }
                Entry::Vacant(vacant) => {
                    vacant.insert((part, given));
                }
            }
        }
        for (path, items) in lists {
            if let Some((_, given)) = whole.get(&path) {
                self.problems.push(format!("{path}: is given twice, whole and by item ({})", given.origin));
                continue;
            }
            let given = self.join(&path, items);
            whole.insert(path, (Part::Whole, given));
        }
        for (path, (_, given)) in whole {
            self.given.insert(path, given);
        }
    }

    /// Puts the defaults below everything.
    pub(super) fn fill(&mut self) {
        for key in SCHEMA {
            let Some(value) = default(key.kind, key.fallback) else {
                continue;
            };
            let apps: Vec<Option<usize>> = if key.pattern.contains('*') {
                self.apps.keys().copied().map(Some).collect()
            } else {
                vec![None]
            };
            for app in apps {
                let given = Given { value: Some(value.clone()), origin: DEFAULT.to_owned() };
                self.given.entry(Place { key, app }.path()).or_insert(given);
            }
        }
    }

    /// Turns names with values in text form, as the environment and the command line have them, into a layer.
    pub(super) fn read_texts<'a>(
        &mut self,
        texts: impl Iterator<Item = (&'a str, &'a str)>,
        spelling: Spelling,
        origin: impl Fn(&str) -> Origin,
    ) -> Vec<Assignment> {
        let mut layer = Vec::new();
        for (name, text) in texts {
            let origin = origin(name);
            let Some((place, part)) = locate(name, spelling) else {
                let nearest = nearest(name, spelling);
                let from = if origin == name { String::new() } else { format!(" ({origin})") };
                self.problems
                    .push(format!("{name}: is not known; the nearest known name is {nearest}{from}"));
                continue;
            };
            let value = self.check(&place, &origin, from_text(place.key.kind, part, text, &origin));
            layer.push(Assignment { place, part, value, origin });
        }
        layer
    }

    /// Makes a wrong value a problem.
    pub(super) fn check(
        &mut self,
        place: &Place,
        origin: &str,
        read: Result<Value, String>,
    ) -> Option<Value> {
        match read {
            Ok(value) => Some(value),
            Err(what) => {
                self.problems.push(format!("{}: {what} ({origin})", place.path()));
                None
            }
        }
    }

    /// Makes one list of items that were given one by one.
    fn join(&mut self, path: &str, items: BTreeMap<usize, Assignment>) -> Given {
        let mut list = Vec::new();
        let mut first_origin = None;
        for (expected, (number, item)) in items.into_iter().enumerate() {
            if number != expected {
                let origin = &item.origin;
                self.problems
                    .push(format!("{path}: items count from 0, and item {expected} is missing ({origin})"));
                return Given { value: None, origin: item.origin };
            }
            first_origin.get_or_insert(item.origin);
            // An item in text form is always read as a list of one.
            if let Some(Value::Texts(one)) = item.value {
                list.extend(one);
            }
        }
        Given { value: Some(Value::Texts(list)), origin: first_origin.unwrap_or_default() }
    }
}

/// The origin of defaults. A default is wrong only beside another value, such as an address that is taken.
pub(super) const DEFAULT: &str = "default";

fn default(kind: Kind, fallback: Fallback) -> Option<Value> {
    match fallback {
        Fallback::Required | Fallback::Absent => None,
        Fallback::Number(number) => Some(Value::Number(number)),
        Fallback::Flag(flag) => Some(Value::Flag(flag)),
        Fallback::Text(text) if matches!(kind, Kind::Path) => Some(Value::Path(PathBuf::from(text))),
        Fallback::Text(text) => Some(Value::Text(text.to_owned())),
        Fallback::Texts(texts) => {
            let item = |text: &&str| Item { text: (*text).to_owned(), origin: DEFAULT.to_owned() };
            Some(Value::Texts(texts.iter().map(item).collect()))
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    /// Lays layers of dotted names, lowest first, and shows what comes out.
    fn check(layers: &[&[(&str, &str)]], expected: &Expect) {
        let mut raw = Raw::default();
        for (number, layer) in layers.iter().enumerate() {
            let layer =
                raw.read_texts(layer.iter().copied(), Spelling::Dotted, |_| format!("layer {number}"));
            raw.lay(layer);
        }
        let mut shown = String::new();
        for (path, given) in &raw.given {
            let value = match &given.value {
                Some(Value::Texts(items)) => {
                    format!("{:?}", items.iter().map(|item| item.text.as_str()).collect::<Vec<_>>())
                }
                value => format!("{value:?}"),
            };
            shown += &format!("{path} = {value} ({})\n", given.origin);
        }
        expected.assert_eq(&(shown + &raw.problems.join("\n")));
    }

    #[test]
    fn upper_layers_replace_whole_values() {
        check(
            &[
                &[("server.listen", "a:1, b:2"), ("apps.0.key", "hush"), ("log.filter", "info")],
                &[("server.listen.0", "c:3"), ("apps.0.key_file", "/run/key"), ("log.filter", "debug")],
            ],
            &expect![[r#"
                apps.0.key = Some(SecretFile("/run/key")) (layer 1)
                log.filter = Some(Text("debug")) (layer 1)
                server.listen = ["c:3"] (layer 1)
            "#]],
        );
    }

    #[test]
    fn one_layer_says_a_thing_once_but_may_repeat_itself() {
        check(
            &[&[
                ("log.filter", "info"),
                ("log.filter", "debug"),
                ("apps.0.key", "hush"),
                ("apps.0.key_file", "/run/key"),
            ]],
            &expect![[r#"
                apps.0.key = Some(Text("hush")) (layer 0)
                log.filter = Some(Text("debug")) (layer 0)
                apps.0.key: is given twice, as itself and as a file (layer 0, layer 0)"#]],
        );
    }

    #[test]
    fn items_count_from_zero() {
        check(
            &[
                &[("apps.0.administrators.0", "a,b"), ("apps.0.administrators.1", "c")],
                &[("server.listen.1", "a:1")],
                &[("server.cors_origins.0", "https://a"), ("server.cors_origins", "https://b")],
            ],
            &expect![[r#"
                apps.0.administrators = ["a,b", "c"] (layer 0)
                server.cors_origins = ["https://b"] (layer 2)
                server.listen = None (layer 1)
                server.listen: items count from 0, and item 0 is missing (layer 1)
                server.cors_origins: is given twice, whole and by item (layer 2)"#]],
        );
    }

    #[test]
    fn wrong_texts_are_problems_without_the_text() {
        check(
            &[&[
                ("server.connections", "many"),
                ("server.connections", "0"),
                ("server.connections", "-5"),
                ("server.connections", "99999999999999999999999"),
                ("log.format", "xml"),
                ("store.path", ""),
                ("log.filter", "\u{fffd}"),
            ]],
            &expect![[r#"
                log.filter = None (layer 0)
                log.format = None (layer 0)
                server.connections = None (layer 0)
                store.path = None (layer 0)
                server.connections: must be a whole number from 1 to 1000000 (layer 0)
                server.connections: must be from 1 to 1000000, not 0 (layer 0)
                server.connections: must be a whole number from 1 to 1000000 (layer 0)
                server.connections: must be from 1 to 1000000, not 99999999999999999999999 (layer 0)
                log.format: must be one of: auto, text, json (layer 0)
                store.path: must be a path (layer 0)
                log.filter: must be valid UTF-8 (layer 0)"#]],
        );
    }
}
