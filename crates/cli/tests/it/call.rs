//! `foldmark call`.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use tempfile::tempdir;

use crate::support::{Ended, Process, foldmark, run, run_with};

/// A server with an application that it made itself, and a way to call it from the same folder.
struct Served<'a> {
    folder: &'a Path,
    url: String,
    _server: Process,
}

impl Served<'_> {
    fn start(folder: &Path) -> Served<'_> {
        let args = ["serve", "--set", "server.listen=127.0.0.1:0", "--set", "admin.listen=off"];
        let server = Process::start(&mut foldmark(folder, &args));
        let url = server.stderr.url();
        server.stderr.after("address");
        Served { folder, url, _server: server }
    }

    fn call(&self, args: &[&str], input: &str) -> Ended {
        run_with(foldmark(self.folder, &[&["call", "--url", &self.url], args].concat()), input)
    }
}

#[test]
fn the_exit_status_says_how_it_went() {
    let folder = tempdir().unwrap();
    let served = Served::start(folder.path());
    let done = served.call(&["account_import", r#"{"UserID":"user_0001"}"#], "");
    let answer = "{\"ActionStatus\":\"OK\",\"ErrorInfo\":\"\",\"ErrorCode\":0}\n";
    assert_eq!((done.status, done.stdout.as_str(), done.stderr.as_str()), (0, answer, ""));

    let refused = served.call(&["get_contact_group", r#"{"From_Account":"nobody"}"#], "");
    assert_eq!(refused.status, 1);
    assert!(refused.stdout.contains("\"ErrorCode\":50001"));
    assert!(
        refused.stderr.starts_with("foldmark: ") && refused.stderr.ends_with("(50001)\n"),
        "{}",
        refused.stderr
    );

    let from_stdin = served.call(&["get_contact_group", "-"], r#"{"From_Account":"user_0001"}"#);
    assert_eq!(from_stdin.status, 0, "{}", from_stdin.stderr);
    let no_body = served.call(&["get_appid_group_list"], "");
    assert_eq!(no_body.status, 0, "{}", no_body.stderr);
    let no_json = served.call(&["get_contact_group", "nonsense"], "");
    assert_eq!(no_json.status, 1);
    assert!(no_json.stderr.ends_with("(60003)\n"), "{}", no_json.stderr);
    let stranger = served.call(&["get_group_info", "--identifier", "stranger"], "");
    assert_eq!(stranger.status, 1);
    assert!(stranger.stderr.ends_with("(10007)\n"), "{}", stranger.stderr);
}

#[test]
fn a_ready_usersig_is_enough() {
    let folder = tempdir().unwrap();
    let served = Served::start(folder.path());
    let usersig = run(folder.path(), &["usersig", "--identifier", "administrator"]);
    assert_eq!(usersig.status, 0, "{}", usersig.stderr);
    let elsewhere = tempdir().unwrap();
    let body = r#"{"UserID":"user_0001"}"#;
    let args = ["call", "account_import", body, "--url", &served.url, "--usersig", usersig.stdout.trim()];
    let done = run(elsewhere.path(), &args);
    assert_eq!(done.status, 0, "{}", done.stderr);
    let without = run(elsewhere.path(), &args[..5]);
    assert_eq!(without.status, 2);
    assert!(without.stderr.starts_with("foldmark: no key: "), "{}", without.stderr);
}

#[test]
fn every_listed_example_works() {
    let folder = tempdir().unwrap();
    let served = Served::start(folder.path());
    let users = r#"{"Accounts":["user_0001","user_0002"]}"#;
    assert_eq!(served.call(&["multiaccount_import", users], "").status, 0);
    let list = run(folder.path(), &["call", "--list"]);
    assert_eq!(list.status, 0);
    // The chat group is destroyed before it is asked about, which is answered item by item.
    assert_eq!(list.stdout.lines().count(), 21);
    for line in list.stdout.lines() {
        let (command, body) = line.split_once(' ').unwrap();
        if command == "get_changes" {
            // What earlier examples deleted is there again for the later ones.
            assert_eq!(served.call(&["account_import", r#"{"UserID":"user_0002"}"#], "").status, 0);
            let group = r#"{"From_Account":"user_0001","GroupContactItem":[{"GroupName":"group_0002"}]}"#;
            assert_eq!(served.call(&["create_contact_group", group], "").status, 0);
        }
        let ended = served.call(&[command, body.trim_matches('\'')], "");
        assert_eq!(ended.status, 0, "{line}: {}{}", ended.stdout, ended.stderr);
        assert!(!ended.stdout.contains("\"ResultCode\":5"), "{line}: {}", ended.stdout);
    }
}

#[test]
fn no_answer_is_3_and_a_wrong_command_line_2() {
    let folder = tempdir().unwrap();
    // A port that needs privileges and that nothing listens on.
    let url = "http://127.0.0.1:1";
    fs::write(folder.path().join("app.key"), "secret").unwrap();
    let call = |command: &str, url: &str| {
        let app = ["--sdkappid", "7", "--key-file", "app.key"];
        run(folder.path(), &[&["call", command, "--url", url], &app[..]].concat())
    };
    let ended = call("account_check", url);
    assert_eq!((ended.status, ended.stdout.as_str()), (3, ""));
    assert!(ended.stderr.starts_with("foldmark: cannot connect: "), "{}", ended.stderr);
    assert_eq!(call("account_check", "127.0.0.1").status, 2);
    let unknown = call("account_chek", url);
    assert_eq!(unknown.status, 2);
    assert!(unknown.stderr.contains("account_check"), "{}", unknown.stderr);
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let folder = tempdir().unwrap();
    let mut child = foldmark(folder.path(), &["call", "--list"]).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
}
