//! `foldmark demo` in a process of its own, and what its server keeps of the page's user.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use foldmark_harness::wait_until;
use http::Method;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use crate::http::Http;
use crate::process::Process;

const STARTING: Duration = Duration::from_secs(20);

/// A running demonstration. It is killed, and its folder removed, when it is dropped.
pub(super) struct Demo<'a> {
    http: &'a Http,
    process: Process,
    _home: TempDir,
    /// The address of its page, without the last slash.
    pub(super) page: String,
}

impl<'a> Demo<'a> {
    /// Starts it and waits until it says where its page is.
    pub(super) fn start(http: &'a Http, binary: &Path) -> Result<Demo<'a>, String> {
        let home = tempfile::tempdir().map_err(|error| error.to_string())?;
        let log = home.path().join("log");
        let mut command = Command::new(binary);
        command.args(["demo", "--listen", "127.0.0.1:0", "--data"]).arg(home.path().join("data"));
        let mut process = Process::start(command, &log)?;
        let mut page = None;
        let mut said = String::new();
        wait_until(STARTING, || {
            said = fs::read_to_string(&log).unwrap_or_default();
            page = said.lines().find_map(|line| line.strip_prefix("page ")).map(|url| url.trim().to_owned());
            page.is_some() || !process.runs()
        });
        let page = page.ok_or(format!("it does not say where its page is: {said}"))?;
        Ok(Demo { http, process, _home: home, page: page.trim_end_matches('/').to_owned() })
    }

    /// Lets it stand still (`STOP`) and go on (`CONT`).
    pub(super) fn signal(&self, name: &str) -> Result<(), String> {
        self.process.signal(name)
    }

    /// What the server keeps, as devices are to show it, and as `shown.js` tells it.
    pub(super) fn kept(&self) -> Result<Value, String> {
        let about = self.json(&Method::GET, &format!("{}/demo.json", self.page), String::new())?;
        let text = |name: &str| about[name].as_str().unwrap_or_default().to_owned();
        let url = format!(
            "{}/v4/foldmark/get_changes?sdkappid={}&identifier={}&usersig={}&random=1&contenttype=json",
            text("baseUrl"),
            about["sdkappid"],
            text("user"),
            text("usersig")
        );
        let body = json!({ "From_Account": text("user") }).to_string();
        let found = self.json(&Method::POST, &url, body)?;
        if found["ErrorCode"] != 0 || found["More"] != false {
            return Err(format!("not everything was told at once: {found}"));
        }
        let people: Vec<String> =
            serde_json::from_value(about["people"].clone()).map_err(|error| error.to_string())?;
        Ok(as_shown(&found, &people))
    }

    fn json(&self, method: &Method, url: &str, body: String) -> Result<Value, String> {
        let answer = self.http.send(method, url, &[], body)?;
        serde_json::from_str(&answer.text).map_err(|error| format!("{url}: {error}: {}", answer.text))
    }
}

fn as_shown(found: &Value, people: &[String]) -> Value {
    let items = |name: &str| found[name].as_array().cloned().unwrap_or_default();
    let mut groups = items("GroupItem");
    groups.sort_by_key(|group| (group["Order"].as_i64().unwrap_or(0), group["GroupId"].as_i64()));
    let contacts = items("ContactItem");
    let is_in = |contact: &Value, group: &Value| {
        contact["ContactGroupId"].as_array().is_some_and(|ids| ids.contains(&group["GroupId"]))
    };
    let mut folders = vec![format!("All {}", people.len())];
    for group in &groups {
        let count = contacts.iter().filter(|contact| is_in(contact, group)).count();
        folders.push(format!("{} {count}", group["GroupName"].as_str().unwrap_or_default()));
    }
    let mut shown = Map::new();
    for person in people {
        let none = Value::Null;
        let contact = contacts.iter().find(|contact| contact["To_Account"] == **person).unwrap_or(&none);
        let marks = contact["StandardMark"].as_str().unwrap_or_default();
        let has = |bit: usize| marks.chars().rev().nth(bit) == Some('1');
        let names: Vec<&Value> =
            groups.iter().filter(|group| is_in(contact, group)).map(|group| &group["GroupName"]).collect();
        shown.insert(person.clone(), json!({ "star": has(0), "unread": has(1), "folders": names }));
    }
    json!({ "folders": folders, "people": shown })
}
