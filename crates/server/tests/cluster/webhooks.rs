//! Webhooks from several servers: one delivers at a time, whoever committed, and another one when it is gone.

use std::time::Duration;

use foldmark_server::Server;
use foldmark_server::clock::Clock;

use crate::receiver::Receiver;
use crate::support::{Fixture, settings};
use crate::watcher::mark;

#[tokio::test]
async fn changes_made_through_any_server_are_told_once_and_in_order() {
    let receiver = Receiver::start(None).await;
    let fixture = Fixture::with(&format!("accounts = \"open\"\n{}", receiver.config())).await;
    let marks = async {
        for number in 1..=12 {
            for user in ["alice", "bob"] {
                // The servers take turns.
                mark(&fixture, user, &format!("peer{}", number % 5), &number.to_string()).await;
            }
        }
        (receiver.follows("alice", 12).await, receiver.follows("bob", 12).await)
    };
    let (alice, bob) = tokio::select! { told = marks => told, () = moving(&fixture.clock) => unreachable!() };
    assert_eq!((alice.marks["peer2"].as_str(), alice.marks.len()), ("12", 5));
    assert_eq!(alice.marks, bob.marks);
    let (asked, taken) = receiver.with(|received| (received.asked.len(), received.taken.len()));
    assert_eq!(asked, taken, "nothing failed");
    for user in ["alice", "bob"] {
        let revisions = receiver.with(|received| received.revisions(user));
        assert!(revisions.is_sorted_by(|a, b| a < b), "{user} was told twice of {revisions:?}");
    }
    fixture.stop().await;
}

#[tokio::test]
async fn another_server_delivers_when_the_first_has_stopped() {
    let receiver = Receiver::start(None).await;
    let settings = settings(&format!("accounts = \"open\"\n{}", receiver.config()));
    let fixture = Fixture::start(&settings).await;
    let marks = async {
        mark(&fixture, "alice", "bob", "1").await;
        receiver.follows("alice", 1).await
    };
    tokio::select! { _ = marks => {}, () = moving(&fixture.clock) => unreachable!() }
    // What is made while the receiver takes nothing is left to the next servers.
    receiver.with(|received| received.silent = true);
    mark(&fixture, "alice", "bob", "2").await;
    fixture.stop().await;
    receiver.with(|received| received.silent = false);
    let server = Server::start(&settings, Clock::system()).await.unwrap();
    assert_eq!(receiver.follows("alice", 2).await.marks["bob"], "2");
    assert!(server.stop().await);
}

/// Time goes by quickly.
async fn moving(clock: &Clock) {
    loop {
        clock.advance(Duration::from_millis(250));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
