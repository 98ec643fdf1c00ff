//! The tests of the TypeScript client, run by a page: the same files that Node.js runs, and those that only a browser can
//! run. `test/browser/serve.mjs` of the client serves them, and starts the servers that they ask for, each of which lets
//! end users in from pages of its origin.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use foldmark_harness::{say, wait_until};
use http::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::browser::Browser;
use crate::http::Http;
use crate::process::Process;

const STARTING: Duration = Duration::from_secs(60);
/// All tests together take a few seconds.
const PATIENCE: Duration = Duration::from_secs(150);

/// Runs all of them; tells what failed. `folder` is that of the client, which must have been built.
pub(super) fn run(browser: &Browser, http: &Http, binary: &Path, folder: &Path) -> Result<(), String> {
    let helper = Helper::start(http, binary, folder)?;
    browser.open(&format!("{}/test/browser/page.html", helper.url))?;
    let done = "return window.report?.isDone === true";
    let is_done = browser.until(PATIENCE, done, &json!([]), &json!(true));
    let report = browser.script("return window.report", &json!([]))?;
    is_done.map_err(|_| format!("the tests do not end: {report}"))?;
    let files: Vec<String> = helper.files(http)?;
    let run = report["files"].as_array().map(Vec::as_slice).unwrap_or_default();
    if run.len() != files.len() {
        return Err(format!("of {files:?} only these were run: {report}"));
    }
    let mut failed = Vec::new();
    let mut count = 0;
    for file in run {
        let tests = file["tests"].as_array().map(Vec::as_slice).unwrap_or_default();
        if tests.is_empty() {
            failed.push(format!("{} has no tests", file["file"]));
        }
        count += tests.len();
        let wrong = tests.iter().filter(|test| !test["failed"].is_null());
        failed.extend(wrong.map(|test| told(&file["file"], test)));
    }
    match failed.is_empty() {
        true => {
            say(&format!("{count} tests of the client in {} files", files.len()));
            Ok(())
        }
        false => Err(format!("of {count} tests in the browser these failed:\n{}", failed.join("\n"))),
    }
}

fn told(file: &Value, test: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    format!("{}: {}: {}", text(file), text(&test["name"]), text(&test["failed"]))
}

/// Who serves the tests. The servers that it started end with it.
struct Helper<'a> {
    http: &'a Http,
    url: String,
    process: Process,
    _home: TempDir,
}

impl<'a> Helper<'a> {
    fn start(http: &'a Http, binary: &Path, folder: &Path) -> Result<Helper<'a>, String> {
        let home = tempfile::tempdir().map_err(|error| error.to_string())?;
        let log = home.path().join("log");
        let mut command = Command::new("node");
        let binary = binary.canonicalize().map_err(|error| error.to_string())?;
        command.arg("test/browser/serve.mjs").current_dir(folder).env("FOLDMARK", binary);
        let process = Process::start(command, &log)?;
        let mut said = String::new();
        wait_until(STARTING, || {
            said = std::fs::read_to_string(&log).unwrap_or_default();
            said.ends_with('\n')
        });
        match said.trim().strip_prefix("http://") {
            Some(address) => Ok(Helper { http, url: format!("http://{address}"), process, _home: home }),
            None => Err(format!("the tests are not served: {said}")),
        }
    }

    fn files(&self, http: &Http) -> Result<Vec<String>, String> {
        let answer = http.send(&Method::POST, &format!("{}/ask/files", self.url), &[], "{}".to_owned())?;
        serde_json::from_str(&answer.text).map_err(|error| format!("{}: {error}", answer.text))
    }
}

impl Drop for Helper<'_> {
    fn drop(&mut self) {
        // If it is gone already, so is what could be asked of it.
        let _ = self.http.send(&Method::POST, &format!("{}/ask/end", self.url), &[], "{}".to_owned());
        wait_until(Duration::from_secs(5), || !self.process.runs());
    }
}
