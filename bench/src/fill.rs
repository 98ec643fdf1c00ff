//! Fills a data folder of the embedded store, as an import would: whole users, through `decide`, one commit each.
//!
//! Users come in no order, so that the pages of the database are as full as after years of service, and not as after
//! an import in order.

use std::path::Path;
use std::sync::Arc;

use foldmark_core::command::{Command, Reads};
use foldmark_core::decide::decide;
use foldmark_core::decision::Verdict;
use foldmark_core::image::{GroupImage, RecordImage, UserImage, UserParts};
use foldmark_core::mark::{CustomMark, GroupEx, GroupId, GroupName, StandardMark};
use foldmark_core::policy::{Context, Policy};
use foldmark_core::subject::{AppId, ChatGroupId, Conversation, Subject, UserId};
use foldmark_core::view::View;
use foldmark_store::embedded::{EmbeddedStore, Options};
use foldmark_store::{Select, Store};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::compare::Failure;
use crate::people::{CHAT_GROUPS, People, id, is_chat_group, text};

/// The application of all measurements.
pub(crate) const APP: u32 = 1_400_000_000;
/// The moment at which everything was changed.
pub(crate) const TIMESTAMP: u64 = 1_775_217_000;
/// Bytes of the name of a group.
const GROUP_NAME_BYTES: u64 = 10;
/// How many users are put at once, and so by one transaction.
const TASKS: u64 = 1024;
/// A prime above any number of users, so that its multiples meet each of them once.
const STRIDE: u64 = 2_654_435_761;

/// Makes the folder and puts the chat groups and all of these people.
pub(crate) fn fill(folder: &Path, people: &[People]) -> Result<(), Failure> {
    let store = Arc::new(EmbeddedStore::open(folder, Options::default())?);
    Runtime::new()?.block_on(async {
        put_chat_groups(&store).await?;
        for people in people {
            put_people(&store, people).await?;
        }
        store.close().await;
        Ok(())
    })
}

/// What the data of these people takes by itself: ids, marks, times and names, without any index, page or checksum. A
/// record is a row of user, kind, peer, standard mark, custom mark, time and the numbers of its groups.
pub(crate) fn raw_bytes(people: &People) -> u64 {
    let mut of_user = 12 + people.groups * (4 + GROUP_NAME_BYTES);
    for number in 0..people.records {
        let groups = 4 * people.groups_of(number).len() as u64;
        of_user += 12 + 1 + 12 + 8 + people.custom(number).len() as u64 + 8 + groups;
    }
    people.count * of_user
}

async fn put_chat_groups(store: &Arc<EmbeddedStore>) -> Result<(), Failure> {
    let mut tasks = JoinSet::new();
    for number in 0..CHAT_GROUPS {
        let store = Arc::clone(store);
        tasks.spawn(async move { put_chat_group(&store, number).await });
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(())
}

async fn put_people(store: &Arc<EmbeddedStore>, people: &People) -> Result<(), Failure> {
    let mut tasks = JoinSet::new();
    let people = Arc::new(people.clone());
    for task in 0..TASKS.min(people.count) {
        let (store, people) = (Arc::clone(store), Arc::clone(&people));
        tasks.spawn(async move {
            let mut at = task;
            while at < people.count {
                put_user(&store, &people, at * STRIDE % people.count).await?;
                at += TASKS;
            }
            Ok::<(), Failure>(())
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(())
}

async fn put_user(store: &EmbeddedStore, people: &People, user: u64) -> Result<(), Failure> {
    let id = people.id(user);
    let peers: Vec<[u8; 12]> = (0..people.records).map(|number| people.peer(user, number)).collect();
    let mut records = Vec::with_capacity(peers.len());
    for (number, peer) in (0..people.records).zip(&peers) {
        let conversation = match is_chat_group(number) {
            true => Conversation::ChatGroup(ChatGroupId::parse(text(peer))?),
            false => Conversation::User(UserId::parse(text(peer))?),
        };
        records.push(RecordImage {
            conversation,
            number: number as u32,
            timestamp: TIMESTAMP,
            standard_mark: StandardMark(people.mark(number)),
            custom_mark: CustomMark::parse(people.custom(number), 8).ok_or("the custom mark is too long")?,
            groups: people.groups_of(number).into_iter().map(GroupId).collect(),
        });
    }
    let mut groups = Vec::new();
    for number in 1..=people.groups as u32 {
        let name = GroupName::parse(&format!("group_{number:04}"), GROUP_NAME_BYTES as usize);
        let name = name.map_err(|_| "no group name")?;
        groups.push(GroupImage { id: GroupId(number), name, order: 0, ex: GroupEx::default() });
    }
    let image = UserImage::new(UserParts {
        imported: true,
        nick: "",
        face_url: "",
        next_group_id: people.groups as u32 + 1,
        next_record_number: people.records as u32,
        groups,
        records,
    })?;
    let subject = Subject::user(app()?, UserId::parse(text(&id))?);
    commit(store, subject, &Command::PutUser { image: &image, replace: false }, Reads::Whole).await
}

async fn put_chat_group(store: &EmbeddedStore, number: u64) -> Result<(), Failure> {
    let id = id(b'g', number);
    let subject = Subject::chat_group(app()?, ChatGroupId::parse(text(&id))?);
    let command = Command::CreateChatGroup { kind: "Public", name: "A chat group", owner: None };
    commit(store, subject, &command, Reads::Named).await
}

async fn commit(
    store: &EmbeddedStore,
    subject: Subject<'_>,
    command: &Command<'_>,
    reads: Reads,
) -> Result<(), Failure> {
    let stored = store.view(subject, Select::All).await?;
    let view = View::decode(subject, &stored, reads)?;
    let random = subject.id_str().bytes().fold(7, |sum, byte| sum * 31 % 1_000_000_007 + u64::from(byte));
    let context = Context { now: TIMESTAMP, random, policy: Policy::default() };
    let Verdict::Decided(decision) = decide(&view, command, &context) else {
        return Err("a fill was not decided".into());
    };
    if let Err(refusal) = decision.outcome {
        return Err(format!("a fill was refused: {refusal:?}").into());
    }
    let changes = decision.changes.ok_or("a fill changed nothing")?;
    Ok(store.commit(subject, view.revision, changes).await?)
}

pub(crate) fn app() -> Result<AppId, Failure> {
    Ok(AppId::new(APP).ok_or("the number of the application is zero")?)
}
