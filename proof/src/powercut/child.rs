//! The store whose writes are recorded: commits in parallel, each noted before it is tried and after it was
//! acknowledged. The notes go to a path that the recorder knows, so that they stand in one order with the writes.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use foldmark_core::subject::Revision;
use foldmark_store::Store;
use foldmark_store::embedded::{self, EmbeddedStore};
use tokio::task::JoinSet;

use super::history::{History, SUBJECTS, changes};
use super::log::Note;
use crate::random::Random;

/// Tasks that commit at once, each to subjects of its own.
const TASKS: usize = 20;

/// What to do.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    /// The data folder, which the store makes.
    #[arg(long)]
    folder: PathBuf,
    /// Where the notes go.
    #[arg(long)]
    notes: PathBuf,
    /// How many commits to make.
    #[arg(long)]
    commits: u64,
    /// What to draw the commits from.
    #[arg(long)]
    seed: u64,
}

/// A map that is small at first, so that it grows on the way.
pub(super) fn store_options() -> embedded::Options {
    embedded::Options { map_bytes: 256 << 10, map_bytes_max: 64 << 20, ..embedded::Options::default() }
}

/// Makes the commits.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_time()
        .build()
        .map_err(|error| error.to_string())?;
    runtime.block_on(commit_all(options))
}

async fn commit_all(options: &Options) -> Result<(), String> {
    let store = EmbeddedStore::open(&options.folder, store_options()).map_err(|error| error.to_string())?;
    let store = Arc::new(store);
    let mut tasks = JoinSet::new();
    for number in 0..TASKS {
        tasks.spawn(commit_some(Arc::clone(&store), options.clone(), number));
    }
    while let Some(ended) = tasks.join_next().await {
        ended.map_err(|error| error.to_string())??;
    }
    store.close().await;
    Ok(())
}

async fn commit_some(store: Arc<EmbeddedStore>, options: Options, number: usize) -> Result<(), String> {
    let mut notes =
        OpenOptions::new().append(true).open(&options.notes).map_err(|error| error.to_string())?;
    let mut random = Random::of(options.seed, &[number as u64]);
    let own: Vec<usize> = (number..SUBJECTS).step_by(TASKS).collect();
    let mut revisions = [0; SUBJECTS];
    for _ in 0..options.commits / TASKS as u64 {
        if random.once_in(6) {
            tokio::time::sleep(Duration::from_micros(random.below(3_000))).await;
        }
        let index = *random.pick(&own).ok_or("a task without a subject")?;
        let base = revisions[index];
        let note = Note { acknowledged: false, subject: index, revision: base + 1 };
        let mut write = |note: &Note| notes.write_all(&note.bytes()).map_err(|error| error.to_string());
        write(&note)?;
        let id = History::id(index);
        let subject = History::subject(index, &id);
        store
            .commit(subject, Revision::new(base), changes(options.seed, index, base + 1))
            .await
            .map_err(|error| format!("a commit fails: {error}"))?;
        write(&Note { acknowledged: true, ..note })?;
        revisions[index] += 1;
    }
    Ok(())
}
