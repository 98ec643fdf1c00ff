//! A receiver of webhooks that refuses all but a few users until it is told otherwise. It does not look at signatures, which
//! others do.
//!
//! It starts a thread, which ends when it is dropped.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What the ids of users begin with whose events are always taken.
pub(crate) const TAKEN: &str = "other_";

/// The receiver.
pub(crate) struct Receiver {
    address: SocketAddr,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    takes: AtomicBool,
    is_over: AtomicBool,
}

impl Receiver {
    /// Begins to refuse.
    pub(crate) fn start() -> Result<Receiver, String> {
        let told = |error: io::Error| format!("the receiver: {error}");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(told)?;
        let address = listener.local_addr().map_err(told)?;
        let state = Arc::new(State::default());
        let shared = state.clone();
        start(move || accept(&listener, &shared));
        Ok(Receiver { address, state })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes everything from now on.
    pub(crate) fn take(&self) {
        self.state.takes.store(true, Ordering::SeqCst);
    }

    /// Is gone from now on.
    pub(crate) fn stop(&self) {
        self.state.is_over.store(true, Ordering::SeqCst);
        // Wakes the one who accepts, who then ends.
        let _ = TcpStream::connect(self.address);
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.stop();
    }
}

fn accept(listener: &TcpListener, state: &State) {
    for stream in listener.incoming() {
        if state.is_over.load(Ordering::SeqCst) {
            return;
        }
        if let Ok(stream) = stream {
            // Whoever does not get an answer tries again.
            let _ = answer(stream, state);
        }
    }
}

/// Answers the one request of a connection.
fn answer(mut stream: TcpStream, state: &State) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut request = Vec::new();
    let mut bytes = [0; 4096];
    while !is_whole(&request) {
        match stream.read(&mut bytes)? {
            0 => return Ok(()),
            count => request.extend_from_slice(&bytes[..count]),
        }
    }
    let is_taken = String::from_utf8_lossy(&request).contains(&format!("\"From_Account\":\"{TAKEN}"));
    let answer = match is_taken || state.takes.load(Ordering::SeqCst) {
        true => "204 No Content\r\nconnection: close\r\n\r\n",
        false => {
            "422 Unprocessable Content\r\nconnection: close\r\ncontent-length: 47\r\n\r\n<b>no such customer</b>, <i>我们不认识</i>"
        }
    };
    stream.write_all(format!("HTTP/1.1 {answer}").as_bytes())
}

/// Whether the body has come to its end.
fn is_whole(request: &[u8]) -> bool {
    let Some(end) = request.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&request[..end]).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
    request.len() >= end + 4 + length.unwrap_or(0)
}

#[expect(clippy::disallowed_methods, reason = "the thread ends with the receiver")]
fn start(work: impl FnOnce() + Send + 'static) {
    std::thread::spawn(work);
}
