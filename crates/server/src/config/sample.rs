//! The configuration file that packages install, made of the schema: every key with its meaning, commented out unless
//! the package needs it. Tables that are wrong when they are empty are commented out as a whole.

use std::fmt::Write;

use super::names::Spelling;
use super::schema::{Fallback, Kind, SCHEMA};

/// What the package says itself; all else is left to the defaults.
const GIVEN: &[(&str, &str)] = &[("store.path", r#""/var/lib/foldmark""#)];

/// What is shown for keys without a default.
const SHOWN: &[(&str, &str)] = &[
    ("server.tls.certificate", r#""tls.crt""#),
    ("server.tls.key", r#""tls.key""#),
    ("server.tls.listen", r#"["0.0.0.0:8443"]"#),
    // What four fifths of server.connections come to.
    ("watch.connections", "8000"),
    ("admin.token_file", r#""admin.token""#),
    ("admin.viewer_token_file", r#""viewer.token""#),
    ("trace.endpoint", r#""http://127.0.0.1:4318""#),
    ("backup.folder", r#""/var/backups/foldmark""#),
    ("audit.path", r#""/var/lib/foldmark/audit.log""#),
    ("store.contact_points", r#"["10.0.0.1:9042", "10.0.0.2:9042", "10.0.0.3:9042"]"#),
    ("store.local_datacenter", r#""datacenter1""#),
    ("store.replication", "{ datacenter1 = 3 }"),
    ("store.username", r#""foldmark""#),
    ("store.tls.ca", r#""cluster-ca.crt""#),
    ("store.tls.certificate", r#""cluster.crt""#),
    ("store.tls.key", r#""cluster.key""#),
    ("apps.*.sdkappid", "1400000000"),
    ("apps.*.key", r#""app.key""#),
    ("apps.*.previous_key", r#""app-previous.key""#),
    ("apps.*.webhook.url", r#""https://chat.example.org/foldmark""#),
    ("apps.*.webhook.secret", r#""webhook.secret""#),
    ("apps.*.webhook.previous_secret", r#""webhook-previous.secret""#),
];

const HEAD: &str = "\
# Foldmark's configuration: foldmark.toml(5). Lines that begin with `#` are comments; what they show is the default, or
# an example where there is none. Relative paths start at this file's folder.
#
#   foldmark check-config --config /etc/foldmark/foldmark.toml     says what is wrong, or what holds
#   systemctl reload foldmark                                      makes the server read it; the log names keys
#                                                                  that hold only after `systemctl restart foldmark`
#   runuser -u foldmark -- foldmark admin-token --config /etc/foldmark/foldmark.toml
#                                                                  prints what opens the console, which is at
#                                                                  http://127.0.0.1:9090/console/ unless [admin] says else
#
# Without any [[apps]] the server makes an application itself and keeps its key in store.path.
";

/// A file that can be used as it stands, and says of every key what it is for.
pub fn sample() -> String {
    let mut text = HEAD.to_owned();
    let mut open_table = "";
    let mut said = "";
    for key in SCHEMA {
        let (table, name) = key.pattern.rsplit_once('.').unwrap_or(("", key.pattern));
        if table != open_table {
            open_table = table;
            let (open, close) = if table.ends_with('*') { ("[[", "]]") } else { ("[", "]") };
            let _ = writeln!(text, "\n{}{open}{}{close}", mark(may_be_empty(table)), table.replace(".*", ""));
        }
        // What holds for several keys that stand together is said once.
        if key.meaning != said {
            said = key.meaning;
            let _ = writeln!(text, "# {said}");
        }
        let given = value_of(GIVEN, key.pattern);
        let shown = given.map_or_else(|| example(key.pattern, key.kind, key.fallback), str::to_owned);
        let suffix = if matches!(key.kind, Kind::Secret) { Spelling::Dotted.file_suffix() } else { "" };
        let _ = writeln!(text, "{}{name}{suffix} = {shown}", mark(given.is_some()));
    }
    text
}

/// What a line begins with that holds, or does not. The missing space tells keys from words.
fn mark(holds: bool) -> &'static str {
    if holds { "" } else { "#" }
}

/// Whether a table may stand there without any of its keys. Tables of applications may not.
fn may_be_empty(table: &str) -> bool {
    let is_within = |pattern: &str| pattern.rsplit_once('.').is_some_and(|(outer, _)| outer == table);
    let needs_a_key =
        SCHEMA.iter().any(|key| is_within(key.pattern) && matches!(key.fallback, Fallback::Required));
    !needs_a_key && !table.contains('*')
}

fn example(pattern: &str, kind: Kind, fallback: Fallback) -> String {
    match fallback {
        Fallback::Number(number) => return number.to_string(),
        Fallback::Flag(flag) => return flag.to_string(),
        Fallback::Text(text) => return format!("{text:?}"),
        Fallback::Texts(texts) => return format!("{texts:?}"),
        Fallback::Required | Fallback::Absent => {}
    }
    if let Some(shown) = value_of(SHOWN, pattern) {
        return shown.to_owned();
    }
    let name = pattern.rsplit('.').next().unwrap_or(pattern);
    match kind {
        Kind::Number { least, .. } => least.to_string(),
        Kind::Flag => "false".to_owned(),
        Kind::Choice(choices) => format!("{:?}", choices.first().unwrap_or(&"")),
        Kind::Texts => format!("[{name:?}]"),
        Kind::Counts { least, .. } => format!("{{ name = {least} }}"),
        // A file beside the configuration.
        Kind::Secret => format!("{:?}", pattern.replace(".*", "").replace('.', "-")),
        Kind::Text | Kind::Path => format!("{name:?}"),
    }
}

fn value_of(table: &[(&'static str, &'static str)], pattern: &str) -> Option<&'static str> {
    table.iter().find(|(key, _)| *key == pattern).map(|(_, value)| *value)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;

    use expect_test::expect_file;

    use super::super::{keys, load};
    use super::*;

    #[test]
    fn the_packaged_file_is_that_of_the_schema() {
        expect_file!["../../../../deploy/debian/foldmark.toml"].assert_eq(&sample());
    }

    #[test]
    fn it_can_be_used_as_it_stands() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("foldmark.toml");
        fs::write(&file, sample()).unwrap();
        let settings = load(Some(&file), &Default::default(), &[]).unwrap();
        let described = super::super::describe(&settings);
        assert!(described.contains("path = \"/var/lib/foldmark\"\n"), "{described}");
        assert!(described.contains("listen = [\"127.0.0.1:8080\"]\n"), "{described}");
    }

    #[test]
    fn every_key_is_there_with_a_value_of_its_kind() {
        let mut uncommented = String::new();
        for line in sample().lines() {
            let line = line.strip_prefix('#').unwrap_or(line);
            if !line.starts_with(' ') {
                uncommented.push_str(line);
                uncommented.push('\n');
            }
        }
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("foldmark.toml");
        fs::write(&file, &uncommented).unwrap();
        for key in SCHEMA.iter().filter(|key| matches!(key.kind, Kind::Secret)) {
            let name = example(key.pattern, key.kind, key.fallback);
            let secret = match key.pattern.contains(".webhook.") {
                true => "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n",
                false => "secret\n",
            };
            fs::write(folder.path().join(name.trim_matches('"')), secret).unwrap();
        }
        // All keys at once are of two kinds of stores; what is said of each key alone must be right.
        let problems = match load(Some(&file), &Default::default(), &[]) {
            Ok(_) => Vec::new(),
            Err(error) => error.problems().to_vec(),
        };
        assert_eq!(problems, Vec::<String>::new(), "{uncommented}");

        let parsed: toml::Table = uncommented.parse().unwrap();
        let mut names = BTreeSet::new();
        collect(&mut names, "", &toml::Value::Table(parsed));
        for key in keys() {
            let is_secret = keys().iter().any(|other| other.name == format!("{}_file", key.name));
            assert!(is_secret || names.contains(&key.name), "{} is missing", key.name);
        }
    }

    #[test]
    fn values_that_are_shown_are_of_known_keys() {
        for (pattern, _) in GIVEN.iter().chain(SHOWN) {
            assert!(SCHEMA.iter().any(|key| key.pattern == *pattern), "{pattern}");
        }
    }

    /// The dotted names of all values, with `N` for the number of an application.
    fn collect(names: &mut BTreeSet<String>, name: &str, value: &toml::Value) {
        names.insert(name.to_owned());
        let inner = |part: &str| if name.is_empty() { part.to_owned() } else { format!("{name}.{part}") };
        match value {
            toml::Value::Table(table) => {
                table.iter().for_each(|(key, value)| collect(names, &inner(key), value))
            }
            toml::Value::Array(items) => items.iter().for_each(|value| collect(names, &inner("N"), value)),
            _ => {}
        }
    }
}
