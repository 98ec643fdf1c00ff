//! Servers for the tests: the real one, and one that misbehaves as told.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use foldmark_client::{Builder, Client};
use foldmark_server::clock::Clock;
use foldmark_server::{Server, config};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

pub(crate) const SDKAPPID: u32 = 1_400_000_000;
pub(crate) const KEY: &str = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e";

/// A real server on a store in memory, and a client of it.
pub(crate) async fn real(more: &[(&str, &str)]) -> (Server, Client) {
    let mut overrides = vec![
        ("server.listen", "127.0.0.1:0"),
        ("admin.listen", "off"),
        ("store.kind", "memory"),
        ("apps.0.sdkappid", "1400000000"),
        ("apps.0.key", KEY),
    ];
    overrides.extend_from_slice(more);
    let overrides: Vec<_> =
        overrides.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
    let settings = config::load(None, &BTreeMap::new(), &overrides).unwrap();
    let server = Server::start(&settings, Clock::system()).await.unwrap();
    let client = builder(&url(&server)).build().unwrap();
    (server, client)
}

/// Where a server is: it has one listener.
pub(crate) fn url(server: &Server) -> String {
    let addresses = server.addresses();
    match addresses.plain.first() {
        Some(address) => format!("http://{address}"),
        None => format!("https://{}", addresses.tls[0]),
    }
}

pub(crate) fn builder(url: &str) -> Builder {
    Client::builder(url, SDKAPPID).key(KEY).timeout(Duration::from_secs(20))
}

/// What a future gives, and how long it took.
#[expect(clippy::disallowed_methods, reason = "what a caller waits for is real time")]
pub(crate) async fn timed<T>(future: impl Future<Output = T>) -> (T, Duration) {
    let start = Instant::now();
    let value = future.await;
    (value, start.elapsed())
}

/// What the server does with a request that it has read.
#[derive(Clone, Copy)]
pub(crate) enum Step {
    /// Closes the connection.
    Close,
    /// Says nothing, and keeps the connection.
    Stall,
    /// Answers with this status and body.
    Answer(u16, &'static str),
    /// Answers with a stream of these events, and then closes the connection.
    Events(&'static str),
    /// The same, and then says nothing more.
    EventsAndStall(&'static str),
}

pub(crate) const OK: Step = Step::Answer(200, r#"{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}"#);

/// A server that takes one step for each request, and the last one again and again.
pub(crate) struct Faulty {
    pub(crate) url: String,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    requests: AtomicUsize,
    last_head: Mutex<String>,
}

impl Faulty {
    pub(crate) fn start(steps: &'static [Step]) -> Faulty {
        Faulty::start_after(Duration::ZERO, steps)
    }

    /// A server whose port refuses connections at first.
    pub(crate) fn start_after(delay: Duration, steps: &'static [Step]) -> Faulty {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let url = format!("http://{}", socket.local_addr().unwrap());
        let seen = Arc::new(Seen::default());
        let counted = seen.clone();
        if delay.is_zero() {
            start(serve(socket.listen(16).unwrap(), steps, counted));
        } else {
            start(async move {
                tokio::time::sleep(delay).await;
                serve(socket.listen(16).unwrap(), steps, counted).await;
            });
        }
        Faulty { url, seen }
    }

    /// Requests that have arrived whole.
    pub(crate) fn requests(&self) -> usize {
        self.seen.requests.load(Ordering::SeqCst)
    }

    /// What stood before the body of the last request.
    pub(crate) fn last_head(&self) -> String {
        self.seen.last_head.lock().unwrap().clone()
    }
}

async fn serve(listener: TcpListener, steps: &'static [Step], seen: Arc<Seen>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        start(answer(stream, steps, seen.clone()));
    }
}

async fn answer(mut stream: TcpStream, steps: &'static [Step], seen: Arc<Seen>) {
    let head = read_request(&mut stream).await;
    *seen.last_head.lock().unwrap() = head;
    let number = seen.requests.fetch_add(1, Ordering::SeqCst);
    match steps[number.min(steps.len() - 1)] {
        Step::Close => {}
        Step::Stall => std::future::pending().await,
        Step::Answer(status, body) => {
            let length = body.len();
            let head =
                format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
            stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        }
        Step::Events(events) => stream.write_all(format!("{EVENTS}{events}").as_bytes()).await.unwrap(),
        Step::EventsAndStall(events) => {
            stream.write_all(format!("{EVENTS}{events}").as_bytes()).await.unwrap();
            std::future::pending().await
        }
    }
}

const EVENTS: &str = "HTTP/1.1 200 X\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";

async fn read_request(stream: &mut TcpStream) -> String {
    let mut received = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&received).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.unwrap_or("0").parse().unwrap() {
                return format!("{head}\r\n");
            }
        }
        assert_ne!(stream.read_buf(&mut received).await.unwrap(), 0, "the request ended too early");
    }
}

#[expect(clippy::disallowed_methods, reason = "the runtime of the test ends the task")]
fn start(task: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(task);
}
