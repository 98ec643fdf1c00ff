//! The real server behind the real nginx, with the configuration that is shipped in `deploy/nginx/`: what works without
//! a proxy works through it. Clients are `curl`, over TLS.

mod curl;
mod nginx;

use std::fs;
use std::io::Read;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use foldmark_harness::{Watch, free_address, wait_until};
use serde_json::json;

use crate::http::{SDKAPPID, query};
use crate::scenes::{self, Scene};
use crate::server::{Launch, Server};
use curl::{Answer, Site};
use nginx::{Behind, Nginx};

/// Which claims.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    /// Names of claims; all unless given.
    names: Vec<String>,
}

const CLAIMS: &[(&str, Scene)] = &[
    ("calls", calls),
    ("watch", watch),
    ("console", console),
    ("restart", restart),
    ("two-servers", two_servers),
];

/// How long an event may take. It is there in milliseconds unless something holds it back.
const AT_ONCE: Duration = Duration::from_secs(8);
const PATIENCE: Duration = Duration::from_secs(20);
const WATCH: &str = "/v4/foldmark/watch";
const MARK: &str = "/v4/recentcontact/mark_contact";

/// Tries the claims, all of them even if some do not hold.
pub(crate) fn run(binary: &Path, options: &Options) -> Result<(), String> {
    scenes::run("proxy", CLAIMS, &options.names, binary)
}

/// A server and nginx before it.
struct Both {
    launch: Launch,
    /// `None` while it is away.
    server: Option<Server>,
    nginx: Nginx,
}

impl Both {
    fn start(binary: &Path, home: &Path, other: Option<SocketAddr>) -> Result<Both, String> {
        let mut launch = Launch::new(binary, home);
        let (calls, admin) = (free_address()?, free_address()?);
        launch.addresses = Some((calls, admin));
        launch.server = "trusted_proxies = [\"127.0.0.1\"]\n".to_owned();
        launch.apps = format!("[audit]\npath = {:?}\n", home.join("audit.log"));
        let server = Some(launch.start()?);
        let folder = home.join("nginx");
        fs::create_dir(&folder).map_err(|error| error.to_string())?;
        let nginx = Nginx::start(&folder, &Behind { calls, other, admin })?;
        Ok(Both { launch, server, nginx })
    }

    fn calls(&self) -> Site {
        Site { name: "chat.example.org", at: self.nginx.calls, certificate: self.nginx.certificate() }
    }

    fn console(&self) -> Site {
        Site { name: "operators.example.org", at: self.nginx.console, certificate: self.nginx.certificate() }
    }

    /// Puts a text on a conversation of alice's.
    fn mark(&self, text: &str, arguments: &[&str]) -> Result<Answer, String> {
        let body = json!({ "From_Account": "alice", "MarkItem": [{
            "OptType": 2, "ContactItem": { "Type": 1, "To_Account": "bob" }, "CustomMark": text }] });
        let body = body.to_string();
        let mut all = vec!["--data-raw", &body];
        all.extend(arguments);
        self.calls().ask(&format!("{MARK}?{}", query()), &all)
    }

    /// Puts a text, which must work.
    fn marked(&self, text: &str) -> Result<(), String> {
        match self.mark(text, &[])?.code()? {
            0 => Ok(()),
            code => Err(format!("the call was refused with {code}")),
        }
    }

    /// The server without the proxy: how often alice was changed.
    fn revision(&self) -> Result<u64, String> {
        let body = json!({ "From_Account": "alice" });
        let server = self.server.as_ref().ok_or("the server is away")?;
        let answer = server.connect()?.call("foldmark/list_groups", &query(), &body)?;
        answer.revision.ok_or_else(|| format!("no revision: {}", answer.text))
    }
}

/// A call has its headers, the client's own address, and its refusals by Foldmark; nothing else is there.
fn calls(binary: &Path, home: &Path) -> Result<String, String> {
    let both = Both::start(binary, home, None)?;
    let forged = ["--header", "X-Forwarded-For: 198.51.100.7", "--header", "X-Request-Id: mine-1"];
    let from_elsewhere = [&["--interface", "127.0.0.2"][..], &forged].concat();
    let answer = both.mark("first", &from_elsewhere)?;
    claim(answer.code()? == 0 && answer.head.starts_with("http/2 200"), &answer)?;
    claim(answer.head.contains("x-request-id: mine-1"), &answer)?;
    claim(answer.head.contains("foldmark-revision: 1"), &answer)?;
    let audit = fs::read_to_string(home.join("audit.log")).map_err(|error| error.to_string())?;
    claim(audit.contains(r#""address":"127.0.0.2""#), &audit)?;
    let plain = both.mark("second", &["--http1.1"])?;
    claim(plain.code()? == 0 && plain.head.starts_with("http/1.1 200"), &plain)?;

    let long = home.join("long");
    fs::write(&long, "x".repeat(1_500_000)).map_err(|error| error.to_string())?;
    let long = format!("@{}", long.display());
    let refused = both.calls().ask(&format!("{MARK}?{}", query()), &["--data-binary", &long])?;
    claim(refused.status == 200 && refused.code()? != 0, &refused)?;
    for path in ["/", "/healthz/ready", "/metrics", "/v1/reload", "/console/"] {
        let answer = both.calls().ask(path, &[])?;
        claim(answer.status == 404, &answer)?;
    }
    let logs = both.nginx.logs();
    claim(logs.contains(" mine-1\n") && logs.contains("127.0.0.2 ["), &logs)?;
    without_secrets(&both)?;
    Ok("over HTTP/2 and HTTP/1.1, from the client's own address, with its request's name".to_owned())
}

/// Events come at once, and a watch goes on where it was.
fn watch(binary: &Path, home: &Path) -> Result<String, String> {
    let both = Both::start(binary, home, None)?;
    let path = format!("{WATCH}?{}&From_Account=alice", query());
    let mut slowest = Duration::ZERO;
    for version in ["--http2", "--http1.1"] {
        let stream = both.calls().read(&path, &home.join(version), &[version])?;
        stream.until("event: changes", PATIENCE)?;
        for number in 0..5 {
            let text = format!("text {number} {version}");
            both.marked(&text)?;
            let watch = Watch::start();
            stream.until(&text, AT_ONCE)?;
            slowest = slowest.max(watch.time());
        }
    }
    let refused = both.calls().ask(&format!("{WATCH}?{}", query().replace("usersig=", "usersig=x")), &[])?;
    claim(refused.head.contains("application/json") && refused.code()? >= 70_001, &refused)?;
    without_secrets(&both)?;
    Ok(format!("10 events, the slowest {} ms after the call was answered", slowest.as_millis()))
}

/// Operators sign in and change something; others do not, and nothing else of the admin listener is there.
fn console(binary: &Path, home: &Path) -> Result<String, String> {
    let both = Both::start(binary, home, None)?;
    both.marked("text")?;
    let site = both.console();
    let token = fs::read_to_string(home.join("data/admin.token")).map_err(|error| error.to_string())?;
    let (jar, origin) = (home.join("jar").display().to_string(), format!("Origin: {}", site.origin()));
    let kept = ["--cookie", &*jar, "--cookie-jar", &*jar];
    let token = format!("token={}", token.trim());
    let form = [&kept[..], &["--header", &*origin, "--data-urlencode", &*token]].concat();
    let signed_in = site.ask("/console/sign-in", &form)?;
    claim(signed_in.status == 303 && signed_in.head.contains("; secure"), &signed_in)?;
    claim(signed_in.head.contains("location: /console/"), &signed_in)?;
    let user = format!("/console/apps/{SDKAPPID}/user?id=alice");
    let page = site.ask(&user, &kept)?;
    claim(page.status == 200, &page)?;
    let csrf = page.text.split_once("name=\"csrf\" value=\"").and_then(|(_, rest)| rest.split_once('"'));
    let (csrf, _) = csrf.ok_or_else(|| format!("no form: {}", page.text))?;
    let csrf = format!("csrf={csrf}");
    let change = format!("/console/apps/{SDKAPPID}/user/change");
    let fields = ["--data", &*csrf, "--data", "id=alice&do=create&name=made-by-console"];
    let elsewhere = ["--header", "Origin: https://evil.example"];
    let refused = site.ask(&change, &[&kept[..], &fields, &elsewhere].concat())?;
    claim(refused.status == 403, &refused)?;
    let made = site.ask(&change, &[&kept[..], &fields, &["--header", &origin]].concat())?;
    claim(made.status == 303, &made)?;
    let page = site.ask(&user, &kept)?;
    claim(page.text.contains("made-by-console"), &page)?;
    let events = format!("/console/apps/{SDKAPPID}/api/watch/events?user=alice");
    let stream = site.read(&events, &home.join("events"), &kept)?;
    stream.until("event: changes", PATIENCE)?;
    both.marked("seen in the console")?;
    stream.until("seen in the console", AT_ONCE)?;
    for path in ["/", "/healthz/ready", "/metrics", "/v1/reload"] {
        let answer = site.ask(path, &kept)?;
        claim(answer.status == 404, &answer)?;
    }
    without_secrets(&both)?;
    Ok("signed in, made a group, refused a form of another page".to_owned())
}

/// A server that is started again is found again, and a watch goes on where it was.
fn restart(binary: &Path, home: &Path) -> Result<String, String> {
    let mut both = Both::start(binary, home, None)?;
    both.marked("before")?;
    let path = format!("{WATCH}?{}&From_Account=alice", query());
    let stream = both.calls().read(&path, &home.join("first"), &[])?;
    stream.until("before", PATIENCE)?;
    let time = Watch::start();
    both.server.take().ok_or("the server is away")?.stop()?;
    let told = stream.end(PATIENCE)?;
    let stopped = time.seconds();
    claim(told.contains("event: end\ndata: ") && told.contains("60008"), &told)?;
    let away = both.mark("nobody is there", &[])?;
    claim(away.status == 502, &away)?;
    both.server = Some(both.launch.start()?);
    both.marked("after")?;
    let id = told.lines().filter_map(|line| line.strip_prefix("id: ")).next_back().unwrap_or_default();
    let last = format!("Last-Event-ID: {id}");
    let stream = both.calls().read(&path, &home.join("second"), &["--header", &last])?;
    stream.until("after", PATIENCE)?;
    let again = stream.told();
    claim(again.contains(r#""Reset":false"#) && !again.contains("nobody is there"), &again)?;
    without_secrets(&both)?;
    Ok(format!("the watch was told to come back, {stopped:.1} s; it missed and repeated nothing"))
}

/// A call that reached no server is made at the other; one that may have been carried out is not made again.
fn two_servers(binary: &Path, home: &Path) -> Result<String, String> {
    let folder = |name: &str| {
        let folder = home.join(name);
        fs::create_dir(&folder).map(|()| folder).map_err(|error| error.to_string())
    };
    let both = Both::start(binary, &folder("refused")?, Some(free_address()?))?;
    for number in 0..6 {
        both.marked(&format!("text {number}"))?;
    }
    drop(both);
    let (other, taken) = takes_and_says_nothing()?;
    let both = Both::start(binary, &folder("broken")?, Some(other))?;
    let mut lost = 0;
    for number in 0..6 {
        let before = (both.revision()?, taken.load(Ordering::SeqCst));
        let answer = both.mark(&format!("text {number}"), &[])?;
        let after = (both.revision()?, taken.load(Ordering::SeqCst));
        match answer.status {
            200 => claim(after == (before.0 + 1, before.1), &(before, after))?,
            502 => claim(after == (before.0, before.1 + 1), &(before, after))?,
            _ => claim(false, &answer)?,
        }
        lost += usize::from(answer.status == 502);
    }
    claim(lost > 0, &"no call met the server that breaks them")?;
    without_secrets(&both)?;
    Ok(format!("a server that is away costs no call, one that breaks them {lost} of 6, none made twice"))
}

/// Listens, reads requests, and closes their connections. Counts them.
#[expect(clippy::disallowed_methods, reason = "one thread that holds nothing, and ends with the program")]
fn takes_and_says_nothing() -> Result<(SocketAddr, Arc<AtomicUsize>), String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let taken = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&taken);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            // All of it, since a socket that is closed with something unread resets its connection.
            let mut bytes = [0; 65_536];
            if stream.read(&mut bytes).is_ok_and(|read| read > 0) {
                count.fetch_add(1, Ordering::SeqCst);
            }
        }
    });
    Ok((address, taken))
}

/// Neither nginx nor the server has written down what opens anything.
fn without_secrets(both: &Both) -> Result<(), String> {
    // The line of a request is written when it is over.
    let has_lines = wait_until(PATIENCE, || both.nginx.logs().contains("/v4/"));
    let logs = both.nginx.logs() + &both.launch.log();
    claim(has_lines, &logs)?;
    claim(!logs.contains("usersig") && !logs.contains("identifier"), &logs)
}

fn claim(holds: bool, seen: &impl std::fmt::Debug) -> Result<(), String> {
    match holds {
        true => Ok(()),
        false => Err(format!("{seen:?}")),
    }
}
