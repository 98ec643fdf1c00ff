//! Connections that watch, all read by one thread, which counts what they are told and looks at nothing else of it.

use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::compare::Failure;
use crate::machine::thread_time;

/// How many connections are made before the first of them are read: fewer than may wait to be accepted.
const AT_ONCE: usize = 500;
/// How long a server may take to tell watchers the first thing, and the last.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often the end is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// When nothing was told for so long, everything was told.
const SILENCE: Duration = Duration::from_millis(200);
/// Room for what is read at once.
const PART_BYTES: usize = 64 * 1024;
/// What every event has before its name.
const MARKER: &[u8] = b"\nevent: ";

/// Watchers who have been told where they begin.
pub(crate) struct Readers {
    poll: Poll,
    watchers: Vec<Watcher>,
}

/// What watchers were told so far.
pub(crate) struct Told {
    begun: Instant,
    events: AtomicU64,
    resets: AtomicU64,
    /// When the last event came, in nanoseconds since the beginning.
    last: AtomicU64,
    /// The thread that reads.
    thread: AtomicU64,
    stop: AtomicBool,
}

struct Watcher {
    stream: TcpStream,
    text: Text,
}

/// How far an answer was read.
#[derive(Default)]
struct Text {
    /// How much of a marker the last bytes were.
    matched: usize,
    /// Whether the answer began as it should.
    is_open: bool,
    events: u64,
}

impl Readers {
    /// Sends each of these requests on a connection of its own and waits until each was told something.
    pub(crate) fn connect(address: SocketAddr, requests: &[Vec<u8>]) -> Result<Readers, Failure> {
        let told = Told::new();
        let mut readers = Readers { poll: Poll::new()?, watchers: Vec::with_capacity(requests.len()) };
        for some in requests.chunks(AT_ONCE) {
            for request in some {
                let mut stream = std::net::TcpStream::connect(address)?;
                stream.set_nodelay(true)?;
                stream.write_all(request)?;
                stream.set_nonblocking(true)?;
                let mut stream = TcpStream::from_std(stream);
                let number = Token(readers.watchers.len());
                readers.poll.registry().register(&mut stream, number, Interest::READABLE)?;
                readers.watchers.push(Watcher { stream, text: Text::default() });
            }
            while readers.watchers.iter().any(|watcher| watcher.text.events == 0) {
                if !readers.read(&told, PATIENCE)? {
                    return Err("the server told watchers nothing".into());
                }
            }
        }
        Ok(readers)
    }

    /// Does this while a thread reads all that watchers are told.
    pub(crate) fn beside<T>(&mut self, work: impl FnOnce(&Told) -> Result<T, Failure>) -> Result<T, Failure> {
        let told = Told::new();
        std::thread::scope(|scope| {
            let reading = scope.spawn(|| {
                told.thread.store(rustix::thread::gettid().as_raw_nonzero().get() as u64, Ordering::Relaxed);
                while !told.stop.load(Ordering::Relaxed) {
                    self.read(&told, LOOK_EVERY)?;
                }
                Ok::<(), Failure>(())
            });
            let done = work(&told);
            told.stop.store(true, Ordering::Relaxed);
            match reading.join() {
                Ok(read) => read.and(done),
                Err(_) => Err("the reader panicked".into()),
            }
        })
    }

    /// Reads what is there, and waits for something for so long. Says whether anything was.
    fn read(&mut self, told: &Told, wait: Duration) -> Result<bool, Failure> {
        let mut events = Events::with_capacity(1024);
        let mut part = vec![0; PART_BYTES];
        self.poll.poll(&mut events, Some(wait))?;
        for event in &events {
            self.watchers[event.token().0].read(&mut part, told)?;
        }
        Ok(!events.is_empty())
    }
}

impl Watcher {
    fn read(&mut self, part: &mut [u8], told: &Told) -> Result<(), Failure> {
        loop {
            match self.stream.read(part) {
                Ok(0) => return Err("the server closed a watcher's connection".into()),
                Ok(bytes) => self.text.take(&part[..bytes], told)?,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl Text {
    fn take(&mut self, bytes: &[u8], told: &Told) -> Result<(), Failure> {
        if !self.is_open && !bytes.starts_with(b"HTTP/1.1 200") {
            return Err(format!("a watch was refused: {}", String::from_utf8_lossy(bytes)).into());
        }
        self.is_open = true;
        let before = self.events;
        for byte in bytes {
            if self.matched < MARKER.len() {
                self.matched = match *byte == MARKER[self.matched] {
                    true => self.matched + 1,
                    false => usize::from(*byte == MARKER[0]),
                };
                continue;
            }
            self.matched = 0;
            self.events += 1;
            match byte {
                // `changes` and `user`.
                b'c' | b'u' => {}
                b'r' => {
                    told.resets.fetch_add(1, Ordering::Relaxed);
                }
                _ => return Err(format!("a watch ended: {}", String::from_utf8_lossy(bytes)).into()),
            }
        }
        if self.events > before {
            told.events.fetch_add(self.events - before, Ordering::Relaxed);
            told.last.store(told.begun.elapsed().as_nanos() as u64, Ordering::Relaxed);
        }
        Ok(())
    }
}

impl Told {
    #[expect(clippy::disallowed_methods, reason = "time is what is measured")]
    fn new() -> Told {
        Told {
            begun: Instant::now(),
            events: AtomicU64::new(0),
            resets: AtomicU64::new(0),
            last: AtomicU64::new(0),
            thread: AtomicU64::new(0),
            stop: AtomicBool::new(false),
        }
    }

    /// How many events came.
    pub(crate) fn events(&self) -> u64 {
        self.events.load(Ordering::Relaxed)
    }

    /// How many of these said that not everything can be told.
    pub(crate) fn resets(&self) -> u64 {
        self.resets.load(Ordering::Relaxed)
    }

    /// The processor time of the thread that reads.
    pub(crate) fn processor_time(&self) -> Result<Duration, Failure> {
        match self.thread.load(Ordering::Relaxed) {
            0 => Ok(Duration::ZERO),
            thread => thread_time(thread),
        }
    }

    /// Waits until nothing more comes, and says how long after this call the last event came.
    pub(crate) fn settle(&self) -> Result<Duration, Failure> {
        let called = self.begun.elapsed();
        let mut now = called;
        while now < called + PATIENCE {
            let last = Duration::from_nanos(self.last.load(Ordering::Relaxed));
            if now >= last.max(called) + SILENCE {
                return Ok(last.saturating_sub(called));
            }
            sleep(LOOK_EVERY);
            now = self.begun.elapsed();
        }
        Err("the server does not come to the end of what it has to tell watchers".into())
    }
}

/// Lets this program, and those that it starts, open as many files as the system allows them.
pub(crate) fn allow_many_connections() -> Result<(), Failure> {
    let maximum = getrlimit(Resource::Nofile).maximum;
    Ok(setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is counted in an answer that comes in these parts.
    fn told(parts: &[&str]) -> Result<(u64, u64), Failure> {
        let (mut text, told) = (Text::default(), Told::new());
        for part in parts {
            text.take(part.as_bytes(), &told)?;
        }
        Ok((told.events(), told.resets()))
    }

    #[test]
    fn events_are_counted_wherever_their_bytes_are_cut() {
        let text = "HTTP/1.1 200 OK\r\n\r\n4\r\nretry: 1\nid: a\nevent: reset\ndata: {}\n\n:\n\n\
                    id: b\n\nevent: user\ndata: {\"a\":\"event: \"}\n\nid: c\nevent: changes\ndata: {}\n\n";
        assert_eq!(told(&[text]).unwrap(), (3, 1));
        for cut in 12..text.len() {
            assert_eq!(told(&[&text[..cut], &text[cut..]]).unwrap(), (3, 1), "{cut}");
        }
    }

    #[test]
    fn refusals_and_ends_are_failures() {
        let refused = told(&["HTTP/1.1 403 Forbidden\r\n\r\n"]).unwrap_err();
        assert!(refused.to_string().contains("403"), "{refused}");
        let ended = told(&["HTTP/1.1 200 OK\r\n\r\n", "\nevent: end\ndata: {}\n\n"]).unwrap_err();
        assert!(ended.to_string().contains("ended"), "{ended}");
    }
}
