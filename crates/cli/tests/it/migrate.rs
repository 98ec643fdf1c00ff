//! `foldmark migrate`, between two servers, one of them behind a connection that is as bad as can be.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Duration;

use foldmark_harness::free_port;
use foldmark_wire::contact::Contact;
use foldmark_wire::marks::StandardMark;
use foldmark_wire::transfer::{
    ChatGroupLine, ConversationPart, ExportHead, GroupPart, Line, Totals, UserLine,
};
use serde_json::Value;
use tempfile::{TempDir, tempdir};

use crate::flaky::Flaky;
use crate::support::{Ended, KEY, Process, foldmark, run, run_with};

/// The application of the hosted service, and that of the Foldmark.
const THERE: u32 = 1_400_000_000;
const HERE: u32 = 7;
const USERS: u32 = 60;
const KEY_HERE: &str = "0123456789abcdef0123456789abcdef";

/// Ids that have to be written with care somewhere.
const ODD: [&str; 6] =
    [" a", "ü家", "a/b?c&d=e%20", "\"quoted\"\\", "@TGS#1", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"];

fn id(n: u32) -> String {
    ODD.get(n as usize).map_or_else(|| format!("u{n}"), |id| (*id).to_owned())
}

/// User `n` with group ids and record numbers that have gaps, and records in another order than that of their peers.
fn user(n: u32) -> UserLine<'static> {
    let ids: Vec<u32> = [2, 5, 9].into_iter().take(n as usize % 4).collect();
    // Some are shown in another order than that of their ids, and drawn.
    let groups = ids.iter().zip(1..).map(|(id, place)| GroupPart {
        order: if n % 8 > 5 { 9 - 2 * place } else { 0 },
        ex: if (n + id) % 5 == 2 { format!("{{\"icon\":\"{n}\"}}").into() } else { "".into() },
        ..GroupPart::new(*id, format!("家 \"{id}\" of {n}"))
    });
    let count = if n == 11 { 250 } else { n % 7 };
    let mut conversations = Vec::new();
    for k in 0..count {
        let contact = match k {
            2 => Contact::ChatGroup(format!("@TGS#{}", n % 4).into()),
            3 => Contact::User("gone".into()),
            k if k < 10 => Contact::User(format!("peer{k}").into()),
            k => Contact::User(format!("many{k}").into()),
        };
        conversations.push(ConversationPart {
            contact,
            number: 3 * (1_000 - k),
            timestamp: 1_600_000_000 + u64::from(n * 1_000 + k),
            standard_mark: StandardMark(if k % 3 == 1 { 0 } else { (1 << ((n + k) % 64)) | 0b11 }),
            custom_mark: if k % 3 == 0 { "".into() } else { format!("mark {k} \u{202e}\\").into() },
            groups: if k % 2 == 0 { ids.clone() } else { Vec::new() },
        });
    }
    UserLine {
        sdkappid: THERE,
        id: id(n).into(),
        imported: true,
        nick: "".into(),
        face_url: "".into(),
        next_group_id: 12,
        next_number: 4_000,
        groups: groups.collect(),
        conversations,
    }
}

fn account(name: &str, nick: &str) -> UserLine<'static> {
    let nobody = UserLine { groups: Vec::new(), conversations: Vec::new(), ..user(0) };
    UserLine {
        id: name.to_owned().into(),
        nick: nick.to_owned().into(),
        next_group_id: 1,
        next_number: 0,
        ..nobody
    }
}

fn chat_groups() -> Vec<ChatGroupLine<'static>> {
    let group = |n: u64| ChatGroupLine {
        sdkappid: THERE,
        id: format!("@TGS#{n}").into(),
        alive: n != 4,
        kind: "Work".into(),
        name: format!("Team {n}").into(),
        owner: "peer1".into(),
        created: 1_500_000_000 + n,
    };
    (0..5).map(group).collect()
}

/// What the hosted service has, as an export.
fn hosted() -> String {
    let mut lines: Vec<Line<'static>> = chat_groups().into_iter().map(Line::ChatGroup).collect();
    let mut users: Vec<UserLine<'static>> = (0..USERS).map(user).collect();
    // Nobody sees a conversation in a chat group that was disbanded, so it is not moved.
    let hidden = ConversationPart {
        contact: Contact::ChatGroup("@TGS#4".into()),
        number: 3_500,
        ..users[20].conversations[0].clone()
    };
    users[20].conversations.push(hidden);
    users.extend((0..10).map(|k| account(&format!("peer{k}"), "Peer")));
    users.extend((10..250).map(|k| account(&format!("many{k}"), "")));
    lines.extend(users.into_iter().map(Line::User));
    export_of(&lines)
}

fn export_of(lines: &[Line<'_>]) -> String {
    let head = Line::Export(ExportHead { format: 2, version: "0.1.0".into(), time: 0 });
    let mut text = head.to_text() + "\n";
    let mut totals = Totals::default();
    for line in lines {
        let line_text = line.to_text();
        totals.add(line, &line_text);
        text += &(line_text + "\n");
    }
    text + &Line::End(totals).to_text() + "\n"
}

/// The list of users: all of them, one whom nobody knows, and what is to be left out.
fn list() -> String {
    let mut text = "# the users\r\n\n".to_owned();
    for n in 0..USERS {
        text += &(id(n) + "\n");
    }
    text + "nobody\n" + &id(9) + "\n"
}

/// The hosted service, a folder with what is needed to move its users, and the connection between.
struct Hosted {
    folder: TempDir,
    _there: TempDir,
    _server: Process,
    url: String,
}

impl Hosted {
    fn start(export: Option<&str>) -> Hosted {
        let (folder, there) = (tempdir().unwrap(), tempdir().unwrap());
        let key = format!("apps.0.key={KEY}");
        let app = format!("apps.0.sdkappid={THERE}");
        let config = ["--set", &app, "--set", &key, "--set", "apps.0.limits.calls_per_second=0"];
        if let Some(export) = export {
            fs::write(there.path().join("in.jsonl"), export).unwrap();
            succeed(&run(there.path(), &[&["import", "in.jsonl"], &config[..]].concat()));
        }
        let port = free_port().unwrap();
        let admin = format!("admin.listen=127.0.0.1:{port}");
        let serve = ["serve", "--set", "server.listen=127.0.0.1:0", "--set", &admin];
        let server = Process::start(&mut foldmark(there.path(), &[&serve[..], &config[..]].concat()));
        let url = server.stderr.url();
        fs::write(folder.path().join("app.key"), format!("{KEY}\n")).unwrap();
        fs::write(folder.path().join("users.txt"), list()).unwrap();
        fs::write(there.path().join("admin"), admin).unwrap();
        Hosted { folder, _there: there, _server: server, url }
    }

    /// Everything that it has.
    fn export(&self) -> BTreeMap<String, UserLine<'static>> {
        let there = self._there.path();
        let key = format!("apps.0.key={KEY}");
        let app = format!("apps.0.sdkappid={THERE}");
        let admin = fs::read_to_string(there.join("admin")).unwrap();
        let config = ["--set", &app, "--set", &key, "--set", &admin];
        users_of(&run(there, &[&["export", "-"], &config[..]].concat()))
    }

    fn migrate(&self, url: &str, direction: &str, more: &[&str]) -> Ended {
        run(self.folder.path(), &words(url, direction, more).iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }
}

fn words(url: &str, direction: &str, more: &[&str]) -> Vec<String> {
    let (there, here) = (THERE.to_string(), HERE.to_string());
    let fixed = ["migrate", direction, url, "--sdkappid", &there, "--local-sdkappid", &here];
    let all = [&fixed[..], &["--key-file", "app.key"], &here_config(), more].concat();
    all.into_iter().map(str::to_owned).collect()
}

fn here_config() -> [&'static str; 4] {
    ["--set", "apps.0.sdkappid=7", "--set", "apps.0.key=0123456789abcdef0123456789abcdef"]
}

fn succeed(ended: &Ended) {
    assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
}

fn owned(line: &Line<'_>) -> Line<'static> {
    // Borrowed from a text that lives as long as the test.
    serde_json::from_str(Box::leak(line.to_text().into_boxed_str())).unwrap()
}

fn lines_of(exported: &Ended) -> Vec<Line<'static>> {
    succeed(exported);
    exported.stdout.lines().map(|text| owned(&serde_json::from_str(text).unwrap())).collect()
}

fn users_of(exported: &Ended) -> BTreeMap<String, UserLine<'static>> {
    let mut users = BTreeMap::new();
    for line in lines_of(exported) {
        let Line::User(user) = line else { continue };
        users.insert(user.id.as_ref().to_owned(), user);
    }
    users
}

fn export_here(folder: &Path) -> Ended {
    run(folder, &[&["export", "-"], &here_config()[..]].concat())
}

/// What has to be the same on both sides: all but the numbers of records, of which the order counts.
fn comparable(mut user: UserLine<'static>) -> String {
    user.conversations.sort_unstable_by_key(|part| part.number);
    for (number, part) in (0..).zip(&mut user.conversations) {
        part.number = number;
    }
    user.groups.sort_unstable_by_key(|group| group.id);
    let next_group_id = user.groups.last().map_or(1, |group| group.id + 1);
    let next_number = user.conversations.len() as u32;
    Line::User(UserLine { sdkappid: 0, next_group_id, next_number, ..user }).to_text()
}

/// That all users, accounts and chat groups are in the folder, and nothing else.
fn assert_moved(folder: &Path) {
    let exported = export_here(folder);
    let users = users_of(&exported);
    for n in 0..USERS {
        let there = users.get(&id(n)).unwrap_or_else(|| panic!("{} is lost", id(n)));
        assert_eq!(comparable(there.clone()), comparable(user(n)));
    }
    let moved: BTreeSet<String> = (0..USERS).map(id).collect();
    let peers: BTreeSet<&str> =
        users.keys().filter(|name| !moved.contains(*name)).map(String::as_str).collect();
    let named = (0..10).filter(|k| ![2, 3].contains(k)).map(|k| format!("peer{k}"));
    let named: BTreeSet<String> = named.chain((10..250).map(|k| format!("many{k}"))).collect();
    assert_eq!(peers, named.iter().map(String::as_str).collect());
    assert!(users.values().all(|user| user.imported));
    let mut groups = Vec::new();
    for line in lines_of(&exported) {
        let Line::ChatGroup(group) = line else { continue };
        groups.push(ChatGroupLine { sdkappid: THERE, ..group });
    }
    assert_eq!(groups, &chat_groups()[..4]);
}

#[test]
fn users_move_whole_through_a_bad_connection() {
    let hosted = Hosted::start(Some(&hosted()));
    let flaky = Flaky::start(&hosted.url, Duration::from_millis(900));
    let fast = ["--users", "users.txt", "--rate", "500", "--timeout", "0.6"];
    let data = hosted.path().join("data");

    let dry = hosted.migrate(&hosted.url, "--from", &[&fast[..], &["--dry-run"]].concat());
    succeed(&dry);
    assert!(
        dry.stdout.starts_with("users: 60 to put, 0 the same already, 0 finished earlier, 1 unknown"),
        "{}",
        dry.stdout
    );
    let groups: usize = (0..USERS).map(|n| user(n).groups.len()).sum();
    let records: usize = (0..USERS).map(|n| user(n).conversations.len()).sum();
    assert!(
        dry.stdout.contains(&format!("of them: {groups} groups, {records} conversations\n")),
        "{}",
        dry.stdout
    );
    assert!(dry.stdout.contains("peers: 248 accounts and 4 chat groups registered, 0 not"), "{}", dry.stdout);
    assert!(!data.exists(), "nothing was written");
    let small = ["--dry-run", "--set", "apps.0.limits.groups=2"];
    fs::create_dir(&data).unwrap();
    let dry = hosted.migrate(&hosted.url, "--from", &[&fast[..], &small].concat());
    assert!(dry.stdout.contains("users who do not fit the limits: 15"), "{}{}", dry.stdout, dry.stderr);
    assert!(dry.stderr.contains("3 is over apps.limits.groups = 2"), "{}", dry.stderr);

    // An account with a profile is there already.
    let profile = Line::User(UserLine { sdkappid: HERE, ..account(&id(8), "Ann") });
    fs::write(hosted.path().join("in.jsonl"), export_of(&[profile])).unwrap();
    succeed(&run(hosted.path(), &[&["import", "in.jsonl"], &here_config()[..]].concat()));

    let moved = hosted.migrate(&flaky.url, "--from", &fast);
    succeed(&moved);
    assert!(moved.stdout.starts_with("users: 60 put, 0 the same already"), "{}", moved.stdout);
    assert_eq!(moved.stderr, "not known at the source: user \"nobody\"\n");
    let met = flaky.met();
    assert!(met.refused > 5 && met.dropped > 3, "{met:?}");
    assert_eq!((met.late, met.garbled, met.stale), (1, 1, 1));
    assert_eq!(users_of(&export_here(hosted.path()))[&id(8)].nick, "Ann");
    let plain = Line::User(UserLine {
        nick: Cow::Borrowed(""),
        sdkappid: HERE,
        ..users_of(&export_here(hosted.path()))[&id(8)].clone()
    });
    fs::write(hosted.path().join("in.jsonl"), export_of(&[plain])).unwrap();
    succeed(&run(hosted.path(), &[&["import", "in.jsonl", "--replace"], &here_config()[..]].concat()));
    assert_moved(hosted.path());

    // Again, which changes nothing.
    let piped = words(&hosted.url, "--from", &["--users", "-", "--rate", "500"]);
    let piped: Vec<&str> = piped.iter().map(String::as_str).collect();
    let again = run_with(foldmark(hosted.path(), &piped), &list());
    succeed(&again);
    assert!(again.stdout.starts_with("users: 0 put, 60 the same already"), "{}", again.stdout);
    assert!(again.stdout.contains("peers: 0 accounts and 0 chat groups"), "{}", again.stdout);
    let verify = [&fast[..], &["--verify-only", "--differences", "-"]].concat();
    succeed(&hosted.migrate(&hosted.url, "--from", &verify));

    // One user gets another mark, another loses a group.
    let mut marked = users_of(&export_here(hosted.path()))[&id(6)].clone();
    marked.conversations[0].standard_mark.0 ^= 1 << 40;
    let mut left = users_of(&export_here(hosted.path()))[&id(7)].clone();
    left.groups.pop();
    left.conversations.clear();
    let planted = [Line::User(marked.clone()), Line::User(left)];
    fs::write(hosted.path().join("in.jsonl"), export_of(&planted)).unwrap();
    succeed(&run(hosted.path(), &[&["import", "in.jsonl", "--replace"], &here_config()[..]].concat()));
    let verified = hosted.migrate(&hosted.url, "--from", &verify);
    assert_eq!(verified.status, 1);
    let lines: Vec<Value> = verified.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |name: &str| -> Vec<&Value> { lines.iter().filter(|line| line["User"] == name).collect() };
    let found = of(&id(6));
    assert_eq!((found.len(), &found[0]["Field"]), (1, &Value::from("StandardMark")), "{found:?}");
    assert_eq!(found[0]["Contact"]["To_Account"], marked.conversations[0].contact.peer());
    assert_eq!(of(&id(7))[0]["Field"], "GroupName");
    assert!(verified.stderr.contains("2 users differ, 0 users failed"), "{}", verified.stderr);

    // Without --replace they are left alone.
    let refused = hosted.migrate(&hosted.url, "--from", &fast);
    assert_eq!(refused.status, 1);
    assert!(refused.stdout.contains("58 the same already"), "{}", refused.stdout);
    assert!(refused.stderr.contains("differs: user \"u6\" in StandardMark\n"), "{}", refused.stderr);
    succeed(&hosted.migrate(&hosted.url, "--from", &[&fast[..], &["--replace"]].concat()));
    assert_moved(hosted.path());
}

#[test]
fn a_migration_that_is_killed_is_repeated() {
    let hosted = Hosted::start(Some(&hosted()));
    let flaky = Flaky::start(&hosted.url, Duration::from_millis(900));
    let state = hosted.path().join("state.jsonl");
    let slow = ["--users", "users.txt", "--rate", "60", "--timeout", "0.6", "--state", "state.jsonl"];
    let slow = words(&flaky.url, "--from", &slow);
    let slow: Vec<&str> = slow.iter().map(String::as_str).collect();
    let mut process = Process::start(&mut foldmark(hosted.path(), &slow));
    while fs::read_to_string(&state).map_or(0, |text| text.lines().count()) < 20 {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(process.end("KILL").code().is_none(), "it was still running");
    // As a power cut leaves it: the last line is torn.
    let text = fs::read_to_string(&state).unwrap();
    fs::write(&state, &text[..text.len() - 9]).unwrap();

    let fast = ["--users", "users.txt", "--rate", "500", "--timeout", "0.6"];
    let with_state = [&fast[..], &["--state", "state.jsonl"]].concat();
    let moved = hosted.migrate(&flaky.url, "--from", &with_state);
    succeed(&moved);
    let earlier = text.lines().count() - 2;
    assert!(moved.stdout.contains(&format!(" {earlier} finished earlier")), "{}", moved.stdout);
    assert_moved(hosted.path());
    let other = words(&hosted.url, "--from", &with_state);
    let other: Vec<&str> = other.iter().map(String::as_str).collect();
    assert_eq!(run(hosted.path(), &other).status, 2, "the state is of another service");

    // Who was lost since is missed, although the state says that he is finished.
    let lost = Line::User(UserLine { sdkappid: HERE, ..account(&id(13), "") });
    fs::write(hosted.path().join("in.jsonl"), export_of(&[lost])).unwrap();
    succeed(&run(hosted.path(), &[&["import", "in.jsonl", "--replace"], &here_config()[..]].concat()));
    let missed = hosted.migrate(&flaky.url, "--from", &with_state);
    assert_eq!(missed.status, 1);
    assert!(missed.stderr.contains("failed: user \"u13\": read back"), "{}", missed.stderr);
    succeed(&hosted.migrate(&hosted.url, "--from", &fast));
    assert_moved(hosted.path());
}

/// What has to be the same after writing by calls: groups by name as they are shown, members and marks.
fn by_name(user: &UserLine<'_>) -> (Vec<(String, String)>, Vec<String>) {
    let mut groups: Vec<&GroupPart<'_>> = user.groups.iter().collect();
    groups.sort_unstable_by_key(|group| (group.order, group.id));
    let groups = groups.into_iter().map(|group| (group.name.to_string(), group.ex.to_string())).collect();
    let mut records = Vec::new();
    for part in &user.conversations {
        let is_in = |group: &&GroupPart<'_>| part.groups.contains(&group.id);
        let mut names: Vec<&str> =
            user.groups.iter().filter(is_in).map(|group| group.name.as_ref()).collect();
        names.sort_unstable();
        records.push(format!("{:?} {:?} {:?} {names:?}", part.contact, part.standard_mark, part.custom_mark));
    }
    records.sort_unstable();
    (groups, records)
}

#[test]
fn users_move_back() {
    let hosted = Hosted::start(None);
    let flaky = Flaky::start(&hosted.url, Duration::from_millis(900));
    let mut lines: Vec<Line<'_>> = chat_groups()
        .into_iter()
        .map(|group| Line::ChatGroup(ChatGroupLine { sdkappid: HERE, ..group }))
        .collect();
    lines.extend((0..USERS).map(|n| Line::User(UserLine { sdkappid: HERE, ..user(n) })));
    fs::write(hosted.path().join("in.jsonl"), export_of(&lines)).unwrap();
    succeed(&run(hosted.path(), &[&["import", "in.jsonl"], &here_config()[..]].concat()));

    // Nobody is registered unless that is asked for.
    let fast = ["--rate", "500", "--timeout", "0.6", "--differences", "found.jsonl"];
    let refused = hosted.migrate(&hosted.url, "--to", &fast);
    assert_eq!(refused.status, 1);
    assert!(refused.stderr.contains("the service does not know him"), "{}", refused.stderr);
    assert!(refused.stdout.contains("60 failed"), "{}", refused.stdout);

    let register = [&fast[..], &["--register-accounts", "--register-chat-groups"]].concat();
    let moved = hosted.migrate(&flaky.url, "--to", &register);
    succeed(&moved);
    let found = fs::read_to_string(hosted.path().join("found.jsonl")).unwrap();
    let mapped = (0..USERS).map(|n| user(n).groups.len()).sum::<usize>();
    assert!(moved.stdout.contains(&format!("another id at the destination: {mapped}")), "{}", moved.stdout);
    assert!(
        found.contains(r#""Field":"GroupId","GroupName":"家 \"5\" of 6","Source":5,"Destination":2"#),
        "{found}"
    );
    let there = hosted.export();
    for n in 0..USERS {
        assert_eq!(by_name(&there[&id(n)]), by_name(&user(n)), "{}", id(n));
    }
    let verify = [&fast[..], &["--verify-only"]].concat();
    succeed(&hosted.migrate(&hosted.url, "--to", &verify));

    // What the service has beyond is reported and left; what it lacks is written.
    let call = |command: &str, body: &str| {
        let app = THERE.to_string();
        let args = ["call", command, body, "--url", &hosted.url, "--sdkappid", &app, "--key-file", "app.key"];
        succeed(&run(hosted.path(), &args));
    };
    call("create_contact_group", r#"{"From_Account":"u8","GroupContactItem":[{"GroupName":"extra"}]}"#);
    let bits = r#"{"From_Account":"u10","MarkItem":[{"OptType":3,"ContactItem":{"Type":1,"To_Account":"peer1"},"SetMark":[5],"CustomMark":"new"}]}"#;
    call("mark_contact", bits);
    let verified = hosted.migrate(&hosted.url, "--to", &verify);
    assert_eq!(verified.status, 1);
    assert!(verified.stderr.contains("2 users differ"), "{}", verified.stderr);
    let again = hosted.migrate(&hosted.url, "--to", &[&fast[..], &["--state", "state.jsonl"]].concat());
    assert_eq!(again.status, 1);
    assert!(again.stdout.starts_with("users: 1 written, 59 the same already"), "{}", again.stdout);
    let found = fs::read_to_string(hosted.path().join("found.jsonl")).unwrap();
    assert!(
        found.contains(r#"{"User":"u8","Field":"Group","Source":null,"Destination":"extra"}"#),
        "{found}"
    );
    let there = hosted.export();
    assert_eq!(by_name(&there["u10"]), by_name(&user(10)));
    assert!(by_name(&there["u8"]).0.iter().any(|(name, _)| name == "extra"));
    let skipped = hosted.migrate(&hosted.url, "--to", &[&fast[..], &["--state", "state.jsonl"]].concat());
    succeed(&skipped);
    assert!(skipped.stdout.contains("60 finished earlier"), "{}", skipped.stdout);
}

#[test]
fn what_cannot_work_is_said_at_once() {
    let hosted = Hosted::start(None);
    let from = |more: &[&str]| hosted.migrate(&hosted.url, "--from", more);
    fs::write(hosted.path().join("wrong.txt"), format!("u1\n\n{}\n", "x".repeat(33))).unwrap();
    let refused = from(&["--users", "wrong.txt"]);
    assert_eq!(refused.status, 2);
    assert!(
        refused.stderr.contains("wrong.txt, line 3: a user id must be at most 32 bytes"),
        "{}",
        refused.stderr
    );
    assert_eq!(from(&[]).status, 2);
    assert_eq!(from(&["--users", "users.txt", "--to", &hosted.url]).status, 2);
    for more in [&["--dry-run"][..], &[]] {
        let more = [&["--users", "users.txt", "--set", "apps.0.sdkappid=8"], more].concat();
        let other = from(&more);
        assert_eq!(other.status, 2, "{}", other.stderr);
        assert!(other.stderr.contains("no application 7, but 8"), "{}", other.stderr);
    }

    // A wrong key ends the run, and is not shown.
    fs::write(hosted.path().join("app.key"), KEY_HERE).unwrap();
    let refused = from(&["--users", "users.txt"]);
    assert_eq!(refused.status, 1);
    assert!(
        refused.stderr.contains("the service refuses every call") && refused.stderr.contains("(70009)"),
        "{}",
        refused.stderr
    );
    assert!(!refused.stderr.contains(KEY_HERE) && !refused.stdout.contains(KEY_HERE));
}
