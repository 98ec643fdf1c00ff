//! The configuration file. What is wrong is said in words, and never repeats a secret.

#![no_main]

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process;
use std::sync::LazyLock;

use foldmark_server::config::{self, describe};
use libfuzzer_sys::fuzz_target;

/// A file of this process; in memory where there is such a folder.
static FILE: LazyLock<PathBuf> = LazyLock::new(|| {
    let memory = PathBuf::from("/dev/shm");
    let folder = if memory.is_dir() { memory } else { std::env::temp_dir() };
    folder.join(format!("foldmark-fuzz-{}.toml", process::id()))
});

fuzz_target!(|data: &[u8]| {
    // A key file that is a terminal or a pipe would be waited for.
    if data.windows(5).any(|window| window == b"_file") {
        return;
    }
    fs::write(&*FILE, data).expect("the file can be written");
    match config::load(Some(&FILE), &BTreeMap::new(), &[]) {
        Ok(settings) => {
            let _ = describe(&settings);
        }
        Err(error) => assert!(!error.problems().is_empty()),
    }
});
