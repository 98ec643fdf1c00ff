//! The statements of the cluster store, prepared once. What they are on is told in `schema`.

use scylla::client::session::Session;
use scylla::statement::prepared::PreparedStatement;

use super::options::ConnectError;
use super::schema::failed;
use super::session::{Levels, Profiles};
use super::{due, lease};
use crate::StoreError;

const HEAD: &str = "app = ? AND kind = ? AND id = ? AND row_kind = 0 AND row_key = 0x";
const SUBJECT: &str = "app = ? AND kind = ? AND id = ?";

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
    /// On due rows.
    pub(super) due: due::Statements,
    /// See `lease`.
    pub(super) lead: PreparedStatement,
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
            due: due::Statements::prepare(session, keyspace, profiles).await?,
            lead: lease::statement(session, keyspace).await?,
        })
    }
}

/// Prepares one.
pub(super) async fn prepare(session: &Session, text: String) -> Result<PreparedStatement, ConnectError> {
    session.prepare(text).await.map_err(|error| {
        failed("prepare the statements on the tables", StoreError::Failed(error.to_string()))
    })
}
