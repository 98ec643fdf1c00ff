//! Too much of what is allowed: calls, commits, bytes.

use std::borrow::Cow;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use foldmark_harness::wait_until;

use super::callers::{Habit, MARKS, call};
use crate::faults::control::{Control, Order};
use crate::http::{Http, query};
use crate::server::{Launch, Server};

/// How many calls may be worked on at once in these tests.
const PLACES: usize = 32;

/// As many callers as are served well anywhere.
const CALM: usize = 8;

/// Ten times the callers that there are places for: accepted calls are answered within a bound, refused ones at once by
/// 60008, as much is done as before, memory does not grow, and within a second everything is as it was.
pub(super) fn tenfold(binary: &Path, home: &Path) -> Result<String, String> {
    let mut launch = Launch::new(binary, home);
    launch.server = format!("concurrent_calls = {PLACES}\n");
    let server = launch.start()?;
    let fitting = call(server.address, Habit { callers: PLACES, ..MARKS })?;
    fitting.only(&[0])?;
    let memory = server.peak_memory()?;
    let tenfold = Habit { callers: 10 * PLACES, time: Duration::from_secs(5), ..MARKS };
    let loaded = call(server.address, tenfold)?;
    loaded.only(&[0, 60008])?;
    let grown = server.peak_memory()?.saturating_sub(memory) >> 20;
    let recovered = recovers(&server, CALM)?;
    let (share, p99) = (loaded.per_second(0) / fitting.per_second(0), loaded.p99(0));
    let refused = loaded.count(60008);
    let seen = format!(
        "{} callers on {PLACES} places: {:.2} of the calls a second, 99 % of them within {p99:.0} ms (before {:.0} ms); \
         {refused} refused by 60008, 99 % within {:.0} ms; memory grew by {grown} MiB; as before after {recovered} ms",
        tenfold.callers,
        share,
        fitting.p99(0),
        loaded.p99(60008)
    );
    if refused == 0 || share < 0.1 || p99 > 1_000.0 || loaded.p99(60008) > 1_000.0 || grown > 64 {
        return Err(seen);
    }
    server.kill()?;
    Ok(seen)
}

/// More commits than the queue holds while the disk is slow: what does not fit is refused at once by 50005 and did not
/// happen; when the disk is fast again, so are the calls.
pub(super) fn queue(binary: &Path, home: &Path) -> Result<String, String> {
    const QUEUE: usize = 4;
    let control = Control::new(home)?;
    let mut launch = Launch::new(binary, home);
    launch.store = format!("queue_commits = {QUEUE}\n");
    control.put_under(&mut launch);
    let server = launch.start()?;
    control.set(Order::SyncMilliseconds, 300)?;
    let habit = Habit { callers: 10 * QUEUE, time: Duration::from_secs(3), ..MARKS };
    let loaded = call(server.address, habit)?;
    control.lift()?;
    let recovered = recovers(&server, QUEUE)?;
    loaded.only(&[0, 50005])?;
    let (accepted, refused) = (loaded.count(0), loaded.count(50005));
    let seen = format!(
        "a queue of {QUEUE} before a disk that takes 0.3 s: {accepted} calls answered, 99 % within {:.0} ms; {refused} refused \
         by 50005, 99 % within {:.0} ms; as before after {recovered} ms",
        loaded.p99(0),
        loaded.p99(50005)
    );
    if accepted == 0 || refused == 0 || loaded.p99(0) > 2_500.0 || loaded.p99(50005) > 1_000.0 {
        return Err(seen);
    }
    server.kill()?;
    Ok(seen)
}

/// The longest bodies of the worst content, from many at once: memory stays within what is configured, and calls of
/// others are answered.
pub(super) fn bodies(binary: &Path, home: &Path) -> Result<String, String> {
    const MEMORY_MIB: u64 = 32;
    const SENDERS: usize = 256;
    // Without the bound the bodies alone take 256 MiB. The pages that the allocator keeps for each thread, and what is
    // read from the network at a time, are not counted.
    const UNCOUNTED_MIB: u64 = 224;
    let mut launch = Launch::new(binary, home);
    launch.server = format!("body_memory_mib = {MEMORY_MIB}\n");
    let server = launch.start()?;
    call(server.address, Habit { callers: 16, ..MARKS })?.only(&[0])?;
    let before = server.peak_memory()? >> 20;
    let habit = Habit { callers: SENDERS, time: Duration::from_secs(4), body: large, ..MARKS };
    let loaded = call(server.address, habit)?;
    let grown = (server.peak_memory()? >> 20) - before;
    let recovered = recovers(&server, CALM)?;
    loaded.only(&[51006, 60008])?;
    let refused = loaded.count(60008);
    let seen = format!(
        "{SENDERS} callers with bodies of 1 MiB: memory grew by {grown} MiB with {MEMORY_MIB} MiB configured; {} were looked at, \
         {refused} refused by 60008; as before after {recovered} ms",
        loaded.count(51006)
    );
    if refused == 0 || grown > MEMORY_MIB + UNCOUNTED_MIB {
        return Err(seen);
    }
    server.kill()?;
    Ok(seen)
}

/// A body of as many values as fit.
fn large(_: usize, _: u64) -> Cow<'static, str> {
    static BODY: LazyLock<String> =
        LazyLock::new(|| format!("{{\"From_Account\":\"u\",\"Filler\":[0{}]}}", ",0".repeat((1 << 19) - 30)));
    Cow::Borrowed(BODY.as_str())
}

/// How long it takes until a call is answered well again, in milliseconds, if it is not more than a second; after that
/// so many callers are.
fn recovers(server: &Server, callers: usize) -> Result<u128, String> {
    let watch = foldmark_harness::Watch::start();
    let query = query();
    let mut http = Http::connect(server.address)?;
    let mut last = String::new();
    let well = wait_until(Duration::from_secs(1), || {
        match http.call_text(MARKS.command, &query, &(MARKS.body)(0, 0)) {
            Ok(answer) => {
                last = answer.text.clone();
                answer.code() == Ok(0)
            }
            Err(error) => {
                last = error;
                false
            }
        }
    });
    if !well {
        return Err(format!("a second later calls still fail: {last}"));
    }
    let milliseconds = watch.time().as_millis();
    call(server.address, Habit { callers, time: Duration::from_millis(500), ..MARKS })?.only(&[0])?;
    Ok(milliseconds)
}
