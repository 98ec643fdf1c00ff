//! How many requests each operation makes: as few as possible, because each is a trip to the cluster and some agreement
//! among its nodes.

use std::time::Duration;

use foldmark_core::changes::RowChange;
use foldmark_core::subject::{RowKey, Subject};
use foldmark_store::cassandra::Options;
use foldmark_store::{CommitError, Select, Store, StoreError};

use crate::cluster::{commit, commit_due, connect, delete, dues, patient, points, put, settle, shared, user};
use crate::proxy::{Proxies, Rule, Traffic};

/// The size of a usual record.
const RECORD: [u8; 50] = [b'r'; 50];

/// What has come by the proxies is compared after each operation.
struct Bill {
    proxies: Proxies,
    before: Traffic,
}

impl Bill {
    /// Checks what the operation since the last check has sent, and tells how much it was.
    fn check(&mut self, operation: &str, batches: usize, statements: usize) {
        let (before, now) = (self.before, self.proxies.traffic());
        let sent = (now.batches - before.batches, now.statements - before.statements);
        println!(
            "{operation}: {} batches, {} statements, {} bytes there, {} back",
            sent.0,
            sent.1,
            now.request_bytes - before.request_bytes,
            now.result_bytes - before.result_bytes
        );
        assert_eq!(sent, (batches, statements), "{operation}");
        self.before = now;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn operations_make_no_needless_requests() {
    let _turn = shared().await;
    let points = points();
    let proxies = Proxies::start(&points).await;
    let options = Options { request_timeout: Duration::from_secs(10), ..proxies.options(patient(&points)) };
    let store = connect(options).await;
    let mut bill = Bill { before: proxies.traffic(), proxies };

    let rows: Vec<RowChange> = (0..2_000).map(|number| put(&key(number), &RECORD)).collect();
    let keys: Vec<RowKey<'_>> = rows.iter().map(RowChange::row_key).collect();
    commit(&store, "u", 0, rows.clone()).await.unwrap();
    bill.check("commit of 2000 rows", 1, 0);
    commit(&store, "u", 1, rows[..1].to_vec()).await.unwrap();
    bill.check("commit of 1 row", 1, 0);
    commit(&store, "u", 2, rows[..100].to_vec()).await.unwrap();
    bill.check("commit of 100 rows", 1, 0);
    commit_due(&store, "told", 0).await.unwrap();
    bill.check("commit that is due", 1, 1);
    assert_eq!(dues(&store, 10).await, [("told".to_owned(), 1, 1)]);
    bill.check("all that is due, of one user", 0, 17);
    settle(&store, "told", 1).await;
    bill.check("settling what is due", 0, 1);
    assert_eq!(dues(&store, 10).await, []);
    bill.check("nothing that is due", 0, 16);
    let late = commit(&store, "u", 2, rows[..1].to_vec()).await;
    assert!(matches!(late, Err(CommitError::Conflict)), "{late:?}");
    bill.check("conflict", 1, 0);

    for (operation, select, found) in [
        ("view of the head", Select::Head, 0),
        ("view of 2 rows", Select::Rows(&keys[..2]), 2),
        ("view of 300 rows", Select::Rows(&keys[..300]), 300),
        ("view of 2000 rows by name", Select::Rows(&keys), 2_000),
        ("view of all of 2000 rows", Select::All, 2_000),
    ] {
        let stored = store.view(user("u"), select).await.unwrap();
        assert_eq!(stored.rows().len(), found);
        bill.check(operation, 0, 1);
    }
    for number in [0, 1, 100, 300] {
        let ids: Vec<String> = (0..number).map(|number| format!("user_{number:04}")).collect();
        let subjects: Vec<Subject<'_>> = ids.iter().map(|id| user(id)).collect();
        store.heads(&subjects).await.unwrap();
        bill.check(&format!("heads of {number}"), 0, number);
    }

    bill.proxies.set(Rule::LoseBatches);
    let lost = commit(&store, "u", 3, rows[..1].to_vec()).await;
    assert!(matches!(lost, Err(CommitError::Store(StoreError::Timeout))), "{lost:?}");
    bill.check("commit that is lost and fenced", 1, 1);
    bill.proxies.set(Rule::Pass);
    commit(&store, "u", 3, rows[..1].to_vec()).await.unwrap();
    bill.check("commit that meets a fence", 2, 0);
    bill.proxies.set(Rule::LoseAnswersToBatches);
    commit(&store, "u", 4, rows[..1].to_vec()).await.unwrap();
    bill.check("commit whose answer is lost", 1, 2);

    bill.proxies.set(Rule::Pass);
    store.ready().await.unwrap();
    bill.check("asking whether it is ready", 0, 1);
    let gone = (0..2_000).map(|number| delete(&key(number))).collect();
    commit(&store, "u", 5, gone).await.unwrap();
    // So many that the subject is swept for sure, in the background, by a view and a batch; closing waits for it.
    store.close().await;
    bill.check("deleting 2000 rows, which sweeps", 2, 1);
}

fn key(number: usize) -> String {
    format!("user_{number:04}")
}
