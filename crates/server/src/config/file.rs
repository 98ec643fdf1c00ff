//! The configuration file: TOML, read with the line of every key, and turned into a layer.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::names::{Part, Spelling, locate, nearest};
use super::raw::{Assignment, Raw};
use super::schema::{APPS_MAX, Kind, SCHEMA};
use super::typed::{Item, Origin, Value, add_count, list_within, number_within, text_within, wrong_type};

/// Bytes of a configuration file.
const FILE_BYTES_MAX: usize = 1 << 20;

/// Reads the file at `path` as a layer. None: it could not be read as TOML, and `raw` has problems that say why.
pub(super) fn layer(path: &Path, raw: &mut Raw) -> Option<Vec<Assignment>> {
    match read_text(path, FILE_BYTES_MAX) {
        Ok(text) => parse(path, &text, raw),
        Err(what) => {
            raw.problems.push(format!("{}: {what}", path.display()));
            None
        }
    }
}

/// Reads a text file of at most `limit` bytes; an `Err` says why not, without the path.
pub(super) fn read_text(path: &Path, limit: usize) -> Result<String, String> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| format!("cannot be read: {error}"))?;
    file.take(limit as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("cannot be read: {error}"))?;
    if bytes.len() > limit {
        return Err(format!("must be at most {limit} bytes"));
    }
    String::from_utf8(bytes).map_err(|_| "must be UTF-8".to_owned())
}

fn parse(path: &Path, text: &str, raw: &mut Raw) -> Option<Vec<Assignment>> {
    let (table, mut errors) = DeTable::parse_recoverable(text);
    errors.sort_by_key(|error| error.span().map(|span| span.start));
    let mut walk =
        Walk { path, text, folder: path.parent().unwrap_or(Path::new("")), raw, layer: Vec::new() };
    if errors.is_empty() {
        walk.table(table.get_ref(), "", "");
        return Some(walk.layer);
    }
    let mut last_line = None;
    for error in errors {
        // The parser picks up after an error, and what it finds in the rest of the line is mostly the same error.
        let origin = walk.origin(error.span().map_or(0, |span| span.start));
        if last_line.as_ref() != Some(&origin) {
            // Only the parser's message is used: its full form quotes the line, which may hold a secret.
            walk.raw.problems.push(format!("{origin}: {}", error.message()));
            last_line = Some(origin);
        }
    }
    None
}

struct Walk<'a> {
    path: &'a Path,
    text: &'a str,
    folder: &'a Path,
    raw: &'a mut Raw,
    layer: Vec<Assignment>,
}

impl Walk<'_> {
    /// Reads the table at the dotted `path`, whose keys stand in the schema under `pattern`.
    fn table(&mut self, table: &DeTable<'_>, pattern: &str, path: &str) {
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(name, _)| name.span().start);
        for (name, value) in entries {
            let origin = self.origin(name.span().start);
            // A quoted key may hold any characters, and must not pass for a dotted path.
            let plain =
                name.get_ref().bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
            let pattern = join(pattern, name.get_ref());
            let path =
                if plain { join(path, name.get_ref()) } else { join(path, &format!("{:?}", name.get_ref())) };
            if plain && let Some((place, part)) = locate(&path, Spelling::Dotted) {
                let read = self.value(place.key.kind, part, value, &origin);
                let value = self.raw.check(&place, &origin, read);
                self.layer.push(Assignment { place, part, value, origin });
            } else if plain && has_keys(&format!("{pattern}.*.")) {
                self.apps(value, &pattern, &path, &origin);
            } else if plain && has_keys(&format!("{pattern}.")) {
                self.section(value, &pattern, &path, &origin);
            } else {
                let nearest = nearest(&path, Spelling::Dotted);
                let what = format!("{path}: is not known; the nearest known name is {nearest} ({origin})");
                self.raw.problems.push(what);
            }
        }
    }

    fn section(&mut self, value: &Spanned<DeValue<'_>>, pattern: &str, path: &str, origin: &str) {
        let DeValue::Table(table) = value.get_ref() else {
            self.raw.problems.push(format!("{path}: must be a table, [{path}] ({origin})"));
            return;
        };
        self.raw.sections.insert(path.to_owned());
        self.table(table, pattern, path);
    }

    fn apps(&mut self, value: &Spanned<DeValue<'_>>, pattern: &str, path: &str, origin: &str) {
        let DeValue::Array(apps) = value.get_ref() else {
            self.raw.problems.push(format!("{path}: must be an array of tables, [[{path}]] ({origin})"));
            return;
        };
        if apps.len() > APPS_MAX {
            let count = apps.len();
            self.raw
                .problems
                .push(format!("{path}: must be at most {APPS_MAX} tables, not {count} ({origin})"));
            return;
        }
        for (number, app) in apps.iter().enumerate() {
            let origin = self.origin(app.span().start);
            let path = join(path, &number.to_string());
            let DeValue::Table(table) = app.get_ref() else {
                self.raw.problems.push(format!("{path}: must be a table ({origin})"));
                continue;
            };
            // An application that says nothing is still one, and lacks what is required.
            self.raw.apps.insert(number, origin);
            self.table(table, &join(pattern, "*"), &path);
        }
    }

    fn value(
        &self,
        kind: Kind,
        part: Part,
        value: &Spanned<DeValue<'_>>,
        origin: &Origin,
    ) -> Result<Value, String> {
        match value.get_ref() {
            DeValue::String(text) if matches!(kind, Kind::Texts) => {
                list_within(vec![Item { text: text.to_string(), origin: origin.clone() }])
            }
            DeValue::String(text) if is_text(kind) => text_within(kind, part, text, Some(self.folder)),
            DeValue::Integer(integer) if matches!(kind, Kind::Number { .. }) => {
                let number = u64::from_str_radix(integer.as_str(), integer.radix()).ok();
                number_within(kind, number, &integer.to_string())
            }
            DeValue::Boolean(flag) if matches!(kind, Kind::Flag) => Ok(Value::Flag(*flag)),
            DeValue::Array(array) if matches!(kind, Kind::Texts) => self.list(kind, array),
            DeValue::Table(table) if matches!(kind, Kind::Counts { .. }) => counts(kind, table),
            other => Err(format!("{}, not {}", wrong_type(kind), name_of(other))),
        }
    }

    fn list(&self, kind: Kind, array: &DeArray<'_>) -> Result<Value, String> {
        let mut items = Vec::new();
        for item in array.iter() {
            let DeValue::String(text) = item.get_ref() else {
                return Err(format!(
                    "{}, not a list with {} in it",
                    wrong_type(kind),
                    name_of(item.get_ref())
                ));
            };
            items.push(Item { text: text.to_string(), origin: self.origin(item.span().start) });
        }
        list_within(items)
    }

    /// The file and the line of the byte at `offset`.
    fn origin(&self, offset: usize) -> Origin {
        let before = self.text.as_bytes().get(..offset).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        format!("{}:{line}", self.path.display())
    }
}

fn counts(kind: Kind, table: &DeTable<'_>) -> Result<Value, String> {
    let mut counts = BTreeMap::new();
    for (name, value) in table.iter() {
        let DeValue::Integer(integer) = value.get_ref() else {
            return Err(format!("{}, not one with {} in it", wrong_type(kind), name_of(value.get_ref())));
        };
        let number = u64::from_str_radix(integer.as_str(), integer.radix()).ok();
        add_count(kind, &mut counts, name.get_ref(), number)?;
    }
    Ok(Value::Counts(counts))
}

/// Whether a value of this kind is written as text in a file.
fn is_text(kind: Kind) -> bool {
    !matches!(kind, Kind::Number { .. } | Kind::Flag | Kind::Counts { .. })
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn has_keys(prefix: &str) -> bool {
    SCHEMA.iter().any(|key| key.pattern.starts_with(prefix))
}

fn name_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn problems(text: &str, expected: &Expect) {
        let mut raw = Raw::default();
        parse(Path::new("foldmark.toml"), text, &mut raw);
        expected.assert_eq(&raw.problems.join("\n"));
    }

    #[test]
    fn unknown_names_and_wrong_types_are_all_found_with_their_lines() {
        let text = r#"
listen = "127.0.0.1:1"
server.body_read_seconds = 0
"server.listen" = "127.0.0.1:2"
log = "debug"

[server.tls]
certificates = "cert.pem"
key = 5

[sever]
listen = "127.0.0.1:3"

[admin]
listen = ["127.0.0.1:4"]

[store]
kind = "mongodb"
map_gib = "64"
map_gib_max = -1
queue_commits = 1.5
create_schema = "true"
in_flight = true
replication = { dc1 = 3, dc2 = "3" }

[[apps]]
sdkappid = 99_999_999_999
key = 12345
administrators = ["a", 1]

[apps.limits]
groups = 0x65
calls.search_contact_groups = 5
calls.mark_contact = 1000001
"#;
        problems(
            text,
            &expect![[r#"
                listen: is not known; the nearest known name is server (foldmark.toml:2)
                server.body_read_seconds: must be from 1 to 600, not 0 (foldmark.toml:3)
                server.tls.certificates: is not known; the nearest known name is server.tls.certificate (foldmark.toml:8)
                server.tls.key: must be a path, not a number (foldmark.toml:9)
                "server.listen": is not known; the nearest known name is server.listen (foldmark.toml:4)
                log: must be a table, [log] (foldmark.toml:5)
                sever: is not known; the nearest known name is server (foldmark.toml:11)
                admin.listen: must be text, not a list (foldmark.toml:15)
                store.kind: must be one of: embedded, memory, cassandra (foldmark.toml:18)
                store.map_gib: must be a whole number from 1 to 16384, not text (foldmark.toml:19)
                store.map_gib_max: must be from 1 to 16384, not -1 (foldmark.toml:20)
                store.queue_commits: must be a whole number from 1 to 1000000, not a number with a fraction (foldmark.toml:21)
                store.create_schema: must be true or false, not text (foldmark.toml:22)
                store.in_flight: must be a whole number from 1 to 32768, not true or false (foldmark.toml:23)
                store.replication: must be a table of whole numbers from 1 to 9, such as { name = 1 }, not one with text in it (foldmark.toml:24)
                apps.0.sdkappid: must be from 1 to 4294967295, not 99999999999 (foldmark.toml:27)
                apps.0.key: must be text, not a number (foldmark.toml:28)
                apps.0.administrators: must be text or a list of texts, not a list with a number in it (foldmark.toml:29)
                apps.0.limits.groups: must be from 1 to 100, not 0x65 (foldmark.toml:32)
                apps.0.limits.calls.search_contact_groups: is not known; the nearest known name is apps.0.limits.calls.search_contact_group (foldmark.toml:33)
                apps.0.limits.calls.mark_contact: must be from 0 to 1000000, not 1000001 (foldmark.toml:34)"#]],
        );
    }

    #[test]
    fn tables_have_to_be_tables() {
        problems(
            "[apps]\nsdkappid = 1",
            &expect!["apps: must be an array of tables, [[apps]] (foldmark.toml:1)"],
        );
        problems("apps = [1]", &expect!["apps.0: must be a table (foldmark.toml:1)"]);
        problems("server = []", &expect!["server: must be a table, [server] (foldmark.toml:1)"]);
        problems(
            "[server.listen]\n0 = 'a:1'",
            &expect!["server.listen: must be text or a list of texts, not a table (foldmark.toml:1)"],
        );
    }

    #[test]
    fn text_that_is_no_toml_is_not_quoted() {
        let text = "[[apps]]\nkey = hush-hush\nsdkappid = = 5\n\n[server\nlisten = 'a:1'\nlisten = 'a:2'\n";
        problems(
            text,
            &expect![[r#"
                foldmark.toml:2: string values must be quoted, expected literal string
                foldmark.toml:3: extra `=`, expected nothing
                foldmark.toml:5: unclosed table, expected `]`"#]],
        );
    }

    #[test]
    fn paths_start_at_the_file() {
        let mut raw = Raw::default();
        let text =
            "[[apps]]\nkey_file = 'secrets/key'\n[store]\npath = '/srv/data'\n[server.tls]\nkey = 'key.pem'";
        let mut shown = String::new();
        for assignment in parse(Path::new("/etc/foldmark/foldmark.toml"), text, &mut raw).unwrap() {
            let value = assignment.value.unwrap();
            shown += &format!("{} {value:?} {}\n", assignment.place.path(), assignment.origin);
        }
        expect![[r#"
            apps.0.key SecretFile("/etc/foldmark/secrets/key") /etc/foldmark/foldmark.toml:2
            store.path Path("/srv/data") /etc/foldmark/foldmark.toml:4
            server.tls.key Path("/etc/foldmark/key.pem") /etc/foldmark/foldmark.toml:6
        "#]]
        .assert_eq(&shown);
    }
}
