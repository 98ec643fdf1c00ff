//! Flips single bits of a data folder, anywhere, and looks what `foldmark verify` makes of each.
//!
//! A flip is *found* if `verify` says so, *harmless* if it does not and all data is as before, and *wrong* if it does not
//! although data differs, or differs once more was written. There must be no wrong ones. Harmless ones are in bytes
//! that mean nothing: free pages, the room left on pages, padding, keys that LMDB does not look at.
//!
//! `FOLDMARK_FLIPS` says how many flips are made.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{Command, Output};
use std::thread;

use foldmark_core::command::{Command as Call, MarkItem, MemberChange, Reads};
use foldmark_core::decide::decide;
use foldmark_core::decision::Verdict;
use foldmark_core::policy::{Context, Policy, Registration};
use foldmark_core::subject::{AppId, ChatGroupId, Conversation, Subject, SubjectKind, UserId};
use foldmark_core::view::View;
use foldmark_harness::quick_folder;
use foldmark_store::embedded::{EmbeddedStore, Options};
use foldmark_store::{Select, Store, WalkFrom};
use tokio::runtime::{Builder, Runtime};

const USERS: usize = 200;
/// Half a minute's worth.
const FLIPS: u64 = 2_000;
/// After every so many harmless flips, more is written and read again.
const WRITES_EVERY: u64 = 3;

#[derive(Debug, Default)]
struct Outcome {
    found: u64,
    /// Of those found, how many ended the process that read on, or led it in circles.
    died: u64,
    harmless: u64,
    written: u64,
    wrong: Vec<String>,
}

#[test]
fn no_flipped_bit_changes_data_unseen() {
    let flips = flips();
    let halves = thread::scope(|scope| {
        let halves = [0, 1].map(|half| scope.spawn(move || flip(flips / 2, half)));
        halves.map(|half| half.join().unwrap())
    });
    let sum = |count: fn(&Outcome) -> u64| halves.iter().map(count).sum::<u64>();
    let (found, died) = (sum(|o| o.found), sum(|o| o.died));
    let (harmless, written) = (sum(|o| o.harmless), sum(|o| o.written));
    println!("{found} found ({died} by a death), {harmless} harmless ({written} of them written on)");
    let wrong: Vec<&String> = halves.iter().flat_map(|half| &half.wrong).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(found > 0 && written > 0);
}

#[test]
fn a_sound_folder_is_said_to_be_sound_beside_its_server_too() {
    let folder = quick_folder().unwrap();
    let runtime = runtime();
    fill(&runtime, folder.path());
    let output = verify(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("sound: 200 users, 2 chat groups, "), "{text}");

    let store = open(folder.path());
    run(&runtime, &store, subject("u001"), &mark("late", 4));
    let output = verify(folder.path(), &["--json"]);
    drop(store);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with(r#"{"sound":true,"users":200,"chat_groups":2,"#), "{text}");
}

#[test]
fn a_problem_is_listed_and_ends_with_1_and_no_folder_with_2() {
    let folder = quick_folder().unwrap();
    let runtime = runtime();
    fill(&runtime, folder.path());
    let data = folder.path().join("data.mdb");
    let mut bytes = fs::read(&data).unwrap();
    // A name within the head of a user, wherever it is; older versions of the page may have it as well.
    let mut places = Vec::new();
    for at in 0..bytes.len() {
        if bytes[at..].starts_with(b"group of u007") {
            places.push(at);
        }
    }
    assert!(!places.is_empty());
    for place in places {
        bytes[place] ^= 1;
    }
    fs::write(&data, bytes).unwrap();
    let output = verify(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.starts_with("head of user \"u007\" of application 1: the checksum does not match\n"),
        "{text}"
    );

    let empty = tempfile::tempdir().unwrap();
    assert_eq!(verify(empty.path(), &[]).status.code(), Some(2));
}

/// Flips bits of a folder of its own, one after the other.
fn flip(flips: u64, seed: u64) -> Outcome {
    let folder = quick_folder().unwrap();
    let runtime = runtime();
    fill(&runtime, folder.path());
    let path = folder.path().join("data.mdb");
    let original = fs::read(&path).unwrap();
    let before = dump(&runtime, folder.path());
    write_more(&runtime, folder.path());
    let after = dump(&runtime, folder.path());
    restore(folder.path(), &original);

    let mut outcome = Outcome::default();
    let mut random = 0x9e37_79b9_7f4a_7c15 ^ (seed << 32);
    for _ in 0..flips {
        let bit = next(&mut random) % (original.len() as u64 * 8);
        flip_bit(&path, &original, bit, true);
        let output = verify(folder.path(), &[]);
        match output.status.code() {
            Some(1) => {
                outcome.found += 1;
                let text = String::from_utf8(output.stdout).unwrap();
                let has_died = text.contains("nothing behind it was checked");
                outcome.died += u64::from(has_died);
            }
            Some(0) => {
                outcome.harmless += 1;
                let place = format!("bit {} of byte {} of page {}", bit % 8, bit / 8 % 4096, bit / 8 / 4096);
                if dump(&runtime, folder.path()) != before {
                    outcome.wrong.push(format!("{place}: the data differs"));
                } else if outcome.harmless % WRITES_EVERY == 0 {
                    outcome.written += 1;
                    write_more(&runtime, folder.path());
                    if dump(&runtime, folder.path()) != after || !verify(folder.path(), &[]).status.success()
                    {
                        outcome.wrong.push(format!("{place}: the data differs after more was written"));
                    }
                    restore(folder.path(), &original);
                }
            }
            _ => outcome.wrong.push(format!("{output:?}")),
        }
        flip_bit(&path, &original, bit, false);
    }
    outcome
}

fn flip_bit(path: &Path, original: &[u8], bit: u64, is_flipped: bool) {
    let file: File = OpenOptions::new().write(true).open(path).unwrap();
    let byte = original[(bit / 8) as usize];
    let byte = if is_flipped { byte ^ 1 << (bit % 8) } else { byte };
    file.write_all_at(&[byte], bit / 8).unwrap();
}

fn restore(folder: &Path, original: &[u8]) {
    fs::write(folder.join("data.mdb"), original).unwrap();
}

fn verify(folder: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_foldmark"));
    command.arg("verify").arg("--path").arg(folder).args(more).output().unwrap()
}

/// Users with records, marks, removals, groups and removed groups, and pages that are free again.
fn fill(runtime: &Runtime, folder: &Path) {
    let store = open(folder);
    for n in 0..USERS {
        let id = format!("u{n:03}");
        let user = subject(&id);
        let peers: Vec<String> = (0..n % 12).map(|peer| format!("peer{peer}")).collect();
        let members = peers.iter().map(|peer| peer_of(peer)).collect();
        run(runtime, &store, user, &Call::ImportAccount { nick: Some(&id), face_url: None });
        run(runtime, &store, user, &Call::CreateGroup { name: &format!("group of {id}"), members });
        run(runtime, &store, user, &Call::CreateGroup { name: "passing", members: vec![peer_of("x")] });
        run(runtime, &store, user, &mark("marked", 1 << (n % 64)));
        run(runtime, &store, user, &Call::DeleteGroup { name: "passing" });
    }
    for id in ["@TGS#1", "@TGS#2"] {
        run(
            runtime,
            &store,
            chat_group(id),
            &Call::CreateChatGroup { kind: "Public", name: id, owner: None },
        );
    }
    run(runtime, &store, chat_group("@TGS#2"), &Call::DestroyChatGroup);
    // A head that takes pages of its own.
    for n in 0..20 {
        let name = format!("{n:0>64}");
        run(runtime, &store, subject("u100"), &Call::CreateGroup { name: &name, members: Vec::new() });
    }
    for n in (0..USERS).step_by(3) {
        run(runtime, &store, subject(&format!("u{n:03}")), &Call::DeleteAccount);
    }
}

/// Enough commits to use free pages again.
fn write_more(runtime: &Runtime, folder: &Path) {
    let store = open(folder);
    for n in 0..USERS / 4 {
        let id = format!("u{:03}", n * 4);
        let changes = vec![MemberChange::Add(peer_of("late"))];
        run(runtime, &store, subject(&id), &Call::CreateGroup { name: "late", members: Vec::new() });
        run(runtime, &store, subject(&id), &Call::ChangeMembers { group: "late", changes });
    }
}

fn open(folder: &Path) -> EmbeddedStore {
    EmbeddedStore::open(folder, Options::default()).unwrap()
}

fn run(runtime: &Runtime, store: &EmbeddedStore, subject: Subject<'_>, call: &Call<'_>) {
    let policy =
        Policy { accounts: Registration::Open, chat_groups: Registration::Open, ..Policy::default() };
    let context = Context { now: 1_775_217_000, random: 7, policy };
    runtime.block_on(async {
        let stored = store.view(subject, Select::All).await.unwrap();
        let view = View::decode(subject, &stored, Reads::WholeWithChatGroups).unwrap();
        let Verdict::Decided(decision) = decide(&view, call, &context) else { panic!("everything was read") };
        if let Some(changes) = decision.changes {
            store.commit(subject, stored.revision(), changes).await.unwrap();
        }
    });
}

/// All data, as the server reads it.
fn dump(runtime: &Runtime, folder: &Path) -> BTreeMap<String, String> {
    let store = open(folder);
    let mut subjects = BTreeMap::new();
    for kind in [SubjectKind::User, SubjectKind::ChatGroup] {
        let mut from = WalkFrom::Start;
        loop {
            let page = runtime.block_on(store.walk(app(), kind, &from, 1000)).unwrap();
            for entry in page.entries {
                let subject = Subject::parse(app(), kind, &entry.id).unwrap();
                let stored = runtime.block_on(store.view(subject, Select::All)).unwrap();
                let view = View::decode(subject, &stored, Reads::Whole).unwrap();
                subjects.insert(format!("{kind:?} {}", entry.id), format!("{view:?}"));
            }
            let Some(next) = page.next else { break };
            from = next;
        }
    }
    subjects
}

fn runtime() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

#[expect(clippy::disallowed_methods, reason = "a test has no configuration")]
fn flips() -> u64 {
    std::env::var("FOLDMARK_FLIPS").map_or(FLIPS, |flips| flips.parse().unwrap())
}

/// The xorshift generator.
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

fn mark(peer: &str, set: u64) -> Call<'_> {
    Call::Mark {
        items: vec![MarkItem { conversation: peer_of(peer), clear: 0, set, custom: Some("custom") }],
    }
}

fn app() -> AppId {
    AppId::new(1).unwrap()
}

fn subject(id: &str) -> Subject<'_> {
    Subject::user(app(), UserId::parse(id).unwrap())
}

fn chat_group(id: &str) -> Subject<'_> {
    Subject::chat_group(app(), ChatGroupId::parse(id).unwrap())
}

fn peer_of(id: &str) -> Conversation<'_> {
    Conversation::User(UserId::parse(id).unwrap())
}
