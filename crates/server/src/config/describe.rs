//! The effective settings as a commented file. The keys are walked in the schema's order, and no secret is shown.

mod shown;

use std::fmt::Write;

use toml::Value;

use super::schema::SCHEMA;
use super::settings::{AppSettings, Settings};
use super::values::MASK;
use shown::Shown;

/// The effective settings as a commented configuration file. It can be loaded again once the secrets, which are
/// masked and commented out, are given in another way, such as by the environment. Paths are absolute.
pub fn describe(settings: &Settings) -> String {
    write(settings, false)
}

/// As [`describe`], with the secrets in the clear, so that the file can be loaded as it is.
pub fn describe_with_secrets(settings: &Settings) -> String {
    write(settings, true)
}

fn write(settings: &Settings, with_secrets: bool) -> String {
    let mut text = String::new();
    let mut layout = Layout { with_meanings: true, with_secrets };
    write_keys(&mut text, settings, None, layout);
    for app in &settings.apps {
        write_keys(&mut text, settings, Some(app), layout);
        layout.with_meanings = false;
    }
    if settings.apps.is_empty() {
        text += "\n# No application is configured.\n";
    }
    text.trim_start().to_owned()
}

/// The keys of no application whose values differ between two settings. Secrets are not compared.
pub(crate) fn differences(one: &Settings, other: &Settings) -> Vec<&'static str> {
    let keys = SCHEMA.iter().map(|key| key.pattern).filter(|pattern| !pattern.contains('*'));
    keys.filter(|pattern| shown::of_server(pattern, one) != shown::of_server(pattern, other)).collect()
}

/// What is written beside names and values.
#[derive(Clone, Copy)]
struct Layout {
    with_meanings: bool,
    with_secrets: bool,
}

/// Writes the keys of `app`, or without one the keys of no application.
fn write_keys(text: &mut String, settings: &Settings, app: Option<&AppSettings>, layout: Layout) {
    let mut open_table = "";
    for key in SCHEMA {
        if key.pattern.contains('*') != app.is_some() {
            continue;
        }
        let shown = match app {
            Some(app) => shown::of_app(key.pattern, app),
            None => shown::of_server(key.pattern, settings),
        };
        let Some(shown) = shown else { continue };
        let (table, name) = key.pattern.rsplit_once('.').unwrap_or(("", key.pattern));
        if table != open_table {
            open_table = table;
            let (open, close) = if table.ends_with('*') { ("[[", "]]") } else { ("[", "]") };
            let _ = writeln!(text, "\n{open}{}{close}", table.replace(".*", ""));
        }
        if layout.with_meanings {
            let _ = writeln!(text, "# {}", key.meaning);
        }
        let _ = match shown {
            Shown::Value(value) => writeln!(text, "{name} = {value}"),
            Shown::Secret(secret) if layout.with_secrets => {
                writeln!(text, "{name} = {}", Value::String(secret.expose().to_owned()))
            }
            Shown::Secret(_) => writeln!(text, "# {name} = \"{MASK}\""),
        };
    }
}

#[cfg(test)]
mod tests;
