//! What keeps people from using a page, with bad eyes, without eyes, without a mouse: axe-core's rules.

use std::path::Path;

use serde_json::{Value, json};

use crate::browser::Browser;

/// The program of axe-core.
pub(crate) struct Axe(String);

impl Axe {
    /// Reads its file.
    pub(crate) fn read(file: &Path) -> Result<Axe, String> {
        std::fs::read_to_string(file).map(Axe).map_err(|error| format!("{}: {error}", file.display()))
    }

    /// What it finds on the page, or in the frame, that the browser is at; all of its rules count.
    pub(crate) fn barriers(&self, browser: &Browser) -> Result<Vec<String>, String> {
        let run = "const run = axe.run(document, { resultTypes: ['violations'] }); \
                   return run.then((found) => found.violations.map((one) => \
                   `${one.impact} ${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(' ')}`))";
        let is_there = browser.script("return typeof window.axe", &json!([]))? == "object";
        let script = if is_there { run.to_owned() } else { format!("{};\n{run}", self.0) };
        let Value::Array(found) = browser.script(&script, &json!([]))? else {
            return Err("axe does not say what it found".to_owned());
        };
        Ok(found.iter().map(|barrier| barrier.as_str().unwrap_or_default().to_owned()).collect())
    }
}
