//! Python 3, with nothing but its standard library.

use super::quote::{double_quoted, is_plain, joined};
use super::{Sent, VARIABLE};

pub(super) fn program(sent: &Sent<'_>) -> String {
    let variable = format!("os.environ[\"{VARIABLE}\"]");
    let url = sent.url_expression(quoted, " + ", &variable);
    let import_os = if sent.usersig.is_none() { "import os\n" } else { "" };
    let body = joined(sent.body, "    ", quoted, |lines| format!("\"\".join((\n{lines}))"));
    format!(
        "{import_os}import sys
import urllib.request

url = {url}
body = {body}
headers = {{\"Content-Type\": \"application/json\"}}
request = urllib.request.Request(url, data=body.encode(\"utf-8\"), headers=headers, method=\"POST\")
with urllib.request.urlopen(request, timeout=10) as reply:
    print(reply.status, reply.headers[\"X-Request-Id\"], file=sys.stderr)
    sys.stdout.buffer.write(reply.read() + b\"\\n\")
"
    )
}

fn quoted(text: &str) -> String {
    double_quoted(text, is_plain, |letter| format!("\\U{:08x}", u32::from(letter)))
}

#[cfg(test)]
mod tests {
    use super::super::tests::sent;
    use super::*;

    #[test]
    fn everything_is_quoted() {
        let odd = "a'b\"c\\d\n\r\t\0$x</script>{y}你\u{2028}\u{1f600}";
        let expected = r#""a'b\"c\\d\n\r\t\U00000000$x</script>{y}你\U00002028\U0001f600""#;
        assert_eq!(quoted(odd), expected);
        let text = program(&sent("{\n}", None));
        assert!(text.contains("usersig=\" + os.environ[\"USERSIG\"] + \"&random"), "{text}");
        assert!(text.contains("body = \"\".join((\n    \"{\\n\",\n    \"}\",\n))\n"), "{text}");
    }
}
