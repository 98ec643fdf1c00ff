//! The crates that are published: whether they say what a registry asks for, and can be packed.
//!
//! The archives are made and not built: building all of them, as `cargo publish --workspace --dry-run` does, takes minutes and
//! belongs to a release.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::run::{Outcome, run, workspace};

/// In the order in which they depend on each other.
const PUBLISHED: [&str; 6] =
    ["foldmark-core", "foldmark-wire", "foldmark-store", "foldmark-server", "foldmark-client", "foldmark"];
/// What the registry takes at most.
const KEYWORDS_MAX: usize = 5;
const CATEGORIES_MAX: usize = 5;

/// Looks at the manifests, and packs the crates.
pub(crate) fn check() -> Outcome {
    let wrong = manifests(&metadata()?);
    if !wrong.is_empty() {
        return Err(wrong.join("\n"));
    }
    let names: Vec<String> = PUBLISHED.iter().map(|name| format!("--package {name}")).collect();
    run(&format!("cargo package --no-verify --allow-dirty --locked --quiet {}", names.join(" ")))
}

/// What cargo knows of the workspace and of all that it depends on.
fn metadata() -> Result<Value, String> {
    let failed = |error: &dyn std::fmt::Display| format!("cargo metadata: {error}");
    let mut command = Command::new("cargo");
    command.args(["metadata", "--format-version", "1", "--locked"]).current_dir(workspace());
    let output = command.output().map_err(|error| failed(&error))?;
    if !output.status.success() {
        return Err(failed(&String::from_utf8_lossy(&output.stderr)));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| failed(&error))
}

/// What is wrong, a line each.
fn manifests(metadata: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let ours = |package: &Value| package["source"].is_null();
    let mut published = Vec::new();
    for package in packages.iter().filter(|package| ours(package)) {
        let name = package["name"].as_str().unwrap_or_default();
        // `publish = false` is an empty list of registries.
        if package["publish"].is_null() {
            published.push(name);
            wrong.extend(missing(package).map(|what| format!("{name}: {what}")));
        }
    }
    published.sort_unstable();
    let mut expected = PUBLISHED;
    expected.sort_unstable();
    if published != expected {
        wrong.push(format!("what is published should be {expected:?} and is {published:?}"));
    }
    let limit = packages.iter().filter(|package| ours(package)).find_map(rust_version);
    for package in packages.iter().filter(|package| rust_version(package) > limit) {
        wrong.push(format!("{} needs a newer Rust than we promise", package["name"]));
    }
    wrong
}

/// What a manifest lacks.
fn missing(package: &Value) -> impl Iterator<Item = String> {
    let mut lacks = Vec::new();
    for key in ["description", "license", "repository", "readme", "rust_version"] {
        if package[key].as_str().is_none_or(str::is_empty) {
            lacks.push(format!("{key} is missing"));
        }
    }
    for (key, most) in [("keywords", KEYWORDS_MAX), ("categories", CATEGORIES_MAX)] {
        let count = package[key].as_array().map_or(0, Vec::len);
        if !(1..=most).contains(&count) {
            lacks.push(format!("{key} must be 1 to {most}"));
        }
    }
    let folder = Path::new(package["manifest_path"].as_str().unwrap_or_default()).parent();
    for file in [package["readme"].as_str().unwrap_or_default(), "LICENSE"] {
        if !folder.is_some_and(|folder| folder.join(file).is_file()) {
            lacks.push(format!("there is no file {file}"));
        }
    }
    lacks.into_iter()
}

/// Major and minor of the oldest Rust that a package promises to build with.
fn rust_version(package: &Value) -> Option<(u32, u32)> {
    let mut parts = package["rust_version"].as_str()?.split('.').map(|part| part.parse().ok());
    Some((parts.next()??, parts.next()??))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn package(name: &str) -> Value {
        json!({
            "name": name,
            "source": null,
            "publish": null,
            "description": "d",
            "license": "Apache-2.0",
            "repository": "https://foldmark.invalid/foldmark",
            "readme": "README.md",
            "rust_version": "1.90",
            "keywords": ["chat"],
            "categories": ["database"],
            "manifest_path": concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/core/Cargo.toml"),
        })
    }

    fn workspace() -> Vec<Value> {
        PUBLISHED.iter().map(|name| package(name)).collect()
    }

    #[test]
    fn good_manifests_pass() {
        let mut packages = workspace();
        packages.push(json!({ "name": "tests", "source": null, "publish": [], "rust_version": "1.90" }));
        packages.push(json!({ "name": "other", "source": "registry", "rust_version": "1.85.1" }));
        assert_eq!(manifests(&json!({ "packages": packages })), Vec::<String>::new());
    }

    #[test]
    fn what_a_registry_would_refuse_is_found() {
        for (key, value, expected) in [
            ("description", json!(null), "foldmark-core: description is missing"),
            ("readme", json!("NONE.md"), "foldmark-core: there is no file NONE.md"),
            ("keywords", json!(["a", "b", "c", "d", "e", "f"]), "foldmark-core: keywords must be 1 to 5"),
            ("categories", json!([]), "foldmark-core: categories must be 1 to 5"),
        ] {
            let mut packages = workspace();
            packages[0][key] = value;
            assert_eq!(manifests(&json!({ "packages": packages })), [expected]);
        }
    }

    #[test]
    fn a_crate_too_many_or_too_new_is_found() {
        let mut packages = workspace();
        packages.push(package("foldmark-tests"));
        packages.push(json!({ "name": "other", "source": "registry", "rust_version": "1.91" }));
        let wrong = manifests(&json!({ "packages": packages }));
        assert!(
            wrong.len() == 2 && wrong[0].contains("foldmark-tests") && wrong[1].contains("other"),
            "{wrong:?}"
        );
    }
}
