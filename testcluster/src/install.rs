//! Installing what a node needs: Java 17 and the jars of Cassandra.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use foldmark_harness::{fetch, install_debian};

use crate::{Error, jars_folder};

/// The version of Cassandra under test.
const CASSANDRA: &str = "5.0.6";
/// The version of Java that this Cassandra runs on. Newer ones do not start it.
const JAVA: &str = "17";
/// How much of a failed program's output is told.
const OUTPUT_BYTES: usize = 4_000;

/// The `java` program of version 17, installed if it is missing.
pub(crate) fn java() -> Result<PathBuf, Error> {
    if let Some(found) = find_java() {
        return Ok(found);
    }
    apt_install("openjdk-17-jre-headless")?;
    find_java().ok_or_else(|| Error::Install {
        command: "java -version".to_owned(),
        output: format!("no Java {JAVA} was found after its installation"),
    })
}

/// The folder with the jars of Cassandra and everything that it depends on, fetched if it is missing.
pub(crate) fn jars() -> Result<PathBuf, Error> {
    let folder = jars_folder();
    let jars = folder.join(CASSANDRA);
    if jars.is_dir() {
        return Ok(jars);
    }
    if !works(Command::new("mvn").arg("-version")) {
        apt_install("maven")?;
    }
    fs::create_dir_all(&folder)
        .map_err(|source| Error::io(format!("create {}", folder.display()), source))?;
    let fetched = tempfile::Builder::new()
        .prefix("fetching-")
        .tempdir_in(&folder)
        .map_err(|source| Error::io(format!("create a folder in {}", folder.display()), source))?;
    fs::write(fetched.path().join("pom.xml"), pom())
        .map_err(|source| Error::io("write a pom.xml", source))?;
    let lib = fetched.path().join("lib");
    fetch("Cassandra's jars", || {
        let mut maven = Command::new("mvn");
        maven
            .current_dir(fetched.path())
            .args(["-q", "-B", "dependency:copy-dependencies", "-DincludeScope=runtime"])
            // A registry that says nothing for two minutes is asked again.
            .arg("-Dmaven.wagon.rto=120000")
            .arg(format!("-DoutputDirectory={}", lib.display()));
        run(&mut maven)
    })?;
    // Renamed into place, so that a folder of that name is always complete. Another run may have been faster.
    match fs::rename(&lib, &jars) {
        Err(source) if !jars.is_dir() => Err(Error::io(format!("create {}", jars.display()), source)),
        _ => Ok(jars),
    }
}

fn pom() -> String {
    format!(
        "<project xmlns=\"http://maven.apache.org/POM/4.0.0\">\n\
         <modelVersion>4.0.0</modelVersion>\n\
         <groupId>foldmark</groupId>\n\
         <artifactId>testcluster</artifactId>\n\
         <version>1</version>\n\
         <dependencies><dependency>\n\
         <groupId>org.apache.cassandra</groupId>\n\
         <artifactId>cassandra-all</artifactId>\n\
         <version>{CASSANDRA}</version>\n\
         </dependency></dependencies>\n\
         </project>\n"
    )
}

#[expect(clippy::disallowed_methods, reason = "JAVA_HOME is where machines tell which Java to use")]
fn find_java() -> Option<PathBuf> {
    let mut candidates = Vec::new();
    if let Some(home) = std::env::var_os("JAVA_HOME") {
        candidates.push(Path::new(&home).join("bin/java"));
    }
    candidates.push(PathBuf::from("java"));
    for machine in ["amd64", "arm64"] {
        candidates.push(PathBuf::from(format!("/usr/lib/jvm/java-17-openjdk-{machine}/bin/java")));
    }
    candidates.into_iter().find(|java| is_java_17(java))
}

fn is_java_17(java: &Path) -> bool {
    let Ok(output) = Command::new(java).arg("-version").output() else {
        return false;
    };
    // It says `openjdk version "17.0.15" 2025-04-15`, to the error stream.
    let text = String::from_utf8_lossy(&output.stderr);
    output.status.success() && text.contains(&format!("version \"{JAVA}"))
}

fn apt_install(package: &str) -> Result<(), Error> {
    install_debian(&[package])
        .map_err(|output| Error::Install { command: format!("apt-get install {package}"), output })
}

fn works(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

fn run(command: &mut Command) -> Result<(), Error> {
    let line = format!("{command:?}");
    let output =
        command.stdin(Stdio::null()).output().map_err(|source| Error::io(format!("run {line}"), source))?;
    if output.status.success() {
        return Ok(());
    }
    let mut said = String::from_utf8_lossy(&output.stdout).into_owned();
    said.push_str(&String::from_utf8_lossy(&output.stderr));
    Err(Error::Install { command: line, output: end_of(&said, OUTPUT_BYTES).to_owned() })
}

/// The last `bytes` of a text, or a little more.
pub(crate) fn end_of(text: &str, bytes: usize) -> &str {
    let mut start = text.len().saturating_sub(bytes);
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    &text[start..]
}
