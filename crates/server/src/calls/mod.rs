//! The calls: one thin handler each, a file a noun. A handler holds no rule.

mod accounts;
mod chat_groups;
mod contact_groups;
mod devices;
mod refusals;

pub(crate) use devices::changes_reply;

use foldmark_core::command::{Command, Guard};
use foldmark_core::decision::{ItemResult, Refusal, Reply};
use foldmark_core::subject::{Revision, Subject};
use foldmark_store::StoreError;
use foldmark_wire::json::Object;
use foldmark_wire::reply::write_fault;
use foldmark_wire::{CallName, Code, Fault};

use crate::apps::App;
use crate::audit::Caller;
use crate::execute::{ExecuteError, Executed, Executor, Request};
use crate::random;

/// A call that was authenticated and whose body is a JSON object.
pub(crate) struct Call<'a> {
    pub(crate) name: CallName,
    /// The id that the caller gave the request.
    pub(crate) request_id: Option<&'a str>,
    /// For the audit log.
    pub(crate) caller: Option<Caller<'a>>,
    pub(crate) app: &'a App,
    pub(crate) executor: &'a Executor,
    pub(crate) body: &'a Object<'a>,
    /// What has to hold beside.
    pub(crate) guard: Guard<'a>,
}

/// The body of a reply, a refusal too, and the revision of the subject that it depends on.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) body: Vec<u8>,
    /// Why the call as a whole was refused. `None`: it was not, whatever became of its items.
    pub(crate) code: Option<Code>,
    pub(crate) revision: Option<Revision>,
    /// Nothing of it is sent; the connection is closed.
    pub(crate) cut_off: bool,
}

impl Answer {
    /// An answer that does not depend on one subject.
    pub(crate) fn general(body: Vec<u8>) -> Answer {
        Answer { body, code: None, revision: None, cut_off: false }
    }

    /// A refusal.
    pub(crate) fn fault(fault: &Fault) -> Answer {
        Answer { code: Some(fault.code), ..Answer::general(write_fault(fault)) }
    }

    /// No answer.
    pub(crate) fn cut_off() -> Answer {
        Answer { cut_off: true, ..Answer::general(Vec::new()) }
    }
}

/// Answers a call.
pub(crate) async fn answer(call: &Call<'_>) -> Result<Answer, Fault> {
    match call.name {
        CallName::CreateContactGroup => contact_groups::create(call).await,
        CallName::UpdateContactGroup => contact_groups::update(call).await,
        CallName::DelContactGroup => contact_groups::delete(call).await,
        CallName::MarkContact => contact_groups::mark(call).await,
        CallName::GetContactGroup => contact_groups::get(call).await,
        CallName::SearchContactGroup => contact_groups::search(call).await,
        CallName::AccountImport => accounts::import(call).await,
        CallName::MultiaccountImport => accounts::import_many(call).await,
        CallName::AccountCheck => accounts::check(call).await,
        CallName::AccountDelete => accounts::delete(call).await,
        CallName::CreateGroup => chat_groups::create(call).await,
        CallName::DestroyGroup => chat_groups::destroy(call).await,
        CallName::GetGroupInfo => chat_groups::info(call).await,
        CallName::GetAppidGroupList => chat_groups::list(call).await,
        CallName::GetChanges => devices::get_changes(call).await,
        CallName::SetGroupOrder => devices::set_group_order(call).await,
        CallName::SetGroupEx => devices::set_group_ex(call).await,
        CallName::ListGroups => devices::list_groups(call).await,
        CallName::ListConversations => devices::list_conversations(call).await,
        CallName::Apply => devices::apply(call).await,
        CallName::CopyLayout => devices::copy_layout(call).await,
    }
}

impl Call<'_> {
    /// Executes `command`; `write` makes the body of a reply, and refusals become faults of the whole call.
    async fn execute(
        &self,
        subject: Subject<'_>,
        command: &Command<'_>,
        write: impl FnOnce(Reply<'_>) -> Vec<u8>,
    ) -> Result<Answer, Fault> {
        let finish = |outcome: Result<Reply<'_>, Refusal>| match outcome {
            Ok(reply) => Answer::general(write(reply)),
            Err(refusal) => Answer::fault(&self.fault(refusal)),
        };
        let executed = self.decide(subject, command, finish).await?;
        Ok(Answer { revision: Some(executed.revision), ..executed.value })
    }

    /// Executes `command` and hands the outcome to `finish`.
    async fn decide<T>(
        &self,
        subject: Subject<'_>,
        command: &Command<'_>,
        finish: impl FnOnce(Result<Reply<'_>, Refusal>) -> T,
    ) -> Result<Executed<T>, Fault> {
        let request = Request { id: self.request_id, policy: &self.app.policy, caller: self.caller };
        let executed = if self.guard == Guard::default() {
            self.executor.execute(request, subject, command, finish).await
        } else {
            let command = Box::new(command.clone());
            let command = Command::Guarded { guard: self.guard, command };
            self.executor.execute(request, subject, &command, finish).await
        };
        executed.map_err(|error| self.failed(error))
    }

    /// The fault of one item, if it was refused.
    fn item_fault(&self, result: ItemResult) -> Option<Fault> {
        result.err().map(|refusal| self.fault(refusal))
    }

    /// What a refusal is called on the wire. One by a limit is counted.
    fn fault(&self, refusal: Refusal) -> Fault {
        self.fault_as(self.name, refusal)
    }

    /// As [`Call::fault`], in the words of another call.
    fn fault_as(&self, name: CallName, refusal: Refusal) -> Fault {
        let fault = refusals::fault(name, refusal);
        if refusals::is_limit(refusal) {
            self.executor.metrics().limit_hit(self.name, fault.code);
        }
        fault
    }

    /// Logs what broke, once, under a number that the caller is told, and hides the rest from him. If much breaks at
    /// once, most of it is logged at level debug.
    fn failed(&self, error: impl Into<ExecuteError>) -> Fault {
        let error = error.into();
        let failure = format!("{:016x}", random::number());
        let internal = internal_code(self.name);
        let timed_out = timed_out_code(self.name);
        let (code, text) = match &error {
            ExecuteError::Store(StoreError::Busy) => {
                (timed_out, "too many changes are waiting; try again later")
            }
            ExecuteError::Store(StoreError::Timeout | StoreError::Closed) => {
                (timed_out, "the store did not answer in time; nothing was changed; try again later")
            }
            ExecuteError::Conflict => (timed_out, "too many changes at once; nothing was changed; try again"),
            ExecuteError::Unknown => (timed_out, UNKNOWN_OUTCOME),
            ExecuteError::AuditBroken => (internal, "the audit log cannot be written; nothing was changed"),
            ExecuteError::NotAudited => {
                (timed_out, "the change was made, but the audit log cannot be written")
            }
            ExecuteError::Store(StoreError::Full) => (internal, "the store is full; nothing was changed"),
            ExecuteError::Store(StoreError::Corrupt(_)) | ExecuteError::Corrupt(_) => {
                (internal, "stored data is corrupt; nothing was changed")
            }
            ExecuteError::Store(StoreError::Failed(_)) => (internal, "the store failed; nothing was changed"),
        };
        let (app, call) = (self.app.id.get(), self.name.as_str());
        let request_id = self.request_id;
        match self.app.failures.line() {
            Some(left_out) => {
                tracing::error!(app, call, request_id, failure, %error, left_out, "call failed")
            }
            None => tracing::debug!(app, call, request_id, failure, %error, "call failed"),
        }
        Fault::new(code, format!("{text} (failure {failure})"))
    }
}

/// The fault of a call that took too long.
pub(crate) fn timed_out(name: CallName) -> Fault {
    Fault::new(timed_out_code(name), UNKNOWN_OUTCOME)
}

const UNKNOWN_OUTCOME: &str = "a change may or may not have been made; look before you try again";

/// What the call's service says when something broke.
pub(crate) fn internal_code(name: CallName) -> Code {
    match name.parameter_code() {
        Code::AccountParameter => Code::AccountInternal,
        Code::GroupParameter => Code::GroupInternal,
        _ => Code::Internal,
    }
}

/// What the audit log calls an outcome of the call that nobody knows.
pub(crate) fn unknown_code(name: CallName) -> i32 {
    timed_out_code(name).number()
}

/// What the call's service says when something took too long; the chat groups' has nothing of its own.
pub(crate) fn timed_out_code(name: CallName) -> Code {
    match name.parameter_code() {
        Code::AccountParameter => Code::AccountTimedOut,
        Code::GroupParameter => Code::GroupInternal,
        _ => Code::TimedOut,
    }
}

/// A reply that does not belong to the command: the rules and the handlers disagree.
fn mismatch() -> ! {
    unreachable!("the reply is not of the command's kind")
}
