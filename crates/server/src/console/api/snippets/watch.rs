//! A watch as a program: each prints what is told, and takes the UserSig from the environment.

use foldmark_wire::query::{write_parameter, write_query};

use super::{Snippet, VARIABLE, around_usersig, node, rust, shell};

/// What a program is to watch.
#[derive(Debug)]
pub(in crate::console::api) struct Watched<'a> {
    /// Scheme, host and port.
    pub(in crate::console::api) base: &'a str,
    pub(in crate::console::api) app: u32,
    pub(in crate::console::api) identifier: &'a str,
    /// `None`: the whole application.
    pub(in crate::console::api) user: Option<&'a str>,
    pub(in crate::console::api) random: u32,
}

/// The programs of those languages that read streams without a library, or have ours.
pub(in crate::console::api) fn all(watched: &Watched<'_>) -> Vec<Snippet> {
    vec![
        Snippet { name: "curl", language: "curl", text: curl(watched) },
        Snippet { name: "rust", language: "Rust", text: in_rust(watched) },
        Snippet { name: "node", language: "Node.js", text: in_node(watched) },
    ]
}

fn curl(watched: &Watched<'_>) -> String {
    let (before, after) = watched.url_around();
    format!("curl -sS -N {}\"${VARIABLE}\"{}\n", shell::quoted(&before), shell::quoted(&after))
}

fn in_node(watched: &Watched<'_>) -> String {
    let (before, after) = watched.url_around();
    let (before, after) = (node::quoted(&before), node::quoted(&after));
    format!(
        "const url = {before} + process.env.{VARIABLE} + {after};

async function main() {{
  const reply = await fetch(url, {{ headers: {{ Accept: \"text/event-stream\" }} }});
  const decoder = new TextDecoder();
  for await (const bytes of reply.body) process.stdout.write(decoder.decode(bytes, {{ stream: true }}));
}}

main().catch((error) => {{
  console.error(error);
  process.exitCode = 1;
}});
"
    )
}

fn in_rust(watched: &Watched<'_>) -> String {
    let (base, identifier) = (rust::quoted(watched.base), rust::quoted(watched.identifier));
    let app = watched.app;
    let watch = match watched.user {
        Some(user) => format!("watch({}, None)", rust::quoted(user)),
        None => "watch_application(None)".to_owned(),
    };
    format!(
        "//! Dependencies: `foldmark-client`, and `tokio` with its features `macros` and `rt-multi-thread`.

use foldmark_client::Client;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {{
    let url = {base};
    let usersig = std::env::var(\"{VARIABLE}\")?;
    let client = Client::builder(url, {app}).identifier({identifier}).usersig(usersig).build()?;
    let mut watch = client.{watch};
    while let Some(told) = watch.try_next().await? {{
        println!(\"{{told:?}}\");
    }}
    Ok(())
}}
"
    )
}

impl Watched<'_> {
    /// The whole URL in two parts: before the UserSig, and behind it.
    fn url_around(&self) -> (String, String) {
        let mut query = write_query(self.app, self.identifier, "", self.random);
        if let Some(user) = self.user {
            write_parameter(&mut query, "From_Account", user);
        }
        let (before, after) = around_usersig(crate::watch::PATH, &query);
        (format!("{}{before}", self.base), after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched(user: Option<&'static str>) -> Watched<'static> {
        Watched {
            base: "http://127.0.0.1:8080",
            app: 1_400_000_000,
            identifier: "administrator",
            user,
            random: 7,
        }
    }

    #[test]
    fn users_are_encoded_and_quoted() {
        let odd = Some("it's \"me\" & $x");
        let text = curl(&watched(odd));
        let line = "curl -sS -N 'http://127.0.0.1:8080/v4/foldmark/watch?sdkappid=1400000000&identifier=administrator&usersig='\"$USERSIG\"'&random=7&contenttype=json&From_Account=it%27s%20%22me%22%20%26%20%24x'\n";
        assert_eq!(text, line);
        assert!(in_rust(&watched(odd)).contains(r#"client.watch("it's \"me\" & $x", None);"#));
        assert!(in_rust(&watched(None)).contains("client.watch_application(None);"));
        assert!(!curl(&watched(None)).contains("From_Account"));
        for snippet in all(&watched(odd)) {
            assert!(snippet.text.contains(VARIABLE), "{}", snippet.text);
        }
    }

    /// What is not for programs of others.
    const ALLOWED: &str =
        "#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = \"a program of its own\")]\n\n";

    /// Cargo compiles the example with the tests of the binary, and the lints look at it.
    #[test]
    fn the_program_is_one_that_compiles() {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../cli/examples/console_watch.rs");
        let text = in_rust(&watched(Some("it's \"odd\" 你好")));
        expect_test::expect_file![file].assert_eq(&format!("{ALLOWED}{text}"));
    }
}
