//! The client without async code.
//!
//! Beside a server started by `foldmark serve` in the same folder it needs no arguments; with another one
//! `cargo run --features blocking --example blocking -- URL SDKAPPID KEY_FILE`.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use foldmark_client::blocking::Client;
use foldmark_client::{Contact, MarkItem};

const ME: &str = "blocking_0001";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = connect()?;
    client.account_import(ME)?;
    client.account_import("blocking_0002")?;
    client.mark_contact(ME, &[MarkItem::setting(Contact::user("blocking_0002"), 1)])?;
    for record in client.records(ME) {
        let record = record?;
        println!("{} has the bits {:b}", record.contact.peer(), record.standard_mark.0);
    }
    Ok(())
}

/// A client of the server that the arguments name.
fn connect() -> Result<Client, Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().unwrap_or("http://127.0.0.1:8080".into());
    let sdkappid = arguments.next().unwrap_or("1400000000".into()).parse()?;
    let key = std::fs::read_to_string(arguments.next().unwrap_or("data/application.key".into()))?;
    Ok(Client::builder(url, sdkappid).key(key.trim()).build_blocking()?)
}
