//! Traces: what a receiver is sent, whose child it is, what it must not hold, and that calls do not mind the receiver.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver as Channel, Sender, channel};
use std::time::{Duration, Instant};

use foldmark_harness::free_address;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use prost::Message;
use serde_json::json;

use crate::operate::{OTHER_KEY, Place, key};
use crate::support::{KEY, exchange, run};

/// Longer than anything takes on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A receiver of traces on a free port.
struct Receiver {
    endpoint: String,
    bodies: Channel<Vec<u8>>,
    /// Everything that came, to look for what must not be there.
    bytes: Vec<u8>,
    spans: Vec<Span>,
    resource: Option<Resource>,
}

impl Receiver {
    #[expect(clippy::disallowed_methods, reason = "the thread ends with the test's process")]
    fn start() -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let (sender, bodies) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                receive(stream.unwrap(), &sender);
            }
        });
        Receiver { endpoint, bodies, bytes: Vec::new(), spans: Vec::new(), resource: None }
    }

    /// Waits until `done` says so of the spans that came.
    fn wait(&mut self, done: impl Fn(&[Span]) -> bool) {
        while !done(&self.spans) {
            let body =
                self.bodies.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("only {:#?}", self.spans));
            self.take(body);
        }
    }

    /// What came until now, and no more.
    fn drain(&mut self) {
        while let Ok(body) = self.bodies.try_recv() {
            self.take(body);
        }
    }

    fn take(&mut self, body: Vec<u8>) {
        let request = ExportTraceServiceRequest::decode(&body[..]).unwrap();
        for of_resource in request.resource_spans {
            self.resource = of_resource.resource;
            for of_scope in of_resource.scope_spans {
                self.spans.extend(of_scope.spans);
            }
        }
        self.bytes.extend(body);
    }

    fn holds(&self, text: &str) -> bool {
        self.bytes.windows(text.len()).any(|window| window == text.as_bytes())
    }

    /// The call of this request.
    fn call(&self, request_id: &str) -> &Span {
        let is_it = |span: &&Span| text(&span.attributes, "request_id") == Some(request_id);
        self.spans.iter().find(is_it).unwrap_or_else(|| panic!("no {request_id} in {:#?}", self.spans))
    }

    /// The names and attributes of a span's children, in the order of their beginning.
    fn children(&self, of: &Span) -> Vec<&Span> {
        let mut children: Vec<&Span> =
            self.spans.iter().filter(|span| span.parent_span_id == of.span_id).collect();
        children.sort_by_key(|span| span.start_time_unix_nano);
        children
    }
}

/// Takes what comes over one connection.
fn receive(mut stream: TcpStream, bodies: &Sender<Vec<u8>>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    loop {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            if line == "\r\n" {
                break;
            }
            lines.push(line.trim_end().to_ascii_lowercase());
        }
        assert_eq!(lines[0], "post /v1/traces http/1.1");
        assert!(lines.contains(&"content-type: application/x-protobuf".to_owned()), "{lines:?}");
        let length = lines.iter().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        let mut body = vec![0; length.parse().unwrap()];
        reader.read_exact(&mut body).unwrap();
        if bodies.send(body).is_err() {
            return;
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
    }
}

fn value<'a>(attributes: &'a [KeyValue], name: &str) -> Option<&'a Value> {
    let found = attributes.iter().find(|attribute| attribute.key == name)?;
    match &found.value {
        Some(AnyValue { value }) => value.as_ref(),
        None => None,
    }
}

fn text<'a>(attributes: &'a [KeyValue], name: &str) -> Option<&'a str> {
    match value(attributes, name)? {
        Value::StringValue(text) => Some(text),
        other => panic!("{name} is {other:?}"),
    }
}

fn number(span: &Span, name: &str) -> Option<i64> {
    match value(&span.attributes, name)? {
        Value::IntValue(number) => Some(*number),
        other => panic!("{name} is {other:?}"),
    }
}

fn names(attributes: &[KeyValue]) -> Vec<&str> {
    let mut names: Vec<&str> = attributes.iter().map(|attribute| attribute.key.as_str()).collect();
    names.sort_unstable();
    names
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Makes a call with these headers, and gives back its code.
fn call(place: &Place, path: &str, usersig: &str, headers: &[(&str, &str)], body: &serde_json::Value) -> i64 {
    let mut lines = String::new();
    for (name, value) in headers {
        lines += &format!("{name}: {value}\r\n");
    }
    let query = format!("sdkappid=1400000000&identifier=administrator&usersig={usersig}");
    let answer = exchange(place.ports[0], &format!("POST {path}?{query}"), &lines, &body.to_string());
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    answer["ErrorCode"].as_i64().unwrap()
}

const IMPORT: &str = "/v4/im_open_login_svc/account_import";
const MARK: &str = "/v4/recentcontact/mark_contact";
const SEARCH: &str = "/v4/recentcontact/search_contact_group";

fn traced(receiver: &Receiver, more: &str) -> String {
    format!("[trace]\nendpoint = \"{}\"\n{more}\n", receiver.endpoint)
}

#[test]
fn a_call_is_a_span_with_its_parts_and_without_secrets() {
    let mut receiver = Receiver::start();
    let place = Place::new(&key(KEY), &traced(&receiver, "service_name = \"marks\""));
    let mut server = place.serve();
    let usersig = place.usersig(KEY);
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    let imported = json!({ "UserID": "private_user", "Nick": "private_nick" });
    let headers = [("x-request-id", "r-import"), ("traceparent", parent), ("tracestate", "a=private_state")];
    assert_eq!(call(&place, IMPORT, &usersig, &headers, &imported), 0);
    let marked = json!({
        "From_Account": "private_user",
        "MarkItem": [{
            "OptType": 2,
            "ContactItem": { "Type": 1, "To_Account": "private_peer" },
            "CustomMark": "private_mark",
        }],
    });
    assert_eq!(call(&place, MARK, &usersig, &[("x-request-id", "r-mark")], &marked), 0);
    let searched = json!({
        "From_Account": "private_user",
        "ContactItem": [{ "Type": 1, "To_Account": "private_peer" }],
    });
    assert_eq!(call(&place, SEARCH, &usersig, &[("x-request-id", "r-search")], &searched), 0);
    let forged = place.usersig(OTHER_KEY);
    let refused = call(&place, SEARCH, &forged, &[("x-request-id", "r-forged")], &searched);
    assert_ne!(refused, 0);
    assert_eq!(call(&place, "/v4/private_path", &usersig, &[("x-request-id", "r-path")], &json!({})), 60009);
    // Nobody has waited for what is in the queue.
    assert_eq!(server.end("TERM").code(), Some(0));
    receiver.drain();

    let resource = &receiver.resource.as_ref().unwrap().attributes;
    assert_eq!(text(resource, "service.name"), Some("marks"));
    assert_eq!(text(resource, "service.version"), Some(env!("CARGO_PKG_VERSION")));

    let import = receiver.call("r-import");
    assert_eq!((import.name.as_str(), import.kind), ("account_import", SpanKind::Server as i32));
    assert_eq!(hex(&import.trace_id), "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(hex(&import.parent_span_id), "b7ad6b7169203331");
    assert_eq!(names(&import.attributes), ["code", "request_id", "sdkappid", "url.path"]);
    assert_eq!((number(import, "sdkappid"), number(import, "code")), (Some(1_400_000_000), Some(0)));
    assert_eq!(text(&import.attributes, "url.path"), Some(IMPORT));

    let mark = receiver.call("r-mark");
    assert_eq!(mark.name, "mark_contact");
    assert!(mark.parent_span_id.is_empty() && mark.trace_id != import.trace_id, "it is a trace of its own");
    let [view, commit] = receiver.children(mark)[..] else { panic!("{:#?}", receiver.children(mark)) };
    assert_eq!((view.name.as_str(), commit.name.as_str()), ("view", "commit"));
    assert_eq!(names(&view.attributes), ["attempt", "revision", "whole"]);
    assert_eq!(names(&commit.attributes), ["attempt", "revision"]);
    assert_eq!((number(view, "attempt"), number(commit, "attempt")), (Some(1), Some(1)));
    assert_eq!((number(view, "revision"), number(commit, "revision")), (Some(1), Some(2)));
    for part in [view, commit] {
        assert_eq!(part.trace_id, mark.trace_id);
        assert!(part.start_time_unix_nano >= mark.start_time_unix_nano);
        assert!(part.end_time_unix_nano <= mark.end_time_unix_nano);
    }
    assert!(view.end_time_unix_nano <= commit.start_time_unix_nano);

    let search = receiver.call("r-search");
    let parts: Vec<&str> = receiver.children(search).iter().map(|span| span.name.as_str()).collect();
    assert_eq!(parts, ["view"]);
    let forged_call = receiver.call("r-forged");
    assert_eq!(number(forged_call, "code"), Some(refused));
    assert!(receiver.children(forged_call).is_empty());
    let unknown = receiver.call("r-path");
    assert_eq!((unknown.name.as_str(), number(unknown, "code")), ("none", Some(60_009)));
    assert_eq!(names(&unknown.attributes), ["code", "request_id"]);
    for span in &receiver.spans {
        assert!(
            span.status.as_ref().is_none_or(|status| status.code != StatusCode::Error as i32),
            "{span:?}"
        );
        assert!(span.events.is_empty() && span.trace_state.is_empty());
    }
    assert_eq!(receiver.spans.len(), 5 + 2 + 2 + 1);
    for secret in [KEY, OTHER_KEY, &usersig, &forged, "usersig", "private_", "administrator", "sdkappid="] {
        assert!(!receiver.holds(secret), "{secret} was sent");
    }
}

#[test]
fn the_caller_says_what_is_traced_and_else_a_share_is() {
    let mut receiver = Receiver::start();
    let place = Place::new(&key(KEY), &traced(&receiver, "sample_percent = 0"));
    let mut server = place.serve();
    let usersig = place.usersig(KEY);
    let imported = json!({ "UserID": "u" });
    let traceparent = |flags: &str| format!("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-{flags}");
    let (no, yes) = (traceparent("00"), traceparent("01"));
    let wrong = "00-0af7651916cd43dd8448eb211c80319c-zzzzzzzzzzzzzzzz-01";
    for traceparent in [None, Some(no.as_str()), Some(wrong), Some(yes.as_str())] {
        let headers: Vec<_> = traceparent.map(|text| ("traceparent", text)).into_iter().collect();
        assert_eq!(call(&place, IMPORT, &usersig, &headers, &imported), 0);
    }
    receiver.wait(|spans| spans.iter().any(|span| span.name == "account_import"));

    place.configure(&key(KEY), &traced(&receiver, "sample_percent = 1"));
    let reloaded = run(place.path(), &["reload", "--config", "foldmark.toml"]);
    assert!(reloaded.stderr.contains("want a restart: trace.sample_percent"), "{}", reloaded.stderr);
    assert_eq!(server.end("TERM").code(), Some(0));
    receiver.drain();
    let calls: Vec<&Span> = receiver.spans.iter().filter(|span| span.name == "account_import").collect();
    let [call] = calls[..] else { panic!("{calls:#?}") };
    assert_eq!(hex(&call.parent_span_id), "b7ad6b7169203331");
    assert!(receiver.spans.iter().all(|span| span.trace_id == call.trace_id));
}

#[test]
fn a_failure_of_the_store_is_a_failed_span() {
    let mut receiver = Receiver::start();
    let place = Place::new(&key(KEY), &traced(&receiver, ""));
    let mut server = place.serve();
    let usersig = place.usersig(KEY);
    assert_eq!(call(&place, IMPORT, &usersig, &[], &json!({ "UserID": "private_user" })), 0);
    assert_eq!(server.end("TERM").code(), Some(0));
    damage(&place.path().join("data"), b"private_user");

    let mut server = place.serve();
    let searched =
        json!({ "From_Account": "private_user", "ContactItem": [{ "Type": 1, "To_Account": "p" }] });
    assert_eq!(call(&place, SEARCH, &usersig, &[("x-request-id", "r-broken")], &searched), 50_004);
    assert!(server.stderr.line_with("call failed").contains("private_user"), "the log says where it is");
    assert_eq!(server.end("TERM").code(), Some(0));
    receiver.drain();
    let status = receiver.call("r-broken").status.as_ref().unwrap();
    assert_eq!((status.code, status.message.as_str()), (StatusCode::Error as i32, ""));
    assert!(!receiver.holds("private_user"));
}

/// Changes a bit of each value that is stored under a key with `name` in it.
fn damage(data: &std::path::Path, name: &[u8]) {
    let file = data.join("data.mdb");
    let mut bytes = std::fs::read(&file).unwrap();
    let places: Vec<usize> =
        (0..bytes.len() - name.len()).filter(|at| bytes[*at..].starts_with(name)).collect();
    assert!(!places.is_empty());
    for place in places {
        bytes[place + name.len() + 12] ^= 1;
    }
    std::fs::write(&file, bytes).unwrap();
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the time that the process takes is what the test is about")]
fn calls_do_not_mind_a_receiver_that_is_away_or_says_nothing() {
    let address = free_address().unwrap();
    let endpoint = format!("http://{address}");
    // The same port says nothing at first, since nobody accepts, and refuses afterwards.
    for silent in [Some(TcpListener::bind(address).unwrap()), None] {
        let app = format!("{}\nlimits = {{ calls_per_second = 0 }}", key(KEY));
        let place =
            Place::new(&app, &format!("[trace]\nendpoint = \"{endpoint}\"\n[store]\nkind = \"memory\"\n"));
        let mut server = place.serve();
        let client = place.client(KEY);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            // Three spans each: more than the queue takes.
            for _ in 0..3_000 {
                client.account_import("u").await.unwrap();
            }
        });
        let told = server.stderr.line_with("traces are not delivered");
        assert!(told.contains(&endpoint), "{told}");
        runtime.block_on(async { client.account_import("u").await.unwrap() });
        let start = Instant::now();
        assert_eq!(server.end("TERM").code(), Some(0));
        assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
        let rest = server.stderr.rest();
        assert!(!rest.contains("traces are not delivered") && !rest.contains("opentelemetry"), "{rest}");
        drop(silent);
    }
}
