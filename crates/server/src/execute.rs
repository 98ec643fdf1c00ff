//! The one loop that carries out commands: view, decide, commit, and again if another node was faster.

use std::sync::Arc;

use foldmark_core::command::{Command, Reads};
use foldmark_core::decide::decide;
use foldmark_core::decision::{Refusal, Reply, Verdict};
use foldmark_core::format::Corrupt;
use foldmark_core::policy::{Context, Policy};
use foldmark_core::stored::Stored;
use foldmark_core::subject::{AppId, Conversation, Revision, Subject};
use foldmark_core::view::{View, exists};
use foldmark_store::{CommitError, Select, Store, StoreError};
use thiserror::Error;

use crate::audit::{Audit, AuditStatus, Caller};
use crate::clock::Clock;
use crate::commit::{Committing, Told};
use crate::failures::Failures;
use crate::limits;
use crate::locks::SubjectLocks;
use crate::metrics::Metrics;
use crate::tasks::Tasks;
use crate::watch::Hub;
use crate::webhooks::Outbox;
use crate::{random, spans};

/// Carries out commands on a store.
pub(crate) struct Executor {
    store: Arc<dyn Store>,
    locks: SubjectLocks,
    clock: Clock,
    metrics: Arc<Metrics>,
    observer: Option<Observer>,
    audit: Option<Audit>,
    told: Told,
    /// Where commits go on that nobody waits for any more.
    tasks: Tasks,
}

/// Is told of every decision at each of its stages.
pub type Observer = Box<dyn Fn(&Decided<'_>) + Send + Sync>;

/// How far a decision has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Its changes are about to be sent to the store. They may fail, be overtaken and decided again, or nobody may ever
    /// find out whether they happened.
    Trying,
    /// It is durable if it changes anything, and not yet answered.
    Durable,
}

/// A decision, with everything that it depended on: enough to decide it again elsewhere.
#[derive(Debug)]
pub struct Decided<'a> {
    /// How far it has come.
    pub stage: Stage,
    /// The request that asked for it, if the caller gave it an id.
    pub request_id: Option<&'a str>,
    /// What the command read; its revision is the base of the changes, and it knows what was asked about others.
    pub view: &'a View<'a>,
    /// What was asked.
    pub command: &'a Command<'a>,
    /// The moment.
    pub context: Context,
    /// The revision that is made; `None` if nothing changes.
    pub committed: Option<Revision>,
}

/// On whose behalf a command is carried out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    /// The id that the caller gave the request.
    pub(crate) id: Option<&'a str>,
    /// The application's policy.
    pub(crate) policy: &'a Policy,
    /// Whom the audit log names; `None`: changes are not audited.
    pub(crate) caller: Option<Caller<'a>>,
}

/// A command that was decided, and is durable if it changed anything.
#[derive(Debug)]
pub(crate) struct Executed<T> {
    /// What was made of the outcome.
    pub(crate) value: T,
    /// The revision of the subject that the outcome depends on, or that it made; of a call that was made before, that
    /// which it made then.
    pub(crate) revision: Revision,
}

/// Why a command could not be decided, or not be made durable.
#[derive(Debug, Error)]
pub(crate) enum ExecuteError {
    /// Nothing was changed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nothing was changed.
    #[error(transparent)]
    Corrupt(#[from] Corrupt),
    /// Another node was faster each time. Nothing was changed.
    #[error("the subject was changed by others again and again")]
    Conflict,
    /// The change may or may not have happened.
    #[error("the outcome of the commit is not known")]
    Unknown,
    /// Nothing was changed.
    #[error("the audit log cannot be written")]
    AuditBroken,
    /// The change was made.
    #[error("the change was made, but the audit log could not be written")]
    NotAudited,
}

impl Executor {
    pub(crate) fn new(
        store: Box<dyn Store>,
        clock: Clock,
        metrics: Arc<Metrics>,
        observer: Option<Observer>,
    ) -> Executor {
        let failures = Arc::new(Failures::new(&clock));
        let told = Told { hub: Arc::new(Hub::nobody()), outbox: Arc::default(), failures };
        Executor {
            store: store.into(),
            locks: SubjectLocks::new(),
            clock,
            metrics,
            observer,
            audit: None,
            told,
            tasks: Tasks::default(),
        }
    }

    /// Has changes written to an audit log.
    pub(crate) fn audited(self, audit: Option<Audit>) -> Executor {
        Executor { audit, ..self }
    }

    /// Has those who watch woken by commits.
    pub(crate) fn watched(self, hub: Arc<Hub>) -> Executor {
        Executor { told: Told { hub, ..self.told }, ..self }
    }

    /// Has commits that nobody waits for any more end among these tasks.
    pub(crate) fn with_tasks(self, tasks: Tasks) -> Executor {
        Executor { tasks, ..self }
    }

    /// Those who watch.
    pub(crate) fn hub(&self) -> &Arc<Hub> {
        &self.told.hub
    }

    /// Whose changes others are to be told.
    pub(crate) fn outbox(&self) -> &Outbox {
        &self.told.outbox
    }

    /// Ends the store, and the audit log when everything is written.
    pub(crate) async fn close(&self) {
        self.store.close().await;
        if let Some(audit) = &self.audit {
            audit.close().await;
        }
    }

    /// The audit log, for what is no command.
    pub(crate) fn audit(&self) -> Option<&Audit> {
        self.audit.as_ref()
    }

    /// How the audit log goes; `None` if there is none.
    pub(crate) fn audit_status(&self) -> Option<AuditStatus> {
        self.audit.as_ref().map(Audit::status)
    }

    /// The figures.
    pub(crate) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// The store, for what needs no decision.
    pub(crate) fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// Decides `command` about `subject`, makes its changes durable, and hands the outcome to `finish`.
    pub(crate) async fn execute<T>(
        &self,
        request: Request<'_>,
        subject: Subject<'_>,
        command: &Command<'_>,
        finish: impl FnOnce(Result<Reply<'_>, Refusal>) -> T,
    ) -> Result<Executed<T>, ExecuteError> {
        let _turn = match command.writes() {
            true => Some(self.locks.lock(subject).await),
            false => None,
        };
        if let (Some(audit), true, true) = (&self.audit, command.writes(), request.caller.is_some()) {
            audit.admit().await.map_err(|_| ExecuteError::AuditBroken)?;
        }
        let keys = command.row_keys();
        let policy = request.policy;
        let mut reads = command.reads(policy);
        let mut attempt = 0;
        loop {
            let select = match reads {
                Reads::Named if keys.is_empty() => Select::Head,
                Reads::Named => Select::Rows(&keys),
                Reads::Whole | Reads::WholeWithChatGroups => Select::All,
            };
            // What the command itself asks does not depend on what is read, so both are looked up at once.
            let asked = command.questions(policy);
            let others = peers(subject.app, &asked);
            let looking = spans::view(attempt + 1, matches!(select, Select::All));
            let viewed = spans::within(&looking, self.store.view_and_heads(subject, select, &others)).await;
            let (stored, heads) = viewed.inspect_err(|_| spans::failed(&looking))?;
            let absent = without_other_side(&asked, &existing(&others, &heads)?);
            let mut view = View::decode(subject, &stored, reads)?.with_answers(asked, absent);
            loop {
                let asked = view.further_questions(command);
                if asked.is_empty() {
                    break;
                }
                let existing = self.exist(&peers(subject.app, &asked)).await?;
                let absent = without_other_side(&asked, &existing);
                view = view.with_answers(asked, absent);
            }
            spans::seen(&looking, view.revision);
            drop(looking);
            // Only what is written has use for chance, and asking for it is a system call.
            let random = if command.writes() { random::number() } else { 0 };
            let context = Context { now: self.clock.unix_seconds(), random, policy: *policy };
            let decision = match decide(&view, command, &context) {
                Verdict::Decided(decision) => decision,
                Verdict::Needs(more) => {
                    assert!(more > reads, "a decision must not ask for what it has");
                    reads = more;
                    continue;
                }
            };
            let committed = decision.changes.as_ref().map(|changes| changes.revision);
            let repeats = decision.repeats;
            let tell = |stage| {
                if let Some(observer) = &self.observer {
                    let request_id = request.id;
                    observer(&Decided { stage, request_id, view: &view, command, context, committed });
                }
            };
            let mut entry = None;
            let written = match decision.changes {
                None => Ok(()),
                Some(changes) => {
                    tell(Stage::Trying);
                    if let (Some(audit), Some(caller)) = (&self.audit, request.caller) {
                        entry = Some(audit.begin(caller, request.id, &view, &changes));
                    }
                    let committing = spans::commit(attempt + 1, changes.revision);
                    let (store, base) = (Arc::clone(&self.store), view.revision);
                    let (told, tasks) = (&self.told, &self.tasks);
                    let commit = Committing::begin(store, told, tasks, request, subject, base, changes);
                    spans::within(&committing, commit).await.inspect_err(|error| match error {
                        CommitError::Conflict => spans::overtaken(&committing),
                        CommitError::Unknown | CommitError::Store(_) => spans::failed(&committing),
                    })
                }
            };
            if let (Some(entry), Err(CommitError::Conflict | CommitError::Store(_))) = (&mut entry, &written)
            {
                entry.dismiss();
            }
            match written {
                Ok(()) => {
                    tell(Stage::Durable);
                    let revision = committed.or(repeats).unwrap_or(view.revision);
                    if let Some(entry) = entry {
                        entry.durable(revision).await.map_err(|_| ExecuteError::NotAudited)?;
                    }
                    return Ok(Executed { value: finish(decision.outcome), revision });
                }
                Err(CommitError::Conflict) => {
                    self.metrics.conflict();
                    if attempt == limits::COMMIT_ATTEMPTS {
                        return Err(ExecuteError::Conflict);
                    }
                    attempt += 1;
                    pause(attempt).await;
                }
                Err(CommitError::Unknown) => return Err(ExecuteError::Unknown),
                Err(CommitError::Store(error)) => return Err(error.into()),
            }
        }
    }

    /// Which of these users are imported, and which of these chat groups alive.
    pub(crate) async fn exist(&self, subjects: &[Subject<'_>]) -> Result<Vec<bool>, ExecuteError> {
        Ok(existing(subjects, &self.store.heads(subjects).await?)?)
    }
}

/// Those whose existence is asked about.
fn peers<'a>(app: AppId, questions: &[Conversation<'a>]) -> Vec<Subject<'a>> {
    questions.iter().map(|question| question.peer_subject(app)).collect()
}

/// Of the subjects with these heads, which exist.
fn existing(subjects: &[Subject<'_>], heads: &[Stored]) -> Result<Vec<bool>, Corrupt> {
    subjects.iter().zip(heads).map(|(subject, head)| exists(*subject, head)).collect()
}

/// Of the conversations asked about, those whose other side does not exist.
fn without_other_side<'a>(questions: &[Conversation<'a>], existing: &[bool]) -> Vec<Conversation<'a>> {
    let answered = questions.iter().zip(existing);
    answered.filter(|(_, exists)| !**exists).map(|(question, _)| *question).collect()
}

/// Waits a random while, longer with each attempt, so that two nodes do not stay in step.
async fn pause(attempt: u32) {
    let longest = (limits::CONFLICT_PAUSE * 2_u32.pow(attempt.min(10) - 1)).min(limits::CONFLICT_PAUSE_MAX);
    let microseconds = random::number() % (longest.as_micros() as u64 + 1);
    tokio::time::sleep(std::time::Duration::from_micros(microseconds)).await;
}
