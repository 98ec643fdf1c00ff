//! How a request can fail, as it is counted and named in reports.

use std::fmt;

use foldmark_client::Code;

/// How a request failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Trouble {
    /// No connection could be made; nothing was sent.
    Connect,
    /// The connection broke before the whole answer was there.
    Broken,
    /// There was no whole answer in time.
    TimedOut,
    /// An HTTP status other than 200.
    Status(u16),
    /// The answer is none of the protocol's.
    Malformed,
    /// An `ErrorCode`, or the `ResultCode` of the one item of a call.
    Refused(i32),
}

impl Trouble {
    /// What the failure means, for people.
    pub(super) fn meaning(self) -> &'static str {
        match self {
            Trouble::Connect => "no connection could be made",
            Trouble::Broken => "the connection broke before the answer was there",
            Trouble::TimedOut => "no answer in time",
            Trouble::Status(_) => "an HTTP status that the server itself never sends",
            Trouble::Malformed => "the answer cannot be understood",
            Trouble::Refused(code) => Code::from_number(code).map_or("an undocumented code", Code::text),
        }
    }
}

/// The name in reports: the code, or the kind of failure.
impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Connect => f.write_str("connect"),
            Trouble::Broken => f.write_str("connection_broken"),
            Trouble::TimedOut => f.write_str("timed_out"),
            Trouble::Status(status) => write!(f, "http_{status}"),
            Trouble::Malformed => f.write_str("malformed"),
            Trouble::Refused(code) => write!(f, "{code}"),
        }
    }
}
