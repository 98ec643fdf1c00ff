//! Java 11 and later: one file, which `java Call.java` runs.
//!
//! Compilers before 18 read sources in the encoding of the platform, so that the source is ASCII; `\u` is taken for the
//! character before the literal is read, so that no character that means something in a literal is written so.

use super::quote::{double_quoted, in_utf16, joined};
use super::{Sent, VARIABLE};

pub(super) fn program(sent: &Sent<'_>) -> String {
    let variable = format!("System.getenv(\"{VARIABLE}\")");
    let url = sent.url_expression(quoted, " + ", &variable);
    // Joined when it runs: a constant may have 65,535 bytes.
    let body = joined(sent.body, "            ", quoted, |lines| {
        format!("String.join(\"\",\n{})", lines.trim_end_matches(",\n"))
    });
    format!(
        "import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

public class Call {{
    public static void main(String[] args) throws Exception {{
        String url = {url};
        String body = {body};
        HttpRequest request = HttpRequest.newBuilder(URI.create(url))
            .header(\"Content-Type\", \"application/json\")
            .timeout(Duration.ofSeconds(10))
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
        HttpResponse<byte[]> reply =
            HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofByteArray());
        System.err.println(reply.statusCode() + \" \" + reply.headers().firstValue(\"X-Request-Id\").orElse(\"\"));
        System.out.write(reply.body());
        System.out.println();
    }}
}}
"
    )
}

fn quoted(text: &str) -> String {
    double_quoted(
        text,
        |letter| matches!(letter, ' '..='~'),
        |letter| match letter {
            // Three digits, so that a digit behind it is not taken for one of them.
            '\0'..='\x1f' => format!("\\{:03o}", u32::from(letter)),
            other => in_utf16(other),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::sent;
    use super::*;

    #[test]
    fn everything_is_quoted() {
        let odd = "a'b\"c\\d\\u0041\n\r\t\u{0}1\u{7f}$x</script>你\u{1f600}";
        let expected = r#""a'b\"c\\d\\u0041\n\r\t\0001\u007f$x</script>\u4f60\ud83d\ude00""#;
        assert_eq!(quoted(odd), expected);
        let text = program(&sent("{\n}", None));
        assert!(text.is_ascii());
        assert!(text.contains("usersig=\" + System.getenv(\"USERSIG\") + \"&random"), "{text}");
        assert!(text.contains("String.join(\"\",\n            \"{\\n\",\n            \"}\");\n"), "{text}");
    }
}
