//! The part `console`: fetches what the harness in `consoletest/` needs beside the product, and runs it.
//!
//! The browser and its fonts are Debian's. What comes from elsewhere is named with its version in `consoletest/tools/`,
//! and kept in the target folder for the next run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use foldmark_harness::{fetch, install_debian};

use crate::packages::target_folder;
use crate::run::{Outcome, run, workspace};

/// Commands that succeed where everything is there, and the packages that bring what they need.
const PROGRAMS: &[(&str, &str)] = &[
    ("chromium --version", "chromium"),
    ("chromedriver --version", "chromium-driver"),
    ("npm --version", "npm"),
    ("python3 -m ensurepip --version", "python3-venv"),
];

/// Without these, Chinese and emoji would be boxes on the pictures.
const FONTS: &[(&str, &str)] = &[
    ("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", "fonts-wqy-microhei"),
    ("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf", "fonts-noto-color-emoji"),
    ("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", "fonts-dejavu-core"),
];

/// The part `console`.
pub(crate) fn test() -> Outcome {
    install()?;
    let tools = Tools { folder: target_folder().join("console-tools") };
    tools.python()?;
    tools.npm()?;
    run("cargo build --release --locked --quiet --package foldmark --package foldmark-consoletest")?;
    let harness = target_folder().join("release/foldmark-consoletest");
    run(&format!("{} openapi --programs {}", harness.display(), tools.programs().display()))?;
    let pictures = target_folder().join("console");
    run(&format!(
        "{} console --axe {} --out {}",
        harness.display(),
        tools.axe().display(),
        pictures.display()
    ))
}

/// Fetches what other tests in the browser need, and gives the file of axe-core.
pub(crate) fn browser() -> Result<PathBuf, String> {
    install()?;
    let tools = Tools { folder: target_folder().join("console-tools") };
    tools.npm()?;
    Ok(tools.axe())
}

/// Fetches Debian's packages that are missing.
fn install() -> Outcome {
    let programs = PROGRAMS.iter().filter(|(line, _)| !succeeds(line));
    let fonts = FONTS.iter().filter(|(file, _)| !Path::new(file).exists());
    let missing: Vec<&str> = programs.chain(fonts).map(|(_, package)| *package).collect();
    install_debian(&missing)
}

/// Whether a command, split at spaces, can be run and ends well. It says nothing.
fn succeeds(line: &str) -> bool {
    let mut words = line.split(' ');
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words).output().is_ok_and(|output| output.status.success())
}

/// What comes from the registries of Python and npm.
struct Tools {
    folder: PathBuf,
}

impl Tools {
    /// The folder of the Python programs.
    fn programs(&self) -> PathBuf {
        self.folder.join("python/bin")
    }

    /// The file of axe-core.
    fn axe(&self) -> PathBuf {
        self.folder.join("node_modules/axe-core/axe.min.js")
    }

    /// Fetches what `package-lock.json` names, whose digests npm compares.
    fn npm(&self) -> Outcome {
        self.keep("package-lock.json", |folder, lock| {
            for list in [lock, &lock.with_file_name("package.json")] {
                let name = list.file_name().ok_or("a list without a name")?;
                fs::copy(list, folder.join(name)).map_err(|error| format!("{}: {error}", list.display()))?;
            }
            let line = "npm ci --ignore-scripts --no-audit --no-fund --loglevel=error --prefix";
            fetch("axe-core", || run(&format!("{line} {}", folder.display())))
        })
    }

    /// Makes an environment with the programs of `requirements.txt`, unless the one that is there was made of the same.
    fn python(&self) -> Outcome {
        self.keep("requirements.txt", |folder, list| {
            let environment = folder.join("python");
            if environment.exists() {
                fs::remove_dir_all(&environment).map_err(|error| error.to_string())?;
            }
            run(&format!("python3 -m venv {}", environment.display()))?;
            let pip = environment.join("bin/pip");
            let line = format!(
                "{} install --quiet --disable-pip-version-check --no-deps --requirement {}",
                pip.display(),
                list.display()
            );
            fetch("the programs in Python", || run(&line))
        })
    }

    /// Calls `make` with the list `name`, unless the same list was made before.
    fn keep(&self, name: &str, make: impl Fn(&Path, &Path) -> Outcome) -> Outcome {
        let told = |error: std::io::Error| format!("{}: {error}", self.folder.display());
        fs::create_dir_all(&self.folder).map_err(told)?;
        let list = Path::new(workspace()).join("consoletest/tools").join(name);
        let wanted = fs::read_to_string(&list).map_err(|error| format!("{}: {error}", list.display()))?;
        let made = self.folder.join(format!("{name}.made"));
        if fs::read_to_string(&made).is_ok_and(|made| made == wanted) {
            return Ok(());
        }
        make(&self.folder, &list)?;
        fs::write(&made, wanted).map_err(told)
    }
}
