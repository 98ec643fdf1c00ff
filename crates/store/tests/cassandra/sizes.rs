//! The largest commits and views that the rules allow.

use foldmark_core::changes::{Changes, RowChange};
use foldmark_core::limits;
use foldmark_core::subject::{Kind, Revision, RowKey};
use foldmark_store::{Select, Store};

use crate::cluster::{store, user};

/// Deleting a group with all its records at the ceilings, and removals with it, is the largest commit that writes
/// values.
#[tokio::test(flavor = "multi_thread")]
async fn the_largest_commit_and_the_largest_view() {
    let (store, _turn) = store().await;
    let half = limits::GROUPED_CONVERSATIONS_CEILING;
    let records = limits::RECORDS_CEILING;
    let removals = limits::REMOVALS;
    for (base, rows) in [(0, 0..half), (1, half..records), (2, records..records + removals)] {
        write(&store, base, rows.map(|number| row(number, b'a')).collect()).await;
    }
    // Again all of the first half, and the removals go.
    let mut largest: Vec<RowChange> = (0..half).map(|number| row(number, b'b')).collect();
    largest
        .extend((records..records + removals).map(|number| RowChange { value: None, ..row(number, b'a') }));
    let all = store.view(user("u"), Select::All).await.unwrap();
    assert_eq!(all.rows().len() as u32, records + removals);
    write(&store, 3, largest).await;

    let all = store.view(user("u"), Select::All).await.unwrap();
    assert_eq!(all.head().unwrap().len(), limits::HEAD_VALUE_BYTES);
    let mut expected: Vec<RowChange> = (0..half).map(|number| row(number, b'b')).collect();
    expected.extend((half..records).map(|number| row(number, b'a')));
    assert_eq!(all.rows().len(), expected.len());
    for (row, expected) in all.rows().zip(&expected) {
        assert_eq!((row.key, Some(row.value)), (expected.row_key(), expected.value.as_deref()));
    }
}

/// Deleting an account deletes every row by name.
#[tokio::test(flavor = "multi_thread")]
async fn all_rows_of_the_fullest_user_are_deleted_at_once() {
    let (store, _turn) = store().await;
    let rows = limits::RECORDS_CEILING + limits::REMOVALS + limits::CONVERSATIONS_PER_COMMAND as u32;
    let small = |number| RowChange { value: Some(b"value".to_vec()), ..row(number, b'a') };
    write(&store, 0, (0..rows).map(small).collect()).await;
    let gone = |number| RowChange { value: None, ..row(number, b'a') };
    write(&store, 1, (0..rows).map(gone).collect()).await;
    let all = store.view(user("u"), Select::All).await.unwrap();
    assert_eq!((all.revision().get(), all.rows().len()), (2, 0));
}

/// Views of few rows name them, views of many read all and drop the others; both hold the same.
#[tokio::test(flavor = "multi_thread")]
async fn views_of_any_number_of_rows() {
    let (store, _turn) = store().await;
    write(&store, 0, (0..3_000).map(|number| row(number, b'a')).collect()).await;
    for wanted in [1, limits::CONVERSATIONS_PER_SEARCH, 400, 401, 2_500] {
        // Every other one of them is not there.
        let asked: Vec<RowChange> =
            (0..wanted as u32).map(|at| row(2_999 - wanted as u32 / 2 + at, b'a')).collect();
        let keys: Vec<RowKey<'_>> = asked.iter().map(RowChange::row_key).collect();
        let stored = store.view(user("u"), Select::Rows(&keys)).await.unwrap();
        assert_eq!(stored.revision().get(), 1);
        let expected: Vec<RowKey<'_>> =
            keys.iter().filter(|key| **key < row(3_000, b'a').row_key()).copied().collect();
        let found: Vec<RowKey<'_>> = stored.rows().map(|row| row.key).collect();
        assert_eq!(found, expected, "{wanted} rows");
    }
}

/// A row as large as a record can be, its key as long as a chat group's id.
fn row(number: u32, fill: u8) -> RowChange {
    RowChange {
        kind: Kind::CHAT_GROUP_RECORD,
        key: format!("{number:0>width$}", width = limits::CHAT_GROUP_ID_BYTES).into_bytes().into(),
        value: Some(vec![fill; limits::RECORD_VALUE_BYTES]),
    }
}

async fn write(store: &impl Store, base: u64, rows: Vec<RowChange>) {
    let base = Revision::new(base);
    let changes =
        Changes { revision: base.next(), head: vec![7; limits::HEAD_VALUE_BYTES], rows, due: false };
    store.commit(user("u"), base, changes).await.unwrap();
}
