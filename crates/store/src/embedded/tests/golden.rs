//! Folders written by released versions, in `golden/`: every later version must read them as they were meant.
//!
//! A version's folder holds `data.mdb` and `expected.json`, what was in it. It is made once, by this test with
//! `FOLDMARK_WRITE_GOLDEN=v3` in the environment, and never changed after the release. Time and randomness are fixed.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use foldmark_core::command::{Command, GroupExItem, Guard, KeyedCall, MarkItem, MemberChange, Reads};
use foldmark_core::decide::decide;
use foldmark_core::decision::Verdict;
use foldmark_core::format::due::Due;
use foldmark_core::format::head::UserHead;
use foldmark_core::format::record::Row;
use foldmark_core::policy::{Context, Limits, Policy, Registration};
use foldmark_core::subject::{
    AppId, ChatGroupId, Conversation, RequestKey, Revision, Subject, SubjectKind, UserId,
};
use foldmark_core::verify;
use foldmark_core::view::View;
use tempfile::TempDir;

use super::open;
use crate::embedded::EmbeddedStore;
use crate::embedded::scan::{Met, Progress, Scan};
use crate::{Select, Store, WalkFrom};

/// The newest version that has a folder.
const NEWEST: &str = "v3";
const NOW: u64 = 1_775_217_000;
const APPS: [u32; 2] = [1, 1_400_000_000];

#[tokio::test]
async fn folders_of_every_released_version_are_read_and_written() {
    for version in fs::read_dir(golden()).unwrap() {
        let version = version.unwrap().path();
        let folder = tempfile::tempdir().unwrap();
        fs::copy(version.join("data.mdb"), folder.path().join("data.mdb")).unwrap();
        let expected = fs::read_to_string(version.join("expected.json")).unwrap();
        assert_eq!(dump(&folder).await, expected, "{}", version.display());

        let store = open(folder.path());
        let user = user(1, "ann");
        run(&store, user, &Command::DeleteGroup { name: "work" }).await;
        run(&store, user, &mark(user_peer("bob"), 1, Some("new"))).await;
        run(&store, user, &Command::CreateGroup { name: "new", members: vec![user_peer("zoe")] }).await;
        run(&store, chat_group(1, "gone"), &create_chat_group("back", None)).await;
        drop(store);
        let written = dump(&folder).await;
        assert!(written.contains(r#""name":"back""#) && !written.contains(r#""name":"work""#), "{written}");
    }
}

#[tokio::test]
async fn the_present_version_makes_what_the_newest_folder_holds() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    write_everything(&store).await;
    drop(store);
    let made = dump(&folder).await;
    if let Some(version) = version_to_write() {
        let target = golden().join(version);
        fs::create_dir(&target).unwrap();
        fs::copy(folder.path().join("data.mdb"), target.join("data.mdb")).unwrap();
        fs::write(target.join("expected.json"), &made).unwrap();
    }
    assert_eq!(made, fs::read_to_string(golden().join(NEWEST).join("expected.json")).unwrap());
}

#[expect(clippy::disallowed_methods, reason = "a test has no configuration; this makes files once a release")]
fn version_to_write() -> Option<String> {
    std::env::var("FOLDMARK_WRITE_GOLDEN").ok()
}

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden")
}

/// Every kind of stored value, and every field with more than one value.
async fn write_everything(store: &EmbeddedStore) {
    let ann = user(1, "ann");
    run(
        store,
        ann,
        &Command::ImportAccount { nick: Some("Ann \"家\""), face_url: Some("https://a.example/") },
    )
    .await;
    let members = vec![user_peer("bob"), user_peer("carl"), group_peer("@TGS#1")];
    run(store, ann, &Command::CreateGroup { name: "work", members }).await;
    run(store, ann, &Command::CreateGroup { name: "gone", members: vec![user_peer("dora")] }).await;
    run(store, ann, &Command::CreateGroup { name: "家", members: vec![user_peer("bob")] }).await;
    run(store, ann, &Command::CreateGroup { name: "empty", members: Vec::new() }).await;
    run(store, ann, &Command::DeleteGroup { name: "gone" }).await;
    run(store, ann, &Command::RenameGroup { old: "empty", new: "still empty" }).await;
    run(store, ann, &mark(user_peer("bob"), 0b1111_1110, Some("abcde"))).await;
    run(store, ann, &mark(user_peer("erin"), u64::MAX, None)).await;
    run(store, ann, &mark(group_peer("@TGS#2"), 0, Some(&"x".repeat(512)))).await;
    run(store, ann, &mark(user_peer("fred"), 1, None)).await;
    let unmarked = MarkItem { conversation: user_peer("fred"), clear: 1, set: 0, custom: None };
    run(store, ann, &Command::Mark { items: vec![unmarked] }).await;
    let changes = vec![MemberChange::Remove(user_peer("carl")), MemberChange::Add(user_peer("fred"))];
    run(store, ann, &Command::ChangeMembers { group: "work", changes }).await;

    let large = user(1, "large");
    for n in 0..60 {
        let name = format!("{n:0>100}");
        let members = (0..n % 4).map(|m| ["a", "b", "c"][m]).map(user_peer).collect();
        run(store, large, &Command::CreateGroup { name: &name, members }).await;
    }
    let devices = user(1, "devices");
    for name in ["a", "b", "c"] {
        run(store, devices, &Command::CreateGroup { name, members: vec![user_peer("bob")] }).await;
    }
    run(store, devices, &Command::SetGroupOrder { names: vec!["c", "a"] }).await;
    run(store, devices, &set_ex("b", r#"{"icon":"家"}"#)).await;
    run(store, devices, &once("k1", mark(user_peer("carl"), 1, None))).await;
    let absent = Command::CreateGroup { name: "d", members: vec![user_peer("nobody"), user_peer("dora")] };
    run(store, devices, &once("k2", absent)).await;
    for (key, command) in [
        ("k3", Command::RenameGroup { old: "d", new: "e" }),
        ("k4", Command::ChangeMembers { group: "e", changes: vec![MemberChange::Add(user_peer("erin"))] }),
        ("k5", Command::Apply { commands: vec![mark(user_peer("erin"), 2, None)] }),
        ("k6", Command::DeleteGroup { name: "e" }),
        ("k7", set_ex("a", "x")),
    ] {
        run(store, devices, &once(key, command)).await;
    }
    let deleted = user(1, "deleted");
    run(store, deleted, &Command::ImportAccount { nick: Some("Dee"), face_url: None }).await;
    run(store, deleted, &Command::CreateGroup { name: "g", members: vec![user_peer("bob")] }).await;
    run(store, deleted, &Command::DeleteAccount).await;
    for (id, changes) in [("told", 1), ("due", 3), ("aside", 2)] {
        for _ in 0..changes {
            let number = store.view(user(1, id), Select::Head).await.unwrap().revision().get();
            run_as(store, user(1, id), &mark(user_peer("bob"), 1 << number, None), true).await;
        }
    }
    let id = |id| UserId::parse(id).unwrap();
    let app = AppId::new(1).unwrap();
    store.settle(app, id("told"), Revision::new(1)).await.unwrap();
    store.settle(app, id("due"), Revision::new(1)).await.unwrap();
    store.set_aside(app, id("aside"), Revision::new(1), "it says \"no\"").await.unwrap();
    run(store, user(1_400_000_000, &"é".repeat(16)), &mark(user_peer(" @TGS#<b>"), 1 << 63, None)).await;

    run(store, chat_group(1, "@TGS#1"), &create_chat_group("n", Some("ann"))).await;
    run(store, chat_group(1, "gone"), &create_chat_group("家", None)).await;
    run(store, chat_group(1, "gone"), &Command::DestroyChatGroup).await;
    run(store, chat_group(1_400_000_000, &"g".repeat(64)), &create_chat_group("", None)).await;
}

async fn run(store: &EmbeddedStore, subject: Subject<'_>, command: &Command<'_>) {
    run_as(store, subject, command, false).await;
}

/// As an application does that tells others, or does not.
async fn run_as(store: &EmbeddedStore, subject: Subject<'_>, command: &Command<'_>, tells: bool) {
    let limits = Limits { groups: 100, custom_mark_bytes: 512, group_name_bytes: 128, ..Limits::default() };
    let policy = Policy { accounts: Registration::Open, chat_groups: Registration::Open, limits, tells };
    let context = Context { now: NOW, random: 0x0102_0304_0506_0708, policy };
    let stored = store.view(subject, Select::All).await.unwrap();
    let view = View::decode(subject, &stored, Reads::WholeWithChatGroups).unwrap();
    let Verdict::Decided(decision) = decide(&view, command, &context) else { panic!("everything was read") };
    assert!(decision.outcome.is_ok(), "{:?}", decision.outcome);
    store.commit(subject, stored.revision(), decision.changes.unwrap()).await.unwrap();
}

/// What is in the folder, as JSON with a row a line. Everything in it must be sound.
async fn dump(folder: &TempDir) -> String {
    let mut scan = Scan::open(folder.path()).unwrap();
    assert_eq!(scan.pages().unwrap(), [""; 0]);
    let mut lines = Vec::new();
    let progress = scan.next(|met| match met {
        Met::Problem(problem) => panic!("{problem}"),
        Met::Subject(scanned) => {
            let view = View::decode(scanned.subject(), &scanned.stored, Reads::Whole).unwrap();
            assert_eq!(verify::check(&view), []);
            lines.push(subject_line(&view));
        }
    });
    assert!(matches!(progress.unwrap(), Progress::Done { .. }));
    let store = open(folder.path());
    for app in APPS {
        let page = store.due(AppId::new(app).unwrap(), &WalkFrom::Start, 100).await.unwrap();
        lines.extend(page.entries.iter().map(|(user, due)| due_line(app, user, due)));
    }
    format!("[\n{}\n]\n", lines.join(",\n"))
}

fn due_line(app: u32, user: &str, due: &Due) -> String {
    let aside = due.aside.as_ref().map_or(String::new(), |aside| {
        format!(r#","aside":{{"revision":{},"note":{}}}"#, aside.revision, json(&aside.note))
    });
    let (user, first, newest) = (json(user), due.first, due.newest);
    format!(r#"{{"app":{app},"due":{user},"first":{first},"newest":{newest}{aside}}}"#)
}

fn subject_line(view: &View<'_>) -> String {
    let subject = view.subject;
    let start =
        format!(r#"{{"app":{},"id":{},"revision":{},"#, subject.app, json(subject.id_str()), view.revision);
    assert!(APPS.contains(&subject.app.get()));
    if subject.kind() == SubjectKind::ChatGroup {
        let head = view.chat_group().unwrap();
        let (kind, name, owner) = (json(&head.kind), json(&head.name), json(&head.owner));
        let rest = format!(r#""type":{kind},"name":{name},"owner":{owner},"created":{}"#, head.created);
        return format!(r#"{start}"chat_group":{{"alive":{},{rest}}}}}"#, head.alive);
    }
    let mut line = format!("{start}{}", head_fields(view.user().unwrap()));
    line += r#","rows":["#;
    for (index, (conversation, row)) in view.rows().iter().enumerate() {
        line += if index == 0 { "\n  " } else { ",\n  " };
        line += &row_line(*conversation, row);
    }
    line += "]";
    for listed in view.listed_keys() {
        let key = RequestKey::parse(&listed.key).unwrap();
        let call = view.kept_call(key).unwrap();
        assert_eq!((call.hash, call.time), ([7; 32], listed.time));
        let outcome = json(&format!("{:?}", call.outcome));
        let _ = write!(
            line,
            ",\n  \"{}\":{{\"revision\":{},\"time\":{},\"outcome\":{outcome}}}",
            listed.key, call.revision, call.time
        );
    }
    line + "}"
}

fn head_fields(head: &UserHead) -> String {
    let mut text = format!(
        r#""incarnation":{},"imported":{},"nick":{},"face_url":{},"next_group_id":{},"next_record_number":{},"#,
        head.incarnation,
        head.imported,
        json(&head.nick),
        json(&head.face_url),
        head.next_group_id,
        head.next_record_number
    );
    let _ = write!(
        text,
        r#""grouped":{},"marked":{},"records":{},"removals":{},"changes_since":{},"groups":["#,
        head.grouped, head.marked, head.records, head.removals, head.changes_since
    );
    let groups: Vec<String> = head
        .groups
        .iter()
        .map(|group| {
            let name = json(group.name.as_str());
            let (id, slot, revision) = (group.id.0, group.slot.get(), group.revision);
            let mut more = String::new();
            if group.order != 0 {
                let _ = write!(more, ",\"order\":{}", group.order);
            }
            if !group.ex.is_empty() {
                let _ = write!(more, ",\"ex\":{}", json(group.ex.as_str()));
            }
            format!("\n  {{\"id\":{id},\"slot\":{slot},\"name\":{name},\"revision\":{revision}{more}}}")
        })
        .collect();
    let removed: Vec<String> = head
        .removed_groups
        .iter()
        .map(|removed| format!(r#"{{"id":{},"revision":{}}}"#, removed.id.0, removed.revision))
        .collect();
    text + &format!(r#"{}],"removed_groups":[{}]"#, groups.join(","), removed.join(","))
}

fn row_line(conversation: Conversation<'_>, row: &Row) -> String {
    let start = format!(r#"{{"kind":{},"peer":{},"#, conversation.kind().0, json(conversation.peer()));
    match row {
        Row::Removal(removal) => {
            format!(r#"{start}"removed":{{"revision":{},"time":{}}}}}"#, removal.revision, removal.time)
        }
        Row::Record(record) => format!(
            r#"{start}"number":{},"revision":{},"timestamp":{},"standard_mark":{},"custom_mark":{},"groups":{}}}"#,
            record.number,
            record.revision,
            record.timestamp,
            record.standard_mark.0,
            json(record.custom_mark.as_str()),
            record.groups.bits()
        ),
    }
}

/// A text without control characters, as JSON has it.
fn json(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn mark<'a>(conversation: Conversation<'a>, set: u64, custom: Option<&'a str>) -> Command<'a> {
    Command::Mark { items: vec![MarkItem { conversation, clear: 0, set, custom }] }
}

fn set_ex<'a>(group: &'a str, ex: &'a str) -> Command<'a> {
    Command::SetGroupEx { items: vec![GroupExItem { group, ex }] }
}

fn once<'a>(key: &'a str, command: Command<'a>) -> Command<'a> {
    let call = KeyedCall { key: RequestKey::parse(key).unwrap(), hash: [7; 32] };
    Command::Guarded { guard: Guard { if_revision: None, call: Some(call) }, command: Box::new(command) }
}

fn create_chat_group<'a>(name: &'a str, owner: Option<&'a str>) -> Command<'a> {
    let owner = owner.map(|owner| UserId::parse(owner).unwrap());
    Command::CreateChatGroup { kind: "Public", name, owner }
}

fn user(app: u32, id: &str) -> Subject<'_> {
    Subject::user(AppId::new(app).unwrap(), UserId::parse(id).unwrap())
}

fn chat_group(app: u32, id: &str) -> Subject<'_> {
    Subject::chat_group(AppId::new(app).unwrap(), ChatGroupId::parse(id).unwrap())
}

fn user_peer(id: &str) -> Conversation<'_> {
    Conversation::User(UserId::parse(id).unwrap())
}

fn group_peer(id: &str) -> Conversation<'_> {
    Conversation::ChatGroup(ChatGroupId::parse(id).unwrap())
}
