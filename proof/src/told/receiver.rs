//! A receiver of webhooks that is as bad as receivers are: it refuses, hangs up, is slow, takes an event and does not say
//! so, or takes it only long after it has said that it does not, when others have come in between. What it takes, it
//! drops or applies as the documentation says.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::known::{Event, Known, Taken};
use crate::random::Random;

/// One request in so many goes wrong in one way or another.
const FAULT_IN: u64 = 6;
/// Events of the same user that are taken, at most, until a late one is.
const LATE_BY: u64 = 3;
/// The server tries a user again after twice as long each time, and in the end all has to be told within a time.
const FAULTS_AT_THE_END: u64 = 3;
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
    /// Events that were taken; those of them that were dropped, those that were late, and those that began to tell all
    /// of a user anew, with more to follow.
    pub(super) taken: u64,
    pub(super) dropped: u64,
    pub(super) late: u64,
    pub(super) begun: u64,
    /// Requests that went wrong on purpose.
    pub(super) faults: u64,
    /// What must not happen.
    pub(super) wrong: Option<String>,
    /// Events that are taken late: each after so many others of its user.
    held: Vec<(u64, Event)>,
    /// Events that begin to tell all of a user anew, with more to follow.
    beginnings: BTreeSet<String>,
    /// How many requests about each user went wrong since it comes to an end.
    faults_at_the_end: Option<BTreeMap<String, u64>>,
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
    /// It is refused, and taken later.
    RefuseAndTake,
    HangUp,
    /// Nothing is said for too long, and it is taken later.
    HangUpAndTake,
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

    /// From now on no more than [`FAULTS_AT_THE_END`] requests about a user go wrong.
    pub(super) fn come_to_an_end(&self) {
        self.received().faults_at_the_end = Some(BTreeMap::new());
    }

    /// Takes what is still to be taken late.
    pub(super) fn take_late(&self) {
        let mut state = self.received();
        while let Some((_, event)) = state.held.pop() {
            state.take(&event);
        }
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
    // On one connection nothing can overtake anything.
    let mut revisions = BTreeMap::new();
    loop {
        let Some((id, body)) = request(&mut stream)? else { return Ok(()) };
        let event = Event::read(id, &body);
        let manner = match random.once_in(FAULT_IN) {
            false => Manner::Take,
            true => match random.below(6) {
                0 => Manner::TakeInSilence,
                1 => Manner::TakeSlowly,
                2 => Manner::Refuse,
                3 => Manner::HangUp,
                4 => Manner::RefuseAndTake,
                _ => Manner::HangUpAndTake,
            },
        };
        let late_by = random.between(1, LATE_BY);
        let manner = {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            state.arrived(event, &mut revisions, manner, late_by)
        };
        if matches!(manner, Manner::TakeSlowly | Manner::HangUpAndTake) {
            std::thread::sleep(SLOW);
        }
        match manner {
            Manner::Take | Manner::TakeSlowly => answer(&mut stream, "204 No Content")?,
            Manner::Refuse | Manner::RefuseAndTake => answer(&mut stream, "503 Service Unavailable")?,
            Manner::TakeInSilence | Manner::HangUp | Manner::HangUpAndTake => return Ok(()),
        }
    }
}

/// The id and the body of the next request; `None` at the end of the connection.
fn request(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<(String, Vec<u8>)>> {
    let (mut len, mut id) = (0, String::new());
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
        match line.split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                len = value.trim().parse().unwrap_or(0);
            }
            Some((name, value)) if name.eq_ignore_ascii_case("webhook-id") => {
                value.trim().clone_into(&mut id)
            }
            _ => {}
        }
    }
    let mut body = vec![0; len.min(BODY_BYTES_MAX)];
    stream.read_exact(&mut body)?;
    Ok(Some((id, body)))
}

fn answer(stream: &mut BufReader<TcpStream>, status: &str) -> std::io::Result<()> {
    let text = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
    stream.get_mut().write_all(text.as_bytes())
}

impl Received {
    /// Takes an event, or puts it by, as the manner says, and gives that back. `revisions` are those that came on the
    /// same connection.
    ///
    /// What begins to tell all of a user anew, with more to follow, does most harm when it is taken between those that
    /// follow: each such event is refused once, and taken late, the second time before the third event.
    fn arrived(
        &mut self,
        event: Result<Event, String>,
        revisions: &mut BTreeMap<String, u64>,
        mut manner: Manner,
        mut late_by: u64,
    ) -> Manner {
        let event = match event {
            Ok(event) => event,
            Err(wrong) => {
                self.is_wrong(wrong);
                return manner;
            }
        };
        let before = revisions.insert(event.user.clone(), event.revision).unwrap_or(0);
        if event.revision < before {
            self.is_wrong(format!("{} was told of {before} and then of {}", event.user, event.revision));
        }
        if event.begins() && self.beginnings.insert(event.id.clone()) {
            (manner, late_by) = (Manner::RefuseAndTake, 2);
        }
        if let Some(faults) = &mut self.faults_at_the_end
            && !matches!(manner, Manner::Take)
        {
            let faults = faults.entry(event.user.clone()).or_default();
            *faults += 1;
            if *faults > FAULTS_AT_THE_END {
                manner = Manner::Take;
            }
        }
        self.faults += u64::from(!matches!(manner, Manner::Take));
        match manner {
            Manner::Take | Manner::TakeInSilence | Manner::TakeSlowly => self.take(&event),
            Manner::RefuseAndTake | Manner::HangUpAndTake => {
                self.late += 1;
                self.held.push((late_by, event));
            }
            Manner::Refuse | Manner::HangUp => {}
        }
        manner
    }

    /// Takes an event, and after it late ones of the same user.
    fn take(&mut self, event: &Event) {
        let mut next = Some(event.clone());
        while let Some(event) = next {
            self.taken += 1;
            match self.users.entry(event.user.clone()).or_default().take(&event) {
                Ok(Taken::Applied) => {}
                Ok(Taken::Begun) => self.begun += 1,
                Ok(Taken::Dropped) => self.dropped += 1,
                Err(wrong) => self.is_wrong(wrong),
            }
            for (left, late) in &mut self.held {
                *left -= u64::from(late.user == event.user && *left > 0);
            }
            let due = self.held.iter().position(|(left, late)| *left == 0 && late.user == event.user);
            next = due.map(|place| self.held.swap_remove(place).1);
        }
    }

    fn is_wrong(&mut self, wrong: String) {
        self.wrong.get_or_insert(wrong);
    }
}
