//! A bad connection to a server: some calls are refused by their rate, some dropped, one answered late, one answered
//! with half a page, one with another page than was asked for.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A proxy in front of a server, as long as the test runs.
pub(crate) struct Flaky {
    pub(crate) url: String,
    met: Arc<Mutex<Met>>,
}

/// How many calls met what.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Met {
    calls: u32,
    pub(crate) refused: u32,
    pub(crate) dropped: u32,
    pub(crate) late: u32,
    pub(crate) garbled: u32,
    pub(crate) stale: u32,
}

enum Fault {
    Refused,
    Dropped,
    DroppedAfter,
    Late,
    Garbled,
}

impl Flaky {
    #[expect(clippy::disallowed_methods, reason = "the threads end with the test")]
    pub(crate) fn start(url: &str, late: Duration) -> Flaky {
        let server = url.strip_prefix("http://").unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let met = Arc::new(Mutex::new(Met::default()));
        let counted = met.clone();
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (server, met) = (server.clone(), counted.clone());
                std::thread::spawn(move || serve(client.unwrap(), &server, &met, late));
            }
        });
        Flaky { url, met }
    }

    pub(crate) fn met(&self) -> Met {
        *self.met.lock().unwrap()
    }
}

/// Serves the one call of a connection.
fn serve(mut client: TcpStream, server: &str, met: &Mutex<Met>, late: Duration) {
    let Some(mut request) = read_request(&mut client) else { return };
    if is_later_page(&request) && std::mem::replace(&mut met.lock().unwrap().stale, 1) == 0 {
        ask_for_first_page(&mut request);
    }
    match next_fault(met) {
        Some(Fault::Dropped) => {}
        Some(Fault::DroppedAfter) => drop(forward(server, &request)),
        Some(Fault::Refused) => {
            answer(&mut client, r#"{"ActionStatus":"FAIL","ErrorCode":60007,"ErrorInfo":"slower"}"#);
        }
        Some(Fault::Garbled) => {
            answer(&mut client, r#"{"ActionStatus":"OK","ErrorCode":0,"ContactItem":[{"Ty"#)
        }
        Some(Fault::Late) => {
            std::thread::sleep(late);
            let _ = client.write_all(&forward(server, &request));
        }
        None => {
            let _ = client.write_all(&forward(server, &request));
        }
    }
}

fn next_fault(met: &Mutex<Met>) -> Option<Fault> {
    let mut met = met.lock().unwrap();
    met.calls += 1;
    match met.calls {
        17 => {
            met.late += 1;
            Some(Fault::Late)
        }
        23 => {
            met.garbled += 1;
            Some(Fault::Garbled)
        }
        n if n % 8 == 3 => {
            met.refused += 1;
            Some(Fault::Refused)
        }
        n if n % 13 == 5 => {
            met.dropped += 1;
            Some(if n % 2 == 0 { Fault::Dropped } else { Fault::DroppedAfter })
        }
        _ => None,
    }
}

fn answer(client: &mut TcpStream, body: &str) {
    let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
    let _ = client.write_all((head + body).as_bytes());
}

/// Head and body, with the wish that the connection ends behind it.
fn read_request(client: &mut TcpStream) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
        if let Some(end) = text.find("\r\n\r\n") {
            let length =
                text.split("content-length: ").nth(1)?.split("\r\n").next()?.parse::<usize>().ok()?;
            if bytes.len() >= end + 4 + length {
                break;
            }
        }
        match client.read(&mut piece) {
            Ok(0) | Err(_) => return None,
            Ok(length) => bytes.extend_from_slice(&piece[..length]),
        }
    }
    let line_end = bytes.windows(2).position(|two| two == b"\r\n")? + 2;
    bytes.splice(line_end..line_end, *b"connection: close\r\n");
    Some(bytes)
}

const START: &[u8] = b"\"StartIndex\":";

/// Where the number of the first record stands.
fn start_of(request: &[u8]) -> Option<usize> {
    Some(request.windows(START.len()).position(|part| part == START)? + START.len())
}

fn is_later_page(request: &[u8]) -> bool {
    start_of(request).is_some_and(|start| request[start] != b'0')
}

fn ask_for_first_page(request: &mut [u8]) {
    let start = start_of(request).unwrap();
    let digits = request[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    request[start..start + digits].fill(b' ');
    request[start] = b'0';
}

fn forward(server: &str, request: &[u8]) -> Vec<u8> {
    let mut upstream = TcpStream::connect(server).unwrap();
    upstream.write_all(request).unwrap();
    let mut reply = Vec::new();
    let _ = upstream.read_to_end(&mut reply);
    reply
}
