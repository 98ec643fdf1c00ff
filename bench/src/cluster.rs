//! The cluster store beside the bare driver.
//!
//! Both write and read the same table with the same statements, on subjects of the same size, over as many
//! connections. What the store does besides is the difference: bounds, turns, ids of commits, reading of answers.
//! The driver's side knows the store's table by heart and uses it as the store does; a change of the table is one here.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use foldmark_core::changes::{Changes, RowChange};
use foldmark_core::subject::{AppId, Kind, Revision, RowKey, Subject, UserId};
use foldmark_store::cassandra::{CassandraStore, Options};
use foldmark_store::{Select, Store};
use foldmark_testcluster::{Cluster, existing_contact_points};
use scylla::client::PoolSize;
use scylla::client::execution_profile::ExecutionProfile;
use scylla::client::session::Session;
use scylla::client::session_builder::SessionBuilder;
use scylla::statement::batch::{Batch, BatchType};
use scylla::statement::prepared::PreparedStatement;
use scylla::statement::{Consistency, SerialConsistency};
use scylla::value::{CqlValue, Row};

use crate::compare::{Contestant, Failure, Plan, Side, compare};

/// Connections of either side to each node.
const CONNECTIONS: NonZeroUsize = NonZeroUsize::new(2).expect("two is not zero");
/// How long either side waits for an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Subjects of each task, which it takes in turns, so that hardly anything is asked of one that was just asked.
const SUBJECTS: u64 = 8;
/// Rows of a subject that is viewed, and which of them a view asks for.
const ROWS: usize = 20;
const ASKED: [usize; 2] = [3, 11];
/// The sizes of what is stored: a head of a few groups, a record of two groups and a short mark.
const HEAD: [u8; 300] = [b'h'; 300];
const RECORD: [u8; 50] = [b'r'; 50];

/// Measures commits of one row, and views of two.
pub(crate) async fn run(plan: &Plan) -> Result<(), Failure> {
    // Kept until the end: dropping it ends the nodes.
    let mut own = None;
    let points = match existing_contact_points()? {
        Some(points) => points,
        None => {
            println!("Starting a cluster of three nodes.");
            own.insert(tokio::task::block_in_place(Cluster::start_for_measurements)?).contact_points()
        }
    };
    let keyspace = format!("bench_{}", std::process::id());
    let store = Arc::new(CassandraStore::connect(options(&points, &keyspace)).await?);
    let driver = Arc::new(Driver::connect(&points, &keyspace).await?);

    let ours = Contestant::new(StoreCommits(Arc::clone(&store)), plan);
    let theirs = Contestant::new(DriverCommits(Arc::clone(&driver)), plan);
    compare("commits of a head and one row", plan, &ours, &theirs).await?;

    for task in 0..plan.tasks {
        for count in 0..SUBJECTS {
            fill(&store, &user_id("view", task, count)).await?;
        }
    }
    let ours = Contestant::new(StoreViews(Arc::clone(&store)), plan);
    let theirs = Contestant::new(DriverViews(Arc::clone(&driver)), plan);
    compare("views of a head and two rows", plan, &ours, &theirs).await?;

    driver.session.query_unpaged(format!("DROP KEYSPACE {keyspace}"), ()).await?;
    Ok(())
}

fn options(points: &[SocketAddr], keyspace: &str) -> Options {
    let points = points.iter().map(ToString::to_string).collect();
    let mut options = Options::new(points, keyspace);
    options.local_datacenter = Some("datacenter1".to_owned());
    options.replication = [("datacenter1".to_owned(), 3)].into();
    options.create_schema = true;
    options.request_timeout = PATIENCE;
    options
}

/// The user whom a task asks about for the `count`th time.
fn user_id(side: &str, task: usize, count: u64) -> String {
    format!("{side}-{task}-{}", count % SUBJECTS)
}

fn subject(id: &str) -> Result<Subject<'_>, Failure> {
    let app = AppId::new(1).ok_or("the number of the application is zero")?;
    Ok(Subject::user(app, UserId::parse(id)?))
}

fn key(number: usize) -> Vec<u8> {
    format!("peer-{number:04}").into_bytes()
}

/// On which revision the `count`th commit of a task is: each raises its subject's by one.
fn base(count: u64) -> u64 {
    count / SUBJECTS
}

/// The row that a commit on this revision puts. There are a few, so that the subject does not grow.
fn row_of(base: u64) -> usize {
    (base % 4) as usize
}

async fn fill(store: &CassandraStore, id: &str) -> Result<(), Failure> {
    let row =
        |number| RowChange { kind: Kind::USER_RECORD, key: key(number).into(), value: Some(RECORD.to_vec()) };
    let rows = (0..ROWS).map(row).collect();
    let changes = Changes { revision: Revision::ZERO.next(), head: HEAD.to_vec(), rows, due: false };
    store.commit(subject(id)?, Revision::ZERO, changes).await?;
    Ok(())
}

struct StoreCommits(Arc<CassandraStore>);

impl Side for StoreCommits {
    const NAME: &'static str = "store";

    async fn once(&self, task: usize, count: u64) -> Result<(), Failure> {
        let id = user_id("store", task, count);
        let base = Revision::new(base(count));
        let row = RowChange {
            kind: Kind::USER_RECORD,
            key: key(row_of(base.get())).into(),
            value: Some(RECORD.to_vec()),
        };
        let changes = Changes { revision: base.next(), head: HEAD.to_vec(), rows: vec![row], due: false };
        self.0.commit(subject(&id)?, base, changes).await?;
        Ok(())
    }
}

struct StoreViews(Arc<CassandraStore>);

impl Side for StoreViews {
    const NAME: &'static str = "store";

    async fn once(&self, task: usize, count: u64) -> Result<(), Failure> {
        let id = user_id("view", task, count);
        let keys = ASKED.map(key);
        let keys = [0, 1].map(|at: usize| RowKey { kind: Kind::USER_RECORD, key: &keys[at] });
        let stored = self.0.view(subject(&id)?, Select::Rows(&keys)).await?;
        if stored.head().is_none() || stored.rows().len() != keys.len() {
            return Err("the store did not find what was stored".into());
        }
        Ok(())
    }
}

/// The bare driver, with the statements of the store.
struct Driver {
    session: Session,
    commit: Batch,
    view: PreparedStatement,
}

impl Driver {
    async fn connect(points: &[SocketAddr], keyspace: &str) -> Result<Driver, Failure> {
        let profile = ExecutionProfile::builder()
            .consistency(Consistency::Quorum)
            .serial_consistency(Some(SerialConsistency::Serial))
            .request_timeout(Some(PATIENCE))
            .build();
        let session = SessionBuilder::new()
            .known_nodes_addr(points)
            .default_execution_profile_handle(profile.into_handle())
            .pool_size(PoolSize::PerHost(CONNECTIONS))
            .build()
            .await?;
        let table = format!("{keyspace}.subjects");
        let head = session
            .prepare(format!(
                "UPDATE {table} SET value = ?, revision = ?, fence = 0, commits[?] = ? \
                 WHERE app = ? AND kind = ? AND id = ? AND row_kind = 0 AND row_key = 0x \
                 IF revision = ? AND fence = ?"
            ))
            .await?;
        let row = session
            .prepare(format!(
                "INSERT INTO {table} (app, kind, id, row_kind, row_key, value) VALUES (?, ?, ?, ?, ?, ?)"
            ))
            .await?;
        let mut view = session
            .prepare(format!(
                "SELECT row_kind, row_key, value, revision FROM {table} \
                 WHERE app = ? AND kind = ? AND id = ? AND (row_kind, row_key) IN ?"
            ))
            .await?;
        view.set_consistency(Consistency::Serial);
        let commit = Batch::new_with_statements(BatchType::Unlogged, vec![head.into(), row.into()]);
        Ok(Driver { session, commit, view })
    }
}

struct DriverCommits(Arc<Driver>);

impl Side for DriverCommits {
    const NAME: &'static str = "driver";

    async fn once(&self, task: usize, count: u64) -> Result<(), Failure> {
        let id = user_id("driver", task, count);
        let base = base(count);
        let made = (base + 1).cast_signed();
        let place = (made % 16) as i8;
        // Every commit has other bytes here, as the store's have.
        let signature = [&made.to_be_bytes()[..], &[task as u8; 16]].concat();
        let guard = (base > 0).then_some(base.cast_signed());
        let fence = guard.map(|_| 0_i64);
        let user = (1_i64, 1_i8, id.as_str());
        let values = (
            (&HEAD[..], made, place, signature, user.0, user.1, user.2, guard, fence),
            (user.0, user.1, user.2, 1_i16, key(row_of(base)), &RECORD[..]),
        );
        let result = self.0.session.batch(&self.0.commit, values).await?.into_rows_result()?;
        let row: Row = result.first_row()?;
        match row.columns.first() {
            Some(Some(CqlValue::Boolean(true))) => Ok(()),
            _ => Err("a commit of the driver was not applied".into()),
        }
    }
}

struct DriverViews(Arc<Driver>);

impl Side for DriverViews {
    const NAME: &'static str = "driver";

    async fn once(&self, task: usize, count: u64) -> Result<(), Failure> {
        let id = user_id("view", task, count);
        let keys = ASKED.map(key);
        let names = [(0_i16, &b""[..]), (1, &keys[0]), (1, &keys[1])];
        let values = (1_i64, 1_i8, id.as_str(), &names[..]);
        let result = self.0.session.execute_unpaged(&self.0.view, values).await?.into_rows_result()?;
        let mut bytes = 0;
        let mut found = 0;
        for row in result.rows::<(i16, &[u8], Option<&[u8]>, Option<i64>)>()? {
            let (_, key, value, _) = row?;
            bytes += key.len() + value.map_or(0, <[u8]>::len);
            found += 1;
        }
        if found != names.len() || bytes < HEAD.len() {
            return Err("the driver did not find what was stored".into());
        }
        Ok(())
    }
}
