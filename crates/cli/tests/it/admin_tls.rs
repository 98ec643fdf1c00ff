//! Commands that speak to a running server whose admin listener is encrypted.

use std::fs;
use std::path::Path;

use crate::operate::{Place, key};
use crate::support::{Ended, KEY, Process, run};
use crate::transfer::{export, succeed};

/// A certificate for a name by which nobody calls, and its key.
pub(crate) fn certificate(folder: &Path, name: &str) {
    let made = rcgen::generate_simple_self_signed(["chat.example".to_owned()]).unwrap();
    fs::write(folder.join(format!("{name}.crt")), made.cert.pem()).unwrap();
    fs::write(folder.join(format!("{name}.key")), made.signing_key.serialize_pem()).unwrap();
}

pub(crate) fn tls(name: &str) -> String {
    format!("[server.tls]\ncertificate = \"{name}.crt\"\nkey = \"{name}.key\"\n")
}

fn encrypted() -> (Place, Process) {
    let place = Place::new(&key(KEY), &format!("tls = true\n{}", tls("a")));
    certificate(place.path(), "a");
    certificate(place.path(), "b");
    let server = place.serve();
    (place, server)
}

fn with(place: &Place, args: &[&str]) -> Ended {
    run(place.path(), &[args, &["--config", "foldmark.toml"]].concat())
}

#[test]
fn every_command_trusts_the_configured_certificate() {
    let (place, mut server) = encrypted();
    let admin = format!("https://127.0.0.1:{}", place.ports[1]);
    let healthy = with(&place, &["health"]);
    assert_eq!((healthy.status, healthy.stdout.as_str()), (0, "ready\n"), "{}", healthy.stderr);
    succeed(&with(&place, &["health", "--url", &admin]));
    let reloaded = with(&place, &["reload"]);
    assert_eq!((reloaded.status, reloaded.stdout.as_str()), (0, "reloaded; applications: 1\n"));

    fs::write(place.path().join("in.jsonl"), export()).unwrap();
    succeed(&with(&place, &["import", "in.jsonl"]));
    let exported = with(&place, &["export", "-"]);
    succeed(&exported);
    assert_eq!(exported.stdout.matches("{\"User\"").count(), 700);
    succeed(&with(&place, &["backup", "out.tar"]));
    let checked = with(&place, &["verify", "out.tar"]);
    assert!(checked.stdout.starts_with("sound: 700 users and 10 chat groups"), "{}", checked.stdout);
    assert_eq!(server.end("TERM").code(), Some(0));

    // A command's own server is reached as before.
    let exported = with(&place, &["export", "-"]);
    succeed(&exported);
    assert_eq!(exported.stdout.matches("{\"User\"").count(), 700);
}

#[test]
fn no_other_certificate_is_trusted_and_nothing_is_sent() {
    let (place, _server) = encrypted();
    let admin = format!("https://127.0.0.1:{}", place.ports[1]);
    let other = ["--set", "server.tls.certificate=b.crt", "--set", "server.tls.key=b.key"];
    for (args, status) in
        [(&["reload"][..], 3), (&["export", "-"], 3), (&["backup", "out.tar"], 3), (&["health"], 1)]
    {
        let ended = with(&place, &[args, &other].concat());
        assert_eq!((ended.status, ended.stdout.matches("User").count()), (status, 0), "{args:?}");
        assert!(ended.stderr.contains("not the one in server.tls.certificate"), "{}", ended.stderr);
    }
    assert!(!place.path().join("out.tar").exists());
    // Without a configuration the system's certificates count, among which it is not.
    let stranger = run(place.path(), &["health", "--url", &admin]);
    assert_eq!(stranger.status, 1);
    assert!(stranger.stderr.contains("certificate"), "{}", stranger.stderr);
    let plain = run(place.path(), &["health", "--url", &admin.replace("https", "http")]);
    assert_eq!((plain.status, plain.stdout.as_str()), (1, ""));
}
