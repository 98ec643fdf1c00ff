//! `foldmark backup`, `foldmark restore`, and `foldmark verify` of backups.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use foldmark_harness::free_port;
use tempfile::tempdir;

use crate::support::{KEY, Process, foldmark, run};
use crate::transfer::{digest, export, succeed};

/// Arguments that all commands about one service share: an admin listener on a free port, and an application.
fn config(more: &[&str]) -> Vec<String> {
    let port = free_port().unwrap();
    let mut all = vec![format!("admin.listen=127.0.0.1:{port}")];
    all.extend(["apps.0.sdkappid=1400000000".to_owned(), format!("apps.0.key={KEY}")]);
    all.extend(more.iter().map(|setting| (*setting).to_owned()));
    all.into_iter().flat_map(|setting| ["--set".to_owned(), setting]).collect()
}

fn with<'a>(args: &[&'a str], config: &'a [String]) -> Vec<&'a str> {
    args.iter().copied().chain(config.iter().map(String::as_str)).collect()
}

/// A folder with data in `data`.
fn filled(folder: &Path) {
    fs::write(folder.join("in.jsonl"), export()).unwrap();
    succeed(&run(folder, &["import", "in.jsonl"]));
}

fn digest_of(folder: &Path, path: &str) -> String {
    let verified = run(folder, &["verify", "--path", path]);
    succeed(&verified);
    verified.stdout.trim().rsplit_once("digest ").expect("nothing was written meanwhile").1.to_owned()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort_unstable();
    names
}

#[test]
fn a_folder_becomes_one_file_and_a_folder_again() {
    let folder = tempdir().unwrap();
    filled(folder.path());
    let made = run(folder.path(), &["backup", "out.tar"]);
    succeed(&made);
    assert!(
        made.stderr.starts_with("backup of 700 users and 10 chat groups, all at one moment between "),
        "{}",
        made.stderr
    );
    let out = folder.path().join("out.tar");
    assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
    let checked = run(folder.path(), &["verify", "out.tar"]);
    succeed(&checked);
    assert!(checked.stdout.starts_with("sound: 700 users and 10 chat groups"), "{}", checked.stdout);

    let restored = run(folder.path(), &["restore", "out.tar", "--set", "store.path=again"]);
    succeed(&restored);
    assert!(
        restored.stdout.starts_with("sound: 700 users, 10 chat groups, 2100 records"),
        "{}",
        restored.stdout
    );
    assert_eq!(digest_of(folder.path(), "again"), digest(folder.path()));
    let served = run(folder.path(), &["export", "-", "--set", "store.path=again"]);
    succeed(&served);
    assert_eq!(served.stdout.matches("{\"User\"").count(), 700);

    // Nothing that is there is written over.
    let before = fs::read(&out).unwrap();
    let refused = run(folder.path(), &["backup", "out.tar"]);
    assert_eq!(refused.status, 2);
    assert!(refused.stderr.contains("--force"), "{}", refused.stderr);
    assert_eq!(fs::read(&out).unwrap(), before);
    succeed(&run(folder.path(), &["backup", "out.tar", "--force"]));
    let refused = run(folder.path(), &["restore", "out.tar"]);
    assert_eq!(refused.status, 2);
    assert!(refused.stderr.contains("data is not empty: it holds "), "{}", refused.stderr);
    assert_eq!(digest_of(folder.path(), "again"), digest(folder.path()));
    let absent = run(folder.path(), &["restore", "absent.tar", "--set", "store.path=more"]);
    assert_eq!(absent.status, 2, "{}", absent.stderr);
    let left: Vec<_> = names(folder.path()).into_iter().filter(|name| name.contains("partial")).collect();
    assert_eq!(left, [""; 0]);
}

#[test]
fn a_running_server_is_backed_up_and_its_secrets_only_if_asked_for() {
    let folder = tempdir().unwrap();
    filled(folder.path());
    let config = config(&[]);
    succeed(&run(folder.path(), &with(&["admin-token", "--viewer"], &config)));
    let serve = with(&["serve", "--set", "server.listen=127.0.0.1:0"], &config);
    let mut server = Process::start(&mut foldmark(folder.path(), &serve));
    server.stderr.url();
    succeed(&run(folder.path(), &with(&["backup", "plain.tar"], &config)));
    let with_secrets = run(folder.path(), &with(&["backup", "whole.tar", "--with-secrets"], &config));
    succeed(&with_secrets);
    assert!(with_secrets.stderr.contains("readable by its owner alone"), "{}", with_secrets.stderr);
    server.end("KILL");

    let holds_key = |name: &str| {
        let bytes = fs::read(folder.path().join(name)).unwrap();
        bytes.windows(KEY.len()).any(|window| window == KEY.as_bytes())
    };
    assert!(!holds_key("plain.tar") && holds_key("whole.tar"));
    assert_eq!(fs::metadata(folder.path().join("whole.tar")).unwrap().permissions().mode() & 0o777, 0o600);
    let checked = run(folder.path(), &["restore", "whole.tar", "--check", "--config-out", "found.toml"]);
    succeed(&checked);
    assert!(checked.stdout.contains("with secrets"), "{}", checked.stdout);
    // The configuration that was in the backup is complete.
    let restore = ["restore", "whole.tar", "--config", "found.toml", "--set", "store.path=again"];
    succeed(&run(folder.path(), &restore));
    assert_eq!(digest_of(folder.path(), "again"), digest(folder.path()));
    for name in ["admin.token", "viewer.token"] {
        let token = |path: &str| fs::read_to_string(folder.path().join(path).join(name)).unwrap();
        assert_eq!(token("again"), token("data"));
    }
    succeed(&run(folder.path(), &["restore", "plain.tar", "--set", "store.path=more"]));
    assert!(
        !folder.path().join("more/admin.token").exists() && !folder.path().join("more/viewer.token").exists()
    );
    // Without its key it says so.
    succeed(&run(folder.path(), &["restore", "plain.tar", "--check", "--config-out", "masked.toml"]));
    let refused = run(folder.path(), &["check-config", "--config", "masked.toml"]);
    assert!(refused.status == 2 && refused.stderr.contains("apps.0.key: is required"), "{}", refused.stderr);
}

#[test]
fn a_damaged_backup_is_refused_and_leaves_no_data() {
    let folder = tempdir().unwrap();
    filled(folder.path());
    succeed(&run(folder.path(), &["backup", "out.tar"]));
    let whole = fs::read(folder.path().join("out.tar")).unwrap();
    let mut damaged = Vec::new();
    for part in [0, 1, 2, 3] {
        let mut bytes = whole.clone();
        let at = whole.len() * (2 * part + 1) / 8;
        bytes[at] ^= 1;
        damaged.push(bytes);
        damaged.push(whole[..at].to_vec());
    }
    for bytes in damaged {
        fs::write(folder.path().join("bad.tar"), bytes).unwrap();
        assert_eq!(run(folder.path(), &["verify", "bad.tar"]).status, 1);
        let refused = run(folder.path(), &["restore", "bad.tar", "--set", "store.path=again"]);
        assert_eq!(refused.status, 1, "{}", refused.stderr);
        assert!(refused.stderr.starts_with("foldmark: bad.tar: "), "{}", refused.stderr);
        assert_eq!(names(&folder.path().join("again")), ["foldmark.lock"]);
    }
    succeed(&run(folder.path(), &["restore", "out.tar", "--set", "store.path=again"]));
}

#[test]
fn a_restore_that_is_killed_leaves_nothing_to_serve_and_is_repeated() {
    let folder = tempdir().unwrap();
    filled(folder.path());
    succeed(&run(folder.path(), &["backup", "out.tar"]));
    let whole = fs::read(folder.path().join("out.tar")).unwrap();
    // A pipe holds the restore where it is.
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).stdin(Stdio::null()).status().unwrap().success());
    let restore = ["restore", "pipe", "--set", "store.path=again"];
    let mut restoring = Process::start(&mut foldmark(folder.path(), &restore));
    let mut feed = File::options().write(true).open(&pipe).unwrap();
    feed.write_all(&whole[..whole.len() * 3 / 4]).unwrap();
    let inner = folder.path().join("again/restoring/data.mdb");
    while !inner.metadata().is_ok_and(|facts| facts.len() > 0) {
        std::thread::yield_now();
    }
    restoring.end("KILL");
    drop(feed);

    let refused = run(folder.path(), &["export", "-", "--set", "store.path=again"]);
    assert_eq!(refused.status, 1);
    assert!(refused.stderr.contains("a restore into it was cut off: run it again"), "{}", refused.stderr);
    succeed(&run(folder.path(), &["restore", "out.tar", "--set", "store.path=again"]));
    assert_eq!(names(&folder.path().join("again")), ["data.mdb", "foldmark.lock", "lock.mdb"]);
    assert_eq!(digest_of(folder.path(), "again"), digest(folder.path()));
}

#[test]
fn a_store_in_memory_is_backed_up_user_by_user() {
    let folder = tempdir().unwrap();
    filled(folder.path());
    let token = format!("admin.token_file={}", folder.path().join("token").display());
    let config = config(&["store.kind=memory", &token]);
    let serve = with(&["serve", "--set", "server.listen=127.0.0.1:0"], &config);
    let server = Process::start(&mut foldmark(folder.path(), &serve));
    server.stderr.url();
    succeed(&run(folder.path(), &with(&["import", "in.jsonl"], &config)));
    let made = run(folder.path(), &with(&["backup", "out.tar"], &config));
    succeed(&made);
    assert!(made.stderr.contains("each at one moment"), "{}", made.stderr);

    // An export needs to know the applications; a snapshot does not.
    let app = format!("apps.0.key={KEY}");
    let other = ["--set", "apps.0.sdkappid=7", "--set", &app, "--set", "store.path=again"];
    let refused = run(folder.path(), &[&["restore", "out.tar"][..], &other].concat());
    assert_eq!(refused.status, 2);
    assert!(refused.stderr.contains("application 1400000000, which is not configured"), "{}", refused.stderr);
    let right = ["--set", "apps.0.sdkappid=1400000000", "--set", &app, "--set", "store.path=again"];
    succeed(&run(folder.path(), &[&["restore", "out.tar"][..], &right].concat()));
    assert_eq!(digest_of(folder.path(), "again"), digest(folder.path()));
    let refused = run(folder.path(), &with(&["restore", "out.tar"], &config));
    assert_eq!(refused.status, 2);
    assert!(refused.stderr.contains("store.kind is memory"), "{}", refused.stderr);
}

#[test]
fn a_backup_goes_through_a_pipe() {
    let folder = tempdir().unwrap();
    filled(folder.path());
    let out = foldmark(folder.path(), &["backup", "-"]).output().unwrap();
    assert!(out.status.success());
    fs::write(folder.path().join("piped.tar"), out.stdout).unwrap();
    succeed(&run(folder.path(), &["verify", "piped.tar"]));
    assert!(
        names(&folder.path().join("data")).iter().all(|name| !name.contains("tmp")),
        "nothing is left behind"
    );
}
