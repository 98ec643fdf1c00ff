#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "a program of its own")]

//! Dependencies: `foldmark-client`, and `tokio` with its features `macros` and `rt-multi-thread`.

use foldmark_client::{CallName, Client};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = "http://127.0.0.1:8080";
    let usersig = std::env::var("USERSIG")?;
    let body = concat!(
        "{\n",
        "  \"From_Account\": \"it's \\\"odd\\\" \\\\ $HOME {x} </script> 你好 \u{202e}\u{1f600}\"\n",
        "}\n",
    );
    let client = Client::builder(url, 1400000000).identifier("it's \"me\" & $x").usersig(usersig).build()?;
    let reply = client.call_raw(CallName::GetContactGroup, body).await?;
    println!("{}", String::from_utf8_lossy(&reply.body));
    Ok(())
}
