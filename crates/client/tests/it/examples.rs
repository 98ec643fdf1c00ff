//! Every example, run as a program against the real server.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use tokio::runtime::Runtime;

use crate::support::{KEY, SDKAPPID, real, url};

/// Each example, and what it prints.
const EXAMPLES: [(&str, &[&str]); 7] = [
    ("quick_start", &["quick_0002 has a star"]),
    ("folders", &["nobody: 50001", "projects holds [\"@TGS#", "\"folder_0003\"]"]),
    ("marks", &["mark_0002: 0", "has the bits 100000000000000000000000000000001 and \"vip\""]),
    ("paging", &["250 records", "3 pages, nothing was changed meanwhile"]),
    (
        "watch",
        &[
            "all that was kept: ",
            "watch_0002 has a star",
            "watch_0002 has no marks",
            "the watch went on behind it",
        ],
    ),
    ("blocking", &["blocking_0002 has the bits 1"]),
    (
        "errors",
        &[
            "(50001): nothing was changed; doing it again will not help",
            "error_0002: 50001",
            "cannot connect",
            "nothing was changed; do it again later",
        ],
    ),
];

#[test]
fn each_does_what_it_says() {
    let runtime = Runtime::new().unwrap();
    let (server, _) = runtime.block_on(real(&[]));
    let folder = tempfile::tempdir().unwrap();
    let key_file = folder.path().join("app.key");
    fs::write(&key_file, format!("{KEY}\n")).unwrap();
    // The second time each finds what the first one has left.
    for (name, expected) in EXAMPLES.into_iter().chain(EXAMPLES) {
        let output = Command::new(program(name))
            .args([&url(&server), &SDKAPPID.to_string()])
            .arg(&key_file)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{name}: {said}{}", String::from_utf8_lossy(&output.stderr));
        for text in expected {
            assert!(said.contains(text), "{name} does not say {text:?}:\n{said}");
        }
    }
    assert!(runtime.block_on(server.stop()));
}

#[test]
fn none_is_left_out() {
    let files = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")).unwrap();
    let names: BTreeSet<_> = files.map(|file| file.unwrap().path().file_stem().unwrap().to_owned()).collect();
    assert_eq!(names, EXAMPLES.iter().map(|(name, _)| (*name).into()).collect());
}

/// The program of an example, which `cargo test` has built beside the tests.
fn program(name: &str) -> PathBuf {
    let tests = env::current_exe().unwrap();
    let path = tests.parent().and_then(Path::parent).unwrap().join("examples").join(name);
    assert!(path.exists(), "{} is missing: `cargo test -p foldmark-client` builds it", path.display());
    path
}
