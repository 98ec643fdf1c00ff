//! What failures say, and what to do about each.
//!
//! Beside a server started by `foldmark serve` in the same folder it needs no arguments; with another one
//! `cargo run --example errors -- URL SDKAPPID KEY_FILE`.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::time::Duration;

use foldmark_client::{Client, Code, Contact, Error, MarkItem};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = connect()?;
    let star = [MarkItem::setting(Contact::user("error_0002"), 1)];

    // A refusal has a code, and the documented ones have names.
    let error = client.mark_contact("nobody", &star).await.expect_err("there is no such user");
    assert_eq!(error.code(), Some(Code::NotImported));
    println!("{error}: {}", advice(&error));

    // A call can succeed while its items are refused one by one.
    client.account_import("error_0001").await?;
    let marked = client.mark_contact("error_0001", &star).await?;
    let result = &marked.value.results[0];
    println!("{}: {} {}", result.contact.peer(), result.code, result.info);

    // Nobody listens there. The client has tried four times within its deadline.
    let nobody =
        Client::builder("http://127.0.0.1:1", 1_400_000_000).key("any").deadline(Duration::from_secs(3));
    let error = nobody.build()?.mark_contact("error_0001", &star).await.expect_err("there is no server");
    println!("{error}: {}", advice(&error));
    Ok(())
}

/// What is left to do when the client gives up.
fn advice(error: &Error) -> &'static str {
    match (error.is_outcome_unknown(), error.is_retryable()) {
        (true, _) => "look what is there before doing it again",
        (false, true) => "nothing was changed; do it again later",
        (false, false) => "nothing was changed; doing it again will not help",
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
