//! curl, for the shells of POSIX.

use super::{Sent, VARIABLE};

pub(super) fn program(sent: &Sent<'_>) -> String {
    let variable = format!("\"${VARIABLE}\"");
    let url = sent.url_expression(quoted, "", &variable);
    let curl = format!("curl -sS -i {url} \\\n  -H 'Content-Type: application/json'");
    let mut text = match sent.body.contains('\0') || sent.body.len() > ARGUMENT_BYTES {
        // `printf` is a part of the shell, so that there is no limit, and makes the byte that arguments cannot hold.
        true => {
            let parts: Vec<&str> = sent.body.split('\0').collect();
            let format = vec!["%s"; parts.len()].join(r"\000");
            let parts: Vec<String> = parts.into_iter().map(quoted).collect();
            format!("printf '{format}' {} |\n{curl} --data-binary @-", parts.join(" "))
        }
        false => format!("{curl} \\\n  --data-raw {}", quoted(sent.body)),
    };
    text.push('\n');
    text
}

/// Systems take no single argument of 128 KiB.
const ARGUMENT_BYTES: usize = 100_000;

pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::sent;
    use super::*;

    #[test]
    fn everything_is_quoted() {
        assert_eq!(quoted("it's $HOME `x` \\ !\n"), "'it'\\''s $HOME `x` \\ !\n'");
        let text = program(&sent("{\"a\": \"it's\"}", Some("sig")));
        assert!(text.contains("&usersig=sig&random=7&contenttype=json' \\\n"), "{text}");
        assert!(text.ends_with("--data-raw '{\"a\": \"it'\\''s\"}'\n"), "{text}");
        let text = program(&sent("{}", None));
        assert!(text.contains("&usersig='\"$USERSIG\"'&random=7"), "{text}");
    }

    #[test]
    fn what_no_argument_can_hold_comes_by_a_pipe() {
        let text = program(&sent("a\0b'", None));
        assert!(text.starts_with("printf '%s\\000%s' 'a' 'b'\\''' |\ncurl "), "{text}");
        let text = program(&sent(&"x".repeat(ARGUMENT_BYTES + 1), None));
        assert!(text.starts_with("printf '%s' 'xxx") && text.ends_with("--data-binary @-\n"));
    }
}
