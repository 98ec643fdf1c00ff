//! A client of HTTP/1.1 with one connection that is kept alive, and nothing that a test does not want: no pool, no
//! repeated calls, no redirects. What breaks, breaks visibly.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use foldmark_harness::unix_seconds;
use foldmark_wire::usersig::NewUserSig;
use serde_json::Value;

/// The application that every server of the harness serves.
pub(crate) const SDKAPPID: u32 = 1_400_000_000;
/// Its key.
pub(crate) const KEY: &str = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e";

const ADMINISTRATOR: &str = "administrator";
const CONNECT: Duration = Duration::from_secs(5);
/// The server gives up on a call after three seconds; whoever takes longer than this hangs.
const ANSWER: Duration = Duration::from_secs(15);
const BODY_BYTES_MAX: usize = 16 << 20;

/// One connection.
pub(crate) struct Http {
    stream: BufReader<TcpStream>,
}

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The revision that the answer depends on.
    pub(crate) revision: Option<u64>,
    /// The body as text.
    pub(crate) text: String,
}

impl Answer {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Result<Value, String> {
        serde_json::from_str(&self.text).map_err(|error| format!("{error} in the answer {:?}", self.text))
    }

    /// The code of the outcome, 0 for success.
    pub(crate) fn code(&self) -> Result<u64, String> {
        let code = self.json()?.get("ErrorCode").and_then(Value::as_u64);
        code.ok_or_else(|| format!("an answer without ErrorCode: {:?}", self.text))
    }
}

impl Http {
    /// Connects.
    pub(crate) fn connect(address: SocketAddr) -> Result<Http, String> {
        let stream = TcpStream::connect_timeout(&address, CONNECT).map_err(broken)?;
        stream.set_nodelay(true).map_err(broken)?;
        let mut http = Http { stream: BufReader::new(stream) };
        http.patience(ANSWER)?;
        Ok(http)
    }

    /// How long an answer may take from now on.
    pub(crate) fn patience(&mut self, limit: Duration) -> Result<(), String> {
        let stream = self.stream.get_ref();
        stream.set_read_timeout(Some(limit)).map_err(broken)?;
        stream.set_write_timeout(Some(limit)).map_err(broken)
    }

    /// Makes a call of the protocol, such as `recentcontact/mark_contact`, with the query that [`query`] makes.
    pub(crate) fn call(&mut self, command: &str, query: &str, body: &Value) -> Result<Answer, String> {
        self.call_text(command, query, &body.to_string())
    }

    /// As [`Http::call`], with a body that is text already.
    pub(crate) fn call_text(&mut self, command: &str, query: &str, body: &str) -> Result<Answer, String> {
        self.exchange("POST", &format!("/v4/{command}?{query}"), body)
    }

    /// Asks for a path.
    pub(crate) fn get(&mut self, path: &str) -> Result<Answer, String> {
        self.exchange("GET", path, "")
    }

    fn exchange(&mut self, method: &str, path: &str, body: &str) -> Result<Answer, String> {
        self.send(method, path, body)?;
        self.receive()
    }

    /// Asks the operators' listener, whose admin token this is.
    pub(crate) fn operate(
        &mut self,
        method: &str,
        path: &str,
        token: &str,
        body: &str,
    ) -> Result<Answer, String> {
        self.send_with(method, path, &format!("Authorization: Bearer {token}\r\n"), body)?;
        self.receive()
    }

    /// Sends a request without waiting for its answer.
    pub(crate) fn send(&mut self, method: &str, path: &str, body: &str) -> Result<(), String> {
        self.send_with(method, path, "", body)
    }

    /// With further lines of its head.
    fn send_with(&mut self, method: &str, path: &str, lines: &str, body: &str) -> Result<(), String> {
        let len = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: proof\r\nContent-Type: application/json\r\n{lines}Content-Length: {len}\r\n\r\n{body}"
        );
        self.stream.get_mut().write_all(request.as_bytes()).map_err(broken)
    }

    /// Waits for the answer to what was sent.
    pub(crate) fn receive(&mut self) -> Result<Answer, String> {
        let status = self.line()?;
        let status = status
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .ok_or_else(|| format!("no status line: {status:?}"))?;
        let mut revision = None;
        let mut len = None;
        loop {
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').ok_or_else(|| format!("no header: {line:?}"))?;
            match name.to_ascii_lowercase().as_str() {
                "content-length" => len = value.trim().parse().ok(),
                "foldmark-revision" => revision = value.trim().parse().ok(),
                _ => {}
            }
        }
        let len: usize =
            len.filter(|len| *len <= BODY_BYTES_MAX).ok_or("an answer without a usable length")?;
        let mut body = vec![0; len];
        self.stream.read_exact(&mut body).map_err(broken)?;
        let text = String::from_utf8(body).map_err(|_| "an answer that is not UTF-8")?;
        Ok(Answer { status, revision, text })
    }

    fn line(&mut self) -> Result<String, String> {
        let mut line = String::new();
        self.stream.read_line(&mut line).map_err(broken)?;
        let line = line.strip_suffix("\r\n");
        Ok(line.ok_or("the connection ended within an answer")?.to_owned())
    }
}

/// The query of a call by the administrator whose signature is good for a day.
pub(crate) fn query() -> String {
    query_of(SDKAPPID)
}

/// As [`query`], of another application with the same key.
pub(crate) fn query_of(sdkappid: u32) -> String {
    signed(sdkappid, unix_seconds(), 86_400)
}

/// As [`query`], with a signature made at a time of the caller's own.
pub(crate) fn query_signed(now: u64, expire: u64) -> String {
    signed(SDKAPPID, now, expire)
}

fn signed(sdkappid: u32, now: u64, expire: u64) -> String {
    let usersig =
        NewUserSig { sdkappid, key: KEY.as_bytes(), identifier: ADMINISTRATOR, now, expire, userbuf: None }
            .make();
    format!("sdkappid={sdkappid}&identifier={ADMINISTRATOR}&usersig={usersig}&random=1&contenttype=json")
}

#[expect(clippy::needless_pass_by_value, reason = "a function for `map_err`")]
fn broken(error: std::io::Error) -> String {
    error.to_string()
}
