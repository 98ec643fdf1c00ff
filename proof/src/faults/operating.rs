//! What the operating system may refuse or do besides the disk: a folder that is in use, a clock that steps, a lack of
//! file descriptors.

use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use foldmark_harness::unix_seconds;
use serde_json::json;

use super::control::Control;
use super::witness::Witness;
use crate::http::{Answer, Http, query, query_signed};
use crate::server::Launch;

/// A second server on the same folder is refused with words, and the first does not notice.
pub(super) fn folder_in_use(binary: &Path, home: &Path) -> Result<String, String> {
    let first = Launch::new(binary, home);
    let mut server = first.start()?;
    let mut witness = Witness::new();
    witness.write_well(&server, 10)?;
    let other = home.join("other");
    std::fs::create_dir(&other).map_err(|error| error.to_string())?;
    let mut second = Launch::new(binary, &other);
    second.data.clone_from(&first.data);
    let (status, said) = second.refused()?;
    if status.code() != Some(1) || !said.contains("in use by another process") {
        return Err(format!("the second server ends with {status} and says {said:?}"));
    }
    if !server.runs() {
        return Err("the first server is gone".to_owned());
    }
    witness.write_well(&server, 10)?;
    witness.check(&server)?;
    server.kill()?;
    // A lock must not outlive its holder.
    let server = second.start()?;
    witness.check(&server)?;
    server.kill()?;
    Ok(format!("refused to start: {}; the first goes on; free after a kill", said.trim()))
}

/// The clock steps back and forth: commands succeed, revisions go on, signatures are good by the clock of the moment.
pub(super) fn clock(binary: &Path, home: &Path) -> Result<String, String> {
    const DAY: i64 = 86_400;
    let control = Control::new(home)?;
    let mut launch = Launch::new(binary, home);
    control.put_under(&mut launch);
    let server = launch.start()?;
    let mut http = server.connect()?;
    let now = unix_seconds();
    let (query, hour) = (query(), query_signed(now, 3_600));
    let mut last = 0;
    let mut step = |http: &mut Http, seconds: i64, bit: u64| -> Result<(), String> {
        control.move_clock(seconds)?;
        let answer = mark(http, &query, bit)?;
        let revision = answer.revision.ok_or("no revision")?;
        if answer.code()? != 0 || revision != last + 1 {
            return Err(format!(
                "clock moved by {seconds} s: revision {revision} after {last}, {}",
                answer.text
            ));
        }
        last = revision;
        let timestamp = timestamp(http, &query)?;
        let expected = now.saturating_add_signed(seconds);
        match timestamp.abs_diff(expected) {
            0..=60 => Ok(()),
            _ => Err(format!("clock moved by {seconds} s: the timestamp is {timestamp}, not {expected}")),
        }
    };
    // The signature is good for a day and was made today, so that it is not expired at any of these.
    for (seconds, bit) in [(0, 1), (-3_600, 2), (-365 * DAY, 3), (3_600, 4), (-1, 5), (0, 6)] {
        step(&mut http, seconds, bit)?;
    }
    let code = |http: &mut Http, seconds: i64| {
        control.move_clock(seconds)?;
        mark(http, &hour, 1)?.code()
    };
    let codes = [code(&mut http, 0)?, code(&mut http, 7_200)?, code(&mut http, 0)?, code(&mut http, -DAY)?];
    if codes != [0, 70001, 0, 0] {
        return Err(format!("a signature good for an hour, by the clock: {codes:?}"));
    }
    // Before 1970 there is no time to write down; the call must not break all the same.
    let before_time = code(&mut http, -(now as i64) - DAY)?;
    control.move_clock(0)?;
    if before_time != 0 || server.ready().is_err() {
        return Err(format!("a clock before 1970 is answered {before_time}"));
    }
    server.kill()?;
    Ok("steps of an hour and a year back: commands succeed, revisions go on one by one, timestamps follow the clock; a \
        signature expires and is good again with it"
        .to_owned())
}

/// Idle connections use up the file descriptors: those that are served go on, new ones wait and are served when the
/// idle ones are gone.
pub(super) fn descriptors(binary: &Path, home: &Path) -> Result<String, String> {
    const LIMIT: u32 = 64;
    let mut launch = Launch::new(binary, home);
    launch.descriptors = Some(LIMIT);
    let server = launch.start()?;
    let query = query();
    let mut early = server.connect()?;
    expect_ok(&mark(&mut early, &query, 1)?)?;
    let idle: Vec<TcpStream> =
        (0..LIMIT * 2).filter_map(|_| TcpStream::connect(server.address).ok()).collect();
    std::thread::sleep(Duration::from_millis(300));
    for bit in 2..12 {
        expect_ok(&mark(&mut early, &query, bit)?)?;
    }
    let mut late = server.connect()?;
    late.patience(Duration::from_millis(700))?;
    if let Ok(answer) = mark(&mut late, &query, 1) {
        return Err(format!("there were descriptors left: {}", answer.text));
    }
    let connected = idle.len();
    drop(idle);
    drop(late);
    let mut late = server.connect()?;
    late.patience(Duration::from_secs(60))?;
    expect_ok(&mark(&mut late, &query, 20)?)?;
    expect_ok(&mark(&mut early, &query, 21)?)?;
    server.ready()?;
    let bits = bits(&mut late, &query)?;
    let expected = (1..12).chain([20, 21]).fold(0, |bits, bit| bits | 1 << bit);
    if bits & expected != expected {
        return Err(format!("the marks are {bits:b}, not {expected:b}"));
    }
    server.kill()?;
    Ok(format!(
        "{connected} idle connections on {LIMIT} descriptors: the one served before goes on, a new one waits and is served \
         when they are gone"
    ))
}

fn mark(http: &mut Http, query: &str, bit: u64) -> Result<Answer, String> {
    let body = json!({"From_Account": "user", "MarkItem": [
        {"OptType": 1, "SetMark": [bit], "ContactItem": {"Type": 1, "To_Account": "peer"}}]});
    http.call("recentcontact/mark_contact", query, &body)
}

fn expect_ok(answer: &Answer) -> Result<(), String> {
    match answer.code()? {
        0 => Ok(()),
        _ => Err(format!("a call fails: {}", answer.text)),
    }
}

fn timestamp(http: &mut Http, query: &str) -> Result<u64, String> {
    let answer = record(http, query)?;
    answer["Timestamp"].as_u64().ok_or("no timestamp".to_owned())
}

fn bits(http: &mut Http, query: &str) -> Result<u64, String> {
    let answer = record(http, query)?;
    let bits = answer["StandardMark"].as_str().ok_or("no mark")?;
    u64::from_str_radix(bits, 2).map_err(|error| error.to_string())
}

fn record(http: &mut Http, query: &str) -> Result<serde_json::Value, String> {
    let answer = http.call("recentcontact/get_contact_group", query, &json!({"From_Account": "user"}))?;
    Ok(answer.json()?["ContactItem"][0].clone())
}
