//! The programs that the console's API debugging tool writes: run as they stand, they send what the form held, whatever
//! is in it.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

use crate::support::{KEY, Process, foldmark};

/// What is likely to be quoted wrong by somebody. Ids hold no control characters; the group's name does.
const PEERS: &[&str] = &[
    "it's \"odd\"",
    "$HOME `id` \\ !!",
    "</script><!--",
    "你好 😀 \u{202e}\u{2028}",
    "%s %n {x} {$y} ${z} #{w}",
    "\\u0022 \\x41 \\n \\",
    "@file",
    "?> */ // ''' \"\"\"",
];
const GROUP: &str = "a\nb\tc\r\u{1}1\u{7f}'\"\\ 你</script>";
const ADMINISTRATOR: &str = "it's \"me\" & $x 你";

/// A running server, and somebody who is signed in to its console.
struct Tool {
    folder: TempDir,
    admin: String,
    cookie: String,
    csrf: String,
    _server: Process,
}

impl Tool {
    fn start() -> Tool {
        let folder = tempdir().unwrap();
        fs::write(folder.path().join("token"), "a token of this test").unwrap();
        let administrator = json!(ADMINISTRATOR);
        let text = format!(
            "[server]\nlisten = \"127.0.0.1:0\"\n[admin]\nlisten = \"127.0.0.1:0\"\ntoken_file = \"token\"\n\
             [[apps]]\nsdkappid = 1400000000\nkey = \"{KEY}\"\naccounts = \"open\"\n\
             administrators = [{administrator}]\n"
        );
        fs::write(folder.path().join("foldmark.toml"), text).unwrap();
        let server = Process::start(&mut foldmark(folder.path(), &["serve", "--config", "foldmark.toml"]));
        server.stderr.url();
        let admin = server.stderr.admin();
        let mut tool = Tool { folder, admin, cookie: String::new(), csrf: String::new(), _server: server };
        let answer = tool.send("POST /console/sign-in", "token=a+token+of+this+test");
        let (_, cookie) = answer.split_once("set-cookie: ").unwrap_or_else(|| panic!("{answer}"));
        tool.cookie = cookie.split(';').next().unwrap().to_owned();
        let page = tool.send("GET /console/apps/1400000000/api/create_contact_group", "");
        let (_, csrf) = page.split_once("name=\"csrf\" value=\"").unwrap();
        tool.csrf = csrf.split('"').next().unwrap().to_owned();
        tool
    }

    /// Sends a form and gives the whole answer.
    fn send(&self, request: &str, form: &str) -> String {
        let mut stream = TcpStream::connect(&self.admin).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let (admin, cookie, length) = (&self.admin, &self.cookie, form.len());
        let head = format!(
            "{request} HTTP/1.1\r\nhost: {admin}\r\ncookie: {cookie}\r\nconnection: close\r\ncontent-length: {length}"
        );
        stream.write_all(format!("{head}\r\n\r\n{form}").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// The programs for this body.
    fn programs(&self, body: &str, with_usersig: bool) -> String {
        let fields = [
            ("csrf", self.csrf.as_str()),
            ("do", "show"),
            ("identifier", ADMINISTRATOR),
            ("seconds", "300"),
            ("usersig", if with_usersig { "shown" } else { "" }),
            ("body", body),
        ];
        let encoded: Vec<_> =
            fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        self.send("POST /console/apps/1400000000/api/create_contact_group", &encoded.join("&"))
    }
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// The program of a language, as a browser shows it.
fn program(page: &str, language: &str) -> String {
    let opening = format!("<pre id=\"program-{language}\" tabindex=\"0\">");
    let (_, rest) = page.split_once(&opening).unwrap_or_else(|| panic!("no {language} in {page}"));
    let text = rest.split("</pre>").next().unwrap();
    let text = text.replace("&#34;", "\"").replace("&#39;", "'").replace("&#60;", "<");
    text.replace("&#62;", ">").replace("&#38;", "&")
}

/// Runs a program and gives the last line that it prints.
fn run(folder: &Path, language: &str, text: &str, usersig: &str) -> String {
    let (command, file) = match language {
        "curl" => ("sh", "call.sh"),
        "python" => ("python3", "call.py"),
        "node" => ("node", "call.js"),
        "java" => ("java", "Call.java"),
        "php" => ("php", "call.php"),
        other => panic!("nothing runs {other}"),
    };
    fs::write(folder.join(file), text).unwrap();
    let output = Command::new(command)
        .arg(file)
        .current_dir(folder)
        .env("USERSIG", usersig)
        .env("no_proxy", "127.0.0.1")
        .output()
        .unwrap();
    let (out, error) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{language}: {error}\n{text}");
    out.trim_end().lines().next_back().unwrap_or_else(|| panic!("{language}: {error}")).to_owned()
}

/// Those that every machine has, and those that the environment names.
#[expect(clippy::disallowed_methods, reason = "whoever runs the tests says what is installed")]
fn languages() -> Vec<String> {
    let more = std::env::var("FOLDMARK_SNIPPETS").unwrap_or_default();
    let all = ["curl", "python", "node"].into_iter().chain(more.split(',').filter(|name| !name.is_empty()));
    all.map(str::to_owned).collect()
}

fn body() -> Value {
    let peers: Vec<Value> = PEERS.iter().map(|peer| json!({ "Type": 1, "To_Account": peer })).collect();
    json!({ "From_Account": "user_0001", "GroupContactItem": [{ "GroupName": GROUP, "ContactItem": peers }] })
}

#[track_caller]
fn is_answered(language: &str, reply: &str) {
    let reply: Value =
        serde_json::from_str(reply).unwrap_or_else(|error| panic!("{language} {error}: {reply}"));
    assert_eq!(reply["ErrorCode"], 0, "{language}: {reply}");
    let made = &reply["GroupResultItem"][0];
    assert_eq!(made["GroupItem"]["GroupName"], GROUP, "{language}");
    let echoed: Vec<_> = made["ResultItem"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| &item["ContactItem"]["To_Account"])
        .collect();
    assert_eq!(echoed, PEERS, "{language}");
}

#[test]
fn programs_run_as_they_stand_and_send_anything() {
    let tool = Tool::start();
    let folder = tool.folder.path();
    let compact = body().to_string();
    // More than an argument of a program may hold, or a line of anybody's.
    let padded = format!("{compact}{}", " ".repeat(150_000));
    for body in [format!("{:#}", body()), compact, padded] {
        let page = tool.programs(&body, true);
        for language in languages() {
            is_answered(&language, &run(folder, &language, &program(&page, &language), ""));
        }
    }
}

#[test]
fn programs_take_a_usersig_from_the_environment() {
    let tool = Tool::start();
    let folder = tool.folder.path();
    let args = ["usersig", "--sdkappid", "1400000000", "--key", KEY, "--identifier", ADMINISTRATOR];
    let usersig = crate::support::run(folder, &args);
    assert_eq!(usersig.status, 0, "{}", usersig.stderr);
    let page = tool.programs(&body().to_string(), false);
    for language in languages() {
        let text = program(&page, &language);
        is_answered(&language, &run(folder, &language, &text, usersig.stdout.trim()));
        let refused: Value = serde_json::from_str(&run(folder, &language, &text, "wrong")).unwrap();
        assert_ne!(refused["ErrorCode"], 0, "{language}");
    }
}
