//! The map: its growth, its limit, and what still works there.

use std::sync::Arc;

use tempfile::TempDir;
use tokio::task::JoinSet;

use super::{is_full, let_others_run, revision, write};
use crate::Store;
use crate::embedded::{EmbeddedStore, Options};

const HEAD_BYTES: usize = 16 << 10;

fn small_map() -> (EmbeddedStore, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { map_bytes: 1 << 20, map_bytes_max: 8 << 20, ..Options::default() };
    (EmbeddedStore::open(folder.path(), options).unwrap(), folder)
}

/// Adds users until the store is full, and gives their number.
async fn fill(store: &EmbeddedStore) -> usize {
    for number in 0..1000 {
        let outcome = write(store, &format!("user-{number}"), 0, &[7; HEAD_BYTES]).await;
        if outcome.is_err() {
            assert!(is_full(&outcome), "{outcome:?}");
            return number;
        }
    }
    panic!("the map has grown beyond its limit");
}

#[tokio::test]
async fn the_map_grows_to_its_limit_and_then_refuses_additions_only() {
    let (store, _folder) = small_map();
    let users = fill(&store).await;
    let limit = 8 << 20;
    let stored = users * HEAD_BYTES;
    assert!(stored > limit * 7 / 10 && stored < limit, "{stored} bytes of {limit}");
    assert_eq!(store.shared.gate.enter().unwrap().map_bytes(), limit);

    assert!(is_full(&write(&store, "new", 0, b"").await));
    assert!(is_full(&write(&store, "user-0", 1, &[8; HEAD_BYTES + 17]).await));
    write(&store, "user-0", 1, &[8; HEAD_BYTES + 16]).await.unwrap();
    write(&store, "user-1", 1, &[8; HEAD_BYTES]).await.unwrap();
    store.ready().await.unwrap();

    for number in (2..users).step_by(4) {
        write(&store, &format!("user-{number}"), 1, b"small").await.unwrap();
    }
    write(&store, "new", 0, &[9; HEAD_BYTES]).await.unwrap();
    for number in 0..users {
        assert_eq!(
            revision(&store, &format!("user-{number}")).await,
            1 + u64::from(number < 2 || number % 4 == 2)
        );
    }
}

#[tokio::test]
async fn what_has_no_room_fails_alone() {
    let (store, _folder) = small_map();
    let store = Arc::new(store);
    let mut tasks = JoinSet::new();
    let entered = store.shared.gate.enter().unwrap();
    let hold = entered.write().unwrap();
    for number in 0..10 {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            let head = if number == 5 { vec![0; 20 << 20] } else { vec![0; 100] };
            let outcome = write(&store, &format!("user-{number}"), 0, &head).await;
            assert_eq!(outcome.is_ok(), number != 5, "{outcome:?}");
            assert_eq!(is_full(&outcome), number == 5, "{outcome:?}");
        });
    }
    let_others_run().await;
    drop(hold);
    drop(entered);
    tasks.join_all().await;
    for number in 0..10 {
        assert_eq!(revision(&store, &format!("user-{number}")).await, u64::from(number != 5));
    }
}

#[tokio::test]
async fn data_beyond_the_first_size_of_the_map_can_be_reopened() {
    let (store, folder) = small_map();
    let users = fill(&store).await;
    drop(store);
    let options = Options { map_bytes: 1 << 20, map_bytes_max: 16 << 20, ..Options::default() };
    let store = EmbeddedStore::open(folder.path(), options).unwrap();
    assert_eq!(revision(&store, &format!("user-{}", users - 1)).await, 1);
    write(&store, "new", 0, &[9; HEAD_BYTES]).await.unwrap();
}
