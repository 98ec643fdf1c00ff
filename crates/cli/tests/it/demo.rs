//! `foldmark demo`.

use std::fs;
use std::net::TcpListener;

use foldmark_harness::free_address;
use tempfile::tempdir;

use crate::dev::exchange;
use crate::support::{Process, foldmark, make_call, run};

const START: &str = r#"{"ContactResultItem":[{"Type":1,"To_Account":"user_0002","StandardMark":"11111110","CustomMark":"abcde","ContactGroupId":[1,2],"Timestamp":"#;
const END: &str = r#"}],"GroupItem":[{"GroupName":"group_0001","GroupId":1},{"GroupName":"group_0002","GroupId":2}],"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}"#;

fn is_empty(folder: &std::path::Path) -> bool {
    fs::read_dir(folder).unwrap().next().is_none()
}

#[test]
fn once_shows_the_documented_exchange() {
    let folder = tempdir().unwrap();
    let ended = run(folder.path(), &["demo", "--once"]);
    assert_eq!((ended.status, ended.stderr.as_str()), (0, ""));
    let lines: Vec<_> = ended.stdout.lines().collect();
    assert!(lines[0].starts_with("POST http://127.0.0.1:"), "{}", lines[0]);
    assert!(
        lines[0]
            .contains("/v4/recentcontact/search_contact_group?sdkappid=1400000000&identifier=administrator")
    );
    assert!(lines[1].starts_with(r#"{"From_Account": "user_0001","ContactItem": [{"Type": 1,"#));
    assert!(lines[3].starts_with(START) && lines[3].ends_with(END), "{}", lines[3]);
    assert_eq!(lines.last(), Some(&"The answer is the documented one, timestamps apart."));
    assert!(is_empty(folder.path()), "the temporary folder is removed");
}

#[test]
fn it_serves_until_it_is_interrupted() {
    let folder = tempdir().unwrap();
    let mut demo = Process::start(&mut foldmark(folder.path(), &["demo", "--listen", "127.0.0.1:0"]));
    assert!(demo.stdout.after("address").starts_with("http://127.0.0.1:"));
    assert_eq!(demo.stdout.after("sdkappid"), "1400000000");
    assert_eq!(demo.stdout.after("key").len(), 64);
    let console = demo.stdout.after("console");
    let host = console.strip_prefix("http://").unwrap().strip_suffix("/console/").unwrap();
    let token = demo.stdout.after("token");
    let headers = format!("host: {host}\r\norigin: http://{host}\r\n");
    let signed_in = exchange(host, "POST", "/console/sign-in", &headers, &format!("token={token}"));
    assert_eq!(signed_in.0, 303, "{}", signed_in.1);
    let refused = exchange(host, "POST", "/console/sign-in", &headers, "token=another");
    assert_eq!(refused.0, 403, "{}", refused.1);
    let answer = make_call(&format!("-sS {}", demo.stdout.after("curl -sS")));
    assert!(answer.starts_with(START) && answer.ends_with(END), "{answer}");
    assert_eq!(demo.end("INT").code(), Some(0));
    assert!(is_empty(folder.path()), "the temporary folder is removed");
}

#[test]
fn a_named_folder_is_kept_and_has_to_be_empty() {
    let folder = tempdir().unwrap();
    let args = ["demo", "--once", "--listen", "127.0.0.1:0", "--data", "kept"];
    assert_eq!(run(folder.path(), &args).status, 0);
    assert!(folder.path().join("kept/data.mdb").exists());
    let again = run(folder.path(), &args);
    assert_eq!((again.status, again.stderr.as_str()), (2, "foldmark: kept is not empty\n"));
}

#[test]
fn a_port_that_was_asked_for_and_is_taken_is_a_failure() {
    let folder = tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ended = run(folder.path(), &["demo", "--once", "--listen", &address]);
    assert_eq!(ended.status, 1);
    assert!(ended.stderr.starts_with(&format!("foldmark: cannot listen on {address}: ")), "{}", ended.stderr);
    assert_eq!(ended.stderr.lines().count(), 1);
    assert!(is_empty(folder.path()));
}

#[test]
fn a_taken_admin_port_is_given_way_to() {
    let folder = tempdir().unwrap();
    // Whether this test has the port or somebody else does, it is taken.
    let _taken = TcpListener::bind("127.0.0.1:9090");
    let listen = free_address().unwrap().to_string();
    let mut demo = Process::start(&mut foldmark(folder.path(), &["demo", "--listen", &listen]));
    let console = demo.stdout.after("console");
    assert!(console.ends_with("/console/") && !console.contains(":9090/"), "{console}");
    assert_eq!(demo.end("INT").code(), Some(0));
    let set = ["demo", "--listen", "127.0.0.1:0", "--set", "admin.listen=127.0.0.1:9090"];
    let refused = run(folder.path(), &set);
    assert_eq!(refused.status, 1);
    assert!(refused.stderr.contains("cannot listen on 127.0.0.1:9090"), "{}", refused.stderr);
}
