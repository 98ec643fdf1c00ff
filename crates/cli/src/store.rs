//! `foldmark store`: what is done once to a place that keeps data, before servers use it.

use foldmark_server::config::StoreSettings;
use foldmark_server::init_store;

use crate::args::{StoreArgs, StoreCommand};
use crate::failure::Failure;
use crate::out;
use crate::settings::ConfigArgs;

pub(crate) async fn run(args: &StoreArgs, config: &ConfigArgs) -> Result<(), Failure> {
    match args.command {
        StoreCommand::Init => init(config).await,
    }
}

/// Creates what is missing, and says what is there then.
async fn init(config: &ConfigArgs) -> Result<(), Failure> {
    let settings = config.load()?.store;
    let StoreSettings::Cassandra(cluster) = &settings else {
        let kind = settings.kind();
        return Err(Failure::usage(format!(
            "store.kind is {kind}, which needs no preparation: only that of a cluster, cassandra, does"
        )));
    };
    let tables = init_store(cluster).await.map_err(Failure::failed)?;
    let (keyspace, version) = (&cluster.keyspace, tables.version);
    out::line(&match (tables.created, tables.upgraded) {
        (true, _) => format!("created: the tables of keyspace {keyspace}, schema version {version}"),
        (false, Some(before)) => {
            format!("upgraded: the tables of keyspace {keyspace}, schema version {version}, before {before}")
        }
        (false, None) => {
            format!("there already: the tables of keyspace {keyspace}, schema version {version}")
        }
    })
}
