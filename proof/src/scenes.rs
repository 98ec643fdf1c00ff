//! Claims that are tried one after the other, each in a folder of its own, all of them even if some do not hold.

use std::path::Path;

use foldmark_harness::{Watch, quick_folder, say};

/// A claim: it gets the program and a folder of its own, and says what it saw.
pub(crate) type Scene = fn(&Path, &Path) -> Result<String, String>;

/// Tries the scenes of these names, or all. `title` stands before each line.
pub(crate) fn run(
    title: &str,
    scenes: &[(&str, Scene)],
    names: &[String],
    binary: &Path,
) -> Result<(), String> {
    let watch = Watch::start();
    if let Some(name) = names.iter().find(|name| scenes.iter().all(|(known, _)| known != name)) {
        let known: Vec<&str> = scenes.iter().map(|(name, _)| *name).collect();
        return Err(format!("{title}: there is no {name:?}, but {}", known.join(", ")));
    }
    let chosen = |name: &str| names.is_empty() || names.iter().any(|chosen| chosen == name);
    let mut failed = Vec::new();
    let mut count = 0;
    for (name, scene) in scenes.iter().filter(|(name, _)| chosen(name)) {
        count += 1;
        let home = quick_folder().map_err(|error| error.to_string())?;
        let watch = Watch::start();
        match scene(binary, home.path()) {
            Ok(seen) => say(&format!("{title}: {name}: {seen} ({:.1} s)", watch.seconds())),
            Err(error) => {
                say(&format!("{title}: {name}: FAILED: {error}"));
                failed.push(*name);
            }
        }
    }
    say(&format!("{title}: {count} in {:.1} s, {} not as claimed", watch.seconds(), failed.len()));
    match failed.is_empty() {
        true => Ok(()),
        false => Err(format!("not as claimed: {}", failed.join(", "))),
    }
}
