//! Small C libraries that are put under a process, between it and the C library.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Makes a library of C source, in `folder`, and gives its path for `LD_PRELOAD`.
pub(crate) fn compile(source: &str, name: &str, folder: &Path) -> Result<PathBuf, String> {
    let c_file = folder.join(format!("{name}.c"));
    let library = folder.join(format!("lib{name}.so"));
    fs::write(&c_file, source).map_err(|error| error.to_string())?;
    let output = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-pthread", "-o"])
        .arg(&library)
        .arg(&c_file)
        .arg("-ldl")
        .output()
        .map_err(|error| format!("the C compiler cc is needed: {error}"))?;
    match output.status.success() {
        true => Ok(library),
        false => Err(format!("cc does not take {name}.c: {}", String::from_utf8_lossy(&output.stderr))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_libraries_are_valid_c_and_nonsense_is_not() {
        let folder = tempfile::tempdir().unwrap();
        compile(include_str!("recorder.c"), "recorder", folder.path()).unwrap();
        compile(include_str!("faults.c"), "faults", folder.path()).unwrap();
        let error = compile("int x = ;", "nonsense", folder.path()).unwrap_err();
        assert!(error.contains("nonsense"), "{error}");
    }
}
