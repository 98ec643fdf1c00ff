//! Rust, with the client of this workspace.

use super::quote::{double_quoted, is_plain, joined};
use super::{Sent, VARIABLE};

pub(super) fn program(sent: &Sent<'_>) -> String {
    let usersig = match sent.usersig {
        Some(usersig) => quoted(usersig),
        None => format!("std::env::var(\"{VARIABLE}\")?"),
    };
    let body = joined(sent.body, "        ", quoted, |lines| format!("concat!(\n{lines}    )"));
    let (base, identifier) = (quoted(sent.base), quoted(sent.identifier));
    let (app, call) = (sent.app, sent.call);
    format!(
        "//! Dependencies: `foldmark-client`, and `tokio` with its features `macros` and `rt-multi-thread`.

use foldmark_client::{{CallName, Client}};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {{
    let url = {base};
    let usersig = {usersig};
    let body = {body};
    let client = Client::builder(url, {app}).identifier({identifier}).usersig(usersig).build()?;
    let reply = client.call_raw(CallName::{call:?}, body).await?;
    println!(\"{{}}\", String::from_utf8_lossy(&reply.body));
    Ok(())
}}
"
    )
}

pub(super) fn quoted(text: &str) -> String {
    double_quoted(text, is_plain, |letter| format!("\\u{{{:x}}}", u32::from(letter)))
}

#[cfg(test)]
mod tests {
    use foldmark_wire::CallName;

    use super::super::tests::sent;
    use super::*;

    #[test]
    fn everything_is_quoted() {
        let odd = "a'b\"c\\d\n\r\t\0$x{y}</script>你\u{2028}\u{1f600}";
        let expected = r#""a'b\"c\\d\n\r\t\u{0}$x{y}</script>你\u{2028}\u{1f600}""#;
        assert_eq!(quoted(odd), expected);
    }

    /// What is not for programs of others.
    const ALLOWED: &str =
        "#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = \"a program of its own\")]\n\n";

    /// Cargo compiles the example with the tests of the binary, and the lints look at it.
    #[test]
    fn the_program_is_one_that_compiles() {
        let body = "{\n  \"From_Account\": \"it's \\\"odd\\\" \\\\ $HOME {x} </script> 你好 \u{202e}\u{1f600}\"\n}\n";
        let mut sent = sent(body, None);
        sent.call = CallName::GetContactGroup;
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../cli/examples/console_call.rs");
        expect_test::expect_file![file].assert_eq(&format!("{ALLOWED}{}", program(&sent)));
    }
}
