//! Changes of a user as they happen, and going on later where one was.
//!
//! Beside a server started by `foldmark serve` in the same folder it needs no arguments; with another one
//! `cargo run --example watch -- URL SDKAPPID KEY_FILE`.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use foldmark_client::{AccountImport, Changes, Client, Contact, MarkItem};

const ME: &str = "watch_0001";
const FRIEND: &str = "watch_0002";

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = connect()?;
    client.accounts_import(&[ME, FRIEND].map(AccountImport::new)).await?;
    client.mark_contact(ME, &[MarkItem::clearing(Contact::user(FRIEND), u64::MAX)]).await?;

    // All that is kept comes first. Lost connections and restarted servers are got over inside.
    let mut watch = client.watch(ME, None);
    let first = watch.try_next().await?.ok_or("a watch ends by an error alone")?;
    println!("all that was kept: {} records, at revision {}", first.page.contacts.len(), first.revision);

    // What is changed here, by another device of the user, or by another server, is told at once.
    client.mark_contact(ME, &[MarkItem::setting(Contact::user(FRIEND), 1)]).await?;
    let second = watch.try_next().await?.ok_or("a watch ends by an error alone")?;
    show(&second);
    // Kept in a file, say.
    let place = second.page.cursor.into_owned();
    drop(watch);

    client.mark_contact(ME, &[MarkItem::clearing(Contact::user(FRIEND), 1)]).await?;
    let mut watch = client.watch(ME, Some(&place));
    let third = watch.try_next().await?.ok_or("a watch ends by an error alone")?;
    show(&third);
    if !third.page.reset {
        println!("the watch went on behind it, and told nothing twice");
    }
    Ok(())
}

fn show(changes: &Changes) {
    for record in &changes.page.contacts {
        let star = if record.standard_mark.0 & 1 == 1 { "a star" } else { "no star" };
        println!("{} has {star}", record.contact.peer());
    }
    for contact in &changes.page.removed {
        println!("{} has no marks, and is in no group", contact.peer());
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
