//! A receiver of webhooks that is as bad as receivers are: it refuses, hangs up, is slow, takes an event and does not say
//! so. What it takes, it applies as the documentation says.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;

use crate::random::Random;

/// One request in so many goes wrong in one way or another.
const FAULT_IN: u64 = 6;
/// Longer than the server waits.
const SLOW: Duration = Duration::from_millis(1_500);
const BODY_BYTES_MAX: usize = 16 << 20;

/// A receiver that runs until it is dropped.
pub(super) struct Receiver {
    pub(super) address: SocketAddr,
    state: Arc<Mutex<Received>>,
    ended: Arc<AtomicBool>,
}

/// What was received.
#[derive(Debug, Default)]
pub(super) struct Received {
    pub(super) users: BTreeMap<String, Known>,
    /// Events that were taken, and those that were taken again.
    pub(super) taken: u64,
    pub(super) repeated: u64,
    /// Requests that went wrong on purpose.
    pub(super) faults: u64,
    /// What must not happen.
    pub(super) wrong: Option<String>,
}

/// What is known of one user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) revision: u64,
    /// Custom marks by the other side of the conversation.
    pub(super) marks: BTreeMap<String, String>,
    /// Up to where everything was told.
    complete: u64,
}

/// What happens to a request.
#[derive(Clone, Copy)]
enum Manner {
    Take,
    /// It is taken, and the connection is cut before that is said.
    TakeInSilence,
    /// It is taken, and that is said too late.
    TakeSlowly,
    Refuse,
    HangUp,
}

impl Receiver {
    pub(super) fn start(seed: u64) -> Result<Receiver, String> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|error| error.to_string())?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let state = Arc::new(Mutex::new(Received::default()));
        let ended = Arc::new(AtomicBool::new(false));
        let (shared, stop) = (Arc::clone(&state), Arc::clone(&ended));
        spawn(move || {
            for (number, stream) in (0..).zip(listener.incoming()) {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let (Ok(stream), state) = (stream, Arc::clone(&shared)) else { continue };
                spawn(move || {
                    // A connection that breaks is a matter of the other side.
                    let _ = serve(stream, &state, &mut Random::of(seed, &[number]));
                });
            }
        });
        Ok(Receiver { address, state, ended })
    }

    pub(super) fn received(&self) -> MutexGuard<'_, Received> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        // Wakes who waits for connections.
        let _ = TcpStream::connect(self.address);
    }
}

#[expect(clippy::disallowed_methods, reason = "threads of one receiver, which end with its connections")]
fn spawn(work: impl FnOnce() + Send + 'static) {
    std::thread::spawn(work);
}

fn serve(stream: TcpStream, state: &Mutex<Received>, random: &mut Random) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let Some(body) = request(&mut stream)? else { return Ok(()) };
        let manner = match random.once_in(FAULT_IN) {
            false => Manner::Take,
            true => match random.below(4) {
                0 => Manner::TakeInSilence,
                1 => Manner::TakeSlowly,
                2 => Manner::Refuse,
                _ => Manner::HangUp,
            },
        };
        {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            state.faults += u64::from(!matches!(manner, Manner::Take));
            if !matches!(manner, Manner::Refuse | Manner::HangUp) {
                state.take(&body);
            }
        }
        if matches!(manner, Manner::TakeSlowly) {
            std::thread::sleep(SLOW);
        }
        match manner {
            Manner::Take | Manner::TakeSlowly => answer(&mut stream, "204 No Content")?,
            Manner::Refuse => answer(&mut stream, "503 Service Unavailable")?,
            Manner::TakeInSilence | Manner::HangUp => return Ok(()),
        }
    }
}

/// The body of the next request; `None` at the end of the connection.
fn request(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<Vec<u8>>> {
    let mut len = 0;
    let mut is_first = true;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 && is_first {
            return Ok(None);
        }
        is_first = false;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            len = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; len.min(BODY_BYTES_MAX)];
    stream.read_exact(&mut body)?;
    Ok(Some(body))
}

fn answer(stream: &mut BufReader<TcpStream>, status: &str) -> std::io::Result<()> {
    let text = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
    stream.get_mut().write_all(text.as_bytes())
}

impl Received {
    fn take(&mut self, body: &[u8]) {
        self.taken += 1;
        if let Err(wrong) = self.apply(body) {
            self.wrong.get_or_insert(wrong);
        }
    }

    fn apply(&mut self, body: &[u8]) -> Result<(), String> {
        let event: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        let data = &event["data"];
        let number = |name: &str| data[name].as_u64().ok_or(format!("an event without {name}: {event}"));
        let (since, revision) = (number("Since")?, number("Revision")?);
        let user = data["From_Account"].as_str().ok_or("an event about nobody")?;
        let known = self.users.entry(user.to_owned()).or_default();
        let is_reset = data["Reset"] == true;
        if since > known.complete && !is_reset {
            return Err(format!("{user} was told up to {}, and then since {since}", known.complete));
        }
        if revision < known.revision {
            return Err(format!("{user} was told of {} and then of {revision}", known.revision));
        }
        self.repeated += u64::from(revision == known.revision);
        if is_reset {
            known.marks.clear();
        }
        let peer = |contact: &Value| contact["To_Account"].as_str().unwrap_or_default().to_owned();
        for contact in data["ContactItem"].as_array().into_iter().flatten() {
            let mark = contact["CustomMark"].as_str().unwrap_or_default().to_owned();
            known.marks.insert(peer(contact), mark);
        }
        for contact in data["RemovedItem"].as_array().into_iter().flatten() {
            known.marks.remove(&peer(contact));
        }
        known.revision = revision;
        if data["More"] != true {
            known.complete = revision;
        }
        Ok(())
    }
}
