//! What a receiver is told of one user: the same page of changes that a follower reads by `get_changes`, from the first
//! commit that was not told.

use foldmark_core::command::Command;
use foldmark_core::command::Reads;
use foldmark_core::decision::{Refusal, Reply};
use foldmark_core::feed::Cursor;
use foldmark_core::subject::{Revision, Subject, UserId};
use foldmark_core::view::View;
use foldmark_store::Select;
use foldmark_wire::reply::write_ok;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::apps::App;
use crate::calls::changes_reply;
use crate::cursor::{self, Seals};
use crate::execute::{ExecuteError, Executor, Request};
use crate::limits;

/// One event, which is one request.
pub(super) struct Event {
    /// The same whenever the same is told.
    pub(super) id: String,
    pub(super) body: Vec<u8>,
    /// Everything up to this revision is told once this event was, unless more follows.
    pub(super) revision: Revision,
    /// Where the next event goes on, if there is one.
    pub(super) next: Option<Vec<u8>>,
}

/// Whose changes are told, and since when.
#[derive(Clone, Copy)]
pub(super) struct Followed<'a> {
    pub(super) app: &'a App,
    pub(super) user: UserId<'a>,
    /// The last revision that was told.
    pub(super) since: Revision,
}

/// What is told about the user, from the beginning or where the event before has ended.
pub(super) async fn read(
    executor: &Executor,
    now: u64,
    followed: Followed<'_>,
    from: Option<&[u8]>,
) -> Result<Event, ExecuteError> {
    let subject = Subject::user(followed.app.id, followed.user);
    let begin = match from {
        Some(_) => Vec::new(),
        None => start(executor, subject, followed.since).await?,
    };
    let place = from.unwrap_or(&begin);
    let Ok(from) = cursor::read(place) else { unreachable!("a cursor that was written here can be read") };
    let known = from.incarnation;
    let seals = Seals::new(followed.app, subject);
    let command = Command::GetChanges { from: Some(from), limit: limits::WEBHOOK_PAGE };
    let request = Request { id: None, policy: &followed.app.policy, caller: None };
    let executed = executor
        .execute(request, subject, &command, |outcome| match outcome {
            Ok(Reply::Changes(page)) => {
                let incarnation = page.cursor.incarnation;
                let next = page.more.then(|| cursor::write(&page.cursor));
                let (text, kind) = (write_ok(&changes_reply(*page, &seals)), "user.changed");
                (serde_json::from_slice(&text).unwrap_or_default(), kind, incarnation, next)
            }
            Err(Refusal::UserUnknown) => (json!({}), "user.deleted", known, None),
            other => unreachable!("changes are given or the user is not there, not {other:?}"),
        })
        .await?;
    let (mut data, kind, incarnation, next): (Value, &str, u64, _) = executed.value;
    if let Some(fields) = data.as_object_mut() {
        // Those of the frame of replies, and what is taken from elsewhere.
        fields.retain(|name, _| !matches!(name.as_str(), "ActionStatus" | "ErrorCode" | "ErrorInfo"));
    }
    data["SdkAppid"] = json!(followed.app.id.get());
    data["From_Account"] = json!(followed.user.as_str());
    // As text, because not every language has integers of 64 bits.
    data["Incarnation"] = json!(format!("{incarnation:016x}"));
    data["Since"] = json!(followed.since.get());
    data["Revision"] = json!(executed.revision.get());
    let event = json!({ "type": kind, "timestamp": date(now), "data": data });
    Ok(Event {
        id: id(subject, place, executed.revision),
        body: event.to_string().into_bytes(),
        revision: executed.revision,
        next,
    })
}

/// A cursor behind `since`. Was the user restored or put whole in between, it is the feed that says so.
async fn start(executor: &Executor, subject: Subject<'_>, since: Revision) -> Result<Vec<u8>, ExecuteError> {
    let stored = executor.store().view(subject, Select::Head).await?;
    let view = View::decode(subject, &stored, Reads::Named)?;
    let incarnation = view.user().map_or(0, |head| head.incarnation);
    Ok(cursor::write(&Cursor { incarnation, base: Revision::ZERO, revision: since, after: None }))
}

fn id(subject: Subject<'_>, place: &[u8], revision: Revision) -> String {
    let mut hash = Sha256::new();
    hash.update(subject.app.get().to_be_bytes());
    hash.update(revision.get().to_be_bytes());
    hash.update([place.len() as u8]);
    hash.update(place);
    hash.update(subject.id_str());
    let hash: [u8; 32] = hash.finalize().into();
    let half: String = hash[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("msg_{half}")
}

fn date(unix_seconds: u64) -> String {
    let time = i64::try_from(unix_seconds).ok().and_then(|now| OffsetDateTime::from_unix_timestamp(now).ok());
    time.and_then(|time| time.format(&Rfc3339).ok()).unwrap_or_default()
}
