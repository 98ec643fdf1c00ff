//! What an emulator tells is checked by the libraries that receivers use, which `cargo xtask test clients` fetches.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::tempdir;

use crate::webhooks::{OWN, PUBLIC, told};

/// The libraries are in the folder that the variable names.
#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the part of the tests that fetches the libraries says so")]
async fn libraries_of_receivers_take_what_is_told() {
    let libraries =
        std::env::var_os("FOLDMARK_WEBHOOK_LIBRARIES").expect("`cargo xtask test clients` fetches them");
    let libraries = Path::new(&libraries);
    let folder = tempdir().unwrap();
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/webhooks");
    // As while a secret is being changed: receivers may still have the old one, or the new one already.
    let (_, request) = told(
        folder.path(),
        &["--webhook-secret", OWN, "--set", &format!("apps.0.webhook.previous_secret={PUBLIC}")],
    )
    .await;
    let file = folder.path().join("request.json");
    fs::write(&file, request.to_string()).unwrap();
    let stranger = "whsec_c29tZWJvZHkgZWxzZSdzIHNlY3JldCwgMzIgYnl0ZXM=";
    for (program, script) in
        [(libraries.join("python/bin/python"), "verify.py"), ("node".into(), "verify.mjs")]
    {
        for (secret, is_right) in [(OWN, true), (PUBLIC, true), (stranger, false)] {
            let mut command = Command::new(&program);
            command.arg(scripts.join(script)).arg(&file).arg(secret).current_dir(libraries);
            let output = command.output().unwrap();
            let said = String::from_utf8_lossy(&output.stdout);
            let took = output.status.success() && said.trim() == "user.changed";
            assert_eq!(took, is_right, "{script}: {}", String::from_utf8_lossy(&output.stderr));
            let is_refusal = String::from_utf8_lossy(&output.stderr).contains("No matching signature found");
            assert_eq!(is_refusal, !is_right, "{script}");
        }
    }
}
