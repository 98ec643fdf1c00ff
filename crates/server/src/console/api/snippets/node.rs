//! JavaScript for Node.js 18 and later, as a module or not.

use super::quote::{double_quoted, in_utf16, is_plain, joined};
use super::{Sent, VARIABLE};

pub(super) fn program(sent: &Sent<'_>) -> String {
    let variable = format!("process.env.{VARIABLE}");
    let url = sent.url_expression(quoted, " + ", &variable);
    let body = joined(sent.body, "  ", quoted, |lines| format!("[\n{lines}].join(\"\")"));
    format!(
        "const url = {url};
const body = {body};

async function main() {{
  const reply = await fetch(url, {{
    method: \"POST\",
    headers: {{ \"Content-Type\": \"application/json\" }},
    body,
    signal: AbortSignal.timeout(10000),
  }});
  console.error(reply.status, reply.headers.get(\"X-Request-Id\"));
  console.log(await reply.text());
}}

main().catch((error) => {{
  console.error(error);
  process.exitCode = 1;
}});
"
    )
}

pub(super) fn quoted(text: &str) -> String {
    // Without `<`, it can stand within a page.
    double_quoted(text, |letter| letter != '<' && is_plain(letter), in_utf16)
}

#[cfg(test)]
mod tests {
    use super::super::tests::sent;
    use super::*;

    #[test]
    fn everything_is_quoted() {
        let odd = "a'b\"c\\d\n\r\t\0`${x}</script>你\u{2028}\u{1f600}";
        let expected = r#""a'b\"c\\d\n\r\t\u0000`${x}\u003c/script>你\u2028\ud83d\ude00""#;
        assert_eq!(quoted(odd), expected);
        let text = program(&sent("{\n}", None));
        assert!(text.contains("usersig=\" + process.env.USERSIG + \"&random"), "{text}");
        assert!(text.contains("const body = [\n  \"{\\n\",\n  \"}\",\n].join(\"\");\n"), "{text}");
    }
}
