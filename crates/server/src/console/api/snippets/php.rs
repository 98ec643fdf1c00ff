//! PHP 7 and later, with its extension for curl.

use super::quote::{double_quoted, is_plain, joined};
use super::{Sent, VARIABLE};

pub(super) fn program(sent: &Sent<'_>) -> String {
    let variable = format!("getenv(\"{VARIABLE}\")");
    let url = sent.url_expression(quoted, " . ", &variable);
    let body = joined(sent.body, "    ", quoted, |lines| format!("implode(\"\", [\n{lines}])"));
    format!(
        "<?php

$url = {url};
$body = {body};
$curl = curl_init($url);
curl_setopt_array($curl, [
    CURLOPT_POST => true,
    CURLOPT_POSTFIELDS => $body,
    CURLOPT_HTTPHEADER => [\"Content-Type: application/json\"],
    CURLOPT_RETURNTRANSFER => true,
    CURLOPT_TIMEOUT => 10,
]);
$reply = curl_exec($curl);
if ($reply === false) {{
    fwrite(STDERR, curl_error($curl) . \"\\n\");
    exit(1);
}}
echo $reply, \"\\n\";
"
    )
}

fn quoted(text: &str) -> String {
    double_quoted(
        text,
        |letter| letter != '$' && is_plain(letter),
        |letter| match letter {
            '$' => "\\$".to_owned(),
            other => format!("\\u{{{:x}}}", u32::from(other)),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::sent;
    use super::*;

    #[test]
    fn everything_is_quoted() {
        let odd = "a'b\"c\\d\n\r\t\0$x{$y}</script>?>你\u{1f600}";
        let expected = r#""a'b\"c\\d\n\r\t\u{0}\$x{\$y}</script>?>你\u{1f600}""#;
        assert_eq!(quoted(odd), expected);
        let text = program(&sent("{\n}", None));
        assert!(text.contains("usersig=\" . getenv(\"USERSIG\") . \"&random"), "{text}");
        assert!(text.contains("$body = implode(\"\", [\n    \"{\\n\",\n    \"}\",\n]);\n"), "{text}");
    }
}
