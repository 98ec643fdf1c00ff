//! What `tracing` is told: spans with what a call was and how it ended, and no secret.
//!
//! A program of its own with one test: subscribers of single threads miss what another thread has met first, so there is
//! one for all.

#![allow(clippy::unwrap_used, reason = "what tests share is test code too")]

#[path = "it/support.rs"]
#[allow(dead_code, reason = "the other tests use the rest")]
mod support;

use std::io;
use std::sync::{Arc, Mutex};

use foldmark_client::{Contact, MarkItem};
use tracing_subscriber::fmt::format::FmtSpan;

use crate::support::{Faulty, KEY, OK, Step, builder, real};

/// Everything that is written to it, for the test to read.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Takes everything down that is told from now on, by all libraries too.
    fn listen(&self) {
        let log = self.clone();
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_span_events(FmtSpan::CLOSE)
            .with_ansi(false)
            .with_writer(move || log.clone())
            .init();
    }

    /// What was told since the last time.
    fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
    }
}

#[tokio::test]
async fn calls_are_spans_without_secrets() {
    let log = Log::default();
    log.listen();
    a_call_is_a_span(&log).await;
    repeats_are_told(&log).await;
    no_secret_is_told(&log).await;
}

async fn a_call_is_a_span(log: &Log) {
    let (server, client) = real(&[]).await;
    client.account_import("user_0001").await.unwrap();
    client.get_contact_group("nobody", 0).await.unwrap_err();
    assert!(server.stop().await);

    let text = log.take();
    let good = closed(&text, "account_import");
    assert!(good.contains("tries=1 outcome=\"ok\"") && good.contains("sdkappid=1400000000"), "{good}");
    let refused = closed(&text, "get_contact_group");
    assert!(refused.contains("outcome=\"refused\" code=50001"), "{refused}");
}

async fn repeats_are_told(log: &Log) {
    const INTERNAL: Step =
        Step::Answer(200, r#"{"ActionStatus":"FAIL","ErrorCode":50004,"ErrorInfo":"later"}"#);
    let server = Faulty::start(&[INTERNAL, Step::Close, OK]);
    builder(&server.url).build().unwrap().search_contact_group("user_0001", &[]).await.unwrap();
    let text = log.take();
    let again: Vec<_> = text.lines().filter(|line| line.contains("a call is made again")).collect();
    assert_eq!(again.len(), 2, "{text}");
    assert!(again[0].contains("kind=\"refused\" code=50004"), "{}", again[0]);
    assert!(again[1].contains("kind=\"transport\""), "{}", again[1]);
    assert!(closed(&text, "search_contact_group").contains("tries=3 outcome=\"ok\""), "{text}");
}

async fn no_secret_is_told(log: &Log) {
    let server = Faulty::start(&[OK, Step::Close, Step::Answer(502, "")]);
    let client = builder(&server.url).build().unwrap();
    tracing::info!(?client, "as a program may do");
    let items = [MarkItem::custom(Contact::user("peer_0001"), "words_of_a_user")];
    client.mark_contact("user_0001", &items).await.unwrap();
    client.mark_contact("user_0001", &items).await.unwrap_err();
    client.mark_contact("user_0001", &items).await.unwrap_err();
    let head = server.last_head();
    let usersig = head.split("usersig=").nth(1).unwrap().split('&').next().unwrap();
    let text = log.take();
    assert!(text.matches("a call has ended").count() == 3 && usersig.len() > 100, "{text}");
    for secret in [KEY, usersig, &usersig[..20], "user_0001", "peer_0001", "words_of_a_user"] {
        assert!(!text.contains(secret), "{secret} is told:\n{text}");
    }
}

/// The line that tells of the end of a call's span.
fn closed(text: &str, call: &str) -> String {
    let of_call = format!("call=\"{call}\"");
    let mut lines =
        text.lines().filter(|line| line.contains("foldmark_client: close") && line.contains(&of_call));
    lines.next().unwrap_or_else(|| panic!("no span of {call}:\n{text}")).to_owned()
}
