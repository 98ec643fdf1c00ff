//! Folders of conversations: made, filled, renamed, looked at, deleted.
//!
//! Beside a server started by `foldmark serve` in the same folder it needs no arguments; with another one
//! `cargo run --example folders -- URL SDKAPPID KEY_FILE`.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use foldmark_client::{AccountImport, ChatGroupType, Client, Code, Contact, CreateGroup, Error, MemberItem};

const ME: &str = "folder_0001";

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = connect()?;
    let accounts = [ME, "folder_0002", "folder_0003"].map(AccountImport::new);
    let refused = client.accounts_import(&accounts).await?.fail_accounts;
    assert!(refused.is_empty(), "{refused:?}");
    let team = client.create_group(&CreateGroup::new(ChatGroupType::Public, "Team")).await?.value.group_id;

    // A second run of this example finds what a first one has left if it was cut off.
    delete(&client, "work").await?;
    delete(&client, "projects").await?;

    // Members are refused one by one: the call succeeds, and the results say who is in.
    let members = [Contact::user("folder_0002"), Contact::user("nobody")];
    let made = client.create_contact_group(ME, "work", &members).await?;
    for result in &made.value.groups[0].results {
        println!("{}: {} {}", result.contact.peer(), result.code, result.info);
    }

    let changes = [
        MemberItem::add(Contact::chat_group(team.as_ref())),
        MemberItem::add(Contact::user("folder_0003")),
        MemberItem::remove(Contact::user("folder_0002")),
    ];
    client.change_members(ME, "work", &changes).await?;
    client.rename_contact_group(ME, "work", "projects").await?;

    let page = client.get_contact_group(ME, 0).await?.value;
    for group in &page.groups {
        let members = page.contacts.iter().filter(|record| record.group_ids.contains(&group.id));
        let members: Vec<_> = members.map(|record| record.contact.peer()).collect();
        println!("{} holds {members:?}", group.name);
    }

    delete(&client, "projects").await?;
    client.destroy_group(&team).await?;
    Ok(())
}

/// Deletes a folder, whether it is there or not.
async fn delete(client: &Client, folder: &str) -> Result<(), Error> {
    match client.delete_contact_group(ME, folder).await {
        Err(error) if error.code() == Some(Code::NoSuchContactGroup) => Ok(()),
        other => other.map(drop),
    }
}

/// A client of the server that the arguments name.
fn connect() -> Result<Client, Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().unwrap_or("http://127.0.0.1:8080".into());
    let sdkappid = arguments.next().unwrap_or("1400000000".into()).parse()?;
    let key = std::fs::read_to_string(arguments.next().unwrap_or("data/application.key".into()))?;
    Ok(Client::builder(url, sdkappid).key(key.trim()).build()?)
}
