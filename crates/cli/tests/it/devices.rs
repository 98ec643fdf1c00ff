//! Followers of a user across `kill -9` and a restore.

use std::path::Path;

use foldmark_harness::free_port;
use serde_json::{Value, json};
use tempfile::tempdir;

use crate::support::{KEY, Process, foldmark, run};
use crate::transfer::succeed;

struct Service<'f> {
    folder: &'f Path,
    config: Vec<String>,
    server: Process,
    url: String,
}

impl<'f> Service<'f> {
    fn start(folder: &'f Path, path: &str) -> Service<'f> {
        let port = free_port().unwrap();
        let settings = [
            format!("admin.listen=127.0.0.1:{port}"),
            "apps.0.sdkappid=1400000000".to_owned(),
            format!("apps.0.key={KEY}"),
            "apps.0.accounts=open".to_owned(),
            format!("store.path={path}"),
        ];
        let config: Vec<String> =
            settings.into_iter().flat_map(|setting| ["--set".to_owned(), setting]).collect();
        let mut args = vec!["serve", "--set", "server.listen=127.0.0.1:0"];
        args.extend(config.iter().map(String::as_str));
        let server = Process::start(&mut foldmark(folder, &args));
        let url = server.stderr.url();
        Service { folder, config, server, url }
    }

    fn run(&self, args: &[&str]) -> Value {
        let mut all = args.to_vec();
        all.extend(self.config.iter().map(String::as_str));
        let ended = run(self.folder, &all);
        succeed(&ended);
        serde_json::from_str(&ended.stdout).unwrap_or_default()
    }

    fn call(&self, command: &str, body: &Value) -> Value {
        self.run(&["call", command, &body.to_string(), "--url", &self.url])
    }

    fn mark(&self, peer: &str) {
        let contact = json!({ "Type": 1, "To_Account": peer });
        let item = json!({ "OptType": 1, "ContactItem": contact, "SetMark": [1] });
        self.call("mark_contact", &json!({ "From_Account": "ann", "MarkItem": [item] }));
    }

    /// What is told behind `cursor`: whether it is everything, the peers, and the next cursor.
    fn changes(&self, cursor: Option<&str>) -> (bool, Vec<String>, String) {
        let told = self.call("get_changes", &json!({ "From_Account": "ann", "Cursor": cursor }));
        let peers = told["ContactItem"].as_array().unwrap().iter();
        let peers = peers.map(|record| record["To_Account"].as_str().unwrap().to_owned());
        (told["Reset"].as_bool().unwrap(), peers.collect(), told["Cursor"].as_str().unwrap().to_owned())
    }
}

#[test]
fn a_follower_goes_on_after_a_kill_and_begins_again_after_a_restore() {
    let folder = tempdir().unwrap();
    let mut service = Service::start(folder.path(), "data");
    service.mark("one");
    let (reset, peers, early) = service.changes(None);
    assert_eq!((reset, &*peers), (true, &["one".to_owned()][..]));
    service.run(&["backup", "out.tar"]);
    service.mark("two");
    service.mark("three");
    let (reset, peers, late) = service.changes(Some(&early));
    assert_eq!((reset, &*peers), (false, &["two".to_owned(), "three".to_owned()][..]));
    service.server.end("KILL");

    let mut service = Service::start(folder.path(), "data");
    let (reset, peers, _) = service.changes(Some(&late));
    assert_eq!((reset, peers.len()), (false, 0), "what was told was durable");
    service.server.end("KILL");

    succeed(&run(folder.path(), &["restore", "out.tar", "--set", "store.path=again"]));
    let mut service = Service::start(folder.path(), "again");
    // As many changes as there were, so that only the incarnation tells the two lives apart.
    service.mark("four");
    service.mark("five");
    for cursor in [&early, &late] {
        let (reset, peers, _) = service.changes(Some(cursor));
        assert_eq!((reset, &*peers), (true, &["one", "four", "five"].map(str::to_owned)[..]));
    }
    service.server.end("TERM");
}
