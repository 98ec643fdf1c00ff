//! Following changes that another server makes.

use std::time::Duration;

use serde_json::json;

use crate::support::Fixture;
use crate::watcher::{Watch, mark, peers};

#[tokio::test]
async fn changes_of_either_server_are_told_by_both() {
    let fixture = Fixture::with("accounts = \"open\"").await;
    // Else the first change would make her, and what was told of nobody begin anew.
    mark(&fixture, "alice", "first", "x").await;
    // The servers take turns.
    let mut watches = [Watch::of(&fixture, "alice").await, Watch::of(&fixture, "alice").await];
    for watch in &mut watches {
        assert_eq!(watch.changes().await.data["Reset"], true);
    }
    for number in 0..6 {
        let peer = format!("peer{number}");
        mark(&fixture, "alice", &peer, "x").await;
        for watch in &mut watches {
            let told = tokio::time::timeout(Duration::from_secs(10), watch.changes()).await.unwrap();
            assert_eq!((peers(&told), &told.data["Reset"]), (vec![peer.as_str()], &json!(false)));
            assert_eq!(told.id, told.data["Cursor"].as_str().unwrap());
        }
    }
    let refusal = Watch::open(&fixture, &fixture.query(), None).await.err().unwrap();
    assert_eq!(refusal["ErrorCode"], 50002);
    assert!(refusal["ErrorInfo"].as_str().unwrap().contains("cluster"), "{refusal}");
    fixture.stop().await;
}
