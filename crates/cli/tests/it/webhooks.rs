//! An emulator tells a program on the same machine what changes.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::time::Duration;

use foldmark_client::{CallName, Client};
use serde_json::{Value, json};
use tempfile::tempdir;

use crate::support::{Process, foldmark, run};

pub(crate) const PUBLIC: &str = "whsec_Zm9sZG1hcmstZGV2LXdlYmhvb2tzLWFyZS1wdWJsaWM=";
pub(crate) const OWN: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const MARK: &str = r#"{"From_Account":"alice","MarkItem":[{"OptType":2,"ContactItem":{"Type":1,"To_Account":"bob"},"CustomMark":"你好 \u001f\" 😀"}]}"#;
const PATIENCE: Duration = Duration::from_secs(20);

/// Has an emulator make a change, and gives what it printed and the request that told of it.
pub(crate) async fn told(folder: &Path, more: &[&str]) -> (Value, Value) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let first =
        ["dev", "--listen", "127.0.0.1:0", "--json-ready", "--accounts", "open", "--webhook-url", &url];
    let mut emulator = Process::start(&mut foldmark(folder, &[&first, more].concat()));
    let ready: Value = serde_json::from_str(&emulator.stdout.after("")).unwrap();
    assert_eq!(ready["webhook_url"], url);
    let builder = Client::builder(ready["url"].as_str().unwrap(), ready["sdkappid"].as_u64().unwrap() as u32);
    let client = builder.key(ready["key"].as_str().unwrap()).build().unwrap();
    let reply = client.call_raw(CallName::MarkContact, MARK.to_owned()).await.unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&reply.body).unwrap()["ErrorCode"], 0);
    let request = receive(&listener);
    drop(client);
    assert_eq!(emulator.end("TERM").code(), Some(0));
    (ready, request)
}

/// Takes the next request: its headers and its body.
fn receive(listener: &TcpListener) -> Value {
    let mut stream = accept(listener);
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut request = Vec::new();
    let (headers, body) = loop {
        let mut bytes = [0; 4096];
        let count = stream.read(&mut bytes).unwrap();
        assert!(count > 0, "the request ended: {}", String::from_utf8_lossy(&request));
        request.extend_from_slice(&bytes[..count]);
        let Some(end) = request.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8(request[..end].to_vec()).unwrap();
        let headers: Value = head
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_owned(), json!(value)))
            .collect();
        let length: usize = headers["content-length"].as_str().unwrap().parse().unwrap();
        if request.len() == end + 4 + length {
            break (headers, String::from_utf8(request.split_off(end + 4)).unwrap());
        }
    };
    stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap();
    json!({ "headers": headers, "body": body })
}

fn accept(listener: &TcpListener) -> TcpStream {
    listener.set_nonblocking(true).unwrap();
    for _ in 0..2_000 {
        match listener.accept() {
            Ok((stream, _)) => {
                stream.set_nonblocking(false).unwrap();
                return stream;
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                std::thread::sleep(Duration::from_millis(10));
            }
            Err(error) => panic!("{error}"),
        }
    }
    panic!("nothing was told");
}

#[tokio::test]
async fn what_changes_is_told_and_signed_with_the_printed_secret() {
    let folder = tempdir().unwrap();
    let (ready, request) = told(folder.path(), &[]).await;
    assert_eq!(ready["webhook_secret"], PUBLIC);
    let event: Value = serde_json::from_str(request["body"].as_str().unwrap()).unwrap();
    assert_eq!(event["type"], "user.changed");
    assert_eq!(event["data"]["From_Account"], "alice");
    assert_eq!(event["data"]["ContactItem"][0]["CustomMark"], "你好 \u{1f}\" 😀");
    assert_eq!(request["headers"]["webhook-signature"].as_str().unwrap().split(' ').count(), 1);
    let (ready, _) = told(folder.path(), &["--webhook-secret", OWN]).await;
    assert_eq!(ready["webhook_secret"], OWN);
}

#[test]
fn people_are_told_where_webhooks_go_and_what_signs_them() {
    let folder = tempdir().unwrap();
    let args = ["dev", "--listen", "127.0.0.1:0", "--webhook-url", "http://127.0.0.1:9/hook"];
    let mut emulator = Process::start(&mut foldmark(folder.path(), &args));
    let told = emulator.stdout.after("webhooks");
    assert_eq!(told, format!("http://127.0.0.1:9/hook   (signed with {PUBLIC})"));
    assert_eq!(emulator.end("TERM").code(), Some(0));
    for (args, wrong) in [
        (&["dev", "--webhook-secret", OWN][..], "--webhook-url"),
        (&["dev", "--webhook-url", "ftp://a/"], "apps.0.webhook.url"),
        (&["dev", "--webhook-url", "http://a/", "--webhook-secret", "hush"], "apps.0.webhook.secret"),
    ] {
        let ended = run(folder.path(), args);
        assert_eq!(ended.status, 2, "{args:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(wrong), "{args:?}: {}", ended.stderr);
    }
}
