//! Marks: bits that are set and cleared, and a text.
//!
//! Beside a server started by `foldmark serve` in the same folder it needs no arguments; with another one
//! `cargo run --example marks -- URL SDKAPPID KEY_FILE`.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use foldmark_client::{Client, Contact, MarkItem, MarkKind};

const ME: &str = "mark_0001";
/// The first bits have names in the vendor's SDKs; 32 to 63 are yours.
const STAR: u64 = 1 << 0;
const UNREAD: u64 = 1 << 1;
const CUSTOMER: u64 = 1 << 32;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = connect()?;
    client.account_import(ME).await?;
    client.account_import("mark_0002").await?;
    let peers = [Contact::user("mark_0002")];
    let [peer] = peers.clone();

    // All items of a call are carried out together, in their order.
    let items = [
        MarkItem::setting(peer.clone(), STAR | UNREAD | CUSTOMER),
        MarkItem::clearing(peer.clone(), UNREAD),
        MarkItem::custom(peer.clone(), "vip"),
    ];
    let marked = client.mark_contact(ME, &items).await?;
    for result in &marked.value.results {
        println!("{}: {} {}", result.contact.peer(), result.code, result.info);
    }

    let found = client.search_contact_group(ME, &peers).await?;
    for record in &found.value.contacts {
        println!(
            "{} has the bits {:b} and {:?}",
            record.contact.peer(),
            record.standard_mark.0,
            record.custom_mark
        );
    }

    // Both marks in one item: every bit cleared, the text removed.
    let clear =
        MarkItem { kind: MarkKind::Both, contact: peer, clear: u64::MAX, set: 0, custom: Some("".into()) };
    client.mark_contact(ME, &[clear]).await?;
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
