//! Clients that existing generators make from the OpenAPI document which the server gives: one scenario with each. It
//! shows that the document is one, that generators understand it, and that it says what the server does.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::Failure;
use crate::cases::Cases;
use crate::programs::{Programs, output, run as quietly};
use crate::scripts::{collect, with_access};
use crate::server::World;

const PYTHON: &str = "Python by openapi-python-client 0.29.1";
const TYPESCRIPT: &str = "TypeScript by openapi-typescript 7.13.0";

/// Generates and runs both.
pub(crate) fn run(world: &World, programs: &Programs, cases: &mut Cases) -> Result<(), Failure> {
    let document = world.file("openapi.json");
    let url = format!("{}/openapi.json", world.admin_url());
    let mut fetch = Command::new("curl");
    fetch.args(["-sS", "--fail", "--noproxy", "*", "-o"]).arg(&document).arg(url);
    output(&mut fetch)?;
    cases.add(PYTHON, "is generated without a warning", generate_python(programs, &document));
    let mut python = Command::new(programs.python());
    python.arg("scenario.py").current_dir(programs.folder("python"));
    collect(PYTHON, with_access(&mut python, world), cases);

    cases.add(
        TYPESCRIPT,
        "is generated and passes the strict compiler",
        generate_typescript(programs, &document),
    );
    let mut node = Command::new("node");
    node.arg("scenario.mjs").current_dir(programs.folder("node"));
    collect(TYPESCRIPT, with_access(&mut node, world), cases);
    Ok(())
}

fn generate_python(programs: &Programs, document: &Path) -> Result<(), Failure> {
    let at = programs.folder("python");
    let mut generate = Command::new("environment/bin/openapi-python-client");
    generate.args(["generate", "--meta", "none", "--overwrite", "--fail-on-warning"]);
    generate.args(["--output-path", "foldmark_api", "--path"]).arg(document).current_dir(&at);
    // The generator formats what it made by a program that is installed beside it.
    let path = std::env::join_paths(std::iter::once(at.join("environment/bin")).chain(search_path()));
    generate.env("PATH", path.map_err(|error| error.to_string())?);
    output(&mut generate).map(drop)
}

fn generate_typescript(programs: &Programs, document: &Path) -> Result<(), Failure> {
    let at = programs.folder("node");
    // What an earlier run left must not stand in for what fails now.
    let _ = fs::remove_file(at.join("scenario.mjs"));
    let document = document.display().to_string();
    quietly("node_modules/.bin/openapi-typescript", &[&document, "--output", "foldmark_api.d.ts"], &at)?;
    quietly("node_modules/.bin/tsc", &["--project", "."], &at)
}

#[expect(clippy::disallowed_methods, reason = "the programs of the machine are found by PATH")]
fn search_path() -> Vec<std::path::PathBuf> {
    std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default()
}
