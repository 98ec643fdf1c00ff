//! What the commands say about a cluster without one being there.

use std::net::TcpListener;

use tempfile::tempdir;

use crate::support::run;

const CLUSTER: [&str; 2] = ["--set", "store.kind=cassandra"];

#[test]
fn a_cluster_that_is_away_is_named_with_the_cause() {
    let folder = tempdir().unwrap();
    // Nobody else can have the port while it is bound, and nobody listens at the other address.
    let bound = TcpListener::bind("127.0.0.1:0").unwrap();
    let point = format!("127.0.0.2:{}", bound.local_addr().unwrap().port());
    let points = format!("store.contact_points={point}");
    let app = ["--set", "apps.0.sdkappid=1", "--set", "apps.0.key=hush", "--set", "admin.listen=off"];
    let serve = [&["serve", "--set", "server.listen=127.0.0.1:0", "--set", &points][..], &CLUSTER, &app];
    let init = [&["store", "init", "--set", &points][..], &CLUSTER];
    for args in [serve.concat(), init.concat()] {
        let ended = run(folder.path(), &args);
        assert_eq!((ended.status, ended.stdout.as_str()), (1, ""), "{}", ended.stderr);
        let last = ended.stderr.lines().last().unwrap();
        if cfg!(feature = "cassandra") {
            assert!(last.starts_with(&format!("foldmark: the store at {point}: cannot connect")), "{last}");
            assert!(last.contains("Connection refused"), "{last}");
        } else {
            assert!(last.contains("this build of Foldmark has no cluster store"), "{last}");
        }
    }
}

#[test]
fn servers_of_a_cluster_do_not_make_applications_of_their_own() {
    let folder = tempdir().unwrap();
    let points = ["--set", "store.contact_points=127.0.0.1:1"];
    let ended = run(folder.path(), &[&["serve"][..], &CLUSTER, &points].concat());
    assert_eq!(ended.status, 2);
    assert!(ended.stderr.contains("[[apps]] is required"), "{}", ended.stderr);
    let ended = run(folder.path(), &[&["demo", "--once"][..], &CLUSTER, &points].concat());
    assert_eq!(ended.status, 2);
    assert!(ended.stderr.contains("no place for a demonstration"), "{}", ended.stderr);
}

#[test]
fn only_a_cluster_is_prepared() {
    let folder = tempdir().unwrap();
    for kind in ["embedded", "memory"] {
        let ended = run(folder.path(), &["store", "init", "--set", &format!("store.kind={kind}")]);
        assert_eq!((ended.status, ended.stdout.as_str()), (2, ""));
        assert!(ended.stderr.contains(&format!("store.kind is {kind}")), "{}", ended.stderr);
    }
    assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none());
}
