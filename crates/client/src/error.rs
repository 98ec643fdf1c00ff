//! Why a call failed, and what that tells the caller to do.

use std::time::Duration;

use foldmark_wire::Code;
use foldmark_wire::reply::ReplyError;
use http::StatusCode;
use thiserror::Error;

/// Why a call failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The server said no.
    #[error("{info} ({code})")]
    Refused {
        /// `ErrorCode` as sent.
        code: i32,
        /// The same code, if it is a documented one.
        known: Option<Code>,
        /// `ErrorInfo` as sent; for people.
        info: String,
        /// The revision of the user that the refusal depends on, if the server names one.
        revision: Option<u64>,
    },
    /// No connection to the server could be made; nothing was sent.
    #[error("cannot connect: {0}")]
    Connect(#[source] Source),
    /// The connection broke, or did not speak HTTP. The call may or may not have been carried out.
    #[error("the connection failed: {0}")]
    Transport(#[source] Source),
    /// No whole answer came within the client's limit. The call may or may not have been carried out.
    #[error("no answer within {} ms", limit.as_millis())]
    Timeout {
        /// The limit.
        limit: Duration,
    },
    /// An HTTP status other than 200, which the server itself never sends. The call may or may not have been carried
    /// out.
    #[error("the answer has the HTTP status {status}")]
    Status {
        /// The status.
        status: StatusCode,
    },
    /// The answer cannot be understood. The call may have been carried out.
    #[error("the answer cannot be understood: {reason}")]
    Malformed {
        /// What is wrong with it.
        reason: String,
    },
    /// The address given to the builder is not one of a server.
    #[error("{url}: {reason}")]
    InvalidUrl {
        /// The address as given.
        url: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The client cannot be built from what the builder was given.
    #[error("{0}")]
    Configuration(String),
}

/// A failure of another crate.
pub(crate) type Source = Box<dyn std::error::Error + Send + Sync>;

impl Error {
    /// Whether the same call may succeed when it is made again a little later. Whether that is safe is another
    /// question: see [`Error::had_no_side_effects`].
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Refused { known, .. } => known.is_some_and(Code::is_retryable),
            Self::Connect(_) | Self::Transport(_) | Self::Timeout { .. } => true,
            Self::Status { status } => matches!(status.as_u16(), 502..=504),
            Self::Malformed { .. } | Self::InvalidUrl { .. } | Self::Configuration(_) => false,
        }
    }

    /// Whether it is certain that the call has changed nothing.
    pub fn had_no_side_effects(&self) -> bool {
        match self {
            Self::Refused { known, .. } => known.is_some_and(Code::has_no_side_effects),
            Self::Connect(_) | Self::InvalidUrl { .. } | Self::Configuration(_) => true,
            Self::Transport(_) | Self::Timeout { .. } | Self::Status { .. } | Self::Malformed { .. } => false,
        }
    }

    /// The documented code of a refusal.
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::Refused { known, .. } => *known,
            _ => None,
        }
    }

    pub(crate) fn from_reply(error: ReplyError, revision: Option<u64>) -> Self {
        match error {
            ReplyError::Refused { code, code_known, info } => {
                Self::Refused { code, known: code_known, info, revision }
            }
            ReplyError::Malformed(error) => Self::Malformed { reason: error.to_string() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: Code) -> Error {
        Error::Refused { code: code.number(), known: Some(code), info: String::new(), revision: None }
    }

    #[test]
    fn failures_say_what_to_do() {
        let advice = |error: &Error| (error.is_retryable(), error.had_no_side_effects());
        assert_eq!(advice(&refused(Code::CallRate)), (true, true));
        assert_eq!(advice(&refused(Code::TimedOut)), (true, false));
        assert_eq!(advice(&refused(Code::NoSuchContactGroup)), (false, true));
        assert_eq!(advice(&Error::Connect("refused".into())), (true, true));
        assert_eq!(advice(&Error::Transport("reset".into())), (true, false));
        assert_eq!(advice(&Error::Timeout { limit: Duration::from_secs(1) }), (true, false));
        assert_eq!(advice(&Error::Status { status: StatusCode::BAD_GATEWAY }), (true, false));
        assert_eq!(advice(&Error::Status { status: StatusCode::NOT_FOUND }), (false, false));
        let unknown = Error::Refused { code: 1, known: None, info: String::new(), revision: None };
        assert_eq!(advice(&unknown), (false, false));
    }
}
