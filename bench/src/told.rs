//! Marks of an application with a receiver of webhooks: what telling others costs those who write.
//!
//! Every turn has a server of its own on the same data, and is begun when it has been under load for as long again. The
//! receiver is a thread of this program that answers every request at once, or a port at which nobody listens. What
//! is left to be told of one turn is told in the next one that has a receiver, which is as it is in service.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use foldmark_harness::free_address;

use crate::bench::{Bench, only};
use crate::compare::Failure;
use crate::figures::Figures;
use crate::foldmark::Foldmark;
use crate::report::Comparison;
use crate::report::Measure::{Processor, Rate};
use crate::rounds::{Contestant, measure};

/// How many users are marked.
const MARKED: u64 = 1_000;
/// The names of what configures a receiver, and a secret that signs.
const URL: &str = "FOLDMARK_APPS_0_WEBHOOK_URL";
const SECRET: (&str, &str) =
    ("FOLDMARK_APPS_0_WEBHOOK_SECRET", "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=");
const ANSWER: &[u8] = b"HTTP/1.1 204 No Content\r\n\r\n";

/// Measures marks without a receiver, with one that answers at once, and with one that is away.
pub(crate) fn run(bench: &mut Bench) -> Result<(), Failure> {
    let people = bench.ordinary().first(MARKED.min(bench.plan.users / 4));
    let data = bench.data()?;
    let receiver = Receiver::start()?;
    let (here, away) = (format!("http://{}/", receiver.address), format!("http://{}/", free_address()?));
    let mut events = Vec::new();
    let plan = &bench.plan;
    let turn = |url: Option<&str>, length: Duration| -> Result<Figures, Failure> {
        let settings = url.map(|url| vec![(URL, url), SECRET]).unwrap_or_default();
        let server = Foldmark::start_with(&plan.foldmark, &data, false, &settings)?;
        let mut load = server.load(plan.clients, only(server.mark(&people)))?;
        load.run(length)?;
        server.turn(&mut load, length)
    };
    let sides = vec![
        Contestant::new("no receiver", None, |length| turn(None, length)),
        Contestant::new("one that answers at once", None, |length| {
            let before = receiver.taken();
            let figures = turn(Some(&here), length)?;
            // Of the load before the turn, too, which is as long.
            events.push((receiver.taken() - before) as f64 / (2 * figures.operations) as f64);
            Ok(figures)
        }),
        Contestant::new("one that is away", None, |length| turn(Some(&away), length)),
    ];
    let what = format!("of mark_contact of 1, {} connections, {} users, told to", plan.clients, people.count);
    let comparison = measure(&format!("processor time {what}"), Processor, plan.pairs, plan.turn, sides)?;
    let rates = Comparison::new(&format!("rate {what}"), Rate, comparison.sides.clone(), &[None, None]);
    bench.report.add(comparison);
    bench.report.add(rates);
    bench.report.fact("events for the receiver that answers at once", "a mark, about", events, None);
    if receiver.taken() == 0 {
        return Err("the receiver was told nothing".into());
    }
    Ok(())
}

/// Answers every request at once that it has a task for; ends with the program.
struct Receiver {
    address: SocketAddr,
    taken: Arc<AtomicU64>,
}

impl Receiver {
    #[expect(clippy::disallowed_methods, reason = "they end with the program")]
    fn start() -> Result<Receiver, Failure> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let taken = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&taken);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { continue };
                let counted = Arc::clone(&counted);
                thread::spawn(move || {
                    // A server that was ended takes its connections with it.
                    let _ = answer(stream, &counted);
                });
            }
        });
        Ok(Receiver { address, taken })
    }

    fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }
}

/// Answers the requests of one connection, one after the other.
fn answer(mut stream: TcpStream, taken: &AtomicU64) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut bytes = Vec::new();
    let mut portion = [0; 16 * 1024];
    loop {
        while let Some(length) = whole(&bytes) {
            bytes.drain(..length);
            taken.fetch_add(1, Ordering::Relaxed);
            stream.write_all(ANSWER)?;
        }
        match stream.read(&mut portion) {
            Ok(0) => return Ok(()),
            Ok(count) => bytes.extend_from_slice(&portion[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// How long the first request is, if it is there as a whole.
fn whole(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = str::from_utf8(&bytes[..head]).ok()?;
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let end = head + length.unwrap_or(0);
    (bytes.len() >= end).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_told_apart_wherever_their_bytes_are_cut() {
        let one = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
        for end in 0..one.len() {
            assert_eq!(whole(&one[..end]), None, "{end}");
        }
        let two = [&one[..], &one[..20]].concat();
        assert_eq!(whole(&two), Some(one.len()));
        assert_eq!(whole(b"GET / HTTP/1.1\r\n\r\n"), Some(18));
    }
}
