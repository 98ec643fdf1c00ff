//! `foldmark dev`: what those who write clients rely on.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

use foldmark_client::{CallName, Client};
use serde_json::{Value, json};
use tempfile::tempdir;

use crate::support::{Process, foldmark, run};

const KEY: &str = "f01dde7af01dde7af01dde7af01dde7af01dde7af01dde7af01dde7af01dde7a";
const PAGE: &str = r#"{"From_Account":"user_0001","StartIndex":0}"#;
const MARK: &str = r#"{"From_Account":"user_0001","MarkItem":[{"OptType":1,"ContactItem":{"Type":1,"To_Account":"user_0002"},"SetMark":[5]}]}"#;
const SEED: &str = r#"
time = 1775217000

[[users]]
id = "user_0001"
nick = "One"
[[users.groups]]
name = "work"
conversations = [{ user = "user_0002" }, { chat_group = "@TGS#1B2AUI7RZ" }]
[[users.groups]]
name = "empty"
[[users.marks]]
conversation = { user = "user_0002" }
bits = [0, 32]
custom = "vip"

[[users]]
id = "user_0002"

[[chat_groups]]
id = "@TGS#1B2AUI7RZ"
name = "Team"
owner = "user_0002"
"#;
const SEED_AS_JSON: &str = r##"{"time":1775217000,
"users":[{"id":"user_0001","nick":"One","groups":[{"name":"work","conversations":[{"user":"user_0002"},{"chat_group":"@TGS#1B2AUI7RZ"}]},{"name":"empty"}],
"marks":[{"conversation":{"user":"user_0002"},"bits":[0,32],"custom":"vip"}]},{"id":"user_0002"}],
"chat_groups":[{"id":"@TGS#1B2AUI7RZ","name":"Team","owner":"user_0002","type":"Public"}]}"##;
const SEEDED_PAGE: &str = r#"{"ContactItem":[{"Type":1,"To_Account":"user_0002","StandardMark":"100000000000000000000000000000001","CustomMark":"vip","ContactGroupId":[1],"Timestamp":1775217000},{"Type":2,"ToGroupId":"@TGS#1B2AUI7RZ","StandardMark":"","ContactGroupId":[1],"Timestamp":1775217000}],"GroupItem":[{"GroupName":"work","GroupId":1},{"GroupName":"empty","GroupId":2}],"CompleteFlag":1,"NextStartIndex":0,"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}"#;

/// A running emulator on free ports.
struct Emulator {
    process: Process,
    ready: Value,
    client: Client,
}

impl Emulator {
    fn start(folder: &Path, more: &[&str]) -> Emulator {
        let args = [&["dev", "--listen", "127.0.0.1:0", "--json-ready"], more].concat();
        let process = Process::start(&mut foldmark(folder, &args));
        let ready: Value = serde_json::from_str(&process.stdout.after("")).unwrap();
        let url = ready["url"].as_str().unwrap();
        let builder = Client::builder(url, ready["sdkappid"].as_u64().unwrap() as u32);
        let client = builder.key(ready["key"].as_str().unwrap()).retries(0).build().unwrap();
        Emulator { process, ready, client }
    }

    /// One that has the seed of these tests.
    fn seeded(folder: &Path, more: &[&str]) -> Emulator {
        fs::write(folder.join("seed.toml"), SEED).unwrap();
        Emulator::start(folder, &[&["--seed", "seed.toml"], more].concat())
    }

    /// The answer's body.
    async fn call(&self, call: CallName, body: &str) -> String {
        let reply = self.client.call_raw(call, body.to_owned()).await.unwrap();
        String::from_utf8(reply.body.into()).unwrap()
    }

    /// The answer's code; `None` if there is no answer.
    async fn code(&self, call: CallName, body: &str) -> Option<i64> {
        let reply = self.client.call_raw(call, body.to_owned()).await.ok()?;
        serde_json::from_slice::<Value>(&reply.body).unwrap()["ErrorCode"].as_i64()
    }

    fn admin(&self, method: &str, path: &str, headers: &str, body: &str) -> (u16, String) {
        let host = self.ready["admin_url"].as_str().unwrap().strip_prefix("http://").unwrap();
        let headers = if headers.is_empty() { format!("host: {host}\r\n") } else { headers.to_owned() };
        exchange(host, method, path, &headers, body)
    }

    fn set_faults(&self, faults: &Value) -> Value {
        let (status, text) = self.admin("PUT", "/dev/faults", "", &faults.to_string());
        assert_eq!(status, 200, "{text}");
        serde_json::from_str(&text).unwrap()
    }

    fn reset(&self) {
        assert_eq!(self.admin("POST", "/dev/reset", "", ""), (200, "reset\n".to_owned()));
    }

    fn stop(mut self) {
        drop(self.client);
        assert_eq!(self.process.end("TERM").code(), Some(0));
    }
}

/// One request with exactly these headers.
pub(crate) fn exchange(host: &str, method: &str, path: &str, headers: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\n{headers}connection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{answer:?}"));
    (head[9..12].parse().unwrap(), body.to_owned())
}

/// Makes the mark call `count` times; its codes, `None` where there was no answer.
async fn marks(emulator: &Emulator, count: usize) -> Vec<Option<i64>> {
    let mut codes = Vec::new();
    for _ in 0..count {
        codes.push(emulator.code(CallName::MarkContact, MARK).await);
    }
    codes
}

#[tokio::test]
async fn it_is_the_same_every_time_and_leaves_nothing() {
    let folder = tempdir().unwrap();
    for _ in 0..2 {
        let emulator = Emulator::start(folder.path(), &[]);
        let ready = &emulator.ready;
        assert_eq!((&ready["sdkappid"], &ready["key"]), (&json!(1_400_000_000), &json!(KEY)));
        assert_eq!(ready["identifier"], "administrator");
        assert_eq!(ready["admin_token"], "foldmark-dev");
        let console = format!("{}/console/", ready["admin_url"].as_str().unwrap());
        assert_eq!(ready["console_url"], console);
        let query = format!(
            "/v4/im_open_login_svc/account_import?sdkappid=1400000000&identifier=administrator&usersig={}&random=1&contenttype=json",
            ready["usersig"].as_str().unwrap()
        );
        let host = ready["url"].as_str().unwrap().strip_prefix("http://").unwrap();
        let answer =
            exchange(host, "POST", &query, &format!("host: {host}\r\n"), r#"{"UserID":"user_0001"}"#);
        assert_eq!(answer, (200, r#"{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}"#.to_owned()));
        let checked =
            emulator.call(CallName::AccountCheck, r#"{"CheckItem":[{"UserID":"user_0002"}]}"#).await;
        assert!(checked.contains("NotImported"), "{checked}");
        emulator.stop();
    }
    assert!(fs::read_dir(folder.path()).unwrap().next().is_none());
}

#[test]
fn people_are_told_what_they_need() {
    let folder = tempdir().unwrap();
    let args = ["dev", "--listen", "127.0.0.1:0", "--fail", "*=drop:1%", "--random-seed", "7"];
    let mut emulator = Process::start(&mut foldmark(folder.path(), &args));
    assert!(emulator.stdout.after("address").starts_with("http://127.0.0.1:"));
    assert!(emulator.stdout.after("admin").starts_with("http://127.0.0.1:"));
    let console = emulator.stdout.after("console");
    assert!(console.starts_with("http://127.0.0.1:"), "{console}");
    assert!(console.ends_with("/console/   (token foldmark-dev; public)"), "{console}");
    assert_eq!(emulator.stdout.after("sdkappid"), "1400000000");
    assert_eq!(emulator.stdout.after("key"), format!("{KEY}   (public: for tests alone)"));
    assert_eq!(emulator.stdout.after("faults"), "as with --random-seed 7");
    assert!(emulator.stdout.after("curl").contains("account_import"));
    assert_eq!(emulator.end("INT").code(), Some(0));
}

#[tokio::test]
async fn a_seed_is_there_from_the_first_call_on_byte_for_byte() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("seed.json"), SEED_AS_JSON).unwrap();
    for emulator in
        [Emulator::seeded(folder.path(), &[]), Emulator::start(folder.path(), &["--seed", "seed.json"])]
    {
        assert_eq!(emulator.call(CallName::GetContactGroup, PAGE).await, SEEDED_PAGE);
        let body = r#"{"GroupIdList":["@TGS#1B2AUI7RZ"]}"#;
        let info = emulator.call(CallName::GetGroupInfo, body).await;
        assert!(info.contains(r#""Owner_Account":"user_0002""#) && info.contains("1775217000"), "{info}");
        emulator.stop();
    }
}

#[test]
fn a_bad_seed_is_refused_with_its_place_and_the_limit() {
    let folder = tempdir().unwrap();
    let many: String = (0..21).map(|n| format!("[[users.groups]]\nname = \"g{n}\"\n")).collect();
    let contacts: String = (0..1_001).map(|n| format!("{{ user = \"u{n}\" }},")).collect();
    for (seed, more, expected) in [
        ("[[users]]\nid = \"a\"\nnik = \"A\"\n", &[][..], "line 3"),
        ("[[users]]\nid = \"a\"\n[[users]]\nid = \"a\"\n", &[], "users[1] \"a\": the user is there twice"),
        ("[[users]]\nid = \"\"\n", &[], "users[0] \"\": account_import: UserID"),
        (
            &format!("[[users]]\nid = \"a\"\n{many}"),
            &[],
            "users[0] \"a\": groups[20] \"g20\": create_contact_group: a user may have at most 20 conversation groups (51010)",
        ),
        (
            "[[users]]\nid = \"a\"\n[[users.groups]]\nname = \"work\"\n",
            &["--set", "apps.0.limits.group_name_bytes=3"],
            "groups[0] \"work\": create_contact_group: GroupContactItem[0].GroupName must be at most 3 bytes (51011)",
        ),
        (
            "[[users]]\nid = \"a\"\n[[users.groups]]\nname = \"w\"\nconversations = [{ user = \"a\" }, { user = \"b\" }]\n",
            &[],
            "groups[0] \"w\": conversations[1] \"b\": To_Account names an account that is not imported (50001)",
        ),
        (
            &format!("[[users]]\nid = \"a\"\n[[users.groups]]\nname = \"w\"\nconversations = [{contacts}]\n"),
            &["--accounts", "open"],
            "conversations[1000] \"u1000\": a user may have at most 1000 conversations in conversation groups (51008)",
        ),
        (
            "[[users]]\nid = \"a\"\n[[users.marks]]\nconversation = { user = \"a\" }\nbits = [64]\n",
            &[],
            "users[0] \"a\": marks[0] to [0]: mark_contact: MarkItem[0].SetMark",
        ),
        (
            "[[users]]\nid = \"a\"\n[[users.marks]]\nconversation = { user = \"a\" }\n",
            &[],
            "marks[0]: it has neither bits nor custom",
        ),
        (
            "[[chat_groups]]\nid = \"@TGS#1\"\nname = \"n\"\ntype = \"Other\"\n",
            &[],
            "chat_groups[0] \"@TGS#1\": create_group: Type",
        ),
    ] {
        fs::write(folder.path().join("seed.toml"), seed).unwrap();
        let args = [&["dev", "--listen", "127.0.0.1:0", "--seed", "seed.toml"], more].concat();
        let ended = run(folder.path(), &args);
        assert_eq!((ended.status, ended.stdout.as_str()), (2, ""), "{seed}: {}", ended.stderr);
        assert!(ended.stderr.contains("seed.toml: ") && ended.stderr.contains(expected), "{}", ended.stderr);
    }
    fs::write(folder.path().join("seed.yaml"), SEED).unwrap();
    let ended = run(folder.path(), &["dev", "--seed", "seed.yaml"]);
    assert!(ended.stderr.contains("must end in .toml or .json"), "{}", ended.stderr);
    assert!(ended.stderr.starts_with("foldmark: the seed: seed.yaml: "), "{}", ended.stderr);
}

#[tokio::test]
async fn a_reset_brings_the_seed_back() {
    let folder = tempdir().unwrap();
    let emulator = Emulator::seeded(folder.path(), &["--data", "data"]);
    let admin = emulator.ready["admin_url"].as_str().unwrap().to_owned();
    for by_command in [false, true] {
        for (call, body) in [
            (CallName::DelContactGroup, r#"{"From_Account":"user_0001","GroupName":["work"]}"#),
            (CallName::AccountImport, r#"{"UserID":"new"}"#),
            (
                CallName::CreateContactGroup,
                r#"{"From_Account":"new","GroupContactItem":[{"GroupName":"g"}]}"#,
            ),
            (CallName::CreateGroup, r#"{"GroupId":"@TGS#new","Type":"Public","Name":"n"}"#),
            (CallName::DestroyGroup, r#"{"GroupId":"@TGS#1B2AUI7RZ"}"#),
            (CallName::AccountDelete, r#"{"DeleteItem":[{"UserID":"user_0002"}]}"#),
        ] {
            assert_eq!(emulator.code(call, body).await, Some(0), "{body}");
        }
        emulator.set_faults(&json!({ "fail": ["*=60007"] }));
        if by_command {
            let ended = run(folder.path(), &["dev", "reset", "--url", &admin]);
            assert_eq!((ended.status, ended.stdout.as_str()), (0, "reset\n"), "{}", ended.stderr);
        } else {
            emulator.reset();
        }
        assert_eq!(emulator.call(CallName::GetContactGroup, PAGE).await, SEEDED_PAGE);
        assert_eq!(emulator.code(CallName::GetContactGroup, r#"{"From_Account":"new"}"#).await, Some(50_001));
        let listed = emulator.call(CallName::GetAppidGroupList, "{}").await;
        assert!(listed.contains(r#""TotalCount":1"#), "{listed}");
        // The next round lists again, and one such call a second is the documented rate.
        tokio::time::sleep(Duration::from_millis(1_010)).await;
    }
    emulator.stop();
    let nobody = run(folder.path(), &["dev", "reset", "--url", &admin]);
    assert_eq!(nobody.status, 3, "{}", nobody.stderr);
}

/// One call that asks about a hundred users must never see some of them reset and others not.
#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::disallowed_methods, reason = "the thread ends with the request that it makes")]
async fn calls_see_what_was_before_a_reset_or_what_comes_after() {
    let folder = tempdir().unwrap();
    let limits = ["--set", "apps.0.limits.calls_per_second=0"];
    let emulator = Emulator::start(folder.path(), &limits);
    let names: Vec<String> = (0..100).map(|n| format!("user_{n:04}")).collect();
    let import = json!({ "Accounts": names }).to_string();
    let items: Vec<Value> = names.iter().map(|name| json!({ "UserID": name })).collect();
    let check = json!({ "CheckItem": items }).to_string();
    let (mut before, mut after) = (0, 0);
    for _ in 0..20 {
        assert_eq!(emulator.code(CallName::MultiaccountImport, &import).await, Some(0));
        let reader = async {
            loop {
                let text = emulator.call(CallName::AccountCheck, &check).await;
                match text.matches(r#""NotImported""#).count() {
                    0 => before += 1,
                    100 => break after += 1,
                    some => panic!("{some} of 100 users were reset"),
                }
            }
        };
        let reset = async {
            let request = emulator.ready["admin_url"].as_str().unwrap().to_owned();
            let host = request.strip_prefix("http://").unwrap().to_owned();
            let headers = format!("host: {host}\r\n");
            let sent =
                tokio::task::spawn_blocking(move || exchange(&host, "POST", "/dev/reset", &headers, ""));
            assert_eq!(sent.await.unwrap().0, 200);
        };
        tokio::join!(reader, reset);
    }
    assert!(before > 0 && after == 20, "{before} calls came before and {after} after");
    emulator.stop();
}

#[tokio::test]
async fn faults_are_met_and_can_be_repeated() {
    let folder = tempdir().unwrap();
    let faults =
        ["--fail", "mark_contact=50004:30%", "--fail", "mark_contact=drop:20%", "--random-seed", "7"];
    let emulator = Emulator::seeded(folder.path(), &faults);
    let first = marks(&emulator, 60).await;
    let count = |code| first.iter().filter(|met| **met == code).count();
    assert!(count(Some(0)) > 20 && count(Some(50_004)) > 5 && count(None) > 3, "{first:?}");
    assert_eq!(count(Some(0)) + count(Some(50_004)) + count(None), 60);
    let shown = emulator.admin("GET", "/dev/faults", "", "").1;
    let shown: Value = serde_json::from_str(&shown).unwrap();
    let expected = json!({
        "random_seed": 7, "fail": ["mark_contact=50004:30%", "mark_contact=drop:20%"], "delay": [],
        "hits": [count(Some(50_004)), count(None)],
    });
    assert_eq!(shown, expected);

    emulator.reset();
    assert_eq!(marks(&emulator, 60).await, first, "a reset begins anew");
    emulator.set_faults(&shown);
    assert_eq!(marks(&emulator, 60).await, first, "what was shown can be put back");
    emulator.stop();
    let emulator = Emulator::seeded(folder.path(), &faults);
    assert_eq!(marks(&emulator, 60).await, first, "another emulator with the same seed");
    emulator.stop();
}

#[tokio::test]
async fn a_call_can_fail_before_or_after_it_was_carried_out() {
    let folder = tempdir().unwrap();
    let emulator = Emulator::seeded(folder.path(), &[]);
    for (fault, code, carried_out) in [
        ("mark_contact=50005", Some(50_005), false),
        ("mark_contact=50005:after", Some(50_005), true),
        ("mark_contact=drop", None, false),
        ("*=drop:100%:after", None, true),
    ] {
        emulator.reset();
        emulator.set_faults(&json!({ "fail": [fault] }));
        assert_eq!(emulator.code(CallName::MarkContact, MARK).await, code, "{fault}");
        emulator.set_faults(&json!({}));
        let page = emulator.call(CallName::GetContactGroup, PAGE).await;
        assert_eq!(page != SEEDED_PAGE, carried_out, "{fault}: {page}");
    }
    let text = emulator.call(CallName::MarkContact, "{}").await;
    assert!(text.contains("50002"), "without faults the truth is told: {text}");
    emulator.set_faults(&json!({ "fail": ["mark_contact=60007"] }));
    let text = emulator.call(CallName::MarkContact, MARK).await;
    assert!(
        text.contains(r#""ActionStatus":"FAIL""#) && text.contains("(injected by the emulator)"),
        "{text}"
    );
    emulator.stop();
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "how long a call took is what is tested")]
async fn calls_can_be_delayed_beyond_the_time_of_a_call_and_a_reset_does_not_wait() {
    let folder = tempdir().unwrap();
    let emulator = Emulator::seeded(folder.path(), &["--delay", "get_contact_group=300ms"]);
    let start = Instant::now();
    assert_eq!(emulator.call(CallName::GetContactGroup, PAGE).await, SEEDED_PAGE);
    assert!(start.elapsed() >= Duration::from_millis(300));

    // More than the three seconds that a server gives a call, and answered all the same.
    emulator.set_faults(&json!({ "delay": ["get_contact_group=1s", "get_contact_group=2500ms:after"] }));
    let start = Instant::now();
    let delayed = async {
        let page = emulator.call(CallName::GetContactGroup, PAGE).await;
        (page, start.elapsed())
    };
    let reset = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        emulator.reset();
        start.elapsed()
    };
    let ((page, took), reset_took) = tokio::join!(delayed, reset);
    assert_eq!(page, SEEDED_PAGE);
    assert!(took >= Duration::from_millis(3_500) && reset_took < took, "{took:?}, {reset_took:?}");
    emulator.stop();
}

#[tokio::test]
async fn wrong_faults_are_refused_by_name_and_change_nothing() {
    let folder = tempdir().unwrap();
    for (args, expected) in [
        (
            ["--fail", "mark_contact=51009"],
            "no code that is documented for mark_contact; these are, and drop: 50001, 50002",
        ),
        (["--fail", "mark=50004"], "there is no call \"mark\"; there are *, create_contact_group"),
        (["--fail", "mark_contact=50004:200%"], "from 0.001% to 100%"),
        (["--delay", "mark_contact=2h"], "no time from 1ms to 60s"),
    ] {
        let ended = run(folder.path(), &[&["dev"], &args[..]].concat());
        assert_eq!(ended.status, 2, "{}", ended.stderr);
        assert!(ended.stderr.contains(args[1]) && ended.stderr.contains(expected), "{}", ended.stderr);
    }
    let emulator = Emulator::seeded(folder.path(), &["--fail", "mark_contact=60007"]);
    for (body, expected) in [
        (r#"{"fail":["mark_contact=51009"]}"#, "documented for mark_contact"),
        (r#"{"fails":["mark_contact=50004"]}"#, "unknown field `fails`"),
        ("", "the body cannot be read"),
    ] {
        let (status, text) = emulator.admin("PUT", "/dev/faults", "", body);
        assert!(status == 400 && text.contains(expected), "{status} {text}");
    }
    assert_eq!(emulator.code(CallName::MarkContact, MARK).await, Some(60_007));
    emulator.stop();
}

#[tokio::test]
async fn web_pages_and_other_machines_are_kept_out() {
    let folder = tempdir().unwrap();
    let emulator = Emulator::seeded(folder.path(), &["--fail", "mark_contact=60007"]);
    for (method, path) in [("POST", "/dev/reset"), ("PUT", "/dev/faults"), ("GET", "/dev/faults")] {
        for headers in [
            "host: localhost\r\norigin: https://page.example\r\n",
            "host: localhost\r\norigin: null\r\n",
            "host: rebound.example:9090\r\n",
        ] {
            assert_eq!(emulator.admin(method, path, headers, "{}").0, 403, "{method} {path} {headers}");
        }
    }
    assert_eq!(emulator.code(CallName::MarkContact, MARK).await, Some(60_007), "nothing was changed");
    let own_page = "host: localhost\r\norigin: http://localhost:3000\r\n";
    assert_eq!(emulator.admin("PUT", "/dev/faults", own_page, "{}").0, 200);
    emulator.stop();

    fs::write(folder.path().join("token"), "chosen\n").unwrap();
    let everywhere = ["--admin-listen", "0.0.0.0:0", "--set", "admin.token_file=token"];
    let emulator = Emulator::seeded(folder.path(), &everywhere);
    assert_eq!(emulator.admin("POST", "/dev/reset", "host: localhost\r\n", "").0, 403);
    let token = "host: emulator:9090\r\nauthorization: Bearer chosen\r\n";
    assert_eq!(emulator.admin("POST", "/dev/reset", token, "").0, 200);
    emulator.stop();
}

#[tokio::test]
async fn data_in_a_folder_stay_and_the_folder_is_no_server_s() {
    let folder = tempdir().unwrap();
    let emulator = Emulator::seeded(folder.path(), &["--data", "data"]);
    let delete = r#"{"From_Account":"user_0001","GroupName":["work"]}"#;
    assert_eq!(emulator.code(CallName::DelContactGroup, delete).await, Some(0));
    let page = emulator.call(CallName::GetContactGroup, PAGE).await;
    assert_ne!(page, SEEDED_PAGE);
    emulator.stop();
    let emulator = Emulator::seeded(folder.path(), &["--data", "data"]);
    assert_eq!(emulator.call(CallName::GetContactGroup, PAGE).await, page, "the seed is put once");
    emulator.reset();
    assert_eq!(emulator.call(CallName::GetContactGroup, PAGE).await, SEEDED_PAGE);
    emulator.stop();

    let serve = ["serve", "--set", "server.listen=127.0.0.1:0", "--set", "admin.listen=off"];
    let ended = run(folder.path(), &[&serve[..], &["--set", "store.path=data"]].concat());
    assert_eq!(ended.status, 1);
    assert!(ended.stderr.contains("is the folder of an emulator"), "{}", ended.stderr);
    assert!(!folder.path().join("data/application.key").exists());

    let mut server =
        Process::start(&mut foldmark(folder.path(), &[&serve[..], &["--set", "store.path=own"]].concat()));
    server.stderr.url();
    assert_eq!(server.end("TERM").code(), Some(0));
    let ended = run(folder.path(), &["dev", "--listen", "127.0.0.1:0", "--data", "own"]);
    assert_eq!(ended.status, 2);
    assert!(ended.stderr.contains("was not made by `foldmark dev`"), "{}", ended.stderr);
}

#[tokio::test]
async fn policies_limits_and_applications_can_be_chosen() {
    let folder = tempdir().unwrap();
    let more = ["--accounts", "open", "--chat-groups", "open", "--set", "apps.0.limits.groups=1"];
    let emulator = Emulator::start(
        folder.path(),
        &[&more[..], &["--set", "apps.0.sdkappid=7", "--set", "apps.0.key=own"]].concat(),
    );
    assert_eq!((&emulator.ready["sdkappid"], &emulator.ready["key"]), (&json!(7), &json!("own")));
    let make = |name: &str| {
        json!({ "From_Account": "anyone", "GroupContactItem": [{ "GroupName": name, "ContactItem": [{ "Type": 2, "ToGroupId": "any" }] }] }).to_string()
    };
    assert_eq!(emulator.code(CallName::CreateContactGroup, &make("a")).await, Some(0));
    assert_eq!(emulator.code(CallName::CreateContactGroup, &make("b")).await, Some(51_010));
    emulator.stop();
    for (args, expected) in [
        (["--set", "store.kind=cassandra"], "in the folder of --data"),
        (["--config", "foldmark.toml"], "reads no configuration file"),
    ] {
        let ended = run(folder.path(), &[&["dev"], &args[..]].concat());
        assert!(ended.status == 2 && ended.stderr.contains(expected), "{}", ended.stderr);
    }
}

#[test]
fn a_server_cannot_be_made_an_emulator() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("token"), "chosen\n").unwrap();
    let args = [
        "serve",
        "--set",
        "server.listen=127.0.0.1:0",
        "--set",
        "admin.listen=127.0.0.1:0",
        "--set",
        "admin.token_file=token",
    ];
    let mut server = Process::start(&mut foldmark(folder.path(), &args));
    server.stderr.url();
    let admin = server.stderr.admin();
    for (headers, status) in [("", 401), ("authorization: Bearer chosen\r\n", 404)] {
        for (method, path) in
            [("POST", "/dev/reset"), ("GET", "/dev/faults"), ("PUT", "/dev/faults"), ("GET", "/dev")]
        {
            let headers = format!("host: {admin}\r\n{headers}");
            assert_eq!(exchange(&admin, method, path, &headers, "{}").0, status, "{method} {path}");
        }
    }
    let ended = run(folder.path(), &["dev", "reset", "--url", &format!("http://{admin}")]);
    assert_eq!((ended.status, ended.stderr), (1, format!("foldmark: http://{admin} is no emulator\n")));
    assert_eq!(server.end("TERM").code(), Some(0));
    for key in ["dev", "dev.enabled", "server.dev", "admin.dev", "dev.fail", "server.fail", "server.faults"] {
        let ended = run(folder.path(), &["serve", "--set", &format!("{key}=true")]);
        assert_eq!(ended.status, 2);
        assert!(ended.stderr.contains("is not known"), "{}", ended.stderr);
    }
}
