//! The reference of all keys, made of the schema, so that the documentation cannot say anything else.

use std::fmt::Write;

use super::names::Spelling;
use super::schema::{Fallback, Kind, LIST_MAX, SCHEMA};

/// One key as people read of it. Code is between backticks, as in Markdown.
#[derive(Clone, Debug)]
pub struct KeyReference {
    /// The dotted name, with `N` for the number of an application.
    pub name: String,
    /// The environment variable.
    pub variable: String,
    /// What its values are, in a word or two.
    pub kind: &'static str,
    /// What holds when nobody gives a value; `required` or `none` where nothing does.
    pub default: String,
    /// The bounds of its values; empty if there are none.
    pub limits: String,
    /// What it is for, in a sentence.
    pub meaning: String,
}

/// All keys in the order of a file, those that name a file in place of a secret too.
pub fn keys() -> Vec<KeyReference> {
    let mut keys = Vec::with_capacity(SCHEMA.len());
    for key in SCHEMA {
        let name = key.pattern.replace('*', "N");
        let variable = Spelling::Variable.name(key).replace('*', "N");
        let (kind, limits) = kind_and_limits(key.kind);
        let file = matches!(key.kind, Kind::Secret).then(|| KeyReference {
            name: format!("{name}{}", Spelling::Dotted.file_suffix()),
            variable: format!("{variable}{}", Spelling::Variable.file_suffix()),
            kind: "path",
            default: "none".to_owned(),
            limits: String::new(),
            meaning: format!("A file that holds `{name}`, given instead of it."),
        });
        let default = default_of(key.fallback);
        keys.push(KeyReference { name, variable, kind, default, limits, meaning: key.meaning.to_owned() });
        keys.extend(file);
    }
    keys
}

/// All keys as a table in Markdown: name, variable, type, default, limits and meaning.
pub fn reference() -> String {
    let mut text =
        "| key | variable | type | default | limits | meaning |\n|---|---|---|---|---|---|\n".to_owned();
    for key in keys() {
        let (name, variable) = (format!("`{}`", key.name), format!("`{}`", key.variable));
        row(&mut text, &[&name, &variable, key.kind, &key.default, &key.limits, &key.meaning]);
    }
    text
}

fn kind_and_limits(kind: Kind) -> (&'static str, String) {
    match kind {
        Kind::Text => ("text", String::new()),
        Kind::Texts => ("text or list of texts", format!("up to {LIST_MAX} items")),
        Kind::Path => ("path", String::new()),
        Kind::Secret => ("secret", "1 to 1024 bytes, one line".to_owned()),
        Kind::Choice(choices) => {
            ("choice", choices.iter().map(|choice| format!("`{choice}`")).collect::<Vec<_>>().join(", "))
        }
        Kind::Number { least, most } => ("number", format!("{least} to {most}")),
        Kind::Flag => ("true or false", String::new()),
        Kind::Counts { least, most } => ("table of numbers", format!("each {least} to {most}")),
    }
}

fn default_of(fallback: Fallback) -> String {
    match fallback {
        Fallback::Required => "required".to_owned(),
        Fallback::Absent => "none".to_owned(),
        Fallback::Number(number) => number.to_string(),
        Fallback::Flag(flag) => flag.to_string(),
        Fallback::Text(text) => format!("`{text}`"),
        Fallback::Texts(texts) => format!("`{texts:?}`"),
    }
}

fn row(text: &mut String, cells: &[&str]) {
    let _ = writeln!(text, "| {} |", cells.join(" | "));
}

#[cfg(test)]
mod tests {
    use expect_test::{expect, expect_file};

    use super::*;

    #[test]
    fn the_reference_has_every_key() {
        let reference = reference();
        for key in SCHEMA {
            assert!(reference.contains(key.meaning), "{}", key.pattern);
        }
        assert!(reference.lines().all(|line| line.matches(" | ").count() == 5 || line.starts_with("|---")));
        let some: Vec<&str> =
            reference.lines().filter(|line| line.contains("listen") || line.contains("key")).collect();
        expect![[r#"
            | key | variable | type | default | limits | meaning |
            | `server.listen` | `FOLDMARK_SERVER_LISTEN` | text or list of texts | `["127.0.0.1:8080"]` | up to 1000 items | Where calls are served: one host:port, or a list. |
            | `server.tls.key` | `FOLDMARK_SERVER_TLS_KEY` | path | required |  | Private key in PEM; required if [server.tls] is there. |
            | `server.tls.listen` | `FOLDMARK_SERVER_TLS_LISTEN` | text or list of texts | none | up to 1000 items | Where HTTPS is served beside plain HTTP on server.listen; absent, server.listen itself is HTTPS. |
            | `admin.listen` | `FOLDMARK_ADMIN_LISTEN` | text | `127.0.0.1:9090` |  | Where health is served, and operators' calls: one host:port; empty or `off` switches it off. |
            | `admin.tls` | `FOLDMARK_ADMIN_TLS` | true or false | false |  | Whether admin.listen speaks HTTPS with the certificate of [server.tls], the console and operators' calls alike. |
            | `console.enabled` | `FOLDMARK_CONSOLE_ENABLED` | true or false | true |  | Whether the browser console is served at /console/ on admin.listen. |
            | `store.keyspace` | `FOLDMARK_STORE_KEYSPACE` | text | `foldmark` |  | Where the tables are in the cluster; the same for all servers. |
            | `store.replication` | `FOLDMARK_STORE_REPLICATION` | table of numbers | none | each 1 to 9 | Copies by data centre; used only when the keyspace is created. |
            | `store.tls.certificate` | `FOLDMARK_STORE_TLS_CERTIFICATE` | path | none |  | Certificate chain in PEM to show to the cluster, with `key`; absent: none is shown. |
            | `store.tls.key` | `FOLDMARK_STORE_TLS_KEY` | path | none |  | Private key in PEM of `certificate`. |
            | `apps.N.key` | `FOLDMARK_APPS_N_KEY` | secret | required | 1 to 1024 bytes, one line | Secret key of the application: UserSigs are checked with it. |
            | `apps.N.key_file` | `FOLDMARK_APPS_N_KEY_FILE` | path | none |  | A file that holds `apps.N.key`, given instead of it. |
            | `apps.N.previous_key` | `FOLDMARK_APPS_N_PREVIOUS_KEY` | secret | none | 1 to 1024 bytes, one line | A second key that is accepted too, while keys are changed. |
            | `apps.N.previous_key_file` | `FOLDMARK_APPS_N_PREVIOUS_KEY_FILE` | path | none |  | A file that holds `apps.N.previous_key`, given instead of it. |"#]].assert_eq(&some.join("\n"));
    }

    #[test]
    fn the_documentation_has_all_keys() {
        let page = format!("{HEAD}{}", reference());
        expect_file!["../../../../docs/CONFIG.md"].assert_eq(&page);
    }

    const HEAD: &str = "\
# Configuration

One TOML file, given by `--config FILE` or `FOLDMARK_CONFIG`. Every key can also be given as an environment variable, or
on the command line as `--set key=value`. The later one of this list wins: the default, the file, the environment, the
command line. A list given as a variable is separated by commas, or given item by item (`FOLDMARK_SERVER_LISTEN_0`); a
table of numbers is `name=3,other=2`. Applications are numbered from 0 in place of `N`. A secret may be kept in a file.
An empty variable counts as not set. Relative paths in the file start at the file's folder.

`foldmark check-config` prints the configuration with its defaults filled in, or everything that is wrong with it: names
that are not known (with the nearest that is), wrong types, values out of range, each with the place where it was given.

";
}
