//! The tables of the cluster store, and the statements on them.
//!
//! One table holds everything. A subject is one partition; its head is the clustering row (0, ''), which sorts before
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
//! What operators keep to: repair the keyspace within `gc_grace_seconds`; never write to these tables by other means
//! (an ordinary write has a clock of its own, which may hide later commits); let a mutation be at least 4 MiB
//! (Cassandra's `commitlog_segment_size` at least 8 MiB, as by default) and a frame at least 16 MiB (the default of
//! `native_transport_max_frame_size`); keep the clocks of the nodes together. Let Cassandra's `paxos_variant` be `v2`:
//! the default, `v1`, is as right, but takes more rounds among the copies for each view and each commit.

use scylla::client::session::Session;
use scylla::statement::Statement;
use scylla::statement::prepared::PreparedStatement;

use super::error::store_error;
use super::options::{ConnectError, Options, refused};
use super::session::{Levels, Profiles};
use crate::StoreError;

/// The newest schema that this program knows.
const VERSION: i32 = 1;
/// The name of the row with the version of the schema.
pub(super) const VERSION_ROW: &str = "subjects";
/// How long a change of the schema may take: all nodes have to agree on it.
const CHANGE: std::time::Duration = std::time::Duration::from_secs(60);

const HEAD: &str = "app = ? AND kind = ? AND id = ? AND row_kind = 0 AND row_key = 0x";
const SUBJECT: &str = "app = ? AND kind = ? AND id = ?";

/// The tables, once they are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tables {
    /// Whether any of them was made just now.
    pub created: bool,
    /// The version of their schema.
    pub version: i32,
}

/// Every statement that the store makes. A read that is marked *serial* takes part in the agreement on commits.
pub(super) struct Statements {
    /// Serial: the head.
    pub(super) view_head: PreparedStatement,
    /// Serial: the rows named by a list of pairs.
    pub(super) view_rows: PreparedStatement,
    /// Serial: all rows, the head first.
    pub(super) view_all: PreparedStatement,
    /// The head, as of the last acknowledged commit or a later one.
    pub(super) head: PreparedStatement,
    /// Conditional: the head's part of a commit.
    pub(super) commit_head: PreparedStatement,
    /// Part of a commit: puts a row.
    pub(super) put: PreparedStatement,
    /// Part of a commit: deletes a row.
    pub(super) delete: PreparedStatement,
    /// Conditional: no commit on this revision that was begun before may happen any more.
    pub(super) fence: PreparedStatement,
    /// Serial: the revision and the last commits.
    pub(super) commits: PreparedStatement,
    /// Conditional: the head's part of a sweep, which changes nothing that anyone reads.
    pub(super) sweep_head: PreparedStatement,
    /// Part of a sweep: covers what lies between two rows.
    pub(super) sweep_between: PreparedStatement,
    /// Part of a sweep: covers what lies behind the last row.
    pub(super) sweep_behind: PreparedStatement,
    /// The first rows of partitions, by token.
    pub(super) walk: PreparedStatement,
    /// Serial: the version of the schema.
    pub(super) version: PreparedStatement,
}

impl Statements {
    pub(super) async fn prepare(
        session: &Session,
        keyspace: &str,
        levels: Levels,
        profiles: &Profiles,
    ) -> Result<Statements, ConnectError> {
        let serial = async |text: String| {
            let mut read = prepare(session, text).await?;
            read.set_consistency(levels.serial_read);
            read.set_is_idempotent(true);
            read.set_execution_profile_handle(Some(profiles.read.clone()));
            Ok::<_, ConnectError>(read)
        };
        let plain = async |text: String| {
            let mut read = prepare(session, text).await?;
            read.set_is_idempotent(true);
            read.set_execution_profile_handle(Some(profiles.read.clone()));
            Ok::<_, ConnectError>(read)
        };
        let table = format!("{keyspace}.subjects");
        let columns = "row_kind, row_key, value, revision";
        let mut fence = prepare(
            session,
            format!("UPDATE {table} SET fence = ? WHERE {HEAD} IF revision = ? AND fence = ?"),
        )
        .await?;
        // Setting it twice, or late, does no more than setting it once; see `resolve`.
        fence.set_is_idempotent(true);
        fence.set_execution_profile_handle(Some(profiles.resolve.clone()));
        let mut commits = serial(format!("SELECT revision, commits FROM {table} WHERE {HEAD}")).await?;
        commits.set_execution_profile_handle(Some(profiles.resolve.clone()));
        Ok(Statements {
            view_head: serial(format!("SELECT {columns} FROM {table} WHERE {HEAD}")).await?,
            view_rows: serial(format!(
                "SELECT {columns} FROM {table} WHERE {SUBJECT} AND (row_kind, row_key) IN ?"
            ))
            .await?,
            view_all: serial(format!("SELECT {columns} FROM {table} WHERE {SUBJECT}")).await?,
            head: plain(format!("SELECT {columns} FROM {table} WHERE {HEAD}")).await?,
            commit_head: prepare(
                session,
                format!(
                    "UPDATE {table} SET value = ?, revision = ?, fence = 0, commits[?] = ? WHERE {HEAD} \
                     IF revision = ? AND fence = ?"
                ),
            )
            .await?,
            put: prepare(
                session,
                format!(
                    "INSERT INTO {table} (app, kind, id, row_kind, row_key, value) VALUES (?, ?, ?, ?, ?, ?)"
                ),
            )
            .await?,
            delete: prepare(
                session,
                format!("DELETE FROM {table} WHERE {SUBJECT} AND row_kind = ? AND row_key = ?"),
            )
            .await?,
            fence,
            commits,
            sweep_head: prepare(
                session,
                format!("UPDATE {table} SET swept = ? WHERE {HEAD} IF revision = ?"),
            )
            .await?,
            sweep_between: prepare(
                session,
                format!(
                    "DELETE FROM {table} WHERE {SUBJECT} AND (row_kind, row_key) > (?, ?) \
                     AND (row_kind, row_key) < (?, ?)"
                ),
            )
            .await?,
            sweep_behind: prepare(
                session,
                format!("DELETE FROM {table} WHERE {SUBJECT} AND (row_kind, row_key) > (?, ?)"),
            )
            .await?,
            walk: plain(format!(
                "SELECT token(app, kind, id), app, kind, id, value, revision FROM {table} \
                 WHERE token(app, kind, id) >= ? PER PARTITION LIMIT 1 LIMIT ?"
            ))
            .await?,
            version: serial(format!("SELECT version FROM {keyspace}.schema_versions WHERE name = ?")).await?,
        })
    }
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
        Some(found) => check_version(found, &options.keyspace),
        None => Err(ConnectError::SchemaMissing { keyspace: options.keyspace.clone() }),
    }
}

/// Creates what is missing: the keyspace, the tables, and last the row that says that all of it is there.
pub(super) async fn create(session: &Session, options: &Options) -> Result<Tables, ConnectError> {
    let keyspace = &options.keyspace;
    if tables_exist(session, keyspace).await?
        && let Some(version) = read_version(session, options).await?
    {
        check_version(version, keyspace)?;
        return Ok(Tables { created: false, version });
    }
    if !keyspace_exists(session, keyspace).await? {
        change(session, create_keyspace(session, options)?).await?;
    }
    change(session, create_subjects(keyspace)).await?;
    change(
        session,
        format!("CREATE TABLE IF NOT EXISTS {keyspace}.schema_versions (name text PRIMARY KEY, version int)"),
    )
    .await?;
    let levels = Levels::of(options.consistency);
    let mut insert = Statement::new(format!(
        "INSERT INTO {keyspace}.schema_versions (name, version) VALUES ('{VERSION_ROW}', {VERSION}) IF NOT EXISTS"
    ));
    insert.set_serial_consistency(Some(levels.serial));
    insert.set_request_timeout(Some(CHANGE));
    session
        .query_unpaged(insert, ())
        .await
        .map_err(|error| failed("write the version of the schema", store_error(&error)))?;
    match read_version(session, options).await? {
        Some(version) => {
            check_version(version, keyspace)?;
            Ok(Tables { created: true, version })
        }
        None => Err(failed(
            "write the version of the schema",
            StoreError::Failed("it is not there afterwards".to_owned()),
        )),
    }
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

async fn prepare(session: &Session, text: String) -> Result<PreparedStatement, ConnectError> {
    session.prepare(text).await.map_err(|error| {
        failed("prepare the statements on the tables", StoreError::Failed(error.to_string()))
    })
}

fn failed(action: &str, source: StoreError) -> ConnectError {
    ConnectError::Schema { action: action.to_owned(), source }
}
