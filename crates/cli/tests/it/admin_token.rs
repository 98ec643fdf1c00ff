//! `foldmark admin-token`, and that a running server and its sessions follow it.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use tempfile::tempdir;

use crate::admin_tls::{certificate, tls};
use crate::operate::{Place, key};
use crate::support::{Ended, KEY, run};

fn token(place: &Place, args: &[&str]) -> Ended {
    run(place.path(), &[&["admin-token", "--config", "foldmark.toml"], args].concat())
}

/// The token that was printed.
fn printed(ended: &Ended) -> String {
    assert_eq!((ended.status, ended.stdout.len()), (0, 65), "{}", ended.stderr);
    ended.stdout.trim().to_owned()
}

fn kept(place: &Place, name: &str) -> String {
    fs::read_to_string(place.path().join("data").join(name)).unwrap().trim().to_owned()
}

/// The status and the headers of an answer of the admin listener.
fn ask(place: &Place, request: &str, headers: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(("127.0.0.1", place.ports[1])).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let length = body.len();
    let head =
        format!("{request} HTTP/1.1\r\nhost: h\r\nconnection: close\r\n{headers}content-length: {length}");
    stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, _) = answer.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), head.to_owned())
}

/// Whether the server takes this admin token.
fn takes(place: &Place, token: &str) -> bool {
    match ask(place, "GET /v1/backups", &format!("authorization: Bearer {token}\r\n"), "").0 {
        // It keeps no backups, and says so to operators alone.
        404 => true,
        401 => false,
        other => panic!("{other}"),
    }
}

/// The header with the cookie of a session that begins with this token.
fn sign_in(place: &Place, token: &str) -> String {
    let (status, head) = ask(place, "POST /console/sign-in", "", &format!("token={token}"));
    assert_eq!(status, 303, "{head}");
    let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    format!("cookie: {}\r\n", cookie.split(';').next().unwrap())
}

fn is_signed_in(place: &Place, cookie: &str) -> bool {
    match ask(place, "GET /console/apps/1400000000/users", cookie, "").0 {
        200 => true,
        303 => false,
        other => panic!("{other}"),
    }
}

#[test]
fn a_token_is_made_before_the_first_start_and_is_the_server_s() {
    let place = Place::new(&key(KEY), "");
    let first = token(&place, &[]);
    assert!(first.stderr.contains("admin.token was made"), "{}", first.stderr);
    let admin = printed(&first);
    let again = token(&place, &[]);
    assert_eq!((printed(&again), again.stderr.as_str()), (admin.clone(), ""));
    let mode = fs::metadata(place.path().join("data/admin.token")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let mut server = place.serve();
    let viewer = printed(&token(&place, &["--viewer"]));
    assert_ne!(viewer, admin);
    assert!(takes(&place, &admin) && !takes(&place, &viewer));
    assert!(is_signed_in(&place, &sign_in(&place, &viewer)));
    assert_eq!(server.end("TERM").code(), Some(0));
}

#[test]
fn the_running_server_takes_a_renewed_token_and_its_sessions_end() {
    let place = Place::new(&key(KEY), "");
    let _server = place.serve();
    let (admin, viewer) = (printed(&token(&place, &[])), printed(&token(&place, &["--viewer"])));
    let sessions = [sign_in(&place, &admin), sign_in(&place, &viewer)];
    assert!(sessions.iter().all(|cookie| is_signed_in(&place, cookie)));

    let renewed = token(&place, &["--viewer", "--renew"]);
    assert!(renewed.stderr.contains("takes the new token from now on"), "{}", renewed.stderr);
    assert_ne!(printed(&renewed), viewer);
    assert_eq!([true, false], [0, 1].map(|of| is_signed_in(&place, &sessions[of])));
    assert!(is_signed_in(&place, &sign_in(&place, &printed(&renewed))));

    let renewed = token(&place, &["--renew"]);
    let new = printed(&renewed);
    assert!(renewed.stderr.contains("takes the new token from now on"), "{}", renewed.stderr);
    assert_eq!(new, kept(&place, "admin.token"));
    assert!(takes(&place, &new) && !takes(&place, &admin));
    assert!(!is_signed_in(&place, &sessions[0]));
    // And other commands find it.
    assert_eq!(run(place.path(), &["reload", "--config", "foldmark.toml"]).status, 0);
}

#[test]
fn a_token_that_the_server_does_not_take_is_not_kept() {
    let place = Place::new(&key(KEY), &tls("a"));
    certificate(place.path(), "a");
    let server = place.serve();
    let admin = printed(&token(&place, &[]));
    let stays = |ended: &Ended, why: &str| {
        assert_eq!((ended.status, ended.stdout.as_str()), (1, ""), "{}", ended.stderr);
        assert!(
            ended.stderr.contains("the same as before") && ended.stderr.contains(why),
            "{}",
            ended.stderr
        );
        assert_eq!(kept(&place, "admin.token"), admin);
        assert!(takes(&place, &admin));
    };
    // The last thing that a reload looks at is wrong.
    let good = fs::read(place.path().join("a.crt")).unwrap();
    fs::write(place.path().join("a.crt"), "no certificate").unwrap();
    stays(&token(&place, &["--renew"]), "422");
    fs::write(place.path().join("a.crt"), good).unwrap();
    // The first.
    fs::copy(place.path().join("foldmark.toml"), place.path().join("good.toml")).unwrap();
    place.configure("", "");
    stays(&run(place.path(), &["admin-token", "--renew", "--config", "good.toml"]), "apps.0.key");
    drop(server);

    // One that reads its token from elsewhere.
    place.configure(&key(KEY), "token_file = \"copy\"");
    fs::copy(place.path().join("data/admin.token"), place.path().join("copy")).unwrap();
    let _server = place.serve();
    stays(
        &run(place.path(), &["admin-token", "--renew", "--config", "good.toml"]),
        "goes on with the old token",
    );
}

#[test]
fn without_a_server_a_token_is_renewed_for_the_next_one() {
    let place = Place::new(&key(KEY), "");
    let before = printed(&token(&place, &[]));
    let renewed = token(&place, &["--renew"]);
    assert!(renewed.stderr.contains("no server runs at http://127.0.0.1:"), "{}", renewed.stderr);
    let nowhere = token(&place, &["--renew", "--set", "admin.listen=off"]);
    assert!(nowhere.stderr.contains("when it is started, or on SIGHUP"), "{}", nowhere.stderr);
    let all = [before, printed(&renewed), printed(&nowhere)];
    assert!(all[0] != all[1] && all[1] != all[2]);
    let _server = place.serve();
    assert_eq!([false, false, true], [0, 1, 2].map(|of| takes(&place, &all[of])));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the thread ends after four connections")]
fn what_answers_in_place_of_the_server_is_told() {
    let place = Place::new(&key(KEY), "");
    let before = printed(&token(&place, &[]));
    let listener = TcpListener::bind(("127.0.0.1", place.ports[1])).unwrap();
    let playing = std::thread::spawn(move || {
        for says in ["HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n", "", ""] {
            let (mut connection, _) = listener.accept().unwrap();
            let mut request = [0; 4096];
            assert!(connection.read(&mut request).unwrap() > 0);
            connection.write_all(says.as_bytes()).unwrap();
        }
    });
    let other = token(&place, &["--renew"]);
    assert_eq!((other.status, other.stdout.as_str()), (1, ""));
    assert!(other.stderr.contains("404") && other.stderr.contains("admin.listen=off"), "{}", other.stderr);
    assert_eq!(kept(&place, "admin.token"), before);
    // One that breaks off may have done what it was asked for.
    let unknown = token(&place, &["--renew"]);
    assert_eq!((unknown.status, unknown.stdout.as_str()), (1, ""));
    assert!(unknown.stderr.contains("nobody knows"), "{}", unknown.stderr);
    assert_ne!(kept(&place, "admin.token"), before);
    playing.join().unwrap();
}

#[test]
fn without_a_place_for_a_token_its_key_is_named() {
    let folder = tempdir().unwrap();
    for (args, key) in [(&[][..], "admin.token_file"), (&["--viewer"], "admin.viewer_token_file")] {
        let ended = run(folder.path(), &[&["admin-token", "--set", "store.kind=memory"], args].concat());
        assert_eq!((ended.status, ended.stdout.as_str()), (2, ""));
        assert!(ended.stderr.contains(key), "{}", ended.stderr);
        let file = format!("{key}=a.token");
        let set = ["admin-token", "--set", "store.kind=memory", "--set", &file];
        printed(&run(folder.path(), &[&set, args].concat()));
    }
    assert!(!folder.path().join("data").exists());
}
