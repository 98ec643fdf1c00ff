//! The chat group calls: which groups of people exist, so that conversations with them can be named.

use std::borrow::Cow;
use std::collections::BinaryHeap;

use foldmark_core::command::Command;
use foldmark_core::decision::{Refusal, Reply};
use foldmark_core::format::chat_group::{self, ChatGroupHead};
use foldmark_core::stored::Stored;
use foldmark_core::subject::{ChatGroupId, Subject, SubjectKind, UserId};
use foldmark_store::{SubjectEntry, WalkFrom};
use foldmark_wire::chat_groups::{
    ChatGroupFacts, ChatGroupInfo, ChatGroupType, CreateGroup, CreateGroupReply, DestroyGroup,
    DestroyGroupReply, GetAppidGroupList, GetAppidGroupListReply, GetGroupInfo, GetGroupInfoReply,
    ListedChatGroup,
};
use foldmark_wire::reply::write_ok;
use foldmark_wire::{Code, Fault};
use sha2::{Digest, Sha256};

use crate::calls::{Answer, Call, refusals};
use crate::execute::ExecuteError;
use crate::{limits, random};

/// Makes a chat group of the given id, or of one that the server draws.
pub(super) async fn create(call: &Call<'_>) -> Result<Answer, Fault> {
    let request = CreateGroup::parse(call.body)?;
    let owner = match &request.owner_account {
        Some(owner) => Some(
            UserId::parse(owner)
                .map_err(|error| Fault::new(Code::GroupParameter, format!("Owner_Account {error}")))?,
        ),
        None => None,
    };
    let command = Command::CreateChatGroup { kind: request.kind.as_str(), name: &request.name, owner };
    let mut attempt = 1;
    loop {
        let id = match &request.group_id {
            Some(id) => Cow::Borrowed(id.as_ref()),
            None => Cow::Owned(drawn_id(request.kind)),
        };
        let drawn_again = request.group_id.is_none() && attempt < limits::ID_ATTEMPTS;
        let executed = call
            .decide(subject(call, &id)?, &command, |outcome| match outcome {
                Err(Refusal::ChatGroupTaken { .. }) if drawn_again => None,
                Err(refusal) => Some(Answer::fault(&call.fault(refusal))),
                Ok(_) => {
                    let reply = CreateGroupReply { group_id: Cow::Borrowed(&id) };
                    Some(Answer::general(write_ok(&reply)))
                }
            })
            .await?;
        if let Some(answer) = executed.value {
            return Ok(Answer { revision: Some(executed.revision), ..answer });
        }
        attempt += 1;
    }
}

pub(super) async fn destroy(call: &Call<'_>) -> Result<Answer, Fault> {
    let request = DestroyGroup::parse(call.body)?;
    let chat_group = subject(call, &request.group_id)?;
    call.execute(chat_group, &Command::DestroyChatGroup, |_: Reply<'_>| write_ok(&DestroyGroupReply {})).await
}

pub(super) async fn info(call: &Call<'_>) -> Result<Answer, Fault> {
    let request = GetGroupInfo::parse(call.body)?;
    let mut subjects = Vec::with_capacity(request.group_ids.len());
    for id in request.group_ids.iter().flatten() {
        subjects.push(subject(call, id)?);
    }
    let heads = call.executor.store().heads(&subjects).await.map_err(|error| call.failed(error))?;
    let mut known = Vec::with_capacity(heads.len());
    for (subject, stored) in subjects.iter().zip(&heads) {
        known.push(alive(*subject, stored).map_err(|error| call.failed(error))?);
    }
    let mut known = known.into_iter();
    let mut groups = Vec::with_capacity(request.group_ids.len());
    for entry in &request.group_ids {
        groups.push(match entry {
            Err(bad) => bad.clone().into(),
            Ok(id) => match known.next().flatten() {
                Some(head) => ChatGroupInfo::known(id.as_ref(), facts(head)),
                None => {
                    ChatGroupInfo::refused(id.as_ref(), refusals::fault(call.name, Refusal::NoSuchChatGroup))
                }
            },
        });
    }
    Ok(Answer::general(write_ok(&GetGroupInfoReply { groups })))
}

/// Lists the chat groups that are alive, ordered by a hash of their ids: a place in that order is a number, as the
/// protocol wants the cursor to be, and stays valid whatever is made or disbanded between two pages.
pub(super) async fn list(call: &Call<'_>) -> Result<Answer, Fault> {
    let request = GetAppidGroupList::parse(call.body)?;
    let mut total = 0;
    // The first ones at or after the cursor, and one more, which says where the next page starts.
    let mut first: BinaryHeap<(u64, String)> = BinaryHeap::new();
    let mut from = Some(WalkFrom::Start);
    while let Some(position) = from {
        let walked = call.executor.store();
        let walked = walked.walk(call.app.id, SubjectKind::ChatGroup, &position, limits::WALK_PAGE).await;
        let page = walked.map_err(|error| call.failed(error))?;
        for SubjectEntry { id, stored } in page.entries {
            let head = alive(subject(call, &id)?, &stored).map_err(|error| call.failed(error))?;
            let wanted = |head: ChatGroupHead| request.kind.is_none_or(|kind| *kind.as_str() == *head.kind);
            if !head.is_some_and(wanted) {
                continue;
            }
            total += 1;
            let place = place(&id);
            if place >= request.next {
                first.push((place, id));
                if first.len() > request.limit as usize + 1 {
                    first.pop();
                }
            }
        }
        from = page.next;
        tokio::task::yield_now().await;
    }
    let mut page = first.into_sorted_vec();
    let mut next = 0;
    if page.len() > request.limit as usize
        && let Some((place, _)) = page.pop()
    {
        next = place;
        // Chat groups that share a place are listed together, on the next page.
        page.retain(|(other, _)| *other < place);
    }
    let groups = page.into_iter().map(|(_, id)| ListedChatGroup { group_id: Cow::Owned(id) }).collect();
    Ok(Answer::general(write_ok(&GetAppidGroupListReply { total_count: total, groups, next })))
}

/// Where an id stands in a listing: never 0, and at most 53 bits, which every JSON reader can hold.
fn place(id: &str) -> u64 {
    let hash: [u8; 32] = Sha256::digest(id.as_bytes()).into();
    let (start, _) = hash.split_first_chunk::<8>().expect("a SHA-256 is longer than 8 bytes");
    (u64::from_be_bytes(*start) >> 11).max(1)
}

/// The forms of ids that the service itself makes.
fn drawn_id(kind: ChatGroupType) -> String {
    let random = random::letters_and_digits(9);
    match kind {
        ChatGroupType::Community => format!("@TGS#_@TGS#c{random}"),
        _ => format!("@TGS#{random}"),
    }
}

fn alive(subject: Subject<'_>, stored: &Stored) -> Result<Option<ChatGroupHead>, ExecuteError> {
    let Some(value) = stored.head() else {
        return Ok(None);
    };
    let head = chat_group::decode(subject, stored.revision(), value)?;
    Ok(head.alive.then_some(head))
}

fn facts(head: ChatGroupHead) -> ChatGroupFacts<'static> {
    ChatGroupFacts {
        kind: Cow::Owned(head.kind.into()),
        name: Cow::Owned(head.name.into()),
        owner_account: Cow::Owned(head.owner.into()),
        create_time: head.created,
    }
}

fn subject<'a>(call: &Call<'_>, id: &'a str) -> Result<Subject<'a>, Fault> {
    let id =
        ChatGroupId::parse(id).map_err(|error| Fault::new(Code::ChatGroupId, format!("GroupId {error}")))?;
    Ok(Subject::chat_group(call.app.id, id))
}
