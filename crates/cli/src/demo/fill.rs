//! The data that the documented sample speaks of, made with ordinary calls.

use foldmark_client::{
    AccountImport, ChatGroupType, Client, Contact, ContactResult, CreateGroup, Error, MarkItem, MarkKind,
};

use crate::failure::Failure;

const USER: &str = "user_0001";
const FRIEND: &str = "user_0002";
const CHAT_GROUP: &str = "@TGS#1B2AUI7RZ";
/// The bits 1 to 7, which the sample shows as `11111110`.
const MARK: u64 = 0b1111_1110;

/// Makes two users, a chat group, two conversation groups and a mark.
pub(super) async fn fill(client: &Client) -> Result<(), Failure> {
    let accounts = [AccountImport::new(USER), AccountImport::new(FRIEND)];
    if let Some(refused) = client.accounts_import(&accounts).await?.fail_accounts.first() {
        return Err(Failure::failed(format!("{refused} was not imported")));
    }
    make_chat_group(client).await?;

    let friend = Contact::User(FRIEND.into());
    let chat = Contact::ChatGroup(CHAT_GROUP.into());
    make_group(client, USER, "group_0001", &[friend.clone(), chat]).await?;
    make_group(client, USER, "group_0002", std::slice::from_ref(&friend)).await?;

    let custom = Some("abcde".into());
    let mark = MarkItem { kind: MarkKind::Both, contact: friend, clear: 0, set: MARK, custom };
    let marked = client.mark_contact(USER, &[mark]).await?.value;
    for result in &marked.results {
        accepted(result.code, &result.info)?;
    }
    Ok(())
}

async fn make_chat_group(client: &Client) -> Result<(), Error> {
    let group = CreateGroup {
        kind: ChatGroupType::Public,
        name: "Sample".into(),
        owner_account: Some(USER.into()),
        group_id: Some(CHAT_GROUP.into()),
        members: Vec::new(),
    };
    client.create_group(&group).await.map(|_| ())
}

/// Makes a group of a user with these conversations.
pub(super) async fn make_group(
    client: &Client,
    user: &str,
    name: &str,
    members: &[Contact<'_>],
) -> Result<(), Failure> {
    let made = client.create_contact_group(user, name, members).await?.value;
    for ContactResult { code, info, .. } in made.groups.iter().flat_map(|group| &group.results) {
        accepted(*code, info)?;
    }
    Ok(())
}

fn accepted(code: i32, info: &str) -> Result<(), Failure> {
    match code {
        0 => Ok(()),
        _ => Err(Failure::failed(format!("{info} ({code})"))),
    }
}
