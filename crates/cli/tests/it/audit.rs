//! The audit log, and `foldmark audit`.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use expect_test::expect;
use foldmark_client::{CallName, Client};
use serde_json::{Value, json};
use tempfile::tempdir;
use tokio::sync::Mutex;

use crate::support::{KEY, Process, foldmark, run};

const APP: u32 = 1_400_000_000;

fn config(folder: &Path, audit: &str, app: &str) {
    let text = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\n[admin]\nlisten = \"127.0.0.1:0\"\n[store]\npath = \"data\"\n\
         [audit]\npath = \"audit.log\"\n{audit}\n[[apps]]\nsdkappid = {APP}\nkey = \"{KEY}\"\n{app}\n\
         [apps.limits]\ncalls_per_second = 0\n"
    );
    fs::write(folder.join("foldmark.toml"), text).unwrap();
}

fn serve(folder: &Path) -> (Process, Client) {
    let server = Process::start(&mut foldmark(folder, &["serve", "--config", "foldmark.toml"]));
    let client = Client::builder(server.stderr.url(), APP).key(KEY).retries(0).build().unwrap();
    (server, client)
}

async fn code(client: &Client, call: CallName, body: &str) -> i64 {
    let reply = client.call_raw(call, body.to_owned()).await.unwrap();
    serde_json::from_slice::<Value>(&reply.body).unwrap()["ErrorCode"].as_i64().unwrap()
}

/// The lines that `foldmark audit` prints with these arguments.
fn audit(folder: &Path, args: &[&str]) -> Vec<String> {
    let ended = run(folder, &[&["audit", "--config", "foldmark.toml"], args].concat());
    assert_eq!((ended.status, ended.stderr.as_str()), (0, ""));
    ended.stdout.lines().map(str::to_owned).collect()
}

fn import_line(id: &str) -> String {
    let user = json!({ "SdkAppid": APP, "UserID": id, "Imported": true, "Nick": "", "FaceUrl": "", "NextGroupId": 2,
        "NextNumber": 1, "Groups": [{ "GroupId": 1, "GroupName": "g" }],
        "Conversations": [{ "Contact": { "Type": 1, "To_Account": "a" }, "Number": 0, "Timestamp": 1,
            "StandardMark": "10", "CustomMark": "", "ContactGroupId": [1] }] });
    json!({ "User": user }).to_string()
}

#[tokio::test]
async fn every_change_leaves_a_line_and_nothing_else_does() {
    let folder = tempdir().unwrap();
    config(folder.path(), "", "");
    let (mut server, client) = serve(folder.path());
    let admin = server.stderr.admin();
    let import = "{\"Accounts\":[\"a\",\"b\"]}";
    let delete = "{\"From_Account\":\"a\",\"GroupName\":[\"projects\"]}";
    for (call, body, expected) in [
        (CallName::MultiaccountImport, import, 0),
        (CallName::MultiaccountImport, import, 0),
        (CallName::AccountImport, r#"{"UserID":"a","Nick":"Secret nick"}"#, 0),
        (CallName::CreateGroup, r#"{"GroupId":"@TGS#1","Type":"Public","Name":"Team"}"#, 0),
        (CallName::CreateGroup, r#"{"GroupId":"@TGS#1","Type":"Public","Name":"Team"}"#, 10_021),
        (
            CallName::CreateContactGroup,
            r#"{"From_Account":"a","GroupContactItem":[{"GroupName":"work","ContactItem":[{"Type":1,"To_Account":"b"},{"Type":1,"To_Account":"nobody"}]}]}"#,
            0,
        ),
        (
            CallName::UpdateContactGroup,
            r#"{"From_Account":"a","UpdateType":1,"UpdateGroup":{"UpdateGroupType":1,"OldGroupName":"work","NewGroupName":"projects"}}"#,
            0,
        ),
        (
            CallName::UpdateContactGroup,
            r#"{"From_Account":"a","UpdateType":1,"UpdateGroup":{"UpdateGroupType":2,"OldGroupName":"projects","ContactUpdateItem":[{"ContactOptType":1,"ContactItem":{"Type":2,"ToGroupId":"@TGS#1"}},{"ContactOptType":2,"ContactItem":{"Type":1,"To_Account":"b"}}]}}"#,
            0,
        ),
        (
            CallName::MarkContact,
            r#"{"From_Account":"a","MarkItem":[{"OptType":3,"ContactItem":{"Type":1,"To_Account":"b"},"SetMark":[0,63],"CustomMark":"secret"}]}"#,
            0,
        ),
        (
            CallName::MarkContact,
            r#"{"From_Account":"a","MarkItem":[{"OptType":3,"ContactItem":{"Type":1,"To_Account":"b"},"ClearMark":[63],"SetMark":[0],"CustomMark":""}]}"#,
            0,
        ),
        (CallName::MarkContact, r#"{"From_Account":"a","MarkItem":[]}"#, 51_006),
        (CallName::GetContactGroup, r#"{"From_Account":"a"}"#, 0),
        (CallName::DelContactGroup, delete, 0),
        (CallName::DelContactGroup, delete, 51_009),
        (CallName::DestroyGroup, r#"{"GroupId":"@TGS#1"}"#, 0),
        (CallName::AccountDelete, r#"{"DeleteItem":[{"UserID":"a"},{"UserID":"nobody"}]}"#, 0),
    ] {
        assert_eq!(code(&client, call, body).await, expected, "{body}");
    }
    let token = fs::read_to_string(folder.path().join("data/admin.token")).unwrap();
    let headers = format!("host: {admin}\r\nauthorization: Bearer {}\r\nx-request-id: r-1\r\n", token.trim());
    let answer = crate::dev::exchange(&admin, "POST", "/v1/subjects", &headers, &import_line("c"));
    assert!(answer.1.contains("\"put\""), "{answer:?}");

    let file = fs::read_to_string(folder.path().join("audit.log")).unwrap();
    assert!(!file.contains(KEY) && !file.contains("eJ") && !file.to_lowercase().contains("secret"), "{file}");
    let lines: Vec<Value> = file.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for line in &lines {
        assert!(line["address"] == "127.0.0.1" && line["sdkappid"] == APP && line["code"] == 0, "{line}");
        assert!(line["request_id"].as_str().is_some_and(|id| !id.is_empty()), "{line}");
    }
    assert!(lines.windows(2).all(|pair| pair[0]["time"].as_str() <= pair[1]["time"].as_str()));
    // Of a call that names many, the order is not fixed.
    let mut shown: Vec<String> =
        audit(folder.path(), &[]).iter().map(|line| line.split_once(' ').unwrap().1.to_owned()).collect();
    shown[..2].sort();
    expect![[r#"
        1400000000 administrator from 127.0.0.1: multiaccount_import of a, revision 1: account imported
        1400000000 administrator from 127.0.0.1: multiaccount_import of b, revision 1: account imported
        1400000000 administrator from 127.0.0.1: account_import of a, revision 2: account profile
        1400000000 administrator from 127.0.0.1: create_group of @TGS#1, revision 1: chat group created
        1400000000 administrator from 127.0.0.1: create_contact_group of a, revision 3: group 1 "work" created; b joined [1]
        1400000000 administrator from 127.0.0.1: update_contact_group of a, revision 4: group 1 "projects" renamed from "work"
        1400000000 administrator from 127.0.0.1: update_contact_group of a, revision 5: b left [1]; @TGS#1 joined [1]
        1400000000 administrator from 127.0.0.1: mark_contact of a, revision 6: b set [0,63], custom mark set
        1400000000 administrator from 127.0.0.1: mark_contact of a, revision 7: b cleared [63], custom mark removed
        1400000000 administrator from 127.0.0.1: del_contact_group of a, revision 8: group 1 "projects" removed; @TGS#1 left [1]
        1400000000 administrator from 127.0.0.1: destroy_group of @TGS#1, revision 2: chat group disbanded
        1400000000 administrator from 127.0.0.1: account_delete of a, revision 9: account deleted; b cleared [0]
        1400000000 (operator) from 127.0.0.1: import of c, revision 1: account imported; group 1 "g" created; a joined [1], set [1]"#]].assert_eq(&shown.join("\n"));
    assert_eq!(server.end("TERM").code(), Some(0));
}

#[tokio::test]
async fn lines_are_found_by_user_administrator_call_and_time() {
    let folder = tempdir().unwrap();
    config(folder.path(), "", "");
    let line = |time: &str, identifier: &str, call: &str, user: &str| {
        json!({ "time": time, "sdkappid": 1, "identifier": identifier, "address": "::1", "request_id": null, "call": call,
            "user": user, "code": 0, "revision": 1, "changed": {} })
        .to_string()
    };
    let lines = [
        line("2026-04-02T23:59:59.999Z", "ann", "mark_contact", "u1"),
        line("2026-04-03T00:00:00.000Z", "ann", "mark_contact", "u2"),
        line("2026-04-03T11:50:00.500Z", "bob", "del_contact_group", "u1"),
        "{\"time\":\"2026-04-03T12:00:00.000Z\",\"lost\":3}".to_owned(),
    ];
    let (first, second) = lines.split_at(1);
    fs::write(folder.path().join("audit.log.000001"), first.join("\n") + "\n").unwrap();
    fs::write(folder.path().join("audit.log"), second.join("\n") + "\n").unwrap();
    let found = |args: &[&str]| -> Vec<usize> {
        let found = audit(folder.path(), &[args, &["--json"]].concat());
        found.iter().map(|line| lines.iter().position(|other| other == line).unwrap()).collect()
    };
    assert_eq!(found(&[]), [0, 1, 2, 3]);
    assert_eq!(found(&["--user", "u1"]), [0, 2, 3], "what is missing may be about anybody");
    assert_eq!(found(&["--identifier", "ann", "--user", "u2"]), [1, 3]);
    assert_eq!(found(&["--call", "del_contact_group"]), [2, 3]);
    assert_eq!(found(&["--since", "2026-04-03"]), [1, 2, 3]);
    assert_eq!(found(&["--since", "2026-04-03", "--until", "2026-04-03T11:50:00.500Z"]), [1]);
    assert_eq!(found(&["--since", "2026-04-03T11:50Z", "--until", "2026-04-03T12:00"]), [2]);
    assert!(audit(folder.path(), &[])[3].ends_with("3 lines are missing before this one"));
    let letter = r#"{"time":"2026-04-03T12:00:00.000Z","sdkappid":1,"identifier":null,"address":"::1","request_id":null,"call":"webhooks/again","user":"u1","code":0,"revision":4,"changed":{"dead_letter":"told again"}}"#;
    fs::write(folder.path().join("letters.log"), format!("{letter}\n")).unwrap();
    let ended = run(folder.path(), &["audit", "--file", "letters.log", "--call", "webhooks/again"]);
    let expected = "2026-04-03T12:00:00.000Z 1 (operator) from ::1: webhooks/again of u1, revision 4: dead letter told again\n";
    assert_eq!((ended.status, ended.stdout.as_str()), (0, expected));

    // As while it is being written; and as when somebody has spoilt it.
    let path = folder.path().join("audit.log");
    let whole = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{whole}{{\"time\":\"2026-0")).unwrap();
    let ended = run(folder.path(), &["audit", "--file", "audit.log", "--json"]);
    assert_eq!((ended.status, ended.stdout.lines().count()), (0, 4));
    assert_eq!(ended.stderr, "foldmark: the last line is half there, and was left out\n");
    fs::write(&path, format!("{{]\n{whole}")).unwrap();
    let ended = run(folder.path(), &["audit", "--file", "audit.log", "--json"]);
    assert_eq!((ended.status, ended.stdout.lines().count()), (1, 4));
    assert_eq!(ended.stderr, "foldmark: audit.log: 1 lines cannot be read\n");

    for (args, status, expected) in [
        (&["audit"][..], 2, "which audit log?"),
        (&["audit", "--file", "none.log"], 1, "none.log: "),
        (&["audit", "--file", "audit.log", "--since", "yesterday"], 2, "must be a moment in UTC"),
    ] {
        let ended = run(folder.path(), args);
        assert!(
            ended.status == status && ended.stderr.contains(expected),
            "{} {}",
            ended.status,
            ended.stderr
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn full_files_are_numbered_and_read_while_they_are() {
    let folder = tempdir().unwrap();
    config(folder.path(), "max_mib = 1\nkeep = 2", "accounts = \"open\"\nchat_groups = \"open\"");
    let (mut server, client) = serve(folder.path());
    let items = |bit: u32| -> Vec<Value> {
        let contact = |n: u32| json!({ "Type": 2, "ToGroupId": format!("{n:064}") });
        (0..100).map(|n| json!({ "OptType": 1, "ContactItem": contact(n), "SetMark": [bit % 64], "ClearMark": [(bit + 63) % 64] })).collect()
    };
    const MARKS: u32 = 300;
    let mut seen = 0;
    for bit in 0..MARKS {
        let body = json!({ "From_Account": "u", "MarkItem": items(bit) }).to_string();
        assert_eq!(code(&client, CallName::MarkContact, &body).await, 0);
        if bit % 60 == 59 {
            let lines = audit(folder.path(), &["--json"]);
            let revision =
                |line: &String| serde_json::from_str::<Value>(line).unwrap()["revision"].as_u64().unwrap();
            let revisions: Vec<u64> = lines.iter().map(revision).collect();
            assert_eq!(revisions.last(), Some(&u64::from(bit + 1)));
            assert!(revisions.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{revisions:?}");
            seen = seen.max(revisions.len());
        }
    }
    let numbered = |number: u32| folder.path().join(format!("audit.log.{number:06}"));
    assert!(numbered(3).exists() && !numbered(1).exists(), "{seen} lines were seen at most");
    for number in [2, 3] {
        let length = fs::metadata(numbered(number)).unwrap().len();
        assert!((1 << 19..=1 << 20).contains(&length), "{length}");
    }
    assert_eq!(server.end("TERM").code(), Some(0));
}

/// The point of `audit.sync = "always"`: whatever was answered is in the log, however the server ends.
#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::disallowed_methods, reason = "the clients end with the server")]
async fn a_kill_loses_no_line_of_an_acknowledged_change() {
    let folder = tempdir().unwrap();
    config(folder.path(), "", "");
    let mut known = 0;
    for round in 0..3 {
        let (mut server, client) = serve(folder.path());
        let answered = Arc::new(Mutex::new(Vec::new()));
        let mut clients = Vec::new();
        for number in 0..16 {
            let (client, answered) = (client.clone(), answered.clone());
            clients.push(tokio::spawn(async move {
                for import in 0.. {
                    let user = format!("u_{round}_{number}_{import}");
                    let Ok(reply) = client.account_import(&user).await else { return };
                    answered.lock().await.push((user, reply.revision.unwrap()));
                }
            }));
        }
        while answered.lock().await.len() < 200 * (round + 1) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        server.end("KILL");
        for client in clients {
            client.await.unwrap();
        }
        let lines: Vec<Value> = audit_after_a_kill(folder.path())
            .iter()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let logged: std::collections::HashSet<_> = lines
            .iter()
            .map(|line| (line["user"].as_str().unwrap().to_owned(), line["revision"].as_u64().unwrap()))
            .collect();
        for change in answered.lock().await.iter() {
            assert!(logged.contains(change), "{change:?} was answered and is not in the log");
        }
        known += answered.lock().await.len();
        assert!(lines.len() >= known, "lines of earlier runs stay");
    }
}

/// Half a line may be at the end.
fn audit_after_a_kill(folder: &Path) -> Vec<String> {
    let ended = run(folder, &["audit", "--config", "foldmark.toml", "--json"]);
    assert_eq!(ended.status, 0, "{}", ended.stderr);
    ended.stdout.lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn on_a_full_disk_changes_go_on_or_are_refused_and_no_line_is_lost() {
    for refuses in [false, true] {
        let folder = tempdir().unwrap();
        config(folder.path(), if refuses { "on_error = \"refuse\"" } else { "" }, "");
        let path = folder.path().join("audit.log");
        std::os::unix::fs::symlink("/dev/full", &path).unwrap();
        let (mut server, client) = serve(folder.path());
        let first = code(&client, CallName::AccountImport, r#"{"UserID":"a"}"#).await;
        let second = client.call_raw(CallName::AccountImport, r#"{"UserID":"b"}"#.to_owned()).await.unwrap();
        let second = String::from_utf8(second.body.into()).unwrap();
        if refuses {
            assert_eq!(first, 70_169, "it was made, and is not in the log");
            assert!(
                second.contains("70500")
                    && second.contains("the audit log cannot be written; nothing was changed"),
                "{second}"
            );
        } else {
            assert_eq!(first, 0);
            assert!(second.contains("\"OK\""), "{second}");
        }
        let check = r#"{"CheckItem":[{"UserID":"a"}]}"#;
        assert_eq!(code(&client, CallName::AccountCheck, check).await, 0, "lookups go on");

        fs::remove_file(&path).unwrap();
        let mut tries = 0;
        let logged = loop {
            let user = format!("later_{tries}");
            let imported = client.account_import(&user).await.is_ok();
            let lines = fs::read_to_string(&path).unwrap_or_default();
            if imported && lines.contains(&user) {
                break lines;
            }
            tries += 1;
            assert!(tries < 600, "it did not recover: {lines}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        assert!(logged.lines().next().unwrap().contains("\"user\":\"a\""), "{logged}");
        assert_eq!(logged.contains("\"user\":\"b\""), !refuses, "{logged}");
        assert!(!logged.contains("\"lost\""));
        assert_eq!(server.end("TERM").code(), Some(0));
        let log = server.stderr.rest();
        assert!(log.contains("the audit log cannot be written"), "{log}");
    }
}

#[test]
fn a_server_does_not_start_without_its_audit_log() {
    let folder = tempdir().unwrap();
    config(folder.path(), "", "");
    let path = folder.path().join("nowhere/audit.log").display().to_string();
    let set = format!("audit.path={path}");
    let ended = run(folder.path(), &["serve", "--config", "foldmark.toml", "--set", &set]);
    assert_eq!(ended.status, 1);
    assert!(ended.stderr.contains(&format!("foldmark: the audit log {path}: ")), "{}", ended.stderr);

    let (_first, _) = serve(folder.path());
    let other = ["serve", "--config", "foldmark.toml", "--set", "store.path=other"];
    let ended = run(folder.path(), &other);
    assert!(ended.status == 1 && ended.stderr.contains("another server writes it"), "{}", ended.stderr);
}
