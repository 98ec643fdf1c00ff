//! The three protocols that the generator speaks, as far as closed loops of known requests need them.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::compare::Failure;

/// How to greet a server, and where an answer ends.
#[derive(Clone)]
pub(crate) enum Protocol {
    /// HTTP/1.1 with a length in each answer. The body of a success ends with these bytes, or has them near its end.
    Http {
        /// Empty if any answer of status 200 is a success.
        success: &'static [u8],
    },
    /// RESP of Redis.
    Redis,
    /// Version 3 of PostgreSQL's protocol, with these statements, prepared under their numbers as names.
    Postgres {
        /// In SQL.
        statements: Vec<String>,
    },
}

/// What every successful answer of Foldmark has near its end.
pub(crate) const FOLDMARK: Protocol = Protocol::Http { success: b"\"ErrorCode\":0" };
/// Within how many bytes from the end of a body the words of success stand.
const TAIL: usize = 160;

impl Protocol {
    /// Says what has to be said before the first request.
    pub(crate) fn greet(&self, stream: &mut TcpStream) -> Result<(), Failure> {
        let Protocol::Postgres { statements } = self else { return Ok(()) };
        let mut greeting = Vec::new();
        greeting.extend_from_slice(&196_608_i32.to_be_bytes());
        greeting.extend_from_slice(b"user\0postgres\0database\0postgres\0\0");
        stream.write_all(&with_length(&greeting))?;
        self.await_answer(stream)?;
        for (name, statement) in statements.iter().enumerate() {
            let parse = [name.to_string().as_bytes(), b"\0", statement.as_bytes(), b"\0\0\0"].concat();
            stream.write_all(&[message(b'P', &parse), message(b'S', b"")].concat())?;
            self.await_answer(stream)?;
        }
        Ok(())
    }

    /// The length of the answer that begins these bytes, once it is whole. Anything but a success is a failure.
    pub(crate) fn answer(&self, bytes: &[u8]) -> Result<Option<usize>, Failure> {
        match self {
            Protocol::Http { success } => http(bytes, success),
            Protocol::Redis => redis(bytes),
            Protocol::Postgres { .. } => postgres(bytes),
        }
    }

    fn await_answer(&self, stream: &mut TcpStream) -> Result<(), Failure> {
        let mut bytes = Vec::new();
        let mut part = [0; 4096];
        while self.answer(&bytes)?.is_none() {
            let read = stream.read(&mut part)?;
            if read == 0 {
                return Err("the server closed a connection while it was greeted".into());
            }
            bytes.extend_from_slice(&part[..read]);
        }
        Ok(())
    }
}

/// An HTTP request with this body.
pub(crate) fn http_request(path: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// A command of Redis.
pub(crate) fn redis_request(words: &[&str]) -> Vec<u8> {
    let mut request = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        request.extend_from_slice(format!("${}\r\n{word}\r\n", word.len()).as_bytes());
    }
    request
}

/// Carries out a prepared statement with these parameters, in text.
pub(crate) fn postgres_request(statement: usize, parameters: &[&str]) -> Vec<u8> {
    let mut bind = format!("\0{statement}\0").into_bytes();
    bind.extend_from_slice(&0_i16.to_be_bytes());
    bind.extend_from_slice(&(parameters.len() as i16).to_be_bytes());
    for parameter in parameters {
        bind.extend_from_slice(&(parameter.len() as i32).to_be_bytes());
        bind.extend_from_slice(parameter.as_bytes());
    }
    bind.extend_from_slice(&0_i16.to_be_bytes());
    [message(b'B', &bind), message(b'E', b"\0\0\0\0\0"), message(b'S', b"")].concat()
}

fn with_length(content: &[u8]) -> Vec<u8> {
    [&(content.len() as i32 + 4).to_be_bytes(), content].concat()
}

fn message(kind: u8, content: &[u8]) -> Vec<u8> {
    [&[kind], with_length(content).as_slice()].concat()
}

fn http(bytes: &[u8], success: &[u8]) -> Result<Option<usize>, Failure> {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let head = &bytes[..end];
    let mut length = None;
    for line in head.split(|byte| *byte == b'\n') {
        if line.len() > 15 && line[..15].eq_ignore_ascii_case(b"content-length:") {
            length = str::from_utf8(&line[15..])?.trim().parse::<usize>().ok();
        }
    }
    let length = length.ok_or("an answer does not tell its length")?;
    let whole = end + 4 + length;
    if bytes.len() < whole {
        return Ok(None);
    }
    let body = &bytes[end + 4..whole];
    let tail = &body[body.len().saturating_sub(TAIL)..];
    let succeeded = success.is_empty() || tail.windows(success.len()).any(|window| window == success);
    if !head.starts_with(b"HTTP/1.1 200") || !succeeded {
        return Err(format!("refused: {}", String::from_utf8_lossy(&bytes[..whole])).into());
    }
    Ok(Some(whole))
}

fn redis(bytes: &[u8]) -> Result<Option<usize>, Failure> {
    let Some((kind, number, mut at)) = redis_line(bytes, 0)? else { return Ok(None) };
    if kind != b'*' {
        return Ok(redis_text(bytes, kind, number, at));
    }
    for _ in 0..number {
        let Some((kind, length, next)) = redis_line(bytes, at)? else { return Ok(None) };
        let Some(next) = redis_text(bytes, kind, length, next) else { return Ok(None) };
        at = next;
    }
    Ok(Some(at))
}

/// The kind and number of the line at `at`, and where the next one begins.
fn redis_line(bytes: &[u8], at: usize) -> Result<Option<(u8, i64, usize)>, Failure> {
    let rest = bytes.get(at..).unwrap_or_default();
    let Some(end) = rest.iter().position(|byte| *byte == b'\n') else { return Ok(None) };
    let line = str::from_utf8(&rest[..end])?.trim_end();
    match line.as_bytes().first() {
        Some(b'-') | None => Err(format!("refused: {line}").into()),
        Some(b'+') => Ok(Some((b'+', 0, at + end + 1))),
        Some(kind) => Ok(Some((*kind, line[1..].parse()?, at + end + 1))),
    }
}

fn redis_text(bytes: &[u8], kind: u8, length: i64, at: usize) -> Option<usize> {
    match usize::try_from(length) {
        Ok(length) if kind == b'$' => (bytes.len() >= at + length + 2).then_some(at + length + 2),
        _ => Some(at),
    }
}

fn postgres(bytes: &[u8]) -> Result<Option<usize>, Failure> {
    let mut at = 0;
    while bytes.len() >= at + 5 {
        let length =
            u32::from_be_bytes([bytes[at + 1], bytes[at + 2], bytes[at + 3], bytes[at + 4]]) as usize;
        let end = at + 1 + length;
        if bytes.len() < end {
            return Ok(None);
        }
        match bytes[at] {
            b'E' => return Err(format!("refused: {}", String::from_utf8_lossy(&bytes[at..end])).into()),
            b'Z' => return Ok(Some(end)),
            _ => at = end,
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether every part of an answer is not yet one, and the whole is, whatever follows.
    fn is_whole_only_at_its_end(protocol: &Protocol, answer: &[u8]) {
        for length in 0..answer.len() {
            assert_eq!(protocol.answer(&answer[..length]).unwrap(), None, "{length}");
        }
        let more = [answer, answer].concat();
        assert_eq!(protocol.answer(&more).unwrap(), Some(answer.len()));
    }

    #[test]
    fn answers_end_where_they_end() {
        let http = b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{\"ErrorCode\":0}";
        is_whole_only_at_its_end(&FOLDMARK, http);
        is_whole_only_at_its_end(&Protocol::Redis, b":12\r\n");
        is_whole_only_at_its_end(&Protocol::Redis, b"*2\r\n$3\r\nabc\r\n$-1\r\n");
        let row = [message(b'D', b"row"), message(b'C', b"SELECT 1\0"), message(b'Z', b"I")].concat();
        is_whole_only_at_its_end(&Protocol::Postgres { statements: Vec::new() }, &row);
    }

    #[test]
    fn refusals_are_failures() {
        let http = b"HTTP/1.1 200 OK\r\nContent-Length: 19\r\n\r\n{\"ErrorCode\":50001}";
        assert!(FOLDMARK.answer(http).is_err());
        assert!(Protocol::Redis.answer(b"-ERR no\r\n").is_err());
        assert!(Protocol::Postgres { statements: Vec::new() }.answer(&message(b'E', b"no")).is_err());
    }
}
