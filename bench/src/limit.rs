//! The generator's own limit: what it can ask of a server that does next to nothing, when each has a processor.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::scope;
use std::time::Duration;

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::bench::{Bench, only};
use crate::child::pin_self;
use crate::compare::Failure;
use crate::load::Load;
use crate::people::People;
use crate::protocol::{FOLDMARK, http_request};
use crate::template::{Template, USER};

const CONNECTIONS: usize = 16;
/// How long the server may take to see that it is to stop.
const LOOK_UP: Duration = Duration::from_millis(50);
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{\"ErrorCode\":0}";

/// Measures the limit.
pub(crate) fn run(bench: &mut Bench) -> Result<(), Failure> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let template = Template::new(http_request("/limit", USER), &People::ordinary(1000));
    pin_self(true)?;
    let stopping = AtomicBool::new(false);
    let rates = scope(|scope| {
        let (stopping, listener) = (&stopping, &listener);
        let server = scope.spawn(move || serve(listener, stopping));
        let mut load = Load::connect(address, CONNECTIONS, FOLDMARK, only(template))?;
        let mut rates = Vec::new();
        for _ in 0..bench.plan.pairs {
            rates.push(load.run(bench.plan.turn)?.per_second);
        }
        stopping.store(true, Ordering::Relaxed);
        server.join().map_err(|_| "the trivial server panicked")??;
        Ok::<_, Failure>(rates)
    });
    pin_self(false)?;
    println!("\n### The generator\n");
    bench.report.fact(
        "its limit, beside a trivial server on the other processor",
        "requests a second",
        rates?,
        None,
    );
    Ok(())
}

/// Answers whatever arrives, on the first processor, until it is to stop.
fn serve(listener: &TcpListener, stopping: &AtomicBool) -> Result<(), Failure> {
    crate::child::pin_self_to_first()?;
    let mut poll = Poll::new()?;
    let mut streams = Vec::new();
    for number in 0..CONNECTIONS {
        let (stream, _) = listener.accept()?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        poll.registry().register(&mut stream, Token(number), Interest::READABLE)?;
        streams.push(stream);
    }
    let mut events = Events::with_capacity(CONNECTIONS);
    let mut request = [0; 4096];
    while !stopping.load(Ordering::Relaxed) {
        poll.poll(&mut events, Some(LOOK_UP))?;
        for event in &events {
            // Only what comes after the last read is told of again: so read until there is nothing.
            let stream = &mut streams[event.token().0];
            loop {
                match stream.read(&mut request) {
                    Ok(0) => break,
                    Ok(_) => stream.write_all(ANSWER)?,
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(error) => return Err(error.into()),
                }
            }
        }
    }
    Ok(())
}
