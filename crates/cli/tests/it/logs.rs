//! The log at its most talkative: whatever we or any library say, no secret is among it.

use std::fs;
use std::process::Command;
use std::time::Duration;

use foldmark_client::{Client, Contact, MarkItem, MarkKind};

use crate::operate::{OTHER_KEY, Place, key};
use crate::support::{KEY, Process, exchange, run};

/// In the log file of a server that runs.
const LOG: &str = "log";

/// A server whose log, the beginning too, goes to a file.
fn serve(place: &Place) -> Process {
    let mut command = Command::new("sh");
    let script = format!("exec \"$0\" serve --config foldmark.toml 2>{LOG}");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_foldmark")]).current_dir(place.path()).env_clear();
    let server = Process::start(&mut command);
    wait(|| run(place.path(), &["health", "--config", "foldmark.toml"]).status == 0);
    server
}

fn wait(done: impl Fn() -> bool) {
    for _ in 0..6_000 {
        if done() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("it does not come");
}

fn log(place: &Place) -> String {
    fs::read_to_string(place.path().join(LOG)).unwrap()
}

/// The address of the listener for HTTPS, whose port the system has chosen.
fn encrypted_url(place: &Place) -> String {
    let log = log(place);
    let at = log.find("https://").expect("a line that says where it listens");
    log[at..].split('"').next().unwrap().to_owned()
}

async fn make_calls(client: &Client) {
    client.account_import("private_user").await.unwrap();
    let contact = || Contact::User("private_peer".into());
    client.create_contact_group("private_user", "private_group", &[contact()]).await.unwrap();
    let custom = Some("private_mark".into());
    let mark = MarkItem { kind: MarkKind::Both, contact: contact(), clear: 0, set: 1, custom };
    client.mark_contact("private_user", &[mark]).await.unwrap();
    client.account_delete(&["private_user"]).await.unwrap();
}

#[tokio::test]
async fn nothing_secret_is_ever_logged() {
    let mut tables = "[log]\nfilter = \"trace\"\n".to_owned();
    tables += "[server.tls]\ncertificate = \"cert.pem\"\nkey = \"key.pem\"\nlisten = \"127.0.0.1:0\"\n";
    if cfg!(feature = "otlp") {
        // Nobody is there; that requests are made is what matters.
        tables += "[trace]\nendpoint = \"http://127.0.0.1:9\"\n";
    }
    let keys = format!("{}\nprevious_key = \"{OTHER_KEY}\"", key(KEY));
    let place = Place::new(&keys, &tables);
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    fs::write(place.path().join("cert.pem"), made.cert.pem()).unwrap();
    fs::write(place.path().join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    let mut server = serve(&place);
    let [plain, admin] = place.ports;

    make_calls(&place.client(KEY)).await;
    let encrypted = Client::builder(encrypted_url(&place), 1_400_000_000).key(OTHER_KEY);
    make_calls(&encrypted.root_certificate_pem(made.cert.pem()).build().unwrap()).await;

    let forged = place.usersig("a key of nobody");
    let usersigs = [place.usersig(KEY), forged, "private_usersig".to_owned()];
    for usersig in &usersigs {
        let query = format!("sdkappid=1400000000&identifier=administrator&usersig={usersig}");
        for path in ["/v4/recentcontact/mark_contact", "/v4/private_path"] {
            for body in ["{\"From_Account\":\"private_body\"}", "private_garbage"] {
                exchange(plain, &format!("POST {path}?{query}"), "x-header: private_header\r\n", body);
            }
        }
    }

    let token = fs::read_to_string(place.path().join("data/admin.token")).unwrap().trim().to_owned();
    for token in [&token, "private_token"] {
        let headers = format!("authorization: Bearer {token}\r\n");
        exchange(admin, "GET /v1/subjects?sdkappid=1400000000", &headers, "");
        exchange(admin, "POST /v1/subjects?replace=false", &headers, "private_line\n");
    }
    let reloaded = run(place.path(), &["reload", "--config", "foldmark.toml"]);
    assert_eq!(reloaded.status, 0, "{}", reloaded.stderr);
    server.signal("HUP");
    wait(|| log(&place).matches("the configuration was reloaded").count() == 2);
    place.configure(&key("\u{7f}private_key"), &tables);
    server.signal("HUP");
    wait(|| log(&place).contains("was not reloaded"));
    assert_eq!(server.end("TERM").code(), Some(0));

    let log = log(&place);
    for talker in ["\"target\":\"hyper", "\"target\":\"h2::", "\"target\":\"foldmark_server::"] {
        assert!(log.contains(talker), "{talker} says nothing");
    }
    assert!(!log.contains("foldmark::spans"));
    let mut secrets = vec![KEY, OTHER_KEY, &token, "usersig=", "private_", "a key of nobody", "PRIVATE KEY"];
    secrets.extend(usersigs.iter().map(String::as_str));
    for secret in secrets {
        let line = log.lines().find(|line| line.contains(secret));
        assert!(line.is_none(), "{secret} is in the log: {line:?}");
    }
}
