//! The load generator: one thread that keeps many connections busy.
//!
//! Each connection has one request under way and sends the next as soon as it was answered. Requests are templates of
//! bytes in which only ids and a value change, and of an answer only its length and its first words are looked at, so
//! that all kinds of servers meet the same load and the generator is not what is measured. Whatever a server answers
//! that is no success ends the run.

use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::compare::Failure;
use crate::figures::{Figures, Latency};
use crate::machine::processor_time;
use crate::protocol::Protocol;
use crate::random::Random;
use crate::template::Template;

/// How long a server may leave all connections waiting.
const PATIENCE: Duration = Duration::from_secs(20);
/// The longest time that is told apart from longer ones, in nanoseconds.
const LONGEST_NS: u64 = 60_000_000_000;
/// How many loads there have been in this run.
static LOADS: AtomicU64 = AtomicU64::new(1);
/// Room for an answer at first.
const ANSWER_BYTES: usize = 4096;

/// A kind of request and how often it is sent.
pub(crate) struct Ask {
    /// The request.
    pub(crate) template: Template,
    /// Of all requests, this share is of this kind; the shares come to 100.
    pub(crate) percent: u64,
}

/// Connections to one server and what is asked on them.
pub(crate) struct Load {
    protocol: Protocol,
    asks: Vec<Ask>,
    poll: Poll,
    connections: Vec<Connection>,
    random: Random,
}

struct Connection {
    stream: TcpStream,
    answer: Vec<u8>,
    filled: usize,
    ask: usize,
    sent: Instant,
}

impl Load {
    /// Connects, and says what the protocol wants to be said first.
    #[expect(clippy::disallowed_methods, reason = "time is what is measured")]
    pub(crate) fn connect(
        address: SocketAddr,
        clients: usize,
        protocol: Protocol,
        asks: Vec<Ask>,
    ) -> Result<Load, Failure> {
        let poll = Poll::new()?;
        let mut connections = Vec::with_capacity(clients);
        for number in 0..clients {
            let mut stream = std::net::TcpStream::connect(address)?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            protocol.greet(&mut stream)?;
            stream.set_nonblocking(true)?;
            let mut stream = TcpStream::from_std(stream);
            poll.registry().register(&mut stream, Token(number), Interest::READABLE)?;
            let answer = vec![0; ANSWER_BYTES];
            connections.push(Connection { stream, answer, filled: 0, ask: 0, sent: Instant::now() });
        }
        // Another load on the same data must not set the same values again, which would change nothing.
        let random = Random::new(LOADS.fetch_add(1, Ordering::Relaxed));
        Ok(Load { protocol, asks, poll, connections, random })
    }

    /// Asks once, on the first connection, and gives the answer back.
    pub(crate) fn once(&mut self) -> Result<Vec<u8>, Failure> {
        let mut request = Vec::new();
        let connection = &mut self.connections[0];
        connection.ask(&self.asks, &mut self.random, &mut request)?;
        let mut events = Events::with_capacity(1);
        loop {
            self.poll.poll(&mut events, Some(PATIENCE))?;
            if events.is_empty() {
                return Err("the server did not answer".into());
            }
            if let Some(length) = connection.read(&self.protocol)? {
                return Ok(connection.answer[..length].to_vec());
            }
        }
    }

    /// As [`Load::run`], with the processor time that the server, a single process, took for it.
    pub(crate) fn run_on(&mut self, process: u32, length: Duration) -> Result<Figures, Failure> {
        let before = processor_time(process)?;
        let mut figures = self.run(length)?;
        let worked = processor_time(process)?.saturating_sub(before);
        figures.processor_us = Some(worked.as_secs_f64() * 1e6 / figures.operations as f64);
        Ok(figures)
    }

    /// Keeps all connections busy for this long, and then waits for the answers that are due.
    #[expect(clippy::disallowed_methods, reason = "time is what is measured")]
    pub(crate) fn run(&mut self, length: Duration) -> Result<Figures, Failure> {
        let mut histograms = Vec::with_capacity(self.asks.len());
        for _ in &self.asks {
            histograms.push(Histogram::<u64>::new_with_bounds(1, LONGEST_NS, 3)?);
        }
        let mut request = Vec::new();
        let mut events = Events::with_capacity(self.connections.len());
        let begun = Instant::now();
        for connection in &mut self.connections {
            connection.ask(&self.asks, &mut self.random, &mut request)?;
        }
        let mut due = self.connections.len();
        while due > 0 {
            self.poll.poll(&mut events, Some(PATIENCE))?;
            if events.is_empty() {
                return Err("the server left all connections waiting".into());
            }
            for event in &events {
                let connection = &mut self.connections[event.token().0];
                if connection.read(&self.protocol)?.is_none() {
                    continue;
                }
                let now = Instant::now();
                let took = now.duration_since(connection.sent).as_nanos() as u64;
                histograms[connection.ask].saturating_record(took);
                if now.duration_since(begun) < length {
                    connection.ask(&self.asks, &mut self.random, &mut request)?;
                } else {
                    due -= 1;
                }
            }
        }
        let took = begun.elapsed();
        let latencies: Vec<Latency> = histograms.iter().map(latency).collect();
        let operations: u64 = latencies.iter().map(|latency| latency.count).sum();
        Ok(Figures::new(operations, took, latencies))
    }
}

impl Connection {
    /// Sends a request of any kind. Small as they are, the system has room for them.
    #[expect(clippy::disallowed_methods, reason = "time is what is measured")]
    fn ask(&mut self, asks: &[Ask], random: &mut Random, request: &mut Vec<u8>) -> Result<(), Failure> {
        let mut left = random.below(100);
        self.ask = 0;
        while asks[self.ask].percent <= left {
            left -= asks[self.ask].percent;
            self.ask += 1;
        }
        asks[self.ask].template.write(random, request);
        self.filled = 0;
        self.sent = Instant::now();
        let mut written = 0;
        while written < request.len() {
            match self.stream.write(&request[written..]) {
                Ok(bytes) => written += bytes,
                Err(error) if error.kind() == ErrorKind::WouldBlock => std::thread::yield_now(),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Reads what is there. Gives the length of the answer once it is whole.
    fn read(&mut self, protocol: &Protocol) -> Result<Option<usize>, Failure> {
        loop {
            if self.filled == self.answer.len() {
                self.answer.resize(self.filled * 2, 0);
            }
            match self.stream.read(&mut self.answer[self.filled..]) {
                Ok(0) => return Err("the server closed a connection".into()),
                Ok(bytes) => self.filled += bytes,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(error) => return Err(error.into()),
            }
            if let Some(length) = protocol.answer(&self.answer[..self.filled])? {
                return Ok(Some(length));
            }
        }
    }
}

fn latency(histogram: &Histogram<u64>) -> Latency {
    let microseconds = |nanoseconds: u64| nanoseconds as f64 / 1e3;
    Latency {
        count: histogram.len(),
        p50_us: microseconds(histogram.value_at_quantile(0.5)),
        p99_us: microseconds(histogram.value_at_quantile(0.99)),
    }
}
