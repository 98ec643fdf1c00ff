//! Connections that take places and do nothing, or next to nothing.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::thread;
use std::time::Duration;

use foldmark_harness::Watch;

use super::callers::{Habit, MARKS, call};
use crate::http::{Http, query};
use crate::server::Launch;

/// Thousands of idle connections, requests whose heads come byte by byte, and bodies that stop half way: honest callers
/// notice none of it.
pub(super) fn slow_clients(binary: &Path, home: &Path) -> Result<String, String> {
    const IDLE: usize = 3_000;
    const DRIPPING: usize = 500;
    const HALF: usize = 500;
    let launch = Launch::new(binary, home);
    let server = launch.start()?;
    let honest = Habit { callers: 16, ..MARKS };
    let alone = call(server.address, honest)?;
    alone.only(&[0])?;

    let idle = connect(server.address, IDLE)?;
    let mut dripping = connect(server.address, DRIPPING)?;
    let mut half = connect(server.address, HALF)?;
    let head = format!(
        "POST /v4/{}?{} HTTP/1.1\r\nHost: proof\r\nContent-Length: 1000000\r\n\r\n{{",
        MARKS.command,
        query()
    );
    for stream in &mut half {
        stream.write_all(head.as_bytes()).map_err(|error| error.to_string())?;
    }
    let drip = drip(&mut dripping);
    let among = call(server.address, Habit { time: Duration::from_secs(4), ..honest })?;
    let dripped = drip.join().map_err(|_| "the dripping panicked")?;
    among.only(&[0])?;
    let share = among.per_second(0) / alone.per_second(0);
    let seen = format!(
        "among {} idle, {} dripping ({dripped} bytes) and {} half-sent requests: {share:.2} of the calls a second, 99 % within \
         {:.0} ms (alone {:.0} ms), none refused",
        idle.len(),
        DRIPPING,
        half.len(),
        among.p99(0),
        alone.p99(0)
    );
    if share < 0.3 || among.p99(0) > 1_000.0 || dripped == 0 {
        return Err(seen);
    }
    server.kill()?;
    Ok(seen)
}

/// Idle connections hold every place there is: whoever comes next waits for seconds, not for the minute that an idle
/// connection is otherwise given.
pub(super) fn full_house(binary: &Path, home: &Path) -> Result<String, String> {
    const PLACES: usize = 100;
    let mut launch = Launch::new(binary, home);
    launch.server = format!("connections = {PLACES}\n");
    let server = launch.start()?;
    let idle = connect(server.address, PLACES)?;
    let watch = Watch::start();
    let mut late = Http::connect(server.address)?;
    late.patience(Duration::from_secs(30))?;
    let answer = late.call_text(MARKS.command, &query(), &(MARKS.body)(0, 0))?;
    let seen = format!(
        "with {} idle connections on {PLACES} places the next one is served after {:.1} s",
        idle.len(),
        watch.seconds()
    );
    if answer.code()? != 0 || watch.seconds() > 15.0 {
        return Err(format!("{seen}: {}", answer.text));
    }
    server.kill()?;
    Ok(seen)
}

fn connect(address: SocketAddr, count: usize) -> Result<Vec<TcpStream>, String> {
    let streams = (0..count).map(|_| TcpStream::connect(address));
    streams.collect::<Result<_, _>>().map_err(|error| format!("of {count} connections: {error}"))
}

/// Sends a byte of a request's head on each connection now and then, for a while. Gives how many were taken.
#[expect(clippy::disallowed_methods, reason = "whoever calls waits for it")]
fn drip(streams: &mut Vec<TcpStream>) -> thread::JoinHandle<usize> {
    let mut streams = std::mem::take(streams);
    thread::spawn(move || {
        let head = b"POST /v4/recentcontact/mark_contact HTTP/1.1\r\nX-A: bbbbbbbbbbbbbbbbbb";
        let mut taken = 0;
        for byte in head.iter().take(20) {
            for stream in &mut streams {
                taken += usize::from(stream.write_all(&[*byte]).is_ok());
            }
            thread::sleep(Duration::from_millis(150));
        }
        taken
    })
}
