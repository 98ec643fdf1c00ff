//! Making and finding the tables.

use foldmark_store::cassandra::{CassandraStore, ConnectError, Options};
use scylla::client::session_builder::SessionBuilder;

use crate::cluster::{commit, patient, points, shared};

#[tokio::test(flavor = "multi_thread")]
async fn tables_are_made_only_when_that_is_allowed() {
    let _turn = shared().await;
    let options = Options { create_schema: false, ..patient(&points()) };
    let missing = failure(options.clone()).await;
    assert!(matches!(missing, ConnectError::SchemaMissing { .. }), "{missing}");
    assert!(missing.to_string().contains("foldmark store init"), "{missing}");

    let nowhere = Options { replication: [].into(), ..options.clone() };
    let refused = CassandraStore::init_schema(&nowhere).await.unwrap_err();
    assert!(matches!(refused, ConnectError::Options(_)), "{refused}");

    for _ in 0..2 {
        CassandraStore::init_schema(&options).await.unwrap();
    }
    let store = CassandraStore::connect(options).await.unwrap();
    commit(&store, "u", 0, vec![]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_of_a_newer_version_are_left_alone() {
    let _turn = shared().await;
    let points = points();
    let options = patient(&points);
    CassandraStore::init_schema(&options).await.unwrap();
    let session = SessionBuilder::new().known_nodes_addr(points).build().await.unwrap();
    let text = format!(
        "UPDATE {}.schema_versions SET version = 2 WHERE name = 'subjects' IF version = 1",
        options.keyspace
    );
    session.query_unpaged(text, ()).await.unwrap();
    let never = Options { create_schema: false, ..options.clone() };
    for options in [options.clone(), never] {
        let newer = failure(options).await;
        assert!(matches!(newer, ConnectError::SchemaNewer { found: 2, known: 1, .. }), "{newer}");
    }
    let newer = CassandraStore::init_schema(&options).await.unwrap_err();
    assert!(newer.to_string().contains("use a newer version"), "{newer}");
}

async fn failure(options: Options) -> ConnectError {
    match CassandraStore::connect(options).await {
        Ok(_) => panic!("it connects"),
        Err(error) => error,
    }
}
