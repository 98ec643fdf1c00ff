//! Webhooks of the real server, taken as a back end takes them.

use foldmark_client::webhook::{Event, Signed, Webhook, WebhookError};
use foldmark_client::{Client, Contact, MarkItem};
use foldmark_server::Server;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{SDKAPPID, real};

const OLD: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const NEW: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// A server that tells this listener.
async fn telling(listener: &TcpListener) -> (Server, Client) {
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let webhook = [
        ("apps.0.webhook.url", url.as_str()),
        ("apps.0.webhook.secret", NEW),
        ("apps.0.webhook.previous_secret", OLD),
    ];
    real(&webhook).await
}

#[tokio::test]
async fn what_a_server_tells_is_believed_and_read() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (server, client) = telling(&listener).await;
    for user in ["alice", "bob"] {
        client.account_import(user).await.unwrap();
    }
    client.mark_contact("alice", &[MarkItem::setting(Contact::user("bob"), 1)]).await.unwrap();
    let mut told = Told::new(listener);
    let marked = told
        .until(|event| match event {
            Event::Changed { app, user, since, changes, .. } if !changes.page.contacts.is_empty() => {
                Some((*app, user.clone(), *since, changes.clone()))
            }
            _ => None,
        })
        .await;
    let (app, user, since, changes) = marked;
    assert_eq!((app, user.as_str()), (SDKAPPID, "alice"));
    assert!(since < changes.revision, "{since} {}", changes.revision);
    let record = &changes.page.contacts[0];
    assert_eq!((record.contact.peer(), record.standard_mark.0), ("bob", 1));
    // Its cursor is one of the call's.
    let page = client.get_changes("alice", Some(&changes.page.cursor), None).await.unwrap().value;
    assert!(page.contacts.is_empty() && !page.reset);

    client.account_delete(&["alice"]).await.unwrap();
    let gone = told
        .until(|event| match event {
            Event::Deleted { user, revision, .. } => Some((user.clone(), *revision)),
            _ => None,
        })
        .await;
    assert_eq!(gone.0, "alice");
    assert!(gone.1 > changes.revision);
    drop(told);
    assert!(server.stop().await);
}

/// What comes, one request a connection.
struct Told {
    listener: TcpListener,
}

impl Told {
    fn new(listener: TcpListener) -> Told {
        Told { listener }
    }

    /// The first event that is wanted; all are believed.
    async fn until<T>(&mut self, mut wanted: impl FnMut(&Event) -> Option<T>) -> T {
        let wait = std::time::Duration::from_secs(30);
        loop {
            let event = tokio::time::timeout(wait, self.next()).await.expect("it is told in time");
            if let Some(found) = wanted(&event) {
                return found;
            }
        }
    }

    async fn next(&self) -> Event {
        let (mut stream, _) = self.listener.accept().await.unwrap();
        let (head, body) = read(&mut stream).await;
        let event = believe(&head, &body);
        stream.write_all(b"HTTP/1.1 204 X\r\nconnection: close\r\n\r\n").await.unwrap();
        event
    }
}

/// Either secret is enough, and without the right one nothing is.
fn believe(head: &str, body: &[u8]) -> Event {
    let header = |name: &str| {
        let mut lines = head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(found, _)| *found == name).map(|(_, value)| value).unwrap()
    };
    let request = Signed {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
        body,
    };
    let event = Webhook::new(OLD).unwrap().verify(&request).unwrap();
    assert_eq!(Webhook::new(NEW).unwrap().verify(&request).as_ref(), Ok(&event));
    let other = Webhook::new("whsec_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB").unwrap();
    assert_eq!(other.verify(&request), Err(WebhookError::Signature));
    assert_eq!(other.also(OLD).unwrap().verify(&request).as_ref(), Ok(&event));
    event
}

async fn read(stream: &mut TcpStream) -> (String, Vec<u8>) {
    let mut received = Vec::new();
    loop {
        let end = received.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(end) = end {
            let head = String::from_utf8(received[..end].to_vec()).unwrap();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.unwrap().parse().unwrap();
            if received.len() >= end + 4 + length {
                return (head, received[end + 4..].to_vec());
            }
        }
        assert_ne!(stream.read_buf(&mut received).await.unwrap(), 0, "the request ended too early");
    }
}
