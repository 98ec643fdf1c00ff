//! All records of a user, page by page: one at a time, and as a stream.
//!
//! Beside a server started by `foldmark serve` in the same folder it needs no arguments; with another one
//! `cargo run --example paging -- URL SDKAPPID KEY_FILE`.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use foldmark_client::{AccountImport, Client, Contact, MarkItem};
use futures_util::TryStreamExt;

const ME: &str = "page_0000";

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = connect()?;
    let ids: Vec<String> = (0..=250).map(|number| format!("page_{number:04}")).collect();
    let accounts: Vec<_> = ids.iter().map(|id| AccountImport::new(id.as_str())).collect();
    client.accounts_import(&accounts).await?;
    // A call takes up to 100 items.
    for batch in ids[1..].chunks(100) {
        let items: Vec<_> = batch.iter().map(|id| MarkItem::setting(Contact::user(id), 1)).collect();
        client.mark_contact(ME, &items).await?;
    }

    // The next page is asked for when the records of the one before are used up.
    let mut records = client.records(ME);
    let mut count = 0;
    while let Some(record) = records.try_next().await? {
        assert_eq!(record.standard_mark.0, 1);
        count += 1;
    }
    println!("{count} records");

    // Pages are read at different times. If all are of one revision, they are one picture.
    let pages: Vec<_> = client.pages(ME).try_collect().await?;
    let unchanged = pages.windows(2).all(|two| two[0].revision == two[1].revision);
    println!(
        "{} pages, {}",
        pages.len(),
        if unchanged { "nothing was changed meanwhile" } else { "changed meanwhile" }
    );
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
