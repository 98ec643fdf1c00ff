//! What the clients in other languages need: installed once below `target/clients`, in the versions of the lock files,
//! from the registries of their languages.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use foldmark_harness::fetch;

use crate::{Failure, home};

/// Where each language's client is ready to run.
pub(crate) struct Programs {
    folder: PathBuf,
}

impl Programs {
    /// Installs what is not there, or not as the lock files say.
    pub(crate) fn new() -> Result<Programs, Failure> {
        let folder = home().join("target/clients");
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let programs = Programs { folder };
        programs.install("python", &["requirements.txt"], |at| {
            run("python3", &["-m", "venv", "--clear", "environment"], at)?;
            let install = ["install", "--quiet", "--no-deps", "--requirement", "requirements.txt"];
            run("environment/bin/pip", &install, at)
        })?;
        programs.install("node", &["package.json", "package-lock.json"], |at| {
            run("npm", &["ci", "--no-audit", "--no-fund", "--loglevel=error"], at)
        })?;
        programs.install("go", &["go.mod", "go.sum", "main.go"], |at| {
            run("go", &["build", "-mod=readonly", "-o", "client", "."], at)
        })?;
        programs.install("java", &["pom.xml"], |at| {
            run("mvn", &["--batch-mode", "--quiet", "-Dmaven.wagon.rto=120000", "--no-transfer-progress", "process-resources"], at)
        })?;
        Ok(programs)
    }

    /// The folder in which a language's packages are, and copies of this repository's scripts for it.
    pub(crate) fn folder(&self, language: &str) -> PathBuf {
        self.folder.join(language)
    }

    /// Python with the clients installed.
    pub(crate) fn python(&self) -> PathBuf {
        self.folder.join("python/environment/bin/python")
    }

    /// Copies the scripts of a language, and has its packages installed if `locks` have changed since.
    fn install(
        &self,
        language: &str,
        locks: &[&str],
        install: fn(&Path) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let at = self.folder(language);
        fs::create_dir_all(&at).map_err(|error| format!("{}: {error}", at.display()))?;
        let source = home().join(language);
        for entry in fs::read_dir(&source).map_err(|error| format!("{}: {error}", source.display()))? {
            let file = entry.map_err(|error| error.to_string())?.path();
            if let Some(name) = file.file_name() {
                fs::copy(&file, at.join(name)).map_err(|error| format!("{}: {error}", file.display()))?;
            }
        }
        let mut wanted = String::new();
        for lock in locks {
            wanted += &fs::read_to_string(at.join(lock)).map_err(|error| format!("{lock}: {error}"))?;
        }
        let stamp = at.join("installed");
        if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
            return Ok(());
        }
        eprintln!("conformance: installing what the clients in {language} need");
        fetch(language, || install(&at).map_err(|error| error.to_string()))?;
        fs::write(&stamp, wanted).map_err(|error| format!("{}: {error}", stamp.display()))
    }
}

/// Runs a program that prints nothing of interest unless it fails.
pub(crate) fn run(program: &str, arguments: &[&str], folder: &Path) -> Result<(), Failure> {
    let own = folder.join(program);
    let program = if own.exists() { own } else { PathBuf::from(program) };
    output(Command::new(&program).args(arguments).current_dir(folder)).map(drop)
}

/// Runs a command, and gives what it prints.
pub(crate) fn output(command: &mut Command) -> Result<String, Failure> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    match output.status.success() {
        true => Ok(text),
        false => {
            Err(format!("{command:?}: {}\n{text}{}", output.status, String::from_utf8_lossy(&output.stderr)))
        }
    }
}
