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
                // From wherever it was come to: what is told anew is the same.
                let begin = if page.reset { &[] } else { place };
                let (text, kind) = (write_ok(&changes_reply(*page, &seals)), "user.changed");
                (serde_json::from_slice(&text).unwrap_or_default(), Told { kind, incarnation, begin, next })
            }
            Err(Refusal::UserUnknown) => {
                (json!({}), Told { kind: "user.deleted", incarnation: known, begin: place, next: None })
            }
            other => unreachable!("changes are given or the user is not there, not {other:?}"),
        })
        .await?;
    let (mut data, told): (Value, Told<'_>) = executed.value;
    if let Some(fields) = data.as_object_mut() {
        // Those of the frame of replies, and what is taken from elsewhere.
        fields.retain(|name, _| !matches!(name.as_str(), "ActionStatus" | "ErrorCode" | "ErrorInfo"));
    }
    data["SdkAppid"] = json!(followed.app.id.get());
    data["From_Account"] = json!(followed.user.as_str());
    // As text, because not every language has integers of 64 bits.
    data["Incarnation"] = json!(format!("{:016x}", told.incarnation));
    data["Since"] = json!(followed.since.get());
    data["Revision"] = json!(executed.revision.get());
    let event = json!({ "type": told.kind, "timestamp": date(now), "data": data });
    Ok(Event {
        id: told.id(subject, executed.revision),
        body: event.to_string().into_bytes(),
        revision: executed.revision,
        next: told.next,
    })
}

/// A cursor behind `since`. Was the user restored or put whole in between, it is the feed that says so.
async fn start(executor: &Executor, subject: Subject<'_>, since: Revision) -> Result<Vec<u8>, ExecuteError> {
    let stored = executor.store().view(subject, Select::Head).await?;
    let view = View::decode(subject, &stored, Reads::Named)?;
    let incarnation = view.user().map_or(0, |head| head.incarnation);
    Ok(cursor::write(&Cursor { incarnation, base: Revision::ZERO, revision: since, after: None }))
}

/// What an event says, but for the changes themselves, which follow from it and the revision.
struct Told<'a> {
    kind: &'static str,
    incarnation: u64,
    /// The place that it goes on from; empty: it tells everything anew.
    begin: &'a [u8],
    /// Where the next event goes on.
    next: Option<Vec<u8>>,
}

impl Told<'_> {
    /// A name that two events have only if they say the same. Receivers drop what has the name of one that they have.
    fn id(&self, subject: Subject<'_>, revision: Revision) -> String {
        let mut hash = Sha256::new();
        hash.update(subject.app.get().to_be_bytes());
        hash.update(revision.get().to_be_bytes());
        hash.update(self.incarnation.to_be_bytes());
        for part in [self.kind.as_bytes(), self.begin, self.next.as_deref().unwrap_or_default()] {
            // None of them is longer: places name one conversation at most.
            hash.update([part.len() as u8]);
            hash.update(part);
        }
        hash.update(subject.id_str());
        let hash: [u8; 32] = hash.finalize().into();
        let half: String = hash[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        format!("msg_{half}")
    }
}

fn date(unix_seconds: u64) -> String {
    let time = i64::try_from(unix_seconds).ok().and_then(|now| OffsetDateTime::from_unix_timestamp(now).ok());
    time.and_then(|time| time.format(&Rfc3339).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use foldmark_core::subject::AppId;

    use super::*;
    use crate::testing::{APP, gate, put, put_again};

    async fn told(gate: &crate::gate::Gate, from: Option<&[u8]>) -> (Event, Value) {
        let app = gate.app(APP).unwrap();
        let user = UserId::parse("alice").unwrap();
        let followed = Followed { app: &app, user, since: Revision::ZERO };
        let event = read(gate.executor(), 7, followed, from).await.unwrap();
        let body = serde_json::from_slice(&event.body).unwrap();
        (event, body)
    }

    /// A receiver drops what it had already. After a new beginning it must not miss what it has forgotten by that.
    #[tokio::test]
    async fn everything_told_anew_has_the_same_ids_wherever_that_begins() {
        let (gate, _) = gate();
        put(&gate, "alice", true, 250).await;
        let (first, _) = told(&gate, None).await;
        put_again(&gate, "alice", 251).await;
        // One goes on, the other begins.
        let (mut on, begun) = (told(&gate, first.next.as_deref()).await, told(&gate, None).await);
        assert_ne!(on.0.id, first.id);
        let mut events = 1;
        assert_eq!((&on.1["data"]["Reset"], &on.1), (&json!(true), &begun.1));
        let mut ids = vec![begun.0.id.clone()];
        let mut begun = begun;
        while let Some(next) = on.0.next.clone() {
            assert_eq!((&on.0.id, &on.0.next), (&begun.0.id, &begun.0.next));
            (on, begun) = (told(&gate, Some(&next)).await, told(&gate, Some(&next)).await);
            assert_eq!(on.1, begun.1);
            assert!(!ids.contains(&on.0.id));
            ids.push(on.0.id.clone());
            events += 1;
        }
        assert_eq!(events, 3);
    }

    #[test]
    fn an_id_depends_on_whatever_makes_a_difference() {
        let told = |kind, incarnation, begin, next: Option<&[u8]>| Told {
            kind,
            incarnation,
            begin,
            next: next.map(<[u8]>::to_vec),
        };
        let of = |id| Subject::user(AppId::new(APP).unwrap(), UserId::parse(id).unwrap());
        let revision = Revision::new;
        let all = [
            told("user.changed", 1, b"ab", None).id(of("u"), revision(1)),
            told("user.changed", 1, b"ab", None).id(of("v"), revision(1)),
            told("user.changed", 1, b"ab", None).id(of("u"), revision(2)),
            told("user.changed", 2, b"ab", None).id(of("u"), revision(1)),
            told("user.changed", 1, b"ab", Some(b"c")).id(of("u"), revision(1)),
            told("user.changed", 1, b"a", Some(b"bc")).id(of("u"), revision(1)),
            told("user.changed", 1, b"", None).id(of("u"), revision(1)),
            told("user.deleted", 1, b"ab", None).id(of("u"), revision(1)),
        ];
        let different: std::collections::BTreeSet<&String> = all.iter().collect();
        assert_eq!(different.len(), all.len(), "{all:?}");
        assert_eq!(all[0], told("user.changed", 1, b"ab", None).id(of("u"), revision(1)));
    }
}
