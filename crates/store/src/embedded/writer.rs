//! The writer: the one thread that changes the map, and the queue before it.
//!
//! It takes what has gathered in the queue, makes one transaction of it, and answers everyone after the transaction's
//! sync, so that the cost of a sync is shared. Each commit is checked on its own: a conflict, or a lack of room, is the
//! answer to one commit and does not touch the others. A commit that the database refuses ends the transaction; then
//! each commit of the batch gets a transaction of its own.
//!
//! Only a failed write of the meta page leaves open whether a transaction happened. The environment is then opened
//! anew and written once, so that what is in it now is what will be found after any crash, and each commit is looked up.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};
use std::{io, slice};

use heed::{MdbError, RwTxn};
use tokio::sync::{oneshot, watch};

use super::apply::Work;
use super::env::{Environment, FinishError, store_error};
use super::gate::Gate;
use super::health::{Health, now, take_turn};
use super::options::Options;
use crate::key;
use crate::{CommitError, StoreError};

/// What a commit is answered.
pub(super) type Outcome = Result<(), CommitError>;

/// What the writer is asked to do.
pub(super) enum Job {
    /// Carry this out and answer there, if anyone still listens.
    Write(Work, oneshot::Sender<Outcome>),
    /// Find out whether writing works.
    Probe,
}

/// A transaction that has been made durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// The commits in it, those that conflicted too.
    pub commits: usize,
    /// How long making it durable took.
    pub sync: Duration,
}

/// Is told of every transaction, before its commits are answered.
pub type Observer = Box<dyn Fn(Transaction) + Send + Sync>;

/// What the writer shares with the store.
pub(super) struct Shared {
    /// Jobs in the queue.
    pub(super) waiting: AtomicU64,
    pub(super) observer: Observer,
    pub(super) gate: Gate,
    pub(super) health: Health,
    #[cfg(test)]
    pub(super) faults: super::faults::Faults,
}

/// The store's side of a started writer. The writer ends, and `ended` is closed, when every sender is gone and the
/// queue is empty.
pub(super) struct Started {
    pub(super) queue: SyncSender<Job>,
    pub(super) thread: JoinHandle<()>,
    pub(super) ended: watch::Receiver<()>,
}

/// Starts the writer.
#[expect(clippy::disallowed_methods, reason = "the crate's one thread; the store ends and joins it")]
pub(super) fn start(shared: Arc<Shared>, options: &Options) -> io::Result<Started> {
    let (queue, jobs) = sync_channel(options.queue_commits);
    let (ending, ended) = watch::channel(());
    let (batch_commits, batch_bytes) = (options.batch_commits, options.batch_bytes);
    let writer = Writer { shared, jobs, batch_commits, batch_bytes, reopened: None };
    let work = move || {
        // Dropped at the end of the thread, be it a panic.
        let _ending = ending;
        writer.run();
    };
    let thread = Builder::new().name("foldmark-writer".to_owned()).spawn(work)?;
    Ok(Started { queue, thread, ended })
}

struct Writer {
    shared: Arc<Shared>,
    jobs: Receiver<Job>,
    batch_commits: usize,
    batch_bytes: usize,
    /// When the environment was last reopened, or tried to.
    reopened: Option<Instant>,
}

/// What is carried out together.
#[derive(Default)]
struct Batch {
    requests: Vec<Work>,
    answers: Vec<oneshot::Sender<Outcome>>,
    bytes: usize,
    probe: bool,
}

/// Why a transaction failed as a whole.
enum Trouble {
    /// The map has no room for it.
    Full,
    /// The database refused one of its commits, not knowing which is enough: none happened.
    Refused(StoreError),
    /// The disk failed. Nothing happened.
    Failed(StoreError),
    /// The environment is dead. If the transaction happened, these are its outcomes; without any, it did not.
    Dead(Vec<Outcome>, String),
}

impl Writer {
    fn run(mut self) {
        while let Ok(first) = self.jobs.recv() {
            self.shared.waiting.fetch_sub(1, Ordering::Relaxed);
            let batch = self.gather(first);
            if batch.requests.is_empty() {
                self.probe();
                continue;
            }
            let outcomes = self.commit(&batch.requests);
            if batch.probe && self.shared.health.failure().is_some() {
                self.probe();
            }
            for (answer, outcome) in batch.answers.into_iter().zip(outcomes) {
                // An error means that the caller has stopped waiting. What happened has happened.
                let _ = answer.send(outcome);
            }
        }
    }

    /// Takes what is in the queue, up to the bounds of a batch.
    fn gather(&self, first: Job) -> Batch {
        let mut batch = Batch::default();
        batch.add(first);
        while batch.requests.len() < self.batch_commits && batch.bytes < self.batch_bytes {
            let Ok(next) = self.jobs.try_recv() else { break };
            self.shared.waiting.fetch_sub(1, Ordering::Relaxed);
            batch.add(next);
        }
        batch
    }

    /// Carries out the commits, in one transaction if possible, and gives an outcome for each.
    fn commit(&mut self, requests: &[Work]) -> Vec<Outcome> {
        if !self.ensure_open() {
            return fail_all(requests, "the database could not be opened again after a failed write");
        }
        loop {
            match self.transact(requests) {
                Ok(outcomes) => return outcomes,
                Err(Trouble::Full) if self.shared.gate.grow() => {}
                Err(Trouble::Full | Trouble::Refused(_)) if requests.len() > 1 => {
                    return requests
                        .iter()
                        .flat_map(|request| self.commit(slice::from_ref(request)))
                        .collect();
                }
                Err(Trouble::Full) => return vec![Err(StoreError::Full.into())],
                Err(Trouble::Refused(error)) => return vec![Err(error.into())],
                Err(Trouble::Failed(error)) => {
                    let reason = reason(error);
                    self.shared.health.failed(reason.clone());
                    return fail_all(requests, &reason);
                }
                Err(Trouble::Dead(outcomes, cause)) => {
                    self.shared.health.failed(cause);
                    return self.look_up(requests, outcomes);
                }
            }
        }
    }

    /// Carries out the commits in one transaction.
    fn transact(&self, requests: &[Work]) -> Result<Vec<Outcome>, Trouble> {
        let environment = self.shared.gate.enter().map_err(Trouble::Failed)?;
        let mut txn = environment.write().map_err(|error| trouble(&error))?;
        let mut outcomes = Vec::with_capacity(requests.len());
        let max_bytes = self.shared.gate.max_bytes();
        for request in requests {
            outcomes.push(request.apply(&environment, &mut txn, max_bytes).map_err(|error| trouble(&error))?);
        }
        if outcomes.iter().all(Result::is_err) {
            return Ok(outcomes);
        }
        let started = now();
        match self.finish(&environment, txn) {
            Ok(()) => {
                self.shared.health.succeeded();
                (self.shared.observer)(Transaction { commits: requests.len(), sync: started.elapsed() });
                Ok(outcomes)
            }
            Err(FinishError::Before(error)) => Err(trouble(&error)),
            Err(FinishError::Dead(error)) => Err(Trouble::Dead(outcomes, error.to_string())),
        }
    }

    /// After a transaction that may or may not have happened: opens the environment anew and finds out.
    fn look_up(&mut self, requests: &[Work], outcomes: Vec<Outcome>) -> Vec<Outcome> {
        if outcomes.is_empty() {
            self.reopen();
            return fail_all(requests, "the database had failed before");
        }
        let open = self.reopen();
        let look = |(request, outcome): (&Work, Outcome)| match outcome {
            Ok(()) if open => match self.shared.gate.enter() {
                Ok(environment) => request.landed(&environment),
                Err(_) => Err(CommitError::Unknown),
            },
            Ok(()) => Err(CommitError::Unknown),
            // What this one conflicted with may not have happened either. It wrote nothing: that is certain.
            Err(CommitError::Conflict) => Err(failed("the write failed and did not happen")),
            Err(other) => Err(other),
        };
        requests.iter().zip(outcomes).map(look).collect()
    }

    /// Opens the environment if it is down and a new try is due.
    fn ensure_open(&mut self) -> bool {
        !self.shared.gate.is_down() || (take_turn(&mut self.reopened) && self.reopen())
    }

    /// Opens the environment anew and writes to it. Whichever of the two last states the disk held before, the one that
    /// is seen now has then a durable successor, so that the other can never come back.
    fn reopen(&mut self) -> bool {
        take_turn(&mut self.reopened);
        tracing::warn!("reopening the database");
        #[cfg(test)]
        if self.shared.faults.strikes_reopening() {
            self.shared.gate.shut();
            return false;
        }
        let open = self.shared.gate.reopen() && self.mark();
        if !open {
            self.shared.gate.shut();
        }
        open
    }

    /// Writes once to find out whether writing works again.
    fn probe(&mut self) {
        if self.ensure_open() && self.shared.health.failure().is_some() {
            self.mark();
        }
    }

    /// Changes a row of the store's own.
    fn mark(&self) -> bool {
        let marked = self.shared.gate.enter().and_then(|environment| {
            let mut txn = environment.write().map_err(|error| store_error(&error))?;
            write_marker(&environment, &mut txn).map_err(|error| store_error(&error))?;
            match self.finish(&environment, txn) {
                Ok(()) => Ok(true),
                Err(FinishError::Before(error)) => Err(store_error(&error)),
                Err(FinishError::Dead(error)) => {
                    self.shared.health.failed(error.to_string());
                    Ok(false)
                }
            }
        });
        match marked {
            Ok(true) => {
                self.shared.health.succeeded();
                true
            }
            // The environment is dead. No commit depends on this transaction: the next try starts from what it left.
            Ok(false) => {
                self.shared.gate.shut();
                false
            }
            Err(error) => {
                self.shared.health.failed(reason(error));
                false
            }
        }
    }

    #[cfg(not(test))]
    fn finish(&self, environment: &Environment, txn: RwTxn<'_>) -> Result<(), FinishError> {
        environment.finish(txn)
    }

    #[cfg(test)]
    fn finish(&self, environment: &Environment, txn: RwTxn<'_>) -> Result<(), FinishError> {
        self.shared.faults.finish(environment, txn)
    }
}

impl Batch {
    fn add(&mut self, job: Job) {
        match job {
            Job::Write(request, answer) => {
                self.bytes += request.bytes();
                self.requests.push(request);
                self.answers.push(answer);
            }
            Job::Probe => self.probe = true,
        }
    }
}

/// Which kind of trouble an error is that came up before the meta page was written.
fn trouble(error: &heed::Error) -> Trouble {
    match error {
        heed::Error::Mdb(MdbError::MapFull) => Trouble::Full,
        heed::Error::Mdb(MdbError::Panic) => Trouble::Dead(Vec::new(), error.to_string()),
        heed::Error::Mdb(_) => Trouble::Refused(store_error(error)),
        _ => Trouble::Failed(store_error(error)),
    }
}

fn write_marker(environment: &Environment, txn: &mut RwTxn<'_>) -> Result<(), heed::Error> {
    let table = environment.table();
    let before = table.get(txn, key::MARKER)?.and_then(|value| value.try_into().ok());
    let next = before.map_or(0, u64::from_be_bytes).wrapping_add(1);
    table.put(txn, key::MARKER, &next.to_be_bytes())
}

fn fail_all(requests: &[Work], reason: &str) -> Vec<Outcome> {
    requests.iter().map(|_| Err(failed(reason))).collect()
}

/// What went wrong, without the words that say that something did.
fn reason(error: StoreError) -> String {
    match error {
        StoreError::Failed(reason) => reason,
        other => other.to_string(),
    }
}

fn failed(reason: &str) -> CommitError {
    StoreError::Failed(reason.to_owned()).into()
}
