//! HTTP itself: headers, methods, sizes, time-outs, connections.

use std::time::Duration;

use http::{Method, Request, header};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Fixture, settings};

const GET: &str = "recentcontact/get_contact_group";
const BODY: &str = r#"{"From_Account":"u"}"#;

#[tokio::test]
async fn every_reply_has_the_documented_headers() {
    let fixture = Fixture::with("accounts = \"open\"").await;
    let path = format!("/v4/{GET}?{}", fixture.query());
    for method in [Method::POST, Method::OPTIONS, Method::GET] {
        let answer = fixture.send(method.clone(), &path, BODY).await;
        assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
        assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_METHODS], "POST");
        assert!(
            answer.headers[header::ACCESS_CONTROL_ALLOW_HEADERS]
                .to_str()
                .unwrap()
                .contains("X-Requested-With")
        );
        assert_eq!(answer.headers[header::CONNECTION], "keep-alive");
        assert!(answer.headers.contains_key(header::CONTENT_LENGTH), "{method}");
        assert_eq!(answer.headers.contains_key("foldmark-revision"), method == Method::POST);
    }
    fixture.stop().await;
}

#[tokio::test]
async fn only_configured_origins_are_echoed() {
    let mut settings = settings("accounts = \"open\"");
    settings.server.cors_origins = vec!["https://chat.example.com".to_owned()];
    let fixture = Fixture::start(&settings).await;
    for (origin, echoed) in [("https://chat.example.com", true), ("https://evil.example.com", false)] {
        let request =
            Request::builder().method(Method::OPTIONS).uri(format!("http://{}/v4/{GET}", fixture.address()));
        let request = request.header(header::ORIGIN, origin).body(Default::default()).unwrap();
        let answer = fixture.send_request(request).await;
        let allowed = answer.headers.get(header::ACCESS_CONTROL_ALLOW_ORIGIN);
        assert_eq!(allowed.is_some_and(|allowed| allowed == origin), echoed);
    }
    fixture.stop().await;
}

#[tokio::test]
async fn wrong_methods_and_paths_are_refused() {
    let fixture = Fixture::with("accounts = \"open\"").await;
    let query = fixture.query();
    for method in [Method::GET, Method::PUT, Method::DELETE, Method::PATCH] {
        fixture.send(method, &format!("/v4/{GET}?{query}"), BODY).await.refused(60002, "POST");
    }
    for path in [
        "/",
        "/v4",
        "/v4/recentcontact/GET_contact_group",
        "/v3/recentcontact/get_contact_group",
        "/v4/recentcontact/get_contact_group/",
    ] {
        fixture.send(Method::POST, &format!("{path}?{query}"), BODY).await.refused(60009, "path");
    }
    fixture.stop().await;
}

#[tokio::test]
async fn any_content_type_or_none_is_accepted() {
    let fixture = Fixture::with("accounts = \"open\"").await;
    for content_type in [
        None,
        Some("application/json; charset=utf-8"),
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
    ] {
        let mut request = Request::builder().method(Method::POST).uri(format!(
            "http://{}/v4/{GET}?{}",
            fixture.address(),
            fixture.query()
        ));
        if let Some(content_type) = content_type {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        fixture.send_request(request.body(BODY.into()).unwrap()).await.ok();
    }
    fixture.stop().await;
}

#[tokio::test]
async fn bodies_are_bounded() {
    let fixture = Fixture::with("accounts = \"open\"").await;
    let filled = |bytes: usize| {
        let frame = r#"{"From_Account":"u","Filler":""}"#;
        format!(r#"{{"From_Account":"u","Filler":"{}"}}"#, "x".repeat(bytes - frame.len()))
    };
    fixture.call(GET, &filled(1 << 20)).await.ok();
    fixture.call(GET, &filled((1 << 20) + 1)).await.refused(60003, "1048576");
    fixture.stop().await;
}

#[tokio::test]
async fn half_a_body_is_answered_and_changes_nothing() {
    let mut settings = settings("accounts = \"open\"");
    settings.server.body_read = Duration::from_secs(2);
    let fixture = Fixture::start(&settings).await;
    let head = format!(
        "POST /v4/{GET}?{} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{{\"From",
        fixture.query()
    );

    // Left waiting.
    let mut stream = TcpStream::connect(fixture.address()).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let answer = read_some(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("\"ErrorCode\":60008"), "{answer}");

    // Cut off.
    let mut stream = TcpStream::connect(fixture.address()).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let answer = read_some(&mut stream).await;
    assert!(answer.is_empty() || answer.contains("\"ErrorCode\":60003"), "{answer}");
    fixture.call(GET, BODY).await.ok();
    fixture.stop().await;
}

#[tokio::test]
async fn one_connection_carries_many_calls() {
    let fixture = Fixture::with("accounts = \"open\"").await;
    let mut stream = TcpStream::connect(fixture.address()).await.unwrap();
    for _ in 0..50 {
        let request = format!(
            "POST /v4/{GET}?{} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{BODY}",
            fixture.query(),
            BODY.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        assert!(read_some(&mut stream).await.contains("\"ErrorCode\":0"));
    }
    fixture.stop().await;
}

#[tokio::test]
async fn garbage_does_not_disturb_others() {
    let fixture = Fixture::with("accounts = \"open\"").await;
    for garbage in
        [&b"\x16\x03\x01\x02\x00\x01\x00"[..], b"GET\r\n\r\n", b"POST / HTTP/9.9\r\n\r\n", &[0xff; 300]]
    {
        let mut stream = TcpStream::connect(fixture.address()).await.unwrap();
        stream.write_all(garbage).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = Vec::new();
        // The server answers 400 or hangs up; it must not keep the connection.
        let _ = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut answer)).await.unwrap();
    }
    fixture.call(GET, BODY).await.ok();
    fixture.stop().await;
}

#[tokio::test]
async fn calls_over_the_bound_are_refused_at_once() {
    let mut settings = settings("accounts = \"open\"");
    settings.server.concurrent_calls = 1;
    let fixture = Fixture::start(&settings).await;
    let mark = |user: usize| {
        format!(
            r#"{{"From_Account":"u{user}","MarkItem":[{{"OptType":1,"SetMark":[1],"ContactItem":{{"Type":1,"To_Account":"p"}}}}]}}"#
        )
    };
    let mut codes = Vec::new();
    for _ in 0..20 {
        let bodies: Vec<_> = (0..64).map(mark).collect();
        let calls = bodies.iter().map(|body| fixture.call("recentcontact/mark_contact", body));
        codes.extend(futures_util::future::join_all(calls).await.into_iter().map(|answer| answer.code()));
    }
    assert!(codes.iter().all(|code| [0, 60008, 60007].contains(code)), "{codes:?}");
    assert!(codes.contains(&0));
    fixture.stop().await;
}

#[tokio::test]
async fn health_is_told() {
    let fixture = Fixture::new().await;
    for path in ["/healthz/live", "/healthz/ready"] {
        let mut stream = TcpStream::connect(fixture.admin()).await.unwrap();
        stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes()).await.unwrap();
        assert!(read_some(&mut stream).await.starts_with("HTTP/1.1 200"));
    }
    fixture.stop().await;
}

async fn read_some(stream: &mut TcpStream) -> String {
    let mut buffer = vec![0; 64 * 1024];
    let read = tokio::time::timeout(Duration::from_secs(10), stream.read(&mut buffer)).await.unwrap();
    String::from_utf8_lossy(&buffer[..read.unwrap_or(0)]).into_owned()
}
