//! The tables of the cluster store.
//!
//! One table, `subjects`, holds everything that is committed. A subject is one partition; its head is the clustering row (0, ''), which sorts before
//! every other; each row of the subject is a clustering row of its own. There are no static columns: a SELECT of rows
//! that do not exist would lose them. The head's row carries four columns of the store's own:
//!
//! * `revision`: the subject's revision, on which every commit is conditional. Null: the subject was never written.
//! * `fence`: 0 after every commit; another number once somebody gave up waiting for a commit on this revision. Every
//!   commit is conditional on it too, so that a commit that was given up can never happen any more. See `resolve`.
//! * `commits`: the last 16 commits, by revision modulo 16: the revision (8 bytes) and the commit's id (16 bytes).
//! * `swept`: the revision at which the traces of deleted rows were last gathered. See `sweep`.
//!
//! Table options, and why:
//!
//! * *Leveled compaction*: rows are overwritten often and read often; a read touches few files. Both Cassandra and
//!   ScyllaDB have it.
//! * *`gc_grace_seconds` of ten days*, the usual value, stated so that nobody's default changes it: a node that missed
//!   a deletion must be repaired within this time, or the deleted rows come back. A lower value would be no cure for
//!   many deletions, which `sweep` is, and a trap for whoever repairs weekly.
//!
//! Beside it, since version 2:
//!
//! * `due`: which commits others are still to be told of, a row each; see `due`. Its rows live for seconds, which makes
//!   it a queue, and a queue is full of the traces of what was taken out of it: a node refuses to read a partition with
//!   100,000 of them, two for each user who was settled. So its *`gc_grace_seconds` are ten minutes*, after which traces
//!   no longer count: some thousand users of one application may be settled each second. They may be so few because a
//!   row that comes back, after a node was away for longer, is spurious and harmless. *Leveled compaction* drops what is
//!   dead soonest.
//! * `leases`: who carries out a task that only one shall; see `lease`. A row for each task. *`gc_grace_seconds` of an
//!   hour*, longer than any lease: what ended never comes back.
//!
//! A server that does not know these tables works beside those that do, but announces none of its commits.
//!
//! What operators keep to: repair the keyspace within the ten days; never write to these tables by other means
//! (an ordinary write has a clock of its own, which may hide later commits); let a mutation be at least 4 MiB
//! (Cassandra's `commitlog_segment_size` at least 8 MiB, as by default) and a frame at least 16 MiB (the default of
//! `native_transport_max_frame_size`); keep the clocks of the nodes together. Let Cassandra's `paxos_variant` be `v2`:
//! the default, `v1`, is as right, but takes more rounds among the copies for each view and each commit.

use scylla::client::session::Session;
use scylla::statement::Statement;

use super::error::store_error;
use super::options::{ConnectError, Options, refused};
use super::session::Levels;
use crate::StoreError;

/// The newest schema that this program knows.
const VERSION: i32 = 2;
/// The name of the row with the version of the schema.
pub(super) const VERSION_ROW: &str = "subjects";
/// How long a change of the schema may take: all nodes have to agree on it.
const CHANGE: std::time::Duration = std::time::Duration::from_secs(60);

/// The tables, once they are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tables {
    /// Whether they were made just now.
    pub created: bool,
    /// The version of their schema before, if they were there and were upgraded just now.
    pub upgraded: Option<i32>,
    /// The version of their schema.
    pub version: i32,
}

/// Makes sure that the tables are there and that this program knows them; creates them if the options allow it.
pub(super) async fn open(session: &Session, options: &Options) -> Result<(), ConnectError> {
    if options.create_schema {
        create(session, options).await?;
        return Ok(());
    }
    let found = if tables_exist(session, &options.keyspace).await? {
        read_version(session, options).await?
    } else {
        None
    };
    match found {
        Some(found) if found < VERSION => {
            Err(ConnectError::SchemaOlder { keyspace: options.keyspace.clone(), found, needed: VERSION })
        }
        Some(found) => check_version(found, &options.keyspace),
        None => Err(ConnectError::SchemaMissing { keyspace: options.keyspace.clone() }),
    }
}

/// Creates what is missing: the keyspace, the tables, and last the row that says that all of it is there. If it said so
/// of fewer tables, as of an older version, it says so of all of them afterwards.
pub(super) async fn create(session: &Session, options: &Options) -> Result<Tables, ConnectError> {
    let keyspace = &options.keyspace;
    let before =
        if tables_exist(session, keyspace).await? { read_version(session, options).await? } else { None };
    if let Some(version) = before {
        check_version(version, keyspace)?;
        if version == VERSION {
            return Ok(Tables { created: false, upgraded: None, version });
        }
    }
    if before.is_none() && !keyspace_exists(session, keyspace).await? {
        change(session, create_keyspace(session, options)?).await?;
    }
    let versions =
        format!("CREATE TABLE IF NOT EXISTS {keyspace}.schema_versions (name text PRIMARY KEY, version int)");
    for table in [create_subjects(keyspace), create_due(keyspace), create_leases(keyspace), versions] {
        change(session, table).await?;
    }
    write_version(session, options, before).await?;
    match read_version(session, options).await? {
        Some(version) => {
            check_version(version, keyspace)?;
            Ok(Tables { created: before.is_none(), upgraded: before, version })
        }
        None => Err(failed(
            "write the version of the schema",
            StoreError::Failed("it is not there afterwards".to_owned()),
        )),
    }
}

/// Writes the version of this program, unless somebody else has changed what was there before.
async fn write_version(
    session: &Session,
    options: &Options,
    before: Option<i32>,
) -> Result<(), ConnectError> {
    let table = format!("{}.schema_versions", options.keyspace);
    let mut statement = Statement::new(match before {
        None => {
            format!("INSERT INTO {table} (name, version) VALUES ('{VERSION_ROW}', {VERSION}) IF NOT EXISTS")
        }
        Some(before) => format!(
            "UPDATE {table} SET version = {VERSION} WHERE name = '{VERSION_ROW}' IF version = {before}"
        ),
    });
    statement.set_serial_consistency(Some(Levels::of(options.consistency).serial));
    statement.set_request_timeout(Some(CHANGE));
    session
        .query_unpaged(statement, ())
        .await
        .map_err(|error| failed("write the version of the schema", store_error(&error)))?;
    Ok(())
}

fn create_keyspace(session: &Session, options: &Options) -> Result<String, ConnectError> {
    if options.replication.is_empty() {
        return Err(refused(
            "the keyspace does not exist, and to create it the number of copies in each data centre (`replication`) must be given",
        ));
    }
    let mut copies = String::new();
    for (datacenter, number) in &options.replication {
        copies.push_str(&format!(", '{}': {number}", datacenter.replace('\'', "''")));
    }
    // ScyllaDB's tablets have not always known conditional writes. Cassandra does not know the option.
    let tablets = if is_scylla(session) { " AND tablets = {'enabled': false}" } else { "" };
    Ok(format!(
        "CREATE KEYSPACE IF NOT EXISTS {} WITH replication = {{'class': 'NetworkTopologyStrategy'{copies}}} \
         AND durable_writes = true{tablets}",
        options.keyspace
    ))
}

fn create_subjects(keyspace: &str) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS {keyspace}.subjects (\
            app bigint, kind tinyint, id text, row_kind smallint, row_key blob, \
            value blob, revision bigint, fence bigint, commits map<tinyint, blob>, swept bigint, \
            PRIMARY KEY ((app, kind, id), row_kind, row_key)\
         ) WITH CLUSTERING ORDER BY (row_kind ASC, row_key ASC) \
         AND compaction = {{'class': 'LeveledCompactionStrategy'}} \
         AND gc_grace_seconds = 864000 \
         AND comment = 'Foldmark: written by conditional batches only'"
    )
}

fn create_due(keyspace: &str) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS {keyspace}.due (\
            app bigint, bucket tinyint, id text, revision bigint, note text, \
            PRIMARY KEY ((app, bucket), id, revision)\
         ) WITH CLUSTERING ORDER BY (id ASC, revision ASC) \
         AND compaction = {{'class': 'LeveledCompactionStrategy'}} \
         AND gc_grace_seconds = 600 \
         AND comment = 'Foldmark: commits that others are to be told of'"
    )
}

fn create_leases(keyspace: &str) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS {keyspace}.leases (name text PRIMARY KEY, holder bigint) \
         WITH gc_grace_seconds = 3600 \
         AND comment = 'Foldmark: who carries out what only one shall; conditional writes only'"
    )
}

/// Whether the cluster is one of ScyllaDB, whose nodes tell how they are divided into shards.
pub(super) fn is_scylla(session: &Session) -> bool {
    let state = session.get_cluster_state();
    state.get_nodes_info().iter().any(|node| node.sharder().is_some())
}

async fn keyspace_exists(session: &Session, keyspace: &str) -> Result<bool, ConnectError> {
    let names =
        names(session, "SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = ?", keyspace)
            .await?;
    Ok(!names.is_empty())
}

async fn tables_exist(session: &Session, keyspace: &str) -> Result<bool, ConnectError> {
    let names =
        names(session, "SELECT table_name FROM system_schema.tables WHERE keyspace_name = ?", keyspace)
            .await?;
    Ok(["subjects", "schema_versions"].iter().all(|table| names.iter().any(|name| name == table)))
}

async fn names(session: &Session, query: &str, keyspace: &str) -> Result<Vec<String>, ConnectError> {
    let failed = |source| failed("read the schema of the cluster", source);
    let mut statement = Statement::new(query);
    statement.set_request_timeout(Some(CHANGE));
    let result =
        session.query_unpaged(statement, (keyspace,)).await.map_err(|error| failed(store_error(&error)))?;
    let unreadable = |error: &dyn std::fmt::Display| failed(StoreError::Failed(error.to_string()));
    let rows = result.into_rows_result().map_err(|error| unreadable(&error))?;
    let mut names = Vec::new();
    for row in rows.rows::<(String,)>().map_err(|error| unreadable(&error))? {
        names.push(row.map_err(|error| unreadable(&error))?.0);
    }
    Ok(names)
}

async fn read_version(session: &Session, options: &Options) -> Result<Option<i32>, ConnectError> {
    let failed = |source| failed("read the version of the schema", source);
    let mut statement = Statement::new(format!(
        "SELECT version FROM {}.schema_versions WHERE name = '{VERSION_ROW}'",
        options.keyspace
    ));
    statement.set_consistency(Levels::of(options.consistency).serial_read);
    statement.set_request_timeout(Some(CHANGE));
    let result = session.query_unpaged(statement, ()).await.map_err(|error| failed(store_error(&error)))?;
    let unreadable = |error: &dyn std::fmt::Display| failed(StoreError::Failed(error.to_string()));
    let rows = result.into_rows_result().map_err(|error| unreadable(&error))?;
    let row = rows.maybe_first_row::<(i32,)>().map_err(|error| unreadable(&error))?;
    Ok(row.map(|(version,)| version))
}

fn check_version(found: i32, keyspace: &str) -> Result<(), ConnectError> {
    if found > VERSION {
        return Err(ConnectError::SchemaNewer { keyspace: keyspace.to_owned(), found, known: VERSION });
    }
    Ok(())
}

async fn change(session: &Session, text: String) -> Result<(), ConnectError> {
    let mut statement = Statement::new(text);
    statement.set_request_timeout(Some(CHANGE));
    session
        .query_unpaged(statement, ())
        .await
        .map_err(|error| failed("create the tables", store_error(&error)))?;
    Ok(())
}

pub(super) fn failed(action: &str, source: StoreError) -> ConnectError {
    ConnectError::Schema { action: action.to_owned(), source }
}
