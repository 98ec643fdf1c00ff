//! `foldmark health`, and the man pages.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::channel;

use foldmark_harness::free_address;
use tempfile::tempdir;

use crate::support::{Process, foldmark, run};

#[test]
fn a_server_that_can_serve_is_healthy_until_it_stops() {
    let folder = tempdir().unwrap();
    let admin = free_address().unwrap();
    let listen = format!("[admin]\nlisten = \"{admin}\"\n[server]\nlisten = \"127.0.0.1:0\"\n");
    fs::write(folder.path().join("foldmark.toml"), listen).unwrap();
    let ask = ["health", "--config", "foldmark.toml"];
    let before = run(folder.path(), &ask);
    assert_eq!((before.status, before.stdout.as_str()), (1, ""), "{}", before.stderr);

    let mut server = Process::start(&mut foldmark(folder.path(), &["serve", "--config", "foldmark.toml"]));
    server.stderr.url();
    let healthy = run(folder.path(), &ask);
    assert_eq!((healthy.status, healthy.stdout.as_str()), (0, "ready\n"), "{}", healthy.stderr);
    let by_url = run(folder.path(), &["health", "--url", &format!("http://{admin}/")]);
    assert_eq!((by_url.status, by_url.stdout.as_str()), (0, "ready\n"), "{}", by_url.stderr);
    // A container's listener may be open to all addresses of its network.
    let everywhere = format!("admin.listen=0.0.0.0:{}", admin.port());
    assert_eq!(run(folder.path(), &["health", "--set", &everywhere]).status, 0);

    assert_eq!(server.end("TERM").code(), Some(0));
    assert_eq!(run(folder.path(), &ask).status, 1);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the thread ends after one connection")]
fn a_server_that_is_not_ready_or_does_not_answer_is_not_healthy() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (done, wait) = channel::<()>();
    let playing = std::thread::spawn(move || {
        let (mut connection, _) = listener.accept().unwrap();
        let mut request = [0; 1024];
        let length = connection.read(&mut request).unwrap();
        let says = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 20\r\n\r\nnot ready: disk full";
        connection.write_all(says.as_bytes()).unwrap();
        // The second is accepted by the system alone, and nobody answers.
        wait.recv().unwrap_err();
        String::from_utf8_lossy(&request[..length]).into_owned()
    });
    let folder = tempdir().unwrap();
    let refused = run(folder.path(), &["health", "--url", &url]);
    assert_eq!((refused.status, refused.stdout.as_str()), (1, ""));
    assert!(
        refused.stderr.contains("503") && refused.stderr.contains("not ready: disk full"),
        "{}",
        refused.stderr
    );
    let silent = run(folder.path(), &["health", "--url", &url]);
    assert_eq!(silent.status, 1);
    assert!(silent.stderr.contains("did not answer within 2 s"), "{}", silent.stderr);
    drop(done);
    assert!(playing.join().unwrap().starts_with("GET /healthz/ready HTTP/1.1\r\n"));
}

#[test]
fn what_cannot_be_asked_is_a_wrong_command_line() {
    let folder = tempdir().unwrap();
    for args in [
        &["health", "--set", "admin.listen=off"][..],
        &["health", "--set", "admin.listen=127.0.0.1:0"],
        &["health", "--url", "127.0.0.1:9090"],
        &["health", "--url", "ftp://127.0.0.1:9090"],
        &["health", "--url", "https://127.0.0.1:9090", "--config", "missing.toml"],
        &["health", "--config", "missing.toml"],
    ] {
        let ended = run(folder.path(), args);
        assert_eq!((ended.status, ended.stdout.as_str()), (2, ""), "{args:?}: {}", ended.stderr);
    }
}

#[test]
fn man_pages_are_written_to_a_folder_that_is_made() {
    let folder = tempdir().unwrap();
    let written = run(folder.path(), &["man", "share/man"]);
    assert_eq!((written.status, written.stderr.as_str()), (0, ""));
    let mut files: Vec<_> = written.stdout.lines().collect();
    files.sort_unstable();
    let mut found: Vec<_> = fs::read_dir(folder.path().join("share/man"))
        .unwrap()
        .map(|entry| format!("share/man/{}", entry.unwrap().file_name().into_string().unwrap()))
        .collect();
    found.sort_unstable();
    assert_eq!(files, found);
    assert!(files.contains(&"share/man/foldmark.toml.5") && files.contains(&"share/man/foldmark-serve.1"));

    fs::write(folder.path().join("file"), "").unwrap();
    let refused = run(folder.path(), &["man", "file"]);
    assert_eq!(refused.status, 1);
    assert!(refused.stderr.contains("file"), "{}", refused.stderr);
}
