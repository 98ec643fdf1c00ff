//! Making and finding the tables.

use std::time::Duration;

use foldmark_store::Store;
use foldmark_store::cassandra::{CassandraStore, ConnectError, Options, Tables};
use scylla::client::session::Session;
use scylla::client::session_builder::SessionBuilder;
use scylla::statement::Statement;

use crate::cluster::{commit, commit_due, dues, patient, points, revision, shared};

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
        "UPDATE {}.schema_versions SET version = 3 WHERE name = 'subjects' IF version = 2",
        options.keyspace
    );
    session.query_unpaged(text, ()).await.unwrap();
    let never = Options { create_schema: false, ..options.clone() };
    for options in [options.clone(), never] {
        let newer = failure(options).await;
        assert!(matches!(newer, ConnectError::SchemaNewer { found: 3, known: 2, .. }), "{newer}");
    }
    let newer = CassandraStore::init_schema(&options).await.unwrap_err();
    assert!(newer.to_string().contains("use a newer version"), "{newer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_of_an_older_version_are_upgraded_when_that_is_allowed() {
    let _turn = shared().await;
    let points = points();
    let session = SessionBuilder::new().known_nodes_addr(&points).build().await.unwrap();
    for by_init in [true, false] {
        let allowed = patient(&points);
        let options = Options { create_schema: false, ..allowed.clone() };
        make_version_1(&session, &options).await;
        let older = failure(options.clone()).await;
        assert!(matches!(older, ConnectError::SchemaOlder { found: 1, needed: 2, .. }), "{older}");
        assert!(older.to_string().contains("foldmark store init"), "{older}");

        if by_init {
            let tables = CassandraStore::init_schema(&options).await.unwrap();
            assert_eq!(tables, Tables { created: false, upgraded: Some(1), version: 2 });
        } else {
            CassandraStore::connect(allowed).await.unwrap();
        }
        let tables = CassandraStore::init_schema(&options).await.unwrap();
        assert_eq!(tables, Tables { created: false, upgraded: None, version: 2 });
        let store = CassandraStore::connect(options).await.unwrap();
        assert_eq!(revision(&store, "u").await, 1);
        commit_due(&store, "u", 1).await.unwrap();
        assert_eq!(dues(&store, 10).await, [("u".to_owned(), 2, 2)]);
    }
}

/// Makes what the first version made, with a user on revision 1.
async fn make_version_1(session: &Session, options: &Options) {
    CassandraStore::init_schema(options).await.unwrap();
    let store = CassandraStore::connect(options.clone()).await.unwrap();
    commit(&store, "u", 0, vec![]).await.unwrap();
    store.close().await;
    let keyspace = &options.keyspace;
    for text in [
        format!("DROP TABLE {keyspace}.due"),
        format!("DROP TABLE {keyspace}.leases"),
        format!("UPDATE {keyspace}.schema_versions SET version = 1 WHERE name = 'subjects' IF version = 2"),
    ] {
        let mut statement = Statement::new(text);
        statement.set_request_timeout(Some(Duration::from_secs(60)));
        session.query_unpaged(statement, ()).await.unwrap();
    }
}

async fn failure(options: Options) -> ConnectError {
    match CassandraStore::connect(options).await {
        Ok(_) => panic!("it connects"),
        Err(error) => error,
    }
}
