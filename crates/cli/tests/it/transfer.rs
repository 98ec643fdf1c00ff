//! `foldmark export` and `foldmark import`.

use std::fs;
use std::io::Write;
use std::path::Path;

use foldmark_harness::free_port;
use foldmark_wire::contact::Contact;
use foldmark_wire::marks::StandardMark;
use foldmark_wire::transfer::{
    ChatGroupLine, ConversationPart, ExportHead, GroupPart, Line, Totals, UserLine,
};
use tempfile::tempdir;

use crate::support::{Ended, KEY, Process, foldmark, run, run_with};

const USERS: u32 = 700;
const APP: u32 = 1_400_000_000;

/// An export of [`USERS`] users with three conversations each, and of some chat groups.
pub(crate) fn export() -> String {
    export_of(&lines())
}

fn export_of(subjects: &[Line<'_>]) -> String {
    let head = Line::Export(ExportHead { format: 1, version: "0.1.0".into(), time: 1_775_217_000 });
    let mut text = head.to_text() + "\n";
    let mut totals = Totals::default();
    for line in subjects {
        let line_text = line.to_text();
        totals.add(line, &line_text);
        text += &line_text;
        text.push('\n');
    }
    text + &Line::End(totals).to_text() + "\n"
}

fn lines() -> Vec<Line<'static>> {
    let chat_groups = (0..10).map(|n| {
        Line::ChatGroup(ChatGroupLine {
            sdkappid: APP,
            id: format!("@TGS#{n}").into(),
            alive: n != 3,
            kind: "Public".into(),
            name: format!("Team {n}").into(),
            owner: "u1".into(),
            created: 1_775_217_000,
        })
    });
    chat_groups.chain((0..USERS).map(|n| user(n, true))).collect()
}

fn user(n: u32, imported: bool) -> Line<'static> {
    let conversation = |number: u32, contact, groups| ConversationPart {
        contact,
        number,
        timestamp: 1_775_217_000 + u64::from(n),
        standard_mark: StandardMark(u64::MAX >> (n % 64)),
        custom_mark: format!("mark \"{n}\" 家").into(),
        groups,
    };
    Line::User(UserLine {
        sdkappid: APP,
        id: format!("u{n}").into(),
        imported,
        nick: if imported { format!("User {n}").into() } else { "".into() },
        face_url: "".into(),
        next_group_id: 9,
        next_number: 99,
        groups: vec![
            GroupPart { order: 2, ex: format!("{{\"icon\":{n}}}").into(), ..GroupPart::new(3, "work") },
            GroupPart { order: 1, ..GroupPart::new(8, format!("家 {n}")) },
        ],
        conversations: vec![
            conversation(4, Contact::User("peer".into()), vec![3, 8]),
            conversation(98, Contact::User("u1".into()), Vec::new()),
            conversation(7, Contact::ChatGroup("@TGS#1".into()), vec![8]),
        ],
    })
}

/// The lines of an export, without those that say when and how it was made.
fn subjects(text: &str) -> Vec<&str> {
    let is_subject = |line: &&str| line.starts_with("{\"User\"") || line.starts_with("{\"ChatGroup\"");
    let mut lines: Vec<&str> = text.lines().filter(is_subject).collect();
    lines.sort_unstable();
    lines
}

pub(crate) fn succeed(ended: &Ended) {
    assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
}

/// The last words of `foldmark verify`.
pub(crate) fn digest(folder: &Path) -> String {
    let verified = run(folder, &["verify"]);
    succeed(&verified);
    let (_, digest) = verified.stdout.trim().rsplit_once("digest ").expect("nothing was written meanwhile");
    digest.to_owned()
}

#[test]
fn what_was_imported_is_exported_again() {
    let (one, other) = (tempdir().unwrap(), tempdir().unwrap());
    fs::write(one.path().join("in.jsonl"), export()).unwrap();
    let imported = run(one.path(), &["import", "in.jsonl"]);
    succeed(&imported);
    assert_eq!(imported.stderr, "imported 710 subjects\n");
    let exported = run(one.path(), &["export", "out.jsonl"]);
    succeed(&exported);
    let text = fs::read_to_string(one.path().join("out.jsonl")).unwrap();
    assert_eq!(subjects(&text), subjects(&export()));
    let summary = "exported 700 users with 2100 conversations and 10 chat groups; digest ";
    let told = exported.stderr.strip_prefix(summary).unwrap().trim();
    assert_eq!(told, digest(one.path()));
    assert!(!one.path().join("in.jsonl.progress").exists());

    // Through a pipe, into another folder.
    let piped = run(one.path(), &["export", "-"]);
    succeed(&piped);
    succeed(&run_with(foldmark(other.path(), &["import", "-"]), &piped.stdout));
    assert_eq!(digest(other.path()), told);

    // Again, which changes nothing.
    succeed(&run(one.path(), &["import", "in.jsonl"]));
    assert_eq!(digest(one.path()), told);
}

#[test]
fn a_running_server_is_asked() {
    let folder = tempdir().unwrap();
    let port = free_port().unwrap();
    let admin = format!("admin.listen=127.0.0.1:{port}");
    let key = format!("apps.0.key={KEY}");
    let config = ["--set", &admin, "--set", "apps.0.sdkappid=1400000000", "--set", &key];
    let serve = [&["serve", "--set", "server.listen=127.0.0.1:0"], &config[..]].concat();
    let mut server = Process::start(&mut foldmark(folder.path(), &serve));
    let url = server.stderr.url();

    fs::write(folder.path().join("in.jsonl"), export()).unwrap();
    succeed(&run(folder.path(), &[&["import", "in.jsonl"], &config[..]].concat()));
    let call = ["call", "get_contact_group", r#"{"From_Account":"u5"}"#, "--url", &url];
    let answer = run(folder.path(), &[&call[..], &config[..]].concat());
    assert!(answer.stdout.contains("家 5"), "{}", answer.stdout);
    succeed(&run(folder.path(), &[&["export", "out.jsonl"], &config[..]].concat()));
    let text = fs::read_to_string(folder.path().join("out.jsonl")).unwrap();
    assert_eq!(subjects(&text), subjects(&export()));

    // Nobody else gets in.
    fs::write(folder.path().join("data").join("admin.token"), "wrong\n").unwrap();
    let refused = run(folder.path(), &[&["export", "more.jsonl"], &config[..]].concat());
    assert_eq!(refused.status, 1);
    assert!(refused.stderr.contains("401"), "{}", refused.stderr);
    let elsewhere = ["--set", "admin.listen=off"];
    let refused = run(folder.path(), &[&["export", "-"], &config[2..], &elsewhere[..]].concat());
    assert_eq!(refused.status, 2);
    assert!(refused.stderr.contains("admin.listen"), "{}", refused.stderr);
    server.end("TERM");
}

#[test]
fn a_damaged_file_changes_nothing() {
    let folder = tempdir().unwrap();
    let whole = export();
    let (first, _) = whole.split_once("{\"End\"").unwrap();
    for (text, reason) in [
        (first.to_owned(), "no last line"),
        (whole.replacen("User 5\"", "User 6\"", 1), "not those that were exported"),
        (whole.replacen("\"Nick\"", "\"Nock\"", 1), "line 12: unknown field `Nock`"),
        (whole.clone() + "\n", "behind the end"),
        (whole.replacen("\"Format\":1", "\"Format\":3", 1), "format 3"),
        (first.to_owned() + "{\"Failed\":{\"Reason\":\"why\"}}\n", "has failed: why"),
        (whole.lines().skip(1).map(|line| line.to_owned() + "\n").collect(), "first line"),
        (whole.trim_end().to_owned(), "has no end"),
        (String::new(), "no last line"),
    ] {
        fs::write(folder.path().join("in.jsonl"), text).unwrap();
        let refused = run(folder.path(), &["import", "in.jsonl"]);
        assert_eq!(refused.status, 1, "{reason}: {}", refused.stderr);
        assert!(refused.stderr.contains(reason), "{reason}: {}", refused.stderr);
        assert!(!folder.path().join("data").exists(), "{reason}");
    }
}

#[test]
fn what_cannot_be_put_is_named_and_the_rest_is_put() {
    let folder = tempdir().unwrap();
    let Line::User(other_app) = user(1, true) else { unreachable!() };
    let Line::User(bad_group) = user(2, true) else { unreachable!() };
    let Line::User(bad_name) = user(3, true) else { unreachable!() };
    let lines = [
        user(0, true),
        Line::User(UserLine { sdkappid: 7, ..other_app }),
        Line::User(UserLine { next_group_id: 8, ..bad_group }),
        Line::User(UserLine { id: "".into(), ..bad_name }),
        user(4, true),
    ];
    fs::write(folder.path().join("in.jsonl"), export_of(&lines)).unwrap();
    let refused = run(folder.path(), &["import", "in.jsonl"]);
    assert_eq!(refused.status, 1);
    for part in [
        "refused: user \"u1\" of application 7: the application is not configured\n",
        "refused: user \"u2\" of application 1400000000: group 8 is not from 1 to below the next group id, 8\n",
        "refused: user \"\" of application 1400000000: ",
        "foldmark: 2 subjects were put, 3 were refused\n",
    ] {
        assert!(refused.stderr.contains(part), "{part}: {}", refused.stderr);
    }

    // Another user of the same name is replaced only if that is asked for.
    let changed = [user(0, false), user(5, true)];
    fs::write(folder.path().join("more.jsonl"), export_of(&changed)).unwrap();
    let refused = run(folder.path(), &["import", "more.jsonl"]);
    assert_eq!(refused.status, 1);
    assert!(refused.stderr.contains("user \"u0\" of application 1400000000: there is another one already"));
    succeed(&run(folder.path(), &["import", "more.jsonl", "--replace"]));
    succeed(&run(folder.path(), &["export", "out.jsonl"]));
    let text = fs::read_to_string(folder.path().join("out.jsonl")).unwrap();
    assert_eq!(subjects(&text), subjects(&export_of(&[user(0, false), user(4, true), user(5, true)])));
}

#[test]
fn an_export_goes_on_where_it_was_cut_off() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("in.jsonl"), export()).unwrap();
    succeed(&run(folder.path(), &["import", "in.jsonl"]));
    succeed(&run(folder.path(), &["export", "out.jsonl"]));
    let out = folder.path().join("out.jsonl");
    let whole = fs::read_to_string(&out).unwrap();
    let partial = folder.path().join("out.jsonl.partial");
    assert!(whole.matches("{\"Checkpoint\"").count() >= 4, "a page is smaller than the test's data");

    // Over a finished export nothing is written.
    let refused = run(folder.path(), &["export", "out.jsonl"]);
    assert_eq!((refused.status, fs::read_to_string(&out).unwrap() == whole), (2, true), "{}", refused.stderr);
    fs::remove_file(&out).unwrap();

    // Cut anywhere, also within a line: before the first checkpoint, behind one, behind the last.
    for part in [0.0, 0.001, 0.3, 0.5, 0.77, 0.9999, 1.0] {
        let cut = (whole.len() as f64 * part) as usize;
        fs::write(&partial, &whole.as_bytes()[..cut]).unwrap();
        let refused = run(folder.path(), &["export", "out.jsonl"]);
        assert_eq!(refused.status, 2);
        assert!(refused.stderr.contains("--resume"), "{}", refused.stderr);
        succeed(&run(folder.path(), &["export", "out.jsonl", "--resume"]));
        let text = fs::read_to_string(&out).unwrap();
        assert_eq!(subjects(&text), subjects(&whole), "cut at {part}");
        assert!(!partial.exists());
        fs::remove_file(&out).unwrap();
    }

    let damaged = whole.replacen("User 7\"", "User 8\"", 1);
    fs::write(&partial, damaged).unwrap();
    let refused = run(folder.path(), &["export", "out.jsonl", "--resume"]);
    assert_eq!(refused.status, 1);
    assert!(refused.stderr.contains("damaged"), "{}", refused.stderr);
}

#[test]
fn an_import_goes_on_where_it_was_cut_off() {
    let folder = tempdir().unwrap();
    // The last user of the file is one whom the store does not take at once: another server holds it.
    fs::write(folder.path().join("in.jsonl"), export()).unwrap();
    let other = tempdir().unwrap();
    fs::copy(folder.path().join("in.jsonl"), other.path().join("in.jsonl")).unwrap();
    succeed(&run(other.path(), &["import", "in.jsonl"]));

    // As a process leaves it that was killed behind 300 lines.
    let text = export();
    let bytes: usize = text.lines().take(300).map(|line| line.len() + 1).sum();
    let data = folder.path().join("data");
    let about = serde_json::json!({
        "Bytes": text.len(),
        "Into": format!("the data folder {}", data.display()),
        "Replace": false,
    });
    let progress = folder.path().join("in.jsonl.progress");
    let state = serde_json::json!({ "About": about, "Done": [bytes, 300, 299, 0] });
    fs::write(&progress, state.to_string()).unwrap();
    let imported = run(folder.path(), &["import", "in.jsonl"]);
    succeed(&imported);
    assert!(imported.stderr.starts_with("going on behind line 300"), "{}", imported.stderr);
    assert!(imported.stderr.ends_with("imported 710 subjects\n"), "{}", imported.stderr);
    assert!(!progress.exists());
    succeed(&run(folder.path(), &["export", "out.jsonl"]));
    let out = fs::read_to_string(folder.path().join("out.jsonl")).unwrap();
    assert_eq!(subjects(&out).len(), 710 - 299, "what was put before was not put again");

    // That of another file is not followed.
    fs::write(&progress, state.to_string().replace("\"Bytes\":", "\"Bytes\":1")).unwrap();
    let refused = run(folder.path(), &["import", "in.jsonl"]);
    assert_eq!(refused.status, 2, "{}", refused.stderr);
    succeed(&run(folder.path(), &["import", "in.jsonl", "--restart"]));
    assert_eq!(digest(folder.path()), digest(other.path()));
}

#[test]
fn an_import_that_is_killed_is_repeated() {
    let folder = tempdir().unwrap();
    let mut file = fs::File::create(folder.path().join("in.jsonl")).unwrap();
    let lines: Vec<Line<'_>> = (0..4_000).map(|n| user(n, true)).collect();
    file.write_all(export_of(&lines).as_bytes()).unwrap();
    let mut killed = 0;
    for milliseconds in [300, 500, 700, 900, 1_100] {
        let mut import = Process::start(&mut foldmark(folder.path(), &["import", "in.jsonl"]));
        std::thread::sleep(std::time::Duration::from_millis(milliseconds));
        killed += u32::from(import.end("KILL").code().is_none());
    }
    assert!(killed > 0, "the first one at least is slower");
    succeed(&run(folder.path(), &["import", "in.jsonl"]));
    succeed(&run(folder.path(), &["export", "out.jsonl"]));
    let out = fs::read_to_string(folder.path().join("out.jsonl")).unwrap();
    assert_eq!(subjects(&out), subjects(&export_of(&lines)));
}

#[test]
fn there_has_to_be_something_to_export() {
    let folder = tempdir().unwrap();
    let refused = run(folder.path(), &["export", "out.jsonl"]);
    assert_eq!(refused.status, 2);
    assert!(refused.stderr.contains("there is no data folder"), "{}", refused.stderr);
    assert!(!folder.path().join("data").exists() && !folder.path().join("out.jsonl.partial").exists());
}
