//! Two servers on one cluster, of which one may lose what it sends and is sent.

use std::sync::Arc;
use std::time::Duration;

use foldmark_store::cassandra::{CassandraStore, Options};
use tokio::time::{sleep, timeout};

use crate::cluster::{Shared, SharedStore, commit, connect, patient, points, revision, shared};
use crate::proxy::Proxies;

/// How long a commit is waited for in these tests, on a machine that may be slow.
pub(crate) const REQUEST: Duration = Duration::from_secs(5);
/// How long these tests wait for what has to come: longer than any node waits for another.
pub(crate) const PATIENCE: Duration = Duration::from_secs(15);

/// A store behind proxies, and one of another server that reaches the nodes directly. The user `u` is on revision 1.
pub(crate) struct Pair {
    pub(crate) proxies: Proxies,
    pub(crate) store: SharedStore,
    pub(crate) other: CassandraStore,
    _turn: Shared,
}

impl Pair {
    /// On a keyspace of its own. `change` has a say in the options of the store behind the proxies.
    pub(crate) async fn new(change: impl FnOnce(&mut Options)) -> Pair {
        let turn = shared().await;
        let points = points();
        let proxies = Proxies::start(&points).await;
        let options = patient(&points);
        let other = connect(options.clone()).await;
        let mut behind =
            Options { request_timeout: REQUEST, create_schema: false, ..proxies.options(options) };
        change(&mut behind);
        let store = Arc::new(connect(behind).await);
        commit(&other, "u", 0, vec![]).await.unwrap();
        Pair { proxies, store, other, _turn: turn }
    }

    /// Waits until the user is on this revision, as the other server sees it, and says whether that came within
    /// [`PATIENCE`].
    pub(crate) async fn comes_to(&self, wanted: u64) -> bool {
        let seen = async {
            while revision(&self.other, "u").await != wanted {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(PATIENCE, seen).await.is_ok()
    }

    /// Waits until another batch has come to the proxies than the `before`.
    pub(crate) async fn wait_for_batch(&self, before: usize) {
        let come = async {
            while self.proxies.batches() == before {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, come).await.expect("a batch comes");
    }
}
