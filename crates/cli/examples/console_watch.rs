#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "a program of its own")]

//! Dependencies: `foldmark-client`, and `tokio` with its features `macros` and `rt-multi-thread`.

use foldmark_client::Client;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = "http://127.0.0.1:8080";
    let usersig = std::env::var("USERSIG")?;
    let client = Client::builder(url, 1400000000).identifier("administrator").usersig(usersig).build()?;
    let mut watch = client.watch("it's \"odd\" 你好", None);
    while let Some(told) = watch.try_next().await? {
        println!("{told:?}");
    }
    Ok(())
}
