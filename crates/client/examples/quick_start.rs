//! Two users, a mark, and a look at it.
//!
//! Beside a server started by `foldmark serve` in the same folder it needs no arguments; with another one
//! `cargo run --example quick_start -- URL SDKAPPID KEY_FILE`.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use foldmark_client::{Client, Contact, MarkItem};

/// Bit 0 of the standard mark is the star.
const STAR: u64 = 1 << 0;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = connect()?;
    client.account_import("quick_0001").await?;
    client.account_import("quick_0002").await?;

    let friend = Contact::user("quick_0002");
    let marked = client.mark_contact("quick_0001", &[MarkItem::setting(friend.clone(), STAR)]).await?;
    println!("the marks are those of revision {:?}", marked.revision);

    let found = client.search_contact_group("quick_0001", &[friend]).await?;
    for record in &found.value.contacts {
        let star = if record.standard_mark.0 & STAR == 0 { "no star" } else { "a star" };
        println!("{} has {star}", record.contact.peer());
    }
    Ok(())
}

/// A client of the server that the arguments name.
fn connect() -> Result<Client, Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().unwrap_or("http://127.0.0.1:8080".into());
    let sdkappid = arguments.next().unwrap_or("1400000000".into()).parse()?;
    let key = std::fs::read_to_string(arguments.next().unwrap_or("data/application.key".into()))?;
    Ok(Client::builder(url, sdkappid).key(key.trim()).build()?)
}
